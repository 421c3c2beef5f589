"""The one object that can send an order: a venue's write side. Only stages that really trade construct it.

Protocol (RELIABILITY §4.1, START-HERE "Sending an order"): the intent is durable before `submit` is called; every
attempt is journaled with its deadline before it leaves; one attempt, and one more only after an allow-listed *not
processed* answer, with the same id and a new deadline. Anything else that is no proof is OutcomeUnknown: look it up.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import TypeVar

from golive.model.clock import MILLISECOND, Clock
from golive.model.decision import Approved
from golive.model.errors import ConfigError, InvalidOrder, RateLimited, VenueError, VenueRejected, VenueUnavailable
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType
from golive.model.verdict import Stage

from .adapter import VenueAdapter
from .dialect import FillSighting, Lookup, OrderSighting, Payload, Request
from .ports import AttemptJournal
from .signed import Signed

T = TypeVar("T")
MAX_ATTEMPTS = 2
MAX_PAGES = 20
TRADING_STAGES = frozenset({Stage.TESTNET, Stage.REHEARSAL, Stage.LIVE})


class TradingClient:
    """Submits, cancels and looks up orders at one venue.

    Raises ConfigError on construction for a stage that does not trade, for missing credentials, for `testnet` without
    the sandbox and for `rehearsal` on a host that is not loopback; each request is checked again before it leaves.
    """

    def __init__(self, adapter: VenueAdapter, stage: Stage, clock: Clock) -> None:
        if stage not in TRADING_STAGES:
            raise ConfigError(f"stage {stage} sends no orders to a venue; only {', '.join(sorted(TRADING_STAGES))} do")
        if not adapter.has_credentials:
            raise ConfigError(f"{adapter.profile.name}: trading needs credentials")
        if stage is Stage.TESTNET and not adapter.settings.sandbox:
            raise ConfigError(f"{adapter.profile.name}: stage testnet needs the sandbox; set endpoint: sandbox")
        if stage is not Stage.TESTNET and adapter.settings.sandbox:
            raise ConfigError(f"{adapter.profile.name}: stage {stage} does not trade in the sandbox")
        self._adapter = adapter
        self._profile = adapter.profile
        self._dialect = adapter.profile.dialect
        self._stage = stage
        self._clock = clock

    # sending

    async def submit(self, approved: Approved, instrument: Instrument, attempts: AttemptJournal) -> VenueOrderId:
        """Send an approved order and return the venue's id.

        Raises InvalidOrder (never sent: breaks a rule we know), VenueUnavailable (surely never sent), VenueRejected and
        its families (surely not executed), OutcomeUnknown (ask by client order id; never send again).
        """
        order = approved.order
        self._refuse_invalid(order, instrument)
        for n in range(1, MAX_ATTEMPTS + 1):
            try:
                venue_order_id = await self._attempt(order, instrument, attempts, n)
            except RateLimited as exc:  # the only family that says: documented as not processed
                await _journal(attempts.record_answer, order.client_order_id, n, f"not_processed:{exc.code}")
                if n == MAX_ATTEMPTS:
                    raise self._refused_for_good(exc, order) from exc
                await asyncio.sleep(max(exc.retry_after_s or 0.0, self._profile.retry.base_s))
            except VenueError as exc:
                await _journal(attempts.record_answer, order.client_order_id, n, f"{type(exc).__name__}:{exc.code}")
                raise
            else:
                await _journal(attempts.record_answer, order.client_order_id, n, f"accepted:{venue_order_id}")
                if n > 1:
                    self._adapter.meter.recovered()
                return venue_order_id
        raise AssertionError("unreachable")

    async def _attempt(self, order: NewOrder, instrument: Instrument, attempts: AttemptJournal, n: int) -> VenueOrderId:
        path = self._adapter.connection.path
        request = self._dialect.place(order, instrument)

        async def journal_then_deadline() -> Request:
            now_ms = self._clock.now() // MILLISECOND + path.clock_offset_ms
            deadline_ms = now_ms + int(self._profile.order_deadline_s * 1000)
            await _journal(attempts.record_attempt, order.client_order_id, n, deadline_ms)
            return self._dialect.with_deadline(request, deadline_ms)

        return await path.write(
            request,
            lambda payload: self._dialect.read_placed(payload, order),
            before_send=journal_then_deadline,
            inspect=self._guard,
            client_order_id=order.client_order_id,
            may_follow=n < MAX_ATTEMPTS,
        )

    def _refuse_invalid(self, order: NewOrder, instrument: Instrument) -> None:
        problem = ""
        if order.instrument != instrument.id:
            problem = f"instrument {order.instrument} is not {instrument.id}"
        elif not self._profile.client_order_id.accepts(order.client_order_id):
            problem = f"client order id {order.client_order_id!r} is not one the venue takes"
        elif not instrument.min_quantity <= order.quantity <= instrument.max_quantity:
            problem = f"quantity {order.quantity} lots is outside {instrument.min_quantity}…{instrument.max_quantity}"
        elif (order.type is OrderType.LIMIT) != (order.price is not None) or (order.price is not None and order.price <= 0):
            problem = f"a {order.type} order with price {order.price}"
        if problem:
            raise InvalidOrder(
                f"{self._profile.label}: {problem}", venue=self._profile.label, client_order_id=order.client_order_id
            )

    def _refused_for_good(self, exc: RateLimited, order: NewOrder) -> VenueRejected:
        message = f"{self._profile.label}: refused {MAX_ATTEMPTS} times as not processed (code {exc.code})"
        return VenueRejected(
            message, venue=self._profile.label, code=exc.code, client_order_id=order.client_order_id, http_status=exc.http_status
        )

    def _guard(self, request: Signed) -> None:
        """Refuse a signed request that would go to the wrong place; nothing has left when this raises."""
        sandbox = self._profile.sandbox
        marked = sandbox is not None and sandbox.marks(request.headers, request.host)
        if self._stage is Stage.TESTNET and not marked:
            raise VenueUnavailable(f"{self._profile.label}: not sent: the request lacks the sandbox marker")
        if self._stage is Stage.REHEARSAL and not is_loopback(request.host):
            raise VenueUnavailable(f"{self._profile.label}: not sent: {request.host} is not a loopback host")

    # canceling

    async def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> bool:
        """Ask for a cancel; True when the venue took it, False when there was nothing left to cancel.

        A cancel may be repeated, so transient faults are; the caller learns the order's end from `lookup`.
        """
        path = self._adapter.connection.path
        request = self._dialect.cancel(client_order_id, instrument)
        try:
            await path.repeatable_write(request, lambda payload: payload, inspect=self._guard, expected=self._dialect.gone_codes)
        except VenueRejected as exc:
            if exc.code in self._dialect.gone_codes:
                return False
            raise
        return True

    # looking up

    async def lookup(self, client_order_id: ClientOrderId, instrument: Instrument) -> Lookup:
        """Find an order by our id: directly, among open and closed orders, and among fills; every source must answer.

        `is_absent` alone proves nothing before the deadline and the venue's lag have passed (RELIABILITY §4.1 step 5).
        """
        found: list[OrderSighting] = []
        for request in self._dialect.order_requests(client_order_id, instrument):
            found += await self._look(request, instrument)
        found += await self.open_orders(instrument)
        found += await self.closed_orders(instrument)
        ours = [sighting for sighting in found if sighting.client_order_id == client_order_id]
        ids = {sighting.venue_order_id for sighting in ours}
        fills = [
            seen
            for seen in await self.fills(instrument)
            if seen.fill.client_order_id == client_order_id or seen.venue_order_id in ids
        ]
        return Lookup(max(ours, key=lambda sighting: (sighting.ts, sighting.filled), default=None), tuple(fills))

    async def _look(self, request: Request, instrument: Instrument) -> tuple[OrderSighting, ...]:
        not_found = self._dialect.not_found_codes
        try:
            return await self._adapter.connection.path.read(
                request, lambda payload: self._dialect.read_orders(payload, instrument), expected=not_found
            )
        except VenueRejected as exc:
            if exc.code not in not_found:
                raise
            return ()

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return all working orders of the account on this instrument, ours or not."""
        dialect = self._dialect
        return await self._pages(lambda a: dialect.open_orders(instrument, a), lambda p: dialect.read_orders(p, instrument))

    async def closed_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return the ended orders the venue still remembers."""
        dialect = self._dialect
        return await self._pages(lambda a: dialect.closed_orders(instrument, a), lambda p: dialect.read_orders(p, instrument))

    async def fills(self, instrument: Instrument) -> tuple[FillSighting, ...]:
        """Return the account's fills on this instrument that the venue still remembers."""
        dialect = self._dialect
        return await self._pages(lambda a: dialect.fills(instrument, a), lambda p: dialect.read_fills(p, instrument))

    async def _pages(self, request: Callable[[str], Request], convert: Callable[[Payload], tuple[T, ...]]) -> tuple[T, ...]:
        found: list[T] = []
        cursor = ""
        for _ in range(MAX_PAGES):
            after = cursor
            rows, cursor = await self._adapter.connection.path.read(
                request(after), lambda p: (convert(p), self._dialect.next_page(p, after))
            )
            found.extend(rows)
            if not cursor:
                return tuple(found)
        message = f"{self._profile.label}: more than {MAX_PAGES} pages of {request('').path}; the list is not complete"
        raise VenueUnavailable(message, venue=self._profile.label)


def is_loopback(host: str) -> bool:
    """Return whether a URL's host is this machine: 127.0.0.0/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _journal(write: Callable[..., None], *arguments: object) -> Awaitable[None]:
    """Run a durable write beside the event loop."""
    return asyncio.to_thread(write, *arguments)
