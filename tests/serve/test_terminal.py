from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import typer

from nanonet import Dataset, umbrella_runs
from nanonet.errors import InputError, NanonetWarning, SimulationError, printable
from nanonet.serve import terminal

NANONET = Path(sys.executable).with_name("nanonet")
FIVE = ["--diameter", "3", "--chain-length", "40", "--density", "0.002", "--eps-nn", "0.5", "--eps-pn", "1.0"]
PAIR = ["--diameter", "3", "--chain-length", "40", "--eps-pn", "1"]


def _run(*words: str | bytes | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([NANONET, *words], capture_output=True, **{"timeout": 120, **options})  # type: ignore[call-overload, no-any-return]


def _one_message(done: subprocess.CompletedProcess[bytes], said: str) -> None:
    assert done.returncode == 2
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert said in lines[0]


def test_foreign_text_moves_no_cursor() -> None:
    assert printable("a\x1b[31mred\x1b[0m\r\x07\u202eb\x9b") == r"a\x1b[31mred\x1b[0m\r\x07\u202eb\x9b"
    assert printable("two\nlines\tg ± 0.1 ε ü") == "two\nlines\tg ± 0.1 ε ü"
    assert printable(os.fsdecode(b"\xff.csv")) == r"\udcff.csv"


def test_a_terminal_of_ascii_gets_what_it_can_show() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal.print("0.5 ± 0.1, ε = 1, ü", 3, file=stream, flush=True)
    assert stream.buffer.getvalue() == b"0.5 +- 0.1, eps = 1, \\xfc 3\n"


def _app(raised: BaseException | None = None) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def command(number: int = 0) -> None:
        if raised is not None:
            raise raised

    return app


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (InputError("g = \x1b[2J is not a number"), r"error: g = \x1b[2J is not a number"),
        (PermissionError(13, "Permission denied", "/a/file"), "error: /a/file: Permission denied"),
        (OSError(5, "Input/output error"), "error: Input/output error"),
        (
            MemoryError("Unable to allocate 9 TiB"),
            "error: this needs more memory than there is: Unable to allocate 9 TiB",
        ),
        (MemoryError(), "error: this needs more memory than there is"),
        (SimulationError("ERROR: no\n(exit status 1)"), "error: ERROR: no\n(exit status 1)"),
    ],
)
def test_what_the_user_can_mend_is_one_line(
    raised: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nanonet"])
    assert terminal.run(_app(raised)) == 2
    assert capsys.readouterr().err == said + "\n"


def test_what_the_library_logs_is_printed_during_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("nanonet.campaign.campaign")
    app = typer.Typer()

    @app.command()
    def command() -> None:
        logger.info("starts     a\x1b[2Jb, 100 %s")
        logger.debug("not shown")
        logging.getLogger("another").warning("not ours")

    monkeypatch.setattr(sys, "argv", ["command"])
    assert terminal.run(app) == 0
    logger.info("after it")
    assert capsys.readouterr() == ("starts     a\\x1b[2Jb, 100 %s\n", "")


def test_defects_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nanonet"])
    with pytest.raises(ZeroDivisionError):
        terminal.run(_app(ZeroDivisionError()))


@pytest.mark.filterwarnings("default")
def test_libraries_warn_nobody_but_we_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def command() -> None:
        np.log(np.zeros(1))
        warnings.warn("of a library", UserWarning, stacklevel=1)
        warnings.warn("slower than it could be", NanonetWarning, stacklevel=1)

    monkeypatch.setattr(sys, "argv", ["nanonet"])
    monkeypatch.setattr(sys, "warnoptions", [])
    assert terminal.run(app) == 0
    assert capsys.readouterr().err == "warning: slower than it could be\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["predict", "--nonsense"], ["error: No such option: --nonsense", "usage: nanonet predict --help"]),
        (["simulate"], ["error: Missing option '--diameter'.", "usage: nanonet simulate --help"]),
        (["predict"], ["error: diameter, chain_length, density, eps_nn, eps_pn are missing"]),
        (["nonsense"], ["error: No such command 'nonsense'.", "usage: nanonet --help"]),
        (["campaign", "run"], ["error: Missing argument 'workspace'.", "usage: nanonet campaign run --help"]),
    ],
)
def test_usage_errors_are_explained(words: list[str], said: list[str]) -> None:
    done = _run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == said


def test_a_command_alone_shows_its_help() -> None:
    done = _run("campaign")
    assert done.returncode == 2
    assert b"collect" in done.stdout + done.stderr
    assert b"error" not in done.stderr


@pytest.fixture(scope="module")
def few_windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of one of the shipped umbrella runs, from which W_poly is made at once."""
    path = tmp_path_factory.mktemp("windows") / "windows.json"
    umbrella_runs.save(path, umbrella_runs.shipped()[:1])
    return path


@pytest.mark.parametrize(
    "variables",
    [
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        {"MPLBACKEND": "nonsense"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"HOME": "/sys", "XDG_CACHE_HOME": "/sys", "MPLCONFIGDIR": "/sys"},
    ],
)
def test_the_environment_of_others(variables: dict[str, str], few_windows: Path, tmp_path: Path) -> None:
    words: list[str | Path] = ["potential", *PAIR, "--windows", few_windows]
    done = _run(*words, "--plot", "w.png", "--csv", "w.csv", cwd=tmp_path, env={**os.environ, **variables})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"W_poly(D) = " in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"w.png", "w.csv"}


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    names = [os.fsencode(tmp_path) + name for name in (b"/\xff.csv", b"/\xff.png", b"/\xfe$x$^.png")]
    done = _run("predict", *FIVE, "--csv", names[0], "--plot", names[1])
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\udcff.csv" in done.stdout
    done = _run("phase", names[0], "--plot", names[2])
    assert (done.returncode, done.stderr) == (0, b"")
    _one_message(_run("phase", os.fsencode(tmp_path) + b"/no\xff.csv"), r"no\udcff.csv")
    assert len(list(tmp_path.iterdir())) == 3
    frames = os.fsencode(tmp_path) + b"/\xff.gsd"
    Path(os.fsdecode(frames)).write_text("frames")
    done = _run("analyze", frames, "--diameter", "3", "--out", tmp_path / "a.csv")
    _one_message(done, "its path is not UTF-8 text")


def test_an_output_that_nobody_takes() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([NANONET, "predict", *FIVE], stdout=full, stderr=subprocess.PIPE)
    _one_message(subprocess.CompletedProcess([], done.returncode, b"", done.stderr), "No space left on device")
    quiet = subprocess.run(["sh", "-c", '"$0" "$@" | true', NANONET, "predict", *FIVE], capture_output=True)
    assert quiet.stderr == b""
    closed = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', NANONET, "predict", *FIVE], capture_output=True)
    assert (closed.returncode, closed.stderr) == (0, b"")


def test_a_file_that_may_not_grow_is_one_message(made_up_data: Path, tmp_path: Path) -> None:
    """Written by HDF5, Matplotlib and NumPy."""
    limited = 'ulimit -f 8; exec "$0" "$@"'
    commands: tuple[list[str | Path], ...] = (
        ["implicit", tmp_path / "i", "--out", Path("/sys/a.nc"), "--count", "1"],
        ["predict", *FIVE, "--plot", tmp_path / "a.png"],
        ["train", made_up_data, "--out", tmp_path / "model"],
    )
    for words in commands:
        done = subprocess.run(["sh", "-c", limited, NANONET, *words], capture_output=True)
        assert done.returncode == 2
        assert b"error: cannot write " in done.stderr
        assert b"Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.fixture
def made_up_data(tmp_path_factory: pytest.TempPathFactory, made_up_dataset: Dataset) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.nc"
    made_up_dataset.subset(range(6)).save(path)
    return path
