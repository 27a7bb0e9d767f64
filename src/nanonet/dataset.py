"""Compositions and their simulated RDFs, with where each came from."""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import COPY, FIELDS, NANOCOMPOSITE, Composition, from_array, near_duplicates, to_array
from nanonet.errors import InputError
from nanonet.formats import dataset_netcdf
from nanonet.rdf import RDF
from nanonet.records import MeasuredRun, Provenance
from nanonet.schema import Record

SHIPPED = {"explicit": "simulated.nc", "implicit": "implicit.nc"}
"""Dataset files that come with nanonet, by fidelity."""


@dataclass(frozen=True, eq=False)
class Run:
    """One simulation: what an entry of a dataset rests on, alone or with replicas.

    Parameters
    ----------
    record:
        How the run was made and what else was measured on it.
    rdf:
        Its RDF.
    blocks:
        g of consecutive blocks of its trajectory (blocks, m).
    """

    record: MeasuredRun
    rdf: RDF
    blocks: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Run):
            return NotImplemented
        return self.record == other.record and self.rdf == other.rdf and np.array_equal(self.blocks, other.blocks)

    def __hash__(self) -> int:
        return hash(self.rdf)


class Entry(NamedTuple):
    """One entry of a dataset."""

    composition: Composition
    rdf: RDF
    provenance: Provenance
    runs: tuple[Run, ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Aligned compositions, RDFs and provenance of n entries, one a composition.

    Parameters
    ----------
    compositions:
        n compositions; `density` is the measured one (the density is an outcome under NPT).
    rdfs:
        n RDFs on one grid.
    provenance:
        How each entry was made: n records, or mappings of plain values (as JSON has them) that make such.
    runs:
        The runs behind each entry: n tuples, which may be empty. Left out: n empty ones.

    Raises
    ------
    InputError
        Lengths differ, a grid differs from the first, or provenance is not plain.
    """

    compositions: tuple[Composition, ...]
    rdfs: tuple[RDF, ...]
    provenance: tuple[Provenance, ...]
    runs: tuple[tuple[Run, ...], ...] = ()

    def __post_init__(self) -> None:
        for name in ("compositions", "rdfs", "provenance"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        n = len(self.compositions)
        object.__setattr__(self, "runs", tuple(tuple(runs) for runs in self.runs) or ((),) * n)
        if not n:
            raise InputError("a dataset of no entries; allowed are 1 or more")
        for name in ("rdfs", "provenance", "runs"):
            if len(getattr(self, name)) != n:
                raise InputError(f"{name} has {len(getattr(self, name))} entries but compositions has {n}")
        made = (
            one if isinstance(one, Provenance) else Provenance.from_json(one, f"provenance[{i}]")
            for i, one in enumerate(self.provenance)
        )
        object.__setattr__(self, "provenance", tuple(made))
        for i, rdf in enumerate(self.rdfs):
            if not np.array_equal(rdf.r, self.rdfs[0].r):
                raise InputError(f"rdfs[{i}] has another grid than rdfs[0]")
        for i, runs in enumerate(self.runs):
            for k, run in enumerate(runs):
                if not np.array_equal(run.rdf.r, self.rdfs[0].r) or run.blocks.shape[1:] != self.rdfs[0].r.shape:
                    raise InputError(f"runs[{i}][{k}] has another grid than rdfs[0]")
        for i, entry in enumerate(self.provenance):
            records: list[tuple[str, Record]] = [(f"runs[{i}]", run.record) for run in self.runs[i]]
            for what, content in ((f"provenance[{i}]", entry), *records):
                try:
                    json.dumps(content.to_json(), allow_nan=False)
                except (TypeError, ValueError) as error:
                    raise InputError(f"{what} is not plain JSON: {error}") from None

    def __len__(self) -> int:
        return len(self.compositions)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry, self.compositions, self.rdfs, self.provenance, self.runs)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice | Sequence[int] | NDArray[np.integer[Any]]) -> Dataset: ...

    def __getitem__(self, index: int | slice | Sequence[int] | NDArray[np.integer[Any]]) -> Entry | Dataset:
        """One entry; or of a slice or several indices a dataset. IndexError beyond the end, as of a list."""
        if isinstance(index, slice):
            return self.subset(range(len(self))[index])
        if isinstance(index, Sequence | np.ndarray):
            return self.subset(range(len(self))[operator.index(i)] for i in index)
        i = operator.index(index)
        return Entry(self.compositions[i], self.rdfs[i], self.provenance[i], self.runs[i])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return (self.compositions, self.rdfs, self.provenance, self.runs) == (
            other.compositions,
            other.rdfs,
            other.provenance,
            other.runs,
        )

    def __hash__(self) -> int:
        return hash((self.compositions, self.rdfs))

    def __str__(self) -> str:
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        ranges = ", ".join(f"{name} {a:g} to {b:g}" for name, a, b in zip(FIELDS, low, high, strict=True))
        return f"Dataset of {len(self)} compositions: {ranges}"

    __repr__ = __str__

    @cached_property
    def X(self) -> NDArray[np.float64]:
        """Compositions as an array (n, 5), columns in the order of `composition.FIELDS`."""
        return _frozen(to_array(self.compositions))

    @cached_property
    def G(self) -> NDArray[np.float64]:
        """g of every entry (n, m)."""
        return _frozen(np.array([rdf.g for rdf in self.rdfs]))

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of `G` (n, m); NaN where they are not known."""
        return _frozen(np.array([_error(rdf) for rdf in self.rdfs]))

    @property
    def r(self) -> NDArray[np.float64]:
        """Bin centres (m,) in sigma."""
        return self.rdfs[0].r

    def subset(self, indices: Iterable[int]) -> Dataset:
        """The entries with the given indices, in that order."""
        chosen = [int(i) for i in indices]
        return Dataset(
            tuple(self.compositions[i] for i in chosen),
            tuple(self.rdfs[i] for i in chosen),
            tuple(self.provenance[i] for i in chosen),
            tuple(self.runs[i] for i in chosen),
        )

    def split(self, test_fraction: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Training and test part, drawn at random (paper: 80/20); each gets at least one entry.

        Entries that all but repeat one another (`composition.COPY`) go to the same part.

        Raises
        ------
        InputError
            `test_fraction` is not between 0 and 1, there is only one entry, or all entries are copies of one.
        """
        if not 0 < test_fraction < 1:
            raise InputError(f"test_fraction = {test_fraction:g} is not between 0 and 1")
        if len(self) < 2:
            raise InputError("a dataset of 1 entry cannot be split; allowed are 2 or more")
        order = np.random.default_rng(seed).permutation(len(self))
        wanted = min(max(1, round(test_fraction * len(self))), len(self) - 1)
        test: set[int] = set()
        for i in order:
            copies = set(np.flatnonzero(near_duplicates(self.X, self.X[[i]], np.ptp(self.X, axis=0), COPY)).tolist())
            if len(test) < wanted and len(test | copies) < len(self):
                test |= copies
        if not test:
            raise InputError(f"the {len(self)} entries are copies of one: a part without them would be empty")
        return self.subset(sorted(set(range(len(self))) - test)), self.subset(sorted(test))

    @staticmethod
    def concatenate(parts: Sequence[Dataset]) -> Dataset:
        """All entries of several datasets, in order."""
        return Dataset(
            tuple(c for part in parts for c in part.compositions),
            tuple(c for part in parts for c in part.rdfs),
            tuple(p for part in parts for p in part.provenance),
            tuple(runs for part in parts for runs in part.runs),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one self-describing netCDF file, whole or not at all; `InputError` if its folder is missing."""
        runs = [
            (i, run.record, run.rdf.g, _error(run.rdf), run.blocks)
            for i, behind in enumerate(self.runs)
            for run in behind
        ]
        content = dataset_netcdf.Columns(self.X, self.r, self.G, self.errors, self.provenance, runs)
        dataset_netcdf.write(path, content, {one.name: one.unit for one in NANOCOMPOSITE.inputs})

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Dataset:
        """Read a file that `save` wrote; `InputError` names the file and what is wrong with it."""
        found = dataset_netcdf.read(path, FIELDS)
        try:
            runs: list[list[Run]] = [[] for _ in found.g]
            for entry, record, g, error, blocks in found.runs:
                runs[entry].append(Run(record, _rdf(found.r, g, error), blocks))
            rdfs = tuple(_rdf(found.r, g, error) for g, error in zip(found.g, found.error, strict=True))
            return Dataset(from_array(found.X), rdfs, tuple(found.provenance), tuple(tuple(behind) for behind in runs))
        except ValueError as error:  # arrays that do not belong together, or curves that are none
            raise InputError(f"dataset {path} cannot be read: {error}") from None

    @staticmethod
    def shipped(fidelity: str = "explicit") -> Dataset:
        """The runs that come with nanonet: `explicit` (NPs in polymer) or `implicit` (NPs alone, U_nn + W_poly).

        Raises
        ------
        InputError
            Another fidelity.
        """
        if fidelity not in SHIPPED:
            raise InputError(f"fidelity = {fidelity!r} is not one of {', '.join(SHIPPED)}")
        with as_file(files("nanonet") / "data" / SHIPPED[fidelity]) as path:
            return Dataset.load(path)


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array.flags.writeable = False
    return array


def _rdf(r: NDArray[np.float64], g: NDArray[np.float64], error: NDArray[np.float64]) -> RDF:
    return RDF(r, g, None if np.isnan(error).all() else error)


def _error(rdf: RDF) -> NDArray[np.float64]:
    return np.full(len(rdf.r), np.nan) if rdf.error is None else rdf.error
