"""Which limits the compiled driver holds, and that it trades under no other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from golive.engine.columns import run_columns, unheld
from golive.engine.columns.held import _HELD
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError
from golive.risk import LIMITS
from support.column_parity import OPEN_PROFILE, drawn_case


def test_the_kernel_knows_every_limit_there_is() -> None:
    """A limit that is new to risk makes this fail, and until then every run with it goes by events."""
    assert set(LIMITS) == _HELD


@pytest.mark.parametrize(
    ("changes", "instruments", "detail_ns", "expected"),
    [
        ({"stale_data_seconds": Decimal("0.1"), "price_collar_pct": Decimal(0)}, 9, 0, ()),
        ({"duplicate_window_seconds": Decimal(60)}, 1, 0, ()),
        ({"duplicate_window_seconds": Decimal("60.1")}, 1, 0, ("duplicate_window_seconds",)),
        ({"max_orders_per_minute": 60, "repeated_execution_limit": 1, "max_open_orders": 20}, 64, 0, ()),
        ({"max_orders_per_minute": 60}, 65, 0, ("max_orders_per_minute",)),
        ({"max_orders_per_minute": 60}, 32, MINUTE // 60, ("max_orders_per_minute",)),
        ({"stop_loss_guard_count": 250}, 3, 0, ()),
        ({"stop_loss_guard_count": 251}, 3, 0, ("stop_loss_guard_count",)),
        ({"max_order_notional": Decimal(1) / Decimal(3)}, 3, 0, ("max_order_notional",)),
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
