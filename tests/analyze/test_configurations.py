from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.configurations import read
from nanonet.analyze.polymer import measure

BOX = "ITEM: BOX BOUNDS pp pp pp"
COLUMNS = "id mol type x y z ix iy iz"
BEADS = [f"{1 + i} {1 + i // 5} 1 {4 * (i // 5)} {0.97 * (i % 5):.2f} 0 0 0 0" for i in range(15)]
NPS = ["16 0 2 8 8 8 0 0 0", "17 0 2 9 8 8 0 0 0"]


def _write(path: Path, rows: list[str], *, box: str = BOX, columns: str = COLUMNS, step: int = 0) -> Path:
    head = ["ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(rows)), box, *["0 22"] * 3]
    text = "\n".join([*head, f"ITEM: ATOMS {columns}", *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_particles_stand_in_any_order(tmp_path: Path) -> None:
    rows = BEADS + NPS
    found = read(_write(tmp_path / "sorted.lammpstrj", rows))
    assert found.monomers.shape == (3, 5, 3)
    assert np.allclose(np.linalg.norm(np.diff(found.chains, axis=1), axis=2), 0.97)
    mixed = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    again = read(_write(tmp_path / "mixed.lammpstrj.gz", mixed))
    assert np.array_equal(again.monomers, found.monomers)
    assert np.array_equal(again.nps, found.nps)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"box": "ITEM: BOX BOUNDS xy xz yz pp pp pp"}, "allowed is an orthogonal periodic one"),
        ({"box": "ITEM: BOX BOUNDS ff pp pp"}, "allowed is an orthogonal periodic one"),
        ({"columns": "id mol type xs ys zs ix iy iz"}, "its columns are"),
        ({"rows": [*BEADS, *NPS, NPS[0]]}, "an id stands more than once"),
        ({"rows": [*BEADS, NPS[0], NPS[1].replace("0 2", "0 3", 1)]}, "its types are 1, 2, 3; allowed are 1"),
        ({"rows": [*BEADS[:-1], *NPS]}, "chains have 4 to 5 beads"),
        ({"rows": [*BEADS, NPS[0], NPS[1].replace("9", "nan")]}, "not finite"),
        ({"rows": [*BEADS, "16 0 2 8 8"]}, "cannot be used"),
    ],
)
def test_what_is_not_ours_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    rows = changes.pop("rows", BEADS + NPS)
    path = _write(tmp_path / "1.lammpstrj", rows, **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"1\.lammpstrj cannot be used: .*{said}|{said}"):
        read(path)


def test_more_than_one_moment_and_torn_files_are_refused(tmp_path: Path) -> None:
    one = _write(tmp_path / "1.lammpstrj", BEADS + NPS)
    (tmp_path / "two.lammpstrj").write_text(one.read_text() * 2)
    with pytest.raises(InputError, match="2 moments"):
        read(tmp_path / "two.lammpstrj")
    packed = _write(tmp_path / "1.lammpstrj.gz", BEADS + NPS).read_bytes()
    for name, content in (("cut", packed[:100]), ("empty", b""), ("text", b"no gzip")):
        path = tmp_path / f"{name}.lammpstrj.gz"
        path.write_bytes(content)
        with pytest.raises(InputError, match=name):
            read(path)


def test_a_moment_that_stands_twice_counts_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    beads = [f"{1 + i} {1 + i // 5} 1 {' '.join(f'{x:.3f}' for x in rng.uniform(0, 22, 3))} 0 0 0" for i in range(1000)]
    nps = [f"{1001 + i} 0 2 {' '.join(f'{x:.3f}' for x in rng.uniform(0, 22, 3))} 0 0 0" for i in range(4)]
    found = [read(_write(tmp_path / f"{step}.lammpstrj", beads + nps, step=step)) for step in (10, 20)]
    assert measure([found[0], found[1], found[1]], 2.0).configurations == 2
