"""The account's hand on its order journal: what is written now, what must be durable first, and whether orders may leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from golive.model.errors import JournalError
from golive.storage.order_journal import Item, OrderJournal, OrderWriter


class _Stalled(JournalError):
    """It is not on disk in time; the journal itself may be sound."""


class Pending(NamedTuple):
    """What is being made durable, and until when that may take, in the loop's time."""

    done: asyncio.Future[None]
    until: float


class Pen:
    """One per account. `failed` is told once, with the error after which nothing is written any more."""

    def __init__(
        self,
        journal: OrderJournal,
        writer: Callable[[Callable[[JournalError], None]], OrderWriter],
        failed: Callable[[JournalError], None],
        *,
        stall_s: float,
    ) -> None:
        """`writer` starts the journal's thread, given whom to tell of its failure; `stall_s`: slower, and nothing leaves."""
        self._journal = journal
        self._writer = writer(self.give_up)
        self._failed = failed
        self._stall_s = stall_s
        self._awaited: set[Pending] = set()
        self._patience: asyncio.TimerHandle | None = None
        """one for all that is awaited: a timer for each costs more than most orders need"""
        self._owed = 0
        self._lost: JournalError | None = None

    def write(self, *items: Item) -> None:
        """Queue items in order without waiting for the disk; a broken journal is told, not raised: the facts are in the venue."""
        try:
            self._writer.submit(items)
        except JournalError as exc:
            self.give_up(exc)

    def begin(self, *items: Item) -> Pending:
        """Begin to make items durable; `landed` says when they are. Raises JournalError when the journal is lost."""
        try:
            return Pending(self._writer.begin(items), asyncio.get_running_loop().time() + self._stall_s)
        except JournalError as exc:
            self.give_up(exc)
            raise

    async def landed(self, pending: Pending) -> None:
        """Return once the items are on disk; JournalError when they are not within the time after which no order may leave.

        They may become durable later all the same, so whoever does not go on has to write that down behind them.
        """
        try:
            if not pending.done.done():
                await self._in_time(pending)
            pending.done.result()
        except _Stalled:
            raise
        except JournalError as exc:
            self.give_up(exc)
            raise

    async def _in_time(self, pending: Pending) -> None:
        self._awaited.add(pending)
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_at(pending.until, self._lose_patience)
        try:
            await pending.done
        finally:
            self._awaited.discard(pending)

    def _lose_patience(self) -> None:
        """Tell those whose time is over; the timer is set by whoever waits longest, or comes next."""
        loop = asyncio.get_running_loop()
        for pending in [each for each in self._awaited if each.until <= loop.time() and not each.done.done()]:
            pending.done.set_exception(_Stalled(f"{self._journal.path}: not durable within {self._stall_s:g} s: nothing leaves"))
        left = [each.until for each in self._awaited if not each.done.done()]
        self._patience = loop.call_at(min(left), self._lose_patience) if left else None

    async def durable(self, *items: Item) -> None:
        """Begin, and wait: see `landed`."""
        await self.landed(self.begin(*items))

    def require_lease(self) -> None:
        """Raise JournalError unless this process is the account's one writer now; asked right before anything leaves."""
        if self.failure is not None:
            raise self.failure
        self._journal.lease.check()

    def log_has_followed(self) -> bool:
        """Return whether decision log and risk log have what was durable in the journal when this was asked before."""
        owed, self._owed = self._owed, self._writer.committed
        return self._writer.projected >= owed

    @property
    def stalled_s(self) -> float:
        """How long the oldest record that must be durable has been waiting."""
        return self._writer.stalled_s()

    @property
    def is_stalled(self) -> bool:
        return self.stalled_s > self._stall_s

    @property
    def failure(self) -> JournalError | None:
        """Why the journal is lost, None while it is not."""
        return self._lost or self._writer.failure

    def give_up(self, error: JournalError) -> None:
        """Let nothing more leave: the journal is lost. The first reason counts, and is told once."""
        if self._lost is None:
            self._lost = error
            self._failed(error)

    async def verify(self) -> None:
        """Begin to verify the whole journal beside this process, unless its opening did; a fault is told like any loss of it."""
        if self._journal.is_verified:
            return
        loop = asyncio.get_running_loop()

        def found(error: JournalError) -> None:
            loop.call_soon_threadsafe(self.give_up, error)

        await asyncio.to_thread(self._journal.verify_in_background, found)

    async def flushed(self) -> None:
        """Return once everything that was written before is durable; JournalError when it never will be."""
        await self._writer.durable(())

    async def close(self) -> None:
        """Write what is queued, seal and end; raises the JournalError that stopped the journal, if any."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        await asyncio.to_thread(self._writer.close)
        if self._lost is not None:
            raise self._lost
