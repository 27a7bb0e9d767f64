"""The ASGI application: the API under /api, the page under /."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from nanonet.errors import InputError
from nanonet.predict.prediction import Prediction
from nanonet.web import bodies, schemas
from nanonet.web.answers import Answers
from nanonet.web.batches import Batches
from nanonet.web.bodies import ARROW, CSV, JSON, RefusedError, answer
from nanonet.web.guards import Guard
from nanonet.web.served import ServedModel, ServedModels
from nanonet.web.workers import Limits, Turn, Workers

PAGE = Path(__file__).parent / "page"

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_Asked = TypeVar("_Asked", bound=BaseModel)

_QUICK = 4
"""Points that are predicted at once, in some ms; more than that, and what takes longer, waits for a thread."""

_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Refusal, "description": "The body is no JSON, or no table."},
    401: {"model": schemas.Refusal, "description": "The token is missing, or is another."},
    406: {"model": schemas.Refusal, "description": "Accept allows none of the types that there are."},
    408: {"model": schemas.Refusal, "description": "The body came too slowly."},
    413: {"model": schemas.Refusal, "description": "The body is too large."},
    415: {"model": schemas.Refusal, "description": "The body is of another type."},
    421: {"model": schemas.Refusal, "description": "The service is not called so."},
    422: {"model": schemas.Refusal, "description": "A value is not allowed; `field` names it."},
    503: {"model": schemas.Refusal, "description": "Too many requests are waiting, or this one took too long."},
}


def create_app(
    models: ServedModels, token: str | None = None, hosts: tuple[str, ...] | None = None, limits: Limits | None = None
) -> FastAPI:
    """The application for loaded models; `token` and `hosts` as of `guards.Guard`."""
    bounds = limits or Limits()
    answers, batches = Answers(models), Batches()
    workers, searches = Workers(bounds, bounds.threads), Workers(bounds, 1)  # a search takes seconds

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.get_running_loop().run_in_executor(None, answers.warm)
        yield
        workers.close()
        searches.close()

    app = FastAPI(
        title="nanonet", version=version("nanonet-pnc"), lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", redirect_slashes=False,
        summary="Radial distribution functions of nanoparticles in a polymer, predicted",
    )  # fmt: skip

    async def asked(request: Request, kind: type[_Asked]) -> _Asked:
        bodies.kind_of(request, JSON)
        return bodies.parse(await bodies.read(request, bounds.body, bounds.body_seconds), kind)

    @app.post(
        "/api/predict",
        response_model=schemas.Predictions,
        openapi_extra=_body(schemas.PredictRequest, CSV),
        responses=_replies(True),
    )
    async def predict(request: Request) -> Any:
        """Curves with 90 % bands of one point or many, and what each rests on.

        A body of CSV has a column an input and a row a point; `?model=` names the model then.
        """
        form = bodies.wanted(request, JSON, CSV, ARROW)
        kind = bodies.kind_of(request, JSON, CSV)
        content = await bodies.read(request, bounds.body, bounds.body_seconds)

        def told(model: ServedModel, found: Sequence[Prediction]) -> Response:
            if form != JSON:
                return bodies.tabulated(found, form)
            return answer({"model": model.name, "predictions": [one.to_json() for one in found]})

        def work(wanted: schemas.PredictRequest, turn: Turn) -> Response:
            return told(*answers.predictions(wanted, turn))

        def read_table(turn: Turn) -> Response:
            rows = bodies.parse_rows(content, schemas.MAX_POINTS)
            return work(schemas.PredictRequest(model=request.query_params.get("model"), inputs=rows), turn)

        if kind == CSV:
            return await workers.run(request, read_table)
        wanted = bodies.parse(content, schemas.PredictRequest)
        if form == JSON and len(wanted.inputs) <= _QUICK and not wanted.details:
            model = models[wanted.model]
            return told(model, await batches.predict(model, model.predictor.check_each(wanted.inputs)))
        return await workers.run(request, partial(work, wanted))

    @app.post(
        "/api/explore",
        response_model=schemas.Explored,
        openapi_extra=_body(schemas.ExploreRequest),
        responses=_replies(),
    )
    async def explore(request: Request) -> Any:
        """One point as the page draws it: the curve or another reading of it, and lines beside it."""
        wanted = await asked(request, schemas.ExploreRequest)
        if not wanted.details:
            return answer(answers.explore(wanted))
        return await workers.run(request, lambda turn: answer(answers.explore(wanted)))

    @app.post(
        "/api/phase", response_model=schemas.States, openapi_extra=_body(schemas.StateRequest), responses=_replies()
    )
    async def phase(request: Request) -> Any:
        """States of the NPs of compositions, with probabilities; or their map over two inputs."""
        wanted = await asked(request, schemas.StateRequest)
        return await workers.run(request, lambda turn: answer(answers.states(wanted, turn)))

    @app.post(
        "/api/design", response_model=schemas.Design, openapi_extra=_body(schemas.DesignRequest), responses=_replies()
    )
    async def design(request: Request) -> Any:
        """Points that meet targets, the most probable first, as `nanonet design` finds them; takes seconds."""
        wanted = await asked(request, schemas.DesignRequest)
        return await searches.run(request, lambda turn: answer(answers.design(wanted, turn)))

    @app.post(
        "/api/configuration",
        response_model=schemas.Configuration,
        openapi_extra=_body(schemas.ConfigurationRequest),
        responses=_replies(),
    )
    async def configuration(request: Request) -> Any:
        """Particles of the simulated composition that is nearest."""
        wanted = await asked(request, schemas.ConfigurationRequest)
        return await workers.run(request, lambda turn: answer(answers.configuration(wanted)))

    @app.get("/api/models", response_model=schemas.Models, responses={code: _REFUSALS[code] for code in (401, 421)})
    async def list_models() -> Any:
        """The models, their inputs with limits, and how much one request may ask."""
        found = [one.describe() for one in models]
        limits = {"points": schemas.MAX_POINTS, "detailed": schemas.MAX_DETAILED, "steps": schemas.MAX_STEPS,
                  "samples": schemas.MAX_SAMPLES, "answers": schemas.MAX_ANSWERS, "bytes": bounds.body,
                  "seconds": bounds.seconds}  # fmt: skip
        return answer({"models": found, "limits": limits})

    @app.get("/api/health", response_model=schemas.Health, responses={421: _REFUSALS[421]})
    async def health() -> Any:
        """That the service answers."""
        return answer({"status": "ok", "version": app.version, "models": [one.name for one in models]})

    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(InputError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    _add_page(app)
    app.add_middleware(GZipMiddleware, minimum_size=4_000, compresslevel=1)
    app.add_middleware(Guard, token=token, hosts=hosts)
    return app


def _add_page(app: FastAPI) -> None:
    """Serve the files of the page, which are read now: no path of a request is looked for on the disk."""
    content = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.suffix in _TYPES}
    marks = {name: f'"{sha256(text).hexdigest()[:16]}"' for name, text in content.items()}

    @app.get("/{name}", include_in_schema=False)
    @app.head("/{name}", include_in_schema=False)
    async def page(request: Request, name: str) -> Response:
        if name not in content:
            raise HTTPException(404, "no such page; there are / and /api/openapi.json")
        kept = "max-age=3600" if name.endswith(".svg") else "no-cache"  # browsers ask for an icon at each new address
        headers = {"etag": marks[name], "cache-control": kept}
        if request.headers.get("if-none-match") == marks[name]:
            return Response(status_code=304, headers=headers)
        return Response(content[name], headers=headers, media_type=_TYPES[Path(name).suffix])

    @app.get("/", include_in_schema=False)
    @app.head("/", include_in_schema=False)
    async def start(request: Request) -> Response:
        return await page(request, "index.html")


async def _refused(request: Request, error: Exception) -> Response:
    """An error that the asker can mend, as `schemas.Refusal`."""
    if isinstance(error, RefusedError):
        headers = {"connection": "close"} if error.status in (408, 413) else None
        if error.status == 503:
            headers = {"retry-after": "1"}
        return answer({"error": error.text, "field": error.field}, error.status, headers)
    if isinstance(error, HTTPException):
        return answer({"error": str(error.detail), "field": None}, error.status_code, dict(error.headers or {}))
    return answer({"error": str(error), "field": bodies.named_field(str(error))}, 422)


async def _failed(request: Request, error: Exception) -> Response:
    return answer({"error": "the service failed; its log has the reason", "field": None}, 500)


def _body(kind: type[BaseModel], *others: str) -> dict[str, Any]:
    """What the OpenAPI document says of a body."""
    content: dict[str, Any] = {JSON: {"schema": kind.model_json_schema()}}
    content |= {name: {"schema": {"type": "string"}} for name in others}
    found: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    if others:
        found["parameters"] = [{"name": "model", "in": "query", "required": False, "schema": {"type": "string"}}]
    return found


def _replies(tables: bool = False) -> dict[int | str, dict[str, Any]]:
    more: dict[int | str, dict[str, Any]] = (
        {200: {"content": {CSV: {"schema": {"type": "string"}}, ARROW: {}}}} if tables else {}
    )
    return {**more, **_REFUSALS}
