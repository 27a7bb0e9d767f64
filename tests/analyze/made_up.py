"""A made-up polymer-mediated potential, and windows in it sampled exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nanonet.analyze.trajectory import Trajectory
from nanonet.analyze.umbrella import follow, mean_forces
from nanonet.potentials.mediated import MeanForces, PairInputs
from nanonet.systems.umbrella import UmbrellaWindows

PAIR = PairInputs(3.0, 40, 1.0)


def w_poly(r: ArrayLike, pair: PairInputs) -> NDArray[np.float64]:
    """A well at contact, a barrier that grows with eps_pn, layers that die out; deeper for larger D (kT)."""
    h = np.asarray(r, dtype=np.float64) - pair.diameter
    well = -(6.0 - 2.0 * pair.eps_pn) / (1.0 + np.exp((h - 0.2) / 0.25))
    barrier = 2.5 * pair.eps_pn * np.exp(-(((h - 0.8) / 0.5) ** 2))
    layers = 0.4 * np.cos(2.0 * np.pi * h) * np.exp(-np.abs(h) / 0.9)
    return np.asarray(pair.diameter / 3.0 * (well + barrier + layers) * (1.0 + 0.002 * (pair.chain_length - 40)))


def made_up_windows(
    pair: PairInputs, frames: int, seed: int, springs: tuple[tuple[float, float], ...] = ()
) -> tuple[UmbrellaWindows, Trajectory]:
    """Windows of two NPs and independent frames of their dimers, far from one another, in `w_poly`."""
    subject = UmbrellaWindows(pair, springs)
    rng = np.random.default_rng(seed)
    fine = np.linspace(0.4 * pair.diameter, pair.diameter + 8.0, 40_001)
    edge, count = 60.0, len(subject.springs)
    positions = np.empty((frames, 2 * count, 3))
    for i, (separation, stiffness) in enumerate(subject.springs):
        weight = fine**2 * np.exp(-w_poly(fine, pair) - stiffness * (fine - separation) ** 2)
        cumulative = np.cumsum(weight)
        r = np.interp(rng.uniform(0.0, cumulative[-1], frames), cumulative, fine)
        arm = rng.normal(size=(frames, 3))
        arm *= 0.5 * r[:, None] / np.linalg.norm(arm, axis=1, keepdims=True)
        centre = edge * np.array([i % 5, i // 5 % 5, i // 25])
        positions[:, 2 * i], positions[:, 2 * i + 1] = centre - arm, centre + arm
    return subject, Trajectory(positions, np.full((frames, 3), 5 * edge))


def made_up_forces(pair: PairInputs, frames: int = 400, seed: int = 1) -> MeanForces:
    """Mean forces of those windows."""
    subject, trajectory = made_up_windows(pair, frames, seed)
    return mean_forces(follow(trajectory, subject), subject)
