"""Reads YAML text into nodes with positions; refuses everything whose meaning is not plain to see.

Refused: anchors, aliases, tags, merge keys, directives, further documents, duplicate and non-text keys, tabs,
control characters, values over several lines without quotes, nesting and size beyond the bounds. After a syntax error
the top-level section it stands in is set aside and the rest is read, so that one typing error hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from .node import Entries, Entry, Items, Node, Scalar, Unreadable
from .problem import Position, Problems, SourceFile
from .scalar import Trap, plain_value

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16
_MAX_SYNTAX_ERRORS: Final = 20
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SECTION = re.compile(r"([A-Za-z_][\w-]*)\s*:")


class _TooDeep(Exception):
    """Nesting passed MAX_DEPTH; reading on could take unbounded work."""


def read_document(source: SourceFile, rank: int, problems: Problems) -> Entries | None:
    """Return the mapping a file holds, None when there is none; every problem found is added to `problems`."""
    start = Position(rank, source.path, 1, 1)
    text = _decoded(source, start, problems)
    if text is None:
        return None
    clean = _without_forbidden_characters(text, start, problems)
    root, unreadable = _Recovery(clean, start, problems).read()
    if root is None:
        if not unreadable:
            problems.add(start, "the file is empty", fix="restore the shipped file or see docs/configuration.md")
            return None
        return Entries(start, {}, unreadable)
    if not isinstance(root, Entries):
        if not isinstance(root, Unreadable):
            problems.add(root.position, "expected sections (key: value) at the top of the file")
        return None
    return Entries(root.position, root.entries, unreadable)


def read_value(name: str, text: str, rank: int, problems: Problems) -> Node | None:
    """Return one value given as text, such as that of an environment variable; None when it was reported."""
    start = Position(rank, name, 1, 1)
    problems.add_source(name, text)
    if len(text) > 4096:
        problems.add(start, "the value is longer than 4096 characters")
        return None
    clean = _without_forbidden_characters(text, start, problems)
    found = Problems(texts=problems.texts)
    try:
        node = _Composer(clean, start, found).root()
    except yaml.MarkedYAMLError as error:
        _report_syntax(error, start, problems)
        return None
    except _TooDeep:
        node = Unreadable(start)
    problems.found += found.found
    return None if isinstance(node, Unreadable) else node if node is not None else Scalar(start, None)


def _decoded(source: SourceFile, start: Position, problems: Problems) -> str | None:
    if len(source.data) > MAX_BYTES:
        problems.add(start, f"the file is larger than {MAX_BYTES} bytes", fix="a configuration this large is a mistake")
        return None
    try:
        text = source.data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source.data[: error.start].decode("utf-8")
        lines = _BREAK.split(before)
        problems.add_source(source.path, source.data.decode("utf-8", errors="replace"))
        position = Position(start.rank, start.file, len(lines), len(lines[-1]) + 1)
        problems.add(position, f"byte 0x{source.data[error.start]:02x} is not UTF-8", fix="save the file as UTF-8")
        return None
    problems.add_source(source.path, text)
    return text


def _without_forbidden_characters(text: str, start: Position, problems: Problems) -> str:
    """Report control characters and tabs, each once per line, and return the text with spaces in their place."""
    if text.startswith("\ufeff"):
        problems.add(start, "the file starts with a byte order mark", fix="save it as UTF-8 without one")
    for number, line in enumerate(_BREAK.split(text), 1):
        if (column := line.find("\t")) >= 0:
            position = Position(start.rank, start.file, number, column + 1)
            problems.add(position, "tab character", fix='indent with spaces; inside text write "\\t" in double quotes')
        for match in _CONTROL.finditer(line.replace("\ufeff", " ", 1) if number == 1 else line):
            position = Position(start.rank, start.file, number, match.start() + 1)
            problems.add(position, f"character U+{ord(match.group()):04X} is not printable", fix="remove it")
            break
    return _CONTROL.sub(" ", text).replace("\t", " ")


class _Recovery:
    """Reads a document; after a syntax error without the top-level section that holds it, until the rest is sound."""

    def __init__(self, text: str, start: Position, problems: Problems) -> None:
        self._lines = _BREAK.split(text)
        self._start = start
        self._problems = problems
        self._unreadable: set[str] = set()

    def read(self) -> tuple[Node | None, frozenset[str]]:
        for _ in range(_MAX_SYNTAX_ERRORS):
            found = Problems(texts=self._problems.texts)
            try:
                root = _Composer("\n".join(self._lines), self._start, found).root()
            except yaml.MarkedYAMLError as error:
                _report_syntax(error, self._start, self._problems)
                if not self._set_aside(error):
                    return Unreadable(self._start), frozenset(self._unreadable)
            except _TooDeep:
                self._problems.found += found.found
                return Unreadable(self._start), frozenset(self._unreadable)
            else:
                self._problems.found += found.found
                return root, frozenset(self._unreadable)
        return Unreadable(self._start), frozenset(self._unreadable)

    def _set_aside(self, error: yaml.MarkedYAMLError) -> bool:
        """Blank the section of the error; False when that is not possible."""
        candidates = [error.problem_mark]
        if error.context and ("flow" in error.context or "quoted" in error.context or "simple key" in error.context):
            candidates.insert(0, error.context_mark)
        return any(self._blank(mark.line) for mark in candidates if mark is not None)

    def _blank(self, line: int) -> bool:
        def opens(index: int) -> bool:
            return bool(self._lines[index]) and self._lines[index][0] not in " #"

        first = min(line, len(self._lines) - 1)
        while first >= 0 and not opens(first):
            first -= 1
        if first < 0:
            return False
        last = first + 1
        while last < len(self._lines) and not opens(last):
            last += 1
        if match := _SECTION.match(self._lines[first]):
            self._unreadable.add(match.group(1))
        self._lines[first:last] = [""] * (last - first)
        return True


def _report_syntax(error: yaml.MarkedYAMLError, start: Position, problems: Problems) -> None:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    opened = ""
    if error.context_mark and error.context and error.context_mark.line + 1 != line:
        opened = f" ({error.context} that starts in line {error.context_mark.line + 1})"
    message = f"this is not YAML: {error.problem or error.context}{opened}"
    problems.add(
        Position(start.rank, start.file, line, column),
        message,
        fix="check indentation, a missing ':' or quote, and that every [ and { is closed",
    )


class _Composer:
    """Turns PyYAML's event stream into nodes; recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str, start: Position, problems: Problems) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._start = start
        self._problems = problems

    def root(self) -> Node | None:
        """Return the only document's node; None when there is no document."""
        root: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._problems.add(self._at(event), "directives are not allowed", fix="remove the line that starts with %")
                if documents > 1:
                    self._problems.add(self._at(event), "a second document starts here", fix="keep one document per file")
                    return root
                root = self._node(next(self._events), 0)
        return root

    def _at(self, event: yaml.Event) -> Position:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Position(self._start.rank, self._start.file, line, column)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        position = self._at(event)
        if isinstance(event, yaml.AliasEvent):
            self._problems.add(position, f"alias *{event.anchor} is not allowed", fix="write the value out")
            return Unreadable(position)
        sound = self._is_plain_of(event, position)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, position) if sound else Unreadable(position)
        if depth >= MAX_DEPTH:
            self._problems.add(position, f"nested deeper than {MAX_DEPTH} levels")
            raise _TooDeep
        node = self._items(position, depth) if isinstance(event, yaml.SequenceStartEvent) else self._entries(position, depth)
        return node if sound else Unreadable(position)

    def _is_plain_of(self, event: yaml.Event, position: Position) -> bool:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            self._problems.add(position, f"anchor &{anchor} is not allowed", fix="write each value out where it is used")
            return False
        if tag:
            self._problems.add(position, f"tag {tag} is not allowed", fix="remove it; types follow from the key")
            return False
        return True

    def _scalar(self, event: yaml.ScalarEvent, position: Position) -> Node:
        if event.style is not None:
            return Scalar(position, event.value)
        if event.start_mark and event.end_mark and event.end_mark.line != event.start_mark.line:
            self._problems.add(
                position, "a value without quotes goes over several lines", fix="check for a missing ':' or quote it"
            )
            return Unreadable(position)
        value = plain_value(event.value)
        if isinstance(value, Trap):
            self._problems.add(position, value.message, fix=value.fix)
            return Unreadable(position)
        return Scalar(position, value)

    def _items(self, position: Position, depth: int) -> Items:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Items(position, tuple(items))

    def _entries(self, position: Position, depth: int) -> Entries:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key_position = self._at(event)
            key = self._key(event, depth)
            value = self._node(next(self._events), depth + 1)
            if key is None:
                continue
            if key in entries:
                first = entries[key].key_position.line
                self._problems.add(key_position, f"duplicate key {key}, first in line {first}", fix="remove one of the two")
                continue
            entries[key] = Entry(key_position, value)
        return Entries(position, entries)

    def _key(self, event: yaml.Event, depth: int) -> str | None:
        position = self._at(event)
        written = event.value if isinstance(event, yaml.ScalarEvent) else ""
        if written == "<<" and isinstance(event, yaml.ScalarEvent) and event.style is None:
            self._problems.add(position, "merge key << is not allowed", fix="write the values out")
            return None
        node = self._node(event, depth + 1)
        if isinstance(node, Scalar):
            if isinstance(node.value, str):
                return node.value
            self._problems.add(position, f"key {written or 'null'} is not text", fix="quote the key")
        elif not isinstance(node, Unreadable):
            self._problems.add(position, "a key must be text")
        return None
