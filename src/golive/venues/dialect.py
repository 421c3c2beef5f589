"""What a venue's own module must provide: its requests, the reading of its answers, and its market feed. No I/O.

Requests are data; the call path sends them. Readers take the venue's parsed JSON and return exact values or raise
`MalformedPayload` / `MagnitudeError` naming the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from golive.model.balance import Balance
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.market import Book, Candle, MarketEvent
from golive.model.order import Fill, NewOrder, OrderStatus, Side
from golive.model.secret import Credentials

Payload = JsonValue
BODY: Final = "[]"
"""the one parameter of a request whose body is a list and not an object"""
_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Request:
    """One call, before signing; `path` is CCXT's path (without version prefix)."""

    path: str
    params: JsonObject = field(default_factory=dict)
    method: str = "GET"
    private: bool = False
    max_bytes: int = 1 << 20
    """a longer answer is malformed (RELIABILITY §4.3)"""
    headers: Mapping[str, str] = field(default_factory=dict)
    """sent beside those of the signature"""
    weight: int = 1
    """what the call counts in scope `*`"""
    charges: Mapping[str, int] = field(default_factory=dict)
    """what it counts in further scopes of the venue's own, such as a matching-engine counter"""

    @property
    def scopes(self) -> Mapping[str, int]:
        """The budget scopes that this call counts in, and how much."""
        return {"*": self.weight, f"{self.method} {self.path}": 1, **self.charges}

    def adding(self, *, params: JsonObject = _NOTHING, headers: Mapping[str, str] = _NOTHING) -> Request:
        """Return the request with further parameters or headers."""
        return Request(
            self.path, {**self.params, **params}, self.method, self.private, self.max_bytes, {**self.headers, **headers},
            self.weight, self.charges,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the venue says about the API key that signed the request."""

    permissions: tuple[str, ...]
    """`read`, `trade`, `withdraw`, or the venue's own word for anything else; sorted"""
    addresses: tuple[str, ...] | None
    """the IP allow-list, () when the key may be used from anywhere, None when the venue does not tell"""
    expires_at: int | None = None
    """ns UTC, None when it never does or the venue does not tell"""


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
    price: int | None = field(default=None, compare=False)
    """limit in ticks, None where the source does not tell it and for a price off the instrument's present grid"""
    side: Side | None = field(default=None, compare=False)
    """None where the source does not tell it"""
    fill_ids: tuple[str, ...] = field(default=(), compare=False)
    """the venue's ids of its fills, where the order names them and fills cannot be listed by order (Kraken)"""


@dataclass(frozen=True, slots=True)
class FillSighting:
    """A fill as the venue shows it, with the order it belongs to."""

    venue_order_id: VenueOrderId
    fill: Fill


@dataclass(frozen=True, slots=True)
class Total:
    """All the account holds of one asset, where a private stream does not tell how much of it orders lock (Kraken).

    It says that the balance changed; how much is free must be read over REST, and never follows from this.
    """

    asset: str
    units: int
    """whole numbers of 10^-scale of the asset"""
    scale: int


AccountEvent = OrderSighting | FillSighting | Balance | Total
"""what a private stream tells"""


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
    """One connection of a feed: where, what to say, and which channels it must acknowledge."""

    access: str
    keys: tuple[str, ...]
    """`channel:instrument` of every channel, as counted in `MarketStream.received`"""
    needs_snapshot: frozenset[str]
    subscriptions: tuple[JsonObject, ...]
    """the messages to send, in this order; empty for an account feed, which makes them when it has its token"""


class Feed(Protocol):
    """Turns a venue's market messages into events; owns the local books.

    Candles and trades told twice or late are the stream's business (`candle_line.py`); books are the feed's.
    """

    links: tuple[Link, ...]
    exact_numbers: bool
    """True where the venue sends money as JSON numbers: fractions then come as their text, never as floats"""
    is_private: bool
    """True where the messages are about our account: they are read as strictly as answers over REST, fractions as texts too"""

    def reset(self, link: Link) -> None:
        """Forget the books of `link`; called before each (re)subscription."""
        ...

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        """Return the key whose subscription this control message confirms, else None."""
        ...

    def refused(self, message: Mapping[str, object]) -> tuple[str, ...]:
        """Return the codes of a control message that refuses a subscription, a login or anything else; else ()."""
        ...

    def is_data(self, message: Mapping[str, object]) -> bool: ...

    def take(self, message: Mapping[str, object]) -> str:
        """Emit the events of one data message and return its key; raise FeedGap or MalformedPayload."""
        ...


class AccountFeed(Feed, Protocol):
    """A feed of our own orders, fills and balances. `take` emits `AccountEvent`s.

    The order of things: the token call if there is one, connect, the login message if there is one and its
    confirmation, then the subscriptions.
    """

    def token(self) -> Request | None:
        """Return the REST call whose answer the subscriptions need (Kraken), else None."""
        ...

    def read_token(self, payload: Payload) -> str: ...

    def login(self, credentials: Credentials, now_ms: int) -> JsonObject | None:
        """Return the signed first message of a connection (OKX, Bybit), else None; `now_ms` is venue time."""
        ...

    def logged_in(self, message: Mapping[str, object]) -> bool:
        """Return whether this control message confirms the login."""
        ...

    def subscriptions(self, link: Link, token: str) -> tuple[JsonObject, ...]: ...


class FeedGap(Exception):
    """The sequence of a book broke: it must be subscribed anew."""


class Dialect(Protocol):
    """One venue's requests and readers."""

    def urls(self, base: str) -> Mapping[str, object]:
        """CCXT's `urls['api']` for a venue that listens at `base` (HTTP and WebSocket on one port)."""
        ...

    def stream_url(self, urls: Mapping[str, object], access: str, *, sandbox: bool) -> str:
        """Return the WebSocket address of one of the feed's accesses out of CCXT's `urls['api']`."""
        ...

    def codes(self, payload: Payload) -> tuple[str, ...]:
        """The venue's error codes of an answer, most specific first, () for success.

        MalformedPayload for no envelope, and for an answer that contradicts itself by an error beside what only a success
        has: it proves neither.
        """
        ...

    def time(self) -> Request: ...

    def read_time(self, payload: Payload) -> int:
        """Venue time as it is told, ms since the epoch; a coarse one is not corrected here."""
        ...

    def instruments(self) -> Request: ...

    def read_instruments(self, payload: Payload) -> Mapping[InstrumentId, Instrument]: ...

    def account(self) -> Request: ...

    def read_key(self, payload: Payload) -> KeyFacts: ...

    def balances(self) -> Request: ...

    def read_balances(self, payload: Payload) -> Mapping[str, Balance]: ...

    def book(self, instrument: Instrument, depth: int) -> Request: ...

    def read_book(self, payload: Payload, instrument: Instrument) -> Book: ...

    def candles(self, instrument: Instrument, bar: str, limit: int) -> Request: ...

    def read_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]: ...

    def place(self, order: NewOrder, instrument: Instrument) -> Request: ...

    def read_placed(self, payload: Payload, order: NewOrder, instrument: Instrument) -> VenueOrderId:
        """Return the venue's id; MalformedPayload when the acknowledgement is not of this very order."""
        ...

    def with_deadline(self, request: Request, deadline_ms: int) -> Request:
        """Return the request with the venue's own deadline (venue time, ms); unchanged where the venue has none."""
        ...

    def amend(
        self, client_order_id: ClientOrderId, instrument: Instrument, *, quantity: int | None, price: int | None
    ) -> Request:
        """Change a working limit order in place: total quantity (lots, what is filled included) and price (ticks)."""
        ...

    def read_amended(self, payload: Payload, client_order_id: ClientOrderId) -> None:
        """Raise MalformedPayload unless this acknowledges the amendment of this very order."""
        ...

    def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request: ...

    def read_canceled(self, payload: Payload, client_order_id: ClientOrderId) -> bool:
        """Return whether there was anything to cancel; MalformedPayload when the answer is not about this very order."""
        ...

    cancel_batch: int
    """most orders of one `cancel_many`"""

    def cancel_many(self, orders: Sequence[OrderSighting], instrument: Instrument) -> Request:
        """Cancel these working orders of one instrument; what really happened is read back from the open orders."""
        ...

    def read_canceled_many(self, payload: Payload, orders: Sequence[OrderSighting]) -> None:
        """Raise MalformedPayload unless this acknowledges the cancel of these orders."""
        ...

    def dead_man_switch(self, timeout_s: int) -> Request:
        """Arm the venue's own switch (cancel everything after `timeout_s` without another call), 0 disarms it."""
        ...

    def read_switch(self, payload: Payload, timeout_s: int) -> None:
        """Raise MalformedPayload unless the switch now stands as asked, as far as the venue's answer tells."""
        ...

    gone_codes: frozenset[str]
    """codes of a cancel or amendment that found nothing left to change"""
    not_found_codes: frozenset[str]
    """codes of a look-up that found no order"""

    def order_requests(self, client_order_id: ClientOrderId, instrument: Instrument) -> tuple[Request, ...]:
        """Return the look-ups by our id that together see open and recent orders; `read_orders` reads each answer."""
        ...

    def open_orders(self, instrument: Instrument, after: str) -> Request: ...

    def closed_orders(self, instrument: Instrument, after: str) -> Request: ...

    def read_orders(self, payload: Payload, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return the orders of this instrument, in whatever shape this venue lists orders; others are left out."""
        ...

    def fills(self, instrument: Instrument, after: str) -> Request: ...

    def read_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        """Return the fills of this instrument; `client_order_id` is '' where the venue's fills do not carry it."""
        ...

    def order_fills(self, order: OrderSighting, instrument: Instrument, after: str) -> tuple[Request, ...]:
        """Return the requests that together list the fills of this one order, each paged by `after`."""
        ...

    def read_order_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        """Read an answer to one of `order_fills`, like `read_fills`."""
        ...

    def next_page(self, payload: Payload, after: str) -> str:
        """Return where the page after this one begins, '' when this was the last; `after` is this page's own start."""
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

    def account_feed(
        self, instruments: Sequence[Instrument], *, sink: Callable[[AccountEvent], None], is_guarding: bool = False
    ) -> AccountFeed:
        """Return the feed of our orders and fills on these instruments and of our balances.

        `is_guarding`: where a venue cancels everything when a private stream ends (Bybit), this stream is such a one.
        """
        ...
