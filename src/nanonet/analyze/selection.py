"""Which particles of a trajectory are meant: our NPs, or those of a selection in MDAnalysis's language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanonet.analyze.mdanalysis_sources import data_universe
from nanonet.analyze.source import Source, quiet
from nanonet.errors import InputError


def load_topology(path: Path, source: Source) -> Any:
    """MDAnalysis's Universe of a topology file.

    Raises
    ------
    InputError
        The file cannot be read, or is that of another system than the trajectory.

    Examples
    --------
    >>> from nanonet.analyze.sources import open_file
    >>> path = Path("run1/trajectory.gsd")
    >>> len(load_topology(path, open_file(path)).atoms)
    18
    """
    if not path.is_file():
        raise InputError(f"topology {path} does not exist or is no file")
    try:
        if path.suffix.lower() == ".data":
            universe = data_universe(path)
        else:
            with quiet():
                import MDAnalysis

                universe = MDAnalysis.Universe(str(path))
    except ImportError:
        raise
    except Exception as error:  # whatever a broken file makes the readers say
        raise InputError(f"topology {path} cannot be used: {' '.join(str(error).split())[:200]}") from None
    first = source.first
    if len(universe.atoms) != len(first.positions):
        raise InputError(
            f"topology {path} has {len(universe.atoms)} particles, {source.name} has {len(first.positions)}: "
            "they are of different systems"
        )
    own = tuple(map(str, getattr(universe.atoms, "types", ())))
    if first.types is not None and own and set(own) & set(first.types) and own != first.types:
        raise InputError(
            f"topology {path} gives the particles other types than {source.name}: they are of different systems"
        )
    return universe


def named_nps(where: str, types: Sequence[str] | None, names: Sequence[str] | None = None) -> NDArray[np.int64]:
    """Numbers (n,) of the particles of type or name `NP`, or of all where there is one type only.

    Raises
    ------
    InputError
        Neither is the case: nothing says which particles are the NPs.

    Examples
    --------
    >>> named_nps("run1", ["monomer", "NP", "NP"])
    array([1, 2])
    """
    for labels in (types, names):
        if labels is not None and (found := np.flatnonzero(np.asarray(labels) == "NP")).size:
            return found
    kinds = sorted(set(types or ()))
    if len(kinds) == 1 and types is not None:
        return np.arange(len(types))
    said = f"particle types are {kinds}" if kinds else "the particles have no types"
    raise InputError(f"{where}: {said}; one must be called NP, or say which are the NPs, as --select 'type 2' or 'all'")


def select(universe: Any, text: str) -> NDArray[np.int64]:
    """Numbers (n,) of the particles of a selection, in rising order.

    Raises
    ------
    InputError
        It is no selection, depends on positions, or matches nothing.

    Examples
    --------
    >>> from nanonet.analyze.sources import open_file
    >>> len(select(open_file(Path("run1/trajectory.gsd")).universe(), "type NP"))
    18
    """
    from MDAnalysis import Universe

    try:
        with quiet():
            # Without positions: a selection by position would be of other particles in other frames
            found = Universe(universe._topology).select_atoms(text)
    except Exception as error:  # MDAnalysis has many kinds
        reason = " ".join(str(error).split())[:200]
        if not hasattr(universe.atoms, "types"):
            raise InputError(
                f"selection {text!r} cannot be used: {reason}; the file does not say what its particles are: needed is "
                "--topology FILE, allowed without it are numbers, as 'index 0:39', and 'all'"
            ) from None
        raise InputError(
            f"selection {text!r} cannot be used: {reason}; allowed is MDAnalysis's language without positions, so that "
            "it means the same particles in all frames"
        ) from None
    if not len(found):
        kinds = sorted(set(map(str, getattr(universe.atoms, "types", ()))))
        raise InputError(f"selection {text!r} matches nothing; particle types are {kinds[:20]}")
    return np.asarray(np.unique(found.indices), dtype=np.int64)
