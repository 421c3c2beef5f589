"""The product's bot with one bug planted, so that the proof can be seen to fail: `python -m crash.faulty_bot --bug NAME …`.

`early`: an order leaves before its intent is durable (as without waiting for the fsync). `resend`: an order without an answer is
sent again. `undecided`: an order leaves whose decision and intent were never written. `twice`: a fill is booked twice.
`frozen`: an account that was stopped for longer than its lease goes on sending. `unfenced`: nobody looks at the lease before an order leaves.

`nodeadline`: the venue is told no deadline. `impatient`: an order whose answer is late is sent again. `latecomer`: an order whose
answer is late is taken for refused. `otherside`, `doublesize`, `wrongprice`: what leaves is not what was decided. Of the one
further attempt after *not processed*: `second_undurable` lets it leave before it is durable, `third` lets a third one leave,
`renamed` sends it under another id.

Of a bot at two venues (`crash.routed_bot`): `fallback_of_unknown` lets an order go on whose outcome is not known, `fallback_unwritten`
does not write down that one goes on, `fallback_uncounted` does not count it.

Of files and logs (`crash.file_bot`): `in_place` does not replace files but writes them over, `uncut` leaves the torn end of a log.

Of a bot whose cancels and amendments race (`crash.racing_bot`): `cancel_deaf` hears of no fill after it asked to cancel, `amend_believed`
takes an amendment without an answer for made.

Of a bot with a dead-man's switch (`crash.switch_bot`): `idle` feeds it by a timer, whatever has died; `lazy` feeds it too rarely; `undisarmed`
leaves it armed at an orderly end.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from crash import bot, file_bot, racing_bot, routed_bot, switch_bot
from golive.execution.live.effect import Effect, Note, Withdraw
from golive.execution.live.happening import Answered
from golive.execution.live.life import Life
from golive.execution.live.meters import LiveMeters
from golive.execution.live.router import LiveExecutionRouter
from golive.execution.live.tracking import Tracking
from golive.model.decision import Approved
from golive.model.errors import OutcomeUnknown, VenueError
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import Fill, NewOrder, OrderType, OrderUpdate, Side, TimeInForce
from golive.runtime.live import sending, switch
from golive.runtime.live.account import LiveAccount
from golive.runtime.live.answer import Outcome
from golive.runtime.live.parts import Parts
from golive.runtime.live.pen import Pen, Pending
from golive.runtime.live.sending import Sender
from golive.runtime.live.switch import DeadMansSwitch
from golive.storage import failpoint, journal_file
from golive.storage.files import LOG_FILE
from golive.storage.journal_file import JournalFile
from golive.storage.order_journal import AttemptItem, DecidedItem, Item, seal
from golive.storage.order_journal.lease import AccountLease
from golive.venues import trading
from golive.venues.dialect import Request
from golive.venues.kraken_dialect import KrakenDialect
from golive.venues.okx_dialect import OkxDialect
from golive.venues.trading import TradingClient

LATE_S = 0.02
STUCK_S = 4.0
"""some bugs make the product freeze a symbol for good: no use in waiting for it"""
IMPATIENCE_S = 0.04
"""shorter than the budget of an attempt"""


def early() -> None:
    def begin(self: Pen, *items: Item) -> Pending:
        asyncio.get_running_loop().call_later(LATE_S, lambda: self.write(*items))
        return _done()

    Pen.begin = begin  # type: ignore[method-assign]


def _done() -> Pending:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    done.set_result(None)
    return Pending(done, loop.time() + 1)


def resend() -> None:
    submit = TradingClient.submit

    async def again(
        self: TradingClient,
        approved: Approved,
        instrument: Instrument,
        attempts: Any,
        *,
        deadline_ms: Any = None,
        landed: Any = None,
    ) -> VenueOrderId:
        try:
            return await submit(self, approved, instrument, attempts, deadline_ms=deadline_ms, landed=landed)
        except OutcomeUnknown:
            return await submit(self, approved, instrument, attempts, deadline_ms=self.deadlines.new_ms())

    TradingClient.submit = again  # type: ignore[method-assign]


def undecided() -> None:
    begin, count = Pen.begin, itertools.count(1)

    def forgetful(self: Pen, *items: Item) -> Pending:
        return _done() if isinstance(items[0], DecidedItem) and not next(count) % 5 else begin(self, *items)

    Pen.begin = forgetful  # type: ignore[method-assign]


def twice() -> None:
    book = Parts.book

    def doubly(self: Parts, fill: Fill) -> None:
        book(self, fill)
        book(self, fill._replace(fill_id=FillId(fill.fill_id.venue, f"{fill.fill_id.trade_id}0")))

    Parts.book = doubly  # type: ignore[method-assign]


def frozen() -> None:
    AccountLease.check = lambda self: None  # type: ignore[method-assign]
    AccountLease.renew = lambda self: None  # type: ignore[method-assign]


def unfenced() -> None:
    AccountLease.check = lambda self: None  # type: ignore[method-assign]


def nodeadline() -> None:
    def unbounded(self: object, request: Request, deadline_ms: int) -> Request:
        return request

    OkxDialect.with_deadline = unbounded  # type: ignore[method-assign]
    KrakenDialect.with_deadline = unbounded  # type: ignore[method-assign]


def impatient() -> None:
    submit = TradingClient.submit

    async def again(self: TradingClient, approved: Approved, instrument: Instrument, attempts: Any, **how: Any) -> VenueOrderId:
        try:
            async with asyncio.timeout(IMPATIENCE_S):
                return await submit(self, approved, instrument, attempts, **how)
        except TimeoutError:
            return await submit(self, approved, instrument, attempts, deadline_ms=self.deadlines.new_ms())

    TradingClient.submit = again  # type: ignore[method-assign]


def latecomer() -> None:
    too_late = sending._too_late

    def refused(budget_ms: int, *, may_have_left: bool) -> Outcome:
        outcome = too_late(budget_ms, may_have_left=may_have_left)
        return outcome._replace(result=AttemptResult.REJECTED) if may_have_left else outcome

    sending._too_late = refused


def _placing(change: Callable[[NewOrder], NewOrder]) -> None:
    place = OkxDialect.place
    OkxDialect.place = lambda self, order, instrument: place(self, change(order), instrument)  # type: ignore[method-assign]


def otherside() -> None:
    sides = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
    _placing(lambda order: order._replace(side=sides[order.side]) if order.type is OrderType.MARKET else order)


def doublesize() -> None:
    _placing(lambda order: order._replace(quantity=2 * order.quantity))


def wrongprice() -> None:
    def dearer(order: NewOrder) -> NewOrder:
        is_ours = order.price is not None and order.time_in_force is TimeInForce.IOC
        return order._replace(price=(order.price or 0) + order.side.sign) if is_ours else order

    _placing(dearer)


def second_undurable() -> None:
    durable = Pen.durable

    async def hurried(self: Pen, *items: Item) -> None:
        if any(isinstance(item, AttemptItem) for item in items):
            asyncio.get_running_loop().call_later(LATE_S, lambda: self.write(*items))
        else:
            await durable(self, *items)

    Pen.durable = hurried  # type: ignore[method-assign]


def third() -> None:
    record = sending._Attempts.record_attempt

    async def two_at_most(self: Any, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        if n <= 2:
            await record(self, client_order_id, n, deadline_ms)

    trading.MAX_ATTEMPTS = 3  # type: ignore[misc]
    sending._Attempts.record_attempt = two_at_most  # type: ignore[method-assign]


def renamed() -> None:
    attempt = TradingClient._attempt

    async def under_another(
        self: TradingClient, order: NewOrder, instrument: Instrument, attempts: Any, n: int, *more: Any
    ) -> Any:
        if n == 1:
            return await attempt(self, order, instrument, attempts, n, *more)
        await attempts.record_attempt(order.client_order_id, n, deadline_ms := self.deadlines.new_ms())
        other = order._replace(client_order_id=ClientOrderId(secrets.token_hex(16)))
        return await attempt(self, other, instrument, attempts, n, deadline_ms, None)

    TradingClient._attempt = under_another  # type: ignore[method-assign,assignment]


def fallback_of_unknown() -> None:
    answered = LiveExecutionRouter._answered

    def eagerly(self: LiveExecutionRouter, life: Life, answer: Answered) -> None:
        answered(self, life, answer)
        if answer.result is AttemptResult.UNKNOWN:
            self._dispatch.fall_back(life, FallbackReason.NEVER_SENT)

    LiveExecutionRouter._answered = eagerly  # type: ignore[method-assign]


def fallback_unwritten() -> None:
    carry = LiveAccount.carry

    def forgetful(self: LiveAccount, effect: Effect) -> None:
        if not (isinstance(effect, Note) and effect.event == "fell_back"):
            carry(self, effect)

    LiveAccount.carry = forgetful  # type: ignore[method-assign]


def fallback_uncounted() -> None:
    LiveMeters.fell_back = lambda *_: None  # type: ignore[method-assign]


def idle() -> None:
    async def beat(self: DeadMansSwitch) -> None:
        while True:
            with contextlib.suppress(VenueError):
                await self._arm()
                self.is_armed = True
            await asyncio.sleep(self._timeout_s / switch.BEATS)

    DeadMansSwitch._beat = beat  # type: ignore[method-assign]


def lazy() -> None:
    switch.BEATS = 0.5  # type: ignore[misc,assignment]


def undisarmed() -> None:
    async def nothing(self: DeadMansSwitch) -> str:
        return ""

    DeadMansSwitch._disarmed = nothing  # type: ignore[method-assign]


def in_place() -> None:
    def over(path: Path, data: bytes, *, mode: int = LOG_FILE, durable_name: bool = False) -> None:
        path.touch(mode)
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            failpoint.reach("file.temporary.after")
            file.write(data[len(data) // 2 :])

    for module in (journal_file, seal):
        vars(module)["write_atomic"] = over


def uncut() -> None:
    def kept(self: JournalFile, torn: bytes) -> None:
        failpoint.reach("journal.cut.before")

    JournalFile._cut = kept  # type: ignore[method-assign]


def cancel_deaf() -> None:
    withdraw, hear = Sender.withdraw, Tracking.hear
    canceled = set()

    async def told(self: Sender, effect: Withdraw, *, is_first: bool) -> bool:
        canceled.add(effect.client_order_id)
        return await withdraw(self, effect, is_first=is_first)

    def deaf(self: Tracking, life: Life, news: Iterable[Fill | OrderUpdate], *more: Any, **how: Any) -> None:
        hear(
            self,
            life,
            [item for item in news if isinstance(item, OrderUpdate) or item.client_order_id not in canceled],
            *more,
            **how,
        )

    Sender.withdraw = told  # type: ignore[method-assign,assignment]
    Tracking.hear = deaf  # type: ignore[method-assign]


def amend_believed() -> None:
    async def amend(self: TradingClient, *what: Any, **how: Any) -> bool:
        try:
            return await amended(self, *what, **how)
        except OutcomeUnknown:
            return True

    amended = TradingClient.amend
    TradingClient.amend = amend  # type: ignore[method-assign]


BUGS: Mapping[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        early, resend, undecided, twice, frozen, unfenced, nodeadline, impatient, latecomer, otherside, doublesize, wrongprice,
        second_undurable, third, renamed, fallback_of_unknown, fallback_unwritten,
        fallback_uncounted, idle, lazy, undisarmed, in_place, uncut,
        cancel_deaf, amend_believed,
    )
}  # fmt: skip
PROGRAMS: Mapping[str, Callable[[list[str]], int]] = {
    "fallback_of_unknown": routed_bot.main,
    "fallback_unwritten": routed_bot.main,
    "fallback_uncounted": routed_bot.main,
    "in_place": file_bot.main,
    "uncut": file_bot.main,
    "cancel_deaf": racing_bot.main,
    "amend_believed": racing_bot.main,
    "idle": switch_bot.main,
    "lazy": switch_bot.main,
    "undisarmed": switch_bot.main,
}
"""what a bug is planted in, where that is not `crash.bot`"""


def main(arguments: list[str]) -> int:
    """Plant the bug, then run the bot with what remains."""
    at = arguments.index("--bug")
    name = arguments[at + 1]
    BUGS[name]()
    bot.STUCK_S = STUCK_S
    return PROGRAMS.get(name, bot.main)(arguments[:at] + arguments[at + 2 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
