"""The port between the server and a dialect: everything the server asks of one, and nothing of any venue's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from golive.matching.fee import FeeAsset

from .connection import Connection
from .mode import Mode
from .request import Answer, Carried, RawRequest


class Face(Protocol):
    """One dialect around one exchange. Synchronous: the server does the waiting. All times are ns."""

    @property
    def name(self) -> str:
        """`okx`."""
        ...

    @property
    def websocket_routes(self) -> tuple[str, ...]:
        """Paths (as aiohttp writes them) of the WebSocket addresses; a group named `access` tells them apart."""
        ...

    @property
    def ws_root(self) -> str:
        """Path that follows `ws://host:port` in the ready document."""
        ...

    @property
    def idle_s(self) -> float:
        """A connection silent in both directions for this long is closed."""
        ...

    @property
    def idle_close(self) -> tuple[int, str]:
        """Code and reason it is closed with."""
        ...

    @property
    def hidden_headers(self) -> frozenset[str]:
        """Request headers (lower case) that the request log must not show."""
        ...

    mode: Mode
    """what the venue does at present; of its exchange"""
    is_limited: bool
    """False: request limits are neither counted nor enforced (for measuring the venue); everything else stays"""
    time_scale: int
    """how many times shorter than documented the time rules of orders are; 1: as documented"""

    def answer(self, request: RawRequest, wall: int, monotonic: int) -> Answer:
        """Answer one REST request from its raw bytes: receive it and carry it out at once."""
        ...

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        """Judge what is judged on arrival (who asks, the nonce, limits); return what carries it out, now or later.

        What its engine judges is judged then: an order's deadline, its client id, balances, the book.
        """
        ...

    def refuse_connection(self, address: str, monotonic: int) -> Answer | None:
        """Count a new WebSocket connection; return the answer that refuses it when there are too many."""
        ...

    def opened(self, connection: Connection, wall: int, monotonic: int) -> None:
        """A connection stands: greet it, if the venue does."""
        ...

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        """Take one text frame of a client."""
        ...

    def closed(self, connection: Connection, wall: int) -> None:
        """A connection is gone: forget it (and act on it where the venue does: disconnect protection)."""
        ...

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        """Publish what changed in these markets; return the number of messages per `channel:instrument` key.

        With `running` unfinished candles are published as well.
        """
        ...

    def heartbeat(self, wall: int, monotonic: int) -> None:
        """Called about ten times a second: what happens by wall time alone (dead-man's switch, venue heartbeats)."""
        ...

    def spoken_fault(self, kind: str, code: str, status: int | None, retry_after_s: float | None) -> Answer:
        """Return the venue's own words for a fault.

        `throttle` = its rate-limit answer, `ban` = its IP or account ban, `maintenance` = what it answers then, `error` =
        its envelope with `code` (for Kraken the error text). `status` overrides the HTTP status the venue would use.
        """
        ...

    def partial(self, answer: Answer) -> Answer:
        """Return a batch answer in which the first operation is shown as failed, in the venue's words."""
        ...

    def subscription_refused(self, text: str) -> bytes | None:
        """Return the venue's refusal of this client message when it is a subscription, else None."""
        ...


class DialectTraits(Protocol):
    """What must be known of a dialect before an exchange is built: a module-level constant `TRAITS` of each."""

    @property
    def fee_asset(self) -> FeeAsset: ...

    @property
    def client_ids_unique_for_ever(self) -> bool:
        """False: only among working orders."""
        ...

    @property
    def default_symbol(self) -> str: ...

    @property
    def maker_bps(self) -> str: ...

    @property
    def taker_bps(self) -> str: ...

    @property
    def minimum_cost(self) -> str:
        """Decimal text: least price × quantity of an order in its quote asset, `0` for none."""
        ...

    @property
    def serves_trade_history(self) -> bool:
        """Public trades of any age can be asked for."""
        ...
