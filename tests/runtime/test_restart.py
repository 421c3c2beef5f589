"""A session cut after any item that was written down: run again it is the uninterrupted one, replayed it keeps every stored fill."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import TypeAlias

import pytest

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.model.command import Record
from golive.model.event import Operator, OperatorAction
from golive.model.market import Candle, MarketEvent, Trade
from golive.model.order import Fill, OrderStatus, OrderUpdate, Side
from golive.portfolio import Ledger, digest_of
from golive.runtime.dispatcher import Dispatcher, Journal
from golive.runtime.failure import SessionDiverged
from golive.runtime.outcome import check_accounts_agree
from golive.runtime.replay import OrderIds, Written, replay
from golive.runtime.rerun import RerunJournal, hear_at_once
from golive.storage.item import EventItem
from golive.storage.session_store import StoredRecord
from support.trading import BALANCED, BALANCES, BTC, BTC_ID, book, client_order_id, confirm, engine_for, random_walk

QUICK = {
    "fast_bars": 2.0,
    "slow_bars": 3.0,
    "reversion_bars": 3.0,
    "breakout_bars": 2.0,
    "volatility_bars": 5.0,
    "entry_ttl_bars": 3.0,
}
Item: TypeAlias = EventItem | Record | Fill | OrderUpdate
STEPS = 240
CUTS = None if os.environ.get("GOLIVE_PROOF") == "1" else 40


@dataclass
class ListJournal:
    """What a session writes down, in order."""

    items: list[Item] = field(default_factory=list)

    def event(self, seq: int, kind: str, body: bytes) -> None:
        self.items.append(EventItem(seq, kind, body))

    def record(self, record: Record) -> None:
        self.items.append(record)

    def news(self, news: Fill | OrderUpdate) -> None:
        self.items.append(news)

    async def durable(self, record_seq: int) -> None:
        await asyncio.sleep(0)


@dataclass
class Floor:
    engine: Engine
    execution: PaperExecution
    dispatcher: Dispatcher

    async def go(self, steps: Sequence[Sequence[MarketEvent]]) -> None:
        for events in steps:
            self.dispatcher.market(events)
            self.dispatcher.time(events[-1].ts)
            await self.dispatcher.settle()

    async def end(self) -> None:
        self.dispatcher.finish()
        await self.dispatcher.settle()
        check_accounts_agree(self.engine.ledger, self.execution.account)


def floor(journal: Journal, ids: OrderIds | None = None) -> Floor:
    engine = engine_for(BALANCED, (BTC,), ids, **QUICK)
    execution = PaperExecution(
        label="okx", models={BTC_ID: DepthModel()}, account=Ledger([BTC], BALANCES), codes={}, recorder=MemoryRecorder(),
        fees=FeeSchedule(Decimal(8), Decimal(10)), latency=ConstantLatency(50_000_000, 50_000_000),
    )  # fmt: skip
    return Floor(
        engine, execution, Dispatcher(engine=engine, execution=execution, journal=journal, alert=lambda _: None, bars={})
    )


def market() -> list[list[MarketEvent]]:
    """One step a minute: five statements of a thin book with prints between them, then the bar."""
    rng, steps = Random(3), []
    for n, bar in enumerate(random_walk(STEPS, seed=5)):
        events: list[MarketEvent] = []
        for part in range(1, 6):
            mid = bar.open + (bar.close - bar.open) * part // 5
            ts = bar.opened_at + part * 10 * SECOND
            price = BTC.price_text(mid - 2), BTC.price_text(mid + 2)
            size = BTC.quantity_text(rng.randrange(1, 5) * 1_000_000)
            events.append(book(ts, [(price[0], size)], [(price[1], size)]))
            side = rng.choice((Side.BUY, Side.SELL))
            events.append(Trade(BTC_ID, ts + SECOND, mid + rng.randrange(-4, 5), 3_000_000, side, f"t{n}.{part}"))
        steps.append([*events, bar])
    return steps


MARKET = market()


@pytest.fixture(scope="module")
def whole() -> tuple[list[Item], Floor]:
    """The uninterrupted session: everything it wrote down, and what it came to."""
    journal = ListJournal()
    made = floor(journal)

    async def session() -> None:
        made.dispatcher.operator(confirm())
        await made.go(MARKET)
        await made.end()

    asyncio.run(session())
    fills = [item for item in journal.items if isinstance(item, Fill)]
    assert len(fills) > 20, "a market in which there is something to lose"
    assert any(order.filled and order.status is OrderStatus.CANCELED for order in made.engine.orders), "partial fills among it"
    return journal.items, made


def cuts(items: Sequence[Item]) -> Iterator[int]:
    """Yield numbers of stored items: a sample of all, with the first and the last, and some between an event and its news."""
    everywhere = range(len(items) + 1)
    rng, parted = Random(1), [n for n, item in enumerate(items) if isinstance(item, Fill | OrderUpdate)]
    yield from everywhere if CUTS is None else sorted({0, len(items), *rng.sample(everywhere, CUTS), *rng.sample(parted, 10)})


def stored(items: Sequence[Item]) -> tuple[list[EventItem], Written]:
    records = [StoredRecord(item.seq, item.ts, item.event, item.body, None) for item in items if isinstance(item, Record)]
    updates = sum(isinstance(item, OrderUpdate) for item in items)
    written = Written(records, updates, [item.fill_id for item in items if isinstance(item, Fill)])
    return [item for item in items if isinstance(item, EventItem)], written


def given_ids(items: Sequence[Item]) -> OrderIds:
    ids = [item.verdict.order.client_order_id for item in items if isinstance(item, Record) and item.verdict is not None]
    return OrderIds(ids, client_order_id)


def test_run_again_it_writes_exactly_what_is_missing_wherever_it_was_cut(whole: tuple[list[Item], Floor]) -> None:
    items, uninterrupted = whole
    for cut in cuts(items):
        rest = ListJournal()
        events, written = stored(items[:cut])
        told: list[int] = []
        rerun = RerunJournal(rest, iter(events), written, lambda told=told: told.append(1))  # type: ignore[misc]  # a default binds it
        again = floor(rerun, given_ids(items[:cut]))

        async def session(again: Floor = again) -> None:
            again.dispatcher.operator(confirm())
            await again.go(MARKET)
            await again.end()

        asyncio.run(session())
        assert items[:cut] + rest.items == items, cut
        assert told == [1]
        assert rerun.caught_up
        assert again.dispatcher.digest.hexdigest() == uninterrupted.dispatcher.digest.hexdigest()
        assert digest_of(again.engine.ledger) == digest_of(uninterrupted.engine.ledger)


def test_replayed_it_has_every_stored_fill_and_goes_on_with_the_market_that_comes(whole: tuple[list[Item], Floor]) -> None:
    items, _ = whole
    for cut in cuts(items):
        rest = ListJournal()
        events, written = stored(items[:cut])
        restored = floor(rest, given_ids(items[:cut]))
        replayed = replay(restored.dispatcher.replay, iter(events), written)

        decoded = [item for item in items[:cut] if isinstance(item, Fill)]
        assert_ledger_holds(restored.engine.ledger, decoded + [each for each in replayed.lacking if isinstance(each, Fill)])
        so_far = list(items[:cut])
        assert all(item in items for item in replayed.lacking), "what is written again is what was not written"
        for lacking in replayed.lacking:
            rest.record(lacking) if isinstance(lacking, Record) else rest.news(lacking)
        later = [step for step in MARKET if step[-1].ts > replayed.last_ts]

        async def session(
            restored: Floor = restored, later: Sequence[Sequence[MarketEvent]] = later, last: int = replayed.last_ts
        ) -> None:
            restored.dispatcher.resume(last)
            await restored.dispatcher.settle()
            await restored.go(later)
            await restored.end()

        asyncio.run(session())
        seqs = [item.seq for item in (*so_far, *rest.items) if isinstance(item, EventItem)]
        assert seqs == list(range(1, len(seqs) + 1)), "the event log goes on without a gap"
        numbers = [item.seq for item in (*so_far, *rest.items) if isinstance(item, Record)]
        assert numbers == list(range(1, len(numbers) + 1)), "and so do the records"
        kinds = Counter(item.kind for item in (*so_far, *rest.items) if isinstance(item, EventItem))
        news = Counter(type(item).__name__ for item in (*so_far, *rest.items) if isinstance(item, Fill | OrderUpdate))
        assert (kinds["Fill"], kinds["OrderUpdate"]) == (news["Fill"], news["OrderUpdate"]), "each as an event and as news"
        fills = [item for item in (*so_far, *rest.items) if isinstance(item, Fill)]
        assert_ledger_holds(restored.engine.ledger, fills)


def assert_ledger_holds(ledger: Ledger, fills: Sequence[Fill]) -> None:
    """Compare with sums of the fills alone, in plain decimals."""
    base = sum((Decimal(f.quantity * f.side.sign) * BTC.lot_size for f in fills), Decimal(0))
    quote = BALANCES["USDT"] - sum((f.price * BTC.tick_size * f.quantity * BTC.lot_size * f.side.sign for f in fills), Decimal(0))
    base -= sum((Decimal(f.fee).scaleb(-BTC.base_scale) for f in fills if f.fee_asset == "BTC"), Decimal(0))
    quote -= sum((Decimal(f.fee).scaleb(-BTC.quote_scale) for f in fills if f.fee_asset == "USDT"), Decimal(0))
    totals = {asset: Decimal(balance.total).scaleb(-ledger.scales[asset]) for asset, balance in ledger.balances.items()}
    assert totals == {"BTC": base, "USDT": quote}


def test_another_market_is_noticed_at_the_first_event_that_differs(whole: tuple[list[Item], Floor]) -> None:
    items, _ = whole
    events, written = stored(items)
    again = floor(RerunJournal(ListJournal(), iter(events), written, lambda: None), given_ids(items))
    other = [list(step) for step in MARKET]
    last = other[70][-1]
    assert isinstance(last, Candle)
    other[70][-1] = last._replace(close=last.close + 1)

    async def session() -> None:
        again.dispatcher.operator(confirm())
        await again.go(other)

    with pytest.raises(SessionDiverged, match=r"was Candle .*gives Candle"):
        asyncio.run(session())


def test_a_stored_record_that_the_engine_does_not_give_again_is_noticed(whole: tuple[list[Item], Floor]) -> None:
    items, _ = whole
    position = next(n for n, item in enumerate(items) if isinstance(item, Record) and item.event == "order_executed")
    changed = items[position]
    assert isinstance(changed, Record)
    forged = [*items[:position], changed._replace(body={**changed.body, "fill_price": "1"}), *items[position + 1 :]]
    events, written = stored(forged)
    with pytest.raises(SessionDiverged, match=f"record {changed.seq}"):
        replay(floor(ListJournal()).engine.process, iter(events), written)


def test_where_a_session_was_stopped_is_known_before_its_stop_comes(whole: tuple[list[Item], Floor]) -> None:
    items, _ = whole
    stop = next(
        n for n, item in enumerate(items) if isinstance(item, EventItem) and b'"stop"' in item.body and item.kind == "Operator"
    )
    events, written = stored(items[: stop + 1])
    rerun = RerunJournal(ListJournal(), iter(events), written, lambda: None)
    for event in events[:-1]:
        assert not rerun.expects_stop
        rerun.event(event.seq, event.kind, event.body)
    assert rerun.expects_stop
    assert replay(floor(ListJournal()).engine.process, iter(events), stored(items)[1]).stopped


def test_what_a_replay_found_is_told(whole: tuple[list[Item], Floor]) -> None:
    items, _ = whole
    events, written = stored(items)
    found = replay(floor(ListJournal()).engine.process, iter(events), written)
    assert (found.events, found.lacking, found.stopped) == (len(events), [], True)
    assert found.emergencies == []
    assert found.first_market_ts == MARKET[0][-1].ts - 60 * SECOND
    assert found.last_market_ts == MARKET[-1][-1].ts


HALT = Operator(OperatorAction.EMERGENCY, "anna", "a drill", 0, at_once=True)
OFF = Operator(OperatorAction.AUTO_TRADE_OFF, "anna", "operator_command", 0, at_once=True)


def place_of(act: Operator, items: Sequence[Item]) -> int:
    return next(n for n, item in enumerate(items) if isinstance(item, EventItem) and act.action.encode() in item.body)


def left_after(items: Sequence[Item], act: Operator) -> list[str]:
    """Return the sides of the orders that left after an act."""
    return [
        str(item.body["side"])
        for item in items[place_of(act, items) :]
        if isinstance(item, Record) and item.event == "order_submitted"
    ]


async def run_again(items: Sequence[Item], act: Operator | None) -> list[Item]:
    """Run the session again that wrote `items`, tell it of `act` when it has caught up, and return all that it has written."""
    rest = ListJournal()
    events, written = stored(items)
    rerun = RerunJournal(rest, iter(events), written, lambda: None)
    again = floor(rerun, given_ids(items))

    def caught_up() -> None:
        if act is not None:
            again.dispatcher.operator(replace(act, ts=again.dispatcher.clock.now))

    hear_at_once(again.dispatcher, rerun, caught_up)
    again.dispatcher.operator(confirm())
    await again.go(MARKET)
    await again.end()
    assert rerun.caught_up
    return [*items, *rest.items]


@pytest.mark.parametrize("act", [HALT, OFF], ids=["emergency", "off"])
def test_run_again_no_entry_leaves_once_it_has_caught_up_and_the_same_comes_out_when_it_is_run_again_once_more(
    whole: tuple[list[Item], Floor], act: Operator
) -> None:
    items, _ = whole
    sales = 0
    for cut in [each for each in cuts(items) if 2 < each < len(items) - 4][:: 1 if CUTS is None else 6]:
        ended = asyncio.run(run_again(items[:cut], act))
        left = left_after(ended, act)
        assert "buy" not in left, cut
        sales += len(left)
        heard = place_of(act, ended)
        for later in (heard + 1, (heard + len(ended)) // 2):
            assert asyncio.run(run_again(ended[:later], None)) == ended, (cut, later)
    assert (sales > 0) == (act is HALT), "in emergency mode the strategy still sells what it holds"


@pytest.mark.parametrize("act", [HALT, OFF], ids=["emergency", "off"])
def test_replayed_no_entry_leaves_that_was_decided_and_had_not_left(whole: tuple[list[Item], Floor], act: Operator) -> None:
    items, _ = whole
    withheld = 0
    approved = [n for n, item in enumerate(items) if isinstance(item, Record) and item.event == "risk_check_passed"]
    for cut in sorted({*[n + 1 for n in approved], *cuts(items)}):
        rest = ListJournal()
        events, written = stored(items[:cut])
        restored = floor(rest, given_ids(items[:cut]))
        replayed = replay(restored.dispatcher.replay, iter(events), written)
        if not replayed.events or replayed.stopped:
            continue
        later = [step for step in MARKET if step[-1].ts > replayed.last_ts]

        async def session(
            restored: Floor = restored, later: Sequence[Sequence[MarketEvent]] = later, last: int = replayed.last_ts
        ) -> None:
            restored.dispatcher.resume(last)
            restored.dispatcher.operator(replace(act, ts=last, at_once=False))
            await restored.dispatcher.settle()
            await restored.go(later)
            await restored.end()

        asyncio.run(session())
        assert "buy" not in left_after(rest.items, act), cut
        codes = [item.body["code"] for item in rest.items if isinstance(item, Record) and item.event == "order_failed"]
        withheld += sum(code in ("EMERGENCY_MODE", "AUTO_TRADE_OFF") for code in codes)
    assert withheld > 0
