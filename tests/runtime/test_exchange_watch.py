"""Each broken threshold is told once in each window; what cannot be said of a venue is told at the end."""

from __future__ import annotations

from typing import Any

import pytest

from golive.alerts.throttle import ThrottleRules
from golive.model.alert import AlertSeverity
from golive.model.json import JsonValue
from golive.observability.windows import STABLE, Evaluation
from golive.runtime.exchange_watch import ExchangeWatch

BREACH = {"entrypoint": "okx_desktop_paper", "metric": "rate_limit", "threshold": "rate_limit_max", "observed": 1, "limit": 0, "comparator": "<="}  # fmt: skip
SICK = BREACH | {"metric": "health", "threshold": "health_min", "observed": 0.0, "limit": 1.0, "comparator": ">="}


def evaluated(
    *windows: list[dict[str, Any]], statuses: dict[str, str] | None = None, warnings: tuple[str, ...] = ()
) -> Evaluation:
    rows: tuple[JsonValue, ...] = tuple({"index": index, "breaches": list(found)} for index, found in enumerate(windows))
    return Evaluation({}, rows, warnings, "ok", STABLE, statuses or {})


def test_a_broken_threshold_is_told_once_in_its_window_and_again_in_the_next() -> None:
    watch = ExchangeWatch()
    assert watch.look(evaluated([])) == []
    [alert] = watch.look(evaluated([BREACH]))
    assert (alert.category, alert.severity, alert.title) == (
        "exchange", AlertSeverity.ERROR, "okx_desktop_paper: rate_limit_max is broken",
    )  # fmt: skip
    assert alert.body == "rate_limit 1, required <= 0; no further stage opens"
    assert watch.look(evaluated([BREACH | {"observed": 2}])) == []
    assert len(watch.look(evaluated([BREACH], [BREACH, BREACH | {"entrypoint": "kraken_desktop_paper"}]))) == 2
    assert watch.end(evaluated([BREACH], [BREACH, BREACH | {"entrypoint": "kraken_desktop_paper"}])) == []


def test_health_is_told_in_the_category_that_no_shipped_throttle_holds_back() -> None:
    [alert] = ExchangeWatch().end(evaluated([SICK]))
    assert alert.category in ThrottleRules().exclude_categories
    assert alert.body == "health 0.0, required >= 1.0; no further stage opens"


@pytest.mark.parametrize(
    ("warnings", "body"),
    [
        (("[paper:kraken_desktop_paper] health was not measured", "[paper:okx_desktop_paper] x"), "health was not measured"),
        ((), "see the report's windows"),
    ],
)
def test_what_was_not_measured_is_told_at_the_end_alone(warnings: tuple[str, ...], body: str) -> None:
    found = evaluated([], statuses={"kraken_desktop_paper": "unknown", "okx_desktop_paper": "ok"}, warnings=warnings)
    watch = ExchangeWatch()
    assert watch.look(found) == []
    [alert] = watch.end(found)
    assert alert.title == "kraken_desktop_paper: its exchange metrics are unknown"
    assert alert.body == f"{body}; no further stage opens"
