"""Frozen dataclasses as JSON values and as JSON Schema: one declaration gives a report its shape, its text and its check.

Understood: str, int, float, bool, None, object (any JSON value), StrEnum and IntEnum, Literal, unions, `tuple[X, ...]`,
`tuple[X, Y]`, `Mapping[str, X]`, dataclasses, and `Annotated` with the marks below. A field ending in `_` loses it
(`from_` → `from`). Floats are rounded half-even to 4 decimals; a non-finite one is an error that names the field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from golive.model.clock import to_iso
from golive.model.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """Schema keywords that refine what the type says."""

    keywords: JsonObject


class _Instant:
    """The int is a moment, ns UTC, and stands in JSON as ISO-8601 with `Z`."""


INSTANT_PATTERN: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z$"
Instant: TypeAlias = Annotated[int, _Instant()]
"""A moment: int ns UTC inside, ISO-8601 `Z` in JSON."""
Amount: TypeAlias = Annotated[str, Fragment({"pattern": r"^-?(0|[1-9]\d*)(\.\d+)?$"})]
"""Money, a price, a quantity or a fee as plain decimal text."""
Sha256: TypeAlias = Annotated[str, Fragment({"pattern": "^[0-9a-f]{64}$"})]
Count: TypeAlias = Annotated[int, Fragment({"minimum": 0})]
Share: TypeAlias = Annotated[float, Fragment({"minimum": 0})]
"""A ratio that is never negative; may exceed 1."""


def as_json(value: object) -> JsonValue:
    """Return a dataclass of this module's kinds as a JSON value; raise ValueError naming a field that cannot be one."""
    try:
        return _json(value, type(value))
    except _Unfit as unfit:
        raise ValueError(f"{type(value).__name__}{''.join(reversed(unfit.path))} {unfit.reason}") from None


def schema_of(cls: type, definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the schema of a dataclass as a reference; it and all it needs are put into `definitions`."""
    return _schema(cls, definitions)


def closed_object(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the schema of an object that has exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(properties),
        "additionalProperties": False,
    }


def object_properties(cls: type, definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return property name → schema of a dataclass, for a document that spreads it at its top level."""
    return {_key(name): _schema(hint, definitions) for name, hint in _hints(cls).items()}


def document_schema(name: str, title: str, cls: type) -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the document `name`: a dataclass with its `schema` beside; every object is closed."""
    definitions: dict[str, JsonValue] = {}
    properties: dict[str, JsonValue] = {"schema": {"const": name}, **object_properties(cls, definitions)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{name}",
        "title": title,
        **closed_object(dict(sorted(properties.items()))),
        "$defs": {each: definitions[each] for each in sorted(definitions)},
    }


@cache
def _hints(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in fields(cls)}


def _key(name: str) -> str:
    return name.removesuffix("_")


class _Unfit(Exception):
    """Something that JSON cannot carry; on its way out each level adds its step to `path`, so the innermost comes first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def within(self, step: str) -> _Unfit:
        self.path.append(step)
        return self


@cache
def _members(cls: type) -> tuple[tuple[str, str, Any], ...] | None:
    """Return name, key and hint of each field of a dataclass; None for another type."""
    return tuple((name, _key(name), hint) for name, hint in _hints(cls).items()) if is_dataclass(cls) else None


def _json(value: Any, hint: Any) -> JsonValue:
    """Types that a report has thousands of come first."""
    kind: Any = type(value)  # Any: a type can be hashed
    if kind is str:
        return cast(str, value)
    if kind is int:
        return to_iso(value) if _is_instant(hint) else cast(int, value)
    if value is None or kind is bool:
        return cast("bool | None", value)
    members = _members(kind)
    if members is not None:
        return _json_object(value, members)
    if isinstance(value, Enum):
        return value.value  # type: ignore[no-any-return]  # our enums are text and int
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return to_iso(value) if _is_instant(hint) else value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Unfit(f"is {value}, which JSON cannot carry")
        return round(value, 4) + 0.0
    if isinstance(value, Mapping):
        return _json_mapping(value, hint)
    if isinstance(value, tuple | list):
        return _json_array(value, hint)
    raise _Unfit(f"is a {kind.__name__}, which JSON cannot carry")


def _json_object(value: object, members: tuple[tuple[str, str, Any], ...]) -> JsonValue:
    made: dict[str, JsonValue] = {}
    key = ""
    try:
        for name, key, hint in members:
            made[key] = _json(getattr(value, name), hint)
    except _Unfit as unfit:
        raise unfit.within(f".{key}") from None
    return made


def _json_array(value: tuple[object, ...] | list[object], hint: Any) -> JsonValue:
    made: list[JsonValue] = []
    try:
        for item, inner in zip(value, _item_hints(hint, len(value)), strict=True):
            made.append(_json(item, inner))
    except _Unfit as unfit:
        raise unfit.within(f"[{len(made)}]") from None
    return made


def _json_mapping(value: Mapping[object, object], hint: Any) -> JsonValue:
    if not all(isinstance(key, str) for key in value):
        raise _Unfit("has a key that is not text")
    made: dict[str, JsonValue] = {}
    key, inner = "", _mapping_hint(hint)
    try:
        for key in sorted(str(key) for key in value):
            made[key] = _json(value[key], inner)
    except _Unfit as unfit:
        raise unfit.within(f".{key}") from None
    return made


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the hint alone; Annotated around a union is looked through."""
    if get_origin(hint) in (Union, UnionType):
        return get_args(hint)
    return (hint,)


@cache
def _is_instant(hint: Any) -> bool:
    return any(isinstance(mark, _Instant) for member in _alternatives(hint) for mark in getattr(member, "__metadata__", ()))


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _item_hints(hint: Any, length: int) -> tuple[Any, ...]:
    args = _tuple_arguments(hint)
    if args is None:
        return (object,) * length
    return args[:1] * length if args[-1] is Ellipsis else args


@cache
def _tuple_arguments(hint: Any) -> tuple[Any, ...] | None:
    for member in _alternatives(hint):
        bare = _bare(member)
        if get_origin(bare) is tuple:
            return get_args(bare)
    return None


@cache
def _mapping_hint(hint: Any) -> Any:
    for member in _alternatives(hint):
        bare = _bare(member)
        if get_origin(bare) is Mapping:
            return get_args(bare)[1]
    return object


_PLAIN: Final[Mapping[Any, JsonObject]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    object: {},
}


def _schema(hint: Any, definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(hint, definitions)
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(member, definitions) for member in get_args(hint)]}
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is tuple:
        return _array(get_args(hint), definitions)
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(get_args(hint)[1], definitions)}
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type) and is_dataclass(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = None  # keeps a recursive type finite
            definitions[name] = closed_object(object_properties(hint, definitions))
        return {"$ref": f"#/$defs/{name}"}
    raise TypeError(f"{hint!r} has no JSON Schema here")


def _annotated(hint: Any, definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    base, *marks = get_args(hint)
    if any(isinstance(mark, _Instant) for mark in marks):
        return {"type": "string", "pattern": INSTANT_PATTERN}
    schema = _schema(base, definitions)
    for mark in marks:
        if isinstance(mark, Fragment):
            schema |= mark.keywords
    return schema


def _array(args: tuple[Any, ...], definitions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if args[-1] is Ellipsis:
        return {"type": "array", "items": _schema(args[0], definitions)}
    return {
        "type": "array",
        "prefixItems": [_schema(arg, definitions) for arg in args],
        "minItems": len(args),
        "maxItems": len(args),
    }
