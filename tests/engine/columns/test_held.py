"""Which limits the compiled driver holds, and that it trades under no other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from golive.engine.columns import run_columns, unheld
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError
from support.column_parity import OPEN_PROFILE, drawn_case


def test_no_limit_but_the_four_that_every_profile_has_is_held_at_once() -> None:
    assert unheld(OPEN_PROFILE, MINUTE, 1000) == ()


@pytest.mark.parametrize(
    ("changes", "instruments", "detail_ns", "expected"),
    [
        ({"stale_data_seconds": Decimal("0.1"), "price_collar_pct": Decimal(0)}, 9, 0, ()),
        ({"duplicate_window_seconds": Decimal(60)}, 1, 0, ()),
        ({"duplicate_window_seconds": Decimal("60.1")}, 1, 0, ("duplicate_window_seconds",)),
        ({"max_orders_per_minute": 60, "repeated_execution_limit": 10, "max_open_orders": 20}, 10, 0, ()),
        ({"max_daily_loss_pct": Decimal("0.1234567890123456789012345")}, 1, 0, ("max_daily_loss_pct",)),
    ],
)
def test_what_cannot_bind_or_is_kept_is_held(
    changes: dict[str, Any], instruments: int, detail_ns: int, expected: tuple[str, ...]
) -> None:
    assert unheld(replace(OPEN_PROFILE, **changes), MINUTE, instruments, detail_ns) == expected


def test_a_run_under_a_limit_that_is_not_held_is_refused() -> None:
    case = drawn_case(1)
    seconds = Decimal(2 * case.terms.timeframe_ns) / 10**9
    terms = replace(case.terms, profile=replace(OPEN_PROFILE, duplicate_window_seconds=seconds))
    with pytest.raises(ConfigError, match="duplicate_window_seconds can only be kept event by event"):
        run_columns(case.candles, case.changes, terms, case.detail)
