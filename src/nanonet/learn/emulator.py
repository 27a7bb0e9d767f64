"""Implicit compositions -> the networks that emulate them (`potentials.emulator`), and how well they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanonet.dataset import Dataset
from nanonet.errors import InputError
from nanonet.evaluate.metrics import ln_rmse
from nanonet.evaluate.splits import splits
from nanonet.learn.arrays import checked
from nanonet.potentials.dilute import MediatedPotential
from nanonet.potentials.emulator import (
    AROUND_SHELLS,
    HIGHEST,
    LAYERS,
    LEAST,
    NUMBERS,
    SHELLS,
    Emulator,
    parts_of_w,
    read_off,
    well_of,
)
from nanonet.potentials.mediated import CONDENSES

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

MEMBERS = 4
"""Networks whose outputs are averaged."""

LEAST_CURVES = 40
"""Fewest compositions that an emulator is fitted to."""

FOLDS = 5
SHARES = (0.25, 0.5, 1.0)
"""Of the training compositions of each fold, at which the learning curve is measured."""

_FLOOR = 0.03  # added to g before the logarithm
_HIDDEN, _EPOCHS, _RATE, _DECAY = 64, 1_000, 4e-3, 0.2
_FEATURES, _SHELL_MODES, _LAYER_MODES = 5, 16, 8  # principal components
_FAINT, _FAINT_WEIGHT = 0.05, 0.15  # g below which a bin counts less


def train_emulator(data: Dataset, potential: MediatedPotential, progress: Progress | None = None) -> Emulator:
    """The emulator of a dataset of implicit compositions.

    Raises
    ------
    InputError
        As `fit`; an entry that is not of implicit NPs, or does not say their number, or has another than the rule's.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> train_emulator(Dataset.shipped("implicit").subset(range(10)), potential_table.shipped())
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: 10 implicit compositions; allowed are 40 or more for an emulator
    """
    for i, (one, entry) in enumerate(zip(data.compositions, data.provenance, strict=True)):
        if entry.fidelity != "implicit":
            raise InputError(
                f"entry {i} ({one}) has fidelity {entry.fidelity or 'explicit'}; an emulator learns implicit NPs"
            )
        if entry.nps != one.nps:
            raise InputError(f"entry {i} ({one}) has nps = {entry.nps}; allowed is {one.nps}, as an explicit run has")
    return fit(data.X, data.G, data.r, potential, progress=progress)


def fit(
    X: Array, G: Array, r: Array, potential: MediatedPotential, *, seed: int = 0, members: int = MEMBERS,
    progress: Progress | None = None,
) -> Emulator:  # fmt: skip
    """Fit networks to curves G (n, m) on the grid r (m,) of compositions X (n, 5).

    `InputError` as `arrays.checked`, and for fewer than `LEAST_CURVES`.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> few = Dataset.shipped("implicit").subset(range(LEAST_CURVES))
    >>> fit(few.X, few.G, few.r, potential_table.shipped(), members=1).predict(few.X[:1], few.r).shape
    (1, 100)
    """
    import torch

    inputs, curves, grid = checked(X, G, r)
    if len(inputs) < LEAST_CURVES:
        raise InputError(f"{len(inputs)} implicit compositions; allowed are {LEAST_CURVES} or more for an emulator")
    well = well_of(potential, inputs)
    told = read_off(inputs, well)
    mean, projection = _projection(told)
    by_shell, by_layer = grid / well.r_min[:, None], grid - well.contact[:, None]
    t, own = np.log(curves + _FLOOR), parts_of_w(grid, well)
    shells = _modes(SHELLS, by_shell, t, well.second_virial < 0, _SHELL_MODES)
    layers = _modes(LAYERS, by_layer, t - own[0], well.second_virial > -4, _LAYER_MODES)
    parts = np.concatenate([own, _placed(shells, SHELLS, by_shell), _placed(layers, LAYERS, by_layer)])
    scale = np.sqrt((parts**2).mean(axis=(1, 2)))
    weight = np.where(curves > _FAINT, 1.0, _FAINT_WEIGHT)
    weight /= weight.sum(axis=1, keepdims=True)
    arrays = ((told - mean) @ projection, (parts / scale[:, None, None]).transpose(1, 2, 0), t, weight)
    tensors = [torch.tensor(one, dtype=torch.float32) for one in arrays]
    networks = []
    for k in range(members):

        def report(done: int, k: int = k) -> None:
            if progress is not None:
                progress(k * _EPOCHS + done, members * _EPOCHS)

        networks.append(_train(_Task(*tensors), seed + k, report))
    w1, b1, w2, b2, w3, b3 = (np.stack(one) for one in zip(*networks, strict=True))
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    return Emulator(potential, low, high, mean, projection, shells, layers, w1, b1, w2, b2, w3 / scale, b3 / scale)


class _Task(NamedTuple):
    """What networks learn from n curves."""

    inputs: Tensor
    """(n, q)"""
    parts: Tensor
    """Of ln g, scaled (n, m, c)."""
    t: Tensor
    """ln(g + floor) (n, m)."""
    weight: Tensor
    """Of the bins (n, m)."""


def _train(task: _Task, seed: int, progress: Callable[[int], None]) -> list[NDArray[np.float32]]:
    """Weights and biases of one network, by turns."""
    import torch

    random = torch.Generator().manual_seed(seed)
    inputs, parts, t, weight = task
    sizes = (inputs.shape[1], _HIDDEN, _HIDDEN, parts.shape[2])
    found = []
    for i, (a, b) in enumerate(pairwise(sizes)):
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
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        progress(epoch + 1)
    return [one.detach().numpy() for one in found]


def _projection(values: Array) -> tuple[Array, Array]:
    """Mean (k,) and projection (k, q): principal components of what is read off W, then the single numbers, scaled."""
    mean = values.mean(axis=0)
    off = values - mean
    split = values.shape[1] - NUMBERS
    contact = split - AROUND_SHELLS
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


@dataclass(frozen=True)
class EmulatorScores:
    """Errors of ln g of implicit compositions that an emulator was not fitted to; root mean squares over them."""

    compositions: int
    condensing: int
    folds: int
    errors: dict[str, float]
    """By regime: root mean square over compositions."""
    medians: dict[str, float]
    """By regime: median over compositions."""
    learning_curve: dict[str, tuple[tuple[int, float], ...]]
    """By regime: number of compositions fitted to (mean over the folds), and the error."""

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)


def score(
    data: Dataset,
    potential: MediatedPotential,
    folds: int = FOLDS,
    members: int = 2,
    progress: Progress | None = None,
) -> EmulatorScores:
    """How well emulators of so many networks do on compositions left out, in folds, and with fewer to learn from.

    Examples
    --------
    >>> from nanonet.formats import potential_table
    >>> score(Dataset.shipped("implicit").subset(range(40)), potential_table.shipped())
    Traceback (most recent call last):
        ...
    nanonet.errors.InputError: 8 implicit compositions; allowed are 40 or more for an emulator
    """
    X, G, r = data.X, data.G, data.r
    pairs = splits(len(X), folds, X=X)
    random = np.random.default_rng(0)
    found = np.empty((len(SHARES), *G.shape))
    sizes = np.zeros((len(SHARES), folds))
    for i, (train, test) in enumerate(pairs):
        for k, share in enumerate(SHARES):
            own = np.sort(random.permutation(train)[: round(share * len(train))])
            sizes[k, i] = len(own)
            found[k][test] = fit(X[own], G[own], r, potential, members=members).predict(X[test], r)
            if progress is not None:
                progress(i * len(SHARES) + k + 1, folds * len(SHARES))
    condensing = well_of(potential, X).second_virial < CONDENSES
    errors = [ln_rmse(G, one) for one in found]
    regimes = {"dispersed": ~condensing, "condensing": condensing}
    return EmulatorScores(
        compositions=len(X),
        condensing=int(condensing.sum()),
        folds=folds,
        errors={name: _rms(errors[-1][own]) for name, own in regimes.items()},
        medians={name: round(float(np.nanmedian(errors[-1][own])), 4) for name, own in regimes.items()},
        learning_curve={
            name: tuple((round(size), _rms(one[own])) for size, one in zip(sizes.mean(axis=1), errors, strict=True))
            for name, own in regimes.items()
        },
    )


def _rms(values: Array) -> float:
    return round(float(np.sqrt(np.nanmean(values**2))), 4)
