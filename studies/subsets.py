"""The Gaussian process on third-party RDFs, by both readings of an RMSE of g:  python studies/subsets.py

Splits as in studies/lgpmd.py: for each of five seeds the first 34, 68 or 256 of the shuffled curves are learnt, all
others are the test. Prints, for each size, the RMSE over all test values, the mean over test curves of each curve's
RMSE (which is what docs/predictor.md sets against the targets: a forest of g has 0.060 and 0.045 that way with 34 and
68 curves, 0.079 and 0.062 the other way), the worst of the five of each, and what the 90 % bands hold.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from nanonet.evaluate.cross_validation import coverage
from nanonet.learn.gaussian_process import GaussianProcess

DATA = Path(__file__).parent / "data" / "lgpmd" / "train.npz"


def main() -> None:
    with np.load(DATA) as content:
        chosen = content["iteration"] == 2
        r = content["r"].astype(np.float64)
        X, G = content["x"][chosen].astype(np.float64), np.maximum(content["g"][chosen].astype(np.float64), 0.0)
    print("curves  model              over all values (worst)   mean of curves (worst)   bands hold (least, most)")
    for size in (34, 68, 256):
        found: dict[str, list[tuple[float, float]]] = {"forest of g": [], "Gaussian process": []}
        held = []
        for seed in range(5):
            order = np.random.default_rng(seed).permutation(len(X))
            train, test = order[:size], order[size:]
            forest = RandomForestRegressor(100, random_state=0).fit(X[train], G[train])
            model = GaussianProcess().fit(X[train], G[train], r)
            g, low, high = model.band(X[test])
            held.append(float(np.nanmean(coverage(G[test], low, high))))
            for name, guess in (("forest of g", forest.predict(X[test])), ("Gaussian process", g)):
                squares = (guess - G[test]) ** 2
                found[name].append((float(np.sqrt(squares.mean())), float(np.sqrt(squares.mean(axis=1)).mean())))
        for name, values in found.items():
            mean, worst = np.mean(values, axis=0), np.max(values, axis=0)
            text = f"{size:6}  {name:18} {mean[0]:.4f} ({worst[0]:.4f})           {mean[1]:.4f} ({worst[1]:.4f})"
            if name == "Gaussian process":
                text += f"          {np.mean(held):.2f} ({min(held):.2f}, {max(held):.2f})"
            print(text, flush=True)


if __name__ == "__main__":
    main()
