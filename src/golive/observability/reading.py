"""Typed access to a report document: what a rendering reads, with the path named when it is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golive.model.errors import MalformedPayload
from golive.model.json import JsonObject, JsonValue


def value(document: JsonObject, *path: str) -> JsonValue:
    """Return what stands at `path`; raise MalformedPayload when a part of it is missing."""
    found: JsonValue = document
    for step, key in enumerate(path):
        if not isinstance(found, Mapping) or key not in found:
            raise MalformedPayload(f"report: {'.'.join(path[: step + 1])} is missing")
        found = found[key]
    return found


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
    if isinstance(found, bool) or not isinstance(found, int | float):
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
        if not isinstance(row, Mapping):
            raise _wrong(path, "a list of objects")
        rows.append(row)
    return rows


def texts(document: JsonObject, *path: str) -> list[str]:
    """Return a list of texts."""
    return [str(item) for item in sequence(document, *path)]


def _wrong(path: Sequence[str], wanted: str) -> MalformedPayload:
    return MalformedPayload(f"report: {'.'.join(path)} is not {wanted}")
