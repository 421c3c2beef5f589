"""The journal tells when an order was written down, when it was let out, and when it was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.model.clock import MILLISECOND
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from support.adapters import unhurried
from support.live_desk import PLACE, account_plan, live_plan, live_venue, trader
from support.trading_desk import until

pytestmark = pytest.mark.integration


def times(home: Path, order: ClientOrderId) -> Mapping[str, list[Any]]:
    """The rows of the order by table, each as its values."""
    [path] = (home / DIRECTORY).glob("*.sqlite")
    found: dict[str, list[Any]] = {}
    with closing(OrderJournalReader.open(path)) as reader:
        for row in reader.order(order):
            found.setdefault(row.table, []).append(row.values)
    return found


def left(answer: Any) -> int:
    """Wall clock when the attempt of an answer was let out."""
    return int(answer["ts"] - (answer["mono"] - answer["left_mono"]))


async def test_an_order_that_waits_for_its_turn_is_written_before_it_leaves(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running, max_concurrency=1)])
        async with trader(plan) as at:
            adapter = at.desk.account(at.adapter).parts.adapter
            running.add_fault("delay", match="/api/v5/public/time", method="GET", seconds=1.0, count=1)
            holding_the_only_slot = asyncio.create_task(adapter.connection.path.resync_clock())
            await asyncio.sleep(0.05)
            order = await at.sent()
            await holding_the_only_slot
        told = times(tmp_path, order)
        [attempt], [answer] = told["attempts"], told["answers"]
        assert left(answer) - attempt["ts"] > 500 * MILLISECOND
        assert told["decisions"][0]["mono"] < answer["left_mono"] < answer["mono"]


async def test_the_times_of_both_attempts_are_those_of_both_attempts(tmp_path: Path) -> None:
    profile = unhurried("okx")
    profile = replace(profile, retry=replace(profile.retry, base_s=0.6))
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running, profile=profile)])) as at:
            running.add_fault("error", code="50011", match=PLACE["okx"], method="POST", count=1)
            running.add_fault("delay", match=PLACE["okx"], method="POST", seconds=0.4, count=1)
            order = await at.sent()
            at.desk.cancel(order)
            await at.settled()
        told = times(tmp_path, order)
        first, second = told["answers"]
        assert told["attempts"][0]["ts"] <= left(first) <= first["ts"] < told["attempts"][1]["ts"] <= left(second) < second["ts"]
        assert second["left_mono"] - first["mono"] >= 600 * MILLISECOND  # the pause between them
        assert second["mono"] - second["left_mono"] >= 400 * MILLISECOND
        assert told["ends"][0]["ts"] > second["ts"]


async def test_an_amendment_has_times_of_its_own(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            order = await at.sent()
            wanted = at.desk.router.order(order).intent
            assert wanted.price is not None
            running.add_fault("delay", match="*mend*", method="POST", seconds=0.3, count=1)
            price = wanted.price + 100
            at.desk.amend(Approved(wanted._replace(price=price), 2))
            await until(lambda: at.desk.router.order(order).intent.price == price)
        told = times(tmp_path, order)
        sent, changed = told["answers"]
        assert sent["ts"] < told["attempts"][1]["ts"] <= left(changed)
        assert changed["mono"] - changed["left_mono"] >= 300 * MILLISECOND


async def test_what_never_left_has_no_time_of_leaving(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            at.desk.account(at.adapter).parts.adapter.connection.budget.pause(60, "the venue said so", ban=True)
            order = await at.sent()
        [answer] = times(tmp_path, order)["answers"]
        assert (answer["result"], answer["left_mono"]) == ("not_sent", None)
        assert answer["ts"] > 0
