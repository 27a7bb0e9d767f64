"""One process that serves an application: its socket, its log, its end."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import socket
import sys
import time
import traceback
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from nanonet.errors import InputError, check_whole

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""What a service that is bound to this machine alone may be called."""

CONNECTIONS = 1_000
"""Open connections, beyond which further ones get 503."""

_TURN = 5e-4  # after so many seconds a thread that computes lets the one that answers run; Python has 5e-3
_END_SECONDS = 10  # for requests that run when the service is told to stop


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; `InputError` for a host or a port that cannot be used, or is."""
    check_whole("port", port, 0, 65535)
    try:
        domain, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"host = {host!r} cannot be used: {getattr(error, 'strerror', None) or error}") from None
    bound = socket.socket(domain, kind, number)
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just closed is free
    try:
        bound.bind(address)
        bound.listen(CONNECTIONS)
    except OSError as error:
        bound.close()
        raise InputError(
            f"port = {port} of {host} cannot be used: {error.strerror}; another one is given by --port"
        ) from None
    return bound


def is_local(host: str) -> bool:
    """Whether a host is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(app: FastAPI, bound: socket.socket, started: Callable[[str], None], quiet: bool = False) -> None:
    """Serve until the process is told to stop (INT, TERM); then finish what runs, and return.

    Parameters
    ----------
    app, bound:
        The application, and its socket.
    started:
        Called with the address when it answers.
    quiet:
        Whether requests are not logged.
    """
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines())
    levels = {"nanonet.web": logging.WARNING if quiet else logging.INFO, "uvicorn.error": logging.WARNING}
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.addHandler(lines)
        logger.setLevel(level)
        logger.propagate = False
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_keep_alive=60, ws="none",
        limit_concurrency=CONNECTIONS, timeout_graceful_shutdown=_END_SECONDS, h11_max_incomplete_event_size=32_768,
    )  # fmt: skip
    server = _Server(config, lambda: started(_address(bound)))
    sys.setswitchinterval(_TURN)
    try:
        with contextlib.suppress(KeyboardInterrupt, SystemExit):  # uvicorn raises the signal again when all is done
            server.run([bound])
    finally:
        bound.close()
        for name in levels:
            logging.getLogger(name).removeHandler(lines)


class JsonLines(logging.Formatter):
    """A line of JSON a record; of an error its kind and where it was raised, not its text, which may hold inputs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; what the application logs of a request is one already."""
        if record.name == "nanonet.web":
            return record.getMessage()
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "event": record.getMessage().partition("\n")[0],
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [f"{one.filename}:{one.lineno}" for one in traceback.extract_tb(record.exc_info[2])]
        return json.dumps(line)


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_started()


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
