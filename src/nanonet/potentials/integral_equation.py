"""g(r) of NPs with a pair potential at a density, without a simulation: the Ornstein-Zernike equation.

Closed by HNC (hypernetted chain) or PY (Percus-Yevick): Hansen & McDonald, Theory of Simple Liquids, chapter 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POINTS, STEP = 2048, 0.02
TOLERANCE = 1e-6
GRID = np.asarray(STEP * np.arange(1, POINTS + 1), dtype=np.float64)
"""Distances (2048,) on which the equation is solved (sigma)."""

Array = NDArray[np.float64]


def pair_correlation(w: Array, density: float) -> tuple[Array, str]:
    """g (2048,) on `GRID` of particles with a pair potential, and what gave it.

    Parameters
    ----------
    w:
        Potential (2048,) on `GRID`, kT.
    density:
        Particles a volume (sigma^-3).

    Returns
    -------
    g, closure:
        The latter `HNC`, `PY`, or `dilute` where neither converges: exp(-w).

    Examples
    --------
    >>> g, closure = pair_correlation(np.zeros(POINTS), density=0.01)  # an ideal gas
    >>> closure, bool(abs(g - 1).max() < 1e-6)
    ('HNC', True)
    """
    for closure in ("HNC", "PY"):
        g = solve(w, density, closure)
        if g is not None:
            return g, closure
    return np.exp(-w), "dilute"


def solve(w: Array, density: float, closure: str, steps: int = 2_000) -> Array | None:
    """g on `GRID` for the potential w (kT): Anderson-mixed iterations of gamma = h - c, None without convergence.

    The density rises in steps, each starting from the last solution.

    Examples
    --------
    >>> solve(np.where(GRID < 1.0, 50.0, 0.0), density=0.3, closure="PY").shape
    (2048,)
    """
    r, k = GRID, np.pi / (STEP * (POINTS + 1)) * np.arange(1, POINTS + 1)
    boltzmann = np.exp(-w)

    def direct_correlation(gamma: Array) -> Array:
        if closure == "HNC":
            return np.asarray(boltzmann * np.exp(np.minimum(gamma, 30.0)) - gamma - 1.0)
        return np.asarray((boltzmann - 1.0) * (1.0 + gamma))

    gamma = np.zeros_like(r)
    for rho in density * np.array([0.25, 0.5, 0.75, 1.0]):
        kept: list[tuple[Array, Array]] = []
        for _ in range(steps // 4):
            c = direct_correlation(gamma)
            ck = 4.0 * np.pi / k * _sine(r * c) * STEP
            denominator = 1.0 - rho * ck
            if denominator.min() <= 0 or not np.isfinite(ck).all():
                return None  # inside the spinodal
            new = _sine(k * rho * ck**2 / denominator) * k[0] / (2.0 * np.pi**2 * r)
            difference = new - gamma
            if np.abs(difference).max() < TOLERANCE:
                break
            kept = [*kept[-5:], (gamma, difference)]
            gamma = _anderson(kept)
        else:
            return None
    g = 1.0 + gamma + direct_correlation(gamma)
    return np.maximum(g, 0.0) if np.isfinite(g).all() else None


def _sine(f: Array) -> Array:
    """Discrete sine transform: sum over j of f_j sin(pi i j / (n + 1)), by a real FFT of the odd extension."""
    odd = np.concatenate([[0.0], f, [0.0], -f[::-1]])
    return np.asarray(-0.5 * np.fft.rfft(odd).imag[1 : len(f) + 1])


def _anderson(kept: list[tuple[Array, Array]], mixing: float = 0.3) -> Array:
    x, f = kept[-1]
    if len(kept) == 1:
        return x + mixing * f
    df = np.array([f - other for _, other in kept[:-1]]).T
    dx = np.array([x - other for other, _ in kept[:-1]]).T
    weights = np.linalg.lstsq(df, f, rcond=1e-8)[0]
    return np.asarray(x - dx @ weights + mixing * (f - df @ weights))
