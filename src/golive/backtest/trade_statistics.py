"""What round trips say: how often they win, by how much, and how sure that is. Open trades are left out."""

from __future__ import annotations

import math

from golive.matching.columns import FloatColumn, IntColumn

from .fills import TradeColumns
from .returns import Undefined, Value

NO_TRADE = Undefined("no trade was closed")


def profits_of(trades: TradeColumns, whole: int) -> FloatColumn:
    """Return the profit of each closed trade in quote, of which `whole` smallest units are one."""
    made: FloatColumn = trades.profit[trades.closed()] / whole
    return made


def trade_returns(trades: TradeColumns) -> FloatColumn:
    """Return profit over cost of each closed trade that cost anything."""
    closed = trades.closed() & (trades.cost > 0)
    made: FloatColumn = trades.profit[closed] / trades.cost[closed]
    return made


def win_rate(profits: FloatColumn) -> Value:
    """Trades with a profit above zero over all closed ones."""
    return float((profits > 0).mean()) if len(profits) else NO_TRADE


def profit_factor(profits: FloatColumn) -> Value:
    """Sum of the profits over the sum of the losses (absolute).

    Source: Schwager, Schwager on Futures: Technical Analysis, 1996 (gross profit / gross loss).
    """
    if not len(profits):
        return NO_TRADE
    lost = -float(profits[profits < 0].sum())
    return float(profits[profits > 0].sum()) / lost if lost > 0 else Undefined("no trade lost")


def expectancy(profits: FloatColumn) -> Value:
    """Mean profit of a closed trade, in quote: win rate × average win − loss rate × average loss.

    Source: Tharp, Trade Your Way to Financial Freedom, 1998.
    """
    return float(profits.mean()) if len(profits) else NO_TRADE


def system_quality(profits: FloatColumn) -> Value:
    """√n × mean profit over its standard deviation (n − 1); n is not capped.

    Source: Tharp, The Definitive Guide to Position Sizing, 2008 (SQN).
    """
    if len(profits) < 2:
        return Undefined("fewer than two closed trades")
    spread = float(profits.std(ddof=1))
    return math.sqrt(len(profits)) * float(profits.mean()) / spread if spread > 0 else Undefined("trades do not differ")


def average_win(profits: FloatColumn) -> Value:
    """Mean of the profits above zero, in quote."""
    won = profits[profits > 0]
    return float(won.mean()) if len(won) else Undefined("no trade won")


def average_loss(profits: FloatColumn) -> Value:
    """Mean of the profits below zero, in quote (negative)."""
    lost = profits[profits < 0]
    return float(lost.mean()) if len(lost) else Undefined("no trade lost")


def best(values: FloatColumn) -> Value:
    return float(values.max()) if len(values) else NO_TRADE


def worst(values: FloatColumn) -> Value:
    return float(values.min()) if len(values) else NO_TRADE


def longest_losing_streak(profits: FloatColumn) -> int:
    """Return how many trades in a row lost at most."""
    import numpy as np

    won = np.flatnonzero(np.concatenate([[True], profits >= 0, [True]]))
    return int(np.diff(won).max()) - 1


def mean_duration_s(trades: TradeColumns) -> Value:
    """Mean time from the first fill of a closed trade to its last, seconds."""
    closed = trades.closed()
    if not bool(closed.any()):
        return NO_TRADE
    return float((trades.closed_at[closed] - trades.opened_at[closed]).mean()) / 1e9


def exposure(bar_ts: IntColumn, trades: TradeColumns, until: int) -> Value:
    """Share of the bars at whose close a position was held; `until` is the end of the run, ns."""
    import numpy as np

    if not len(bar_ts):
        return Undefined("no bar")
    if not len(trades):
        return 0.0
    first = np.searchsorted(bar_ts, trades.opened_at, side="left")
    ended = np.where(trades.is_open == 1, until + 1, trades.closed_at)
    last = np.searchsorted(bar_ts, ended, side="left")
    order = np.argsort(first, kind="stable")
    first, last = first[order], last[order]
    reached = np.concatenate([[0], np.maximum.accumulate(last)[:-1]])
    return float(np.maximum(0, last - np.maximum(first, reached)).sum()) / len(bar_ts)
