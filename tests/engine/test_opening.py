"""The account at the start of a run: its worth, and the cost of what it holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.engine.opening import known_opening, opening_of, untouched_equity
from golive.matching.columns import CandleColumns
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError
from golive.model.instrument import Instrument
from golive.portfolio import Ledger
from support.candles import START, columns_of

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="1", lot_size="0.01", min_quantity="0.01", max_quantity="99999")
ETH = Instrument.from_text("okx:ETH/USDT", tick_size="1", lot_size="0.01", min_quantity="0.01", max_quantity="99999")
WHOLE = 10**8


def closes(instrument: Instrument, first: int, *prices: int) -> CandleColumns:
    """Candles from the minute `first` on that close at these prices."""
    rows = [(START + (first + n) * MINUTE, price, price, price, price, 1) for n, price in enumerate(prices)]
    return columns_of(rows, instrument=instrument)


def ledger(**balances: str) -> Ledger:
    return Ledger([BTC, ETH], {asset: Decimal(amount) for asset, amount in balances.items()})


def test_an_account_begins_when_everything_it_holds_has_a_price() -> None:
    candles = [closes(BTC, 0, 100, 101, 102, 103), closes(ETH, 2, 10, 11)]
    both = opening_of(ledger(USDT="50", BTC="2.005", ETH="3"), candles)
    assert both is not None
    assert both.ts == START + 3 * MINUTE
    assert both.equity == (50 + 30) * WHOLE + 20451 * WHOLE // 100  # 2.005 at 102
    assert both.lots == (200, 300)
    assert both.costs == (204 * WHOLE, 30 * WHOLE)  # what is less than a lot cannot be sold
    one = opening_of(ledger(USDT="50", BTC="2"), candles)
    assert one == (START + MINUTE, 250 * WHOLE, (200, 0), (200 * WHOLE, 0))


def test_what_has_no_price_is_named() -> None:
    candles = [closes(BTC, 0, 100), closes(ETH, 0)]
    assert opening_of(ledger(USDT="50", ETH="3"), candles) is None
    with pytest.raises(ConfigError, match="hold ETH, and no candle of the span"):
        known_opening(ledger(USDT="50", ETH="3"), candles)


def test_an_account_that_nobody_touches_is_worth_the_newest_closes() -> None:
    candles = [closes(BTC, 2, 100, 90, 120), closes(ETH, 0, 1)]
    times = [START + minutes * MINUTE for minutes in (1, 3, 4, 9)]
    assert untouched_equity(ledger(USDT="50", BTC="1"), candles, times) == [150 * WHOLE, 150 * WHOLE, 140 * WHOLE, 170 * WHOLE]
