"""The account stream: our orders, fills and balances as they change, whole again after every loss.

A push is never trusted to be the only one: after each (re)connection the REST side is asked for open orders, recent
orders and fills, and balances, and what the pushes missed is told before the stream stands again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import SECOND
from golive.model.errors import MagnitudeError, MalformedPayload, VenueError, VenueUnavailable
from golive.model.instrument import Instrument
from golive.model.order import OrderStatus
from golive.model.secret import Credentials

from .account_reads import AccountReads
from .account_state import AccountState
from .call_path import CallPath
from .dialect import AccountEvent, FillSighting, Link, OrderSighting
from .feed_connection import Opening
from .keeper import Keeper, StreamSetting

FILL_ROUNDS: Final = 4
AUDIT_TICK_S: Final = 1.0


class AccountStream:
    """Orders and fills on some instruments, and all balances; see `VenueAdapter.open_account_stream`.

    Told is what changes after `start` was called, and each balance once at the start. Every fill comes once, with our
    client order id where the order is ours; an order only moves forward. When an order that was working is known to the
    venue no more, it is told with status UNKNOWN. `received` counts data messages per `channel:instrument`.
    """

    def __init__(
        self,
        setting: StreamSetting,
        path: CallPath,
        credentials: Credentials,
        *,
        instruments: Sequence[Instrument],
        sink: Callable[[AccountEvent], None],
        audit_s: float,
        is_guarding: bool,
    ) -> None:
        self._setting = setting
        self._audit_s = audit_s
        self._path = path
        self._credentials = credentials
        self._instruments = tuple(instruments)
        self._sink = sink
        self._reads = AccountReads(setting.profile, path)
        self._overlap_ns = int(setting.profile.list_overlap_s * SECOND)
        self._state = AccountState()
        self._feed = setting.profile.dialect.account_feed(self._instruments, sink=self._pushed, is_guarding=is_guarding)
        self._keeper = Keeper(setting, self._feed, self, name="account")
        self._told_assets: set[str] = set()
        """assets that a push told about while a REST answer was on its way"""
        self._down = {link.access for link in self._feed.links}
        self._waiters: list[asyncio.Future[None]] = []
        self._auditor: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.received: Counter[str] = Counter()
        self.complete_to = 0
        """venue's market time up to which everything was told, as far as its lists show it by then, ns; 0: not known yet"""
        self.channels = frozenset(key for link in self._feed.links for key in link.keys)

    @property
    def failure(self) -> VenueError | None:
        """Why the stream is lost for good, None while it is not."""
        return self._keeper.failure

    @property
    def is_standing(self) -> bool:
        """Return whether everything that happened so far has been told, as far as the venue tells at once."""
        return not self._down and self.failure is None

    async def start(self) -> None:
        """Note what there is, connect, log in, subscribe, and reconcile.

        Raises the family of the fault: AuthenticationFailed or VenueRejected for a refusal, VenueUnavailable otherwise.
        """
        await self._note_what_there_is()
        await self._keeper.start()
        self._auditor = asyncio.create_task(self._audit())
        self._auditor.add_done_callback(self._audit_ended)

    def _audit_ended(self, auditor: asyncio.Task[None]) -> None:
        if not auditor.cancelled() and (bug := auditor.exception()) is not None:
            if isinstance(bug, MalformedPayload | MagnitudeError):
                self._keeper.give_up(bug)
            else:
                self._keeper.crash(bug)

    async def standing(self, timeout_s: float) -> None:
        """Return once the stream stands; raise `failure`, or VenueUnavailable when that takes longer."""
        if self.failure is not None:
            raise self.failure
        if self.is_standing:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError as exc:
            label = self._setting.profile.label
            raise VenueUnavailable(f"{label}: the account stream does not stand after {timeout_s:g} s", venue=label) from exc
        finally:
            self._waiters.remove(waiter)

    async def close(self) -> None:
        """Close all connections; idempotent."""
        if self._auditor is not None:
            self._auditor.cancel()
            await asyncio.gather(self._auditor, return_exceptions=True)
        await self._keeper.close()

    # what the keeper asks and tells

    async def opening(self, link: Link) -> Opening:
        request = self._feed.token()
        token = "" if request is None else await self._path.read(request, self._feed.read_token)
        await self._path.resync_clock()  # a login is signed with venue time, and deadlines of orders count in it
        now_ms = self._path.venue_time.now_ms()
        login = self._feed.login(self._credentials, now_ms)
        return Opening(self._feed.subscriptions(link, token), login, None if login is None else self._feed.logged_in)

    async def restored(self, link: Link, *, again: bool) -> None:
        await self._reconcile()
        self._down.discard(link.access)
        if not self._down:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def lost(self, link: Link) -> None:
        self._down.add(link.access)

    def arrived(self, key: str) -> None:
        self.received[key] += 1

    def failed(self, failure: BaseException) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(failure)

    # telling

    def _pushed(self, event: AccountEvent) -> None:
        if isinstance(event, Balance):
            self._told_assets.add(event.asset)
        self._tell(event)

    def _tell(self, event: AccountEvent) -> None:
        for news in self._state.take(event):
            self._sink(news)

    # reconciling

    async def _note_what_there_is(self) -> None:
        """Before anything is subscribed: what happened up to now is not news."""

        def overlap(newest: int) -> int:
            return newest - self._overlap_ns

        for instrument in self._instruments:
            fills = await self._reads.fills(instrument, overlap)
            working = await self._reads.open_orders(instrument)
            closed = await self._reads.closed_orders(instrument, overlap)
            noted: tuple[OrderSighting | FillSighting, ...] = (*fills, *working, *closed)
            for seen in noted:
                self._state.begin(seen)

    async def _reconcile(self) -> None:
        """Ask the REST side and tell what the pushes missed; fills before the orders they belong to."""
        async with self._turn:
            self._told_assets.clear()
            newest = self._state.newest
            before = self._state.working()
            cutoff = self._state.newest - self._overlap_ns
            present = {order.venue_order_id for i in self._instruments for order in await self._reconcile_orders(i, cutoff)}
            for order in before:
                if order.venue_order_id not in present:
                    await self._look_for(order)
            balances = await self._reads.balances()
            for balance in (*balances.values(), *self._state.vanished_balances(frozenset(balances))):
                if balance.asset not in self._told_assets:
                    self._tell(balance)
            self.complete_to = newest

    async def _reconcile_orders(self, instrument: Instrument, cutoff: int) -> tuple[OrderSighting, ...]:
        """Open orders before closed ones, so that one which ends in between is in the second list at least."""
        orders = await self._reads.open_orders(instrument)
        orders += await self._reads.closed_orders(instrument, lambda newest: cutoff)
        for order in orders:
            self._state.name(order)
        for _ in range(FILL_ROUNDS):
            fills = await self._reads.fills(instrument, lambda newest: cutoff)
            for seen in sorted(fills, key=lambda seen: (seen.fill.ts, seen.fill.fill_id)):
                self._tell(seen)
            if all(self._state.is_covered(order) for order in orders):
                break
            await asyncio.sleep(2 * self._setting.profile.lookup_pause_s)  # fills may be listed later than the order is filled
        else:
            label = self._setting.profile.label
            lacking = ", ".join(order.venue_order_id for order in orders if not self._state.is_covered(order))
            raise VenueUnavailable(f"{label}: the venue does not list all fills of order {lacking}", venue=label)
        for order in sorted(orders, key=lambda order: order.ts):
            self._tell(order)
        return orders

    async def _look_for(self, order: OrderSighting) -> None:
        """An order that was working is in no list: ask for it by our id, and say UNKNOWN when nobody knows it."""
        if order.client_order_id:
            for instrument in self._instruments:
                for found in await self._reads.by_client_id(order.client_order_id, instrument):
                    if found.venue_order_id == order.venue_order_id:
                        self._tell(found)
                        return
        self._tell(replace(order, status=OrderStatus.UNKNOWN))

    async def _audit(self) -> None:
        """Reconcile now and then, and soon when fills are lacking: a push may get lost on a connection that stands."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._audit_s
        was_lacking = False
        while True:
            await asyncio.sleep(min(AUDIT_TICK_S, self._audit_s))
            lacks = self._state.lacks_fills
            if self.is_standing and (loop.time() >= due or (lacks and was_lacking)):
                with contextlib.suppress(VenueError):  # counted by the call path; the next round asks again
                    await self._reconcile()
                due = loop.time() + self._audit_s
                lacks = False
            was_lacking = lacks
