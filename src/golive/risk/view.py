"""What risk judges an order by: values that were gathered before, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from golive.model.ids import InstrumentId


class AccountView(NamedTuple):
    """The account at one moment; money in smallest quote units, quantities in lots. None = not known.

    `pending_buys` counts the lots of working buy orders as if all were filled, UNKNOWN ones included.
    """

    equity: int | None
    day_start_equity: int | None
    peak_equity: int | None
    positions: Mapping[InstrumentId, int]
    pending_buys: Mapping[InstrumentId, int]
    prices: Mapping[InstrumentId, int]
    """Reference price in ticks: what the order would cost at worst, at least the mark."""
    notional: Callable[[InstrumentId, int, int], int]
    """(instrument, ticks, lots) → smallest quote units, exact."""
    worst_today: tuple[int, int] = (0, 1)
    """deepest (fall, from) since the UTC day began: a daily stop that was reached holds until the day is over"""
    worst_drawdown: tuple[int, int] = (0, 1)
    """deepest (fall, from) of the session: a drawdown stop that was reached holds although equity recovers"""
