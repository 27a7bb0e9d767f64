from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import RDF, Dataset, InputError
from nanonet.design.box import box_of
from nanonet.design.suggest import suggest
from nanonet.learn.evaluate import evaluate
from nanonet.rdf import standard_grid
from nanonet.records import Provenance


def test_views_are_aligned(made_up_dataset: Dataset) -> None:
    data = made_up_dataset
    assert len(data) == 8
    assert data.X.shape == (8, 5)
    assert data.G.shape == data.errors.shape == (8, 100)
    assert data.r.shape == (100,)
    assert data.X[3, 4] == data.compositions[3].eps_pn
    assert np.array_equal(data.G[3], data.rdfs[3].g)
    with pytest.raises(ValueError, match="read-only"):
        data.G[0] = 0
    assert "8 compositions" in str(data)


def test_a_file_gives_back_what_was_saved(made_up_dataset: Dataset, tmp_path: Path) -> None:
    without = RDF(made_up_dataset.r, made_up_dataset.G[0])
    data = Dataset(made_up_dataset.compositions[:2], (without, made_up_dataset.rdfs[1]), made_up_dataset.provenance[:2])
    data.save(tmp_path / "data.nc")
    loaded = Dataset.load(tmp_path / "data.nc")
    assert loaded == data
    assert loaded.rdfs[0].error is None
    assert hash(loaded) == hash(data)
    assert [p.name for p in tmp_path.iterdir()] == ["data.nc"]


def test_an_independent_reader_understands_the_file(made_up_dataset: Dataset, tmp_path: Path) -> None:
    import h5py

    made_up_dataset.save(tmp_path / "data.nc")
    with h5py.File(tmp_path / "data.nc") as file:
        assert np.array_equal(file["g"][:], made_up_dataset.G)
        assert np.array_equal(file["diameter"][:], made_up_dataset.X[:, 0])
        assert file["density"].attrs["units"] == "sigma^-3"


def test_files_of_earlier_versions_are_read(made_up_dataset: Dataset, tmp_path: Path) -> None:
    import h5py

    for version in (1, 2):
        path = tmp_path / f"{version}.nc"
        made_up_dataset.save(path)
        with h5py.File(path, "a") as file:
            del file.attrs["texts_sha256"]
            file.attrs["nanonet_format"] = version
            for name in [name for name in file if name.startswith("run_")] if version == 1 else ():
                del file[name]
        assert Dataset.load(path) == made_up_dataset
    with h5py.File(path, "a") as file:
        file.attrs["nanonet_format"] = 4
    with pytest.raises(InputError, match="nanonet_format = 4 is not 2 or 3"):
        Dataset.load(path)


@pytest.mark.parametrize("content", [b"", b"not a dataset", None])
def test_a_corrupted_file_is_named(content: bytes | None, made_up_dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "data.nc"
    if content is None:
        made_up_dataset.save(path)
        content = path.read_bytes()[:5000]
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"data\.nc cannot be read"):
        Dataset.load(path)


def test_missing_files_and_folders_are_named(made_up_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        Dataset.load(tmp_path / "none.nc")
    with pytest.raises(InputError, match="does not exist"):
        made_up_dataset.save(tmp_path / "no" / "data.nc")


def test_parts_that_do_not_belong_together_are_refused(made_up_dataset: Dataset) -> None:
    c, g, p = made_up_dataset.compositions, made_up_dataset.rdfs, made_up_dataset.provenance
    with pytest.raises(InputError, match="curves has 7"):
        Dataset(c, g[:7], p)
    with pytest.raises(InputError, match="no entries"):
        Dataset((), (), ())
    with pytest.raises(InputError, match=r"curves\[1\] has another grid"):
        Dataset(c[:2], (g[0], RDF(standard_grid() + 0.05, np.ones(100))), p[:2])
    with pytest.raises(InputError, match=r"provenance\[0\]"):
        Dataset(c[:1], g[:1], (Provenance.from_json({"x": object()}),))


def test_split_is_a_seeded_partition(made_up_dataset: Dataset) -> None:
    train, test = made_up_dataset.split(0.25, seed=3)
    assert (len(train), len(test)) == (6, 2)
    assert set(train.compositions) | set(test.compositions) == set(made_up_dataset.compositions)
    assert made_up_dataset.split(0.25, seed=3) == (train, test)
    for fraction in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="test_fraction"):
            made_up_dataset.split(fraction)
    with pytest.raises(InputError, match="1 entry"):
        made_up_dataset.subset([0]).split()


def test_copies_go_to_the_same_part(made_up_dataset: Dataset) -> None:
    twice = Dataset.concatenate([made_up_dataset, made_up_dataset])
    for seed in range(5):
        train, test = twice.split(0.25, seed)
        assert len(train) + len(test) == 16
        assert len(test) == 4
        assert not set(train.compositions) & set(test.compositions)
    with pytest.raises(InputError, match="the 2 entries are copies of one"):
        twice.subset([0, 8]).split()


def test_entries_are_indexed_and_iterated(made_up_dataset: Dataset) -> None:
    data = made_up_dataset
    entries = list(data)
    assert len(entries) == len(data) == 8
    assert data[3] == entries[3] == data[-5]
    assert data[3].composition == data.compositions[3]
    assert data[3].rdf == data.rdfs[3]
    assert [composition for composition, _, _, _ in data] == list(data.compositions)
    assert data[2:4] == data[[2, 3]] == data[np.array([2, 3])] == data.subset([2, 3])
    mask = [i in (2, 3) for i in range(8)]
    assert data[mask] == data[np.array(mask)] == data[2:4]
    for beyond in (8, [True]):
        with pytest.raises(IndexError):
            data[beyond]
    with pytest.raises(TypeError):
        data["a"]  # type: ignore[index]


def test_concatenate(made_up_dataset: Dataset) -> None:
    parts = [made_up_dataset.subset([i]) for i in range(8)]
    assert Dataset.concatenate(parts) == made_up_dataset


@pytest.mark.parametrize("seed", [-1, 10**30, 0.5, None, True])
def test_a_seed_is_a_whole_number_within_limits(made_up_dataset: Dataset, seed: object) -> None:
    message = "is not a whole number between 0 and 1000000000"
    shipped = nanonet.load()
    box = box_of(shipped, {}, {})
    for work in (
        lambda: made_up_dataset.split(seed=seed),  # type: ignore[arg-type]
        lambda: suggest(shipped, 1, box, seed=seed),  # type: ignore[arg-type]
        lambda: evaluate(Dataset.shipped(), seed=seed),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=f"seed = .* {message}"):
            work()
