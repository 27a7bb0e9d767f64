from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import RDF, Composition, Dataset, InputError
from nanonet.evaluate.baselines import Nearest
from nanonet.evaluate.fingerprint import fingerprint
from nanonet.learn.nanonet import NanoNet
from nanonet.models.image import rasterize
from nanonet.records import Provenance
from nanonet.reproduce.fits import CrossValidationFit, FitStore, dependencies, packed, run, unpacked
from nanonet.reproduce.training_data import TrainingData

TRAIN, TEST = (0, 1, 2, 3, 4, 5), (6, 7)
NETWORK = {"epochs": 2, "attempts": 1}


@pytest.fixture
def known(made_up_dataset: Dataset) -> TrainingData:
    return TrainingData(made_up_dataset, None)


@pytest.fixture
def with_implicit(made_up_dataset: Dataset) -> TrainingData:
    """Implicit entries: the explicit ones at half the density, with curves that can be told apart."""
    copies = made_up_dataset.subset(range(8))
    compositions = tuple(replace(c, density=c.density * 1.02) for c in copies.compositions)
    rdfs = tuple(RDF(rdf.r, rdf.g * 2, rdf.error) for rdf in copies.rdfs)
    return TrainingData(made_up_dataset, Dataset(compositions, rdfs, (Provenance(fidelity="implicit"),) * 8))


def test_a_result_is_what_the_model_says(known: TrainingData) -> None:
    result = run(CrossValidationFit("nearest", TRAIN, TEST), known)
    data = known.explicit
    expected = Nearest().fit(data.X[:6], data.G[:6], data.r).predict(data.X[6:])
    assert np.array(result["G"]) == pytest.approx(expected, rel=1e-5)
    images, drawn = rasterize(data.G[6:], data.r), rasterize(expected, data.r)
    assert result["mse"] == pytest.approx(np.square(drawn - images).mean(axis=(1, 2)), rel=1e-3)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_a_network_gives_latents_history_and_what_it_rebuilds(known: TrainingData) -> None:
    result = run(CrossValidationFit("nanonet", TRAIN, TEST, NETWORK), known)
    assert result["stuck"], "two epochs teach nothing"
    assert np.shape(result["latents"]["train"]) == (6, 8)
    assert np.shape(result["latents"]["test"]) == (2, 8)
    assert np.shape(result["one_feature"]["G"]) == (2, 100)
    assert len(result["history"]["validation_mses"]) == 2
    assert unpacked(result["rebuilt_pictures"]).shape == (2, 64, 64)
    json.dumps(result, allow_nan=False)


def test_the_leak_is_the_autoencoders_alone(known: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}

    def fit(self, X, G, r, **more):  # type: ignore[no-untyped-def]
        seen.update(forest=len(X), autoencoder=len(more.get("autoencoder_G", G)))
        raise InterruptedError

    monkeypatch.setattr(NanoNet, "fit", fit)
    for leak, number in ((False, 6), (True, 8)):
        with pytest.raises(InterruptedError):
            run(CrossValidationFit("nanonet", TRAIN, TEST, NETWORK, leak=leak), known)
        assert seen == {"forest": 6, "autoencoder": number}


def test_implicit_near_duplicates_of_what_is_held_out_are_not_learnt(with_implicit: TrainingData) -> None:
    X, G, errors = with_implicit.training(TRAIN, TEST, None)
    assert len(X) == len(G) == len(errors) == 12
    assert not np.isin(X[:, 0], with_implicit.explicit.X[6:, 0]).any()
    assert G[6:] == pytest.approx(2 * with_implicit.explicit.G[:6])
    assert len(with_implicit.training(TRAIN, TEST, 3)[0]) == 9
    assert len(with_implicit.training(TRAIN, TEST, 0)[0]) == 6


def test_evidence_sorts_entries_by_fidelity(with_implicit: TrainingData) -> None:
    implicit = with_implicit.implicit
    assert implicit is not None
    mixed = TrainingData.of(Dataset.concatenate([implicit, with_implicit.explicit]), None)
    assert mixed.explicit == with_implicit.explicit
    assert mixed.implicit == implicit
    with pytest.raises(InputError, match="no explicit"):
        TrainingData.of(implicit, None)
    with pytest.raises(InputError, match="5 explicit compositions; allowed are 8 or more"):
        TrainingData(with_implicit.explicit.subset(range(5)), None)


def test_neighbours_are_counted_within_a_gap_of_three(known: TrainingData) -> None:
    data = known.explicit
    numbers = known.neighbours(np.ones_like(data.G))
    others = np.array([(entry["nps"] - 1) / entry["nps"] for entry in data.provenance])
    assert numbers == pytest.approx(4 / 3 * np.pi * (data.X[:, 0] + 3) ** 3 * data.X[:, 2] * others)


def test_a_key_knows_all_that_a_result_depends_on(with_implicit: TrainingData) -> None:
    fit = CrossValidationFit("nanonet", TRAIN, TEST, NETWORK)
    others = [
        replace(fit, seed=1),
        replace(fit, leak=True),
        replace(fit, implicit=None),
        replace(fit, implicit=2),
        replace(fit, settings={**NETWORK, "latent": 4}),
        replace(fit, train=TRAIN[:-1]),
        replace(fit, test=TEST[:1]),
        replace(fit, model="nearest", settings={}),
    ]
    keys = [fingerprint(*dependencies(one, with_implicit)) for one in (fit, *others)]
    assert len(set(keys)) == len(keys)
    assert fingerprint(*dependencies(replace(fit), with_implicit)) == keys[0]
    compositions = (Composition(3, 30, 0.001, 1.0, 1.0), *with_implicit.explicit.compositions[1:])
    other = replace(with_implicit, explicit=replace(with_implicit.explicit, points=compositions))
    assert fingerprint(*dependencies(fit, other)) != keys[0]


def test_a_store_goes_on_where_it_was(known: TrainingData, tmp_path: Path) -> None:
    every = [
        CrossValidationFit("mean of g", TRAIN, TEST),
        CrossValidationFit("nearest", TRAIN, TEST),
        CrossValidationFit("nearest", TRAIN, TEST),
    ]
    store = FitStore(tmp_path, known)
    assert store.missing(every) == every[:1] + every[2:]
    store.compute(every[0])
    assert store.missing(every) == every[2:]
    assert store.result(every[0])["task"]["model"] == "mean of g"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_packed_images_come_back_to_a_grey_level() -> None:
    images = np.random.default_rng(0).random((3, 16, 16)).astype(np.float32)
    assert np.abs(unpacked(packed(images)) - images).max() <= 0.5 / 255 + 1e-6
