"""Orders and fills as values, and the ten statuses of an order's life (the life itself: `orders/`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from .ids import ClientOrderId, FillId, InstrumentId, VenueOrderId


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


BUY: Final = Side.BUY
SELL: Final = Side.SELL
"""where it counts: up to Python 3.11 a member is found ten times as slowly through its enumeration as by a name"""


class OrderType(StrEnum):
    """What an order does. The lower five sleep until the last traded price reaches their trigger."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    """a market order once the price has moved against the position, to the trigger or beyond"""
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"
    """a market order once the price has moved for the position, to the trigger or beyond"""
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"
    """a stop whose trigger follows the best price seen since it arrived, `trail` ticks behind it"""

    @property
    def has_price(self) -> bool:
        """Whether the order carries a limit price."""
        return self in _PRICED

    @property
    def has_trigger(self) -> bool:
        """Whether the order carries a trigger price; a trailing stop carries `trail` instead."""
        return self in _TRIGGERED

    @property
    def sleeps(self) -> bool:
        """Whether the order waits for a price before it meets the market."""
        return self in _TRIGGERED or self is OrderType.TRAILING_STOP


_PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
_TRIGGERED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"
    GTD = "gtd"
    """until `expires_at`"""


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


class OrderStatus(StrEnum):
    PLANNED = "PLANNED"
    SENT = "SENT"
    OPEN = "OPEN"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ABSENT = "ABSENT"
    UNKNOWN = "UNKNOWN"


TERMINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.ABSENT})


class NewOrder(NamedTuple):
    """What we want to do, before anybody allowed it. Prices in ticks, quantity in lots; `price` is None for market orders."""

    client_order_id: ClientOrderId
    instrument: InstrumentId
    side: Side
    type: OrderType
    quantity: int
    price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    signal_id: str = ""
    trigger: int | None = None
    """ticks, for the types that have one"""
    trail: int | None = None
    """ticks behind the best price, for a trailing stop"""
    expires_at: int | None = None
    """market time, ns UTC, from which a GTD order no longer works"""


class OrderUpdate(NamedTuple):
    """A fact about one of our orders, from a venue or from paper execution; `ts` is event time, ns UTC."""

    client_order_id: ClientOrderId
    ts: int
    event: str
    """An `orders.OrderEvent` value that is no fill: `accepted`, `triggered`, `amended`, `canceled`, `rejected`, `expired` …"""
    venue_order_id: VenueOrderId | None = None
    code: str = ""
    """The venue's code of a rejection, else empty."""
    price: int | None = None
    """ticks: the limit from now on, of an amended order; of an accepted one without a limit, what its funds are held at"""
    quantity: int | None = None
    """lots: the whole quantity from now on, of an amended order"""


class Fill(NamedTuple):
    """One execution of one of our orders.

    `fee` is charged (> 0) or paid to us (< 0) in smallest units of `fee_asset`; `ts` is event time, ns UTC.
    """

    fill_id: FillId
    client_order_id: ClientOrderId
    instrument: InstrumentId
    ts: int
    side: Side
    price: int
    quantity: int
    fee: int
    fee_asset: str
    liquidity: Liquidity
