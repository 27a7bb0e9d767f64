"""The models that the studies compare, by name, and the code that each rests on."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nanonet.formats import potential_table
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.nanonet import NanoNet
from nanonet.learn.scoring import FLOOR, Mean, Nearest
from nanonet.potentials.dilute import DiluteLimit
from nanonet.reproduce.rivals import Coded, DenseCodec, Direct, Embedded, PictureMean, PicturePCA

_PICTURE = ("nanonet.models.image",)
_NETWORK = (
    *_PICTURE,
    *(f"nanonet.learn.{name}" for name in ("arrays", "autoencoder", "training", "forest", "nanonet")),
)
_RIVALS = (*_PICTURE, "nanonet.learn.forest", "nanonet.reproduce.rivals")


@dataclass(frozen=True)
class Factory:
    """Makes a model with `fit(X, G, r)` and `predict(X)` from a seed and settings.

    A model with `encode`, `decode`, `predict_images` and `forest` is also scored in its pictures and latents.
    """

    make: Callable[..., Any]
    modules: tuple[str, ...]
    """Whose code decides the results: results are kept until one of them changes."""
    files: tuple[str, ...] = ()
    """Shipped data files that do, too."""
    weighs: bool = False
    """Whether `fit` takes the errors of the curves, as `error`."""


MODELS: dict[str, Factory] = {
    "nanonet": Factory(lambda seed, **settings: NanoNet(seed=seed, keep_stuck=True, **settings), _NETWORK),
    "mean of g": Factory(lambda seed: Mean(), ("nanonet.learn.scoring",)),
    "mean of ln g": Factory(lambda seed: Mean(FLOOR), ("nanonet.learn.scoring",)),
    "nearest": Factory(lambda seed: Nearest(), ("nanonet.learn.scoring",)),
    "black picture": Factory(lambda seed: Coded(lambda: PictureMean(black=True), seed=seed), _RIVALS),
    "mean picture": Factory(lambda seed: Coded(PictureMean, seed=seed), _RIVALS),
    "direct": Factory(lambda seed, **settings: Direct(seed=seed, **settings), _RIVALS),
    "pca": Factory(lambda seed, latent: Coded(lambda: PicturePCA(latent), seed=seed), _RIVALS),
    "dense": Factory(
        lambda seed, latent, epochs: Coded(lambda: DenseCodec(latent, epochs=epochs, seed=seed), seed=seed), _RIVALS
    ),
    "gaussian process": Factory(
        lambda seed, prior=True: GaussianProcess(DiluteLimit(potential_table.shipped()) if prior else None),
        (
            "nanonet.models.gaussian_process",
            "nanonet.potentials.dilute",
            "nanonet.learn.arrays",
            "nanonet.learn.gaussian_process",
        ),
        files=("potential.npz",),
        weighs=True,
    ),
    "t-sne": Factory(lambda seed: Embedded(seed=seed), _RIVALS),
}
"""What a `Task` may name. Another predictor enters here, and as a row in `studies`."""


def code_hash(modules: tuple[str, ...], data: tuple[str, ...] = ()) -> str:
    """Hash of the code of modules, where comments, layout and docstrings do not count, and of shipped data files."""
    digest = hashlib.sha256("".join(map(_module_hash, modules)).encode())
    for name in data:
        digest.update((resources.files("nanonet") / "data" / name).read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _module_hash(name: str) -> str:
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [part for part in node.body if not _is_text(part)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
