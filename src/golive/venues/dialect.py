"""What a venue's own module must provide: its requests, the reading of its answers, and its market feed. No I/O.

Requests are data; the call path sends them. Readers take the venue's parsed JSON and return exact values or raise
`MalformedPayload` / `MagnitudeError` naming the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from golive.model.balance import Balance
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.market import Book, Candle, MarketEvent
from golive.model.order import Fill, NewOrder, OrderStatus

Payload = JsonValue


@dataclass(frozen=True, slots=True)
class Request:
    """One call, before signing; `path` is CCXT's path (without version prefix)."""

    path: str
    params: JsonObject = field(default_factory=dict)
    method: str = "GET"
    private: bool = False
    max_bytes: int = 1 << 20
    """a longer answer is malformed (RELIABILITY §4.3)"""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The budget scopes that this call counts in."""
        return ("*", f"{self.method} {self.path}")


@dataclass(frozen=True, slots=True)
class OrderSighting:
    """One of our orders as the venue shows it; quantities in lots, `average_price` as the venue's text or ''."""

    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId
    status: OrderStatus
    quantity: int | None
    """None when the venue counts the order in quote (market by cost)"""
    filled: int
    average_price: str
    ts: int
    """last update, ns UTC"""


@dataclass(frozen=True, slots=True)
class FillSighting:
    """A fill as the venue shows it, with the order it belongs to."""

    venue_order_id: VenueOrderId
    fill: Fill


@dataclass(frozen=True, slots=True)
class Lookup:
    """What every source of a venue knows about one client order id."""

    order: OrderSighting | None
    fills: tuple[FillSighting, ...]

    @property
    def is_absent(self) -> bool:
        """No source knows the id; whether that proves absence depends on the deadline and on time."""
        return self.order is None and not self.fills


@dataclass(frozen=True, slots=True)
class Link:
    """One connection of a market feed: where, what to say, and which channels it must acknowledge."""

    access: str
    keys: tuple[str, ...]
    """`channel:instrument` of every channel, as counted in `MarketStream.received`"""
    needs_snapshot: frozenset[str]
    subscription: JsonObject


class Feed(Protocol):
    """Turns a venue's market messages into events; owns the local books."""

    links: tuple[Link, ...]

    def reset(self, link: Link) -> None:
        """Forget the books of `link`; called before each (re)subscription."""
        ...

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        """Return the key whose subscription this control message confirms, else None."""
        ...

    def is_data(self, message: Mapping[str, object]) -> bool: ...

    def take(self, message: Mapping[str, object]) -> str:
        """Emit the events of one data message and return its key; raise FeedGap or MalformedPayload."""
        ...


class FeedGap(Exception):
    """The sequence of a book broke: it must be subscribed anew."""


class Dialect(Protocol):
    """One venue's requests and readers."""

    def urls(self, base: str) -> Mapping[str, object]:
        """CCXT's `urls['api']` for a venue that listens at `base` (HTTP and WebSocket on one port)."""
        ...

    def codes(self, payload: Payload) -> tuple[str, ...]:
        """The venue's error codes of an answer, most specific first, () for success; MalformedPayload for no envelope."""
        ...

    def time(self) -> Request: ...

    def read_time(self, payload: Payload) -> int:
        """Venue time, ms since the epoch."""
        ...

    def instruments(self) -> Request: ...

    def read_instruments(self, payload: Payload) -> Mapping[InstrumentId, Instrument]: ...

    def account(self) -> Request: ...

    def read_permissions(self, payload: Payload) -> tuple[str, ...]: ...

    def balances(self) -> Request: ...

    def read_balances(self, payload: Payload) -> Mapping[str, Balance]: ...

    def book(self, instrument: Instrument, depth: int) -> Request: ...

    def read_book(self, payload: Payload, instrument: Instrument) -> Book: ...

    def candles(self, instrument: Instrument, bar: str, limit: int) -> Request: ...

    def read_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]: ...

    def place(self, order: NewOrder, instrument: Instrument) -> Request: ...

    def read_placed(self, payload: Payload, order: NewOrder) -> VenueOrderId: ...

    def deadline_headers(self, deadline_ms: int) -> Mapping[str, str]: ...

    def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request: ...

    gone_codes: frozenset[str]
    """codes of a cancel that found nothing left to cancel"""
    not_found_codes: frozenset[str]
    """codes of a look-up that found no order"""

    def order(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request: ...

    def open_orders(self, instrument: Instrument, after: str) -> Request: ...

    def closed_orders(self, instrument: Instrument, after: str) -> Request: ...

    def read_orders(self, payload: Payload, instrument: Instrument) -> tuple[OrderSighting, ...]: ...

    def fills(self, instrument: Instrument, after: str) -> Request: ...

    def read_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]: ...

    page_size: int

    def page_cursor(self, payload: Payload) -> str:
        """Where the page after this full one begins."""
        ...

    def feed(
        self,
        instruments: Sequence[Instrument],
        *,
        bar: str | None,
        period_ns: int,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> Feed: ...
