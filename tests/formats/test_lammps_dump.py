from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanonet import InputError
from nanonet.formats.lammps_dump import (
    ALL_COLUMNS,
    NP_COLUMNS,
    complete,
    drop_truncated_frames,
    pack,
    parse,
    read_frames,
    read_one,
)


def frame(step: int, rows: np.ndarray, columns: str = NP_COLUMNS) -> str:
    """A frame as LAMMPS writes it."""
    lines = [" ".join(f"{x:.8g}" for x in row) for row in rows.tolist()]
    head = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(rows)), "ITEM: BOX BOUNDS pp pp pp"]
    return "\n".join([*head, "-1 21", "0 22", "1 23", f"ITEM: ATOMS {columns}", *lines]) + "\n"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_what_lammps_writes_is_read(step: int, count: int, dice) -> None:  # type: ignore[no-untyped-def]
    rows = np.array([[i + 1, *(dice.randrange(-999, 999) / 8 for _ in range(6))] for i in range(count)])
    mixed = rows.copy()
    dice.shuffle(order := list(range(count)))
    found = parse(frame(step, mixed[order]).encode(), NP_COLUMNS)
    assert (found.step, found.rows.tolist()) == (step, rows.tolist())
    assert found.bounds.tolist() == [[-1, 21], [0, 22], [1, 23]]
    assert found.edges.tolist() == [22, 22, 22]


def test_truncated_frames_are_passed_over_and_dropped(tmp_path: Path) -> None:
    path = tmp_path / "nps.lammpstrj"
    texts = [frame(step, np.arange(14.0).reshape(2, 7)) for step in (10, 20, 30)]
    path.write_text(texts[0] + texts[1][:-9] + texts[2] + texts[0][:40])
    assert [one.step for one in read_frames(path)] == [10, 30]
    drop_truncated_frames(path)
    assert path.read_text() == texts[0] + texts[2]
    drop_truncated_frames(tmp_path / "none")
    assert not list(complete(b""))
    path.write_text(texts[0].replace("pp pp pp", "xy xz yz pp pp pp"))
    with pytest.raises(InputError, match=r"nps\.lammpstrj is no dump of our deck: its box is"):
        list(read_frames(path))


def test_a_whole_configuration_is_packed_and_read(tmp_path: Path) -> None:
    rows = np.arange(27.0).reshape(3, 9)
    whole = frame(5, rows, ALL_COLUMNS)
    for name, text, there in (("1", whole, True), ("2", whole[:-30], False)):
        path = tmp_path / f"{name}.lammpstrj"
        path.write_text(text)
        packed = path.with_name(path.name + ".gz")
        if there:
            assert read_one(path).rows.tolist() == rows.tolist()
        pack(path, 3)
        assert not path.exists()
        assert packed.exists() == there
    assert read_one(tmp_path / "1.lammpstrj.gz").rows.tolist() == rows.tolist()
