"""What is known of each kind of target, from files of results and from finished runs: one table of kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Protocol, Self

from nanonet.campaign.curves import Curves
from nanonet.campaign.potentials import Potentials
from nanonet.campaign.workspace import Task, Workspace
from nanonet.systems.base import System
from nanonet.systems.grafted import Grafted
from nanonet.systems.melt import Melt
from nanonet.systems.umbrella import UmbrellaWindows


class Results(Protocol):
    """Results of one kind of target."""

    @classmethod
    def read(cls, workspace: Workspace) -> Self:
        """What the workspace's file of results holds."""

    @staticmethod
    def collect(workspace: Workspace, folders: Iterable[Path]) -> None:
        """Add finished run folders to the file."""

    def is_done(self, workspace: Workspace, task: Task) -> bool:
        """Whether a first run is finished here, or another in the file takes its place."""

    def is_collected(self, task: Task) -> bool:
        """Whether this very replica is in the file."""

    def more(self, workspace: Workspace, system: System, max_replicas: int) -> Sequence[tuple[float, Task]]:
        """What would bring a system nearer to its target: tasks, each with the factor by which that is missed."""


RESULTS: dict[str, type[Results]] = {
    UmbrellaWindows.kind: Potentials,
    Melt.kind: Curves,
    Grafted.kind: Curves,
}
"""By the kind of system, in the order in which they come."""

Known = Mapping[str, Results]


def find_known(workspace: Workspace) -> Known:
    """Read the workspace's files of results: what they hold need not be run again, wherever it was run."""
    found = {results: results.read(workspace) for results in dict.fromkeys(RESULTS.values())}
    return {kind: found[results] for kind, results in RESULTS.items()}


def interleave(systems: Sequence[System]) -> list[System]:
    """One system of each kind after the other, each kind in its own order."""
    groups = [[one for one in systems if one.kind == kind] for kind in RESULTS]
    return [one for row in zip_longest(*groups) for one in row if one is not None]
