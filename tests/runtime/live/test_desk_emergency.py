"""Emergency mode at a live desk: from the flag to the last order that leaves, the cancels, and what a start does."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from golive.metrics.recorder import MemoryRecorder
from golive.model.emergency import TradingState
from golive.model.order import OrderStatus, Side
from golive.runtime.emergency import HostEmergency
from golive.storage.emergency_ack import Ack, ack_of
from golive.storage.emergency_flag import FLAG
from golive.storage.emergency_journal import ACTIVATED, CLEARED
from support.live_desk import QUICK, account_plan, live_plan, live_venue, trader, truth
from support.people import ANNA, BERT
from support.trading_desk import until

CODE = "EMERGENCY_MODE"


def logged(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """What the decision log has of emergency mode, in order."""
    lines = (home / "audit/decision_logs/live_execution.jsonl").read_text().splitlines()
    return [(entry["type"], entry["body"]) for line in lines if (entry := json.loads(line))["type"] in (ACTIVATED, CLEARED)]


def answer(home: Path) -> Ack | None:
    return ack_of(home, os.getpid())


def is_done(home: Path) -> bool:
    ack = answer(home)
    return ack is not None and ack.done_at is not None


async def test_a_desk_follows_the_flag_cancels_entries_and_answers(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            bought, offered = await at.sent(), await at.sent(price="900000", side=Side.SELL)
            assert at.counted("risk_emergency_mode", profile="balanced") == 0
            host = HostEmergency(tmp_path)
            reading = host.switch_on("a test", "anna").reading
            await until(lambda: at.desk.emergency.mode is not None, 0.5)
            refused = at.order()
            at.desk.submit(refused)
            assert at.codes(refused.order.client_order_id) == [CODE]
            await until(lambda: at.status(bought) is OrderStatus.CANCELED, 20)
            assert at.status(offered) is OrderStatus.OPEN
            assert at.status(await at.sent(price="910000", side=Side.SELL)) is OrderStatus.OPEN
            await until(lambda: is_done(tmp_path))
            ack = answer(tmp_path)
            assert ack is not None
            assert (ack.calls, ack.state, ack.open_entries) == (reading.calls, TradingState.REDUCING, 0)
            assert at.counted("risk_emergency_mode", profile="balanced") == 1
            assert any("emergency mode" in alert.title for alert in at.alerts)
            host.deactivate(ANNA, BERT)
            await until(lambda: at.desk.emergency.mode is None, 0.5)
            assert at.status(await at.sent()) is OrderStatus.OPEN
        assert answer(tmp_path) is None
        assert not truth(running, refused.order.client_order_id)
        log = (tmp_path / "audit/decision_logs/live_execution.jsonl").read_text()
        assert log.count('"emergency_mode_activated"') == 1
        assert log.count('"emergency_mode_cleared"') == 1


async def test_each_activation_is_one_event_of_an_account_and_its_end_one_whoever_opens_it(tmp_path: Path) -> None:
    """As by one command after another: each is a desk of its own, and none sees both the beginning and the end."""
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])

        async def command() -> None:
            async with trader(replace(plan, recorder=MemoryRecorder())) as at:
                await at.settled()

        host = HostEmergency(tmp_path)
        for reason in ("the feed lies", "again"):
            host.switch_on(reason, "anna")
            host.switch_on(f"{reason}, once more", "bert")
            for _ in range(3):
                await command()
            host.deactivate(ANNA, BERT)
            for _ in range(2):
                await command()
    assert [(type_, body.get("reason", body.get("operators")), body.get("activation")) for type_, body in logged(tmp_path)] == [
        (ACTIVATED, "the feed lies", 1), (CLEARED, "anna, bert", 1), (ACTIVATED, "again", 2), (CLEARED, "anna, bert", 2),
    ]  # fmt: skip


async def test_a_start_in_emergency_mode_lets_no_entry_out_and_cancels_what_the_last_one_left(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            left = await at.sent()
        flag = tmp_path / FLAG
        flag.parent.mkdir(parents=True, exist_ok=True)
        flag.write_text("not a flag")  # which nobody can read: it is on
        async with trader(replace(plan, recorder=MemoryRecorder())) as at:
            entry = at.order()
            at.desk.submit(entry)
            assert at.codes(entry.order.client_order_id) == [CODE]
            await until(lambda: at.status(left) is OrderStatus.CANCELED, 20)


async def test_an_entry_that_waits_at_the_venues_door_does_not_leave_any_more(tmp_path: Path) -> None:
    """It had its turn and its rows before emergency mode came, and its venue lets it wait."""
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)], timing=QUICK)) as at:
            await at.sent()
            path = at.desk.account(at.adapter).parts.adapter.connection.path
            path._budget.pause(0.6, "as after an answer 429", ban=False)
            entry = at.order()
            at.desk.submit(entry)
            await asyncio.sleep(0.1)
            HostEmergency(tmp_path).switch_on("a test")
            await at.settled()
            assert at.status(entry.order.client_order_id) is OrderStatus.ABSENT
            assert at.codes(entry.order.client_order_id)[-1] == CODE
        assert not truth(running, entry.order.client_order_id)


async def test_a_flag_that_disappears_is_not_taken_for_lifted(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            HostEmergency(tmp_path).switch_on("a test")
            await until(lambda: at.desk.emergency.mode is not None, 0.5)
            (tmp_path / FLAG).unlink()
            await asyncio.sleep(0.1)
            assert at.desk.emergency.mode is not None
        async with trader(replace(plan, recorder=MemoryRecorder())) as at:
            mode = at.desk.emergency.mode
            assert mode is not None
            assert "journal of emergency mode" in mode.reason
