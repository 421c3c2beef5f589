"""The summary of a market that those who trade and those who look share."""

from __future__ import annotations

import math
from statistics import stdev

from golive.market.intel import MarketIntelAggregator
from golive.model.clock import MINUTE
from golive.model.market import Candle
from support.candles import START, btc

BTC = btc()


def bar(n: int, close: str, volume: str = "2") -> Candle:
    """The n-th minute: opened at 100, closed at `close`."""
    ticks = {text: BTC.ticks_nearest(text) for text in (close, "100")}
    prices = sorted(ticks.values())
    at = START + n * MINUTE
    return Candle(BTC.id, at, at + MINUTE, ticks["100"], prices[-1], prices[0], ticks[close], BTC.lots_down(volume))


def test_it_says_what_the_bars_come_to() -> None:
    intel = MarketIntelAggregator([BTC], "1m", MINUTE)
    assert intel.snapshot(BTC.id) is None
    for n, close in enumerate(("100", "110", "99", "121")):
        intel.heard(bar(n, close))
    seen = intel.snapshot(BTC.id)
    assert seen is not None
    assert (seen.symbol, seen.interval, seen.bar_count) == ("BTC/USDT", "1m", 4)
    assert (seen.start, seen.end) == ("2024-01-31T22:00:00Z", "2024-01-31T22:04:00Z")
    assert (seen.price_change_pct, seen.max_drawdown_pct, seen.average_volume) == (0.21, 0.1, 2.0)
    assert seen.liquidity_usd == 215.0
    assert seen.momentum_score == 0.3333
    yearly = stdev([0.1, -0.1, 121 / 99 - 1]) * math.sqrt(365 * 24 * 60)
    assert seen.volatility_pct == round(yearly, 4)


def test_it_keeps_a_window_and_knows_nothing_of_other_markets_and_other_money() -> None:
    euro = btc("okx:BTC/EUR")
    intel = MarketIntelAggregator([euro], "1m", MINUTE, bars=2)
    for n, close in enumerate(("100", "110", "99")):
        intel.heard(bar(n, close)._replace(instrument=euro.id))
    intel.heard(bar(3, "50"))
    seen = intel.snapshot(euro.id)
    assert seen is not None
    assert (seen.bar_count, seen.price_change_pct, seen.liquidity_usd, seen.volatility_pct) == (2, -0.01, None, None)
    assert intel.snapshot(BTC.id) is None
