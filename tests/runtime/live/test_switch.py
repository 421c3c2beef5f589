"""The venue's dead-man's switch: armed while everything is proved alive, and only then."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId
from golive.model.order import NewOrder, OrderStatus
from golive.runtime.live.desk import LiveDesk
from golive.storage.order_journal import OrderWriter
from support.adapters import ADAPTERS
from support.live_bot import bot_process, heard, told
from support.live_desk import Trader, account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
SWITCH = {
    "okx": "/api/v5/trade/cancel-all-after",
    "kraken": "/0/private/CancelAllOrdersAfter",
    "bybit": "/v5/order/disconnected-cancel-all",
}


@pytest.fixture(params=["okx", "kraken"])
def venue(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    with live_venue(request.param) as running:
        yield request.param, running


def armed(name: str, venue: VenueProcess) -> list[int]:
    """The time-outs the venue was told, in order."""
    bodies = [each["body"] for each in venue.requests(2000) if each["target"] == SWITCH[name]]
    return [int(json.loads(body)["timeOut"] if name == "okx" else parse_qs(body)["timeout"][0]) for body in bodies]


async def test_it_is_armed_while_ready_and_disarmed_at_an_orderly_end(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)], dead_man_switch_seconds=15)) as at:
        switch = at.desk.account(ADAPTERS[name]).switch
        await until(lambda: switch.is_armed)
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
    assert armed(name, running) == [15, 0]
    assert [row["state"] for row in truth(running, order)] == ["live"]


async def test_orders_of_a_killed_process_are_canceled_by_the_venue(tmp_path: Path) -> None:
    with live_venue("kraken") as running, bot_process(tmp_path, running, "kraken", switch_s=3) as bot:
        heard(bot, "ready")
        told(bot, "1000")
        order = ClientOrderId(heard(bot, "order")["order"])
        assert heard(bot, "news")["news"] == "accepted"
        await until(lambda: armed("kraken", running) != [])
        bot.send_signal(signal.SIGKILL)
        bot.wait(10)
        await until(lambda: [row["state"] for row in truth(running, order)] == ["canceled"], 30)


@pytest.mark.parametrize("lost", ["risk", "journal"])
async def test_a_beat_that_proves_nothing_arms_nothing(tmp_path: Path, lost: str) -> None:
    alive = True
    with live_venue("kraken") as running:
        plan = live_plan(tmp_path, [account_plan("kraken", running)], dead_man_switch_seconds=3, proofs={"risk": lambda: alive})
        alerts: list[Alert] = []
        desk = await LiveDesk.open(replace(plan, alert=alerts.append))
        at = Trader(desk, alerts=alerts)
        account = desk.account(ADAPTERS["kraken"])
        await until(lambda: account.switch.beats >= 2)
        order = await at.sent()
        if lost == "risk":
            alive = False
        else:
            account.parts.pen.give_up(JournalError("the disk is gone"))
        beats = account.switch.beats
        await until(lambda: at.status(order) is OrderStatus.CANCELED, 30)  # the venue's work: nobody armed it again
        assert account.switch.beats <= beats + 1
        with contextlib.suppress(JournalError):
            await desk.close()
        titles = [alert.title for alert in alerts]
        assert titles.count("Dead-man's switch missed a beat" if lost == "risk" else "kraken_spot stopped") == 1


@pytest.mark.parametrize("what", ["risk", "a proof"])
async def test_what_a_proof_raises_ends_new_orders_and_the_venue_cancels_what_is_open(tmp_path: Path, what: str) -> None:
    is_full = False

    def disk() -> bool:
        if is_full:
            raise OSError(28, "No space left on device")
        return True

    def judge(order: NewOrder) -> Approved | Refused:
        disk()
        return Approved(order, 1)

    proofs = {"judge": judge} if what == "risk" else {"proofs": {"disk": disk}}
    with live_venue("kraken") as running:
        plan = live_plan(tmp_path, [account_plan("kraken", running)], dead_man_switch_seconds=3, **proofs)
        async with trader(plan) as at:
            account = at.desk.account(ADAPTERS["kraken"])
            await until(lambda: account.switch.beats >= 2)
            order = await at.sent()
            is_full = True
            await until(lambda: at.desk.conditions[at.adapter].has_failed)
            assert not at.desk.conditions[at.adapter].is_ready
            told = [alert for alert in at.alerts if "No space left on device" in alert.body]
            assert AlertSeverity.CRITICAL in {alert.severity for alert in told}
            await until(lambda: at.status(order) is OrderStatus.CANCELED, 30)  # the venue's work


async def test_a_log_that_does_not_follow_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with live_venue("kraken") as running:
        plan = live_plan(tmp_path, [account_plan("kraken", running)], dead_man_switch_seconds=3)
        async with trader(plan) as at:
            account = at.desk.account(ADAPTERS["kraken"])
            await until(lambda: account.switch.beats >= 3)  # it follows
            monkeypatch.setattr(OrderWriter, "_project", lambda writer: writer._backlog.clear())
            await until(lambda: any("the decision log did not answer" in alert.body for alert in at.alerts))


async def test_an_account_that_is_not_ready_arms_nothing(tmp_path: Path) -> None:
    with live_venue("kraken") as running:
        async with trader(live_plan(tmp_path, [account_plan("kraken", running)], dead_man_switch_seconds=3)) as at:
            account = at.desk.account(ADAPTERS["kraken"])
            await until(lambda: account.switch.beats >= 2)
            order = await at.sent()
            account.parts.readiness.block("test", "not well")
            await until(lambda: at.status(order) is OrderStatus.CANCELED, 30)  # the venue's work: nobody armed it again
            account.parts.readiness.clear("test")
            beats = account.switch.beats
            await until(lambda: account.switch.beats > beats)


async def test_what_the_switch_takes_beside_its_call_is_said_once(tmp_path: Path) -> None:
    with live_venue("bybit") as running:
        async with trader(live_plan(tmp_path, [account_plan("bybit", running)], dead_man_switch_seconds=15)) as at:
            await until(lambda: at.desk.account(ADAPTERS["bybit"]).switch.beats >= 1)
            assert [alert.title for alert in at.alerts].count("Dead-man's switch") == 1


async def test_an_arming_that_is_on_its_way_at_the_end_is_waited_for_and_taken_back(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        running.add_fault("delay", match=f"*{SWITCH['okx']}*", seconds=1.5, count=1)
        async with trader(live_plan(tmp_path, [account_plan("okx", running)], dead_man_switch_seconds=15)) as at:
            switch = at.desk.account(ADAPTERS["okx"]).switch
            await until(lambda: armed("okx", running) != [])
            assert not switch.is_armed
        assert armed("okx", running) == [15, 0]
        assert [alert for alert in at.alerts if "left armed" in alert.title] == []


async def test_a_switch_that_cannot_be_taken_back_is_said_with_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.runtime.live.switch.DISARM_S", 2.0)
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)], dead_man_switch_seconds=15)) as at:
            await until(lambda: at.desk.account(ADAPTERS["okx"]).switch.is_armed)
            order = await at.sent()
            running.add_fault("html", match=f"*{SWITCH['okx']}*")
        running.clear_faults()
        [told] = [alert for alert in at.alerts if "left armed" in alert.title]
        assert (told.severity, "cancels every open order of the account by 20" in told.body) == (AlertSeverity.CRITICAL, True)
        assert [row["state"] for row in truth(running, order)] == ["live"]
        await until(lambda: [row["state"] for row in truth(running, order)] == ["canceled"], 30)


async def test_a_failed_disarming_is_repeated(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)], dead_man_switch_seconds=15)) as at:
            await until(lambda: at.desk.account(ADAPTERS["okx"]).switch.is_armed)
            running.add_fault("html", match=f"*{SWITCH['okx']}*", count=4)
        assert armed("okx", running)[-1] == 0
        assert [alert for alert in at.alerts if "left armed" in alert.title] == []
        assert not at.desk.account(ADAPTERS["okx"]).switch.is_armed


async def test_where_no_call_takes_it_back_an_end_says_what_follows(tmp_path: Path) -> None:
    with live_venue("bybit") as running:
        async with trader(live_plan(tmp_path, [account_plan("bybit", running)], dead_man_switch_seconds=15)) as at:
            await until(lambda: at.desk.account(ADAPTERS["bybit"]).switch.beats >= 1)
        [told] = [alert for alert in at.alerts if "left armed" in alert.title]
        assert told.severity is AlertSeverity.WARNING
        assert "cannot be disarmed" in told.body


async def test_a_desk_without_a_switch_leaves_what_rests_also_where_another_desk_had_set_the_switch(tmp_path: Path) -> None:
    with live_venue("bybit") as running:
        async with trader(live_plan(tmp_path, [account_plan("bybit", running)], dead_man_switch_seconds=3)) as at:
            await until(lambda: at.desk.account(ADAPTERS["bybit"]).switch.is_armed)
        async with trader(live_plan(tmp_path, [account_plan("bybit", running)])) as at:
            await asyncio.sleep(4)  # until what the first desk left behind has struck
            order = await at.sent()
        await asyncio.sleep(4)
        assert [row["state"] for row in truth(running, order)] == ["live"]
        assert at.alerts == []
