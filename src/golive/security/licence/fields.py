"""The fields of what an issuer signed: exactly those expected, each of its kind; whole numbers only, nothing is rounded."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from golive.inputs.strict_json import NotStrictJson, decoded, unique
from golive.inputs.strict_json import text_of as text_of_bytes
from golive.model.json import JsonValue

from .fault import FaultCode, NotBelieved

MAX_BYTES: Final = 256 * 1024
"""of one document"""
MAX_DIGITS: Final = 15
Fields: TypeAlias = Mapping[str, JsonValue]


def strict_object(data: bytes, what: str) -> dict[str, JsonValue]:
    """Return the object that `data` is; NotBelieved (`malformed`) for anything else."""
    if len(data) > MAX_BYTES:
        raise malformed(f"{what} is longer than {MAX_BYTES} bytes")
    try:
        value = decoded(text_of_bytes(data), _DECODER)
    except NotStrictJson:  # its text quotes what was read
        raise malformed(f"{what} is not JSON with each key once and whole numbers only") from None
    if not isinstance(value, dict):
        raise malformed(f"{what} is no object")
    return value


def demand_fields(fields: Fields, names: Sequence[str], what: str) -> None:
    """Raise NotBelieved unless `fields` has exactly `names`."""
    for name in names:
        if name not in fields:
            raise malformed(f"{what}: field {name!r} is missing")
    for name in fields:
        if name not in names:
            raise malformed(f"{what}: unknown field {name!r:.40}")


def text_of(fields: Fields, name: str, is_good: Callable[[str], object]) -> str:
    """Return a text that `is_good`."""
    value = fields[name]
    if not isinstance(value, str) or not is_good(value):
        raise malformed(f"field {name!r} is not what it must be")
    return value


def count_of(fields: Fields, name: str, least: int = 0) -> int:
    """Return a whole number that is at least `least`; true and false are none."""
    value = fields[name]
    if type(value) is not int or value < least:
        raise malformed(f"field {name!r} is no whole number of at least {least}")
    return value


def flag_of(fields: Fields, name: str) -> bool:
    value = fields[name]
    if not isinstance(value, bool):
        raise malformed(f"field {name!r} is neither true nor false")
    return value


def texts_of(fields: Fields, name: str, is_good: Callable[[str], object]) -> tuple[str, ...]:
    """Return a list of texts that are all good and all different."""
    value = fields[name]
    if not isinstance(value, list):
        raise malformed(f"field {name!r} is no list")
    texts = tuple(each for each in value if isinstance(each, str) and is_good(each))
    if len(texts) != len(value) or len(set(texts)) != len(texts):
        raise malformed(f"field {name!r} has an entry that is not what it must be, or stands there twice")
    return texts


def malformed(text: str) -> NotBelieved:
    return NotBelieved(FaultCode.MALFORMED, text)


def _refuse(text: str) -> NoReturn:
    raise NotStrictJson("holds a number that is not whole")


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS or text == "-0":
        _refuse(text)
    return int(text)


_DECODER: Final = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_whole, object_pairs_hook=unique)
