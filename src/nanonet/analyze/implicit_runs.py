"""Implicit NPs run to equilibrium: from both ends, and cooled where those differ."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nanonet.analyze.entries import recorded_statistics
from nanonet.analyze.equilibrium import assess
from nanonet.analyze.runs import measure_run
from nanonet.entry import Run
from nanonet.protocol import ANNEAL_FROM, IMPLICIT, Protocol
from nanonet.simulate import engine
from nanonet.systems.implicit import Implicit
from nanonet.systems.placement import ClusterTooLargeError


def equilibrate(
    subject: Implicit, folder: Path, protocol: Protocol | None = None, *, lmp: str | None = None
) -> list[Run]:
    """Run implicit NPs from both ends, dispersed and clustered.

    Where the two have not converged (`nanonet.analyze.equilibrium.assess`) it is run twice more, cooled from twice the
    temperature while it equilibrates, with other seeds. Where the NPs do not fit the box as one cluster, they start
    cooled at once.

    Parameters
    ----------
    subject:
        What is simulated.
    folder:
        The runs lie in its subfolders, named after their identities; what is finished there is not run again.
    protocol:
        Default: `IMPLICIT`. Its seed is that of the first run.
    lmp:
        Command of LAMMPS.

    Examples
    --------
    >>> from nanonet.campaign.starts import potential_of
    >>> from nanonet.composition import Composition
    >>> from nanonet.systems.implicit import implicit
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> equilibrate(implicit(composition, potential_of(composition)), Path("implicit"))  # doctest: +SKIP
    """
    first = replace(protocol or IMPLICIT, start="dispersed")
    runs = [_run(subject, first, folder, lmp)]
    with suppress(ClusterTooLargeError):
        runs.append(_run(subject, first.replica(1, "clustered"), folder, lmp))
    seen = [recorded_statistics(run.record) for run in runs]
    if not assess(seen, [run.record.starting_point for run in runs]).converged:
        cooled = replace(first, anneal_from=ANNEAL_FROM * first.temperature)
        runs += [_run(subject, cooled.replica(number), folder, lmp) for number in (2, 3)]
    return runs


def _run(subject: Implicit, protocol: Protocol, folder: Path, lmp: str | None) -> Run:
    place = folder / engine.run_id(subject, protocol)
    engine.run(subject, protocol, place, lmp=lmp)
    return measure_run(place)
