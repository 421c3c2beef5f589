"""The one object that can send an order: a venue's write side. Only stages that really trade construct it.

Protocol (RELIABILITY §4.1, START-HERE "Sending an order"): the intent is durable before `submit` is called; every
attempt is journaled with its deadline before it leaves; one attempt, and one more only after an allow-listed *not
processed* answer, with the same id and a new deadline. Anything else that is no proof is OutcomeUnknown: look it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    InvalidOrder,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import TERMINAL, NewOrder
from golive.model.verdict import Stage

from .account_reads import AccountReads
from .adapter import VenueAdapter
from .dialect import FillSighting, Lookup, OrderSighting, Payload, Request
from .lookup import Resolver
from .order_check import amendment_problem, order_problem
from .order_deadline import OrderDeadlines
from .ports import AttemptJournal, OpenGate
from .trading_guard import TradingGuard
from .written_attempts import WrittenAttempts

MAX_ATTEMPTS: Final = 2
CANCEL_ROUNDS: Final = 5


class TradingClient:
    """Submits, cancels and looks up orders at one venue.

    Raises ConfigError on construction for a stage that does not trade, for missing credentials, for `live` without a
    pass of its gate, for `testnet` without the sandbox and for `rehearsal` on a host that is not loopback; each request is
    checked again before it leaves.
    """

    def __init__(
        self, adapter: VenueAdapter, stage: Stage, *, fence: Callable[[], None] = lambda: None, gate_pass: OpenGate | None = None
    ) -> None:
        """`fence` is called right before anything is sent, and raises when this process may not send (RELIABILITY §4.4).

        `gate_pass` is what the gate of production gave out; no other stage asks for one here.
        """
        self._adapter = adapter
        self._profile = adapter.profile
        self._dialect = adapter.profile.dialect
        self._guard = TradingGuard(adapter, stage, fence, gate_pass)
        path = adapter.connection.path
        self._reads = AccountReads(adapter.profile, path)
        self.deadlines = OrderDeadlines(adapter.profile, path, self._guard)
        self._resolver = Resolver(self._reads, path, adapter.profile)

    # sending

    async def submit(
        self,
        approved: Approved,
        instrument: Instrument,
        attempts: AttemptJournal,
        *,
        deadline_ms: int | None = None,
        landed: Callable[[], Awaitable[None]] | None = None,
    ) -> VenueOrderId:
        """Send an approved order and return the venue's id.

        With `deadline_ms` (venue time, of `deadlines.new_ms`) the first attempt has that deadline and is durable already, so
        it is not journaled again; it leaves only while the venue's least deadline is left of it. With `landed` it is being made
        durable: that is awaited when all else is held that the attempt needs to leave, once, and raises when it must not leave.
        Raises InvalidOrder (never sent: breaks a rule we know), VenueUnavailable (surely never sent), VenueRejected and
        its families (surely not executed), OutcomeUnknown (ask by client order id; never send again).
        """
        order = approved.order
        self._refuse_invalid(order, instrument)
        await self.deadlines.learn_venue_time()
        attempts = WrittenAttempts(attempts, () if deadline_ms is None else ((order.client_order_id, 1),))
        for n in range(1, MAX_ATTEMPTS + 1):
            try:
                venue_order_id = await self._attempt(order, instrument, attempts, n, deadline_ms if n == 1 else None, landed)
            except RateLimited as exc:  # the only family that says: documented as not processed
                if not exc.code:  # our own budget refused it for the venue's sake: it never left
                    await attempts.record_answer(order.client_order_id, n, "not_sent:paused")
                    raise
                await attempts.record_answer(order.client_order_id, n, f"not_processed:{exc.code}")
                if n == MAX_ATTEMPTS:
                    raise self._refused_for_good(exc, order) from exc
                await asyncio.sleep(self._profile.retry.base_s)  # a longer Retry-After is kept, or refused, by the budget
            except VenueError as exc:
                await attempts.record_answer(order.client_order_id, n, f"{type(exc).__name__}:{exc.code}")
                raise
            else:
                await attempts.record_answer(order.client_order_id, n, f"accepted:{venue_order_id}")
                if n > 1:
                    self._adapter.meter.recovered()
                return venue_order_id
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        order: NewOrder,
        instrument: Instrument,
        attempts: AttemptJournal,
        n: int,
        durable_ms: int | None,
        landed: Callable[[], Awaitable[None]] | None,
    ) -> VenueOrderId:
        request = self._dialect.place(order, instrument)
        deadline_ms = self.deadlines.new_ms() if durable_ms is None else durable_ms  # from now on, not from the end of all waits

        async def journal_then_deadline() -> Request:
            if durable_ms is None:
                await attempts.record_attempt(order.client_order_id, n, deadline_ms)
            elif landed is not None:
                await landed()
            return self._dialect.with_deadline(request, deadline_ms)

        return await self._adapter.connection.path.write(
            request,
            lambda payload: self._dialect.read_placed(payload, order, instrument),
            before_send=journal_then_deadline,
            patience_s=self.deadlines.patience_s(deadline_ms),
            inspect=self._guard,
            client_order_id=order.client_order_id,
            may_follow=n < MAX_ATTEMPTS,
        )

    def _refuse_invalid(self, order: NewOrder, instrument: Instrument) -> None:
        problem = order_problem(order, instrument)
        if not problem and not self._profile.client_order_id.accepts(order.client_order_id):
            problem = f"client order id {order.client_order_id!r} is not one the venue takes"
        self._refuse(problem, order.client_order_id)

    def _refuse(self, problem: str, client_order_id: ClientOrderId) -> None:
        if problem:
            label = self._profile.label
            raise InvalidOrder(f"{label}: not sent: {problem}", venue=label, client_order_id=client_order_id)

    def _refused_for_good(self, exc: RateLimited, order: NewOrder) -> VenueRejected:
        message = f"{self._profile.label}: refused {MAX_ATTEMPTS} times as not processed (code {exc.code})"
        return VenueRejected(
            message, venue=self._profile.label, code=exc.code, client_order_id=order.client_order_id, http_status=exc.http_status
        )

    # changing

    async def amend(
        self,
        approved: Approved,
        instrument: Instrument,
        attempts: AttemptJournal,
        *,
        n: int,
        deadline_ms: int | None = None,
        landed: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Make a working limit order the approved one: its total quantity (what is filled included) and its price.

        `approved` is the order as it shall be, under the client order id it has; what else it says must be as it was. `n` is
        the number of this attempt among all of the order. One attempt, durable before it leaves, or already with `deadline_ms`,
        and with `landed`, as in `submit`. True when the venue took it, False when there was nothing left to change. Raises
        InvalidOrder (never sent), RateLimited and VenueUnavailable (surely not changed now), VenueRejected (surely not changed),
        OutcomeUnknown: look the order up and compare quantity and price.
        """
        order = approved.order
        self._refuse(amendment_problem(order), order.client_order_id)
        self._refuse_invalid(order, instrument)
        await self.deadlines.learn_venue_time()
        attempts = WrittenAttempts(attempts, () if deadline_ms is None else ((order.client_order_id, n),))
        try:
            await self._attempt_amendment(order, instrument, attempts, n, deadline_ms, landed)
        except VenueRejected as exc:
            is_gone = exc.code in self._dialect.gone_codes
            await attempts.record_answer(order.client_order_id, n, f"{'gone' if is_gone else type(exc).__name__}:{exc.code}")
            if is_gone:
                return False
            raise
        except VenueError as exc:
            await attempts.record_answer(order.client_order_id, n, f"{type(exc).__name__}:{exc.code}")
            raise
        await attempts.record_answer(order.client_order_id, n, "amended")
        return True

    async def _attempt_amendment(
        self,
        order: NewOrder,
        instrument: Instrument,
        attempts: AttemptJournal,
        n: int,
        durable_ms: int | None,
        landed: Callable[[], Awaitable[None]] | None,
    ) -> None:
        path, dialect, name = self._adapter.connection.path, self._dialect, order.client_order_id
        request = dialect.amend(name, instrument, quantity=order.quantity, price=order.price)
        deadline_ms = self.deadlines.new_ms() if durable_ms is None else durable_ms

        async def journal_then_deadline() -> Request:
            if durable_ms is None:
                await attempts.record_attempt(name, n, deadline_ms)
            elif landed is not None:
                await landed()
            return dialect.with_deadline(request, deadline_ms)

        await path.write(
            request,
            lambda payload: dialect.read_amended(payload, name),
            before_send=journal_then_deadline,
            inspect=self._guard,
            client_order_id=name,
            expected=dialect.gone_codes,
            patience_s=self.deadlines.patience_s(deadline_ms),
        )

    async def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> bool:
        """Ask for a cancel; True when the venue took it, False when there was nothing left to cancel.

        A cancel may be repeated, so transient faults are; the caller learns the order's end from `lookup`.
        """
        dialect = self._dialect
        request = dialect.cancel(client_order_id, instrument)
        return await self._cancel(request, lambda payload: dialect.read_canceled(payload, client_order_id))

    async def _cancel(self, request: Request, read: Callable[[Payload], bool]) -> bool:
        path, gone = self._adapter.connection.path, self._dialect.gone_codes
        try:
            return await path.repeatable_write(request, read, inspect=self._guard, expected=gone)
        except VenueRejected as exc:
            if exc.code in gone:
                return False
            raise

    async def cancel_listed(self, order: OrderSighting, instrument: Instrument) -> None:
        """Ask once for the cancel of an order as the account's lists show it, by the venue's id, ours or not.

        What became of it is read back from the lists. Raises the family of the fault.
        """
        if (trouble := await self._cancel_batch([order], instrument)) is not None:
            raise trouble

    async def cancel_all(self, instrument: Instrument, wanted: Callable[[OrderSighting], bool] = lambda order: True) -> int:
        """Cancel every working order of the account on this instrument that is `wanted`, ours or not; return how many worked.

        The list is read back until it is empty. Raises VenueUnavailable naming what still works after a bounded number of
        rounds, AuthenticationFailed at once.
        """
        size = self._dialect.cancel_batch
        seen: set[VenueOrderId] = set()
        working: list[OrderSighting] = []
        trouble: Exception | None = None
        for round_number in range(CANCEL_ROUNDS + 1):
            try:
                shown = await self.open_orders(instrument)
                working = [order for order in shown if order.status not in TERMINAL and wanted(order)]
            except VenueUnavailable as exc:
                if not working:
                    raise
                raise self._still_working(working, exc) from exc
            if not working:
                return len(seen)
            seen.update(order.venue_order_id for order in working)
            if round_number < CANCEL_ROUNDS:
                for first in range(0, len(working), size):
                    trouble = await self._cancel_batch(working[first : first + size], instrument) or trouble
                await asyncio.sleep(self._profile.cancel_pause_s * round_number)
        raise self._still_working(working, trouble) from trouble

    def _still_working(self, orders: list[OrderSighting], trouble: Exception | None) -> VenueUnavailable:
        label = self._profile.label
        left = ", ".join(order.client_order_id or order.venue_order_id for order in orders)
        why = f" ({trouble})" if trouble is not None else ""
        return VenueUnavailable(f"{label}: cancels were asked for, but these orders may still work: {left}{why}", venue=label)

    async def _cancel_batch(self, orders: list[OrderSighting], instrument: Instrument) -> VenueError | None:
        """Ask once for the cancel of these; return what went wrong, for what is left is read back anyhow."""
        dialect = self._dialect

        def acknowledged(payload: Payload) -> bool:
            dialect.read_canceled_many(payload, orders)
            return True

        try:
            await self._cancel(dialect.cancel_many(orders, instrument), acknowledged)
        except AuthenticationFailed:
            raise
        except VenueError as exc:
            return exc
        return None

    async def arm_switch(self, timeout_s: int) -> None:
        """Arm the venue's dead-man's switch: it cancels everything when this is not called again within `timeout_s`.

        0 disarms it where the venue can. Repeated on transient faults; raises VenueRejected for a time the venue refuses.
        """
        path, dialect = self._adapter.connection.path, self._dialect
        request = dialect.dead_man_switch(timeout_s)
        await path.repeatable_write(
            request, lambda payload: dialect.read_switch(payload, timeout_s), inspect=self._guard, expected=frozenset()
        )

    # looking up

    async def lookup(self, client_order_id: ClientOrderId, instrument: Instrument, since_ms: int | None = None) -> Lookup:
        """Find an order by our id: directly, then among open and closed orders and among fills; who is asked must answer.

        `since_ms` is venue time before which the order cannot exist; without it the lists are read as far back as they
        reach, and VenueUnavailable is raised when that is too far. `is_absent` alone proves nothing before the deadline
        and the venue's lag have passed: see `resolve`.
        """
        return await self._resolver.lookup(client_order_id, instrument, since_ms)

    async def resolve(
        self,
        client_order_id: ClientOrderId,
        instrument: Instrument,
        deadline_ms: int,
        lag_s: float | None = None,
        since_ms: int | None = None,
    ) -> Lookup:
        """Find out what became of an order whose outcome is unknown; `is_absent` of the answer is proof.

        `deadline_ms` is that of its last attempt (venue time), `lag_s` the profile's unless given. Returns as soon as the
        order is found; absence only from two complete look-ups begun after deadline and lag. `since_ms` is venue time
        before which the order cannot exist, by default a minute before its last attempt began; the intent's own time is better.
        Raises OutcomeUnknown for an order that is not found and that the venue may have forgotten, the family of the fault
        when the venue cannot be asked: the outcome then stays unknown.
        """
        lag = self._profile.absence_lag_s if lag_s is None else lag_s
        settled_ms = deadline_ms + int(lag * 1000)
        since = (
            deadline_ms - int((self._profile.order_deadline_s + self._profile.skew_margin_s) * 1000)
            if since_ms is None
            else since_ms
        )
        return await self._resolver.resolve(client_order_id, instrument, settled_ms, since)

    async def has_passed(self, deadline_ms: int) -> bool:
        """Return whether the venue has told a time past this deadline and its lag; the family of the fault when it will not tell.

        Then nothing with that deadline can take effect any more.
        """
        return await self._resolver.is_past(deadline_ms + int(self._profile.absence_lag_s * 1000))

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return all working orders of the account on this instrument, ours or not."""
        return await self._reads.open_orders(instrument)

    async def closed_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return the ended orders the venue still remembers."""
        return await self._reads.closed_orders(instrument)

    async def fills(self, instrument: Instrument) -> tuple[FillSighting, ...]:
        """Return the account's fills on this instrument that the venue still remembers."""
        return await self._reads.fills(instrument)
