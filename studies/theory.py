"""How far theory is from the shipped explicit runs: `python -m studies.theory`.

Root mean square error of ln g over bins with g above 0.05 (`nanonet.evaluate.metrics.ln_rmse`), mean over compositions
of each regime (B2* of U_nn + W_poly), of the dilute limit exp(-W) and of the first of HNC and PY with a solution.
"""

from __future__ import annotations

import numpy as np

from nanonet import Dataset
from nanonet.analyze.entries import CONDENSING, DISPERSED, EDGE
from nanonet.evaluate.metrics import ln_noise, ln_rmse
from nanonet.formats import potential_table
from nanonet.potentials.theory import DILUTE, theory


def main() -> None:
    data = Dataset.shipped()
    table = potential_table.shipped()
    dilute = np.array([theory(table, c, DILUTE).rdf.g for c in data.compositions])
    found = [theory(table, c) for c in data.compositions]
    closures = np.array([one.closure for one in found])
    errors = {
        "dilute": ln_rmse(data.G, dilute),
        "equation": ln_rmse(data.G, np.array([one.rdf.g for one in found])),
        "noise": ln_noise(data.G, data.errors),
    }
    regimes = np.array([one.regime for one in data.provenance])
    print("regime      compositions  HNC  PY  none   all: dilute  noise   solved: dilute  equation")
    for regime in (DISPERSED, EDGE, CONDENSING):
        own = regimes == regime
        solved = own & (closures != DILUTE)
        counts = [int((own & (closures == one)).sum()) for one in ("HNC", "PY", DILUTE)]
        values = [_mean(errors[name][own]) for name in ("dilute", "noise")]
        values += [_mean(errors[name][solved]) for name in ("dilute", "equation")]
        print(
            f"{regime:<12}{own.sum():12}{counts[0]:5}{counts[1]:4}{counts[2]:6}   {values[0]:>11}{values[1]:>7}"
            f"{values[2]:>17}{values[3]:>10}"
        )


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{values.mean():.2f}" if len(values) else "-"


if __name__ == "__main__":
    main()
