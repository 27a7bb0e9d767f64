"""Files of strangers: what is no regular file, unpacks to a multiple, or points elsewhere is refused."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import nanonet
from nanonet import Dataset, InputError
from nanonet.formats.reading import MAX_ARRAYS, parse_json, read_arrays, read_bytes, read_json, read_text
from nanonet.records import PolymerRecord, RunRecord, StatusRecord


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    begun = time.monotonic()
    for path in (tmp_path / "pipe", tmp_path / "link", tmp_path, Path("/dev/zero")):
        with pytest.raises(InputError, match="is not a regular file"):
            read_bytes(path, "record")
    model = tmp_path / "model"
    model.mkdir()
    os.mkfifo(model / "model.json")
    with pytest.raises(InputError, match="is not a regular file"):
        nanonet.load(model)
    for load in (Dataset.load, nanonet.load):
        with pytest.raises(InputError):
            load(tmp_path / "pipe")
    assert time.monotonic() - begun < 5
    with pytest.raises(InputError, match="does not exist"):
        read_bytes(tmp_path / "none", "record")
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes("a\0b", "record")
    (tmp_path / "large").write_bytes(bytes(100))
    with pytest.raises(InputError, match="it has 100 bytes; allowed are 99"):
        read_bytes(tmp_path / "large", "record", limit=99)


def test_texts_are_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfr,g\n")
    assert read_text(path, "table") == "r,g\n"
    path.write_bytes(b"r\xff")
    with pytest.raises(InputError, match="byte 1 is no UTF-8 text"):
        read_text(path, "table")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("null", "expected `object`, got `null`"),
        ('{"error": 3}', "error = 3: expected `str | null`"),
        ('{"step": -1}', "step = -1: expected `int` >= 0"),
        ('{"step": 1e400}', "cannot be read"),
        ('{"time": NaN}', "cannot be read"),
        ("[" * 5_000 + "]" * 5_000, "nested too deep"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "nested too deep"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested too deep"),
        ('{"step": ' + "9" * 30 + "}", "step"),
    ],
)
def test_records_are_what_they_have_to_be(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_json(tmp_path / "status.json", StatusRecord, "status")
    assert "status.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_entries_of_later_versions_are_kept() -> None:
    assert parse_json('{"error": "x", "later": 1}', StatusRecord, "status") == {"error": "x", "later": 1}


def test_the_entry_is_named() -> None:
    with pytest.raises(InputError, match=r"protocol\.timestep = 'x': expected `float`, got `str`"):
        parse_json(
            '{"id": "", "nanonet": "", "nps": 1, "chains": 0, "start": "", "protocol": {"name": "", "timestep": "x", '
            '"equilibration_steps": 1, "production_steps": 1, "frame_every": 1, "seed": 1}}',
            RunRecord,
            "run record",
        )
    with pytest.raises(InputError, match=r"layer = \[1\]: expected `array` of length 2"):
        parse_json('{"configurations": 1, "layer": [1]}', PolymerRecord, "polymer")


def _npz(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(f"{name}.npy", content)
    return held.getvalue()


def _npy(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    held = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": shape or array.shape}
    np.lib.format.write_array_header_1_0(held, described)
    return held.getvalue() + array.tobytes()


def test_arrays_say_their_size_before_they_are_unpacked() -> None:
    good = _npz(a=_npy(np.arange(4.0)))
    assert np.array_equal(read_arrays(good, ["a"], "arrays")["a"], np.arange(4.0))
    size = MAX_ARRAYS // 8
    for shape, said in (((size + 1,), "has shape"), ((size, 2), "has shape"), ((-1,), "not allowed"), ((5,), "read")):
        with pytest.raises(InputError, match=said):
            read_arrays(_npz(a=_npy(np.arange(4.0), shape)), ["a"], "arrays")
    half = _npy(np.zeros(1), (size // 2 + 1,))
    with pytest.raises(InputError, match="b has shape"):
        read_arrays(_npz(a=half, b=half), ["a", "b"], "arrays")
    held = io.BytesIO()
    np.savez(held, a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="allowed are numbers"):
        read_arrays(held.getvalue(), ["a"], "arrays")
    for content in (b"", b"PK", good[:-30]):
        with pytest.raises(InputError, match="arrays cannot be read"):
            read_arrays(content, ["a"], "arrays")


def _dataset(path: Path, data: Dataset) -> h5py.File:
    data.save(path)
    return h5py.File(path, "a")


def test_a_dataset_holds_all_its_data_itself(made_up_dataset: Dataset, tmp_path: Path) -> None:
    path, secret = tmp_path / "data.nc", tmp_path / "secret.bin"
    secret.write_bytes(np.ones((8, 100)).tobytes())
    with h5py.File(tmp_path / "other.nc", "w") as other:
        other["g"] = np.ones((8, 100))

    def refused(said: str) -> None:
        with pytest.raises(InputError, match=rf"data\.nc cannot be read: .*{said}"):
            Dataset.load(path)

    with _dataset(path, made_up_dataset) as file:
        del file["g"]
        file["g"] = h5py.ExternalLink("other.nc", "g")
    refused("g is a link")
    with _dataset(path, made_up_dataset) as file:
        del file["g"]
        file["g"] = h5py.SoftLink("/error")
    refused("g is a link")
    with _dataset(path, made_up_dataset) as file:
        del file["g"]
        file.create_dataset("g", (8, 100), "f8", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])
    refused("lie in another file")
    with _dataset(path, made_up_dataset) as file:
        del file["g"]
        layout = h5py.VirtualLayout(shape=(8, 100), dtype="f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.nc"), "g", shape=(8, 100))
        file.create_virtual_dataset("g", layout)
    refused("lie in another file")
    with _dataset(path, made_up_dataset) as file:
        del file["g"]
        file.create_dataset("g", (400_000_000,), "f8", chunks=(1_000_000,), compression="gzip")
    refused("has shape")
    with _dataset(path, made_up_dataset) as file:
        del file["error"]
        file.create_group("error")
    refused("error is not an array")


def test_a_heap_without_end_is_refused(made_up_dataset: Dataset, tmp_path: Path) -> None:
    """HDF5 walks for ever along a heap whose last object has the size 0."""
    path = tmp_path / "data.nc"
    made_up_dataset.save(path)
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    step = heap + 16
    while int.from_bytes(content[step : step + 2], "little"):
        step += 16 + -(-int.from_bytes(content[step + 8 : step + 16], "little") // 8) * 8
    content[step + 8 : step + 16] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"data\.nc cannot be read: its heap at byte \d+ is damaged"):
        Dataset.load(path)


def test_a_changed_byte_of_a_dataset_is_seen(made_up_dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "data.nc"
    made_up_dataset.save(path)
    with h5py.File(path) as file:
        place = file["g"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 400] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"data\.nc cannot be read"):
        Dataset.load(path)
    made_up_dataset.save(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"nominal_density")
    content[place : place + 15] = b"nominal_Density"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not what its checksum says"):
        Dataset.load(path)
