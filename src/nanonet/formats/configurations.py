"""Whole configurations of simulated compositions, NPs and polymer, small enough to ship: one .npz of them all.

Places are kept in fractions of the box, those of NPs to 1/65536, those of monomers to 1/256 (within 0.05 sigma where an
edge is 21), a monomer as its step from the one before it in its chain: all are modulo the box, which is periodic.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS, Composition, from_array
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_arrays, read_bytes

NAME = "configurations.npz"
_ARRAYS = ("inputs", "runs", "edges", "counts", "nps", "monomers")

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KeptConfiguration:
    """All particles of a run at its end.

    Attributes
    ----------
    composition:
        Of which they are.
    run:
        Identity of the run, 16 hexadecimal digits.
    edges:
        Of the periodic box (3,), sigma.
    nps:
        Places of NPs (n, 3) inside of the box, sigma.
    chains:
        Places of monomers (chains, chain length, 3) inside of the box, sigma.
    """

    composition: Composition
    run: str
    edges: Array
    nps: Array
    chains: Array


def save(path: str | os.PathLike[str], kept: Sequence[KeptConfiguration]) -> None:
    """Write the file, whole or not at all."""
    steps = []
    for one in kept:
        cells = _cells(one.chains, one.edges, np.dtype(np.uint8))
        first = np.zeros_like(cells[:, :1])
        steps.append(np.diff(cells, axis=1, prepend=first).reshape(-1, 3))  # modulo 256, as the box is
    content = io.BytesIO()
    np.savez_compressed(
        content,
        inputs=np.array([one.composition.values for one in kept]),
        runs=np.array([int(one.run, 16) for one in kept], dtype=np.uint64),
        edges=np.array([one.edges for one in kept]),
        counts=np.array([(len(one.nps), *one.chains.shape[:2]) for one in kept], dtype=np.int32),
        nps=np.concatenate([_cells(one.nps, one.edges, np.dtype(np.uint16)) for one in kept]),
        monomers=np.concatenate(steps),
    )
    with writing(path) as temporary:
        temporary.write_bytes(content.getvalue())


def load(path: str | os.PathLike[str]) -> tuple[KeptConfiguration, ...]:
    """Read the file; `InputError` names it and what is wrong with it."""
    return parse(read_bytes(path, "configurations"), f"configurations {path}")


def parse(content: bytes, what: str) -> tuple[KeptConfiguration, ...]:
    """The configurations in the content of a file; `InputError` has `what` it is and what is wrong with it."""
    arrays = read_arrays(content, _ARRAYS, what)
    n = len(arrays["inputs"])
    counts = arrays["counts"]
    if arrays["inputs"].shape != (n, len(FIELDS)) or arrays["edges"].shape != (n, 3) or counts.shape != (n, 3):
        raise InputError(f"{what}: inputs, edges and counts do not belong together")
    if (
        (counts < 1).any()
        or arrays["nps"].shape != (counts[:, 0].sum(), 3)
        or arrays["monomers"].shape != (np.prod(counts[:, 1:], axis=1).sum(), 3)
        or arrays["runs"].shape != (n,)
    ):
        raise InputError(f"{what}: counts are not those of its particles")
    found, at_np, at_monomer = [], 0, 0
    rows = zip(from_array(arrays["inputs"]), arrays["runs"].tolist(), arrays["edges"], counts.tolist(), strict=True)
    for composition, run, edges, (nps, chains, length) in rows:
        places = arrays["nps"][at_np : at_np + nps]
        steps = arrays["monomers"][at_monomer : at_monomer + chains * length].reshape(chains, length, 3)
        at_np, at_monomer = at_np + nps, at_monomer + chains * length
        monomers = np.cumsum(steps, axis=1, dtype=np.uint8)
        found.append(
            KeptConfiguration(
                composition, f"{run:016x}", edges, (places + 0.5) / 2**16 * edges, (monomers + 0.5) / 2**8 * edges
            )
        )
    return tuple(found)


@cache
def shipped() -> tuple[KeptConfiguration, ...]:
    """Those of the shipped simulations (`data/keep.py` makes the file)."""
    return parse((files("nanonet") / "data" / NAME).read_bytes(), f"configurations {NAME}")


def _cells(places: Array, edges: Array, kind: np.dtype[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Places (..., 3) of a periodic box as whole fractions of it."""
    cells = 2 ** (8 * kind.itemsize)
    return np.asarray(np.floor(places / edges * cells).astype(np.int64) % cells, dtype=kind)
