"""Trajectories of a made-up fluid, as arrays and as files that other packages write."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EDGES = (26.0, 25.0, 24.0)
UPRIGHT = (*EDGES, 90.0, 90.0, 90.0)
TILTED = (*EDGES, 80.0, 75.0, 70.0)


def vectors(dimensions: tuple[float, ...]) -> NDArray[np.float64]:
    """Box vectors (3, 3), a row each, of edges and angles in degrees."""
    a, b, c = dimensions[:3]
    alpha, beta, gamma = np.cos(np.radians(dimensions[3:]))
    sine = np.sqrt(1 - gamma**2)
    lean = (alpha - beta * gamma) / sine
    found = np.array([[a, 0, 0], [b * gamma, b * sine, 0], [c * beta, c * lean, c * np.sqrt(1 - beta**2 - lean**2)]])
    return np.where(np.abs(found) < 1e-9, 0.0, found)


def fluid(dimensions: tuple[float, ...], frames: int = 20, n: int = 60, seed: int = 0) -> tuple[NDArray, NDArray]:
    """Positions (frames, n, 3) and box vectors (frames, 3, 3): pairs at about 3, in a box that breathes."""
    rng = np.random.default_rng(seed)
    scale = 1.0 + 0.02 * rng.uniform(-1, 1, frames)
    boxes = scale[:, None, None] * vectors(dimensions)
    half = rng.uniform(0, 1, (frames, n // 2, 3)) @ boxes
    way = rng.normal(size=half.shape)
    pairs = half + 3.0 * way / np.linalg.norm(way, axis=2, keepdims=True) + rng.normal(0, 0.1, half.shape)
    whole = np.concatenate([half, pairs], axis=1) @ np.linalg.inv(boxes)
    return (whole % 1.0) @ boxes, boxes


def universe(positions: NDArray, dimensions: NDArray, nps: int):  # type: ignore[no-untyped-def]
    """MDAnalysis's Universe in memory; the first `nps` particles are of type 2 and name NP, the others 1 and M."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import MDAnalysis
        from MDAnalysis.coordinates.memory import MemoryReader

        n = positions.shape[1]
        found = MDAnalysis.Universe.empty(n, trajectory=True)
        found.add_TopologyAttr("types", ["2"] * nps + ["1"] * (n - nps))
        found.add_TopologyAttr("names", ["NP"] * nps + ["M"] * (n - nps))
        found.add_TopologyAttr("masses", [27.0] * nps + [1.0] * (n - nps))
        found.add_TopologyAttr("resnames", ["X"])
        found.add_TopologyAttr("resids", [1])
        found.add_TopologyAttr("segids", ["S"])
        found.load_new(positions.astype(np.float32), format=MemoryReader, dimensions=dimensions.astype(np.float32))
        return found


def dimensions_of(boxes: NDArray) -> NDArray[np.float64]:
    """Edges and angles (frames, 6) of box vectors (frames, 3, 3)."""
    edges = np.linalg.norm(boxes, axis=2)
    pairs = ((1, 2), (0, 2), (0, 1))
    cosines = [(boxes[:, i] * boxes[:, j]).sum(axis=1) / edges[:, i] / edges[:, j] for i, j in pairs]
    return np.column_stack([edges, *np.degrees(np.arccos(cosines))])


def write(path: Path, positions: NDArray, boxes: NDArray, nps: int) -> None:
    """Write the frames by the package whose format it is: gsd, or else MDAnalysis, which takes lengths as angstrom."""
    if path.suffix == ".gsd":
        import gsd.hoomd

        with gsd.hoomd.open(str(path), "w") as file:
            for step, (points, box) in enumerate(zip(positions, boxes, strict=True)):
                frame = gsd.hoomd.Frame()
                frame.configuration.step = 100 * step
                (x, _, _), (xy, y, _), (xz, yz, z) = box
                frame.configuration.box = [x, y, z, xy / y, xz / z, yz / z]
                frame.particles.N = len(points)
                frame.particles.types = ["NP", "M"]
                frame.particles.typeid = [0] * nps + [1] * (len(points) - nps)
                frame.particles.position = points - 0.5 * box.sum(axis=0)
                file.append(frame)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = universe(positions, dimensions_of(boxes), nps)
        whole.atoms.write(str(path), frames="all")


def dump(positions: NDArray, boxes: NDArray, nps: int, scaled: bool = False, seed: int = 0, head: str = "") -> str:
    """Text of a LAMMPS dump, particles in an order that changes from frame to frame."""
    rng = np.random.default_rng(seed)
    texts = []
    for step, (points, box) in enumerate(zip(positions, boxes, strict=True)):
        (x, _, _), (xy, y, _), (xz, yz, z) = box
        tilted = bool(xy or xz or yz)
        low = (min(0, xy, xz, xy + xz), min(0, yz), 0.0)
        high = (x + max(0, xy, xz, xy + xz), y + max(0, yz), z)
        bounds = [f"{a:.9g} {b:.9g}" for a, b in zip(low, high, strict=True)]
        if tilted:
            bounds = [f"{line} {tilt:.9g}" for line, tilt in zip(bounds, (xy, xz, yz), strict=True)]
        written = points @ np.linalg.inv(box) if scaled else points
        rows = [f"{i + 1} {2 if i < nps else 1} {' '.join(f'{v:.9g}' for v in written[i])}" for i in range(len(points))]
        columns = "xs ys zs" if scaled else "x y z"
        shape = "xy xz yz pp pp pp" if tilted else "pp pp pp"
        texts += [f"{head}ITEM: TIMESTEP", str(100 * step), "ITEM: NUMBER OF ATOMS", str(len(points)),
                  f"ITEM: BOX BOUNDS {shape}", *bounds, f"ITEM: ATOMS id type {columns}",
                  *(rows[i] for i in rng.permutation(len(rows)))]  # fmt: skip
    return "\n".join(texts) + "\n"


def data(points: NDArray, box: NDArray, nps: int) -> str:
    """Text of a LAMMPS data file of style atomic."""
    (x, _, _), (xy, y, _), (xz, yz, z) = box
    head = ["LAMMPS data file", "", f"{len(points)} atoms", "2 atom types", ""]
    head += [f"0 {edge:.9g} {axis}lo {axis}hi" for edge, axis in zip((x, y, z), "xyz", strict=True)]
    head += [f"{xy:.9g} {xz:.9g} {yz:.9g} xy xz yz", "", "Masses", "", "1 1", "2 27", "", "Atoms # atomic", ""]
    rows = [f"{i + 1} {2 if i < nps else 1} {' '.join(f'{v:.9g}' for v in p)}" for i, p in enumerate(points)]
    return "\n".join([*head, *rows]) + "\n"


def extended_xyz(positions: NDArray, boxes: NDArray, nps: int) -> str:
    """Text of an extended XYZ file."""
    texts = []
    for points, box in zip(positions, boxes, strict=True):
        lattice = " ".join(f"{v:.9g}" for v in box.ravel())
        texts += [str(len(points)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"']
        texts += [f"{'NP' if i < nps else 'M'} {' '.join(f'{v:.9g}' for v in p)}" for i, p in enumerate(points)]
    return "\n".join(texts) + "\n"


def freud_rdf(positions: NDArray, boxes: NDArray, r_max: float, bins: int, others: NDArray | None = None) -> NDArray:
    """g by freud, each frame by its own volume."""
    import freud

    counter = freud.density.RDF(bins=bins, r_max=r_max, normalization_mode="finite_size" if others is None else "exact")
    found = []
    for i, (points, box) in enumerate(zip(positions, boxes, strict=True)):
        system = (freud.box.Box.from_matrix(box.T), freud.box.Box.from_matrix(box.T).wrap(points))
        query = None if others is None else system[0].wrap(others[i])
        found.append(counter.compute(system, query_points=query, reset=True).rdf.copy())
    return np.asarray(np.mean(found, axis=0))
