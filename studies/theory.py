"""How far theory is from the shipped explicit runs: `python -m studies.theory` writes the table of docs/theory.md.

Root mean square error of ln g over bins with g above 0.05 (`nanonet.evaluate.metrics.ln_rmse`), mean over compositions
of each regime (B2* of U_nn + W_poly), of the dilute limit exp(-W) and of the first of HNC and PY with a solution.
"""

from __future__ import annotations

import numpy as np

from docs.make import ROOT
from nanonet import Dataset
from nanonet.analyze.entries import CONDENSING, DISPERSED, EDGE
from nanonet.evaluate.metrics import ln_noise, ln_rmse
from nanonet.formats import potential_table
from nanonet.potentials.theory import DILUTE, theory

PAGE = ROOT / "docs" / "theory.md"
START, END = "<!-- numbers: python -m studies.theory -->\n", "<!-- end of numbers -->\n"


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + table() + END + rest.partition(END)[2], encoding="utf-8")


def table() -> str:
    """A line a regime."""
    data = Dataset.shipped()
    potentials = potential_table.shipped()
    dilute = np.array([theory(potentials, c, DILUTE).rdf.g for c in data.compositions])
    found = [theory(potentials, c) for c in data.compositions]
    closures = np.array([one.closure for one in found])
    errors = {
        "dilute": ln_rmse(data.G, dilute),
        "equation": ln_rmse(data.G, np.array([one.rdf.g for one in found])),
        "noise": ln_noise(data.G, data.errors),
    }
    regimes = np.array([one.regime for one in data.provenance])
    lines = [
        "",
        "| regime | compositions | solved by HNC / PY / neither | dilute limit, all | dilute limit, solved | "
        "equation, solved | errors of the runs |",
        "|" + 7 * "---|",
    ]
    for regime in (DISPERSED, EDGE, CONDENSING):
        own = regimes == regime
        solved = own & (closures != DILUTE)
        counts = " / ".join(str((own & (closures == one)).sum()) for one in ("HNC", "PY", DILUTE))
        chosen = (("dilute", own), ("dilute", solved), ("equation", solved), ("noise", own))
        values = " | ".join(_mean(errors[name][which]) for name, which in chosen)
        lines.append(f"| {regime} | {own.sum()} | {counts} | {values} |")
    return "\n".join([*lines, "", ""])


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{values.mean():.2f}" if len(values) else "-"


if __name__ == "__main__":
    main()
