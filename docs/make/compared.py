"""Compares the shipped compositions with implicit NPs of the same number and volume: `python -m docs.make.compared`.

Writes docs/results/multiscale.json. A new composition takes some seconds; runs in build/implicit are not made again.
"""

from __future__ import annotations

import logging

from docs.make import RESULTS, ROOT
from nanonet import Dataset, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.campaign import fidelity


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = ROOT / "build" / "implicit" / "compared"
    folder.parent.mkdir(parents=True, exist_ok=True)
    model = potential_gp.fit(umbrella_runs.by_pair_inputs(umbrella_runs.shipped()))
    fidelity.save(RESULTS / "multiscale.json", fidelity.compare(Dataset.shipped(), model, folder))


if __name__ == "__main__":
    main()
