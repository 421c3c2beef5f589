"""Nothing of a live desk ends in silence: what fails beside the orders is told, and stops at most new ones."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from golive.execution.ports import News
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId
from golive.model.order import OrderStatus, OrderUpdate
from golive.runtime.live.desk import LiveDesk
from golive.storage.alert_outbox import AlertOutbox
from support.live_desk import PLACE, QUICK, Trader, account_plan, live_plan, live_venue, trader
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration


@pytest.fixture
def venue() -> Iterator[VenueProcess]:
    with live_venue("okx") as running:
        yield running


def leave_unanswered(venue: VenueProcess) -> None:
    """The next order arrives, and nothing but a question tells so."""
    venue.add_fault("ws_gap", match="orders:*")
    venue.add_fault("drop_after", match=PLACE["okx"], method="POST", count=1)


async def test_an_outbox_that_another_process_holds_decides_nothing_about_orders(venue: VenueProcess, tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)

    def keep(alert: Alert) -> None:
        outbox.put(AlertMessage(uuid.uuid4().hex, alert.category, alert.severity, alert.title, alert.body, 1, "key", {}))

    desk = await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", venue)], alert=keep))
    at = Trader(desk)
    with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        leave_unanswered(venue)
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
        assert desk.conditions[at.adapter].is_ready
        assert not desk.conditions[at.adapter].has_failed
        assert not desk.alerts.flush(0)
        other.execute("ROLLBACK")
    assert desk.alerts.flush(10)
    assert [message.title for message in outbox.pending()] == [f"Outcome of order {order} is unknown"]
    await desk.close()
    outbox.close()


async def test_who_fails_at_news_keeps_nothing_from_the_others_and_stops_new_orders(venue: VenueProcess, tmp_path: Path) -> None:
    heard: list[News] = []

    def fails(_: News) -> None:
        raise RuntimeError("the listener is broken")

    async with trader(live_plan(tmp_path, [account_plan("okx", venue)])) as at:
        at.desk.on_news.insert(0, fails)
        at.desk.on_news.append(heard.append)
        order = await at.sent()
        assert [item.event for item in heard if isinstance(item, OrderUpdate)] == ["accepted"]
        condition = at.desk.conditions[at.adapter]
        assert (condition.is_ready, condition.has_failed) == (False, True)
        assert [alert.title for alert in at.alerts].count("okx_spot stopped") == 1
        at.desk.cancel(order)  # the workers go on
        await until(lambda: at.status(order) is OrderStatus.CANCELED)


async def test_an_effect_that_cannot_be_carried_out_takes_no_other_with_it(
    venue: VenueProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trader(live_plan(tmp_path, [account_plan("okx", venue)])) as at:
        account = at.desk.account(at.adapter)
        ask = account.asker.ask

        def keep(_: Alert) -> None:
            raise JournalError("no space left on device")

        at.desk.plan = replace(at.desk.plan, alert=keep)  # raised before the order is asked about
        leave_unanswered(venue)
        asked: list[str] = []

        def noted(name: ClientOrderId, *, terms: bool = False) -> None:
            asked.append(name)
            ask(name, terms=terms)

        monkeypatch.setattr(account.asker, "ask", noted)
        order = await at.sent()
        assert asked
        assert set(asked) == {order}
        assert at.status(order) is OrderStatus.OPEN
        assert at.desk.conditions[at.adapter].has_failed


@pytest.mark.parametrize(
    "which", ["worker 0 of okx_spot", "clock of okx_spot", "clock of the desk", "export of metrics", "watch of emergency mode"]
)
async def test_a_task_that_ends_early_ends_new_orders_and_is_told(venue: VenueProcess, tmp_path: Path, which: str) -> None:
    async with trader(live_plan(tmp_path, [account_plan("okx", venue)])) as at:
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == which]
        task.cancel()
        await until(lambda: at.desk.conditions[at.adapter].has_failed)
        assert not at.desk.conditions[at.adapter].is_ready
        [told] = [alert for alert in at.alerts if "stopped" in alert.title]
        assert told.severity is AlertSeverity.CRITICAL


async def test_metrics_are_written_again_after_a_bad_moment_in_which_no_alert_could_be_kept_either(
    venue: VenueProcess, tmp_path: Path
) -> None:
    place = tmp_path / "metrics"
    is_bad = True
    kept: list[str] = []

    def keep(alert: Alert) -> None:
        if is_bad:
            raise JournalError("outbox: database or disk is full")
        kept.append(alert.title)

    place.write_text("a file where the folder belongs")
    timing = replace(QUICK, export_s=0.01)
    desk = await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", venue)], alert=keep, timing=timing))
    await until(lambda: desk.series.failures >= 3)
    assert desk.conditions["okx_spot"].is_ready
    place.unlink()
    is_bad = False
    await until((place / "live_router.prom").exists)
    await until(lambda: kept == ["Live metrics cannot be written"])
    await desk.close()
