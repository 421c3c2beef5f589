"""Orders and fills as values, and the ten statuses of an order's life (the life itself: `orders/`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .ids import ClientOrderId, FillId, InstrumentId, VenueOrderId


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"


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


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What we want to do, before anybody allowed it. Price in ticks (None for market), quantity in lots."""

    client_order_id: ClientOrderId
    instrument: InstrumentId
    side: Side
    type: OrderType
    quantity: int
    price: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    signal_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """A fact about one of our orders, from a venue or from paper execution; `ts` is event time, ns UTC."""

    client_order_id: ClientOrderId
    ts: int
    event: str
    """An `orders.OrderEvent` value: `accepted`, `canceled`, `rejected`, `expired`, `unanswered`, `absent`."""
    venue_order_id: VenueOrderId | None = None
    code: str = ""
    """The venue's code of a rejection, else empty."""


@dataclass(frozen=True, slots=True)
class Fill:
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
