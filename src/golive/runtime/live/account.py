"""One account at one venue, open: its queue and workers, its stream, its questions and its switch, and what they tell."""

from __future__ import annotations

import asyncio
from typing import Final, TypeAlias

from golive.execution.live.dispatch_queue import DispatchQueue
from golive.execution.live.effect import Ask, Change, Conclude, Distrust, Effect, Forget, Keep, Note, Place, Refuse, Withdraw
from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND
from golive.model.command import Alert
from golive.model.decision import DecisionCode, Refused
from golive.model.errors import JournalError, VenueError
from golive.model.ids import ClientOrderId
from golive.model.live_order import FallbackReason, Priority
from golive.model.order import Fill, OrderUpdate
from golive.storage.order_journal import DecidedItem, EndItem, FactItem, NoteItem

from .agreement import agreement
from .asking import Asker
from .ending import ended_early
from .parts import Parts
from .sending import Sender
from .switch import DeadMansSwitch
from .watching import Watcher

Call: TypeAlias = Place | Change | Withdraw
JOURNAL: Final = "journal"
VENUE_TIME: Final = "venue_time"
CONTRADICTION: Final = "contradiction"
RESYNC_S: Final = 60.0
"""how often the venue's time is asked for"""


class LiveAccount:
    """Made by `opening.open_account`; carries the router's effects out until `close`."""

    def __init__(self, parts: Parts, sender: Sender, asker: Asker, watcher: Watcher, switch: DeadMansSwitch) -> None:
        self.parts = parts
        self.sender = sender
        self.asker = asker
        self.watcher = watcher
        self.switch = switch
        plan = parts.plan
        self._queue: DispatchQueue[Call] = DispatchQueue(
            max_size=plan.max_queue_size, max_wait_ns=int(plan.max_queue_wait_seconds * SECOND)
        )
        self._waiting = asyncio.Event()
        self._on_the_way: dict[ClientOrderId, list[Call]] = {}
        """orders whose call is out, and what has come for them meanwhile"""
        self._tasks: list[asyncio.Task[None]] = []
        self._repeats: set[asyncio.TimerHandle] = set()
        self._checks: set[asyncio.TimerHandle] = set()
        self._refused_cancels: set[ClientOrderId] = set()
        self._is_closing = False
        self._next_resync = parts.clock.monotonic() + int(RESYNC_S * SECOND)
        self._resync: asyncio.Task[None] | None = None
        self._agreed_to = 0
        """the last agreement written since the start, venue's market time in ns"""
        self._jumps = 0
        """of the venue's clock that were told"""

    @property
    def name(self) -> str:
        return self.parts.name

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, is on its way, or is asked about."""
        return self._queue.depth == 0 and not self._on_the_way and self.asker.is_idle and not self._repeats

    # the router's effects

    def carry(self, effect: Effect) -> None:
        """Begin what the router asks for; nothing here waits."""
        parts = self.parts
        match effect:
            case Place():
                self._offer(effect, effect.priority)
            case Change():
                self._offer(effect, Priority.ENTRY)
            case Withdraw():
                self._offer(effect, Priority.CANCEL)
            case Ask(client_order_id=name, terms=terms):
                self.asker.ask(name, terms=terms)
            case Refuse(refused=refused):
                self._note_refusal(refused)
            case Keep(news=Fill() as fill):
                parts.book(fill)
            case Keep(news=OrderUpdate() as update):
                parts.pen.write(FactItem(update))
            case Conclude(client_order_id=name, result=result, record=record):
                parts.roster.end(name)
                parts.pen.write(EndItem(name, result, record))
            case Forget(client_order_id=name):
                parts.roster.forget(name)
            case Distrust(why=why):
                parts.readiness.block(CONTRADICTION, f"{why}: run golive reconcile")
            case Note(event=event, body=body):
                parts.pen.write(NoteItem(event, body, parts.plan.operator))
            case _:
                raise TypeError(f"{type(effect).__name__} is not for an account")

    def _note_refusal(self, refused: Refused) -> None:
        """Write down that an order was refused; a session has approved it in a store of its own, and hears that it never left."""
        if self.parts.plan.repeats_decisions:
            self.parts.pen.write(DecidedItem(refused, self.parts.clock.now(), self.parts.clock.monotonic()))

    def _offer(self, call: Call, priority: Priority) -> None:
        name = _order_of(call)
        if name in self._on_the_way:
            self._on_the_way[name].append(call)
        elif self._queue.offer(call, priority, self.parts.clock.monotonic()):
            self._waiting.set()
        elif isinstance(call, Place):
            self.sender.refuse(call, FallbackReason.QUEUE_FULL, "the queue of the venue is full")
        else:
            self._later(call, priority)

    # workers

    def start(self) -> None:
        """Let calls leave; as many at a time as the venue's queue allows, one where private calls go one by one."""
        parts = self.parts
        workers = 1 if parts.account.profile.serial_private else parts.account.settings.max_concurrency
        self._tasks = [asyncio.create_task(self._work(), name=f"worker {n} of {self.name}") for n in range(workers)]
        self._tasks.append(asyncio.create_task(self._tick(), name=f"clock of {self.name}"))
        for task in self._tasks:
            task.add_done_callback(self._ended)
        self.switch.start()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """No task of an account ends before the account does."""
        if not self._is_closing:
            self.parts.broken(ended_early(task))

    def _watched(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        """Let a task that may end do so, and only well."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and isinstance(bug := task.exception(), Exception):
                self.parts.broken(bug)

        task.add_done_callback(ended)
        return task

    async def _work(self) -> None:
        while True:
            await self.parts.turnstile.through()
            turn = self._queue.pop(self.parts.clock.monotonic())
            if turn is None:
                self._waiting.clear()
                await self._waiting.wait()
                continue
            call = turn.item
            name = _order_of(call)
            if name in self._on_the_way:  # another worker has this order: one call per order at a time
                self._on_the_way[name].append(call)
                continue
            self._on_the_way[name] = []
            try:
                await self._carry_out(call, turn.waited_ns)
            finally:
                for later in self._on_the_way.pop(name):
                    self._offer(later, Priority.CANCEL if isinstance(later, Withdraw) else Priority.ENTRY)

    async def _carry_out(self, call: Call, waited_ns: int) -> None:
        match call:
            case Place():
                await self._place(call, waited_ns)
            case Change():
                await self.sender.change(call)
            case Withdraw():
                await self._withdraw(call)

    async def _place(self, call: Place, waited_ns: int) -> None:
        """Ask the router a last time: what was canceled meanwhile, or whose symbol was frozen, goes to no other venue either."""
        if code := self.parts.may_leave(call.approved.order.client_order_id):
            self.sender.refuse(call, None, "held back when its turn had come", code)
        else:
            await self.sender.place(call, waited_ns)

    async def _withdraw(self, call: Withdraw) -> None:
        """Cancel, again until the venue gives its word; the end comes as news, and is asked for when it does not come soon."""
        name = call.client_order_id
        if self.parts.roster.get(name) is None:  # it has ended long ago
            self._refused_cancels.discard(name)
        elif await self.sender.withdraw(call, is_first=name not in self._refused_cancels):
            self._refused_cancels.discard(name)
            self._check_soon(name)
        else:
            self._refused_cancels.add(name)
            self._later(call, Priority.CANCEL)

    def _check_soon(self, client_order_id: ClientOrderId) -> None:
        def ask() -> None:
            self._checks.discard(handle)
            ours = self.parts.roster.get(client_order_id)
            if ours is not None and not ours.has_ended:
                self.asker.ask(client_order_id)

        handle = asyncio.get_running_loop().call_later(self.parts.plan.timing.cancel_pause_s, ask)
        self._checks.add(handle)

    def _later(self, call: Call, priority: Priority) -> None:
        def again() -> None:
            self._repeats.discard(handle)
            self._offer(call, priority)

        handle = asyncio.get_running_loop().call_later(self.parts.plan.timing.cancel_pause_s, again)
        self._repeats.add(handle)

    # looking after

    async def _tick(self) -> None:
        timing = self.parts.plan.timing
        while True:
            self._look()
            await asyncio.sleep(timing.tick_s)

    def _look(self) -> None:
        parts = self.parts
        now = parts.clock.monotonic()
        for late in self._queue.expire(now):
            if isinstance(late.item, Place):
                detail = f"it waited {late.waited_ns / SECOND:.1f} s for its turn"
                self.sender.refuse(late.item, FallbackReason.NEVER_SENT, detail)
            else:
                self._offer(late.item, late.priority)
        self.watcher.look()
        self._note_agreement()
        self._look_at_journal()
        is_unsure = self._look_at_time() or parts.readiness.is_breaker_open
        if now >= self._next_resync or (is_unsure and self._resync is None):
            self._next_resync = now + int(RESYNC_S * SECOND)
            self._resync = self._resync or self._watched(asyncio.create_task(self._learn_time()))
        parts.readiness.look()

    def _note_agreement(self) -> None:
        """Write down how far the account was followed, after each audit of its stream: the next start reads from there on."""
        at = self.watcher.complete_to
        if at > self._agreed_to and self.parts.readiness.is_ready:
            self._agreed_to = at
            self.parts.pen.write(agreement(at, self.parts.plan.operator))

    def _look_at_time(self) -> bool:
        """Let nothing leave after the venue's clock was set until it has told its time again; return whether it must be asked."""
        parts = self.parts
        time = parts.adapter.connection.path.venue_time
        has_jumped, self._jumps = time.jumps != self._jumps, time.jumps
        if has_jumped:
            body = f"{parts.name}: {time.jump}. No order leaves until it has told a time that agrees with this one."
            parts.plan.alert(Alert("live", AlertSeverity.CRITICAL, f"{parts.name}: the venue's clock was set", body))
        if has_jumped or time.unsure:
            parts.readiness.block(VENUE_TIME, time.unsure or time.jump)
        elif parts.readiness.is_blocked_by(VENUE_TIME):
            parts.readiness.clear(VENUE_TIME)
        return bool(time.unsure)

    def _look_at_journal(self) -> None:
        parts = self.parts
        try:
            parts.pen.require_lease()
        except JournalError as exc:
            parts.pen.give_up(exc)
            return
        if parts.pen.is_stalled != parts.readiness.is_blocked_by(JOURNAL):
            if parts.pen.is_stalled:
                parts.readiness.block(JOURNAL, "the order journal does not answer")
            else:
                parts.readiness.clear(JOURNAL)

    async def _learn_time(self) -> None:
        """Ask for the venue's time: deadlines count in it, and an open circuit learns that the venue is back."""
        try:
            await self.parts.adapter.connection.path.resync_clock()
        except VenueError:
            pass  # counted by the call path
        finally:
            self._resync = None

    def stop(self) -> None:
        """Let nothing more out: what still waits for its turn never leaves, and says so."""
        parts = self.parts
        self._is_closing = True
        parts.readiness.block("closing", "the desk is closing")
        for handle in (*self._repeats, *self._checks):
            handle.cancel()
        now = parts.clock.monotonic()
        waiting = self._queue.expire(now)
        while (turn := self._queue.pop(now)) is not None:
            waiting.append(turn)
        for each in waiting:
            if isinstance(each.item, Place):
                self.sender.refuse(each.item, None, "the desk was closed before its turn came", DecisionCode.NOT_READY)

    async def close(self) -> None:
        """Wait a moment for answers that are on their way, and seal; what is open at the venue stays open. After `stop`."""
        parts = self.parts
        deadline = parts.clock.monotonic() + int(parts.plan.timing.close_s * SECOND)
        while self._on_the_way and parts.clock.monotonic() < deadline:  # noqa: ASYNC110 - bounded, and the loop goes on
            await asyncio.sleep(0.005)
        tasks = [*self._tasks, *([] if self._resync is None else [self._resync])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.asker.close()
        await self.watcher.close()
        await self.switch.close()
        try:
            await parts.pen.close()
        finally:
            await parts.adapter.close()


def _order_of(call: Call) -> ClientOrderId:
    return call.client_order_id if isinstance(call, Withdraw) else call.approved.order.client_order_id
