"""`portfolio` and `resilience`: what the strict loader takes and what it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.configuration import CORE, only_problem, parse, problems

TARGETS = '\nportfolio: {targets: {"okx:BTC/USDT": 0.25}}\n'


def test_targets_are_exact_shares_by_instrument() -> None:
    section = parse(core=CORE + TARGETS).core.portfolio
    assert dict(section.targets) == {"okx:BTC/USDT": Decimal("0.25")}
    assert (section.max_drift_abs, section.max_drift_rel) == (Decimal("0.02"), Decimal("0.25"))
    assert parse().core.portfolio.targets == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.25", "1.5"), ("0.25", "-0.1"), ("0.25", "nan"), ("okx:BTC/USDT", "BTC/USDT"), ("targets", "target")],
)
def test_a_target_that_is_none_is_refused(old: str, new: str) -> None:
    assert problems(core=CORE + TARGETS.replace(old, new))


def test_a_target_of_what_nobody_trades_is_refused() -> None:
    assert "okx:BTC/USDT" in str(only_problem(core=CORE + TARGETS.replace("okx:BTC/USDT", "okx:BTC/USDX")))


@pytest.mark.parametrize(
    ("old", "new"),
    [("max_rto_minutes: 5", "max_rto_minutes: 0"), ("max_rpo_minutes: 0", "max_rpo_minutes: -1"), ("process_kill:", "proces:")],
)
def test_limits_of_a_drill_are_read_strictly(old: str, new: str) -> None:
    assert parse().core.resilience.process_kill.max_rto_minutes == 5
    assert problems(core=CORE.replace(old, new))
