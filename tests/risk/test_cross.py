"""Several entrypoints as one account: sums, rounding against us, the boundaries of age and loss, and what is not known."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import SECOND
from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder, OrderType, Side
from golive.model.peer import HostFigures, HostStop, OwnPast, PeerFigure
from golive.risk import AccountView, RiskProfile
from golive.risk.cross import LONGEST_AGE_NS, Together, together, unknown, with_past
from golive.risk.rules import RULES
from golive.risk.rules.host import cross_entrypoint
from support.durable import order_id

BTC = InstrumentId.parse("okx:BTC/USDT")
BUY = NewOrder(order_id(1), BTC, Side.BUY, OrderType.MARKET, 1)
PROFILE = RiskProfile("test", Decimal("0.02"), Decimal("0.10"), Decimal("0.5"), 5)
PEER = PeerFigure("kraken", "USDT", 100, 10_000, 10_000, 10_000, 10_000, SECOND)


def view(
    *peers: PeerFigure,
    equity: int | None = 10_000,
    day_start: int = 10_000,
    peak: int = 10_000,
    week_start: int | None = 10_000,
    own: OwnPast | None = None,
    stops: tuple[HostStop, ...] = (),
) -> AccountView:
    host = HostFigures(peers, own, stops)
    return AccountView(
        equity=equity, day_start_equity=day_start, peak_equity=peak, positions={}, pending_buys={}, prices={BTC: 1},
        notional=lambda key, ticks, lots: ticks * lots, quote_unit=100, week_start_equity=week_start,
        host=host if any(host) else None,
    )  # fmt: skip


def refusal(*peers: PeerFigure, **own: Any) -> tuple[DecisionCode, str, str] | None:
    objection = cross_entrypoint(BUY, view(*peers, **own), PROFILE)
    return None if objection is None else (objection.code, objection.limit, objection.value)


def test_the_rule_is_asked() -> None:
    assert cross_entrypoint in RULES


def test_alone_or_beside_others_that_lost_nothing_an_order_passes() -> None:
    assert refusal() is None
    assert refusal(PEER, PEER._replace(entrypoint="bybit")) is None


@pytest.mark.parametrize(("lost", "stops"), [(399, False), (400, True), (401, True)])
def test_what_another_lost_today_stops_this_one_at_the_limit(lost: int, stops: bool) -> None:
    found = refusal(PEER._replace(equity=10_000 - lost))
    assert (found is not None) is stops
    if lost == 400:
        assert found == (DecisionCode.RISK_CROSS_ENTRYPOINT, "max_daily_loss_pct 0.02", "0.02 over 2 entrypoints")


@pytest.mark.parametrize(("peak", "stops"), [(12_221, False), (12_222, False), (12_223, True)])
def test_the_fall_from_all_peaks_stops_at_the_limit(peak: int, stops: bool) -> None:
    assert (refusal(PEER._replace(peak=peak)) is not None) is stops


@pytest.mark.parametrize(("age", "stops"), [(0, False), (LONGEST_AGE_NS, False), (LONGEST_AGE_NS + 1, True), (-1, True)])
def test_a_figure_is_believed_for_five_seconds_and_never_from_the_future(age: int, stops: bool) -> None:
    assert (refusal(PEER._replace(age_ns=age)) is not None) is stops


def test_a_figure_that_is_older_than_five_seconds_says_nothing() -> None:
    assert LONGEST_AGE_NS == 5 * SECOND
    code, limit, value = refusal(PEER._replace(age_ns=5 * SECOND + SECOND // 10)) or ("", "", "")
    assert (code, limit, value) == (DecisionCode.RISK_CROSS_ENTRYPOINT, "5 s", "equity of kraken is 5.1 s old")


def test_one_that_runs_and_says_nothing_stops_the_others_by_name() -> None:
    code, limit, value = refusal(PEER, PeerFigure("bybit", "", 1, None, 0, 0, 0, 0)) or ("", "", "")
    assert (code, limit, value) == (DecisionCode.RISK_CROSS_ENTRYPOINT, "known", "missing: equity of bybit")


def test_another_quote_asset_must_be_known_and_is_not_added() -> None:
    other = PEER._replace(quote="EUR", equity=1)
    assert refusal(other) is None
    assert refusal(other._replace(age_ns=LONGEST_AGE_NS + 1)) is not None


def test_an_own_worth_that_is_not_known_refuses() -> None:
    objection = cross_entrypoint(BUY, view(PEER, equity=None), PROFILE)
    assert objection is not None
    assert objection.value == "missing: equity"


WEEKLY = dataclasses.replace(PROFILE, weekly_loss_pct=Decimal("0.03"))


@pytest.mark.parametrize(("lost", "stops"), [(599, False), (600, True)])
def test_what_another_lost_this_week_stops_this_one_at_the_limit(lost: int, stops: bool) -> None:
    peer = PEER._replace(equity=10_000 - lost, day_start=10_000 - lost)
    found = cross_entrypoint(BUY, view(peer), WEEKLY)
    assert (found is not None) is stops
    if found is not None:
        assert (found.limit, found.value) == ("weekly_loss_pct 0.03", "0.03 over 2 entrypoints")
    assert cross_entrypoint(BUY, view(peer), PROFILE) is None, "a profile that sets no weekly limit has none"


def test_a_week_that_is_not_known_refuses_where_it_is_limited() -> None:
    objection = cross_entrypoint(BUY, view(PEER, week_start=None), WEEKLY)
    assert objection is not None
    assert objection.value == "missing: equity"
    assert cross_entrypoint(BUY, view(PEER, week_start=None), PROFILE) is None


def test_one_that_has_ended_counts_whatever_its_age() -> None:
    over = PEER._replace(equity=9_600, age_ns=10**6 * SECOND, is_over=True)
    assert refusal(over) == (DecisionCode.RISK_CROSS_ENTRYPOINT, "max_daily_loss_pct 0.02", "0.02 over 2 entrypoints")
    assert refusal(over._replace(equity=9_601)) is None
    assert refusal(over._replace(equity=None)) is not None


@pytest.mark.parametrize(
    ("past", "limit"),
    [
        (OwnPast(100, -199, 10_000, 10_000, 10_000), None),
        (OwnPast(100, -200, 10_000, 10_000, 10_000), "max_daily_loss_pct 0.02"),
        (OwnPast(1000, -2000, 100_000, 100_000, 100_000), "max_daily_loss_pct 0.02"),
        (OwnPast(100, 0, 10_000, 10_000, 11_111), None),
        (OwnPast(100, 0, 10_000, 10_000, 11_112), "hard_drawdown_pct 0.10"),
        (OwnPast(100, 500, 10_500, 10_500, 1), None),
    ],
)
def test_what_earlier_sessions_lost_counts_for_the_next_one(past: OwnPast, limit: str | None) -> None:
    found = refusal(own=past)
    assert (found and found[1:]) == (limit and (limit, f"{'0.02' if 'daily' in limit else '0.100072'} over its sessions"))


def test_an_account_goes_on_from_each_of_its_own_starts() -> None:
    now = Together(50_000, 50_001, 50_002, 50_003)
    assert with_past(now, 100, None) is now
    assert with_past(now, 100, OwnPast(100, 7, 60_001, 60_002, 60_003)) == Together(50_007, 60_001, 60_002, 60_003)
    assert with_past(now, 100, OwnPast(1000, -15, 15, 25, 35)) == Together(49_998, 2, 3, 49_998), "rounded against us"


@pytest.mark.parametrize(("start", "worth"), [("day_start", 97), ("week_start", 96), ("peak", 89)])
def test_a_start_of_nothing_adds_nothing(start: str, worth: int) -> None:
    """Beside another's 99, the smallest unit more would reach the limit."""
    others: dict[str, Any] = {"equity": worth, "day_start": worth, "week_start": worth, "peak": worth, start: 99}
    peer = PEER._replace(**others)
    own: dict[str, Any] = {"equity": 1, "day_start": 1, "week_start": 1, "peak": 1}
    assert cross_entrypoint(BUY, view(peer, **{**own, start: 0}), WEEKLY) is None
    assert cross_entrypoint(BUY, view(peer, **own), WEEKLY) is not None


def stop(limit: str = "hard_drawdown_pct", profile: str = "other", fall: int = 10) -> HostStop:
    return HostStop(limit, profile, fall, 100, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("kept", "stops"),
    [
        (stop(), True),  # as deep as this profile's own limit
        (stop(fall=9), False),  # told under stricter limits than these
        (stop(fall=9, profile="test"), True),  # told under this profile, whose number was raised since
        (stop("max_daily_loss_pct", fall=2), True),
        (stop("max_daily_loss_pct", fall=1), False),
        (stop("weekly_loss_pct", fall=0), True),  # a limit that this profile has not is no reason to go on
        (stop("unreadable", "unreadable", 1), True),
    ],
)
def test_a_stop_that_was_kept_holds_although_all_recovered(kept: HostStop, stops: bool) -> None:
    found = refusal(stops=(kept,))
    assert (found is not None) is stops
    if found is not None:
        assert found[1] == kept.limit
        assert found[2].endswith("stopped since 2026-01-01T00:00:00Z")


amounts = st.integers(0, 10**15)
peers = st.builds(
    PeerFigure, st.text(max_size=3), st.sampled_from(["USDT", "EUR"]), st.sampled_from([1, 100, 10**8]), amounts, amounts, amounts,
    amounts, st.integers(0, LONGEST_AGE_NS),
)  # fmt: skip
accounts = st.builds(Together, amounts, amounts, amounts, amounts)


@given(accounts, st.lists(peers, max_size=6), st.sampled_from([1, 100, 10**8]))
def test_the_sum_is_never_kinder_than_the_exact_one(own: Together, others: list[PeerFigure], unit: int) -> None:
    same = [peer for peer in others if peer.quote == "USDT"]
    exact = [
        Decimal(mine) / unit
        + sum((Decimal(theirs) / peer.quote_unit for peer, theirs in zip(same, column, strict=True)), Decimal(0))
        for mine, column in (
            (own.equity, [peer.equity or 0 for peer in same]),
            (own.day_start, [peer.day_start for peer in same]),
            (own.week_start, [peer.week_start for peer in same]),
            (own.peak, [peer.peak for peer in same]),
        )
    ]
    found = [Decimal(value) / unit for value in together(own, "USDT", unit, others)]
    assert found[0] <= exact[0]
    assert found[1] >= exact[1]
    assert found[2] >= exact[2]
    assert found[3] >= exact[3]
    slack = Decimal(len(same)) / unit
    assert all(abs(a - b) <= slack for a, b in zip(found, exact, strict=True))


@given(accounts, st.lists(peers, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_others_does_not_matter(own: Together, others: list[PeerFigure], random: object) -> None:
    shuffled = sorted(others, key=repr)
    assert together(own, "USDT", 100, others) == together(own, "USDT", 100, shuffled)


@given(st.lists(peers, min_size=1, max_size=6), st.integers(0, 5))
def test_one_unknown_among_many_is_found(others: list[PeerFigure], place: int) -> None:
    assert unknown(others) is None
    lost = others[place % len(others)]._replace(equity=None)
    others[place % len(others)] = lost
    assert unknown(others) is lost
