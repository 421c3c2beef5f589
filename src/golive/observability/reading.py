"""Typed access to a report document: what a rendering reads, with the path named when it is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from golive.model.errors import MalformedPayload
from golive.model.json import JsonObject, JsonValue

_OBJECTS: Final = (dict, Mapping)
"""the first is what nearly all are, and quick to tell"""


def value(document: JsonObject, *path: str) -> JsonValue:
    """Return what stands at `path`; raise MalformedPayload when a part of it is missing."""
    found: Any = document
    try:
        for key in path:
            found = found[key]
    except (KeyError, TypeError):  # TypeError: what should be an object is none
        raise MalformedPayload(f"report: {_missing(document, path)} is missing") from None
    return cast(JsonValue, found)


def _missing(document: JsonObject, path: Sequence[str]) -> str:
    """Return how far into `path` the document does not go."""
    found: Any = document
    for step, key in enumerate(path):
        if not isinstance(found, _OBJECTS) or key not in found:
            return ".".join(path[: step + 1])
        found = found[key]
    return ".".join(path)


def text(document: JsonObject, *path: str) -> str:
    """Return a text."""
    found = value(document, *path)
    if not isinstance(found, str):
        raise _wrong(path, "a text")
    return found


def optional_text(document: JsonObject, *path: str) -> str | None:
    """Return a text or None."""
    return None if value(document, *path) is None else text(document, *path)


def number(document: JsonObject, *path: str) -> float:
    """Return a number, int or float as it stands."""
    found = value(document, *path)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise _wrong(path, "a number")
    return found


def optional_number(document: JsonObject, *path: str) -> float | None:
    """Return a number or None."""
    return None if value(document, *path) is None else number(document, *path)


def mapping(document: JsonObject, *path: str) -> JsonObject:
    """Return an object."""
    found = value(document, *path)
    if not isinstance(found, Mapping):
        raise _wrong(path, "an object")
    return found


def optional_mapping(document: JsonObject, *path: str) -> JsonObject | None:
    """Return an object or None."""
    return None if value(document, *path) is None else mapping(document, *path)


def sequence(document: JsonObject, *path: str) -> Sequence[JsonValue]:
    """Return a list."""
    found = value(document, *path)
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise _wrong(path, "a list")
    return found


def mappings(document: JsonObject, *path: str) -> list[JsonObject]:
    """Return a list of objects."""
    rows: list[JsonObject] = []
    for row in sequence(document, *path):
        if not isinstance(row, _OBJECTS):
            raise _wrong(path, "a list of objects")
        rows.append(row)
    return rows


def texts(document: JsonObject, *path: str) -> list[str]:
    """Return a list of texts."""
    return [str(item) for item in sequence(document, *path)]


def _wrong(path: Sequence[str], wanted: str) -> MalformedPayload:
    return MalformedPayload(f"report: {'.'.join(path)} is not {wanted}")
