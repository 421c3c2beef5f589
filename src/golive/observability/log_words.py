"""Every event of the log, with its level and what it says to a person in English and Polish: the one catalogue of them.

In the words `{name}` stands for a field. `docs/logs.md` repeats the table (`events_markdown`). What went wrong, in the
words of whoever noticed it (`reason`) stays as it was said: errors for developers are English.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from golive.model.json import JsonValue

from .wording import Language, Pair, spoken


class Level(StrEnum):
    """How much an event matters: to developers, to the operator's story, as degraded, as something to look at."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class LogEvent(StrEnum):
    SESSION_STARTED = "session_started"
    SESSION_READY = "session_ready"
    SESSION_RESUMED = "session_resumed"
    SESSION_WARNING = "session_warning"
    SESSION_STOPPING = "session_stopping"
    SESSION_FAILED = "session_failed"
    SESSION_BLOCKED = "session_blocked"
    SESSION_ENDED = "session_ended"
    METRICS_SERVED = "metrics_served"
    METRICS_NOT_SERVED = "metrics_not_served"
    VENUE_DOWN = "venue_down"
    VENUE_BACK = "venue_back"
    WINDOW_BREACHED = "window_breached"
    WINDOW_UNKNOWN = "window_unknown"
    ALERT_RAISED = "alert_raised"
    EMERGENCY_ON = "emergency_on"
    EMERGENCY_OFF = "emergency_off"
    INTERNAL_ERROR = "internal_error"
    LOG_UNUSABLE = "log_unusable"


class EventWords(NamedTuple):
    level: Level
    words: Pair


E = LogEvent
EVENTS: Final[Mapping[LogEvent, EventWords]] = {
    E.SESSION_STARTED: EventWords(
        Level.INFO,
        (
            "{stage} session of {entrypoint} begins: {strategy} on {endpoint}, risk profile {risk_profile}, speed {speed}",
            "sesja {stage} punktu wejścia {entrypoint} się zaczyna: {strategy}, {endpoint}, profil ryzyka {risk_profile}, "
            "prędkość {speed}",
        ),
    ),
    E.SESSION_READY: EventWords(
        Level.INFO,
        ("the session looks at the market after {startup_seconds} s", "sesja patrzy na rynek po {startup_seconds} s"),
    ),
    E.SESSION_RESUMED: EventWords(
        Level.INFO,
        ("a session that was cut off goes on: run {resumed}", "przerwana sesja jest kontynuowana: przebieg {resumed}"),
    ),
    E.SESSION_WARNING: EventWords(Level.WARNING, ("{reason}", "{reason}")),
    E.SESSION_STOPPING: EventWords(
        Level.INFO,
        ("{signal}: the session ends after this step", "{signal}: sesja zakończy się po tym kroku"),
    ),
    E.SESSION_FAILED: EventWords(Level.ERROR, ("the session failed: {reason}", "sesja się nie powiodła: {reason}")),
    E.SESSION_BLOCKED: EventWords(Level.ERROR, ("the session may not start: {reason}", "sesja nie może się zacząć: {reason}")),
    E.SESSION_ENDED: EventWords(
        Level.INFO,
        (
            "the session has ended: {status}, exit {exit_code}, {orders} orders, {fills} fills; report {report}",
            "sesja się zakończyła: {status}, kod {exit_code}, zleceń {orders}, wykonań {fills}; raport {report}",
        ),
    ),
    E.METRICS_SERVED: EventWords(Level.INFO, ("metrics are served at {url}", "metryki są dostępne pod {url}")),
    E.METRICS_NOT_SERVED: EventWords(Level.WARNING, ("metrics are not served: {reason}", "metryki nie są dostępne: {reason}")),
    E.VENUE_DOWN: EventWords(
        Level.WARNING,
        ("{entrypoint}: the venue is not well: {reason}", "{entrypoint}: giełda nie działa prawidłowo: {reason}"),
    ),
    E.VENUE_BACK: EventWords(
        Level.WARNING,
        (
            "{entrypoint}: the venue is well again, after {seconds} s",
            "{entrypoint}: giełda znów działa prawidłowo, po {seconds} s",
        ),
    ),
    E.WINDOW_BREACHED: EventWords(
        Level.ERROR,
        (
            "{entrypoint} broke {thresholds} in window {window}: {reason}",
            "{entrypoint} przekroczył {thresholds} w oknie {window}: {reason}",
        ),
    ),
    E.WINDOW_UNKNOWN: EventWords(
        Level.WARNING,
        (
            "{entrypoint} is unknown in window {window}: {reason}",
            "{entrypoint}: stan w oknie {window} jest nieznany: {reason}",
        ),
    ),
    E.ALERT_RAISED: EventWords(Level.WARNING, ("alert ({severity}): {title}: {body}", "alarm ({severity}): {title}: {body}")),
    E.EMERGENCY_ON: EventWords(
        Level.ERROR,
        (
            "emergency mode ({scope}) is on, by {operator}: {reason}; nothing that adds risk is ordered",
            "tryb awaryjny ({scope}) włączony przez {operator}: {reason}; nic nie zwiększa ryzyka",
        ),
    ),
    E.EMERGENCY_OFF: EventWords(Level.WARNING, ("emergency mode is over", "tryb awaryjny się zakończył")),
    E.INTERNAL_ERROR: EventWords(
        Level.ERROR,
        ("internal error: {reason}", "błąd wewnętrzny: {reason}"),
    ),
    E.LOG_UNUSABLE: EventWords(
        Level.WARNING,
        ("the log cannot be written: {reason}; the session goes on", "nie można pisać dziennika: {reason}; sesja trwa dalej"),
    ),
}
LEVEL_WORDS: Final[Mapping[Level, Pair]] = {
    Level.DEBUG: ("debug", "debug"),
    Level.INFO: ("info", "info"),
    Level.WARNING: ("warning", "uwaga"),
    Level.ERROR: ("error", "błąd"),
}


def event_text(event: LogEvent, fields: Mapping[str, JsonValue], language: Language) -> str:
    """Return what an event says; a field that it lacks is `?`."""
    return string.Formatter().vformat(spoken(EVENTS[event].words, language), (), _Told(fields))


class _Told(dict[str, str]):
    def __init__(self, fields: Mapping[str, JsonValue]) -> None:
        super().__init__({name: "–" if value is None else str(value) for name, value in fields.items()})

    def __missing__(self, name: str) -> str:
        return "?"


def field_names(event: LogEvent) -> frozenset[str]:
    """Return the fields that an event's words tell, in either language."""
    return frozenset(
        name for words in EVENTS[event].words for _, name, _, _ in string.Formatter().parse(words) if name is not None
    )


def events_markdown() -> str:
    """Return the table of `docs/logs.md`."""
    rows = [f"| `{event}` | {row.level} | {row.words[0]} | {row.words[1]} |" for event, row in EVENTS.items()]
    return "\n".join(["| event | level | English | polski |", "| --- | --- | --- | --- |", *rows, ""])
