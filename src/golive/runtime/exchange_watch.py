"""Says once of each window which venue broke a threshold, and at the end which one nothing can be said of.

Alerts are raised as soon as a threshold is broken; the log has each window again when it has ended and is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.clock import to_iso
from golive.model.command import Alert
from golive.model.json import JsonValue
from golive.model.verdict import Verdict
from golive.observability.entry import warnings
from golive.observability.log_words import LogEvent
from golive.observability.threshold import HEALTH
from golive.observability.windows import Evaluation, Window

from .log import Log

CATEGORIES: Final = {HEALTH: "health"}
"""of what is no call that failed but a venue that is not well; `alert_throttle` shipped holds none of it back"""


class ExchangeWatch:
    """Looks at evaluations of one run, each later than the one before, and returns what somebody should be told since."""

    def __init__(self) -> None:
        self._told: set[tuple[JsonValue, ...]] = set()

    def look(self, evaluation: Evaluation) -> list[Alert]:
        """Return an alert for each threshold that is broken, once per window and entrypoint."""
        told = []
        for window in evaluation.windows:
            assert isinstance(window, Mapping)
            found = window["breaches"]
            assert isinstance(found, list)
            for breach in found:
                assert isinstance(breach, Mapping)
                key = (window["index"], breach["entrypoint"], breach["threshold"])
                if key not in self._told:
                    self._told.add(key)
                    told.append(_breached(breach))
        return told

    def end(self, evaluation: Evaluation) -> list[Alert]:
        """Return as `look`, and one alert for each entrypoint that was not measured in full, with what the report says of it."""
        return [
            *self.look(evaluation),
            *(_unknown(name, evaluation) for name, status in evaluation.statuses.items() if status == Verdict.UNKNOWN),
        ]


def tell_judged(window: Window, log: Log) -> None:
    """Tell the log which entrypoints a window that has ended found breached or unknown, and by what."""
    for row in window.judged:
        name, ended_at = row.entrypoint, to_iso(window.span.ended_at)
        reason = "; ".join(line.removeprefix(f"[paper:{name}] ") for line in warnings(row))
        if row.status is Verdict.BREACHED:
            thresholds = ", ".join(breach.threshold for breach in row.breaches)
            log.say(
                LogEvent.WINDOW_BREACHED, entrypoint=name, thresholds=thresholds, reason=reason, window=window.index,
                ended_at=ended_at, partial=window.partial,
            )  # fmt: skip
        elif row.status is Verdict.UNKNOWN:
            log.say(
                LogEvent.WINDOW_UNKNOWN, entrypoint=name, reason=reason, window=window.index, ended_at=ended_at,
                partial=window.partial,
            )  # fmt: skip


def _breached(breach: Mapping[str, JsonValue]) -> Alert:
    title = f"{breach['entrypoint']}: {breach['threshold']} is broken"
    body = f"{breach['metric']} {breach['observed']}, required {breach['comparator']} {breach['limit']}; no further stage opens"
    return Alert(CATEGORIES.get(str(breach["metric"]), "exchange"), AlertSeverity.ERROR, title, body)


def _unknown(name: str, evaluation: Evaluation) -> Alert:
    mark = f"[paper:{name}] "
    said = [line.removeprefix(mark) for line in evaluation.warnings if line.startswith(mark)]
    body = "; ".join([*(said or ["see the report's windows"]), "no further stage opens"])
    return Alert("exchange", AlertSeverity.ERROR, f"{name}: its exchange metrics are unknown", body)


def ended_by_error(name: str, errors: Sequence[str]) -> Alert:
    """Return what is told when a session ends with an internal error (exit 70): nothing trades there any more."""
    body = f"{'; '.join(errors) or 'see its report'}; nothing trades until it is started again"
    return Alert("session", AlertSeverity.ERROR, f"{name}: the session died", body)
