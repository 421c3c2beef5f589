"""How a configuration key is declared: its documentation, unit and bounds, and the shape its type hint gives it.

A section is a frozen dataclass whose fields are `Annotated[type, Key("...")]`; reader, documentation and JSON Schema
all follow from that one declaration.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import cache
from typing import Annotated, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

Number: TypeAlias = int | Decimal
ParameterValue: TypeAlias = bool | int | Decimal | str

NAME: Final = r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*"
"""Names an operator gives to entrypoints, environments, profiles; no double underscore, it separates overrides."""

RELATIVE_PATH: Final = r"(?!.*(^|/)\.\.(/|$))[^/\\:\x00][^\\:\x00]*"
RELATIVE_FORM: Final = "a relative path with '/' and without '..'"


class Kind(Enum):
    """What a single value is."""

    BOOLEAN = auto()
    INTEGER = auto()
    DECIMAL = auto()
    NUMBER = auto()
    """An integer or decimal that stays as it was written."""
    TEXT = auto()
    SWITCH = auto()
    PARAMETER = auto()

    @property
    def words(self) -> str:
        """How messages name it."""
        return _WORDS[self]


_WORDS: Final = {
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "an integer",
    Kind.DECIMAL: "a number",
    Kind.NUMBER: "a number",
    Kind.TEXT: "text",
    Kind.SWITCH: "true, false or a word",
    Kind.PARAMETER: "a number, true, false or text",
}


@dataclass(frozen=True, slots=True)
class Key:
    """Documentation and rules of one key. Rules for a value also hold for each item of a list or mapping of values."""

    doc: str
    unit: str = ""
    minimum: int | None = None
    """Smallest allowed number."""
    above: int | None = None
    """The number must be greater than this."""
    maximum: int | None = None
    choices: tuple[str | bool, ...] = ()
    pattern: str = ""
    """Regular expression the whole text must match."""
    form: str = ""
    """The pattern in words."""
    names: str = ""
    """Regular expression for the names in a mapping."""
    names_form: str = ""
    example: str = ""
    at_least: int = 0
    """Least number of items or names."""


@dataclass(frozen=True, slots=True)
class Leaf:
    kind: Kind


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Leaf | Section


@dataclass(frozen=True, slots=True)
class TableOf:
    item: Shape


@dataclass(frozen=True, slots=True)
class Section:
    type: type


Shape: TypeAlias = Leaf | ListOf | TableOf | Section


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a section. `default` is MISSING for a required key; None where the default follows from other keys."""

    name: str
    shape: Shape
    key: Key
    default: object

    @property
    def is_required(self) -> bool:
        return self.default is dataclasses.MISSING


_KINDS: Final[Mapping[frozenset[object], Kind]] = {
    frozenset({bool}): Kind.BOOLEAN,
    frozenset({int}): Kind.INTEGER,
    frozenset({Decimal}): Kind.DECIMAL,
    frozenset({int, Decimal}): Kind.NUMBER,
    frozenset({str}): Kind.TEXT,
    frozenset({bool, str}): Kind.SWITCH,
    frozenset({bool, int, Decimal, str}): Kind.PARAMETER,
}


@cache
def fields_of(section: type) -> tuple[Field, ...]:
    """Return the declared keys of a section in order."""
    hints = get_type_hints(section, include_extras=True)
    return tuple(_field(spec, hints[spec.name]) for spec in dataclasses.fields(section))


def _field(spec: dataclasses.Field[object], hint: object) -> Field:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{spec.name} is declared without a Key")
    inner, key = get_args(hint)[:2]
    default = spec.default_factory() if spec.default_factory is not dataclasses.MISSING else spec.default
    return Field(spec.name, _shape(inner), key, default)


def _shape(hint: object) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        members = frozenset(arguments) - {types.NoneType}
        return Leaf(_KINDS[members]) if members in _KINDS else _shape(*members)
    if origin is tuple:
        item = _shape(arguments[0])
        assert isinstance(item, Leaf | Section)
        return ListOf(item)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return TableOf(_shape(arguments[1]))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Section(hint)
    return Leaf(_KINDS[frozenset({hint})])
