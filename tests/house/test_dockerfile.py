"""The container file, read and linted: it is not built here."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import typer

from nanonet.serve.cli import app

ROOT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()


def of(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def test_hadolint_finds_nothing() -> None:
    program = str(Path(sys.executable).with_name("hadolint"))
    command = [program, "--failure-threshold", "style", str(ROOT / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_it_runs_as_nobody_special_and_says_how_it_is() -> None:
    (user,) = of("USER")
    assert int(user) >= 10_000
    assert LINES.index(f"USER {user}") < next(i for i, line in enumerate(LINES) if line.startswith("ENTRYPOINT"))
    (health,) = of("HEALTHCHECK")
    assert "/api/health" in health
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+-slim-[a-z]+( AS build)?", image) for image in of("FROM"))


def test_what_it_installs_is_locked() -> None:
    (install,) = (one for one in of("RUN") if "pip install" in one)
    assert "--constraint constraints.txt" in install
    assert ".[serve]" in install


def test_what_it_copies_is_there_and_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    for copied in of("COPY"):
        if not copied.startswith("--from"):
            for name in shlex.split(copied)[:-1]:
                assert (ROOT / name).exists()
                assert name in kept


def test_what_it_starts_is_a_command_with_these_options() -> None:
    (entry,) = of("ENTRYPOINT")
    program, command, *options = json.loads(entry)
    assert program == "nanonet"
    known = typer.main.get_command(app).get_command(None, command)  # type: ignore[attr-defined]
    assert set(options[::2]) <= {name for one in known.params for name in one.opts}
