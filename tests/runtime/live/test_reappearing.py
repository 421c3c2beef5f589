"""An order whose absence was signed shows at its venue after all: it is ours, and a start withdraws it and books its fills."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.execution.reconciliation import Choice, DifferenceKind
from golive.model.ids import ClientOrderId
from golive.model.order import OrderStatus
from golive.model.verdict import ExitCode
from golive.runtime.live.plan import LivePlan
from golive.runtime.live.reconcile_consent import Request
from golive.runtime.live.reconcile_run import agreed, examined
from golive.storage.live_segments import DIRECTORY as LOGS
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from support.adapters import unhurried
from support.by_hand import placed_by_hand
from support.live_desk import PLACE, account_plan, live_plan, live_venue, swept, trader, truth
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


async def signed_absent(name: str, venue: VenueProcess, home: Path) -> tuple[LivePlan, ClientOrderId]:
    """An order that never came to its venue, which forgets so soon that a person had to sign for it."""
    plan = live_plan(home, [account_plan(name, venue, profile=replace(unhurried(name), memory_s=0.01))])
    async with trader(plan) as at:
        await asyncio.to_thread(venue.add_fault, "drop_before", match=PLACE[name], count=1)
        order = at.order()
        at.desk.submit(order)
        await at.desk.settled(2)
    request = Request(choice=Choice.SIGN_ABSENT, subject=order.order.client_order_id, reason="looked")
    done = await agreed(plan, await examined(plan), request)
    assert done.exit_code is ExitCode.OK, done.accounts[0].differences
    return plan, order.order.client_order_id


def told(home: Path, order: ClientOrderId) -> list[tuple[str, Any]]:
    """What the journal holds of an order: table, and what it says."""
    path = next((home / DIRECTORY).glob("*.sqlite"))
    with closing(OrderJournalReader.open(path)) as reader:
        return [(row.table, row.values.get("result") or row.values.get("event")) for row in reader.order(order)]


async def test_it_is_withdrawn_by_a_start_and_not_by_looking(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    plan, order = await signed_absent(name, running, tmp_path)
    assert ("ends", "absent") in told(tmp_path, order)
    await asyncio.to_thread(placed_by_hand, running, name, side="buy", quantity="0.001", price="1000", name=order)
    [row] = (await examined(plan)).accounts[0].differences
    assert (row.kind, row.ours, row.choices) == (DifferenceKind.FOREIGN_ORDER, "ended", (Choice.CANCEL,))
    assert [each["state"] for each in truth(running, order)] == ["live"], "looking touches nothing"
    async with trader(plan) as at:
        assert [each["state"] for each in truth(running, order)] == ["canceled"]
        assert [alert.title for alert in at.alerts] == [f"Order {order} is there after all"]
        assert at.status(await at.sent()) is OrderStatus.OPEN, "the account takes orders"
    assert told(tmp_path, order)[-1] == ("notes", "reappeared")
    lines = [json.loads(line) for line in (tmp_path / LOGS / "live_execution.jsonl").read_text().splitlines()]
    assert [line["body"]["client_order_id"] for line in lines if line["type"] == "reappeared"] == [order]


async def test_what_was_filled_of_it_is_booked(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    plan, order = await signed_absent(name, running, tmp_path)
    await asyncio.to_thread(placed_by_hand, running, name, side="buy", quantity="0.001", price=None, name=order)
    async with trader(plan):
        pass
    assert [table for table, _ in told(tmp_path, order)].count("fills") >= 1
    assert (await examined(plan)).exit_code is ExitCode.OK
