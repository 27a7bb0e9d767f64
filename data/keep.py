"""Takes finished runs into the shipped data: `python data/keep.py FOLDER ...` (run folders of a campaign).

Adds them to the shipped dataset, and leaves in data/runs what the dataset does not hold: the record, the NPs every
tenth frame, the last whole configuration. A run that was extended takes the place of its shorter self. Then makes
`configurations.npz` anew, one configuration of each composition, which the page shows; without folders that alone.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from pathlib import Path

import gsd.hoomd

from nanonet.analyze.configurations import read
from nanonet.campaign.curves import add_runs
from nanonet.dataset import Dataset
from nanonet.formats import configurations, run_folder
from nanonet.formats.atomic import writing

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "src" / "nanonet" / "data"
DATASET = SHIPPED / "simulated.nc"
EVERY = 10


def main(folders: list[Path]) -> None:
    data = add_runs(DATASET, folders)
    if data is None:
        raise SystemExit("nothing to keep")
    wanted = {run.record["id"] for runs in data.runs for run in runs}
    for folder in folders:
        identity = json.loads((folder / run_folder.RECORD).read_text())["id"]
        if identity in wanted:
            _keep(folder, HERE / "runs" / identity)
    for kept in (HERE / "runs").iterdir():
        if kept.name not in wanted:
            print(f"dropped    {kept.name}: a longer run took its place")
            shutil.rmtree(kept)
    print(f"dataset    {data}")


def write_configurations() -> None:
    """The last whole configuration of the first run of each entry that counts in it."""
    data, kept = Dataset.load(DATASET), []
    for composition, runs, provenance in zip(data.compositions, data.runs, data.provenance, strict=True):
        ids = [str(run.record["id"]) for run in runs if run.record["id"] not in (provenance.left_out or {})]
        found = [(one, path) for one in ids for path in (HERE / "runs" / one).glob("*.lammpstrj.gz")]
        if found:
            run, path = found[0]
            one = read(path)
            kept.append(configurations.KeptConfiguration(composition, run, one.box, one.nps, one.monomers))
    configurations.save(SHIPPED / configurations.NAME, kept)
    print(f"written    configurations of {len(kept)} of {len(data)} compositions")


def _keep(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / run_folder.RECORD, target)
    with (
        writing(target / "thinned.gsd") as temporary,
        gsd.hoomd.open(str(folder / run_folder.TRAJECTORY), "r") as source,
        gsd.hoomd.open(str(temporary), "w") as thinned,
    ):
        for i in range(EVERY - 1, len(source), EVERY):
            thinned.append(source[i])
    last = max((folder / "configurations").glob("*.gz"), key=lambda path: int(path.name.split(".")[0]))
    for old in target.glob("*.lammpstrj.gz"):
        old.unlink()
    shutil.copy(last, target)
    for stale in ("trajectory.gsd", "polymer.json"):
        (target / stale).unlink(missing_ok=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if sys.argv[1:]:
        main([Path(name) for name in sys.argv[1:]])
    write_configurations()
