"""An account's stream: lost, rebuilt, silent, and what it tells of orders that nobody here knows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.errors import VenueUnavailable
from golive.model.ids import FillId, VenueOrderId
from golive.model.order import Fill, OrderStatus, Side
from golive.runtime.live.desk import LiveDesk
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from support.adapters import ADAPTERS
from support.live_desk import QUICK, account_plan, live_plan, live_venue, swept, trader, truth
from support.trading_desk import desk as raw_desk
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


@pytest.mark.parametrize("kind", ["ws_abort", "ws_close", "ws_silence"])
async def test_what_happens_while_the_stream_is_lost_is_told_all_the_same(
    venue: tuple[str, VenueProcess], tmp_path: Path, kind: str
) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running, silence_s=1.0)])) as at:
        rests = await at.sent()
        running.add_fault(kind, count=1)
        filled = await at.sent(price=None)
        at.desk.cancel(rests)
        await until(lambda: at.status(filled) is OrderStatus.FILLED and at.status(rests) is OrderStatus.CANCELED)
        await at.settled()
        running.clear_faults()
        await until(lambda: at.desk.conditions[ADAPTERS[name]].is_ready)
        assert at.filled(filled) == at.desk.router.order(filled).intent.quantity
        fills = [item for item in at.news if isinstance(item, Fill) and item.client_order_id == filled]
        assert len({fill.fill_id for fill in fills}) == len(fills)


async def test_an_order_that_was_canceled_and_filled_while_nobody_ran_ends_at_the_next_start(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    plan = live_plan(tmp_path, [account_plan(name, running)])
    async with trader(plan) as at:
        rests, sold = await at.sent(), await at.sent(price="999999", side=Side.SELL)
        assert at.status(rests) is at.status(sold) is OrderStatus.OPEN
    async with raw_desk(name, running) as stranger:
        await stranger.trading.cancel(rests, stranger.instrument)
    async with trader(plan) as at:
        assert at.status(rests) is OrderStatus.CANCELED
        assert at.status(sold) is OrderStatus.OPEN
        assert at.counted("live_orders_total", exchange=name, route="main", result="canceled") == 1
        at.desk.cancel(sold)
        await until(lambda: at.status(sold) is OrderStatus.CANCELED)
        await at.settled()
    async with trader(plan) as at:
        assert list(at.desk.router.unended) == []
    assert len(truth(running, rests)) == len(truth(running, sold)) == 1


async def test_late_news_of_an_order_that_ended_in_an_earlier_life_are_not_foreign(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    plan = live_plan(tmp_path, [account_plan(name, running)])
    async with trader(plan) as at:
        order = await at.sent(price=None)
        await until(lambda: at.status(order) is OrderStatus.FILLED)
        await at.settled()
    async with raw_desk(name, running) as reader, trader(plan) as at:
        found = await reader.lookup(order)
        watcher = at.desk.account(ADAPTERS[name]).watcher
        assert found.order is not None
        watcher.take(found.order)
        for seen in found.fills:
            watcher.take(seen)
        await watcher.checked()
        assert at.desk.conditions[ADAPTERS[name]].is_ready
        assert watcher.foreign_orders == 0
        assert at.desk.account(ADAPTERS[name]).parts.booked == {}


async def test_a_late_fill_of_an_order_that_was_let_go_is_booked_once_and_told(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    plan = live_plan(tmp_path, [account_plan(name, running)], timing=replace(QUICK, keep_ended_s=1.0))
    async with raw_desk(name, running) as reader, trader(plan) as at:
        order = at.order(price=None)
        at.desk.submit(order)
        order_id = order.order.client_order_id
        account = at.desk.account(ADAPTERS[name])
        await until(lambda: at.filled(order_id) == order.order.quantity and account.parts.roster.get(order_id) is None)
        await account.parts.pen.flushed()
        found = await reader.lookup(order_id)
        assert found.order is not None
        account.watcher.take(found.order)
        for seen in (*found.fills, *found.fills):
            account.watcher.take(seen)  # the journal has them
        late = found.fills[0].fill._replace(fill_id=FillId(name, "late"))
        for _ in range(3):
            account.watcher.take(replace(found.fills[0], fill=late))
            await account.watcher.checked()
        await account.parts.pen.flushed()
        assert [alert.title for alert in at.alerts] == [f"{ADAPTERS[name]}: late fill of order {order_id}"]
        assert account.watcher.foreign_orders == 0
        assert at.desk.router.knows(order_id)
    path = tmp_path / DIRECTORY / f"{ADAPTERS[name]}_{name}_key.sqlite"
    with closing(OrderJournalReader.open(path)) as journal:
        trades = [row.values["trade_id"] for row in journal.order(order_id) if row.table == "fills"]
    assert trades.count("late") == 1
    assert len(trades) == len(found.fills) + 1


async def test_an_order_that_was_let_go_and_works_after_all_blocks_the_account_until_a_start_cancels_it(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    name, running = venue
    plan = live_plan(tmp_path, [account_plan(name, running)], timing=replace(QUICK, keep_ended_s=1.0))
    async with raw_desk(name, running) as reader, trader(plan) as at:
        order = await at.sent(price=None)
        account = at.desk.account(ADAPTERS[name])
        await until(lambda: account.parts.roster.get(order) is None)
        found = (await reader.lookup(order)).order
        assert found is not None
        for _ in range(3):
            account.watcher.take(replace(found, status=OrderStatus.OPEN))
            await account.watcher.checked()
        [alert] = [alert for alert in at.alerts if "nobody here expects" in alert.title]
        assert f"order {order} has ended by the journal and works at the venue as {found.venue_order_id}" in alert.body
        assert alert.body in at.desk.conditions[ADAPTERS[name]].why_not


async def test_each_audit_writes_down_how_far_the_account_was_followed(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    plan = live_plan(tmp_path, [account_plan(name, running)], timing=replace(QUICK, audit_s=0.2))
    path = tmp_path / DIRECTORY / f"{ADAPTERS[name]}_{name}_key.sqlite"
    async with trader(plan) as at:
        filled = await at.sent(price=None)
        await until(lambda: at.status(filled) is OrderStatus.FILLED)
        [*_, fill] = [item for item in at.news if isinstance(item, Fill)]
        await until(lambda: max(agreements(path), default=0) >= fill.ts)
        watcher = at.desk.account(ADAPTERS[name]).watcher
        assert watcher.complete_to >= fill.ts
        watcher.adopted.add(VenueOrderId("1"))
        assert watcher.complete_to == 0, "its fills are read by the next start, which has to look back to before them"


def agreements(path: Path) -> list[int]:
    """The market times up to which journal and venue agreed, ns, in the order they were written."""
    with closing(OrderJournalReader.open(path)) as journal:
        notes = [row.values for row in journal.rows() if row.table == "notes" and row.values["event"] == "ready"]
    return [int(json.loads(str(note["body"]))["venue_ts"]) for note in notes]


async def test_a_stream_that_cannot_be_rebuilt_blocks_new_orders_until_it_stands_again(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            order = await at.sent()
            running.add_fault("outage", seconds=3)
            await until(lambda: not at.desk.conditions[ADAPTERS["okx"]].is_ready, 30)
            assert "stream" in at.desk.conditions[ADAPTERS["okx"]].why_not
            await until(lambda: at.desk.conditions[ADAPTERS["okx"]].is_ready, 60)
            assert at.status(await at.sent()) is OrderStatus.OPEN
            assert at.status(order) is OrderStatus.OPEN


async def test_orders_are_asked_about_when_a_stream_that_was_lost_for_good_is_opened_anew(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)], timing=replace(QUICK, audit_s=60.0, stream_grace_s=0.2))
        async with trader(plan) as at:
            order = await at.sent()
            running.add_fault("ws_reject")
            running.add_fault("ws_abort", count=1)
            await at.sent()
            await until(lambda: not at.desk.conditions[ADAPTERS["okx"]].is_ready, 60)
            async with raw_desk("okx", running) as elsewhere:
                await elsewhere.trading.cancel(order, elsewhere.instrument)
            running.clear_faults()
            await until(lambda: at.status(order) is OrderStatus.CANCELED)
            await until(lambda: at.desk.conditions[ADAPTERS["okx"]].is_ready)


async def test_a_desk_cannot_open_where_the_venue_does_not_answer(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        running.kill()
        with pytest.raises(VenueUnavailable):
            await LiveDesk.open(plan)
