from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nanonet import InputError
from nanonet.evaluate.baselines import Mean
from nanonet.evaluate.fingerprint import PACKAGE, code, fingerprint, imports
from nanonet.evaluate.store import Store
from nanonet.formats import potential_table
from nanonet.learn.gaussian_process import GaussianProcess
from nanonet.learn.nanonet import NanoNet
from nanonet.potentials.dilute import DiluteLimit

TABLE = potential_table.shipped()


def _copy(to: Path, file: str, old: str, new: str) -> Path:
    """The package's code with one line changed."""
    root = Path(shutil.copytree(PACKAGE, to, ignore=shutil.ignore_patterns("data", "__pycache__")))
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))
    return root


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("potentials/lennard_jones.py", "4.0 * np.asarray", "4.1 * np.asarray"),
        ("evaluate/splits.py", "random.permutation(n)", "np.arange(n)"),
        ("models/kernels.py", "JITTER = 1e-9", "JITTER = 1e-8"),
    ],
)
def test_what_a_process_imports_counts(file: str, old: str, new: str, tmp_path: Path) -> None:
    model = GaussianProcess(DiluteLimit(TABLE))
    before = fingerprint(model)
    assert fingerprint(model, root=_copy(tmp_path / "copy", file, old, new)) != before
    assert fingerprint(GaussianProcess(DiluteLimit(TABLE))) == before


def test_use_does_not_count() -> None:
    """A table of W_poly keeps what it has interpolated."""
    model = GaussianProcess(DiluteLimit(potential_table.load(PACKAGE / "data" / potential_table.NAME)))
    before = fingerprint(model)
    assert model.prior is not None
    model.prior.evaluate(np.array([[3, 40, 0.002, 0.5, 1.0]]), np.arange(0.05, 10, 0.1))
    assert fingerprint(model) == before


def test_what_a_network_imports_counts_and_what_it_does_not_import_does_not(tmp_path: Path) -> None:
    for i, (file, old, new, same) in enumerate(
        (
            ("evaluate/metrics.py", "SOFTENING = 0.1", "SOFTENING = 0.2", False),
            ("models/image.py", "HIGHEST = 0.001, 300.0", "HIGHEST = 0.001, 200.0", False),
            ("potentials/lennard_jones.py", "CUTOFF = 2.5", "CUTOFF = 2.6", True),
        )
    ):
        root = _copy(tmp_path / str(i), file, old, new)
        assert (fingerprint(NanoNet(), root=root) == fingerprint(NanoNet())) is same


def test_code_counts_but_comments_do_not(tmp_path: Path) -> None:
    texts = (
        'def f(x):\n    """Say."""\n    return x + 1\n',
        'def f(x):\n    """Say otherwise."""\n    # why\n    return (x + 1)\n',
        "def f(x):\n    return x + 2\n",
    )
    hashes = []
    for i, text in enumerate(texts):
        (tmp_path / str(i)).mkdir()
        (tmp_path / str(i) / "one.py").write_text("def g():\n    from nanonet import other\n")
        (tmp_path / str(i) / "other.py").write_text(text)
        hashes.append(code("nanonet.one", root=tmp_path / str(i)))
    assert imports("nanonet.one", tmp_path / "0") == {"nanonet.one", "nanonet.other"}
    assert hashes[0] == hashes[1] != hashes[2]


def test_values_and_settings_count() -> None:
    other = np.array(TABLE.w)
    other[0, 0, 0, 0] += 1
    things: list[object] = [
        Mean(), Mean(0.1), NanoNet(), NanoNet(seed=1), NanoNet(latent=4), GaussianProcess(), [1], [1, 2], [[1], 2],
        np.ones(3), np.ones(3, dtype=np.float32), np.ones((3, 1)), {"a": 1}, {"b": 1}, None,
    ]  # fmt: skip
    assert len({fingerprint(thing) for thing in things}) == len(things)
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    with pytest.raises(InputError, match="function cannot be part"):
        fingerprint(lambda: 1)


def test_a_store_computes_what_it_does_not_have(tmp_path: Path) -> None:
    store, calls = Store(tmp_path / "kept"), []

    def compute() -> dict[str, object]:
        calls.append(1)
        return {"value": 0.5}

    path = store.path("mean", 3, np.arange(4))
    assert not path.exists()
    assert store.result(path, compute) == store.result(path, compute) == store.result(path) == {"value": 0.5}
    assert len(calls) == 1
    with pytest.raises(InputError, match="does not exist"):
        store.result(store.path("mean", 4))
