"""What risk judges an order by: values that were gathered before, no I/O.

None of them is changed once it was made. They are no tuples and not frozen, because every decision makes one of each, and reads
a view's values a hundred times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from golive.model.emergency import TradingState
from golive.model.ids import InstrumentId
from golive.model.peer import HostFigures

from .flow import OrderFlow


@dataclass(slots=True)
class Reference:
    """One source's price of an instrument."""

    source: str
    """`candle`, `book`, `trade`"""
    ticks: int
    ts: int
    """ns UTC of the view's clock"""
    valid_ns: int = 0
    """for how long it is in force by its nature, before its age begins to count: a candle until the next one is due"""


@dataclass(slots=True)
class Costs:
    """Fees and result of the last 30 days, in smallest quote units; `profit` is before fees."""

    fees: int
    profit: int


@dataclass(slots=True)
class Commitment:
    """What the account has committed itself to: all that it holds, and all that works to buy more as if it were filled."""

    others: int
    """instruments of which there is something, beside the order's own"""
    worth: int
    """of all, smallest quote units"""
    restless: float
    """what each is worth times its volatility, in the order of the instruments; NaN while one of these is not known"""


@dataclass(slots=True)
class AccountView:
    """The account at one moment; money in smallest quote units, quantities in lots. None = not known.

    Its mappings may be those of whoever keeps the account: a view is used up before anything happens to that.

    `pending_buys` counts the lots of working buy orders as if all were filled, UNKNOWN ones included; `pending_sells` those of
    working sales that are no longer there to be promised.
    """

    equity: int | None
    day_start_equity: int | None
    peak_equity: int | None
    positions: Mapping[InstrumentId, int]
    pending_buys: Mapping[InstrumentId, int]
    prices: Mapping[InstrumentId, int]
    """Reference price in ticks: what the order would cost at worst, at least the mark. Where `commitment` is given, the order's
    instrument is enough."""
    notional: Callable[[InstrumentId, int, int], int]
    """(instrument, ticks, lots) → smallest quote units, exact."""
    worst_today: tuple[int, int] = (0, 1)
    """deepest (fall, from) since the UTC day began: a daily stop that was reached holds until the day is over"""
    worst_drawdown: tuple[int, int] = (0, 1)
    """deepest (fall, from) of the session: a drawdown stop that was reached holds although equity recovers"""
    now: int = 0
    """ns UTC of the clock that ages and rates are counted by: market time in a session, the wall clock at a person's desk"""
    week_start_equity: int | None = None
    worst_week: tuple[int, int] = (0, 1)
    pending_sells: Mapping[InstrumentId, int] = field(default_factory=dict)
    open_orders: int = 0
    """orders that have not ended, UNKNOWN ones included"""
    references: Mapping[InstrumentId, tuple[Reference, ...]] = field(default_factory=dict)
    """independent prices of what is traded; the price collar wants `references_needed` of them"""
    references_needed: int = 0
    updated: Mapping[InstrumentId, int] = field(default_factory=dict)
    """when the market was last heard of: ns UTC of the view's clock"""
    quiet_ns: int = 0
    """how long a market may be silent by its nature: the length of a bar where nothing else is heard"""
    volatility: Mapping[InstrumentId, float] = field(default_factory=dict)
    """a year's, of each instrument that enough is known of"""
    atr: Mapping[InstrumentId, float] = field(default_factory=dict)
    """average true range in ticks"""
    stop: int | None = None
    """distance in ticks at which the strategy protects the position that the order makes; None: it does not"""
    costs: Costs | None = None
    """None: there are no 30 days yet"""
    flow: OrderFlow | None = None
    """None: what was ordered before is not known"""
    lot_limits: Mapping[InstrumentId, int] = field(default_factory=dict)
    quote_unit: int = 1
    """smallest units of one whole unit of the quote asset"""
    trading_state: TradingState = TradingState.ACTIVE
    host: HostFigures | None = None
    """what the other entrypoints of the host are worth, and what holds for all, as read last; None: it is alone"""
    commitment: Commitment | None = None
    """at `prices`; None: rules add it up from `positions`, `pending_buys` and `prices`"""
    licence_lapse: str | None = None
    """why there is no valid licence; None while there is one, or none is needed"""
