"""Many compositions by implicit NPs: fast, everywhere in the ranges, with the error of W_poly in their error bars."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import replace
from pathlib import Path

import numpy as np

from nanonet.analyze.implicit_runs import equilibrate
from nanonet.analyze.potential_gp import PotentialGP
from nanonet.analyze.runs import assemble
from nanonet.campaign.workers import LocalPool
from nanonet.composition import Composition
from nanonet.dataset import Dataset, Run
from nanonet.errors import InputError, NanonetError, check_whole
from nanonet.potentials.mediated import CONDENSES, PairInputs, PolymerPotential
from nanonet.protocol import IMPLICIT, Protocol
from nanonet.rdf import RDF
from nanonet.systems.implicit import implicit

logger = logging.getLogger(__name__)

REGIMES = ("dispersed", "condensing")


def regime(second_virial: float) -> str:
    """`dispersed` or `condensing`, by the reduced second virial coefficient.

    Examples
    --------
    >>> regime(0.8), regime(-12.0)
    ('dispersed', 'condensing')
    """
    return REGIMES[second_virial < CONDENSES]


MAX_VOLUME_FRACTION = 0.146
"""Largest NP volume fraction at which implicit NPs agree with explicit ones, as far as checked; beyond, a flag."""


def potential_of(model: PotentialGP, composition: Composition) -> PolymerPotential:
    """W_poly of two NPs of a composition.

    Examples
    --------
    >>> from nanonet.analyze.potential_gp import fit
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> model = fit(by_pair_inputs(shipped())[:2])
    >>> potential_of(model, Composition(3, 40, 0.002, 0.5, 1.0)).w.shape
    (110,)
    """
    return model.predict(PairInputs.of(composition))


def flags(potential: PolymerPotential, composition: Composition) -> list[str]:
    """Why the implicit result of a composition is to be used with care, in words; empty where nothing is.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> flags(potential_table.shipped().potential(PairInputs.of(composition)), composition)
    []
    """
    found = []
    if potential.extrapolated:
        found.append(f"outside of the windows' range: {potential.extrapolated}")
    if composition.volume_fraction > MAX_VOLUME_FRACTION:
        found.append(
            f"NP volume fraction = {composition.volume_fraction:.3g} is above {MAX_VOLUME_FRACTION:g}, "
            "the largest at which implicit and explicit NPs were found to agree"
        )
    if potential.second_virial(composition.eps_nn) < CONDENSES:
        found.append("NPs may condense: g(r) then depends on their number and on the start")
    return found


def simulate(
    composition: Composition,
    potential: PolymerPotential,
    folder: Path,
    protocol: Protocol | None = None,
    *,
    lmp: str | None = None,
) -> list[Run]:
    """Run a composition with implicit polymer to equilibrium, as `analyze.implicit_runs.equilibrate`.

    Raises
    ------
    InputError
        The potential does not serve (`nanonet.systems.implicit.implicit`).

    Examples
    --------
    >>> from nanonet.campaign import starts
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> simulate(composition, starts.potential_of(composition), Path("implicit"))  # doctest: +SKIP
    """
    return equilibrate(implicit(composition, potential), folder, protocol, lmp=lmp)


def entry(runs: Sequence[Run], potential: PolymerPotential, discrepancy: float) -> Dataset:
    """The dataset entry of a composition's implicit runs; its error bars carry what W_poly is not sure of.

    To first order in the density g = exp(-W), so an error of W is the same error of ln g. The standard error is made
    of the simulation's, g times that of W_poly, and g times `discrepancy`, the spread of ln g that explicit runs have
    beyond all known errors (docs/results/multiscale.md).

    Examples
    --------
    >>> from nanonet.campaign import starts
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> potential = starts.potential_of(composition)
    >>> entry(simulate(composition, potential, Path("implicit")), potential, 0.2)  # doctest: +SKIP
    """
    data = assemble(runs)
    (composition,), (rdf,), (provenance,) = data.compositions, data.rdfs, data.provenance
    assert rdf.error is not None
    spread = np.interp(rdf.r, potential.r, potential.error, right=0.0)
    error = np.sqrt(rdf.error**2 + (rdf.g * spread) ** 2 + (rdf.g * discrepancy) ** 2)
    contact, contact_error = potential.at(composition.diameter)
    made = replace(
        provenance,
        w_contact=round(contact, 4),
        w_contact_error=round(contact_error, 4),
        second_virial=round(potential.second_virial(composition.eps_nn), 4),
        discrepancy=round(discrepancy, 4),
        flags=tuple(flags(potential, composition)),
    )
    return Dataset((composition,), (RDF(rdf.r, rdf.g, error),), (made,), data.runs)


def compact(data: Dataset) -> Dataset:
    """A dataset without the runs behind its entries, and in single precision, which errors exceed by far.

    What the runs took stands in the provenance.

    Examples
    --------
    >>> data = Dataset.shipped()
    >>> any(data.runs), any(compact(data).runs)
    (True, False)
    """
    curves = [RDF(one.r, *(np.float64(np.float32(values)) for values in (one.g, one.error))) for one in data.rdfs]
    hours = [sum(_hours(run) for run in runs) for runs in data.runs]
    made = [replace(entry, core_hours=round(one, 6)) for entry, one in zip(data.provenance, hours, strict=True)]
    return Dataset(data.points, tuple(curves), tuple(made))


def _hours(run: Run) -> float:
    steps = run.record.protocol.equilibration_steps + run.record.protocol.production_steps
    return steps / run.record.steps_per_second / 3600.0 if run.record.steps_per_second else 0.0


def generate(
    compositions: Sequence[Composition],
    model: PotentialGP,
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    discrepancy: Mapping[str, float] | None = None,
    protocol: Protocol | None = None,
    cores: int = 1,
    lmp: str | None = None,
    keep_runs: bool = True,
) -> Dataset:
    """Simulate many compositions with implicit polymer and write them to one dataset file.

    Parameters
    ----------
    compositions:
        What to simulate.
    model:
        W_poly of their NPs.
    folder:
        Where the runs lie: what is finished there, under the same potential, is not run again.
    out:
        Dataset file, replaced whole or not at all.
    discrepancy:
        As in `entry`, for each regime (`dispersed`, `condensing`); left out: none.
    protocol, cores, lmp:
        How it is run (default: `IMPLICIT`), at how many compositions at a time, and the command of LAMMPS.
    keep_runs:
        Whether the runs behind the entries stay in the file (`compact`).

    Raises
    ------
    InputError
        A folder is missing, or all compositions failed.

    Examples
    --------
    >>> from nanonet.analyze.potential_gp import fit
    >>> from nanonet.campaign.design import implicit_design
    >>> from nanonet.umbrella_runs import by_pair_inputs, shipped
    >>> generate(implicit_design(5), fit(by_pair_inputs(shipped())), "implicit", "mine.nc")  # doctest: +SKIP
    """
    folder, out = Path(folder), Path(out)
    for parent in (folder.parent, out.parent):
        if not parent.is_dir():
            raise InputError(f"cannot write in {parent}: it does not exist")
    check_whole("cores", cores, 1, 10_000)
    folder.mkdir(exist_ok=True)
    protocol = protocol or IMPLICIT
    potentials = [potential_of(model, composition) for composition in compositions]
    entries: dict[int, Dataset] = {}
    with LocalPool(cores) as pool:
        futures = {
            pool.submit(simulate, composition, potential, folder, protocol, lmp=lmp): i
            for i, (composition, potential) in enumerate(zip(compositions, potentials, strict=True))
        }
        try:
            for future in as_completed(futures):
                i = futures[future]
                try:
                    kind = regime(potentials[i].second_virial(compositions[i].eps_nn))
                    entries[i] = entry(future.result(), potentials[i], (discrepancy or {}).get(kind, 0.0))
                    verdict = entries[i].provenance[0].convergence
                    assert verdict is not None
                    logger.info(f"{len(entries):>4} of {len(compositions)}  {compositions[i]}: {verdict.reason}")
                except NanonetError as error:
                    logger.info(f"left out   {compositions[i]}: {error}")
        except BaseException:
            pool.stop()
            raise
    if not entries:
        raise InputError("no composition could be simulated")
    data = Dataset.concatenate([entries[i] for i in sorted(entries)])
    data = data if keep_runs else compact(data)
    data.save(out)
    return data
