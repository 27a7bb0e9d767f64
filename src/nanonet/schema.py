"""Typed records of JSON: made from plain values, which are checked, and turned into such again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from typing import Any, ClassVar, Self, TypeVar, cast, get_args, get_type_hints, overload

from nanonet.errors import InputError

_T = TypeVar("_T")
_R = TypeVar("_R", bound="Record")

_SHOWN = 60  # characters of a bad value in a message


@dataclass(frozen=True, eq=False)
class Record(Mapping[str, Any]):
    """Base of the records. As a mapping it is what `to_json` gives: most fields that are None are left out."""

    nulls: ClassVar[frozenset[str]] = frozenset()
    """Fields whose None is written as null."""

    in_file: ClassVar[Mapping[str, str]] = {}
    """Keys of fields that a file calls by another name."""

    others: Mapping[str, object] = field(default_factory=dict, kw_only=True)
    """Entries of later versions."""

    @classmethod
    def from_json(cls, values: object, what: str = "record") -> Self:
        """A record from plain values, called `what` in messages.

        Raises
        ------
        InputError
            An entry is missing, or is not what it has to be: it is named.
        """
        return converted(values, cls, what)

    def to_json(self) -> dict[str, object]:
        """Plain values, as JSON has them."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "others"}
        known = {name: value for name, value in own.items() if value is not None or name in self.nulls}
        named = {self.in_file.get(name, name): value for name, value in known.items()}
        return {name: _plain(value) for name, value in (named | dict(self.others)).items()}

    @cached_property
    def _content(self) -> dict[str, Any]:
        return self.to_json()

    def __getitem__(self, name: str) -> Any:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


@overload
def converted(values: object, kind: type[_R], what: str) -> _R: ...


@overload
def converted(values: object, kind: object, what: str) -> Any: ...


def converted(values: object, kind: Any, what: str) -> Any:
    """Plain values by a type: a record as such, anything else checked and as it is; `InputError` otherwise."""
    import msgspec

    named = _named(values, _record_in(kind))
    try:
        found = msgspec.convert(named, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        said, _, place = str(error).partition(" - at ")
        name, value, owner = _entry(named, place.strip("`"), _record_in(kind))
        for own, key in {} if owner is None else owner.in_file.items():
            said = said.replace(f"`{own}`", f"`{key}`")
        shown = "" if isinstance(value, Mapping) or not name else f" = {_short(value)}"
        where = f": {name}{shown}" if name else ""
        raise InputError(f"{what} cannot be used{where}: {said[:1].lower()}{said[1:]}") from None
    return _whole(found, named) if isinstance(found, Record) else values


@cache
def _records_of(kind: type[Record]) -> Mapping[str, type[Record] | None]:
    """The kind of record that each field holds, alone or several of them; None where it holds none."""
    return {name: _record_in(hint) for name, hint in get_type_hints(kind).items()}


def _record_in(hint: Any) -> type[Record] | None:
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint
    return next((found for one in get_args(hint) if (found := _record_in(one)) is not None), None)


def _named(values: object, kind: type[Record] | None) -> object:
    """Plain values of a record, or several, by the names of its fields in place of those in the file."""
    if kind is not None and isinstance(values, Mapping):
        names, inner = {key: name for name, key in kind.in_file.items()}, _records_of(kind)
        own = {str(names.get(key, key)): value for key, value in values.items()}
        return {name: _named(value, inner.get(name)) for name, value in own.items()}
    if kind is not None and isinstance(values, list | tuple):
        return [_named(one, kind) for one in values]
    return values


def _whole(found: _T, values: object) -> _T:
    """What was converted, with the entries for which its type has no field, and with whole numbers left whole."""
    if isinstance(found, Record) and isinstance(values, Mapping):
        known = {one.name for one in fields(found)} - {"others"}
        changes = {name: _whole(getattr(found, name), values[name]) for name in known & values.keys()}
        return replace(found, **changes, others={name: x for name, x in values.items() if name not in known})
    if isinstance(found, tuple) and isinstance(values, list | tuple):
        return cast("_T", tuple(_whole(one, value) for one, value in zip(found, values, strict=True)))
    return cast("_T", values) if isinstance(values, int) else found


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def _entry(values: object, place: str, kind: type[Record] | None) -> tuple[str, object, type[Record] | None]:
    """Name in the file, value and kind of the entry at a place such as `$.protocol.seed` or `$.runs[0].nps`."""
    name, value = "", values
    for step in re.findall(r"\[[^]]*]|[^.[]+", place.removeprefix("$")):
        inside = step.startswith("[")
        name += step if inside else f".{step if kind is None else kind.in_file.get(step, step)}"
        kind = kind if inside or kind is None else _records_of(kind).get(step)
        try:
            value = value[int(step[1:-1])] if inside else cast("Mapping[str, Any]", value)[step]  # type: ignore[index]
        except (ValueError, LookupError, TypeError):  # `...`: any element
            value = "..."
    return name.removeprefix("."), value, kind


def _short(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
