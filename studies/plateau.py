"""What makes the autoencoder leave the plateau of the mean image: `python studies/plateau.py`.

Every variant learns the shipped RDFs from five seeds, each with its own split: explicit compositions, 3 held out, for
60 epochs, implicit ones, 20 held out, for 20; the paper's settings, with larger batches, for 400 and 100. A variant has
left the plateau when the mean squared error of an epoch falls below 0.9 of the mean image's. `wide` lines are smeared
over the heights (1/16, 4/16, 6/16, 4/16, 1/16), which leaves their centres of mass, and so what is read off them, where
they were. Results stay in build/plateau; what is there, of the same curves by the same code, is not done again: it goes
on where it was stopped. Some ten minutes of one core for the explicit compositions, half an hour for the implicit ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nanonet import Dataset
from nanonet.evaluate.metrics import ln_rmse
from nanonet.evaluate.store import Store
from nanonet.learn.nanonet import PAPER, NanoNet
from nanonet.learn.training import STUCK, Training, fit_autoencoder, one_thread
from nanonet.models.image import rasterize, read_images

KEPT = Path("build") / "plateau"
SEEDS = range(5)
HELD_OUT = {"explicit": 3, "implicit": 20}
EPOCHS = {"explicit": 60, "implicit": 20}
PAPER_EPOCHS = {"explicit": 400, "implicit": 100}

SMALL_STEPS = {"batch_size": 4, "learning_rate": 3e-3}
VARIANTS: dict[str, dict[str, Any]] = {
    "paper, small steps": PAPER | SMALL_STEPS,
    "paper, He": PAPER | SMALL_STEPS | {"initial": "he"},
    "paper, start at the mean": PAPER | SMALL_STEPS | {"start_at_mean": True},
    "paper, cross-entropy": PAPER | SMALL_STEPS | {"loss": "bce"},
    "paper, small steps, wide lines": PAPER | SMALL_STEPS | {"wide": True},
    "default": {"latent_noise": Training.latent_noise},
    "default, no latent noise": {},
    "default, ReLU": {"activation": "relu"},
    "default, mean squared error": {"loss": "mse"},
    "default, start at grey 0.5": {"start_at_mean": False},
    "default, wide lines": {"wide": True},
    "paper": PAPER,
}
"""Settings of `NanoNet`, and `wide`; small steps: 4 images, rate 0.003. The default alone has latent noise."""


def main(names: list[str]) -> None:
    for name in names or list(HELD_OUT):
        data = Dataset.shipped() if name == "explicit" else Dataset.shipped("implicit")
        rows = {}
        for variant, settings in VARIANTS.items():
            chosen = {"latent_noise": 0.0} | settings | {"converge": False, "keep_stuck": True, "attempts": 1}
            chosen["epochs"] = (PAPER_EPOCHS if variant == "paper" else EPOCHS)[name]
            rows[variant] = [_run(name, data, variant, chosen | {"seed": seed}) for seed in SEEDS]
        print(_table(name, data, rows))


def _run(name: str, data: Dataset, variant: str, settings: dict[str, Any]) -> dict[str, Any]:
    path, wide = Store(KEPT).path("plateau", settings, NanoNet(), data.G), settings.get("wide", False)
    own = {name: value for name, value in settings.items() if name != "wide"}
    return Store(KEPT).result(path, lambda: _fitted(name, data, variant, own, wide))


def _fitted(name: str, data: Dataset, variant: str, settings: dict[str, Any], wide: bool) -> dict[str, Any]:
    seed = settings["seed"]
    order = np.random.default_rng(seed).permutation(len(data))
    test, train = order[: HELD_OUT[name]], order[HELD_OUT[name] :]
    images = rasterize(data.G, data.r)
    if wide:
        images = widened(images)
    network = NanoNet(**settings)
    grey = float(images[train].mean()) if network.start_at_mean else 0.5
    autoencoder, history = fit_autoencoder(
        images[train],
        lambda: network.architecture.network(grey),
        network.training,
    )
    with one_thread(), torch.no_grad():
        rebuilt = torch.sigmoid(autoencoder(torch.from_numpy(images[test])[:, None]))[:, 0].numpy()
    below = [i for i, mse in enumerate(history.mses) if mse < STUCK * history.mse_mean]
    result = {
        "settings": settings,
        "left": below[0] + 1 if below else None,
        "train": history.mse,
        "train_black": history.mse_black,
        "train_mean": history.mse_mean,
        "test": float(np.mean((rebuilt - images[test]) ** 2)),
        "test_black": float(np.mean(images[test] ** 2)),
        "test_mean": float(np.mean((images[train].mean(axis=0) - images[test]) ** 2)),
        "ln_g": float(np.nanmean(ln_rmse(data.G[test], read_images(rebuilt, data.r)))),
    }
    print(f"{name}: {variant}, seed {seed}: {result}", file=sys.stderr, flush=True)
    return result


def widened(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images (n, size, size) whose lines are two pixels wider on either side, each row's light kept."""
    kernel = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2)), mode="symmetric")
    return np.asarray(sum(w * padded[..., k : k + images.shape[2]] for k, w in enumerate(kernel)), dtype=np.float32)


def _table(name: str, data: Dataset, rows: dict[str, list[dict[str, Any]]]) -> str:
    held, first = HELD_OUT[name], next(iter(rows.values()))
    lines = [
        f"\n{len(data) - held} {name} compositions, {EPOCHS[name]} epochs (paper: {PAPER_EPOCHS[name]}), "
        f"{len(first)} seeds:\n",
        "| settings | left the plateau | after epochs | MSE, training | MSE, held out | RMSE of ln g, held out |",
        "|---|---|---|---|---|---|",
    ]
    for variant, results in rows.items():
        left = [r["left"] for r in results if r["left"] is not None]
        when = f"{min(left)} to {max(left)}" if left else "–"
        cells = [_spread(results, key, digits) for key, digits in (("train", 4), ("test", 4), ("ln_g", 2))]
        lines.append(f"| {variant} | {len(left)} of {len(results)} | {when} | {' | '.join(cells)} |")
    for kind in ("mean", "black"):
        cells = [_spread(first, f"{part}_{kind}", 4) for part in ("train", "test")]
        lines.append(f"| {kind} image | | | {' | '.join(cells)} | |")
    return "\n".join(lines)


def _spread(results: list[dict[str, Any]], key: str, digits: int) -> str:
    values = [r[key] for r in results]
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


if __name__ == "__main__":
    main(sys.argv[1:])
