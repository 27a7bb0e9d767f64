"""A service in this process, and one in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nanonet.web.app import create_app
from nanonet.web.served import ServedModels, load_models

FIVE = {"diameter": 3, "chain_length": 40, "density": 0.002, "eps_nn": 0.5, "eps_pn": 1.0}


def start_service(*options: str, log: Path | None = None) -> tuple[subprocess.Popen[str], str]:
    """A process that serves, at a port that is free, and its address."""
    command = [sys.executable, "-m", "nanonet.serve.start", "serve", "--port", "0", *options]
    with (log or Path(os.devnull)).open("w") as lines:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=lines, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[^ ]+", line)
    assert found, line
    return process, found[0]


def stop_service(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    assert process.stdout is not None
    process.stdout.close()
    return status


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of a service of the shipped models."""
    process, found = start_service("--quiet")
    yield found
    stop_service(process)


@pytest.fixture(scope="session")
def served() -> ServedModels:
    """The shipped models."""
    return load_models([])


@pytest.fixture(scope="session")
def client(served: ServedModels) -> Iterator[TestClient]:
    """Asks a service in this process."""
    with TestClient(create_app(served), raise_server_exceptions=False) as found:
        yield found
