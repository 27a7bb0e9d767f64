from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nanonet.errors import InputError, OutputError
from nanonet.formats.atomic import check_parent, check_replaceable, writing, writing_folder


def test_what_fails_leaves_nothing_and_keeps_the_old(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")

    def fail_halfway() -> None:
        with writing(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]
    with writing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"), writing(tmp_path / "no" / "file.txt"):
        pass
    with pytest.raises(InputError, match="is a folder"), writing(tmp_path):
        pass


def _write(path: Path, text: str = "new") -> None:
    with writing(path) as temporary:
        temporary.write_text(text)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target.csv"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "middle").symlink_to("far")
    link = tmp_path / "link.csv"
    link.symlink_to("middle/target.csv")
    _write(link)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640  # as it was
    target.unlink()
    _write(link, "made")  # a link that leads nowhere yet
    assert target.read_text() == "made"
    assert sorted(path.name for path in target.parent.iterdir()) == ["target.csv"]
    link.unlink()
    link.symlink_to("link.csv")
    with pytest.raises(InputError, match="leads to itself"):
        check_parent(link)
    link.unlink()
    link.symlink_to("nowhere/file")
    with pytest.raises(InputError, match="nowhere, to which it leads, does not exist"):
        check_parent(link)


def test_a_folder_behind_a_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "model"
    link.symlink_to("far")
    for text in ("one", "two"):
        with writing_folder(link, "model.json") as folder:
            (folder / "model.json").write_text(text)
        assert link.is_symlink()
        assert (tmp_path / "far" / "model.json").read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far", "model"]


def test_what_is_no_file_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(pipe.read_text)
        _write(pipe)
        assert reader.result() == "new"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    ours, theirs = os.openpty()
    (tmp_path / "device").symlink_to(os.ttyname(theirs))
    before = Path(os.ttyname(theirs)).stat().st_rdev
    _write(tmp_path / "device")
    assert os.read(ours, 10) == b"new"
    assert Path(os.ttyname(theirs)).stat().st_rdev == before
    with pytest.raises(OutputError, match="cannot write /dev/full: No space left on device"):
        _write(Path("/dev/full"))


@pytest.mark.parametrize("name", ["/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"])
def test_standard_output_gets_the_file_between_what_is_printed(tmp_path: Path, name: str) -> None:
    """Into a regular file too: it must not be replaced under the hands of the shell that holds it open."""
    code = (
        "from nanonet.formats.atomic import writing\nprint('before')\n"
        f"with writing({name!r}) as path: path.write_text('between\\n')\nprint('after')"
    )
    out = tmp_path / "out"
    with out.open("w") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert out.read_text() == "before\nbetween\nafter\n"
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert piped.stdout == "before\nbetween\nafter\n"


def test_a_folder_that_cannot_be_written_is_found_before_the_work(tmp_path: Path) -> None:
    for check in (check_parent, lambda path: check_replaceable(path, "model.json")):
        with pytest.raises(OutputError, match=r"cannot write /sys/file.csv: (Permission denied|Read-only file system)"):
            check(Path("/sys/file.csv"))
    with pytest.raises(OutputError, match="File name too long"):
        check_parent(tmp_path / ("x" * 300))
    with pytest.raises((OutputError, InputError)):
        check_parent(tmp_path / ("x" * 300) / "file")


def test_a_file_that_may_not_grow_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from nanonet.formats.atomic import writing\n"
        f"with writing({str(target)!r}) as path: path.write_text('x' * 5000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"nanonet.errors.OutputError: cannot write {target}: File too large"
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_new_files_and_folders_keep_to_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        _write(tmp_path / "file")
        with writing_folder(tmp_path / "folder", "marker"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
