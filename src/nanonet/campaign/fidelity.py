"""Explicit-implicit comparison: explicit runs against implicit NPs of the same number in the same volume."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.potential_gp import PotentialGP
from nanonet.analyze.runs import assemble
from nanonet.campaign.implicit import potential_of, regime, simulate
from nanonet.composition import Composition
from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.formats.atomic import writing
from nanonet.formats.reading import read_json
from nanonet.protocol import IMPLICIT
from nanonet.rdf import RDF, Peak

logger = logging.getLogger(__name__)

FLOOR = 0.05
"""Smallest g that is compared: -ln g of fewer pairs is noise."""

_KEY = "triple_sampled"  # of `Comparison.inputs_sampled` in the file
_PROTOCOL = replace(IMPLICIT, min_box=1.0)  # the number of NPs is that of the explicit run


@dataclass(frozen=True)
class Comparison:
    """One composition both ways; distances in sigma, energies in kT. Plain values, so that it can be kept."""

    composition: Composition
    nps: int
    second_virial: float
    r: tuple[float, ...]
    """Separations at which both g exceed `FLOOR`."""
    explicit: tuple[float, ...]
    """-ln g of the explicit runs there."""
    implicit: tuple[float, ...]
    """-ln g of the implicit runs there."""
    error: tuple[float, ...]
    """Standard error of the difference: both simulations' and that of W_poly."""
    peaks: tuple[tuple[float, float] | None, tuple[float, float] | None]
    """Position and height of the first peak, explicit and implicit."""
    coordination: tuple[float, float]
    """Other NPs with a gap below 3, explicit and implicit."""
    explicit_converged: bool
    implicit_converged: bool
    inputs_sampled: bool
    """Whether its pair inputs have umbrella windows of their own."""

    @property
    def regime(self) -> str:
        """`condensing` or `dispersed`, by the second virial coefficient."""
        return regime(self.second_virial)

    @property
    def difference(self) -> float:
        """Root mean square difference of -ln g over the bins (kT)."""
        return float(np.sqrt(np.mean((np.array(self.explicit) - self.implicit) ** 2))) if self.r else math.nan

    @property
    def expected(self) -> float:
        """Root mean square standard error of that difference (kT)."""
        return float(np.sqrt(np.mean(np.square(self.error)))) if self.r else math.nan

    @property
    def agrees(self) -> bool:
        """Whether the difference is within two of its standard errors in the root mean square."""
        return bool(self.r) and self.difference <= 2.0 * self.expected


def compare(explicit: Dataset, model: PotentialGP, folder: Path, *, lmp: str | None = None) -> list[Comparison]:
    """Run every explicit composition with implicit polymer: as many NPs in the same volume, and set them side by side.

    Parameters
    ----------
    explicit:
        Explicit compositions, with their measured densities.
    model:
        W_poly.
    folder:
        Where the implicit runs lie; what is finished there is not run again.
    lmp:
        Command of LAMMPS.

    Examples
    --------
    >>> from nanonet.analyze.potential_gp import fit
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> compare(Dataset.shipped(), fit(by_pair_inputs(shipped())), Path("implicit"))  # doctest: +SKIP
    """
    folder.mkdir(exist_ok=True)
    sampled = [one.pair_inputs for one in model.data]
    found = []
    for i, composition in enumerate(explicit.compositions):
        potential = potential_of(model, composition)
        nps = explicit.provenance[i].nps
        if nps is None:
            raise InputError(f"entry {i} ({composition}) cannot be compared: its provenance has no nps")
        try:
            runs = simulate(composition, potential, folder, replace(_PROTOCOL, min_nps=nps), lmp=lmp)
        except InputError as reason:
            logger.info(f"left out   {composition}: {reason}")
            continue
        data = assemble(runs)
        r, a, b, error = _side_by_side(explicit.rdfs[i], data.rdfs[0], potential.r, potential.error)
        gap = min(composition.diameter + 3.0, float(explicit.r[-1]))
        found.append(
            Comparison(
                composition=composition,
                nps=nps,
                second_virial=round(potential.second_virial(composition.eps_nn), 4),
                r=_plain(r), explicit=_plain(a), implicit=_plain(b), error=_plain(error),
                peaks=(_peak(explicit.rdfs[i].first_peak), _peak(data.rdfs[0].first_peak)),
                coordination=tuple(
                    round(rdf.coordination_number(gap, composition.density, nps), 4)
                    for rdf in (explicit.rdfs[i], data.rdfs[0])
                ),  # type: ignore[arg-type]
                explicit_converged=_converged(explicit, i),
                implicit_converged=_converged(data, 0),
                inputs_sampled=potential.pair_inputs in sampled,
            )
        )  # fmt: skip
        differs = f"-ln g differs by {found[-1].difference:.2f} kT, {found[-1].expected:.2f} expected"
        logger.info(f"compared   {composition}: {differs}")
    return found


def _converged(data: Dataset, i: int) -> bool:
    verdict = data.provenance[i].convergence
    return verdict is not None and verdict.converged


def discrepancy(found: Sequence[Comparison], kind: str) -> float:
    """Spread of ln g beyond all known errors in a regime: the root of the mean excess of the squared differences.

    Examples
    --------
    >>> at, explicit, implicit, error = (3.0,), (0.3,), (0.0,), (0.1,)
    >>> what = Composition(3, 40, 0.002, 0.5, 1.0), 18, 0.5
    >>> one = Comparison(*what, at, explicit, implicit, error, (None, None), (1.0, 1.0), True, True, True)
    >>> round(discrepancy([one], "dispersed"), 3)  # of a difference of 0.3 an error of 0.1 explains some
    0.283
    """
    excess = [
        float(np.mean((np.array(one.explicit) - one.implicit) ** 2 - np.square(one.error)))
        for one in found
        if one.regime == kind and one.r
    ]
    return math.sqrt(max(0.0, float(np.mean(excess)))) if excess else 0.0


def save(path: Path, found: Sequence[Comparison]) -> None:
    """Write comparisons as JSON, whole or not at all.

    Examples
    --------
    >>> save(Path("comparisons.json"), [])
    """
    with writing(path) as temporary:
        temporary.write_text(json.dumps([_entry(one) for one in found], allow_nan=False) + "\n", encoding="utf-8")


def load(path: Path) -> list[Comparison]:
    """Read what `save` wrote; `InputError` when it cannot be used.

    Examples
    --------
    >>> save(Path("comparisons.json"), [])
    >>> load(Path("comparisons.json"))
    []
    """
    try:
        found = []
        for entry in read_json(path, list[dict[str, Any]], "comparisons"):
            sampled, composition = entry.pop(_KEY), Composition(**entry.pop("composition"))
            found.append(Comparison(**entry, composition=composition, inputs_sampled=sampled))
        return found
    except (TypeError, KeyError) as error:
        raise InputError(f"comparisons {path} cannot be read: {error}") from None


def _entry(one: Comparison) -> dict[str, Any]:
    found = asdict(one)
    return {_KEY if name == "inputs_sampled" else name: value for name, value in found.items()}


def _side_by_side(
    explicit: RDF, implicit: RDF, r: NDArray[np.float64], w_error: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Separations, -ln g both ways, and the standard error of the difference, where both g exceed the floor."""
    both = (explicit.g > FLOOR) & (implicit.g > FLOOR)
    a, b = explicit.g[both], implicit.g[both]
    assert explicit.error is not None
    assert implicit.error is not None
    spread = np.interp(explicit.r[both], r, w_error, right=0.0)
    error = np.sqrt((explicit.error[both] / a) ** 2 + (implicit.error[both] / b) ** 2 + spread**2)
    return explicit.r[both], -np.log(a), -np.log(b), error


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def _peak(peak: Peak | None) -> tuple[float, float] | None:
    return None if peak is None else (round(peak.position, 3), round(peak.height, 4))
