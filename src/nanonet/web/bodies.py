"""Bodies of requests and answers: bytes of limited size and time, JSON, CSV, Arrow."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from nanonet.errors import InputError
from nanonet.formats.tables import parse_table
from nanonet.predict.prediction import Prediction

if TYPE_CHECKING:
    import pyarrow as pa

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"

_MESSAGE = re.compile(r"(?:row (\d+): )?([A-Za-z_]\w*)(?=(?:(?:,| and) \w+)* (?:=|is|are) )")
_TARGET = re.compile(r"(targets(?:\[\d+\])?): ")
_HELD = re.compile(r"(fixed|bounds|tolerances|costs): (.*)", re.DOTALL)
_WEIGHT = re.compile(r"(tolerance|cost) of (\w+) ?[=:]")
_OWN = (
    *("model", "inputs", "details", "view", "beside", "x", "y", "steps", "samples", "depth", "confidence"),
    *("targets", "fixed", "bounds", "tolerances", "costs", "radius", "count"),
)

_Asked = TypeVar("_Asked", bound=BaseModel)


class RefusedError(Exception):
    """A request that is not answered: the HTTP status, the field that is wrong, and why."""

    def __init__(self, status: int, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.field = status, text, field


async def read(request: Request, most: int, seconds: float) -> bytes:
    """The body of a request; `RefusedError` for more bytes (413), or a client that is too slow (408)."""
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise RefusedError(413, f"the body has {int(declared)} bytes; allowed are at most {most}")
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                content += part
                if len(content) > most:
                    raise RefusedError(413, f"the body has more than {most} bytes")
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {seconds:g} s") from None
    except ClientDisconnect:
        raise RefusedError(400, "the connection was closed before the body was whole") from None
    return bytes(content)


def kind_of(request: Request, *allowed: str) -> str:
    """Type of a request's body, `JSON` where none is named; `RefusedError` (415) for one that is not allowed."""
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON
    if named not in allowed:
        raise RefusedError(415, f"Content-Type = {named[:80]!r} is not one of {', '.join(allowed)}", "Content-Type")
    return named


def wanted(request: Request, *offered: str) -> str:
    """Type of the answer that a request's Accept prefers; `RefusedError` (406) where it is none of those offered."""
    ranked = []
    for part in request.headers.get("accept", "").split(",") or [""]:
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        try:
            ranked.append((float(weight), name or "*/*"))
        except ValueError:
            raise RefusedError(400, f"Accept has q={weight[:20]!r}, which is no number", "Accept") from None
    for share, name in sorted(ranked, key=lambda one: -one[0]):
        for one in offered:
            if share > 0 and name in (one, "*/*", one.partition("/")[0] + "/*"):
                return one
    raise RefusedError(406, f"Accept allows none of {', '.join(offered)}", "Accept")


def parse(content: bytes, kind: type[_Asked]) -> _Asked:
    """A request out of JSON; `RefusedError` (400) for what is no JSON, (422) for what is not allowed in it."""
    try:
        return kind.model_validate_json(content or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=True)[0]
    if first["type"] == "json_invalid":
        raise RefusedError(400, f"the body is no JSON: {first['ctx']['error']}")
    field = _field(first["loc"])
    shown = "" if isinstance(first["input"], dict | list) else f" = {_short(first['input'])}"
    raise RefusedError(422, f"{field or 'the body'}{shown}: {first['msg']}", field or None)


def parse_rows(content: bytes, most: int) -> list[dict[str, float]]:
    """Points of a CSV table with a column an input (`formats.tables`); `RefusedError` (400, 422) for another."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the table is no UTF-8 text: byte {error.start}") from None
    try:
        table = parse_table(text, "the table", ("the model's inputs",), None)
        columns = {name: table.numbers(name) for name in table.columns}
    except InputError as error:
        raise RefusedError(422, str(error), "inputs") from None
    if len(table.lines) > most:
        raise RefusedError(422, f"the table has {len(table.lines)} rows; allowed are at most {most}", "inputs")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def named_field(text: str) -> str | None:
    """The field that the message of an `InputError` starts with: `row 3: eps_pn = ...` is inputs[3].eps_pn.

    Of a search `fixed: eps_pn = ...` is fixed.eps_pn, and `tolerance of eps_pn = ...` is tolerances.eps_pn.
    """
    if target := _TARGET.match(text):
        return target[1]
    if held := _HELD.match(text):
        own = named_field(held[2]) or ""
        return held[1] + (own.removeprefix("inputs") if own.startswith("inputs.") else "")
    if weight := _WEIGHT.match(text):
        return f"{weight[1]}s.{weight[2]}"
    found = _MESSAGE.match(text)
    if found is None:
        return None
    row, name = found[1], found[2]
    if row is None:
        return name if name in _OWN else f"inputs.{name}"
    return f"inputs[{row}].{name}" if name else f"inputs[{row}]"


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Plain values and arrays as JSON; what is not finite becomes null."""
    return Response(msgspec.json.encode(content, enc_hook=_plain), status, headers, JSON)


def table(found: Sequence[Prediction]) -> pa.Table:
    """Curves one below the other: entry, its inputs, and a row a point of the grid."""
    import pyarrow as pa

    first = found[0].curve
    m = len(first.x)
    X = np.array([one.point.values for one in found])
    columns: dict[str, Any] = {"entry": np.repeat(np.arange(len(found)), m)}
    columns |= {name: np.repeat(X[:, i], m) for i, name in enumerate(found[0].point.space.names)}
    columns[first.quantity.x] = np.concatenate([one.curve.x for one in found]).round(10)
    columns[first.quantity.name] = np.concatenate([one.curve.y for one in found])
    if first.low is not None:
        columns |= {end: np.concatenate([getattr(one.curve, end) for one in found]) for end in ("low", "high")}
    return pa.table(columns)


def tabulated(found: Sequence[Prediction], kind: str) -> Response:
    """Curves as CSV or as an Arrow stream."""
    import pyarrow as pa
    from pyarrow import csv

    content = io.BytesIO()
    rows = table(found)
    if kind == CSV:
        content.write(",".join(rows.column_names).encode() + b"\n")
        csv.write_csv(rows, content, csv.WriteOptions(include_header=False, quoting_style="none"))
    else:
        with pa.ipc.new_stream(content, rows.schema) as stream:
            stream.write_table(rows)
    return Response(content.getvalue(), media_type=kind)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no plain value")


def _field(place: Sequence[int | str]) -> str:
    text = ""
    for one in place:
        text += f"[{one}]" if isinstance(one, int) else f".{one[:80]}"
    return text.lstrip(".")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
