"""Round trips from fills, exact, and what they say."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest import trade_statistics as t
from golive.backtest.fills import FillColumns, TradeColumns, money_of, round_trips
from golive.backtest.returns import Undefined
from golive.engine.opening import Opening
from golive.model.instrument import Instrument
from golive.portfolio import Ledger

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="1", lot_size="0.01", min_quantity="0.02", max_quantity="99999")
ETH = Instrument.from_text("okx:ETH/USDT", tick_size="1", lot_size="0.01", min_quantity="0.01", max_quantity="99999")
LEDGER = Ledger([BTC, ETH], {"USDT": Decimal(1000)})
WHOLE = 10**8


def fill(ts: int, instrument: int, lots: int, price: int, held: int, fee: int = 0, *, in_base: bool = False) -> tuple[int, ...]:
    """Positive lots buy, negative sell; the fee in smallest units."""
    return (ts, instrument, int(lots > 0), price, abs(lots), fee, int(in_base), 0, held, ts)


NOTHING = Opening(0, 0, (0, 0), (0, 0))


def trips(
    *rows: tuple[int, ...], last: int = 99, marks: tuple[int, int] = (110, 10), opening: Opening | None = NOTHING
) -> TradeColumns:
    fills = FillColumns.of(rows)
    return round_trips(fills, money_of(fills, (BTC, ETH), LEDGER), (BTC, ETH), LEDGER, opening, last, marks)


def test_a_round_trip_is_from_nothing_to_nothing() -> None:
    made = trips(fill(1, 0, 50, 100, 50), fill(2, 0, 50, 110, 100), fill(3, 0, -60, 120, 40), fill(4, 0, -40, 90, 0))
    assert [column.tolist() for column in (made.opened_at, made.closed_at, made.fills, made.bought, made.is_open)] == [
        [1], [4], [4], [100], [0],
    ]  # fmt: skip
    assert made.cost.tolist() == [105 * WHOLE]
    assert made.profit.tolist() == [(72 + 36 - 105) * WHOLE]


def test_fees_lessen_the_profit_in_either_asset() -> None:
    in_quote = trips(fill(1, 0, 100, 100, 100, WHOLE), fill(2, 0, -100, 100, 0, WHOLE))
    assert in_quote.profit.tolist() == [-2 * WHOLE]
    assert in_quote.fees.tolist() == [2 * WHOLE]
    # One lot of a hundred is kept as fee; the 99 that are left bring 99.
    in_base = trips(fill(1, 0, 100, 100, 99, WHOLE // 100, in_base=True), fill(2, 0, -99, 100, 0))
    assert in_base.profit.tolist() == [-WHOLE]
    assert in_base.fees.tolist() == [WHOLE]


def test_less_than_the_venue_takes_is_nothing() -> None:
    made = trips(fill(1, 0, 100, 100, 100), fill(2, 0, -99, 100, 1), fill(3, 0, 50, 100, 51))
    assert made.is_open.tolist() == [0, 1]
    assert made.closed_at.tolist() == [2, 99]
    assert made.profit.tolist() == [-WHOLE, (-50 + 51 * 110 // 100) * WHOLE + WHOLE // 10]


def test_trades_of_several_instruments_are_told_by_their_end() -> None:
    made = trips(fill(1, 0, 10, 100, 10), fill(2, 1, 10, 10, 10), fill(3, 1, -10, 12, 0), fill(4, 0, -10, 90, 0))
    assert made.instrument.tolist() == [1, 0]
    assert [round(each, 9) for each in t.profits_of(made, WHOLE).tolist()] == [0.2, -1.0]


def test_what_is_held_at_the_start_costs_its_worth_there() -> None:
    opening = Opening(5, 150 * WHOLE, (100, 30), (100 * WHOLE, 3 * WHOLE))
    made = trips(fill(7, 0, -40, 110, 60), fill(8, 0, -60, 90, 0), fill(9, 0, 10, 90, 10), opening=opening)
    assert made.instrument.tolist() == [0, 0, 1]
    assert made.opened_at.tolist() == [5, 9, 5]
    assert made.fills.tolist() == [2, 1, 0]
    assert made.bought.tolist() == [100, 10, 30]
    assert made.cost.tolist() == [100 * WHOLE, 9 * WHOLE, 3 * WHOLE]
    assert made.profit.tolist() == [(44 + 54 - 100) * WHOLE, 2 * WHOLE, 0]
    assert made.is_open.tolist() == [0, 1, 1]
    assert t.trade_returns(made).tolist() == [-0.02]


def test_less_than_the_venue_takes_at_the_start_is_no_trade_but_is_not_free() -> None:
    opening = Opening(5, WHOLE, (1, 0), (WHOLE, 0))
    assert len(trips(opening=opening)) == 0
    made = trips(fill(7, 0, 50, 100, 51), fill(8, 0, -51, 100, 0), opening=opening)
    assert (made.opened_at.tolist(), made.cost.tolist(), made.profit.tolist()) == ([7], [51 * WHOLE], [0])


def test_what_is_sold_of_less_than_the_venue_takes_belongs_to_the_trade_that_left_it() -> None:
    made = trips(fill(1, 0, 1, 100, 1), fill(2, 0, 99, 100, 100), fill(3, 0, -99, 110, 1), fill(4, 0, -1, 110, 0))
    assert (made.opened_at.tolist(), made.closed_at.tolist(), made.profit.tolist()) == ([1], [4], [10 * WHOLE])


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(50, 200), st.booleans()), max_size=40))
def test_profits_add_up_to_what_the_account_gained(steps: list[tuple[int, int, bool]]) -> None:
    rows, held, cash = [], 0, 0
    for ts, (lots, price, is_buy) in enumerate(steps, 1):
        change = lots if is_buy else -min(lots, held)
        if change:
            held += change
            cash -= change * price * WHOLE // 100
            rows.append(fill(ts, 0, change, price, held))
    made = trips(*rows)
    # What a closed trade leaves below the venue's minimum is worth nothing to it, and something to the next one.
    assert abs(int(made.profit.sum()) - (cash + held * 110 * WHOLE // 100)) <= len(made) * 200 * WHOLE // 100


def test_statistics_of_profits_by_hand() -> None:
    profits = np.array([10.0, -5.0, 20.0, -5.0, -5.0])
    assert t.win_rate(profits) == pytest.approx(0.4)
    assert t.profit_factor(profits) == pytest.approx(2.0)
    assert t.expectancy(profits) == pytest.approx(3.0)
    assert t.average_win(profits) == pytest.approx(15.0)
    assert t.average_loss(profits) == pytest.approx(-5.0)
    assert (t.best(profits), t.worst(profits)) == (20.0, -5.0)
    assert t.longest_losing_streak(profits) == 2
    assert t.system_quality(profits) == pytest.approx(5**0.5 * 3 / np.std(profits, ddof=1))


def test_without_trades_or_losses_there_is_no_number() -> None:
    none = np.empty(0)
    assert [t.win_rate(none), t.expectancy(none), t.best(none)] == [t.NO_TRADE] * 3
    assert t.profit_factor(np.array([1.0])) == Undefined("no trade lost")
    assert isinstance(t.system_quality(np.array([1.0, 1.0])), Undefined)


def test_exposure_counts_bars_with_any_position_once() -> None:
    bars = np.arange(1, 11, dtype=np.int64) * 10
    made = trips(fill(20, 0, 10, 100, 10), fill(30, 1, 10, 10, 10), fill(40, 0, -10, 100, 0), fill(60, 1, -10, 10, 0), last=100)
    assert t.exposure(bars, made, 100) == pytest.approx(0.4)  # the closes at 20, 30, 40 and 50
