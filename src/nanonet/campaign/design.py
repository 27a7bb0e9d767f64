"""Which compositions to simulate, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from nanonet.composition import FIELDS, NANOCOMPOSITE, PAIR_INPUTS, Composition
from nanonet.errors import InputError, check_whole
from nanonet.formats.tables import read_table
from nanonet.grafted import GRAFTED, GraftedComposition
from nanonet.potentials.mediated import PairInputs
from nanonet.space import InputSpace

RANGES: dict[str, tuple[float, float]] = {
    "diameter": (2.0, 5.0),
    "chain_length": (25, 40),
    "density": (0.0005, 0.004),
    "eps_nn": (0.1, 2.5),
    "eps_pn": (0.1, 1.5),
}
"""What the design covers, both ends included. Density is even in its logarithm. Diameter, chain length and the two
attractions are the paper's (Model and Methodology); the densities are ours, its figures show 0.00032 to 0.00082."""

LOWEST_DENSITY = 0.0003
"""Of implicit runs, and of a few explicit ones: the paper's figures go down to 0.00032, in boxes of 30 sigma."""

_DILUTE_EVERY = 16  # compositions of the design: the last of as many has a density below the range of the others

MAX_VOLUME_FRACTION = 0.15
"""Largest NP volume fraction of the design."""

FIGURE_4 = (
    Composition(diameter=3, chain_length=40, density=0.00072, eps_nn=0.1, eps_pn=0.1),
    Composition(diameter=3, chain_length=40, density=0.00032, eps_nn=0.5, eps_pn=1.0),
    Composition(diameter=3, chain_length=40, density=0.00082, eps_nn=0.2, eps_pn=0.4),
)
"""The compositions of the paper's figure 4 a, b, c; the second label of 4c is a misprint for eps_pn = 0.4."""

CORNERS = (
    PairInputs(diameter=3, chain_length=40, eps_pn=1.0),
    PairInputs(diameter=2, chain_length=40, eps_pn=0.1),
    PairInputs(diameter=5, chain_length=25, eps_pn=0.1),
    PairInputs(diameter=2, chain_length=25, eps_pn=1.5),
    PairInputs(diameter=5, chain_length=40, eps_pn=1.5),
    PairInputs(diameter=3.5, chain_length=32, eps_pn=0.5),
    PairInputs(diameter=3, chain_length=40, eps_pn=0.1),
)
"""Umbrella windows that come first: a half of the corners of the ranges, points inside, and figure 4's D and N."""

LEAST_SURE = (
    PairInputs(diameter=3.4, chain_length=25, eps_pn=1.5),
    PairInputs(diameter=4.8, chain_length=26, eps_pn=1.2),
    PairInputs(diameter=5, chain_length=37, eps_pn=0.6),
    PairInputs(diameter=2.8, chain_length=36, eps_pn=1.5),
    PairInputs(diameter=2.7, chain_length=25, eps_pn=0.3),
    PairInputs(diameter=4.5, chain_length=38, eps_pn=1.4),
    PairInputs(diameter=4.4, chain_length=39, eps_pn=0.2),
)
"""Umbrella windows that come next: those of the standard design of which W_poly was least sure, given the windows of
`CORNERS` and those before (`python studies/triples.py`)."""

_SHIFT = (
    0.0945,
    0.579,
    0.1112,
    0.4411,
    0.1489,
)  # part of the design: of 300 drawn at random, that with the evenest prefixes


def design(count: int) -> tuple[Composition, ...]:
    """The first compositions of the standard design: figure 4's, then a space-filling sequence without end.

    Every prefix fills the space, so the first k are the right k whatever k is, and nothing changes when it grows: a
    Sobol sequence (Joe and Kuo 2008, doi:10.1137/070709359) with a fixed shift. Points of too high a volume fraction
    are passed over. Every sixteenth composition has a density between the paper's 0.0003 and the others' lowest: few,
    for the box of eight such NPs is three times as large as usual.

    Raises
    ------
    InputError
        `count` is not 1 or more.

    Examples
    --------
    >>> print(design(2)[0])
    D=3 N=40 rho=0.00072 eps_nn=0.1 eps_pn=0.1
    """
    _check(count)
    usual = _sequence(RANGES)
    dilute = islice(_sequence({**RANGES, "density": (LOWEST_DENSITY, RANGES["density"][0])}), 500, None)
    found = list(FIGURE_4)
    while len(found) < count:
        found.append(next(dilute if (len(found) + 1) % _DILUTE_EVERY == 0 else usual))
    return tuple(found[:count])


def implicit_design(count: int) -> tuple[Composition, ...]:
    """The first compositions of the standard design of implicit runs: as `design`, down to the paper's densities.

    Figure 4's, then the space-filling sequence with densities from 0.0003.

    Raises
    ------
    InputError
        `count` is not 1 or more.

    Examples
    --------
    >>> len(implicit_design(100))
    100
    """
    _check(count)
    sequence = _sequence({**RANGES, "density": (LOWEST_DENSITY, RANGES["density"][1])})
    return (*FIGURE_4[:count], *islice(sequence, max(0, count - len(FIGURE_4))))


def pair_inputs(count: int) -> tuple[PairInputs, ...]:
    """The first pair inputs (D, N, eps_pn) of the standard design: `CORNERS`, `LEAST_SURE`, then even filling.

    Raises
    ------
    InputError
        `count` is not 1 or more.

    Examples
    --------
    >>> print(pair_inputs(1)[0])
    D=3 N=40 eps_pn=1
    """
    _check(count)
    shift = [_SHIFT[FIELDS.index(name)] for name in PAIR_INPUTS.names]
    points = (qmc.Sobol(len(shift), scramble=False).random(max(64, 1 << count.bit_length())) + shift) % 1.0
    space = NANOCOMPOSITE.within(RANGES).subspace(*PAIR_INPUTS.names)
    found = [*CORNERS, *LEAST_SURE, *(PairInputs(*row) for row in _readable(space, points))]
    return tuple(dict.fromkeys(found))[:count]


def _check(count: int) -> None:
    check_whole("count", count, 1, 10_000)


def _sequence(ranges: Mapping[str, tuple[float, float]]) -> Iterator[Composition]:
    space = NANOCOMPOSITE.within(ranges)
    sobol = qmc.Sobol(len(space), scramble=False)
    while True:
        for row in _readable(space, (sobol.random(64) + _SHIFT) % 1.0):
            composition = Composition(*row)
            if composition.volume_fraction <= MAX_VOLUME_FRACTION:
                yield composition


def _readable(space: InputSpace, u: NDArray[np.float64]) -> Iterator[list[Any]]:
    """Points of the space from points (n, p) of the unit cube, in digits that a person can read."""
    for row in space.from_unit_cube(u).tolist():
        yield [float(f"{x:.3g}") if one.log else round(x, 2) for one, x in zip(space.inputs, row, strict=True)]


def read_csv(path: str | os.PathLike[str]) -> tuple[Composition, ...]:
    r"""A design of one's own: a CSV with the columns diameter, chain_length, density, eps_nn, eps_pn in any order.

    With the columns n_grafts, graft_length (and eps_gm, left out: 1) its NPs are grafted; a row with 0 grafts is bare.

    Raises
    ------
    InputError
        The file is missing or empty, a column is missing or unknown, a row is bad (the line and the field
        are named), or a composition stands twice.

    Examples
    --------
    >>> from pathlib import Path
    >>> text = "diameter,chain_length,density,eps_nn,eps_pn\n3,40,0.002,0.5,1\n"
    >>> _ = Path("mine.csv").write_text(text, encoding="utf-8")
    >>> read_csv("mine.csv")[0].diameter
    3.0
    """
    table = read_table(path, "design", FIELDS)
    needed = [one.name for one in GRAFTED.inputs if one.default is None]
    for name in needed:
        if name not in table.columns:
            raise InputError(
                f"{table.title} has the columns {', '.join(table.columns)}; needed are {', '.join(needed)}"
            )
    for name in table.columns:
        if name not in GRAFTED.names:
            raise InputError(f"{table.title} has a column {name!r}; allowed are {', '.join(GRAFTED.names)}")
    columns = [table.numbers(name) for name in table.columns]
    found: dict[Composition, int] = {}
    for line, *values in zip(table.lines, *columns, strict=True):
        try:
            point = GRAFTED.point(dict(zip(table.columns, values, strict=True)))
            assert isinstance(point, GraftedComposition)
            composition = point if point.n_grafts else point.core
        except InputError as error:
            raise InputError(f"{table.title}, line {line}: {error}") from None
        if composition in found:
            raise InputError(f"{table.title}, line {line}: the same composition as line {found[composition]}")
        found[composition] = line
    return tuple(found)
