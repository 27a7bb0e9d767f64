"""What a trajectory file holds, whatever its format: frames one at a time, lengths as they stand in the file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.errors import InputError
from nanonet.formats.frame import Frame
from nanonet.formats.text_frames import in_frame

UNITS = {"lj": "sigma", "real": "A", "metal": "A", "nm": "nm", "A": "A"}
"""Length unit of each kind of units."""


@dataclass(frozen=True, eq=False)
class Source:
    """Frames that a file holds.

    Attributes
    ----------
    name:
        The file, for messages.
    frames:
        Their number.
    first:
        The first of them.
    read:
        The chosen frames, by their numbers from 0.
    universe:
        Gives MDAnalysis's Universe of what the file says of its particles.
    units:
        Units that are allowed for the file, keys of `UNITS`; where it is one, no other is possible.
    default:
        The one that counts where none is given, or None.
    diameters:
        Diameter of each particle (n,), or None.
    """

    name: str
    frames: int
    first: Frame
    read: Callable[[Container[int]], Iterator[Frame]]
    universe: Callable[[], Any]
    units: tuple[str, ...] = tuple(UNITS)
    default: str | None = None
    diameters: NDArray[np.float64] | None = None


@contextmanager
def in_file(name: str) -> Iterator[None]:
    """Name the file in messages, and take what its reader says for a fault of the file."""
    prefix = f"trajectory {name} cannot be used: "
    try:
        yield
    except InputError as error:
        said = str(error)  # which may name one of several files
        raise InputError(said if said.startswith("trajectory ") else prefix + said) from None
    except ImportError:
        raise
    except Exception as error:  # whatever a broken file makes the readers say
        raise InputError(prefix + str(error)) from None


class Order:
    """Steps that rise from frame to frame; all 0, or none, says that they are not known."""

    def __init__(self) -> None:
        self.before: int | None = None
        self.zeros = 0

    def check(self, step: int | None) -> None:
        """Refuse a step that does not follow the one before."""
        if step is None:
            return
        before, self.before = self.before, step
        if before == step == 0:
            self.zeros += 1
        elif before is not None and (step <= before or self.zeros):
            doubled = step == before or self.zeros
            raise InputError(
                f"its step is {step}, that of the frame before is {before}: frames stand "
                f"{'doubled' if doubled else 'doubled or out of order'}; allowed are steps that rise"
            )


def risen(steps: Sequence[int | None]) -> tuple[int, ...]:
    """Steps of frames in the order of the file, empty where they are not known; `InputError` where they do not rise."""
    order = Order()
    for number, step in enumerate(steps):
        with in_frame(number):
            order.check(step)
    return tuple(step for step in steps if step is not None) if any(steps) else ()


def same(frame: Frame, first: Frame) -> Frame:
    """A frame of the particles of the first one."""
    if len(frame.positions) != len(first.positions):
        raise InputError(f"it has {len(frame.positions)} particles, the first {len(first.positions)}")
    if frame.ids != first.ids:
        raise InputError("its particles have other ids than those of the first frame")
    if frame.types != first.types:
        raise InputError("its particles are of other types than those of the first frame")
    return frame


def checked(name: str, first: Frame, chosen: Container[int], frames: Iterable[Frame], total: int) -> Iterator[Frame]:
    """Frames with the particles of the first, numbers as in the file."""
    numbers = (number for number in range(total) if number in chosen)
    with in_file(name):
        iterator = iter(frames)
        for number in numbers:
            frame = next(iterator, None)
            if frame is None:
                raise InputError(f"frame {number} is missing: the file is cut short")
            with in_frame(number):
                yield same(frame, first)


def universe_of(first: Frame) -> Any:
    """Universe of what a frame says of its particles."""
    with quiet():
        import MDAnalysis

        universe = MDAnalysis.Universe.empty(len(first.positions))
        if first.types is not None:
            universe.add_TopologyAttr("types", list(first.types))
            universe.add_TopologyAttr("names", list(first.types))
        if first.ids is not None:
            universe.add_TopologyAttr("ids", list(first.ids))
    return universe


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of MDAnalysis: of defaults and guesses that nothing here uses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
