"""What stands around the application: hosts, token, headers of every answer, the log, and how much runs at once."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nanonet.web.bodies import RefusedError, answer

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOGGER = logging.getLogger("nanonet.web")

_HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""Of every answer: the page loads nothing from elsewhere, and no other page may hold it."""

_OPEN = ("/api/health", "/api/openapi.json")
"""Paths that need no token; so does the page, which then asks for it."""


@dataclass(frozen=True)
class Limits:
    """What a service takes on."""

    body: int = 2_000_000
    """Bytes of a body."""
    body_seconds: float = 10.0
    """Until a body has to be there."""
    threads: int = 1
    """Requests that are computed at once, of those that take more than some ms."""
    waiting: int = 256
    """Requests that may wait for that."""
    waiting_seconds: float = 10.0
    """How long one may wait."""


@dataclass
class Workers:
    """Threads that compute, some at once; others wait, up to a limit."""

    limits: Limits
    waiting: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.limits.threads)
        self._threads = ThreadPoolExecutor(self.limits.threads, "nanonet")

    async def run(self, work: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
        """What a function returns, computed in a thread; `RefusedError` (503) where too many wait, or for too long."""
        if self.waiting >= self.limits.waiting:
            raise RefusedError(503, f"{self.waiting} requests are waiting; try again later")
        self.waiting += 1
        try:
            async with asyncio.timeout(self.limits.waiting_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise RefusedError(503, f"no turn within {self.limits.waiting_seconds:g} s; try again later") from None
        finally:
            self.waiting -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))
        finally:
            self._turns.release()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)


class Guard:
    """ASGI middleware: checks host and token, adds headers, and logs a line a request, without what it asked.

    Parameters
    ----------
    app:
        What answers.
    token:
        Word that requests to the API have to bear; None: none.
    hosts:
        Names that a request may call the service by; None: any.
    """

    def __init__(self, app: ASGIApp, token: str | None = None, hosts: tuple[str, ...] | None = None) -> None:
        self.app, self.token, self.hosts = app, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 500, 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message["headers"]}
                extra = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in present]
                message["headers"] = [*message["headers"], *extra]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            refusal = self._refusal(scope)
            if refusal is None:
                await self.app(scope, receive, watched)
            else:
                content = {"error": refusal.text, "field": refusal.field}
                headers = {"www-authenticate": "Bearer"} if refusal.status == 401 else None
                await answer(content, refusal.status, headers)(scope, receive, watched)
        finally:
            taken = 1e3 * (time.perf_counter() - started)
            route = getattr(scope.get("route"), "path", None) or ("page" if status < 400 else "unknown")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            _LOGGER.info(
                json.dumps(
                    {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "method": method, "route": route,
                     "status": status, "ms": round(taken, 1), "bytes": size}
                )
            )  # fmt: skip

    def _refusal(self, scope: Scope) -> RefusedError | None:
        headers = {name: value for name, value in scope["headers"] if name in (b"host", b"authorization")}
        if self.hosts is not None:
            host = headers.get(b"host", b"").decode("latin-1")
            name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
            if name not in self.hosts:
                return RefusedError(421, f"Host = {host[:80]!r} is not one of {', '.join(self.hosts)}", "Host")
        path = scope["path"]
        if self.token is None or not path.startswith("/api") or path in _OPEN:
            return None
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() != b"bearer":
            return RefusedError(401, "a token is needed: the header Authorization: Bearer TOKEN", "Authorization")
        if not hmac.compare_digest(given.strip(), self.token.encode()):
            return RefusedError(401, "the token is not that of this service", "Authorization")
        return None


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
