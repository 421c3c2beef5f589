"""The one place where lines of the log are made: fields and words without secrets, as JSON and for a person.

Nothing that was not redacted leaves this module.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.clock import to_iso
from golive.model.json import JsonObject, JsonValue
from golive.model.redaction import redacted, redacted_value

from .log_words import EVENTS, LEVEL_WORDS, Level, LogEvent, event_text
from .wording import Language, spoken

LONGEST_TEXT: Final = 4000
"""characters of one field; what is longer is cut after it was redacted, never before"""
LONGEST_TRACE: Final = 16_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One fact; `ts` wall clock, ns UTC. All texts in it are redacted."""

    ts: int
    level: Level
    event: LogEvent
    fields: JsonObject

    def document(self, context: Mapping[str, str]) -> JsonObject:
        """Return the line as the file has it; `context` says who speaks."""
        return {
            "ts": to_iso(self.ts), "level": str(self.level), "event": str(self.event), **context,
            "message": event_text(self.event, self.fields, Language.EN), "fields": self.fields,
        }  # fmt: skip

    def bytes(self, context: Mapping[str, str]) -> bytes:
        """Return the line of the file, ending in a newline; there is none inside."""
        return json.dumps(self.document(context), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"

    def text(self, language: Language) -> str:
        """Return the line of the console: time of day, level, words; one line, nothing that steers a terminal."""
        words = event_text(self.event, self.fields, language)
        return f"{to_iso(self.ts)[11:19]} {spoken(LEVEL_WORDS[self.level], language)}: {_clean(words)}"

    def trace(self) -> list[str]:
        """Return the lines of the trace of an error for the console; none when there was no error."""
        return [_clean(line) for line in str(self.fields.get("trace", "")).splitlines()]


def log_line(ts: int, event: LogEvent, fields: Mapping[str, object], *, error: BaseException | None = None) -> LogLine:
    """Return a line of an event; of `error` its type, text and trace stand in it, with the lines but not the values of locals.

    A field that is no JSON value is told as its text.
    """
    told: dict[str, JsonValue] = {name: _limited(redacted_value(_json(value), name)) for name, value in fields.items()}
    if error is not None:
        trace = "".join(traceback.format_exception(error))
        told["error"] = _limited(redacted(f"{type(error).__name__}: {error}"))
        told["trace"] = redacted(trace)[-LONGEST_TRACE:]
    return LogLine(ts, EVENTS[event].level, event, told)


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _json(value: object) -> JsonValue:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(name): _json(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(each) for each in value]
    return str(value)


def _limited(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
    if isinstance(value, dict):
        return {name: _limited(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_limited(each) for each in value]
    return value
