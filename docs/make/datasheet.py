"""Makes the checksums of what ships, and the numbers in docs/datasheet.md: `make datasheet`."""

from __future__ import annotations

import hashlib
from collections import Counter

import nanonet
from docs.make import ROOT
from nanonet import Dataset, umbrella_runs
from nanonet.formats import configurations
from nanonet.models.load import SHIPPED

DATA = ROOT / "src" / "nanonet" / "data"
SUMS = DATA / "SHA256SUMS"
RUNS = ROOT / "data" / "runs"
PAGE = ROOT / "docs" / "datasheet.md"
START, END = "<!-- numbers: make datasheet -->\n", "<!-- end of numbers -->\n"


def main() -> None:
    SUMS.write_text(checksums(), encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + numbers() + END + rest.partition(END)[2], encoding="utf-8")


def checksums() -> str:
    """SHA-256 of every shipped file of data and models, in the lines of `sha256sum`."""
    lines = []
    for path in sorted(DATA.rglob("*")):
        if path.suffix in (".nc", ".npz", ".json", ".onnx"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(DATA).as_posix()}\n")
    return "".join(lines)


def numbers() -> str:
    """The tables of the page: the files, and what the explicit runs are."""
    contents = _contents()
    files = [
        f"| `{name}` | {contents[name]} | {(DATA / name).stat().st_size / 1e6:.2f} | `{digest[:16]}` |"
        for digest, name in map(str.split, checksums().splitlines())
    ]
    runs = [f"| {name} | {value} |" for name, value in _explicit().items()]
    lines = ["", "| file | what it holds | MB | SHA-256, first digits |", "|---|---|---|---|", *files]
    data = Dataset.shipped("grafted")
    more = [f"| {name} | {value} |" for name, value in _of_runs(data).items()]
    tables = ["", "| explicit runs | |", "|---|---|", *runs, "", "| runs of grafted NPs | |", "|---|---|", *more]
    return "\n".join([*lines, *tables, "", ""])


def _contents() -> dict[str, str]:
    explicit, implicit, umbrella = Dataset.shipped(), Dataset.shipped("implicit"), umbrella_runs.shipped()
    grafted = Dataset.shipped("grafted")
    pairs = len(umbrella_runs.grouped(umbrella))
    contents = {
        "simulated.nc": f"g(r) of {len(explicit)} compositions with explicit polymer, and the runs behind each",
        "implicit.nc": f"g(r) of {len(implicit)} compositions with implicit polymer, {_converged(implicit)} converged",
        "grafted.nc": f"g(r) of {len(grafted)} compositions of grafted NPs, {_converged(grafted)} converged",
        "windows.json": f"mean forces between two NPs: {len(umbrella)} umbrella runs, {pairs} (D, N, eps_pn)",
        "potential.npz": "table of W_poly, fitted to `windows.json`",
        "emulator.npz": "emulator of implicit NPs, fitted to `implicit.nc`",
        "configurations.npz": f"a whole configuration each of {len(configurations.shipped())} compositions",
    }
    for name in SHIPPED:
        model = nanonet.load(name)
        contents[f"{name}/model.json"] = f"card of the model `{name}`, fitted to {len(model.X)} curves"
        contents |= {
            f"{name}/{path.name}": "what it learnt" for path in (DATA / name).glob("*.*") if path.suffix != ".json"
        }
    return contents


def _explicit() -> dict[str, str]:
    kept = [path.stat().st_size for path in RUNS.rglob("*") if path.is_file()]
    archive = f"{len(list(RUNS.iterdir()))} runs, {sum(kept) / 1e6:.1f} MB"
    return _of_runs(Dataset.shipped()) | {"archive `data/runs`": archive}


def _of_runs(data: Dataset) -> dict[str, str]:
    runs = [run.record for behind in data.runs for run in behind]
    starts = Counter(str(run["start"]) for run in runs)
    counted = sum(weight > 0 for one in data.provenance for weight in one.weights or ())
    nps = [run["nps"] for run in runs]
    return {
        "compositions": f"{len(data)}, of which {_converged(data)} converged",
        "runs": f"{len(runs)}, of which {counted} count in an entry",
        "starts": ", ".join(f"{count} {name}" for name, count in starts.most_common()),
        "NPs in a run": f"{min(nps)} to {max(nps)}",
        "production (tau)": f"{sum(run['production_tau'] for run in runs):,.0f}",
        "LAMMPS": ", ".join(sorted({str(run["lammps"]) for run in runs})),
    }


def _converged(data: Dataset) -> int:
    return sum(one.convergence is not None and one.convergence.converged for one in data.provenance)


if __name__ == "__main__":
    main()
