"""The command `nanonet` ends quietly whenever it is told to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FIVE = ["--diameter", "3", "--chain-length", "40", "--density", "0.002", "--eps-nn", "0.5", "--eps-pn", "1.0"]
STARTED = "import nanonet.serve.start as start; print('ready', flush=True); start.main()"


@pytest.mark.parametrize(
    "command", [["predict", *FIVE], ["simulate", *FIVE, "--out", "run"]], ids=["predict", "simulate"]
)
@pytest.mark.parametrize("seconds", [0.02, 0.2, 0.6, 1.2, 4.0])
def test_ctrl_c_at_any_moment_is_quiet(command: list[str], seconds: float, tmp_path: Path) -> None:
    """Imports, LAMMPS at work, the interpreter's end: no traceback, and nothing is left running."""
    words = [sys.executable, "-c", STARTED, *command]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert process.returncode == 130 or (process.returncode == 0 and command[0] == "predict")
    if process.returncode == 130:
        assert err.splitlines()[-1] == "interrupted"


LOST = """
import os, sys, time, weakref
import nanonet.serve.cli
import nanonet.serve.start as start
def main():
    class Thing: pass
    def end(_):
        os.kill(os.getpid(), int(sys.argv[1]))
        for _ in range(1000): pass
    thing = Thing()
    watch = weakref.ref(thing, end)
    del thing
    time.sleep(20)
nanonet.serve.cli.main = main
start.main()
"""


@pytest.mark.parametrize(
    ("number", "status", "said"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "")]
)
def test_a_signal_while_python_cleans_up_is_not_lost(number: signal.Signals, status: int, said: str) -> None:
    """Errors do not get out of the callback of a weak reference, or of `__del__`."""
    done = subprocess.run([sys.executable, "-c", LOST, str(int(number))], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (status, said)


def test_term_ends_a_simulation_and_its_lammps(tmp_path: Path) -> None:
    words = [sys.executable, "-c", STARTED, "simulate", *FIVE, "--out", "run"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if (tmp_path / "run" / "log.lammps").exists():
            break
        time.sleep(0.1)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in err
    time.sleep(0.5)
    inside = []
    for entry in Path("/proc").iterdir():
        try:
            inside += [entry.name] if (entry / "cwd").readlink() == tmp_path / "run" else []
        except OSError:
            continue
    assert inside == []
    assert os.access(tmp_path / "run" / "run.json", os.R_OK)  # it goes on next time
