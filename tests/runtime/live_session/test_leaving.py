"""How a session leaves its venue: nothing new from the moment live trading ends, nothing that works, nobody else's orders."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.model.command import Alert
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.order import OrderStatus, Side
from golive.runtime.clock import SystemClock
from golive.runtime.facts import SessionFacts
from golive.runtime.gate import GateWatch
from golive.runtime.host_signer import host_signer
from golive.runtime.live_session.observation import Observation
from golive.runtime.live_session.report_step import record_report
from golive.runtime.live_session.session_desk import SessionDesk
from golive.runtime.live_session.watching import LiveWatch
from golive.runtime.live_session.wiring import Wired, bootstrap_environment
from golive.runtime.session_report import SessionReport
from golive.runtime.window.bootstrap_log import bootstrap_faults, newest_start
from golive.storage.decision_step import recorded_steps
from support.gates import Gate, gate_home
from support.live_desk import account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until

PLAN = cast(Any, SimpleNamespace(entrypoint=SimpleNamespace(name="okx_desktop_live"), paper_entrypoint="okx_desktop_paper"))
HELD = SimpleNamespace(
    ledger=SimpleNamespace(total_lots=lambda name: 5),
    desks={"okx:BTC/USDT": SimpleNamespace(instrument=SimpleNamespace(base="BTC", quantity_text=lambda lots: f"0.{lots}"))},
)
NOTHING_HELD = cast(Any, SimpleNamespace(ledger=None, desks={}))


def facts() -> SessionFacts:
    return SessionFacts("1" * 32, 0, 0, "okx", "okx_live", "127.0.0.1")


@pytest.mark.parametrize(
    ("degrade", "ended", "to"),
    [("auto", "the gate was closed", "okx_desktop_paper"), ("auto", None, ""), ("alert", "the gate was closed", "")],
)
def test_paper_goes_on_where_live_trading_was_ended_and_the_configuration_says_so(
    degrade: str, ended: str | None, to: str
) -> None:
    router = SimpleNamespace(degrade=degrade)
    core = SimpleNamespace(execution=SimpleNamespace(live_router=router))
    plan = cast(Any, SimpleNamespace(paper_entrypoint="okx_desktop_paper", config=SimpleNamespace(core=core)))
    report = SessionReport.__new__(SessionReport)
    report.plan, report._facts = plan, facts()
    report._facts.live_ended = ended
    assert report._returns_to() == to


def test_what_a_live_session_said_of_its_connections_is_a_step_with_its_report(tmp_path: Path) -> None:
    path = "logs/e2e/run_local_bot_live_x.json"
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("{}")
    plan, seen = SimpleNamespace(**vars(PLAN), home=tmp_path, mode="live"), facts()
    seen.failover = {
        name: cast(Any, SimpleNamespace(reconnect_required=needed))
        for name, needed in {"okx_spot": True, "kraken_spot": False}.items()
    }
    report: JsonObject = {"status": "breached", "report_json": path}

    def left() -> list[dict[str, Any]]:
        record_report(cast(Any, plan), seen, report, SystemClock())
        return [dict(each.body) for each in recorded_steps(tmp_path, "live")]

    assert left() == [], "it never looked at its market"
    seen.drive_began = 1
    [step] = left()
    assert (step["step"], step["status"], step["entrypoint"]) == ("session_report", "breached", "okx_desktop_live")
    assert (step["run_id"], step["reconnect_required"]) == ("1" * 32, 1)
    assert [(each["path"], each["sha256"]) for each in step["artefacts"]] == [(path, hashlib.sha256(b"{}").hexdigest())]
    plan.mode = "paper"
    assert len(left()) == 1


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


@pytest.mark.parametrize("case", ["observed", "observed, and its step cannot be written", "not observed"])
async def test_a_session_that_breaks_off_tells_what_is_held_and_has_failed_its_observation(tmp_path: Path, case: str) -> None:
    is_observed, is_full = case != "not observed", "cannot be written" in case
    gate = Gate(gate_home(tmp_path / "gate"))
    gate.open()
    with live_venue("okx") as running:
        async with trader(live_plan(tmp_path, [account_plan("okx", running)])) as at:
            seen, alerts = facts(), list[Alert]()
            evidence = cast(Any, SimpleNamespace(alert=alerts.append, note_degraded=lambda why: None))
            live, plan = SessionDesk(at.desk, seen, {}), cast(Any, SimpleNamespace(**vars(PLAN), home=gate.home, canary=None))
            engine = cast(Any, SimpleNamespace(is_canary=is_observed, fills=[], **vars(HELD)))
            watch = LiveWatch(plan=plan, facts=seen, evidence=evidence, live=live, engine=engine, stop=lambda: None)
            watch.gate = GateWatch(gate.scene, gate.demand(), watch.ended, looks=gate.looks)
            signer = host_signer(gate.home, gate.clock, "lena")
            watch.observation = Observation(plan, seen, live, engine, cast(Any, None), signer, gate.clock)
            log, aside = gate.home / "audit/decision_logs", tmp_path / "aside"
            if is_full:
                log.rename(aside)
                log.write_text("no folder")
            await watch.broke_off("VenueUnavailable: okx: interrupted")
            if is_full:
                log.unlink()
                aside.rename(log)
            [told] = alerts
            assert (told.severity, "Held, and not sold by it: 0.5 BTC (okx:BTC/USDT)" in told.body) == ("critical", True)
            steps = [each.body["status"] for each in recorded_steps(gate.home, "live") if each.body["step"] == "observation"]
            if is_observed:
                assert steps == ([] if is_full else ["breached"])
                assert gate.state().startswith("observation: VenueUnavailable: ")
                assert seen.live_ended is not None
            else:
                assert (steps, gate.state()) == ([], "open")


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
