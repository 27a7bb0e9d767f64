from __future__ import annotations

import numpy as np
import pytest
import torch

from nanonet import InputError
from nanonet.learn import training as module
from nanonet.learn.autoencoder import Autoencoder
from nanonet.learn.training import CUTS, History, Training, TrainingError, fit_autoencoder
from nanonet.models.image import rasterize
from tests.conftest import made_up_curves

SMALL = 16


def _images(n: int, seed: int = 0) -> np.ndarray:
    _, G, r = made_up_curves(n, seed)
    return rasterize(G, r, SMALL)


def _make() -> Autoencoder:
    return Autoencoder(4, filters=(16, 8, 8, 8), size=SMALL, grey=1 / SMALL)


def _dead() -> Autoencoder:
    network = _make()
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    return network


def _fit(training: Training, n: int = 8, validation: np.ndarray | None = None) -> tuple[Autoencoder, History]:
    return fit_autoencoder(_images(n), _make, training, validation=validation)


def test_it_learns_and_stops_when_converged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW_STEPS", 30)
    network, history = _fit(Training(epochs=800, batch_size=8, latent_noise=0.0))
    assert history.converged
    assert history.attempts == 1
    assert len(history.losses) == len(history.mses) < 800
    assert history.mse < 0.8 * history.mse_mean < 0.8 * history.mse_black
    assert history.mse == pytest.approx(history.mses[-1], rel=0.2)
    assert not history.validation_losses
    with torch.no_grad():
        rebuilt = network.reconstruct(torch.from_numpy(_images(8))[:, None])[:, 0].numpy()
    assert np.mean((rebuilt - _images(8)) ** 2) == pytest.approx(history.mse, rel=1e-3)


def test_without_a_criterion_it_trains_for_all_epochs_and_without_bfloat16_in_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "has_bf16", lambda: False)
    _, history = _fit(Training(epochs=100, batch_size=8, converge=False, keep_stuck=True))
    assert len(history.losses) == 100
    assert not history.converged
    assert not history.bf16
    assert history.losses[-1] < history.losses[0]


def test_validation_images_are_watched_and_never_learnt() -> None:
    training = Training(epochs=20, batch_size=8, converge=False, keep_stuck=True)
    network, history = _fit(training, validation=_images(5, seed=1))
    alone, without = _fit(training)
    assert history.losses == without.losses
    assert all(map(torch.equal, network.state_dict().values(), alone.state_dict().values()))
    assert len(history.validation_losses) == len(history.validation_mses) == 20
    with torch.no_grad():
        rebuilt = network.reconstruct(torch.from_numpy(_images(5, seed=1))[:, None])[:, 0].numpy()
    assert np.mean((rebuilt - _images(5, seed=1)) ** 2) == pytest.approx(history.validation_mses[-1], rel=1e-3)


def test_what_is_stuck_starts_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_STEPS", 200)
    made = iter([_dead, _make])
    _, history = fit_autoencoder(_images(8), lambda: next(made)(), Training(epochs=280, batch_size=8, latent_noise=0.0))
    assert history.attempts == 2
    assert history.mse < history.mse_mean


def test_what_stays_stuck_is_an_error_long_before_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_STEPS", 30)
    done: list[int] = []
    with pytest.raises(TrainingError, match=r"nothing in 1 attempts: MSE 0\..*mean image 0\..*black image 0\."):
        fit_autoencoder(
            _images(4),
            _dead,
            Training(epochs=100_000, attempts=1),
            progress=lambda epoch, epochs: done.append(epoch),
        )
    assert done[-1] == 30
    network, history = fit_autoencoder(_images(4), _dead, Training(epochs=3, attempts=1, keep_stuck=True))
    assert history.mse > history.mse_mean
    assert not network.decoder.layers[0].weight.detach().any()  # type: ignore[operator]


def _course(losses: list[float], least: float = 0.0) -> tuple[list[int], module._Course]:
    course = module._Course(Training(), mse_mean=1.0, least=least, steps=6)  # windows of 10 epochs
    cuts = []
    for epoch, loss in enumerate(losses):
        course.losses.append(loss)
        course.mses.append(0.1)
        if course.on_plateau():
            cuts.append(epoch + 1)
        if course.converged:
            break
    return cuts, course


def test_the_rate_is_cut_when_the_loss_stands_still_and_three_times_at_most() -> None:
    cuts, course = _course([0.9**i for i in range(300)])
    assert (cuts, course.converged) == ([], False)
    cuts, course = _course([1.0] * 300)
    assert cuts == [20, 40, 60]
    assert (len(cuts), course.converged, len(course.losses)) == (CUTS, True, 80)
    falling = [0.5 + 0.5 * 0.99**i for i in range(300)]
    assert _course(falling, least=0.5)[0] == []  # towards the entropy of the grey levels
    assert _course(falling)[0] != []


def test_the_rate_grows_with_the_number_of_images_unless_told() -> None:
    assert Training().rate(14) == 3e-3
    assert Training().rate(200) == 4e-3
    assert Training(learning_rate=0.1).rate(200) == 0.1


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ({"loss": "mae"}, "loss = 'mae' is not one of bce, mse"),
        ({"epochs": 0}, "epochs = 0 is not a whole number"),
        ({"batch_size": 2.0}, r"batch_size = 2\.0"),
        ({"attempts": True}, "attempts = True"),
        ({"seed": -1}, "seed = -1"),
        ({"converge": 1}, "converge = 1 is not True or False"),
        ({"keep_stuck": None}, "keep_stuck = None"),
        ({"learning_rate": float("inf")}, "learning_rate = inf"),
        ({"learning_rate": "fast"}, "learning_rate = 'fast'"),
        ({"latent_noise": float("nan")}, "latent_noise = nan"),
    ],
)
def test_settings_are_checked(setting: dict[str, object], what: str) -> None:
    with pytest.raises(InputError, match=what):
        Training(**setting)  # type: ignore[arg-type]
