"""The account stream of one account: what it tells of our orders goes to the router, what is not ours stops the account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from golive.execution.live.happening import Happening, Seen
from golive.model.balance import Balance
from golive.model.clock import SECOND, Clock
from golive.model.errors import VenueError
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Fill, OrderStatus
from golive.orders.state import OrderEvent
from golive.venues import AccountStream
from golive.venues.adapter import VenueAdapter
from golive.venues.dialect import AccountEvent, FillSighting, OrderSighting, Total

from .readiness import Readiness
from .reconcile_views import Known
from .roster import Roster
from .sightings import updates_of

STREAM = "stream"
FOREIGN = "foreign"


class Watcher:
    """Keeps the stream open; a stream that is lost for good is opened anew, and every order that works is asked about."""

    def __init__(
        self,
        name: str,
        adapter: VenueAdapter,
        instruments: Sequence[Instrument],
        roster: Roster,
        readiness: Readiness,
        clock: Clock,
        *,
        tell: Callable[[Happening], None],
        ask: Callable[[ClientOrderId], None],
        foreign: Callable[[str], None],
        broken: Callable[[Exception], None],
        known: Known,
        book: Callable[[Fill], None],
        audit_s: float,
        grace_s: float,
        is_guarding: bool,
    ) -> None:
        """`known` looks into the journal, in a thread; `book` keeps a late fill; `grace_s`: how long the stream may be down, or a
        fill be without a name; `is_guarding`: the venue's switch may hang on this stream.
        """
        self._name = name
        self._adapter = adapter
        self._instruments = tuple(instruments)
        self._roster = roster
        self._readiness = readiness
        self._clock = clock
        self._tell = tell
        self._ask = ask
        self._foreign = foreign
        self._broken = broken
        self._known = known
        self._book = book
        self._audit_s = audit_s
        self._is_guarding = is_guarding
        self._grace_ns = int(grace_s * SECOND)
        self._stream: AccountStream | None = None
        self._opening: asyncio.Task[None] | None = None
        self._checks: set[asyncio.Task[None]] = set()
        self._nameless: dict[VenueOrderId, list[FillSighting]] = {}
        self._nameless_since: dict[VenueOrderId, int] = {}
        self._stood_at = clock.monotonic()
        self._late: set[FillId] = set()
        """fills of orders that are not in memory any more, booked here"""
        self.agreed: set[VenueOrderId] = set()
        """orders that are not ours and that a person has agreed to"""
        self.adopted: set[VenueOrderId] = set()
        """those whose fills belong to the account: told once each, and booked at the next start"""
        self._is_behind = False
        """a fill of an adopted order was told, which the next start books: it has to read back to before it"""
        self.foreign_orders = 0

    # the stream's life

    async def start(self) -> None:
        """Open the stream: what changes from now on is told. Raises the family of the fault."""
        stream = self._adapter.open_account_stream(
            self._instruments, self.take, audit_s=self._audit_s, is_guarding=self._is_guarding
        )
        try:
            await stream.start()
        except BaseException:
            await stream.close()
            raise
        self._stream = stream
        self._stood_at = self._clock.monotonic()

    def look(self) -> None:
        """Judge the stream, now and then: block the account when it does not stand, open it anew when it is lost."""
        now = self._clock.monotonic()
        stream = self._stream
        if stream is not None and stream.is_standing:
            self._stood_at = now
            if self._readiness.is_blocked_by(STREAM):
                self._readiness.clear(STREAM)
        elif now - self._stood_at > self._grace_ns:
            why = "" if stream is None or stream.failure is None else f": {stream.failure}"
            self._readiness.block(STREAM, f"the account stream does not stand{why}")
        if stream is not None and stream.failure is not None and self._opening is None:
            self._opening = asyncio.create_task(self._open_anew(stream))
        for venue_order_id, since in list(self._nameless_since.items()):
            self._named(venue_order_id, is_late=now - since > self._grace_ns)

    async def _open_anew(self, lost: AccountStream) -> None:
        try:
            await lost.close()
            await self.start()
        except VenueError:
            await asyncio.sleep(self._grace_ns / SECOND)  # counted by the call path; `look` tries again then
        else:
            for ours in self._roster.unended():
                if ours.deadline_ms:
                    self._ask(ours.intent.client_order_id)
        finally:
            self._opening = None

    @property
    def complete_to(self) -> int:
        """Return the venue's market time up to which everything that is ours was told, ns; 0: not known at present."""
        is_open = self._checks or self._nameless or self.adopted or self._is_behind
        return 0 if self._stream is None or is_open else self._stream.complete_to

    async def checked(self) -> None:
        """Return once every order that nobody knew has been looked for in the journal."""
        while self._checks:
            await asyncio.wait(tuple(self._checks))

    async def close(self) -> None:
        tasks = [*self._checks, *([] if self._opening is None else [self._opening])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._stream is not None:
            await self._stream.close()

    # what it tells

    def take(self, event: AccountEvent) -> None:
        """Take what the stream tells; called on the loop, in order."""
        match event:
            case OrderSighting():
                self._order(event)
            case FillSighting():
                self._fill(event)
            case Balance() | Total():
                pass  # what the account holds is compared at each start

    def _order(self, seen: OrderSighting) -> None:
        ours = self._roster.get(seen.client_order_id)
        if ours is None:
            self._stranger(
                seen.client_order_id, seen.venue_order_id, is_open=seen.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)
            )
            return
        name = seen.client_order_id
        if ours.venue_order_id is None:
            self._roster.learn(name, seen.venue_order_id)
        self._named(seen.venue_order_id, is_late=False)
        if seen.status is OrderStatus.UNKNOWN:
            if not ours.has_ended:
                self._ask(name)
            return
        updates = updates_of(seen, name, ours.shall)
        if ours.shall is not None and any(update.event == OrderEvent.AMENDED for update in updates):
            ours.intent, ours.shall, ours.is_changing = ours.shall, None, False
        self._tell(Seen(self._name, name, updates, seen.filled))

    def _fill(self, seen: FillSighting) -> None:
        name = seen.fill.client_order_id or self._roster.name_of(seen.venue_order_id)
        if not name:
            self._nameless.setdefault(seen.venue_order_id, []).append(seen)
            self._nameless_since.setdefault(seen.venue_order_id, self._clock.monotonic())
        elif self._roster.get(name) is None:
            self._stranger(name, seen.venue_order_id, seen)
        else:
            self._tell(Seen(self._name, name, (seen.fill._replace(client_order_id=name),), None))

    def _named(self, venue_order_id: VenueOrderId, *, is_late: bool) -> None:
        """Tell fills that came before our id of their order was known; those that stay nameless are not ours."""
        name = self._roster.name_of(venue_order_id)
        if (name is None and not is_late) or venue_order_id not in self._nameless:
            return
        fills = self._nameless.pop(venue_order_id)
        self._nameless_since.pop(venue_order_id, None)
        if name is None:
            self._stranger(ClientOrderId(""), venue_order_id, fills[0])
        for seen in fills if name is not None else ():
            self._fill(seen)

    # what is not in the roster

    def _stranger(
        self,
        client_order_id: ClientOrderId,
        venue_order_id: VenueOrderId,
        fill: FillSighting | None = None,
        *,
        is_open: bool = False,
    ) -> None:
        if fill is not None and venue_order_id in self.adopted:
            self.adopted.discard(venue_order_id)
            self._is_behind = True
            self._foreign(f"adopted order {venue_order_id} is being filled: the next start, or golive reconcile, books that")
        if venue_order_id in self.agreed:
            return
        if not client_order_id:
            self._is_foreign(client_order_id, venue_order_id)
            return
        task = asyncio.create_task(self._checked(client_order_id, venue_order_id, fill, is_open=is_open))
        self._checks.add(task)
        task.add_done_callback(self._has_checked)

    def _has_checked(self, task: asyncio.Task[None]) -> None:
        self._checks.discard(task)
        if not task.cancelled() and isinstance(bug := task.exception(), Exception):
            self._broken(bug)

    async def _checked(
        self, client_order_id: ClientOrderId, venue_order_id: VenueOrderId, fill: FillSighting | None, *, is_open: bool
    ) -> None:
        """An order of an earlier life, or one let go, has ended by the journal: a fill of it is booked, and it may not work."""
        if not await asyncio.to_thread(self._known.was_ours, client_order_id):
            self._is_foreign(client_order_id, venue_order_id)
        elif fill is not None and not await asyncio.to_thread(self._known.is_booked, fill.fill.fill_id):
            if fill.fill.fill_id in self._late:
                return
            self._late.add(fill.fill.fill_id)
            self._book(fill.fill._replace(client_order_id=client_order_id))
        elif is_open:
            self._revived(client_order_id, venue_order_id)

    def _revived(self, client_order_id: ClientOrderId, venue_order_id: VenueOrderId) -> None:
        where = f"works at the venue as {venue_order_id}"
        self._unexpected(
            venue_order_id, f"order {client_order_id} has ended by the journal and {where}: start again to cancel it"
        )

    def _is_foreign(self, client_order_id: ClientOrderId, venue_order_id: VenueOrderId) -> None:
        if venue_order_id not in self.agreed:
            self.foreign_orders += 1
        named = f" (client order id {client_order_id})" if client_order_id else ""
        self._unexpected(venue_order_id, f"order {venue_order_id}{named} is not in the journal: run golive reconcile")

    def _unexpected(self, venue_order_id: VenueOrderId, why: str) -> None:
        """Block the account and tell it once, unless a person has agreed to the order."""
        if venue_order_id in self.agreed:
            return
        self.agreed.add(venue_order_id)
        self._readiness.block(FOREIGN, why)
        self._foreign(why)
