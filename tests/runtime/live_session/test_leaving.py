"""How a session leaves its venue: nothing new from the moment live trading ends, nothing that works, nobody else's orders."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.model.command import Alert
from golive.model.errors import PrerequisiteMissing
from golive.model.order import OrderStatus, Side
from golive.runtime.clock import SystemClock
from golive.runtime.facts import SessionFacts
from golive.runtime.live_session.session_desk import SessionDesk
from golive.runtime.live_session.watching import LiveWatch
from golive.runtime.live_session.wiring import Wired, bootstrap_environment
from golive.runtime.window.bootstrap_log import bootstrap_faults, newest_start
from support.live_desk import account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until

PLAN = cast(Any, SimpleNamespace(entrypoint=SimpleNamespace(name="okx_desktop_live"), paper_entrypoint="okx_desktop_paper"))
NOTHING_HELD = cast(Any, SimpleNamespace(ledger=None, desks={}))


def facts() -> SessionFacts:
    return SessionFacts("1" * 32, 0, 0, "okx", "okx_live", "127.0.0.1")


async def test_from_the_end_of_live_trading_on_nothing_leaves_and_what_works_is_canceled(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            bought = await at.sent()
            seen, alerts, notes, stops = facts(), list[Alert](), list[str](), list[str]()
            evidence = cast(Any, SimpleNamespace(alert=alerts.append, note_degraded=notes.append))
            watch = LiveWatch(
                plan=PLAN, facts=seen, evidence=evidence, live=SessionDesk(at.desk, seen, {}), engine=NOTHING_HELD,
                stop=lambda: stops.append("stop"),
            )  # fmt: skip
            watch.ended("strange fills")
            watch.ended("and once more")
            late = at.order(side=Side.SELL, price="900000")
            at.desk.submit(late)
            await until(lambda: at.status(bought) is OrderStatus.CANCELED, 20)
            await asyncio.sleep(0.05)
            assert truth(running, late.order.client_order_id) == []
            assert seen.live_ended is not None
            assert seen.live_ended.startswith("live trading of okx_desktop_live was ended: strange fills. ")
            assert [each.body for each in alerts] == ["strange fills. No position is held"]
            assert (stops, notes) == (["stop"], ["strange fills"])


async def test_whatever_ends_a_session_that_traded_its_orders_are_canceled_before_its_desk_is_closed(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            bought = await at.sent()
            live = SessionDesk(at.desk, facts(), {})
            live.has_floor = True
            await live.close()
            [order] = truth(running, bought)
            assert order["state"] == "canceled"


async def test_a_session_takes_over_no_orders_but_its_own(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            bought = await at.sent()
            live = SessionDesk(at.desk, facts(), {})
            live._demand_own({bought}, PLAN)
            with pytest.raises(PrerequisiteMissing, match=f"1 orders of okx_desktop_live have not ended .*{bought}"):
                live._demand_own((), PLAN)
            at.desk.cancel(bought)
            await at.settled()


def test_what_is_not_the_live_router_is_no_live_start_and_is_on_the_record(tmp_path: Path) -> None:
    parts = dict.fromkeys(
        ("execution_service", "market_intel", "risk_engine", "alert_router", "decision_log", "adapter", "auto_trader"), object()
    )
    wired = Wired(home=tmp_path, run_id="1" * 32, clock=SystemClock(), has_mtls=True, **cast(Any, parts))
    with pytest.raises(PrerequisiteMissing, match="okx_live: execution is object and not LiveExecutionRouter"):
        bootstrap_environment("okx_live", wired)
    assert "paper_only_mode: live was not wired" in bootstrap_faults(newest_start(tmp_path))
