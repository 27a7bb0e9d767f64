"""Images of whole configurations, polymer and NPs, from kept run folders (paper, figure 4 a to c)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from numpy.typing import NDArray

from nanonet.analyze.configurations import Configuration, read
from nanonet.composition import FIELDS
from nanonet.errors import NanonetError
from nanonet.formats.reading import read_json

_MONOMER, _NP = np.array([0.16, 0.56, 0.20]), np.array([0.10, 0.33, 0.72])
_RINGS = 24  # discs of which a shaded sphere is made


def find(runs: Path, nominal: tuple[float, ...]) -> tuple[Configuration, float] | None:
    """Last kept configuration and NP diameter of the run of a nominal composition (five numbers), or None."""
    for record in sorted(runs.glob("*/run.json")):
        try:
            composition = read_json(record, dict[str, Any], "run record")["composition"]
            if not np.allclose([composition[name] for name in FIELDS], nominal, rtol=1e-6):
                continue
            kept = sorted(record.parent.glob("*.lammpstrj.gz"), key=lambda path: int(path.name.split(".")[0]))
            if kept:
                return read(kept[-1]), float(composition["diameter"])
        except (ValueError, KeyError, TypeError, NanonetError):
            continue  # another kind of run, or a damaged one
    return None


def draw(axes: Axes, configuration: Configuration, diameter: float) -> None:
    """The box seen along z: monomers pale, NPs as shaded spheres, nearer ones over farther ones.

    The box is shifted so that the NPs lie around its middle; a sphere that crosses a face is cut there.
    """
    box = configuration.box
    shift = 0.5 * box - _middle(configuration.nps, box)
    monomers = np.mod(configuration.monomers.reshape(-1, 3) + shift, box)
    nps = np.mod(configuration.nps + shift, box)
    discs = [_flat(monomers, box[2])]
    discs += [_sphere(place, diameter, box[2]) for place in nps]
    every = np.concatenate(discs)
    every = every[np.argsort(every[:, 2], kind="stable")]  # columns: x, y, height of its plane, width, r, g, b, a
    axes.add_collection(
        EllipseCollection(
            every[:, 3],
            every[:, 3],
            np.zeros(len(every)),
            units="x",
            offsets=every[:, :2],
            offset_transform=axes.transData,
            facecolors=every[:, 4:],
            edgecolors="none",
        )
    )
    axes.set(xlim=(0, box[0]), ylim=(0, box[1]), xticks=[], yticks=[], aspect="equal")
    for side in axes.spines.values():
        side.set_color("0.6")


def _flat(places: NDArray[np.float64], depth: float) -> NDArray[np.float64]:
    """Monomers as single discs of half their diameter, translucent: at full size a melt hides what is in it."""
    near = places[:, 2] / depth
    colours = 1.0 - (1.0 - _MONOMER) * (0.5 + 0.5 * near)[:, None]
    return np.column_stack([places, np.full(len(places), 0.5), colours, np.full(len(places), 0.2)])


def _sphere(place: NDArray[np.float64], diameter: float, depth: float) -> NDArray[np.float64]:
    """A sphere lit from above left as discs that shrink towards the light."""
    part = np.arange(_RINGS) / _RINGS
    light = np.column_stack([-part, part]) * 0.16 * diameter
    glow = (0.55 + 0.45 * place[2] / depth) * (0.55 + 0.6 * part)
    colours = np.clip(_NP * glow[:, None] + 0.55 * (part**3)[:, None], 0, 1)
    height = np.full(_RINGS, place[2] + 0.5 * diameter) + 1e-6 * np.arange(_RINGS)
    return np.column_stack([place[:2] + light, height, diameter * (1 - part), colours, np.ones(_RINGS)])


def _middle(places: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre (3,) of places in a periodic box, from the mean direction on each circle."""
    angles = 2 * np.pi * places / box
    return np.asarray(np.arctan2(np.sin(angles).mean(axis=0), np.cos(angles).mean(axis=0)) / (2 * np.pi) * box)
