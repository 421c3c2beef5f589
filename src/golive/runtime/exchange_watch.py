"""Says once of each window which venue broke a threshold, and at the end which one nothing can be said of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.json import JsonValue
from golive.model.verdict import Verdict
from golive.observability.threshold import HEALTH
from golive.observability.windows import Evaluation

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


def _breached(breach: Mapping[str, JsonValue]) -> Alert:
    title = f"{breach['entrypoint']}: {breach['threshold']} is broken"
    body = f"{breach['metric']} {breach['observed']}, required {breach['comparator']} {breach['limit']}; no further stage opens"
    return Alert(CATEGORIES.get(str(breach["metric"]), "exchange"), AlertSeverity.ERROR, title, body)


def _unknown(name: str, evaluation: Evaluation) -> Alert:
    mark = f"[paper:{name}] "
    said = [line.removeprefix(mark) for line in evaluation.warnings if line.startswith(mark)]
    body = "; ".join([*(said or ["see the report's windows"]), "no further stage opens"])
    return Alert("exchange", AlertSeverity.ERROR, f"{name}: its exchange metrics are unknown", body)
