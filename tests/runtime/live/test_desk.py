"""The live desk at one simulated venue, over sockets: from the first start to an order's end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from golive.execution import PaperExecution
from golive.execution.live.degradation import DegradePolicy, DegradingExecution
from golive.execution.live.happening import Answered, Condition, Happening
from golive.execution.live.route import Route
from golive.matching.bar import BarModel
from golive.matching.fee import FeeSchedule
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE
from golive.model.decision import Approved, DecisionCode
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import ClientOrderId
from golive.model.live_order import AttemptResult
from golive.model.market import Candle
from golive.model.order import Fill, OrderStatus, TimeInForce
from golive.portfolio import Ledger
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.service import DeskService
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from golive.venues.profile import BudgetRule, VenueProfile
from support.adapters import ADAPTERS, unhurried
from support.live_desk import PLACE, QUICK, Trader, account_plan, live_plan, live_venue, swept, trader, truth
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["okx", "bybit", "kraken"])
def started(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    with live_venue(request.param) as running:
        yield request.param, running


@pytest.fixture
async def venue(started: tuple[str, VenueProcess]) -> AsyncIterator[tuple[str, VenueProcess]]:
    yield started
    await swept(*started)


async def test_an_order_rests_and_is_canceled(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
        at.desk.cancel(order)
        await until(lambda: at.status(order) is OrderStatus.CANCELED)
        await at.settled()
        assert (at.events(order)[0], at.events(order)[-1]) == ("accepted", "canceled")
    assert len(truth(running, order)) == 1


async def test_a_market_order_is_filled(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent(price=None)
        await until(lambda: at.status(order) is OrderStatus.FILLED)
        assert at.filled(order) == at.desk.router.order(order).intent.quantity


def rows(home: Path, name: str, order: ClientOrderId) -> list[tuple[str, object, object]]:
    """What the journal holds of an order: table, number and result of each row."""
    with closing(OrderJournalReader.open(home / DIRECTORY / f"{ADAPTERS[name]}_{name}_key.sqlite")) as reader:
        return [(row.table, row.values.get("n"), row.values.get("result")) for row in reader.order(order)]


def shall(at: Trader, order: ClientOrderId, *, price: int) -> Approved:
    """The order as it is, at another price in ticks."""
    return Approved(at.desk.router.order(order).intent._replace(price=price), 2)


def soon_sure(name: str) -> VenueProfile:
    """The venue, of which it is known soon that nothing more comes of an attempt."""
    profile = unhurried(name)
    return replace(profile, order_deadline_s=profile.least_deadline_s + 1.0, absence_lag_s=min(profile.absence_lag_s, 0.5))


async def test_an_order_gets_other_terms_and_keeps_its_name(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent()
        price = at.desk.router.order(order).intent.price
        assert price is not None
        at.desk.amend(shall(at, order, price=price + 100))
        await until(lambda: at.desk.router.order(order).intent.price == price + 100)
        await at.settled()
        assert len(truth(running, order)) == 1
    written = rows(tmp_path, name, order)
    assert (
        written.index(("amendments", 3, None)) < written.index(("attempts", 3, None)) < written.index(("answers", 3, "accepted"))
    )


async def test_the_record_of_an_end_names_the_attempt_of_an_amendment_that_is_not_answered(tmp_path: Path) -> None:
    patient = replace(QUICK, amend_budget_s=30.0)  # the order is swept long before
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)], timing=patient)) as at:
            order = await at.sent()
            price = at.desk.router.order(order).intent.price
            assert price is not None
            running.add_fault("queue", match="*mend*", method="POST", seconds=30.0, count=1)
            at.desk.amend(shall(at, order, price=price + 100))
            await until(
                lambda: running.control("faults")["faults"][0]["struck"] == 1
            )  # it has come to the venue, and waits there
            await swept("okx", running)
            await until(lambda: ("ends", None, "canceled") in rows(tmp_path, "okx", order))
            assert at.status(order) is OrderStatus.CANCELED
    with closing(OrderJournalReader.open(tmp_path / DIRECTORY / "okx_spot_okx_key.sqlite")) as reader:
        written = {row.values["n"]: row.values["deadline_ms"] for row in reader.order(order) if row.table == "attempts"}
        [record] = [json.loads(str(row.values["record"])) for row in reader.order(order) if row.table == "ends"]
    assert {each["n"]: each["deadline_ms"] for each in record["attempts"]} == written
    assert record["attempts"][-1]["result"] == "unknown"


async def test_an_amendment_without_an_answer_is_understood_from_the_terms_the_order_has(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent()
        price = at.desk.router.order(order).intent.price
        assert price is not None
        running.add_fault("drop_after", match="*mend*", method="POST", count=1)
        at.desk.amend(shall(at, order, price=price + 100))
        await until(lambda: at.desk.router.order(order).intent.price == price + 100)
        await at.settled(30)
        assert at.desk.router.frozen == {}
        assert ("answers", 3, AttemptResult.UNKNOWN) in rows(tmp_path, name, order)
        running.clear_faults()


async def test_amendments_that_were_not_made_leave_the_order_as_it_was_and_its_symbol_open(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running, profile=soon_sure(name))])) as at:
        order = await at.sent()
        price = at.desk.router.order(order).intent.price
        assert price is not None
        running.add_fault("drop_before", match="*mend*", method="POST", count=2)
        for n in (3, 4):
            at.desk.amend(shall(at, order, price=price + 100))
            await until(lambda n=n: ("answers", n, AttemptResult.UNKNOWN) in rows(tmp_path, name, order))  # type: ignore[misc]
            await at.settled(30)
            assert at.desk.router.frozen == {}
        assert at.desk.router.order(order).intent.price == price


async def test_an_amendment_is_understood_also_when_the_order_was_looked_up_before_its_answer(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running, profile=soon_sure(name))])) as at:
        order = await at.sent()
        price = at.desk.router.order(order).intent.price
        assert price is not None
        running.add_fault("drop_before", match="*mend*", method="POST", count=1)
        at.desk.amend(shall(at, order, price=price + 100))
        at.desk.account(at.adapter).asker.ask(order)
        await until(lambda: ("answers", 3, AttemptResult.UNKNOWN) in rows(tmp_path, name, order))
        await at.settled(30)
        assert at.desk.router.frozen == {}
        assert at.desk.router.order(order).intent.price == price


@pytest.mark.parametrize("name", ["okx", "bybit"])
async def test_terms_that_the_stream_has_shown_are_not_waited_for(name: str, tmp_path: Path) -> None:
    profile = replace(unhurried(name), absence_lag_s=600.0)
    async with contextlib.AsyncExitStack() as stack:
        running = stack.enter_context(live_venue(name))
        at = await stack.enter_async_context(trader(live_plan(tmp_path, [account_plan(name, running, profile=profile)])))
        order = await at.sent()
        price = at.desk.router.order(order).intent.price
        assert price is not None
        running.add_fault("drop_after", match="*mend*", method="POST", count=1)
        at.desk.amend(shall(at, order, price=price + 100))
        await until(lambda: at.desk.router.order(order).intent.price == price + 100)
        at.desk.account(at.adapter).asker.ask(order, terms=True)
        await at.settled(20)
        assert at.desk.router.frozen == {}


async def test_a_cancel_is_asked_for_until_the_venue_gives_its_word(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent()
        running.add_fault("html", match="*ancel*", method="POST")
        at.desk.cancel(order)
        await until(lambda: any("could not be canceled" in alert.title for alert in at.alerts))
        assert at.status(order) is OrderStatus.OPEN
        running.clear_faults()
        await until(lambda: at.status(order) is OrderStatus.CANCELED)
        await at.settled()
        assert len([alert for alert in at.alerts if "could not be canceled" in alert.title]) == 1


async def test_an_order_nobody_can_pay_is_rejected_in_the_venues_words(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent(price="900000", quantity="50", time_in_force=TimeInForce.POST_ONLY)
        assert at.status(order) is OrderStatus.REJECTED
        assert at.codes(order)[-1]
        assert truth(running, order) == []
        assert at.counted("live_orders_total", exchange=name, route="main", result="rejected") == 1


async def test_an_order_is_canceled_before_it_leaves(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running, max_concurrency=1)])) as at:
        running.add_fault("delay", match=PLACE[name], method="POST", seconds=0.3, count=1)
        first, second = at.order(), at.order()
        at.desk.submit(first)
        at.desk.submit(second)
        at.desk.cancel(second.order.client_order_id)
        await at.settled()
        assert at.status(first.order.client_order_id) is OrderStatus.OPEN
        assert at.events(second.order.client_order_id) == ["not_sent"]
        assert truth(running, second.order.client_order_id) == []


async def test_orders_that_wait_when_the_desk_closes_never_leave_and_say_so(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running, max_concurrency=1)])) as at:
        running.add_fault("delay", match=PLACE[name], method="POST", seconds=0.3, count=1)
        orders = [at.order() for _ in range(3)]
        for approved in orders:
            at.desk.submit(approved)
        first, *others = (approved.order.client_order_id for approved in orders)
        await until(lambda: at.status(first) is not OrderStatus.PLANNED)
    assert at.status(first) is OrderStatus.OPEN
    assert [at.events(order) for order in others] == [["not_sent"], ["not_sent"]]
    assert [len(truth(running, order)) for order in (first, *others)] == [1, 0, 0]
    for order in others:
        tables = [table for table, _, _ in rows(tmp_path, name, order)]
        assert tables == ["decisions", "intents", "ends"]


async def test_an_order_that_waited_too_long_never_leaves(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running, max_concurrency=1)], max_queue_wait_seconds=0.1)
        async with trader(plan) as at:
            running.add_fault("delay", match=PLACE["okx"], method="POST", seconds=0.6, count=1)
            first, second = at.order(), at.order()
            at.desk.submit(first)
            at.desk.submit(second)
            await at.settled()
            assert at.status(second.order.client_order_id) is OrderStatus.ABSENT
            assert truth(running, second.order.client_order_id) == []
            assert at.counted("live_orders_total", exchange="okx", route="main", result="not_sent") == 1
            assert at.counted("live_execution_queue_depth", exchange="okx") == 0


async def test_nothing_leaves_while_the_journal_is_too_slow(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            assert at.status(await at.sent()) is OrderStatus.OPEN
        slow = replace(plan, recorder=MemoryRecorder(), timing=replace(QUICK, stall_s=0.0))
        async with trader(slow) as at:
            for _ in range(20):  # one that is on disk before anybody waits for it is not late
                await until(lambda: at.desk.conditions[at.adapter].is_ready)
                order = at.order()
                before = len(running.orders())
                at.desk.submit(order)
                await at.settled()
                if at.status(order.order.client_order_id) is OrderStatus.ABSENT:
                    break
            assert at.status(order.order.client_order_id) is OrderStatus.ABSENT
            assert len(running.orders()) == before


async def test_an_order_that_does_not_get_out_before_its_deadline_surely_never_left(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running, max_concurrency=1)])
        async with trader(plan) as at:
            adapter = at.desk.account(at.adapter).parts.adapter
            running.add_fault("delay", match="/api/v5/public/time", method="GET", seconds=5.0, count=1)
            holding_the_only_slot = asyncio.create_task(adapter.connection.path.resync_clock())
            await asyncio.sleep(0.05)
            order = await at.sent()
            assert not holding_the_only_slot.done()
            assert at.events(order) == ["not_sent"]
            assert at.desk.router.frozen == {}
            assert truth(running, order) == []
            await holding_the_only_slot
        assert rows(tmp_path, "okx", order)[2:4] == [("attempts", 1, None), ("answers", 1, AttemptResult.NOT_SENT)]


async def test_a_call_that_is_refused_at_the_door_is_an_answered_attempt(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            said: list[Happening] = []
            at.desk.on_happening.append(said.append)
            at.desk.account(at.adapter).parts.adapter.connection.budget.pause(60, "the venue said so", ban=True)
            order = await at.sent()
            assert at.events(order) == ["not_sent"]
            assert truth(running, order) == []
            assert [type(each).__name__ for each in said if not isinstance(each, Condition)] == ["Waited", "Leaving", "Answered"]
        assert rows(tmp_path, "okx", order)[2:4] == [("attempts", 1, None), ("answers", 1, AttemptResult.NOT_SENT)]


async def test_a_journal_that_somebody_else_writes_stops_the_account(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        desk = await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", running)]))
        at = Trader(desk)
        desk.on_news.append(at.news.append)
        path = tmp_path / DIRECTORY / f"{ADAPTERS['okx']}_okx_key.sqlite"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            order = at.order()
            desk.submit(order)
            await until(lambda: at.events(order.order.client_order_id) == ["not_sent"])
            other.execute("ROLLBACK")
        assert desk.conditions[ADAPTERS["okx"]].has_failed
        later = at.order()
        desk.submit(later)
        assert at.codes(later.order.client_order_id) == [DecisionCode.NOT_READY]
        assert running.orders() == []
        with pytest.raises(JournalError):
            await desk.close()


async def test_an_account_in_trouble_goes_back_to_paper_and_books_there(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)], degrade=DegradePolicy.AUTO, degrade_after_s=0.2)
        async with trader(plan) as at:
            instrument = at.instrument()
            ledger = Ledger([instrument], {"USDT": Decimal(10_000)})
            paper = PaperExecution(
                label="okx", models={instrument.id: BarModel()}, account=ledger, codes={}, recorder=MemoryRecorder(),
                fees=FeeSchedule(Decimal(8), Decimal(10)),
            )  # fmt: skip
            service = DegradingExecution(DeskService(at.desk), paper)
            live = at.order()
            service.submit(live, plan.clock.now())
            await at.settled()
            assert at.status(live.order.client_order_id) is OrderStatus.OPEN
            running.add_fault("outage", seconds=2)
            await until(lambda: service_is_degraded(service, at))
            order = at.order(price=None)
            now = plan.clock.now()
            service.submit(order, now)
            ticks = instrument.ticks("50000")
            news = [
                item
                for n in range(1, 4)
                for item in service.on_market(
                    Candle(instrument.id, now + n * MINUTE, now + (n + 1) * MINUTE, ticks, ticks, ticks, ticks, 10**6)
                )
            ]
            fills = [item for item in news if isinstance(item, Fill) and item.client_order_id == order.order.client_order_id]
            assert sum(fill.quantity for fill in fills) == order.order.quantity
            await until(lambda: at.status(live.order.client_order_id) is OrderStatus.CANCELED, 60)
            await at.settled(60)
        assert not [each for each in running.orders() if each["client_order_id"] == order.order.client_order_id]
        log = (tmp_path / "audit/decision_logs/live_execution.jsonl").read_text()
        assert '"degraded_to_paper"' in log
        assert any(alert.title == "Live trading has gone back to paper" for alert in at.alerts)


def service_is_degraded(service: DegradingExecution, at: Trader) -> bool:
    """Let a session's clock tick, and say whether live trading has ended."""
    service.on_time(at.desk.plan.clock.now())
    return at.desk.router.is_degraded


async def test_a_start_that_is_canceled_gives_the_account_back(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        lock = tmp_path / DIRECTORY / f"{ADAPTERS['okx']}_okx_key.lock"
        begun = asyncio.create_task(LiveDesk.open(plan))
        await until(lock.exists)
        begun.cancel()
        with pytest.raises(asyncio.CancelledError):
            await begun
        async with trader(replace(plan, recorder=MemoryRecorder())) as at:
            assert at.status(await at.sent()) is OrderStatus.OPEN


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"symbols": ("XYZ/USDT",)}, "does not trade XYZ/USDT"), ({"twice": True}, "one account per adapter")],
)
async def test_a_plan_that_cannot_be_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with live_venue("okx") as running:
        account = account_plan("okx", running)
        accounts = [account, account] if changes.pop("twice", False) else [replace(account, **changes)]
        with pytest.raises(ConfigError, match=words):
            await LiveDesk.open(live_plan(tmp_path, accounts))


async def test_series_are_exported_while_it_runs_and_at_the_end(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        path = tmp_path / "metrics/live_router.prom"
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            await until(path.exists)
            assert 'live_orders_total{exchange="okx",route="main",result="filled"} 0' in path.read_text()
            order = await at.sent(price=None)
            await until(lambda: at.status(order) is OrderStatus.FILLED)
            await at.settled()
        assert 'live_orders_total{exchange="okx",route="main",result="filled"} 1' in path.read_text()


async def test_a_damaged_journal_is_found_beside_trading_and_stops_it(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            order = await at.sent()
            at.desk.cancel(order)
            await until(lambda: at.status(order) is OrderStatus.CANCELED)
        path = tmp_path / DIRECTORY / f"{ADAPTERS['okx']}_okx_key.sqlite"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("UPDATE answers SET detail = 'forged'")
        desk = await LiveDesk.open(replace(plan, recorder=MemoryRecorder(), verifies_whole_journal=True, whole_rows=1))
        await until(lambda: desk.conditions[ADAPTERS["okx"]].has_failed, 60)
        assert not desk.conditions[ADAPTERS["okx"]].is_ready
        with contextlib.suppress(JournalError):
            await desk.close()


async def test_a_second_attempt_that_cannot_be_written_down_never_leaves(tmp_path: Path) -> None:
    with live_venue("okx") as running, contextlib.ExitStack() as held:
        desk = await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", running)]))
        at = Trader(desk)
        desk.on_news.append(at.news.append)

        def lock(happening: Happening) -> None:
            if isinstance(happening, Answered) and happening.result is AttemptResult.NOT_PROCESSED:
                path = tmp_path / DIRECTORY / f"{ADAPTERS['okx']}_okx_key.sqlite"
                other = held.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
                other.execute("BEGIN IMMEDIATE")

        desk.on_happening.append(lock)
        running.add_fault("error", code="50011", match=PLACE["okx"], method="POST", count=1)
        order = at.order()
        desk.submit(order)
        await until(lambda: at.events(order.order.client_order_id) == ["not_sent"])
        sent = [each for each in running.requests(2000) if order.order.client_order_id in each["body"]]
        assert len(sent) == 1
        assert running.orders() == []
        with pytest.raises(JournalError):
            await desk.close()


async def test_an_order_that_waits_for_the_request_limit_longer_than_its_budget_leaves(tmp_path: Path) -> None:
    two_at_a_time = (BudgetRule("POST trade/order", 2, 1.5),)
    route = Route(name="main", adapters=(ADAPTERS["okx"],), attempt_budget_ms=800)
    with live_venue("okx") as running:
        account = account_plan("okx", running, profile=replace(unhurried("okx"), budget=two_at_a_time))
        async with trader(live_plan(tmp_path, [account], routes=(route,))) as at:
            burst = [at.order() for _ in range(4)]
            for approved in burst:
                at.desk.submit(approved)
            await at.settled(60)
            assert [at.events(approved.order.client_order_id) for approved in burst] == [["accepted"]] * 4


@pytest.mark.parametrize("attempt", [1, 2])
async def test_each_attempt_has_the_budget_to_itself_and_no_more(tmp_path: Path, attempt: int) -> None:
    route = Route(name="main", adapters=(ADAPTERS["okx"],), attempt_budget_ms=700)
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)], routes=(route,), timing=replace(QUICK, audit_s=600.0))
        async with trader(plan) as at:
            running.add_fault("ws_gap", match="orders:*")
            if attempt == 2:
                running.add_fault("error", code="50011", match=PLACE["okx"], method="POST", count=1)
            running.add_fault("delay", match=PLACE["okx"], method="POST", seconds=3.0, count=1)
            order = await at.sent(60)
            assert ("answers", attempt, AttemptResult.UNKNOWN) in rows(tmp_path, "okx", order)
            [told] = [alert for alert in at.alerts if "is unknown" in alert.title]
            assert "no answer within the budget of 700 ms" in told.body
            assert at.status(order) is OrderStatus.OPEN


async def test_the_second_attempt_has_a_budget_of_its_own(tmp_path: Path) -> None:
    route = Route(name="main", adapters=(ADAPTERS["okx"],), attempt_budget_ms=2000)
    profile = unhurried("okx")
    profile = replace(profile, retry=replace(profile.retry, base_s=1.2))
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running, profile=profile)], routes=(route,))
        async with trader(plan) as at:
            running.add_fault("error", code="50011", match=PLACE["okx"], method="POST", count=1)
            running.add_fault("delay", match=PLACE["okx"], method="POST", seconds=1.2, count=1)
            order = await at.sent(60)
            assert ("answers", 2, AttemptResult.ACCEPTED) in rows(tmp_path, "okx", order)  # 2.4 s after the first one left
            assert [alert for alert in at.alerts if "is unknown" in alert.title] == []
