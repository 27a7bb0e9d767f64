from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import Composition, Dataset, InputError
from nanonet.learn.model import NanoNet
from nanonet.learn.scoring import Nearest
from nanonet.picture import draw_curves
from nanonet.records import Provenance
from nanonet.reproduce.evidence import Evidence
from nanonet.reproduce.models import MODELS, code_hash
from nanonet.reproduce.tasks import Store, Task, key, packed, run, unpacked

TRAIN, TEST = (0, 1, 2, 3, 4, 5), (6, 7)
NETWORK = {"epochs": 2, "attempts": 1}


@pytest.fixture
def evidence(made_up_dataset: Dataset) -> Evidence:
    return Evidence(made_up_dataset, None)


@pytest.fixture
def with_implicit(made_up_dataset: Dataset) -> Evidence:
    """Implicit entries: the explicit ones at half the density, with curves that can be told apart."""
    twins = made_up_dataset.subset(range(8))
    compositions = tuple(replace(c, density=c.density * 1.02) for c in twins.compositions)
    rdfs = tuple(replace(rdf, g=rdf.g * 2) for rdf in twins.rdfs)
    return Evidence(made_up_dataset, Dataset(compositions, rdfs, (Provenance(fidelity="implicit"),) * 8))


def test_a_result_is_what_the_model_says(evidence: Evidence) -> None:
    result = run(Task("nearest", TRAIN, TEST), evidence)
    data = evidence.explicit
    expected = Nearest().fit(data.X[:6], data.G[:6], data.r).predict(data.X[6:])
    assert np.array(result["G"]) == pytest.approx(expected, rel=1e-5)
    pictures, drawn = draw_curves(data.G[6:], data.r), draw_curves(expected, data.r)
    assert result["mse"] == pytest.approx(np.square(drawn - pictures).mean(axis=(1, 2)), rel=1e-3)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_a_network_gives_latents_history_and_what_it_rebuilds(evidence: Evidence) -> None:
    result = run(Task("nanonet", TRAIN, TEST, NETWORK), evidence)
    assert result["stuck"], "two epochs teach nothing"
    assert np.shape(result["latents"]["train"]) == (6, 8)
    assert np.shape(result["latents"]["test"]) == (2, 8)
    assert np.shape(result["one_feature"]["G"]) == (2, 100)
    assert len(result["history"]["validation_mses"]) == 2
    assert unpacked(result["rebuilt_pictures"]).shape == (2, 64, 64)
    json.dumps(result, allow_nan=False)


def test_the_leak_is_the_autoencoders_alone(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, int] = {}

    def fit(self, X, G, r, **more):  # type: ignore[no-untyped-def]
        seen.update(forest=len(X), autoencoder=len(more.get("autoencoder_G", G)))
        raise InterruptedError

    monkeypatch.setattr(NanoNet, "fit", fit)
    for leak, number in ((False, 6), (True, 8)):
        with pytest.raises(InterruptedError):
            run(Task("nanonet", TRAIN, TEST, NETWORK, leak=leak), evidence)
        assert seen == {"forest": 6, "autoencoder": number}


def test_implicit_twins_of_what_is_held_out_are_not_learnt(with_implicit: Evidence) -> None:
    X, G, errors = with_implicit.training(TRAIN, TEST, None)
    assert len(X) == len(G) == len(errors) == 12
    assert not np.isin(X[:, 0], with_implicit.explicit.X[6:, 0]).any()
    assert G[6:] == pytest.approx(2 * with_implicit.explicit.G[:6])
    assert len(with_implicit.training(TRAIN, TEST, 3)[0]) == 9
    assert len(with_implicit.training(TRAIN, TEST, 0)[0]) == 6


def test_evidence_sorts_entries_by_fidelity(with_implicit: Evidence) -> None:
    implicit = with_implicit.implicit
    assert implicit is not None
    mixed = Evidence.of(Dataset.concatenate([implicit, with_implicit.explicit]), None)
    assert mixed.explicit == with_implicit.explicit
    assert mixed.implicit == implicit
    with pytest.raises(InputError, match="no explicit"):
        Evidence.of(implicit, None)
    with pytest.raises(InputError, match="5 explicit compositions; allowed are 8 or more"):
        Evidence(with_implicit.explicit.subset(range(5)), None)


def test_neighbours_are_counted_within_a_gap_of_three(evidence: Evidence) -> None:
    data = evidence.explicit
    numbers = evidence.neighbours(np.ones_like(data.G))
    others = np.array([(entry["nps"] - 1) / entry["nps"] for entry in data.provenance])
    assert numbers == pytest.approx(4 / 3 * np.pi * (data.X[:, 0] + 3) ** 3 * data.X[:, 2] * others)


def test_a_key_knows_all_that_a_result_depends_on(with_implicit: Evidence) -> None:
    task = Task("nanonet", TRAIN, TEST, NETWORK)
    others = [
        replace(task, seed=1),
        replace(task, leak=True),
        replace(task, implicit=None),
        replace(task, implicit=2),
        replace(task, settings={**NETWORK, "latent": 4}),
        replace(task, train=TRAIN[:-1]),
        replace(task, test=TEST[:1]),
        replace(task, model="nearest"),
    ]
    keys = [key(one, with_implicit) for one in (task, *others)]
    assert len(set(keys)) == len(keys)
    assert key(replace(task), with_implicit) == keys[0]
    compositions = (Composition(3, 30, 0.001, 1.0, 1.0), *with_implicit.explicit.compositions[1:])
    other = replace(with_implicit, explicit=replace(with_implicit.explicit, compositions=compositions))
    assert key(task, other) != keys[0]


def test_code_counts_but_comments_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = (
        'def f(x):\n    """Say."""\n    return x + 1\n',
        'def f(x):\n    """Say otherwise."""\n    # why\n    return (x + 1)\n',
        "def f(x):\n    return x + 2\n",
    )
    hashes = []
    monkeypatch.syspath_prepend(tmp_path)
    for i, text in enumerate(texts):
        (tmp_path / f"made_up_module_{i}.py").write_text(text)
        hashes.append(code_hash((f"made_up_module_{i}",)))
    assert hashes[0] == hashes[1] != hashes[2]
    for factory in MODELS.values():
        assert code_hash(factory.modules, factory.files) != code_hash(factory.modules[1:], factory.files)


def test_a_store_goes_on_where_it_was(evidence: Evidence, tmp_path: Path) -> None:
    every = [Task("mean of g", TRAIN, TEST), Task("nearest", TRAIN, TEST), Task("nearest", TRAIN, TEST)]
    store = Store(tmp_path, evidence)
    assert store.missing(every) == every[:1] + every[2:]
    store.compute(every[0])
    assert store.missing(every) == every[2:]
    assert store.result(every[0])["task"]["model"] == "mean of g"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_packed_pictures_come_back_to_a_grey_level() -> None:
    pictures = np.random.default_rng(0).random((3, 16, 16)).astype(np.float32)
    assert np.abs(unpacked(packed(pictures)) - pictures).max() <= 0.5 / 255 + 1e-6
