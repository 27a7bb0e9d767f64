"""Made-up curves and images that several tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet import RDF
from nanonet.models.image import rasterize, read_images
from nanonet.rdf import standard_grid


def draw(rdf: RDF) -> NDArray[np.float32]:
    """The image (64, 64) of an RDF."""
    image: NDArray[np.float32] = rasterize(rdf.g[None], rdf.r)[0]
    return image


def trace(image: ArrayLike) -> RDF:
    """The RDF on the standard grid that an image (64, 64) shows."""
    r = standard_grid()
    return RDF(r, read_images(np.asarray(image)[None], r)[0])


def grid(diameter: float, step: float = 0.1) -> NDArray[np.float64]:
    return np.asarray((np.arange(round((diameter + 6.0) / step)) + 0.5) * step, dtype=np.float64)


def made_up(r: NDArray[np.float64], diameter: float, *wells: tuple[float, float]) -> NDArray[np.float64]:
    """g of soft spheres with wells of W at gaps and of depths."""
    gap = r - diameter
    touching = any(at < 0.5 for at, _ in wells)
    w: NDArray[np.float64] = np.exp(-(gap + 0.4) / 0.06) if touching else np.exp(-(gap - 0.6) / 0.1)
    for at, depth in wells:
        w -= depth * np.exp(-0.5 * ((gap - at) / 0.25) ** 2)
    return np.asarray(np.exp(-np.minimum(w, 50.0)), dtype=np.float64)


def damage_file(path: Path, damage: str) -> None:
    """Take a file away (`missing`), or all of it but 1,000 bytes (`cut`), or all of its content (`empty`)."""
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000] if damage == "cut" else b"")
