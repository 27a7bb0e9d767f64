"""The command of the page and the service: `nanonet serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from nanonet.errors import InputError
from nanonet.serve.options import needs_extra
from nanonet.serve.terminal import print

_SHORTEST = 16


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(help="Shipped model (gp, nanonet, sq, grafted) or model folder; may be given again."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0: all of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0: any that is free.")] = 8000,
    token: Annotated[
        str | None, typer.Option(help="Word that requests have to bear.", envvar="NANONET_TOKEN", show_envvar=True)
    ] = None,
    threads: Annotated[int, typer.Option(help="Long requests that are computed at once.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log no requests.")] = False,
) -> None:
    """Serve a page to explore predictions, and the same over HTTP; until Ctrl-C."""
    from nanonet.errors import check_whole

    check_whole("threads", threads, 1, 64)
    if token is not None and not (len(token) >= _SHORTEST and token.isascii() and token.isprintable()):
        raise InputError(f"token has {len(token)} characters; allowed are {_SHORTEST} or more, of ASCII")
    with needs_extra("serve"):
        from nanonet.web import server
        from nanonet.web.app import create_app
        from nanonet.web.served import load_models
        from nanonet.web.workers import Limits
    models = load_models(model or [])
    bound = server.bind(host, port)
    local = server.is_local(host)
    app = create_app(models, token, server.LOCAL if local else None, Limits(threads=threads))

    def started(address: str) -> None:
        print(f"serving    {', '.join(one.name for one in models)} at {address}  (Ctrl-C ends it)", flush=True)
        if not local and token is None:
            print("note       whoever reaches this port can use it; --token asks for a word", flush=True)

    server.run(app, bound, started, quiet)
    print("stopped")
