"""What a venue is asked before an order by hand is judged: balances, books, the bars that prices are measured by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from golive.model.clock import SECOND, Clock
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle
from golive.risk import RiskProfile
from golive.risk.statistics import PriceStatistics
from golive.venues.adapter import VenueAdapter

from .order_account import Holdings

DEPTH: Final = 5
"""levels of a book that are read; the first is what is judged by"""
BARS: Final = 100
"""of the entrypoint's timeframe: what lies further back counts for less than a five-hundredth of a volatility"""
MINUTES: Final = 2


async def read_account(
    adapter: VenueAdapter,
    instruments: Mapping[InstrumentId, Instrument],
    profile: RiskProfile,
    clock: Clock,
    *,
    timeframe: str | None,
    symbol: str | None,
    working: Collection[InstrumentId],
) -> Holdings:
    """Read an account for an order of `symbol`; None: for market sales alone, which no limit on prices keeps from leaving.

    What ages within seconds is read last. Bars are read of what is held, of what works and of `symbol`, where the profile has
    limits that need them; one that the venue does not have is not known. Raises the family of a venue's fault.
    """
    balances = await adapter.balances()
    ordered = [each for each in instruments.values() if each.id.symbol == symbol]
    statistics = {}
    if profile.follows_prices and timeframe is not None and symbol is not None:
        held = {asset for asset, balance in balances.items() if balance.total > 0}
        followed = [each for each in instruments.values() if each in ordered or each.id in working or each.base in held]
        statistics = {each.id: await _statistics(adapter, each, timeframe) for each in followed}
    books: dict[InstrumentId, Book] = {}
    asked_at: dict[InstrumentId, int] = {}
    minutes: dict[InstrumentId, Candle] = {}
    for each in [*(each for each in instruments.values() if each not in ordered), *ordered]:
        if each in ordered and profile.collar is not None and (closed := await adapter.candles(each, "1m", MINUTES)):
            minutes[each.id] = closed[-1]
        asked_at[each.id] = clock.now()
        books[each.id] = await adapter.order_book(each, DEPTH)
    return Holdings(
        balances=balances, instruments=instruments, books=books, asked_at=asked_at, minutes=minutes, statistics=statistics
    )


async def _statistics(adapter: VenueAdapter, instrument: Instrument, timeframe: str) -> PriceStatistics:
    """Return the statistics of an instrument's bars, of none where the venue has no bars of that length."""
    length = adapter.profile.timeframes.get(timeframe)
    if length is None:
        return PriceStatistics(SECOND)
    found = PriceStatistics(length.period_s * SECOND)
    for bar in await adapter.candles(instrument, timeframe, BARS):
        found.add(bar.high, bar.low, bar.close)
    return found
