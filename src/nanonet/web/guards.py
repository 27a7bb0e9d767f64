"""What stands around the application: hosts, token, headers of every answer, the log."""

from __future__ import annotations

import hmac
import json
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nanonet.web.bodies import RefusedError, answer

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
