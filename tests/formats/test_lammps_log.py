from __future__ import annotations

from pathlib import Path

from nanonet.formats.lammps_log import MARKER, clock_step, last_step, row_step

ROWS = """\
   Step          Temp          Press          Volume         PotEng
         0   1              0.95           9261           -0.5
       500   0.99871       -1.2e-05        9270.1          -0.51
"""


def test_rows_and_the_clock_are_told_from_other_lines() -> None:
    lines = ROWS.splitlines()
    assert [row_step(line) for line in lines] == [None, 0, 500]
    assert row_step("Loop time of 12 on 1 procs for 500 steps with 40 atoms") is None
    assert clock_step(f"{MARKER} from step 1500") == 1500
    assert clock_step(lines[1]) is None


def test_the_last_whole_row_of_a_log_counts(tmp_path: Path) -> None:
    log = tmp_path / "log.lammps"
    assert last_step(log) == 0
    log.write_text(ROWS)
    assert last_step(log) == 500
    log.write_text(ROWS + "      1000   1   1")
    assert last_step(log) == 500
    log.write_text("x" * 9_000 + "\n" + ROWS + "Loop time of 1\n" + "y" * 50 + "\n")
    assert last_step(log) == 500
    log.write_text("nothing yet\n")
    assert last_step(log) == 0
