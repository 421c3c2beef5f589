"""Opening an account is recovering it, always the same way: journal, venue, every order that has not ended, comparison, ready.

Source: RELIABILITY §4.1 "Start".
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from golive.execution.reconciliation import Difference, VenueView, compare, followed
from golive.model.clock import SECOND
from golive.model.errors import PrerequisiteMissing, VenueUnavailable
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.orders import Order
from golive.storage.order_journal import NoteItem
from golive.venues.account_reads import AccountReads

from ..permission import require_permissions
from .account import LiveAccount
from .agreement import NOTHING_BEFORE, agreement
from .kept_lists import KeptLists
from .parts import Parts
from .reappearing import Reappeared
from .reconcile_views import Books, Known, baseline_body, journal_view, newest_time, own_order, read_venue

SAME_ROUNDS: Final = 2
"""comparisons in a row that found no change: waiting longer does not help"""


class NotReady(PrerequisiteMissing):
    """Journal and venue of an account do not agree; nothing was touched. `differences` is the table."""

    def __init__(self, name: str, entrypoint: str, differences: tuple[Difference, ...]) -> None:
        self.account = name
        self.entrypoint = entrypoint
        self.differences = differences
        super().__init__(self.told(["--entrypoint", entrypoint]))

    def told(self, options: Sequence[str]) -> str:
        """Return the table in words; `options` say which entrypoint, configuration and keys the fix is run with."""
        rows = [f"{e.kind} {e.subject}: ours {e.ours}; theirs {e.theirs}; {e.detail}" for e in self.differences]
        fix = f"no order leaves; decide with: {shlex.join(['golive', 'reconcile', *options])}"
        return "\n  ".join([f"{self.account}: journal and venue do not agree: {fix}", *rows])


class Recovery:
    """Recovers one account whose journal is open and whose orders the router has taken over."""

    def __init__(self, account: LiveAccount, books: Books, known: Known, order: Callable[[ClientOrderId], Order]) -> None:
        """`known` is asked in a thread; `order` returns an order as the router has it."""
        self._account = account
        self._parts: Parts = account.parts
        self._books = books
        self._known = known
        self._order = order
        self._path = self._parts.adapter.connection.path
        profile = self._parts.account.profile
        self._lists = KeptLists(AccountReads(profile, self._path), int(profile.list_overlap_s * SECOND))
        self._waits_until = 0
        """monotonic, ns"""
        self._limit: asyncio.Timeout | None = None
        self._has_stream = False
        self._differences: tuple[Difference, ...] = ()
        """of the last comparison"""
        self._reappeared = Reappeared(account.parts, known, withdraws=account.parts.plan.withdraws)

    async def run(self, last_agreed_at: int | None) -> None:
        """Return once journal and venue agree and the account is ready.

        `last_agreed_at`: venue's market time of the last agreement, ns; None: there was none. Raises NotReady with the table,
        VenueUnavailable when the venue could not be asked for so long as the plan waits – where the plan opens blocked accounts
        it returns instead of both, with the account blocked, and cancels leave –, ValidationFailed for a key that may do too
        little or too much, the family of any other fault.
        """
        parts = self._parts
        self._path.progress.listener = self._wait_anew
        try:
            view = await self._recovered(last_agreed_at)
        except (NotReady, VenueUnavailable) as exc:
            if not parts.plan.opens_blocked:
                raise
            parts.readiness.block("recovery", str(exc))
            self._account.start()
            return
        finally:
            self._path.progress.listener = None
        if self._books.baseline is None:
            parts.pen.write(self._note("baseline", baseline_body(view)))
        parts.pen.write(agreement(newest_time(view), parts.plan.operator))
        await parts.pen.flushed()
        if parts.plan.verifies_whole_journal:
            await parts.pen.verify()
        self._account.start()
        parts.readiness.clear("recovery")

    def _wait_anew(self) -> None:
        """A page came: however many there are, what was waited for is that one."""
        wait_s = self._parts.plan.timing.recovery_s
        self._waits_until = self._parts.clock.monotonic() + int(wait_s * SECOND)
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + wait_s)

    async def _recovered(self, last_agreed_at: int | None) -> VenueView:
        """Return what journal and venue agree on; try again until the venue has let nothing come for as long as is waited."""
        parts = self._parts
        timing = parts.plan.timing
        failure = ""
        self._wait_anew()
        while True:
            try:
                async with asyncio.timeout(max(0.0, (self._waits_until - parts.clock.monotonic()) / SECOND)) as self._limit:
                    return await self._agreed(last_agreed_at)
            except TimeoutError:
                if self._differences:  # a venue that takes few calls: what it showed is more than that time is over
                    raise NotReady(parts.name, parts.plan.entrypoint, self._differences) from None
                left = ", ".join(ours.intent.client_order_id for ours in parts.roster.unended()) or "no order"
                message = (
                    f"{parts.name}: not recovered, {timing.recovery_s:g} s without progress; not understood yet: {left}{failure}"
                )
                raise VenueUnavailable(message, venue=parts.account.profile.label) from None
            except VenueUnavailable as exc:
                if parts.clock.monotonic() >= self._waits_until:
                    raise
                failure = f"; it failed last with: {exc}"
            finally:
                self._limit = None
            await asyncio.sleep(timing.recovery_pause_s)

    async def _agreed(self, last_agreed_at: int | None) -> VenueView:
        parts = self._parts
        await parts.client.deadlines.learn_venue_time()
        await self._require_permissions()
        has_asked = not self._has_stream  # the router asks for each order that it takes over
        if not self._has_stream:
            await self._account.watcher.start()
            self._has_stream = True
        since = NOTHING_BEFORE if last_agreed_at is None else last_agreed_at - int(parts.plan.timing.look_back_s * SECOND)
        before: tuple[Difference, ...] = ()
        same = 0
        for _ in range(parts.plan.timing.recovery_rounds):
            for ours in () if has_asked else parts.roster.unended():
                if ours.deadline_ms:
                    self._account.asker.ask(ours.intent.client_order_id)
            await self._account.asker.settled()
            has_asked = False
            view = await read_venue(self._lists, parts.instruments.values(), since)
            if await self._reappeared.taken_back(view, [ours.intent.client_order_id for ours in parts.roster.unended()]):
                view = await read_venue(self._lists, parts.instruments.values(), since)
            self._follow(view)
            differences = self._differences = await self._compared(view)
            if not differences:
                return view
            same = same + 1 if differences == before else 0
            if same == SAME_ROUNDS:
                break
            before = differences
            await asyncio.sleep(parts.plan.timing.recovery_pause_s)
        raise NotReady(parts.name, parts.plan.entrypoint, differences)

    async def _require_permissions(self) -> None:
        """Raise ValidationFailed unless the venue says that the key may do what it must, and nothing that it must not."""
        account = self._parts.account
        if account.required_permissions or account.forbidden_permissions:
            observed = await self._parts.adapter.permissions()
            require_permissions(
                account.account, observed, required=account.required_permissions, forbidden=account.forbidden_permissions
            )

    def _follow(self, view: VenueView) -> None:
        """Book what the venue tells of orders that a person has adopted."""
        consents = self._books.consents
        adopted = dict(consents.adopted)
        for venue_order_id, known in consents.adopted.items():
            now = known if known.is_over else followed(known, venue_order_id, view)
            if now != known:
                adopted[venue_order_id] = now
                self._parts.pen.write(self._note("adopted", now.body(venue_order_id)))
        self._books = replace(self._books, consents=replace(consents, adopted=adopted))

    async def _compared(self, view: VenueView) -> tuple[Difference, ...]:
        parts = self._parts
        await parts.pen.flushed()  # the journal is asked for what it holds, and a fill that was just found is on its way there
        booked = dict(self._books.booked)
        for asset, amount in parts.booked.items():
            booked[asset] = booked.get(asset, Decimal(0)) + amount
        books = replace(self._books, booked=booked)
        unprovable = self._account.asker.unprovable
        own = [
            own_order(
                self._order(name),
                parts.instruments[ours.intent.instrument],
                unprovable.get(name, ""),
                is_unprovable=name in unprovable,
            )
            for ours in parts.roster.unended()
            if (name := ours.intent.client_order_id)
        ]
        return compare(await asyncio.to_thread(journal_view, books, own, self._known, view), view)

    def _note(self, event: str, body: JsonObject) -> NoteItem:
        return NoteItem(event, body, self._parts.plan.operator)
