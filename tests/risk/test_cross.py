"""Several entrypoints as one account: sums, rounding against us, the boundaries of age and loss, and what is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import SECOND
from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder, OrderType, Side
from golive.model.peer import PeerFigure
from golive.risk import AccountView, RiskProfile
from golive.risk.cross import LONGEST_AGE_NS, Together, together, unknown
from golive.risk.rules import RULES
from golive.risk.rules.host import cross_entrypoint
from support.durable import order_id

BTC = InstrumentId.parse("okx:BTC/USDT")
BUY = NewOrder(order_id(1), BTC, Side.BUY, OrderType.MARKET, 1)
PROFILE = RiskProfile("test", Decimal("0.02"), Decimal("0.10"), Decimal("0.5"), 5)
PEER = PeerFigure("kraken", "USDT", 100, 10_000, 10_000, 10_000, SECOND)


def view(*peers: PeerFigure, equity: int | None = 10_000, day_start: int = 10_000, peak: int = 10_000) -> AccountView:
    return AccountView(
        equity=equity, day_start_equity=day_start, peak_equity=peak, positions={}, pending_buys={}, prices={BTC: 1},
        notional=lambda key, ticks, lots: ticks * lots, quote_unit=100, peers=peers,
    )  # fmt: skip


def refusal(*peers: PeerFigure, **own: int) -> tuple[DecisionCode, str, str] | None:
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
    code, limit, value = refusal(PEER, PeerFigure("bybit", "", 1, None, 0, 0, 0)) or ("", "", "")
    assert (code, limit, value) == (DecisionCode.RISK_CROSS_ENTRYPOINT, "known", "missing: equity of bybit")


def test_another_quote_asset_must_be_known_and_is_not_added() -> None:
    other = PEER._replace(quote="EUR", equity=1)
    assert refusal(other) is None
    assert refusal(other._replace(age_ns=LONGEST_AGE_NS + 1)) is not None


def test_an_own_worth_that_is_not_known_refuses() -> None:
    objection = cross_entrypoint(BUY, view(PEER, equity=None), PROFILE)
    assert objection is not None
    assert objection.value == "missing: equity"


amounts = st.integers(0, 10**15)
peers = st.builds(
    PeerFigure, st.text(max_size=3), st.sampled_from(["USDT", "EUR"]), st.sampled_from([1, 100, 10**8]), amounts, amounts, amounts,
    st.integers(0, LONGEST_AGE_NS),
)  # fmt: skip
accounts = st.builds(Together, amounts, amounts, amounts)


@given(accounts, st.lists(peers, max_size=6), st.sampled_from([1, 100, 10**8]))
def test_the_sum_is_never_kinder_than_the_exact_one(own: Together, others: list[PeerFigure], unit: int) -> None:
    same = [peer for peer in others if peer.quote == "USDT"]
    exact = [
        Decimal(mine) / unit
        + sum((Decimal(theirs) / peer.quote_unit for peer, theirs in zip(same, column, strict=True)), Decimal(0))
        for mine, column in (
            (own.equity, [peer.equity or 0 for peer in same]),
            (own.day_start, [peer.day_start for peer in same]),
            (own.peak, [peer.peak for peer in same]),
        )
    ]
    found = [Decimal(value) / unit for value in together(own, "USDT", unit, others)]
    assert found[0] <= exact[0]
    assert found[1] >= exact[1]
    assert found[2] >= exact[2]
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
