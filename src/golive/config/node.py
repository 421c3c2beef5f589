"""The tree a configuration source is read into: mappings, sequences and scalars, each with its position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from .problem import Position

ScalarValue: TypeAlias = bool | int | Decimal | str | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; a number keeps its exact decimal value."""

    position: Position
    value: ScalarValue


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    position: Position
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping with the position of its key."""

    key_position: Position
    value: Node


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `unreadable` names the keys whose text could not be read and was already reported."""

    position: Position
    entries: Mapping[str, Entry]
    unreadable: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A node that was reported while reading; later checks pass over it in silence."""

    position: Position


Node: TypeAlias = Scalar | Items | Entries | Unreadable
