"""Where something stands in a configuration source, what is wrong there, and how that is told to a person."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from golive.model.errors import ConfigError
from golive.model.redaction import HIDDEN, without_addresses

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_SECRET_NAME = re.compile(r"secret|password|passphrase|passwd|api_?key|private_?key|token|credential", re.IGNORECASE)
_SECRET_ENTRY = re.compile(
    r"""(?P<key>["']?[\w-]*(?:secret|password|passphrase|passwd|api_?key|private_?key|token|credential)[\w-]*["']?\s*:\s*)[^,}\]]+""",
    re.IGNORECASE,
)
_WINDOW = 120
"""Characters of an offending line that are shown."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One configuration file as read: `path` is how messages name it, `data` its bytes."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a source; line and column count from 1 in characters. `rank` orders the sources."""

    rank: int
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to fix: where, what, the allowed values or the nearest name, and the fix."""

    position: Position
    message: str
    allowed: str = ""
    fix: str = ""
    line: str = ""

    def __str__(self) -> str:
        parts = [f"{self.position}: {self.message}"]
        if self.line.strip():
            parts += _with_caret(self.line, self.position.column)
        if self.allowed:
            parts.append(f"    allowed: {self.allowed}")
        if self.fix:
            parts.append(f"    fix: {self.fix}")
        return "\n".join(parts)


class ConfigErrors(ConfigError):
    """Everything that is wrong with the configuration, in the order of the sources."""

    is_redacted = True

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        tail = f"{count} problem{'' if count == 1 else 's'} in the configuration; nothing was started"
        super().__init__("\n".join([*map(str, self.problems), tail]))


@dataclass(slots=True)
class Problems:
    """Collects problems while sources are read; knows the text of every source for the offending line."""

    found: list[Problem] = field(default_factory=list)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add_source(self, name: str, text: str) -> None:
        self.texts[name] = tuple(_LINE_BREAK.split(text))

    def add(self, position: Position, message: str, *, allowed: str = "", fix: str = "") -> None:
        self.found.append(self.problem(position, message, allowed=allowed, fix=fix))

    def problem(self, position: Position, message: str, *, allowed: str = "", fix: str = "") -> Problem:
        message, allowed, fix = map(without_addresses, (message, allowed, fix))
        return Problem(position, message, allowed, fix, self._line(position))

    def _line(self, position: Position) -> str:
        lines = self.texts.get(position.file, ())
        return redacted(lines[position.line - 1]) if position.line <= len(lines) else ""

    def raise_if_any(self) -> None:
        if self.found:
            raise ConfigErrors(self.found)


def looks_secret(name: str) -> bool:
    """Say whether a key is named like something that must not be shown."""
    return _SECRET_NAME.search(name) is not None


def redacted(line: str) -> str:
    """Return a line without what URLs tell and without values of keys that are named like secrets."""
    return _SECRET_ENTRY.sub(rf"\g<key>{HIDDEN}", without_addresses(line))


def shown_text(name: str, value: object, most: int) -> str:
    """Return at most `most` characters of what stands under a key, without secrets: hidden before it is cut."""
    return HIDDEN if looks_secret(name) else without_addresses(text_of(value))[:most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known word, or the known words when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"use one of: {', '.join(names)}" if names else "there is none to choose from"


def text_of(value: object) -> str:
    """Return a value as YAML writes it, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {text_of(v)}" for k, v in value.items()) + "}"
    return str(value)


def _with_caret(line: str, column: int) -> list[str]:
    start = max(0, column - 1 - _WINDOW // 2) if len(line) > _WINDOW else 0
    shown = "".join(c if c.isprintable() else " " for c in line[start : start + _WINDOW])
    return [f"    {shown.rstrip()}", f"    {' ' * (column - 1 - start)}^"]
