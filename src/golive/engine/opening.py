"""What an account is worth when a run begins, and what the base assets that it begins with are taken to have cost.

Both are told at one moment: the first closing time by which everything held has a price, where the curve of equity begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.portfolio import Ledger


class Opening(NamedTuple):
    """An account at the start of a run; money in smallest units of the ledger's quote asset."""

    ts: int
    """ns UTC"""
    equity: int
    lots: tuple[int, ...]
    """whole lots held, by instrument; of instruments that share a base asset the first has them"""
    costs: tuple[int, ...]
    """what those lots are worth then"""


def opening_of(ledger: Ledger, candles: Sequence[CandleColumns]) -> Opening | None:
    """Return how the account of `ledger`, untouched, begins over candles; None when they never price all that it holds.

    Raises MagnitudeError when the account is worth more than fits.
    """
    for ts in sorted({int(each.opened_at[0]) + each.timeframe_ns for each in candles if len(each)}):
        marks = _marks(candles, ts)
        equity = ledger.equity(marks)
        if equity is not None:
            lots = tuple(_own_lots(ledger, each.instrument.id) for each in candles)
            costs = tuple(
                ledger.notional(each.instrument.id, marks[each.instrument.id], held) if held else 0
                for each, held in zip(candles, lots, strict=True)
            )
            return Opening(ts, equity, lots, costs)
    return None


def known_opening(ledger: Ledger, candles: Sequence[CandleColumns]) -> Opening:
    """Return how the account begins; ConfigError when candles do not price all that it holds."""
    opening = opening_of(ledger, candles)
    if opening is None:
        held = [asset for asset, balance in ledger.balances.items() if balance.total and asset != ledger.quote]
        raise ConfigError(f"the start balances hold {', '.join(held)}, and no candle of the span says what that is worth")
    return opening


def untouched_equity(ledger: Ledger, candles: Sequence[CandleColumns], ts: Sequence[int]) -> list[int]:
    """Return what the account of `ledger` is worth at each of the times, ns UTC, if nothing is traded; before there is a price,
    what it is worth when there is. ConfigError as `known_opening`.
    """
    opening = known_opening(ledger, candles)
    worth = (ledger.equity(_marks(candles, at)) if at > opening.ts else None for at in ts)
    return [opening.equity if each is None else each for each in worth]


def _own_lots(ledger: Ledger, instrument: InstrumentId) -> int:
    holding = ledger.holdings[instrument]
    is_quote = holding.base_asset == ledger.quote
    return ledger.total_lots(instrument) if ledger.by_base[holding.base_asset][0] is holding and not is_quote else 0


def _marks(candles: Sequence[CandleColumns], ts: int) -> dict[InstrumentId, int]:
    """Return the newest close of each instrument that has one by then, ticks."""
    import numpy as np

    found = {each.instrument.id: int(np.searchsorted(each.opened_at, ts - each.timeframe_ns, "right")) for each in candles}
    return {each.instrument.id: int(each.close[n - 1]) for each in candles if (n := found[each.instrument.id])}
