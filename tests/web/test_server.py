"""The service in a process of its own, under clients that are slow, many, or hostile."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from nanonet.errors import InputError
from nanonet.web.bodies import RefusedError, read
from nanonet.web.server import bind, is_local
from tests.web.conftest import FIVE, start_service, stop_service


def place(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("http://").rpartition(":")
    return host, int(port)


def ask(address: str, **asked: Any) -> httpx.Response:
    return httpx.post(f"{address}/api/predict", json={"inputs": FIVE} | asked, timeout=60)


def refused(*options: str) -> str:
    command = [sys.executable, "-m", "nanonet.serve.start", "serve", *options]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert "Traceback" not in found.stderr
    return found.stderr


def test_two_servers_on_one_port(address: str) -> None:
    port = str(place(address)[1])
    assert refused("--port", port).startswith(
        f"error: port = {port} of 127.0.0.1 cannot be used: Address already in use"
    )
    assert ask(address).status_code == 200


def test_what_cannot_be_served_is_named(tmp_path: Path) -> None:
    assert "is not a folder, nor one of gp, nanonet" in refused("--model", str(tmp_path / "none"))
    assert "token has 3 characters" in refused("--token", "abc")
    assert "port = 70000 is not a whole number" in refused("--port", "70000")


def test_hosts_and_ports_that_cannot_be_used() -> None:
    with pytest.raises(InputError, match="host = 'no such host' cannot be used"):
        bind("no such host", 8000)
    with bind("127.0.0.1", 0) as taken, pytest.raises(InputError, match="another one is given by --port"):
        bind("127.0.0.1", taken.getsockname()[1])
    for host, local in (("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.org", False)):
        assert is_local(host) == local


def test_a_body_of_100_mb_is_not_read(address: str) -> None:
    with socket.create_connection(place(address), timeout=30) as asked:
        asked.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n{")
        reply = asked.recv(65_536)
    assert reply.startswith(b"HTTP/1.1 413")
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with socket.create_connection(place(address), timeout=30) as asked:
        asked.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(1_600):
                asked.sendall(chunk)
        except OSError:
            pass  # it closed the connection
        try:
            reply = asked.recv(65_536)
        except OSError:
            reply = b""
    assert reply in (b"",) or reply.startswith(b"HTTP/1.1 413")
    assert ask(address).status_code == 200


def test_clients_that_are_slow_or_go_away_hold_nobody_up(address: str) -> None:
    head = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    slow = [socket.create_connection(place(address), timeout=30) for _ in range(50)]
    for one in slow:
        one.sendall(head)
    assert ask(address).status_code == 200
    for one in slow:
        one.close()
    assert ask(address).status_code == 200


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def nothing() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    request = Request({"type": "http", "headers": []}, nothing)
    with pytest.raises(RefusedError) as found:
        asyncio.run(read(request, 1_000, 0.05))
    assert (found.value.status, found.value.text) == (408, "the body did not arrive within 0.05 s")


def test_a_question_that_is_cut_off_and_what_is_no_http(address: str) -> None:
    long = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000
    for content in (b"\x00\xff" * 500, long, b"POST /api/explore HTTP/1.1\r\n"):
        with socket.create_connection(place(address), timeout=30) as asked:
            asked.sendall(content)
    assert ask(address).status_code == 200


def test_it_finishes_what_runs_when_it_is_told_to_stop(tmp_path: Path) -> None:
    process, address = start_service(log=tmp_path / "log")
    body = json.dumps({"inputs": [FIVE | {"eps_pn": 0.1 * i} for i in range(1, 16)], "details": True}).encode()
    head = f"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(place(address), timeout=60) as asked:
        asked.sendall(head + body)
        assert httpx.get(f"{address}/api/health", timeout=60).status_code == 200  # it has read what came before
        assert stop_service(process) == 0
        assert asked.recv(65_536).startswith(b"HTTP/1.1 200")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(one["route"], one["status"]) for one in lines] == [("/api/health", 200), ("/api/predict", 200)]
