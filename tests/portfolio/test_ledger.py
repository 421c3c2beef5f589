"""The ledger balances, always and exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.errors import MagnitudeError
from golive.model.ids import FillId
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import EquityTrack, Ledger
from support.trading import BALANCES, BTC, BTC_ID, client_order_id, instrument_named

FEES = FeeSchedule(Decimal(8), Decimal(10))


def make_fill(
    n: int, side: Side, price: int, lots: int, fees: FeeSchedule = FEES, liquidity: Liquidity = Liquidity.TAKER
) -> Fill:
    fee, asset = fees.fee(BTC, side, price, lots, liquidity)
    return Fill(FillId("okx", str(n)), client_order_id(n), BTC_ID, n, side, price, lots, fee, asset, liquidity)


trades = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 10**7), st.integers(1, 10**9)), max_size=30)


@given(trades, st.sampled_from([FeeAsset.RECEIVED, FeeAsset.QUOTE]))
def test_balances_equal_a_decimal_oracle_to_the_last_unit(steps: list[tuple[Side, int, int]], charged: FeeAsset) -> None:
    fees = FeeSchedule(Decimal(8), Decimal("10.5"), charged)
    ledger = Ledger([BTC], BALANCES)
    base, quote = Decimal(0), BALANCES["USDT"]
    for n, (side, price, lots) in enumerate(steps):
        fill = make_fill(n, side, price, lots, fees)
        amount, notional = lots * BTC.lot_size, price * BTC.tick_size * lots * BTC.lot_size
        fee = Decimal(fill.fee).scaleb(-(BTC.base_scale if fill.fee_asset == "BTC" else BTC.quote_scale))
        new_base = base + side.sign * amount - (fee if fill.fee_asset == "BTC" else 0)
        new_quote = quote - side.sign * notional - (fee if fill.fee_asset == "USDT" else 0)
        if new_base < 0 or new_quote < 0:
            with pytest.raises(MagnitudeError):
                ledger.apply(fill)
        else:
            ledger.apply(fill)
            base, quote = new_base, new_quote
        assert Decimal(ledger.text("BTC", ledger.balances["BTC"].total)) == base
        assert Decimal(ledger.text("USDT", ledger.balances["USDT"].total)) == quote


@given(trades)
def test_equity_is_start_plus_realised_plus_open_profit(steps: list[tuple[Side, int, int]]) -> None:
    ledger = Ledger([BTC], BALANCES)
    for n, (side, price, lots) in enumerate(steps):
        try:
            ledger.apply(make_fill(n, side, price, lots))
        except MagnitudeError:
            continue
    mark = 400_000
    position = ledger.positions[BTC_ID]
    equity = ledger.equity({BTC_ID: mark})
    assert equity is not None
    assert equity == ledger.start["USDT"] + position.realized - position.cost + ledger.value(BTC_ID, mark)
    if ledger.balances["BTC"].total == 0:
        assert position.cost == 0


def test_replaying_the_fills_gives_the_same_ledger() -> None:
    fills = [make_fill(n, Side.BUY if n % 3 else Side.SELL, 400_000 + n, 10_000 * (n + 1)) for n in range(1, 40)]
    one, two = Ledger([BTC], BALANCES), Ledger([BTC], BALANCES)
    accepted = []
    for fill in fills:
        try:
            one.apply(fill)
            accepted.append(fill)
        except MagnitudeError:
            continue
    for fill in accepted:
        two.apply(fill)
    assert one.balances == two.balances
    assert one.positions == two.positions
    assert one.fees == two.fees


def test_a_refused_fill_changes_nothing() -> None:
    ledger = Ledger([BTC], BALANCES)
    before = (dict(ledger.balances), dict(ledger.positions), dict(ledger.fees))
    with pytest.raises(MagnitudeError, match="negative balance"):
        ledger.apply(make_fill(1, Side.SELL, 400_000, 1))
    assert (dict(ledger.balances), dict(ledger.positions), dict(ledger.fees)) == before


def test_reserved_funds_are_not_free_and_cannot_exceed_the_total() -> None:
    ledger = Ledger([BTC], BALANCES)
    total = ledger.balances["USDT"].total
    ledger.reserve("USDT", total)
    assert ledger.balances["USDT"].free == 0
    with pytest.raises(MagnitudeError):
        ledger.reserve("USDT", 1)
    ledger.reserve("USDT", -total)
    with pytest.raises(MagnitudeError):
        ledger.reserve("USDT", -1)


def test_two_instruments_of_different_grids_share_one_quote_balance() -> None:
    eth = instrument_named("okx:ETH/USDT")
    ledger = Ledger([BTC, eth], BALANCES)
    fee_free = FeeSchedule(Decimal(0), Decimal(0))
    ledger.apply(make_fill(1, Side.BUY, BTC.ticks("40000"), BTC.lots("0.5"), fee_free))
    ledger.apply(
        Fill(
            FillId("okx", "e"),
            client_order_id(2),
            eth.id,
            2,
            Side.BUY,
            eth.ticks("2500.01"),
            eth.lots("3"),
            0,
            "ETH",
            Liquidity.MAKER,
        )
    )
    assert ledger.text("USDT", ledger.balances["USDT"].total) == "72499.97"
    assert ledger.equity({BTC_ID: BTC.ticks("40000")}) is None, "ETH is held and has no mark"
    assert ledger.equity({BTC_ID: BTC.ticks("40000"), eth.id: eth.ticks("2500.01")}) == ledger.start["USDT"]


def test_drawdown_and_day_loss_follow_the_market_clock() -> None:
    day = 86_400 * 10**9
    track = EquityTrack()
    for ts, equity in ((0, 1000), (1, 1200), (2, 900), (day + 1, 950), (day + 2, 880)):
        track.observe(equity, ts)
    assert track.worst_drawdown == (320, 1200)
    assert track.worst_day_loss == (100, 1000), "the first day fell from 1000 to 900; the second starts at 900"
    assert track.day_start == 900
