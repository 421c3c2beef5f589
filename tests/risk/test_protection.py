"""Protections: pauses after what went wrong, and times and instruments that are not traded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.model.clock import DAY, MINUTE, to_iso
from golive.model.decision import DecisionCode as Code
from golive.risk import OrderFlow
from golive.risk.rules.protection import consecutive_losses, cooldown, stop_loss_guard, symbol_lock, trading_window
from support.risk_case import APPROVED, NOW, A, B, account, buy, decided, missing, profile, said, sell


def test_a_locked_symbol_is_not_bought() -> None:
    limits = profile(symbol_locks=("AAA/USDT", "ZZZ/USDT"))
    assert said(symbol_lock, limits, buy(), account()) == (Code.SYMBOL_LOCKED, "not locked", "AAA/USDT")
    assert said(symbol_lock, limits, buy(instrument=B), account()) is None
    assert said(symbol_lock, profile(), buy(), account()) is None
    assert decided(limits, sell(), account(positions={A: 10})) is APPROVED


def test_outside_of_its_windows_nothing_is_bought() -> None:
    limits = profile(trading_windows=("tue 12:00-12:01", "sat 10:00-11:00"))
    refusal = (Code.OUTSIDE_TRADING_WINDOW, "tue 12:00-12:01, sat 10:00-11:00")
    for at, is_open in ((NOW - 1, False), (NOW, True), (NOW + MINUTE - 1, True), (NOW + MINUTE, False), (NOW + DAY, False)):
        assert said(trading_window, limits, buy(), account(now=at)) == (None if is_open else (*refusal, to_iso(at)))
    assert said(trading_window, limits, buy(), account(now=NOW + 4 * DAY - 90 * MINUTE)) is None, "Saturday, 10:30"
    assert said(trading_window, profile(), buy(), account(now=NOW + MINUTE)) is None
    assert decided(limits, sell(), account(now=NOW + MINUTE, positions={A: 10})) is APPROVED


def test_after_a_loss_the_instrument_rests() -> None:
    limits = profile(cooldown_after_loss_minutes=Decimal("1.5"))
    flow = OrderFlow()
    flow.closed(A, -1, NOW)
    for at, rests in ((NOW, True), (NOW + 90 * 10**9 - 1, True), (NOW + 90 * 10**9, False)):
        expected = (Code.COOLDOWN, "1.5", to_iso(NOW)) if rests else None
        assert said(cooldown, limits, buy(), account(flow=flow, now=at)) == expected
    assert said(cooldown, limits, buy(instrument=B), account(flow=flow)) is None
    assert said(cooldown, profile(), buy(), account(flow=flow)) is None
    assert said(cooldown, profile(cooldown_after_loss_minutes=Decimal(0)), buy(), account(flow=flow)) is None
    assert decided(limits, sell(), account(flow=flow, positions={A: 10})) is APPROVED
    won = OrderFlow()
    won.closed(A, 0, NOW)
    assert said(cooldown, limits, buy(), account(flow=won)) is None


def test_stops_that_fire_one_after_the_other_guard_the_account() -> None:
    limits = profile(stop_loss_guard_count=2, stop_loss_guard_minutes=Decimal("0.5"))
    flow = OrderFlow()
    flow.stopped(NOW)
    assert said(stop_loss_guard, limits, buy(), account(flow=flow)) is None
    flow.stopped(NOW + 1)
    refusal = (Code.STOP_LOSS_GUARD, "2", "2")
    assert said(stop_loss_guard, limits, buy(instrument=B), account(flow=flow, now=NOW + MINUTE // 2 - 1)) == refusal
    assert said(stop_loss_guard, profile(), buy(), account(flow=flow, now=NOW + 1)) is None
    assert decided(limits, sell(), account(flow=flow, now=NOW + 1, positions={A: 10})) is APPROVED
    flow.stopped(NOW + 2)
    assert said(stop_loss_guard, limits, buy(), account(flow=flow, now=NOW + MINUTE // 2 - 1)) == (*refusal[:2], "3")
    assert said(stop_loss_guard, limits, buy(), account(flow=flow, now=NOW + MINUTE // 2)) == refusal
    assert said(stop_loss_guard, limits, buy(), account(flow=flow, now=NOW + MINUTE // 2 + 1)) is None


def test_losses_in_a_row_stop_the_day() -> None:
    limits = profile(max_consecutive_losses=2)
    flow = OrderFlow()
    flow.closed(A, -5, NOW)
    assert said(consecutive_losses, limits, buy(), account(flow=flow)) is None
    flow.closed(B, -1, NOW)
    refusal = (Code.CONSECUTIVE_LOSSES, "2", "2")
    midnight = (NOW // DAY + 1) * DAY
    assert said(consecutive_losses, limits, buy(), account(flow=flow)) == refusal
    assert said(consecutive_losses, limits, buy(), account(flow=flow, now=midnight - 1)) == refusal
    assert said(consecutive_losses, limits, buy(), account(flow=flow, now=midnight)) is None
    assert said(consecutive_losses, profile(), buy(), account(flow=flow)) is None
    assert said(consecutive_losses, profile(max_consecutive_losses=3), buy(), account(flow=flow)) is None
    assert decided(limits, sell(), account(flow=flow, positions={A: 10})) is APPROVED
    one = profile(max_consecutive_losses=1)
    assert said(consecutive_losses, one, buy(), account(flow=flow, now=midnight - 1)) == (Code.CONSECUTIVE_LOSSES, "1", "2")
    assert said(consecutive_losses, one, buy(), account(flow=flow, now=midnight)) is None, "a new day has no loss"
    flow.rearm()
    assert said(consecutive_losses, limits, buy(), account(flow=flow)) is None


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ("cooldown_after_loss_minutes", "closed positions"),
        ("stop_loss_guard_count", "stops that have fired"),
        ("max_consecutive_losses", "closed positions"),
    ],
)
def test_a_memory_that_is_not_there_refuses(limit: str, what: str) -> None:
    rule = {"c": cooldown, "s": stop_loss_guard, "m": consecutive_losses}[limit[0]]
    value: object = Decimal(5) if limit[0] == "c" else 5
    assert said(rule, profile(**{limit: value}), buy(), account(flow=None)) == missing(what)
    assert said(rule, profile(), buy(), account(flow=None)) is None
