"""The dispatcher: nothing leaves before the disk has it, timers and bars follow the market clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import cast

import pytest

from golive.engine import Engine
from golive.engine.codec import decode_event
from golive.execution import PaperExecution
from golive.execution.market_clock import MarketClock
from golive.market.bars import BarBuilder
from golive.market.lockstep import LockStep, Step
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency, LatencyModel
from golive.matching.model import MarketModel
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.model.command import Amend, Cancel, Command, Record, SetTimer, Submit
from golive.model.errors import JournalError
from golive.model.event import Durable, Event, Operator, OperatorAction, Timer
from golive.model.market import Candle, Trade
from golive.model.order import Fill, OrderStatus, OrderUpdate, Side, TimeInForce
from golive.orders import Orders
from golive.portfolio import Ledger
from golive.runtime.clock import SystemClock
from golive.runtime.dispatcher import Dispatcher
from golive.runtime.drive import Ending, Inbox, drive_lock_step
from golive.runtime.pace import SessionPace
from support.trading import (
    BALANCES,
    BTC,
    BTC_ID,
    START,
    approved,
    book,
    candle,
    client_order_id,
    confirm,
    engine_for,
    order,
    random_walk,
)  # fmt: skip


class ListJournal:
    """A journal in a list; `broken` makes it refuse to become durable."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int]] = []
        self.events: list[Event] = []
        self.broken = False

    def event(self, seq: int, kind: str, body: bytes) -> None:
        self.rows.append((kind, seq))
        self.events.append(decode_event(kind, body))

    def record(self, record: Record) -> None:
        self.rows.append(("record", record.seq))

    def news(self, news: Fill | OrderUpdate) -> None:
        self.rows.append(("news", 0))

    async def durable(self, record_seq: int) -> None:
        if self.broken:
            raise JournalError("disk full")
        self.rows.append(("durable", record_seq))


def floor(
    journal: ListJournal,
    bars: dict[object, BarBuilder] | None = None,
    *,
    engine: Engine | None = None,
    model: MarketModel | None = None,
    latency: LatencyModel | None = None,
) -> tuple[Dispatcher, PaperExecution]:
    paper = PaperExecution(
        label="okx", models={BTC_ID: model or BarModel()}, account=Ledger([BTC], BALANCES), codes={}, recorder=MemoryRecorder(),
        fees=FeeSchedule(Decimal(8), Decimal(10)), latency=latency,
    )  # fmt: skip
    builders = {BTC_ID: BarBuilder(BTC, SECOND)} if bars is not None else {}
    engine = engine or engine_for()
    return Dispatcher(engine=engine, execution=paper, journal=journal, alert=lambda _: None, bars=builders), paper


async def run(dispatcher: Dispatcher, bars: Iterable[Candle] | None = None) -> None:
    for bar in random_walk(1200) if bars is None else bars:
        dispatcher.market([bar])
        await dispatcher.settle()


class ScriptedEngine:
    """An engine that answers the n-th news of one kind with what a script says."""

    awaiting_durable = False

    def __init__(self, first: Command, script: Mapping[str, Command]) -> None:
        self.ledger = Ledger([BTC], BALANCES)
        self.orders = Orders()
        self.first, self.script = first, dict(script)

    def process(self, event: Event) -> list[Command]:
        if isinstance(event, Operator):
            return [self.first] if event.action is OperatorAction.CONFIRM else [Cancel(client_order_id(1))]
        if isinstance(event, Fill):
            self.ledger.apply(event)
        if isinstance(event, OrderUpdate) and event.event in self.script:
            return [self.script.pop(event.event)]
        return []


class Replaying(ScriptedEngine):
    """A scripted engine whose orders follow the news."""

    def __init__(self, orders: Orders, first: Command, script: Mapping[str, Command]) -> None:
        super().__init__(first, script)
        self.orders = orders

    def process(self, event: Event) -> list[Command]:
        if isinstance(event, OrderUpdate):
            self.orders.apply(event)
        return super().process(event)


def scripted(first: Command, script: Mapping[str, Command]) -> Engine:
    return cast(Engine, ScriptedEngine(first, script))


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


LIMIT = order(1, Side.BUY, "0.1", "39000")


def test_an_amendment_is_carried_out_like_an_order() -> None:
    journal = ListJournal()
    amend = Amend(approved(LIMIT._replace(price=BTC.ticks("39500"))))
    dispatcher, paper = floor(journal, engine=scripted(Submit(approved(LIMIT)), {"accepted": amend}))
    dispatcher.operator(confirm())
    assert [(e.event, e.price) for e in journal.events if isinstance(e, OrderUpdate)] == [
        ("accepted", None), ("amended", BTC.ticks("39500")),
    ]  # fmt: skip
    assert paper.account.text("USDT", paper.account.balances["USDT"].reserved) == "3950"


def test_orders_expire_and_late_news_arrive_by_time_alone() -> None:
    journal = ListJournal()
    until = LIMIT._replace(time_in_force=TimeInForce.GTD, expires_at=START + 500)
    dispatcher, _ = floor(journal, engine=scripted(Submit(approved(until)), {}), latency=ConstantLatency(10, 20))
    dispatcher.time(START)
    dispatcher.operator(confirm())
    seen = []
    for ts in (START + 29, START + 30, START + 519, START + 520):
        dispatcher.time(ts)
        seen.append([e.event for e in journal.events if isinstance(e, OrderUpdate)])
    assert seen == [[], ["accepted"], ["accepted"], ["accepted", "expired"]]


async def test_a_session_ends_only_after_everything_that_is_on_its_way_has_come_back() -> None:
    journal = ListJournal()
    buy = order(1, Side.BUY, "0.5")
    engine = scripted(Submit(approved(buy)), {})
    dispatcher, paper = floor(journal, engine=engine, model=DepthModel(), latency=ConstantLatency(10, 20))
    dispatcher.market([book(START, [("40000", "1")], [("40001", "1")])])
    dispatcher.operator(confirm())
    await dispatcher.settle()
    assert engine.ledger.balances["BTC"].free == 0, "a running session waits for the market's clock"
    dispatcher.finish()
    await dispatcher.settle()
    assert paper.next_due is None
    assert engine.ledger.balances["BTC"].free == paper.account.balances["BTC"].free > 0


@pytest.mark.parametrize("cut", [0, 1, 400, 777, 1100, 1199])
async def test_a_session_that_is_replayed_and_resumed_goes_on_as_if_it_had_never_stopped(cut: int) -> None:
    bars = list(random_walk(1200))
    whole = ListJournal()
    straight, straight_paper = floor(whole)
    straight.operator(confirm())
    await run(straight, bars)
    stopped = ListJournal()
    first, _ = floor(stopped)
    first.operator(confirm())
    await run(first, bars[:cut])
    journal = ListJournal()
    second, paper = floor(journal)
    for event in stopped.events:
        second.replay(event)
    assert journal.rows == [], "what is replayed was written down before"
    assert second.digest.hexdigest() == first.digest.hexdigest()
    assert (second.events, second.clock.now) == (first.events, first.clock.now)
    second.resume(second.clock.now)
    await second.settle()
    await run(second, bars[cut:])
    assert second.digest.hexdigest() == straight.digest.hexdigest()
    assert stopped.events + journal.events == whole.events
    assert balances(paper) == balances(straight_paper)


async def test_a_session_killed_at_any_event_resumes_with_ledger_and_account_in_agreement() -> None:
    whole = ListJournal()
    straight, _ = floor(whole)
    straight.operator(confirm())
    bars = list(random_walk(1200))
    await run(straight, bars)
    news = [n for n, event in enumerate(whole.events) if isinstance(event, Fill | OrderUpdate | Durable)]
    for cut in [n + after for n in news[:24] for after in (0, 1)]:
        engine, journal = engine_for(), ListJournal()
        dispatcher, paper = floor(journal, engine=engine)
        for event in whole.events[:cut]:
            dispatcher.replay(event)
        dispatcher.resume(dispatcher.clock.now)
        await dispatcher.settle()
        await run(dispatcher, [bar for bar in bars if bar.ts > dispatcher.clock.now])
        dispatcher.finish()
        await dispatcher.settle()
        assert {a: b.total for a, b in engine.ledger.balances.items()} == {a: b.total for a, b in paper.account.balances.items()}
        assert paper.working == sum(o.status in (OrderStatus.OPEN, OrderStatus.PARTIAL) for o in engine.orders)


def test_a_cancel_without_a_stored_answer_is_carried_out_on_resuming() -> None:
    stored = ListJournal()
    script = {"accepted": Cancel(LIMIT.client_order_id)}
    floor(stored, engine=scripted(Submit(approved(LIMIT)), script))[0].operator(confirm())
    assert [e.event for e in stored.events if isinstance(e, OrderUpdate)] == ["accepted", "canceled"]
    journal, orders = ListJournal(), Orders()
    orders.plan(LIMIT, START)
    orders.sent(LIMIT.client_order_id)
    engine = cast(Engine, Replaying(orders, Submit(approved(LIMIT)), script))
    dispatcher, _ = floor(journal, engine=engine)
    for event in stored.events[:-1]:
        dispatcher.replay(event)
    assert journal.events == []
    dispatcher.resume(START)
    assert [e.event for e in journal.events if isinstance(e, OrderUpdate)] == ["canceled"]


def test_the_market_of_before_the_restart_is_known_after_it() -> None:
    stored = ListJournal()
    first, _ = floor(stored, engine=scripted(Submit(approved(LIMIT)), {}), model=DepthModel())
    first.market([book(START, [("40000", "1")], [("40001", "1")])])
    dispatcher, paper = floor(ListJournal(), engine=scripted(Submit(approved(LIMIT)), {}), model=DepthModel())
    for event in stored.events:
        dispatcher.replay(event)
    dispatcher.resume(START)
    assert len([n for n in paper.submit(approved(order(1, Side.BUY, "0.5")), START) if isinstance(n, Fill)]) == 1


def test_a_timer_set_before_a_restart_comes_due_after_it_and_once() -> None:
    def replayed(until: int) -> list[Event]:
        journal = ListJournal()
        engine = scripted(SetTimer("soon", START + 50), {})
        dispatcher, _ = floor(journal, engine=engine)
        dispatcher.operator(confirm())
        dispatcher.time(START + until)
        after = ListJournal()
        again, _ = floor(after, engine=scripted(SetTimer("soon", START + 50), {}))
        for event in journal.events:
            again.replay(event)
        again.resume(START + until)
        again.time(START + 60)
        return [event for event in after.events if isinstance(event, Timer)]

    assert replayed(49) == [Timer("soon", START + 50)]
    assert replayed(50) == [], "it is among the stored events"


def balances(paper: PaperExecution) -> dict[str, tuple[int, int]]:
    return {asset: (balance.free, balance.reserved) for asset, balance in paper.account.balances.items()}


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
