"""The same classes, unchanged, on third-party RDFs: test RMSE of g of nanoNET and baselines (docs/results/lgpmd.md).

    python studies/lgpmd.py [--out build/lgpmd] [--only NAME] [--sizes 34 68 256]

The data (studies/data/lgpmd, BSD-3-Clause, LICENSE beside them) are 320 Mie fluids, iteration 2 of the LGPMD
repository of the Hoepfner group, University of Utah: three inputs (repulsive exponent, sigma, epsilon), g at 73
distances. For each of five seeds the curves are shuffled; the first 34, 68 or 256 are learnt, all others are the test.
What was computed is kept in `--out` and not computed again; a killed run goes on.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from nanonet.evaluate.store import Store
from nanonet.formats.atomic import writing
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.training import STUCK
from nanonet.models.image import rasterize, read_images
from nanonet.reproduce.chapters import PAPER
from nanonet.reproduce.models import MODELS

HERE = Path(__file__).parent
DATA = HERE / "data" / "lgpmd" / "train.npz"
PAGE = HERE.parent / "docs" / "results" / "lgpmd.md"
SIZES, SEEDS = (34, 68, 256), 5
FORMAT = 3  # of kept results

ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "nanoNET": ("nanonet", {}),
    "nanoNET, the paper's settings": ("nanonet", dict(PAPER)),
    "Gaussian process": ("gaussian process", {"prior": False}),
    "mean of g": ("mean of g", {}),
    "mean image": ("mean image", {}),
    "nearest training input": ("nearest", {}),
    "PCA of images (8), forest of 20 trees": ("pca", {"latent": 8}),
    "forest of g": ("direct", {"kind": "forest", "logarithm": False}),
    "gradient boosting of g": ("direct", {"kind": "boosting", "logarithm": False}),
    "deep network of g": ("direct", {"kind": "network", "logarithm": False}),
    "ridge regression of g": ("direct", {"kind": "ridge", "logarithm": False}),
    "forest of 8 principal components of g": ("direct", {"kind": "forest", "logarithm": False, "components": 8}),
}
"""Name -> model of `nanonet.reproduce.models.MODELS` and its settings. Another predictor enters here."""

Curves = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def load() -> Curves:
    """Inputs (320, 3), curves (320, 73) and grid (73,) of iteration 2."""
    with np.load(DATA) as content:
        chosen = content["iteration"] == 2
        r = content["r"].astype(np.float64)
        return content["x"][chosen].astype(np.float64), np.maximum(content["g"][chosen].astype(np.float64), 0.0), r


def rmse(name: str, settings: dict[str, Any], size: int, seed: int, data: Curves) -> dict[str, Any]:
    """Errors on all other curves, and seconds of processor time of the fit.

    `rmse` is over all curves and distances, `each` the mean of the curves' own; a network is `stuck` when it ends
    hardly better than the mean image, and answers all the same.
    """
    X, G, r = data
    order = np.random.default_rng(seed).permutation(len(X))
    train, test = order[:size], order[size:]
    model = MODELS[name](seed, **settings)
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X[train], G[train], r)
    seconds = time.process_time() - started
    squares = np.mean((model.predict(X[test]) - G[test]) ** 2, axis=1)
    errors = {"rmse": float(np.sqrt(squares.mean())), "each": float(np.sqrt(squares).mean())}
    stuck = isinstance(model, NanoNet) and model.history.mse > STUCK * model.history.mse_mean
    return {**errors, "seconds": seconds, "stuck": stuck}


def kept(folder: Path, label: str, size: int, seed: int, data: Curves) -> Path:
    """Where a result lies."""
    name, settings = ROWS[label]
    return Store(folder).path(FORMAT, MODELS[name](seed, **settings), size, seed, data)


def page(folder: Path, sizes: tuple[int, ...], data: Curves) -> str:
    """The table of what is there."""
    _, G, r = data
    drawn = read_images(rasterize(G, r), r)
    lines = [
        "# Third-party RDFs",
        "",
        "Written by `python studies/lgpmd.py`; do not edit.",
        "",
        f"{len(G)} Mie fluids (iteration 2 of the LGPMD repository, Hoepfner group, University of Utah, BSD-3-Clause; "
        "`studies/data/lgpmd`): three inputs, g at 73 distances. The same classes, unchanged, learn some curves "
        "and are tested on all others. Test RMSE of g over all curves and distances, mean ± standard deviation of "
        f"{SEEDS} random subsets; in square brackets the mean of the curves' own RMSE; seconds of processor time of a "
        "fit. Stuck: the network ended hardly better than the mean image; what is read from such an image can be "
        "any height.",
        "",
        "Drawing the curves as 64 x 64 images and reading them again, nothing learnt, already costs an RMSE of "
        f"{np.sqrt(np.mean((drawn - G) ** 2)):.4f}: an image's row takes the largest of its bins. What goes by "
        "images can hardly do better.",
        "",
        "| model | " + " | ".join(f"{size} curves" for size in sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for label in ROWS:
        cells = [_cell([kept(folder, label, size, seed, data) for seed in range(SEEDS)]) for size in sizes]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _cell(paths: list[Path]) -> str:
    found = [json.loads(path.read_text()) for path in paths if path.is_file()]
    if not found:
        return "not run"
    values = [one["rmse"] for one in found]
    number = sum(one["stuck"] for one in found)
    stuck = f", stuck {number} of {len(found)}" if number else ""
    spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
    each = np.mean([one["each"] for one in found])
    seconds = np.median([one["seconds"] for one in found])
    said = f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1g}"
    return f"{np.mean(values):.4f}{spread} [{each:.4f}] ({said} s{stuck})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/lgpmd"), help="where results are kept")
    parser.add_argument(
        "--only", action="append", choices=list(ROWS), help="a model to run; may be given several times"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of training curves")
    arguments = parser.parse_args()
    data = load()
    cases = [
        (label, size, seed) for label in arguments.only or ROWS for size in arguments.sizes for seed in range(SEEDS)
    ]
    missing = [case for case in cases if not kept(arguments.out, *case, data).is_file()]
    for label, size, seed in track(missing, "fitting"):
        name, settings = ROWS[label]
        path = kept(arguments.out, label, size, seed, data)
        Store(arguments.out).result(path, partial(rmse, name, settings, size, seed, data))
    text = page(arguments.out, SIZES, data)
    with writing(PAGE) as temporary:
        temporary.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
