"""Implicit compositions -> the networks that emulate them (`potentials.emulator`), and how well they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.evaluate.metrics import ln_noise, ln_rmse
from nanonet.evaluate.splits import splits
from nanonet.learn.arrays import checked
from nanonet.potentials.dilute import PairPotential
from nanonet.potentials.emulator import (
    HIGHEST,
    LAYERS,
    LEAST,
    NUMBERS,
    SHELLS,
    Emulator,
    number,
    parts_of_w,
    read_off,
    well_of,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Progress = Callable[[int, int], None]

MEMBERS = 4
"""Networks whose outputs are averaged."""

CONDENSES = -1.5
"""Reduced second virial coefficient below which a composition counts as condensing."""

_FLOOR = 0.03  # added to g before the logarithm
_HIDDEN, _EPOCHS, _RATE, _DECAY = 64, 1_000, 4e-3, 0.2
_FEATURES, _SHELL_MODES, _LAYER_MODES = 5, 16, 8  # principal components
_FAINT, _FAINT_WEIGHT = 0.05, 0.15  # g below which a bin counts less
_NOISE = 0.15  # error of ln g from which on a bin counts less


def fit(
    X: Array, G: Array, r: Array, error: Array, potential: PairPotential, *, seed: int = 0, members: int = MEMBERS,
    progress: Progress | None = None,
) -> Emulator:  # fmt: skip
    """Teach networks the curves G (n, m) with standard errors (n, m) on the grid r (m,) of compositions X (n, 5).

    `InputError` as `arrays.checked`, and for fewer than 40 curves.
    """
    import torch

    inputs, curves, grid = checked(X, G, r)
    if len(inputs) < _LEAST_CURVES:
        raise InputError(f"{len(inputs)} implicit compositions; allowed are {_LEAST_CURVES} or more to teach an emulator")
    well = well_of(potential, inputs)
    mean, projection = _projection(read_off(inputs, well))
    t = np.log(curves + _FLOOR)
    own = parts_of_w(grid, well)
    shells = _modes(SHELLS, grid / well.r_min[:, None], t, well.second_virial < 0, _SHELL_MODES)
    layers = _modes(LAYERS, grid - well.contact[:, None], t - own[0], well.second_virial > -4, _LAYER_MODES)
    parts = np.concatenate([own, _placed(shells, SHELLS, grid / well.r_min[:, None]),
                            _placed(layers, LAYERS, grid - well.contact[:, None])])  # fmt: skip
    scale = np.sqrt((parts**2).mean(axis=(1, 2)))
    weight = np.where(curves > _FAINT, 1.0, _FAINT_WEIGHT)
    weight /= weight.sum(axis=1, keepdims=True)
    weight /= 1.0 + (error / (curves + _FLOOR) / _NOISE) ** 2
    as_single = [torch.tensor(a, dtype=torch.float32) for a in (
        (read_off(inputs, well) - mean) @ projection, (parts / scale[:, None, None]).transpose(1, 2, 0), t, weight
    )]  # fmt: skip
    layers_of = []
    for k in range(members):
        report = None if progress is None else lambda done, k=k: progress(k * _EPOCHS + done, members * _EPOCHS)
        layers_of.append(_train(*as_single, seed=seed + k, progress=report))
    weights = [np.stack(one) for one in zip(*layers_of, strict=True)]
    weights[4] = weights[4] / scale.astype(np.float32)
    weights[5] = weights[5] / scale.astype(np.float32)
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    return Emulator(potential, low, high, mean, projection, shells, layers, *weights, np.zeros(2))


_LEAST_CURVES = 40


def _train(inputs, parts, t, weight, seed, progress):  # type: ignore[no-untyped-def]
    import torch

    random = torch.Generator().manual_seed(seed)
    sizes = (inputs.shape[1], _HIDDEN, _HIDDEN, parts.shape[2])
    found = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
        small = (0.1 if i == 2 else 1.0) / a**0.5
        found += [(2.0 * torch.rand(a, b, generator=random) - 1.0) * small, torch.zeros(b)]
    for one in found:
        one.requires_grad_(True)
    optimizer = torch.optim.AdamW(found, lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=_EPOCHS)
    for epoch in range(_EPOCHS):
        optimizer.zero_grad()
        hidden = torch.nn.functional.silu(inputs @ found[0] + found[1])
        hidden = torch.nn.functional.silu(hidden @ found[2] + found[3])
        ln_g = torch.bmm(parts, (hidden @ found[4] + found[5])[:, :, None])[:, :, 0].clamp(LEAST, HIGHEST)
        loss = (weight * (torch.log(torch.exp(ln_g) + _FLOOR) - t) ** 2).sum(dim=1).mean()
        loss.backward()
        optimizer.step()
        schedule.step()
        if progress is not None:
            progress(epoch + 1)
    return [one.detach().numpy() for one in found]


def _projection(values: Array) -> tuple[Array, Array]:
    """Mean (k,) and projection (k, q): principal components of what is read off W, then the single numbers, scaled."""
    mean = values.mean(axis=0)
    off = values - mean
    split = values.shape[1] - NUMBERS
    contact = split - len(np.linspace(0.7, 3.0, 47))
    columns = []
    for part in (slice(0, contact), slice(contact, split)):
        _, sizes, modes = np.linalg.svd(off[:, part], full_matrices=False)
        block = np.zeros((values.shape[1], _FEATURES))
        block[part] = modes[:_FEATURES].T / sizes[:_FEATURES] * np.sqrt(len(values))
        columns.append(block)
    single = np.zeros((values.shape[1], NUMBERS))
    spread = off[:, split:].std(axis=0)
    single[split:] = np.diag(1.0 / np.where(spread > 0, spread, 1.0))
    return mean, np.column_stack([*columns, single])


def _modes(grid: Array, place: Array, values: Array, chosen: NDArray[np.bool_], count: int) -> Array:
    """Mean and principal components (count + 1, k) on a grid of rows (n, m) whose values lie at `place` (n, m)."""
    rows = np.array([np.interp(grid, at, one) for at, one in zip(place, values, strict=True)])
    rows = rows[chosen] if chosen.sum() > count else rows
    mean = rows.mean(axis=0)
    return np.vstack([mean, np.linalg.svd(rows - mean, full_matrices=False)[2][:count]])


def _placed(modes: Array, grid: Array, place: Array) -> NDArray[np.float32]:
    """Modes (c, k) at places (n, m): (c, n, m)."""
    return np.array([np.interp(place, grid, one) for one in modes], dtype=np.float32)
