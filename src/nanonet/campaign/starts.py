"""Where the NPs of an explicit run start: at the end of an implicit run that came to equilibrium.

The implicit run has the same composition, the same number of NPs and the volume that the explicit run will have. It
takes seconds, and spares the explicit run the time in which its NPs would gather.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nanonet.analyze import trajectory
from nanonet.analyze.entries import choose, recorded_statistics, regime
from nanonet.analyze.equilibrium import assess
from nanonet.analyze.pairs import Measurement
from nanonet.analyze.replicas import combine
from nanonet.campaign.implicit import simulate
from nanonet.composition import Composition
from nanonet.dataset import Run
from nanonet.errors import InputError
from nanonet.formats import potential_table
from nanonet.formats.run_folder import TRAJECTORY
from nanonet.grafted import GraftedComposition
from nanonet.potentials.mediated import PairInputs, PolymerPotential
from nanonet.protocol import IMPLICIT, Protocol
from nanonet.records import Convergence
from nanonet.systems.implicit import implicit
from nanonet.systems.placement import Placement

FOLDER = "implicit"
"""Subfolder of an explicit run in which the implicit runs lie that it started with."""


def potential_of(composition: Composition) -> PolymerPotential:
    """W_poly of two NPs of a composition, from the shipped table.

    Examples
    --------
    >>> potential_of(Composition(3, 40, 0.002, 0.5, 1.0)).pair_inputs
    PairInputs(diameter=3.0, chain_length=40, eps_pn=1.0)
    """
    return potential_table.shipped().potential(PairInputs.of(composition))


def why_not(composition: Composition) -> str:
    """Why an explicit run of a composition cannot start with implicit NPs, in words; empty where it can.

    Examples
    --------
    >>> why_not(Composition(3, 40, 0.002, 0.5, 1.0)), bool(why_not(Composition(8, 40, 0.0002, 0.5, 1.0)))
    ('', True)
    """
    if isinstance(composition, GraftedComposition) and composition.n_grafts:
        return "W_poly was measured between NPs without grafts"
    potential = potential_of(composition)
    if potential.extrapolated:
        return f"W_poly was not sampled there: {potential.extrapolated}"
    try:
        implicit(composition, potential)
    except InputError as error:
        return str(error)
    return ""


def possible(composition: Composition, protocol: Protocol) -> Protocol:
    """The protocol, from dispersed NPs in place of implicit ones where W_poly does not cover the composition.

    Examples
    --------
    >>> from nanonet.protocol import preset
    >>> possible(Composition(8, 40, 0.0002, 0.5, 1.0), preset("standard")).start
    'dispersed'
    """
    if protocol.start == "implicit" and why_not(composition):
        return replace(protocol, start="dispersed")
    return protocol


def place(composition: Composition, protocol: Protocol, folder: Path, *, lmp: str | None = None) -> Placement:
    """Find where the NPs of an explicit run start, by implicit runs in the subfolder `implicit` of its folder.

    Both ends, dispersed and clustered, are run; where they have not converged, two runs are cooled from a higher
    temperature. The explicit run starts with the last frame of the first run that counts; its record names them.

    Parameters
    ----------
    composition, protocol:
        Of the explicit run. Its seed gives those of the implicit runs, so replicas start independently.
    folder:
        Its folder; what is finished there is not run again.
    lmp:
        Command of LAMMPS.

    Raises
    ------
    InputError
        W_poly does not cover the composition (`why_not`).

    Examples
    --------
    >>> place(Composition(3, 40, 0.002, 0.5, 1.0), preset("standard"), Path("run1"))  # doctest: +SKIP
    """
    if reason := why_not(composition):
        raise InputError(f"start = 'implicit' is not possible for {composition}: {reason}")
    potential = potential_of(composition)
    (folder / FOLDER).mkdir(exist_ok=True)
    alone = replace(IMPLICIT, seed=protocol.seed, min_box=protocol.min_box, min_nps=protocol.min_nps)
    runs = simulate(composition, potential, folder / FOLDER, alone, lmp=lmp)
    seen = [recorded_statistics(run.record) for run in runs]
    starts = [run.record.starting_point for run in runs]
    used = choose(seen, starts, regime(potential.second_virial(composition.eps_nn))).used
    verdict = assess([seen[i] for i in used], [starts[i] for i in used])
    found = trajectory.read(folder / FOLDER / runs[used[0]].record.id / TRAJECTORY)
    return Placement(
        found.positions[-1] + 0.5 * found.boxes[-1],
        _record(potential, [runs[i] for i in used], [starts[i] for i in used], verdict),
    )


def _record(potential: PolymerPotential, runs: list[Run], starts: list[str], verdict: Convergence) -> dict[str, Any]:
    """What an explicit run keeps of the implicit runs that it started with."""
    content = np.round(np.stack([potential.r, potential.w]), 6).tobytes()
    together = combine(
        [
            Measurement(run.rdf, run.record.density, run.record.density_error, run.record.nps, run.blocks)
            for run in runs
        ],
        [run.record.production_tau for run in runs],
    )
    peaks = [run.rdf.first_peak for run in runs]
    how = "cooled from a higher temperature" if "annealed" in starts else "from both ends"
    return {
        "potential_sha256": hashlib.sha256(content).hexdigest(),
        "ids": [run.record.id for run in runs],
        "seeds": [run.record.protocol.seed for run in runs],
        "starts": starts,
        "at_equilibrium": verdict.converged,
        "reason": f"{how}: {verdict.reason}",
        "first_peaks": [None if peak is None else [round(x, 4) for x in peak] for peak in peaks],
        "neighbours": [[round(x, 4) for x in recorded_statistics(run.record).means] for run in runs],
        "g": [round(float(x), 4) for x in together.rdf.g],
        "g_error": None if together.rdf.error is None else [round(float(x), 4) for x in together.rdf.error],
    }
