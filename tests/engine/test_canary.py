"""A live session begins small, sells nothing for that, and is let go by the act alone that says it was observed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from golive.engine.canary import Canary
from golive.model.ids import InstrumentId
from golive.risk import RiskProfile

FULL = RiskProfile(
    name="balanced", max_daily_loss_pct=Decimal("0.015"), hard_drawdown_pct=Decimal("0.1"), max_position_pct=Decimal("0.05"),
    max_open_positions=5, max_order_notional=Decimal(5000),
)  # fmt: skip
BOTH = [InstrumentId.parse("okx:BTC/USDT"), InstrumentId.parse("okx:ETH/USDT")]


def test_limits_are_a_share_of_the_profiles_and_one_symbol_is_traded() -> None:
    small = Canary.of(FULL, Decimal("0.01"), BOTH).profile
    assert (small.max_daily_loss_pct, small.max_position_pct, small.max_order_notional) == (
        Decimal("0.00015"), Decimal("0.0005"), Decimal(50),
    )  # fmt: skip
    assert (small.max_open_positions, small.symbol_locks, small.weekly_loss_pct) == (1, ("ETH/USDT",), None)
    assert small.hard_drawdown_pct == FULL.hard_drawdown_pct, "what was lost before it does not lock a desk out for good"
    assert small.name == FULL.name
    assert small.digest != FULL.digest


def test_what_is_forbidden_stays_so() -> None:
    none = replace(FULL, max_open_positions=0, symbol_locks=("BTC/USDT",))
    small = Canary.of(none, Decimal(1), BOTH[:1]).profile
    assert (small.max_open_positions, small.symbol_locks) == (0, ("BTC/USDT",))


@pytest.mark.parametrize(
    ("full", "held", "wanted"),
    [
        (1000, 0, 10),  # a hundredth of it is bought
        (1000, 10, 10),
        (1000, 600, 600),  # what was held before is not sold
        (500, 10, 10),
        (0, 10, 0),  # the target itself says so
        (300, 600, 300),
        (99, 0, 0),
    ],
)
def test_sizes_are_a_share_and_what_is_held_is_sold_by_the_target_alone(full: int, held: int, wanted: int) -> None:
    canary = Canary.of(FULL, Decimal("0.01"), BOTH)
    assert canary.wanted(canary.part(full), full, held) == wanted
