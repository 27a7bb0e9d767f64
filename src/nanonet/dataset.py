"""Compositions and their simulated RDFs, with where each came from, in one netCDF file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.composition import FIELDS, Composition, from_array, to_array
from nanonet.errors import InputError
from nanonet.files import writing
from nanonet.rdf import RDF

FORMAT = 1
SHIPPED = "simulated.nc"

_UNITS = {"diameter": "sigma", "chain_length": "1", "density": "sigma^-3", "eps_nn": "epsilon", "eps_pn": "epsilon"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Aligned compositions, RDFs and provenance of n runs.

    Parameters
    ----------
    compositions:
        n compositions; `density` is the measured one (the density is an outcome under NPT).
    rdfs:
        n RDFs on one grid.
    provenance:
        n mappings of plain values (as JSON has them) that say how each run was made; `nominal_density` is the density
        that was aimed at.

    Raises
    ------
    InputError
        Lengths differ, a grid differs from the first, or provenance is not plain.
    """

    compositions: tuple[Composition, ...]
    rdfs: tuple[RDF, ...]
    provenance: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        for name in ("compositions", "rdfs", "provenance"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        n = len(self.compositions)
        if not n:
            raise InputError("a dataset of no runs; allowed are 1 or more")
        for name in ("rdfs", "provenance"):
            if len(getattr(self, name)) != n:
                raise InputError(f"{name} has {len(getattr(self, name))} entries but compositions has {n}")
        for i, rdf in enumerate(self.rdfs):
            if not np.array_equal(rdf.r, self.rdfs[0].r):
                raise InputError(f"rdfs[{i}] has another grid than rdfs[0]")
        for i, entry in enumerate(self.provenance):
            try:
                json.dumps(entry, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise InputError(f"provenance[{i}] is not plain JSON: {error}") from None

    def __len__(self) -> int:
        return len(self.compositions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        return (self.compositions, self.rdfs, self.provenance) == (other.compositions, other.rdfs, other.provenance)

    def __hash__(self) -> int:
        return hash((self.compositions, self.rdfs))

    def __str__(self) -> str:
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        ranges = ", ".join(f"{name} {a:g} to {b:g}" for name, a, b in zip(FIELDS, low, high, strict=True))
        return f"Dataset of {len(self)} runs: {ranges}"

    __repr__ = __str__

    @cached_property
    def X(self) -> NDArray[np.float64]:
        """Compositions as an array (n, 5), columns in the order of `composition.FIELDS`."""
        return _frozen(to_array(self.compositions))

    @cached_property
    def G(self) -> NDArray[np.float64]:
        """g of every run (n, m)."""
        return _frozen(np.array([rdf.g for rdf in self.rdfs]))

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """Standard errors of `G` (n, m); NaN where they are not known."""
        return _frozen(np.array([np.full(len(self.r), np.nan) if c.error is None else c.error for c in self.rdfs]))

    @property
    def r(self) -> NDArray[np.float64]:
        """Bin centres (m,) in sigma."""
        return self.rdfs[0].r

    def subset(self, indices: Iterable[int]) -> Dataset:
        """The runs with the given indices, in that order."""
        chosen = [int(i) for i in indices]
        return Dataset(
            tuple(self.compositions[i] for i in chosen),
            tuple(self.rdfs[i] for i in chosen),
            tuple(self.provenance[i] for i in chosen),
        )

    def split(self, test_fraction: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Training and test part, drawn at random (paper: 80/20); each gets at least one run.

        Raises
        ------
        InputError
            `test_fraction` is not between 0 and 1, or there is only one run.
        """
        if not 0 < test_fraction < 1:
            raise InputError(f"test_fraction = {test_fraction:g} is not between 0 and 1")
        if len(self) < 2:
            raise InputError("a dataset of 1 run cannot be split; allowed are 2 or more")
        order = np.random.default_rng(seed).permutation(len(self))
        test = min(max(1, round(test_fraction * len(self))), len(self) - 1)
        return self.subset(sorted(order[test:])), self.subset(sorted(order[:test]))

    @staticmethod
    def concatenate(parts: Sequence[Dataset]) -> Dataset:
        """All runs of several datasets, in order."""
        return Dataset(
            tuple(c for part in parts for c in part.compositions),
            tuple(c for part in parts for c in part.rdfs),
            tuple(p for part in parts for p in part.provenance),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one self-describing netCDF file, whole or not at all; `InputError` if its folder is missing."""
        import xarray as xr

        columns = {
            name: ("run", self.X[:, i], {"units": _UNITS[name]}) for i, name in enumerate(FIELDS)
        }  # density: the measured one
        content = xr.Dataset(
            {
                **columns,
                "g": (("run", "r"), self.G, {"long_name": "NP-NP radial distribution function", "units": "1"}),
                "error": (("run", "r"), self.errors, {"long_name": "standard error of g", "units": "1"}),
                "provenance": ("run", [json.dumps(p, sort_keys=True) for p in self.provenance]),
            },
            coords={"r": ("r", self.r, {"long_name": "NP-NP distance, bin centres", "units": "sigma"})},
            attrs={
                "title": "NP-NP radial distribution functions of polymer nanocomposites",
                "nanonet_format": FORMAT,
                "comment": "Lennard-Jones units; density is measured (NPs / mean volume under NPT)",
            },
        )
        with writing(path) as temporary:
            content.to_netcdf(temporary, engine="h5netcdf")

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Dataset:
        """Read a file that `save` wrote; `InputError` names the file and what is wrong with it."""
        import xarray as xr

        if not Path(path).is_file():
            raise InputError(f"dataset {path} does not exist")
        try:
            with xr.open_dataset(path, engine="h5netcdf") as content:
                if content.attrs.get("nanonet_format") != FORMAT:
                    raise InputError(f"nanonet_format = {content.attrs.get('nanonet_format')} is not {FORMAT}")
                columns = np.column_stack([content[name].values for name in FIELDS])
                r, g, errors = (content[name].values for name in ("r", "g", "error"))
                provenance = tuple(json.loads(str(text)) for text in content["provenance"].values)
                rdfs = tuple(
                    RDF(r, curve, None if np.isnan(error).all() else error)
                    for curve, error in zip(g, errors, strict=True)
                )
                return Dataset(from_array(columns), rdfs, provenance)
        except Exception as error:  # whatever a broken file makes the readers say
            raise InputError(f"dataset {path} cannot be read: {error}") from None

    @staticmethod
    def shipped() -> Dataset:
        """The simulated runs that come with nanonet."""
        with as_file(files("nanonet") / "data" / SHIPPED) as path:
            return Dataset.load(path)


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array.flags.writeable = False
    return array
