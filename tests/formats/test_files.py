"""What is written is read again: every format that has no file of tests of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset, InputError
from nanonet.formats import dataset_netcdf, umbrella_json
from nanonet.formats.model_folder import is_sealed, seal
from nanonet.records import UmbrellaRow


def test_datasets(tmp_path: Path) -> None:
    shipped = Dataset.shipped()
    shipped.save(tmp_path / "a.nc")
    first = dataset_netcdf.read(tmp_path / "a.nc")
    dataset_netcdf.write(tmp_path / "b.nc", first)
    again = dataset_netcdf.read(tmp_path / "b.nc")
    for name in ("X", "x", "y", "error"):
        assert np.array_equal(getattr(first, name), getattr(again, name), equal_nan=True)
    assert first.provenance == again.provenance == list(shipped.provenance)
    assert [one[:2] for one in first.runs] == [one[:2] for one in again.runs]
    for one, two in zip(first.runs, again.runs, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one[2:], two[2:], strict=True))
    assert Dataset.load(tmp_path / "a.nc") == shipped


def test_umbrella_runs(tmp_path: Path) -> None:
    row = UmbrellaRow.from_json({
        "id": "a", "diameter": 2.0, "chain_length": 10, "eps_pn": 1.0, "springs": [[2.2, 20.0]], "force": [0.5],
        "error": [0.1], "first_bin": 40, "weights": [[0.5, 0.5]], "of a later version": {"x": 1},
    })  # fmt: skip
    path = tmp_path / "windows.json"
    umbrella_json.write(path, [row], 0.05)
    assert umbrella_json.read(path) == ((row,), 0.05)
    path.write_text(path.read_text().replace('"nanonet_format": 1', '"nanonet_format": 99'))
    with pytest.raises(InputError, match=r"windows\.json cannot be read: nanonet_format = 99 is not 1"):
        umbrella_json.read(path)


def test_cards() -> None:
    card = seal({"kind": "x", "X": [[1.0]]})
    assert is_sealed(card)
    assert seal(card) == card
    assert not is_sealed(card | {"kind": "y"})
    assert is_sealed({"kind": "of before checksums"})
