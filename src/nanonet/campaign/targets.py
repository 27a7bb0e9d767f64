"""What a campaign works towards: for each kind of system the protocol of its runs, and of their replicas."""

from __future__ import annotations

from collections.abc import Callable

from nanonet.analyze.entries import EDGE, has_room, regime_of
from nanonet.campaign import starts
from nanonet.errors import InputError
from nanonet.protocol import WINDOWS, Protocol
from nanonet.systems.base import System
from nanonet.systems.grafted import Grafted
from nanonet.systems.melt import Melt
from nanonet.systems.umbrella import UmbrellaWindows


def protocol_for(system: System, base: Protocol, replica: int = 0) -> Protocol:
    """Protocol of the first run of a system, or of replica 1, 2, ..., in a campaign of a protocol.

    Raises
    ------
    InputError
        A campaign has no runs of this kind of system.

    Examples
    --------
    >>> from nanonet.composition import Composition
    >>> from nanonet.protocol import preset
    >>> from nanonet.systems.kinds import as_system
    >>> protocol_for(as_system(Composition(3, 40, 0.002, 0.5, 1.0)), preset("smoke"), replica=1).seed
    1001
    """
    if system.kind not in _PROTOCOLS:
        raise InputError(f"{system} is of the kind {system.kind}; a campaign runs {', '.join(_PROTOCOLS)}")
    return _PROTOCOLS[system.kind](system, base, replica)


def _of_curve(system: System, base: Protocol, replica: int) -> Protocol:
    """Each run starts from an implicit configuration of its own, if that is the protocol's start and W_poly covers it.

    At the edge of condensation replicas 1 and 2 start clustered and dispersed, so that both ends are seen. Otherwise
    odd replicas start clustered, where there is room for a cluster, even ones dispersed.
    """
    assert system.composition is not None
    protocol = starts.possible(system.composition, base)
    if replica == 0:
        return protocol
    start = "clustered" if replica % 2 and has_room(system.composition) else "dispersed"
    if protocol.start == "implicit" and (replica > 2 or regime_of(system.composition) != EDGE):
        start = "implicit"
    return protocol.replica(replica, start)


def _of_potential(system: System, base: Protocol, replica: int) -> Protocol:
    """All umbrella runs have one protocol."""
    return WINDOWS if replica == 0 else WINDOWS.replica(replica)


_PROTOCOLS: dict[str, Callable[[System, Protocol, int], Protocol]] = {
    UmbrellaWindows.kind: _of_potential,
    Melt.kind: _of_curve,
    Grafted.kind: _of_curve,
}
