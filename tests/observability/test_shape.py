"""Dataclasses as JSON and as JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import jsonschema
import pytest

from golive.observability.shape import Amount, Count, Instant, as_json, schema_of


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Leaf:
    from_: Instant
    size: Amount


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    pair: tuple[Instant, str]
    seen: Instant | None
    colour: Colour
    kind: Literal["a", "b"]
    counts: Mapping[str, Count]
    ratio: float


TREE = Tree((Leaf(0, "1.5"),), (1_000_000, "x"), None, Colour.RED, "a", {"z": 1, "a": 2}, 0.00005)


def schema() -> dict[str, object]:
    definitions: dict[str, object] = {}
    return {**schema_of(Tree, definitions), "$defs": definitions}  # type: ignore[arg-type]  # a plain dict of JSON values


def test_moments_become_iso_and_reserved_names_their_plain_form() -> None:
    assert as_json(TREE) == {
        "leaves": [{"from": "1970-01-01T00:00:00Z", "size": "1.5"}],
        "pair": ["1970-01-01T00:00:00.001Z", "x"],
        "seen": None,
        "colour": "red",
        "kind": "a",
        "counts": {"a": 2, "z": 1},
        "ratio": 0.0001,
    }
    assert list(as_json(TREE)["counts"]) == ["a", "z"]  # type: ignore[arg-type,call-overload,index]  # an object, as just shown


@pytest.mark.parametrize(("value", "shown"), [(0.12345, 0.1235), (0.000049, 0.0), (-0.00001, 0.0), (2.5, 2.5)])
def test_statistics_are_rounded_half_even_to_four_decimals(value: float, shown: float) -> None:
    rounded = as_json(Tree((), (0, ""), 0, Colour.RED, "b", {}, value))
    assert isinstance(rounded, dict)
    assert json.dumps(rounded["ratio"]) == json.dumps(shown), "never a minus zero"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_carry_names_its_field(value: float) -> None:
    with pytest.raises(ValueError, match=r"Tree\.ratio is"):
        as_json(Tree((), (0, ""), 0, Colour.RED, "b", {}, value))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("leaves", [{"from": "1970-01-01T00:00:00Z", "size": "1e5"}]),
        ("leaves", [{"from": 0, "size": "1"}]),
        ("leaves", [{"from": "1970-01-01T00:00:00Z", "size": "1", "more": 1}]),
        ("pair", ["1970-01-01T00:00:00Z"]),
        ("seen", "yesterday"),
        ("colour", "blue"),
        ("kind", "c"),
        ("counts", {"a": -1}),
        ("ratio", None),
    ],
)
def test_the_schema_accepts_the_value_and_refuses_another(field: str, value: object) -> None:
    document = json.loads(json.dumps(as_json(TREE)))
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(document)
    assert not validator.is_valid(document | {field: value})


def test_a_type_that_json_does_not_have_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        value: bytes

    with pytest.raises(ValueError, match=r"Odd\.value is a bytes"):
        as_json(Odd(b""))
    with pytest.raises(TypeError, match="has no JSON Schema"):
        schema_of(Odd, {})
