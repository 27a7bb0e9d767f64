"""Finished run folders -> results that were not there, or are of longer runs than those that were."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, MutableMapping
from pathlib import Path
from typing import TypeVar

from nanonet.errors import InputError
from nanonet.formats.run_folder import read_record

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Place = TypeVar("Place", bound=Hashable)


def add_finished(
    runs: MutableMapping[Place, Result],
    folders: Iterable[Path],
    measure: Callable[[Path], Result],
    place: Callable[[Result], Place],
    length: Callable[[Result], float],
    identity: Callable[[Result], str],
    describe: Callable[[Result], str],
) -> int:
    """Measure finished runs and add them to `runs`; returns how many were added.

    A folder whose id is there is not measured again; a run takes the place of a shorter one of the same system, seed
    and start (`place`). One that cannot be used is logged with its reason and left out.
    """
    ids = {identity(one) for one in runs.values()}
    added = 0
    for folder in folders:
        try:
            if read_record(folder).id in ids:
                continue
            one = measure(folder)
        except InputError as error:  # one bad run keeps nobody else out
            logger.info(f"left out   {error}")
            continue
        kept = runs.get(place(one))
        if kept is not None and length(kept) >= length(one):
            continue
        runs[place(one)] = one
        added += 1
        logger.info(f"collected  {describe(one)}")
    return added
