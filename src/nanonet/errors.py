"""What nanonet raises on purpose: a caller, and the command line, can tell these from a defect."""

from __future__ import annotations

import math


class NanonetError(Exception):
    """Base of every error that nanonet raises on purpose; its text is one readable sentence or more."""


class InputError(NanonetError, ValueError):
    """A value, an array or a file that cannot be used: the text names it, its value and what is allowed."""


class OutputError(NanonetError, OSError):
    """A file or a folder that cannot be written: the text has its path and the reason."""


class SimulationError(NanonetError, RuntimeError):
    """LAMMPS could not be started or failed: the text has its last words, the command and the folder."""


class MissingExtraError(NanonetError, ImportError):
    """An optional part of nanonet is not installed: the text names the extra that brings it."""


class NanonetWarning(UserWarning):
    """Base of what nanonet warns of on purpose; the command line shows it, and no other warning."""


def as_number(name: str, value: object) -> float:
    """The value as a finite number; `InputError` names it when it is none.

    Examples
    --------
    >>> as_number("eps_pn", 1.5)
    1.5
    >>> as_number("eps_pn", "strong")
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: eps_pn = 'strong' is not a number
    """
    if (
        isinstance(value, (bool, str, bytes))
        or value is None
        or getattr(getattr(value, "dtype", None), "kind", "") == "b"
    ):
        raise InputError(f"{name} = {value!r} is not a number")
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"{name} = {value!r} is not a number") from None
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{name} = {number:g} is not a finite number")
    return number


def check_whole(name: str, value: object, low: int, high: int) -> int:
    """The value, if it is a whole number from `low` to `high`; `InputError` otherwise.

    Examples
    --------
    >>> check_whole("count", 5, 1, 50)
    5
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} = {value!r} is not a whole number between {low} and {high}")
    return value


def check_seed(seed: object) -> int:
    """The seed, if it is a whole number from 0 to 1,000,000,000, NumPy's included; `InputError` otherwise.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    item = getattr(seed, "item", None)
    return check_whole("seed", seed if item is None else item(), 0, 1_000_000_000)


def printable(text: str) -> str:
    r"""A text without control characters, which could move the cursor or colour the screen: they become `\x1b`.

    Examples
    --------
    >>> print(printable("\x1b[31mred"))
    \x1b[31mred
    """
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
