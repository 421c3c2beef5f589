"""The dispatcher: nothing leaves before the disk has it, timers and bars follow the market clock."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import cast

import pytest

from golive.execution import PaperExecution
from golive.market.bars import BarBuilder
from golive.market.lockstep import LockStep, Step
from golive.matching.bar import BarModel
from golive.matching.fee import FeeSchedule
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.model.command import Record
from golive.model.errors import JournalError
from golive.model.event import Timer
from golive.model.market import Trade
from golive.model.order import Fill, OrderUpdate, Side
from golive.portfolio import Ledger
from golive.runtime.clock import SystemClock
from golive.runtime.dispatcher import Dispatcher
from golive.runtime.drive import Ending, Inbox, drive_lock_step
from golive.runtime.market_clock import MarketClock
from golive.runtime.pace import SessionPace
from support.trading import BALANCES, BTC, BTC_ID, START, book, candle, confirm, engine_for, random_walk


class ListJournal:
    """A journal in a list; `broken` makes it refuse to become durable."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int]] = []
        self.broken = False

    def event(self, seq: int, kind: str, body: bytes) -> None:
        self.rows.append((kind, seq))

    def record(self, record: Record) -> None:
        self.rows.append(("record", record.seq))

    def news(self, news: Fill | OrderUpdate) -> None:
        self.rows.append(("news", 0))

    async def durable(self, record_seq: int) -> None:
        if self.broken:
            raise JournalError("disk full")
        self.rows.append(("durable", record_seq))


def floor(journal: ListJournal, bars: dict[object, BarBuilder] | None = None) -> tuple[Dispatcher, PaperExecution]:
    paper = PaperExecution(
        label="okx", models={BTC_ID: BarModel()}, account=Ledger([BTC], BALANCES), codes={}, recorder=MemoryRecorder(),
        fees=FeeSchedule(Decimal(8), Decimal(10)),
    )  # fmt: skip
    builders = {BTC_ID: BarBuilder(BTC, SECOND)} if bars is not None else {}
    return Dispatcher(engine=engine_for(), execution=paper, journal=journal, alert=lambda _: None, bars=builders), paper


async def run(dispatcher: Dispatcher) -> None:
    for bar in random_walk(1200):
        dispatcher.market([bar])
        await dispatcher.settle()


async def test_every_order_follows_the_durable_record_of_its_decision() -> None:
    journal = ListJournal()
    dispatcher, _ = floor(journal)
    dispatcher.operator(confirm())
    await run(dispatcher)
    kinds = [kind for kind, _ in journal.rows]
    assert kinds.count("Fill") >= 3
    for n, kind in enumerate(kinds):
        if kind == "Durable":
            assert kinds[n - 1] == "durable"
            assert journal.rows[n - 1][1] >= max(seq for what, seq in journal.rows[:n] if what == "record")


async def test_a_journal_that_fails_lets_no_order_out() -> None:
    journal = ListJournal()
    journal.broken = True
    dispatcher, paper = floor(journal)
    dispatcher.operator(confirm())
    with pytest.raises(JournalError):
        await run(dispatcher)
    assert paper.working == 0
    assert not any(kind in ("OrderUpdate", "Fill") for kind, _ in journal.rows)


async def test_bars_from_trades_reach_the_engine_only_when_they_are_over() -> None:
    journal = ListJournal()
    dispatcher, _ = floor(journal, bars={})
    dispatcher.market([Trade(BTC_ID, START, 400_000, 1, Side.BUY, "1")])
    dispatcher.time(START + SECOND - 1)
    assert not any(kind == "Candle" for kind, _ in journal.rows)
    dispatcher.time(START + SECOND)
    assert [kind for kind, _ in journal.rows].count("Candle") == 1


def test_timers_come_due_by_market_time_in_order_and_once() -> None:
    clock = MarketClock()
    clock.set_timer("b", 20)
    clock.set_timer("a", 10)
    clock.set_timer("c", 20)
    assert clock.advance(9) == []
    assert clock.advance(25) == [Timer("a", 10), Timer("b", 20), Timer("c", 20)]
    assert clock.advance(5) == []
    assert clock.now == 25, "the market clock never goes back"


def test_a_bar_is_taken_after_everything_that_happened_in_it() -> None:
    inbox = Inbox()
    bar = candle(0, "1", "1", "1", "1")
    trade = Trade(BTC_ID, START + 5, 10, 1, Side.BUY, "1")
    inbox.put(bar)
    inbox.put(book(START + 9, [("1", "1")], [("2", "1")]))
    inbox.put(trade)
    taken = inbox.take()
    assert [type(event).__name__ for event in taken] == ["Trade", "Book", "Candle"]
    assert inbox.take() == []
    assert (inbox.first_ts, inbox.last_ts) == (bar.opened_at, bar.ts), "a bar begins when it opened"


class LateStream:
    """A stream whose messages are in only once somebody has waited for them."""

    def __init__(self, inbox: Inbox) -> None:
        self.received: Counter[str] = Counter()
        self.channels = frozenset({"candle1m:BTC-USDT"})
        self.failure = None
        self._inbox, self._bars = inbox, random_walk(3)

    async def wait_for(self, counts: Counter[str]) -> None:
        while self.received["candle1m:BTC-USDT"] < counts["candle1m:BTC-USDT"]:
            self._inbox.put(next(self._bars))
            self.received["candle1m:BTC-USDT"] += 1


class ThreeSteps:
    """A lock-step partner of three steps that notes what the engine had seen at each acknowledgement."""

    def __init__(self, journal: ListJournal) -> None:
        self._journal, self._step, self.seen = journal, 0, list[int]()

    async def start(self) -> None:
        return None

    async def next(self) -> Step | None:
        self._step += 1
        published = {"candle1m:BTC-USDT": 1, "trades:ETH-USDT": 5}
        return Step(self._step, START + self._step * 60 * SECOND, published) if self._step <= 3 else None

    async def acknowledge(self, step: Step) -> None:
        self.seen.append([kind for kind, _ in self._journal.rows].count("Candle"))


async def test_a_step_is_acknowledged_only_after_its_messages_were_processed() -> None:
    journal, inbox = ListJournal(), Inbox()
    dispatcher, _ = floor(journal)
    steps = ThreeSteps(journal)
    ending = await drive_lock_step(
        cast(LockStep, steps), LateStream(inbox), inbox, dispatcher, SessionPace(SystemClock()), lambda _: None
    )
    assert (ending, steps.seen) == (Ending.END_OF_DATA, [1, 2, 3])
