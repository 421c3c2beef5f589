"""Checks a tree of nodes against the declared sections and builds the sections from it.

`Draft` holds every value that could be read, by path, also while others are wrong: the cross-checks work on it, so that
one run reports wrong types and dangling names together.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias, TypeVar, cast

from .key import Field, Key, Kind, Leaf, ListOf, Section, Shape, TableOf, fields_of
from .node import Entries, Items, Node, Scalar, ScalarValue, Unreadable
from .problem import Position, Problems, did_you_mean, looks_secret, shown_text, text_of
from .scalar import number_kind

Path: TypeAlias = tuple[str, ...]
LeafValue: TypeAlias = bool | int | Decimal | str | tuple[str, ...]
T = TypeVar("T")

_TYPES: Mapping[Kind, tuple[type, ...]] = {
    Kind.BOOLEAN: (bool,),
    Kind.INTEGER: (int,),
    Kind.DECIMAL: (int, Decimal),
    Kind.NUMBER: (int, Decimal),
    Kind.TEXT: (str,),
    Kind.SWITCH: (bool, str),
    Kind.PARAMETER: (bool, int, Decimal, str),
}


@dataclass(slots=True)
class Draft:
    """Values, names and positions by path; a path that was wrong or missing has no value."""

    start: Position
    """Where the first file begins; the place of what has no other."""
    values: dict[Path, LeafValue] = field(default_factory=dict)
    names: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """Names in each mapping that was read, also those whose content is wrong."""
    keys: dict[Path, Position] = field(default_factory=dict)
    positions: dict[Path, Position] = field(default_factory=dict)
    """Where each value stands; a path without one has its default."""

    def text(self, *path: str) -> str | None:
        value = self.values.get(path)
        return value if isinstance(value, str) else None

    def texts(self, *path: str) -> tuple[str, ...] | None:
        value = self.values.get(path)
        return value if isinstance(value, tuple) else None

    def number(self, *path: str) -> int | Decimal | None:
        value = self.values.get(path)
        return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None

    def where(self, *path: str) -> Position:
        """Return the position of a value, of its key, or of the nearest thing above that stands in a source."""
        for end in range(len(path), 0, -1):
            for table in (self.positions, self.keys):
                if path[:end] in table:
                    return table[path[:end]]
        return self.start


def path_text(path: Path) -> str:
    """Return a path as messages write it: trading.entrypoints.okx_desktop_paper."""
    return ".".join(path)


def bind(section: type, root: Entries, draft: Draft, problems: Problems) -> None:
    """Read a file's tree into `draft`; every deviation from the declaration is added to `problems`."""
    _Binder(draft, problems).section(section, root, (), root.position)


def build(section: type[T], draft: Draft, path: Path = ()) -> T:
    """Build a section from a draft without problems."""
    arguments = {
        spec.name: _value(spec.shape, spec.default, draft, (*path, spec.name)) for spec in fields_of(cast("type", section))
    }
    return section(**arguments)


def _value(shape: Shape, default: object, draft: Draft, path: Path) -> object:
    if isinstance(shape, Section):
        return build(cast("type[object]", shape.type), draft, path) if path in draft.names else default
    if isinstance(shape, TableOf):
        items = {name: _value(shape.item, None, draft, (*path, name)) for name in draft.names.get(path, ())}
        return MappingProxyType(items)
    if isinstance(shape, ListOf) and isinstance(shape.item, Section) and path in draft.names:
        return tuple(_value(shape.item, None, draft, (*path, index)) for index in draft.names[path])
    return draft.values.get(path, default)


class _Binder:
    def __init__(self, draft: Draft, problems: Problems) -> None:
        self._draft = draft
        self._problems = problems

    def section(self, section: type, node: Entries, path: Path, at: Position) -> None:
        fields = {spec.name: spec for spec in fields_of(section)}
        self._draft.names[path] = tuple(fields)
        for name, entry in node.entries.items():
            if name not in fields:
                self._unknown(name, entry.key_position, fields, path)
        for name, spec in fields.items():
            here = (*path, name)
            if name in node.entries:
                self._draft.keys[here] = node.entries[name].key_position
                self._node(spec.shape, spec.key, node.entries[name].value, here)
            elif name in node.unreadable:
                continue
            elif spec.is_required:
                self._missing(spec, path, at)
            else:
                self._default(spec, here)

    def _unknown(self, name: str, position: Position, fields: Mapping[str, Field], path: Path) -> None:
        place = f"in {path_text(path)}" if path else "at the top of the file"
        is_secret = looks_secret(name)
        fix = "credentials belong in the secret store, never in this file" if is_secret else did_you_mean(name, fields)
        self._problems.add(position, f"unknown key {name} {place}", allowed=", ".join(fields), fix=fix)

    def _missing(self, spec: Field, path: Path, at: Position) -> None:
        place = f"in {path_text(path)}" if path else "at the top of the file"
        what = self._expectation(spec.shape, spec.key)
        self._problems.add(at, f"missing key {spec.name} {place}", fix=f"add {spec.name}: {what}. {spec.key.doc}")

    @staticmethod
    def _expectation(shape: Shape, key: Key) -> str:
        if key.choices:
            return " | ".join(text_of(c) for c in key.choices)
        if isinstance(shape, Leaf):
            return key.form or shape.kind.words
        return "a list" if isinstance(shape, ListOf) else "a section"

    def _default(self, spec: Field, path: Path) -> None:
        """Enter the default of an absent key, so that cross-checks and listings see effective values."""
        if isinstance(spec.shape, Section):
            if spec.default is not None:
                self.section(spec.shape.type, Entries(self._draft.where(*path), {}), path, self._draft.where(*path))
        elif isinstance(spec.shape, TableOf):
            self._draft.names[path] = ()
        elif spec.default is not None:
            self._draft.values[path] = cast("LeafValue", spec.default)

    def _node(self, shape: Shape, key: Key, node: Node, path: Path) -> None:
        self._draft.positions[path] = node.position
        if isinstance(node, Unreadable):
            return
        if isinstance(shape, Leaf):
            value = self._leaf(shape, key, node, path)
            if value is not None:
                self._draft.values[path] = value
        elif isinstance(shape, ListOf):
            self._list(shape, key, node, path)
        elif not isinstance(node, Entries):
            self._problems.add(node.position, f"{path_text(path)}: expected a section (key: value), found {_kind(node)}")
        elif isinstance(shape, Section):
            self.section(shape.type, node, path, self._draft.keys.get(path, node.position))
        else:
            self._table(shape, key, node, path)

    def _table(self, shape: TableOf, key: Key, node: Entries, path: Path) -> None:
        self._draft.names[path] = tuple(node.entries)
        if len(node.entries) < key.at_least:
            self._problems.add(node.position, f"{path_text(path)} is empty", fix=f"add at least {key.at_least}")
        for name, entry in node.entries.items():
            if len(name) > 64 or not re.fullmatch(key.names, name):
                fix = f"e.g. {key.example}" if key.example else ""
                message = f"{shown_text('', name, 80)} is not a valid name here"
                self._problems.add(entry.key_position, message, allowed=key.names_form, fix=fix)
            self._draft.keys[(*path, name)] = entry.key_position
            self._node(shape.item, dataclasses.replace(key, at_least=0), entry.value, (*path, name))

    def _list(self, shape: ListOf, key: Key, node: Node, path: Path) -> None:
        if not isinstance(node, Items):
            self._problems.add(node.position, f"{path_text(path)}: expected a list such as [a, b], found {_kind(node)}")
            return
        if len(node.items) < key.at_least:
            self._problems.add(node.position, f"{path_text(path)} is empty", fix=f"add at least {key.at_least}")
        if isinstance(shape.item, Section):
            self._sections(shape.item, node, path)
            return
        values: list[str] = []
        complete = True
        for index, item in enumerate(node.items):
            here = (*path, str(index))
            self._draft.positions[here] = item.position
            value = None if isinstance(item, Unreadable) else self._leaf(shape.item, key, item, here)
            if value in values:
                self._problems.add(item.position, f"{value} stands twice in {path_text(path)}", fix="remove one of the two")
            if isinstance(value, str):
                values.append(value)
            complete = complete and value is not None
        if complete:
            self._draft.values[path] = tuple(values)

    def _sections(self, shape: Section, node: Items, path: Path) -> None:
        """Read a list of sections; its names are their numbers, from 0."""
        self._draft.names[path] = tuple(map(str, range(len(node.items))))
        if not node.items:
            self._draft.values[path] = ()
        for index, item in enumerate(node.items):
            self._draft.keys[(*path, str(index))] = item.position
            self._node(shape, Key(""), item, (*path, str(index)))

    def _leaf(self, shape: Leaf, key: Key, node: Node, path: Path) -> bool | int | Decimal | str | None:
        expected = self._expectation(shape, dataclasses.replace(key, choices=()))
        if not isinstance(node, Scalar):
            self._problems.add(node.position, f"{path_text(path)}: expected {expected}, found {_kind(node)}")
            return None
        value = node.value
        fits = isinstance(value, _TYPES[shape.kind]) and (not isinstance(value, bool) or bool in _TYPES[shape.kind])
        if not fits or value is None:
            self._wrong_type(shape.kind, key, value, node.position, path)
            return None
        broken = _broken_rule(value, key, path[-1])
        if broken:
            message, allowed, fix = broken
            self._problems.add(node.position, f"{path_text(path)}: {message}", allowed=allowed, fix=fix)
            return None
        return Decimal(value) if shape.kind is Kind.DECIMAL and isinstance(value, int) else value

    def _wrong_type(self, kind: Kind, key: Key, value: ScalarValue, position: Position, path: Path) -> None:
        shown = "" if value is None or looks_secret(path[-1]) else f" {shown_text(path[-1], value, 60)}"
        fix = ""
        if kind is Kind.TEXT and value is not None:
            fix = "quote it"
        elif isinstance(value, str) and re.fullmatch(r"-?[0-9.]+|true|false", value):
            fix = "remove the quotes"
        self._problems.add(
            position,
            f"{path_text(path)}: expected {kind.words}, found {number_kind(value)}{shown}",
            allowed=_allowed(key),
            fix=fix,
        )


def _broken_rule(value: bool | int | Decimal | str, key: Key, name: str) -> tuple[str, str, str] | None:
    """Return message, allowed values and fix for a value of the right type that breaks a rule of its key `name`."""
    if key.choices and not any(value == c and type(value) is type(c) for c in key.choices):
        return (
            f"{shown_text(name, value, 60)} is not one of the allowed values",
            _allowed(key),
            did_you_mean(text_of(value), [c for c in key.choices if isinstance(c, str)]),
        )
    if isinstance(value, str):
        if key.pattern and (len(value) > 256 or not re.fullmatch(key.pattern, value)):
            return f"{shown_text(name, repr(value), 80)} is not {key.form or 'of the right form'}", key.form, ""
        return ("the text is empty", "", "") if not value else None
    if isinstance(value, bool):
        return None
    low = key.minimum is not None and value < key.minimum
    low = low or (key.above is not None and value <= key.above)
    if low or (key.maximum is not None and value > key.maximum):
        return f"{value} is out of range", _allowed(key), ""
    return None


def _allowed(key: Key) -> str:
    if key.choices:
        return ", ".join(text_of(c) for c in key.choices)
    parts = []
    if key.minimum is not None:
        parts.append(f"at least {key.minimum}")
    if key.above is not None:
        parts.append(f"greater than {key.above}")
    if key.maximum is not None:
        parts.append(f"at most {key.maximum}")
    return " and ".join(parts) + (f" ({key.unit})" if parts and key.unit else "")


def _kind(node: Node) -> str:
    if isinstance(node, Items):
        return "a list"
    return "a section" if isinstance(node, Entries) else number_kind(node.value if isinstance(node, Scalar) else None)
