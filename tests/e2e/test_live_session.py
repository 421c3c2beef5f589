"""`golive run --mode live` in a rehearsal: orders that really leave, and a venue's own account of them, kills and all."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.runtime.clock import SystemClock
from golive.runtime.gate import close_gate
from golive.runtime.window.bootstrap_log import bootstrap_faults, newest_start
from golive.runtime.window.close import close_window
from golive.storage.alert_story import alert_stories
from golive.storage.decision_step import recorded_steps
from support.gates import LENA, PASSPHRASE
from support.golive_process import ROOT, wait_for_file
from support.live_session import LiveSession, scene, start, trading
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.e2e_demo_paper
RNG = random.Random(5)


def demand_one_account(at: Rehearsal, report: dict[str, Any]) -> None:
    """Assert that report and venue tell of the same orders, each once, of the same fills, and of the same money."""
    [theirs] = at.venue.balances().values()
    told = report["outcome"]["balances"]
    assert {asset: Decimal(row["end"]) for asset, row in told.items()} == {
        asset: Decimal(row["total"]) for asset, row in theirs.items()
    }
    orders = at.venue.orders()
    assert Counter(order["client_order_id"] for order in orders).most_common(1)[0][1] == 1
    assert not [order for order in orders if order["state"] in ("live", "partially_filled")]
    filled = sum(order["status"] == "FILLED" for order in report["outcome"]["orders"])
    assert filled == sum(order["state"] == "filled" for order in orders)


def wait_for_orders(at: Rehearsal, session: LiveSession, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(at.venue.orders()) < count:
        assert time.monotonic() < deadline, session.out.with_suffix(".err").read_text()
        time.sleep(0.02)


def test_a_session_trades_and_its_ledger_is_what_the_venue_says(tmp_path: Path) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at)
        code, report = start(at, seconds=6).report()
        assert (code, report["status"], report["stage"]) == (0, "success", "rehearsal"), report["errors"]
        assert report["gate"] == {"verdict": "ok", "reasons": []}
        assert report["evidence_class"] == "custom"
        sides = {order["side"] for order in report["outcome"]["orders"]}
        assert sides == {"buy", "sell"}
        demand_one_account(at, report)
        started = newest_start(at.home.path)
        assert bootstrap_faults(started) == []
        assert len({row["instance_id"] for row in started if row["component"] == "market_intel"}) == 1
        [row] = report["live_execution_metrics"]["rows"]
        assert report["live_execution_metrics"]["total"] == row["orders"]["filled"] == len(at.venue.orders())
        assert row["latency_p50_ms"] > 0
        schema = json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(report)
        verified = at.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout


def test_a_session_that_was_killed_goes_on_with_the_same_orders_and_sends_none_twice(tmp_path: Path) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at)
        session, resume = start(at, seconds=60), False
        for _ in range(4):
            wait_for_file(session.ready_file)
            wait_for_orders(at, session, len(at.venue.orders()) + 1)
            time.sleep(RNG.uniform(0, 0.03))  # around the moment at which an order leaves and is filled
            session.process.kill()
            session.process.wait(10)
            resume = True
            session = start(at, seconds=3, resume=resume)
        code, report = session.report()
        assert code == 0, report["errors"]
        assert len(report["restarts"]) == 4
        demand_one_account(at, report)
        verified = at.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout


def test_a_gate_that_closes_ends_the_session_in_order(tmp_path: Path) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at)
        session = start(at, seconds=60)
        wait_for_orders(at, session, 2)
        close_gate(at.home.path, at.entrypoint, "somebody saw something", SystemClock(), by="olga")
        code, report = session.report(20)
        assert (code, report["status"], report["gate"]["verdict"]) == (3, "blocked", "blocked")
        [reason] = report["gate"]["reasons"]
        for part in (
            "somebody saw something (by olga)",
            "golive gate status",
            "golive run --mode paper --entrypoint okx_desktop_paper",
        ):
            assert part in reason
        demand_one_account(at, report)
        titles = {each.message.title: each.message for each in alert_stories(at.home.path, 10)}
        told = titles["okx_desktop_live: live trading was ended"]
        assert told.severity == "critical"
        assert "eld" in told.body
        journal = "".join(path.read_text() for path in (at.home.path / "audit/decisions").glob("*.jsonl"))
        assert '"event":"degraded_to_paper"' in journal
        again, shut = start(at, seconds=5).report()
        assert again == 3
        assert "somebody saw something" in shut["errors"][0]
        verified = at.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout


def test_a_gate_whose_journal_is_edited_ends_the_session_in_order_and_says_that_its_closing_is_not_on_record(
    tmp_path: Path,
) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at)
        session = start(at, seconds=60)
        wait_for_orders(at, session, 1)
        journal = at.home.path / f"var/audit/gate/{at.entrypoint}.jsonl"
        data = bytearray(journal.read_bytes())
        data[len(data) // 2] ^= 1
        journal.write_bytes(data)
        code, report = session.report(20)
        assert (code, report["status"], report["gate"]["verdict"]) == (3, "blocked", "blocked")
        ended, unrecorded = report["errors"]
        assert "its journal cannot be believed" in ended
        assert f"the closing of the gate of {at.entrypoint} is not on record" in unrecorded
        assert f"golive gate close --entrypoint {at.entrypoint}" in unrecorded
        demand_one_account(at, report)


def test_it_begins_small_and_observed_and_goes_on_with_its_full_limits(tmp_path: Path) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at, ("core.yaml", "observation_minutes: 60", "observation_minutes: 0.05"))
        code, report = start(at, seconds=9).report()
        assert code == 0, report["errors"]
        demand_one_account(at, report)
        worth = [Decimal(order["quantity"]) * 46000 for order in report["outcome"]["orders"] if order["side"] == "buy"]
        assert worth[0] < 50000 * Decimal("0.04") / 90
        assert max(worth) > 50000 * Decimal("0.04") / 2
        steps = {each.body["step"]: each.body for each in recorded_steps(at.home.path, "live")}
        assert {"router_configured", "daemon_start", "observation"} <= steps.keys()
        seen = steps["observation"]
        assert (seen["status"], seen["entrypoint"], seen["limits_share"]) == ("ok", at.entrypoint, "0.01")
        assert Decimal(str(seen["minutes"])) >= Decimal("0.05")
        assert int(str(seen["orders"])) >= 1
        closed = close_window(scene(at), LENA.name, PASSPHRASE, prometheus="", wait_s=0.1)
        summary = closed.summary
        assert (closed.faults, summary["risk_limits"]["status"], summary["risk_limits"]["breaches"]) == ((), "ok", 0)
        assert summary["window"]["observation"] == {"minutes": float(str(seen["minutes"])), "status": "ok"}
        assert "no risk decision was made in the window" not in summary["warnings"]
        verified = at.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout


def test_an_order_that_is_slow_while_it_is_observed_ends_live_trading(tmp_path: Path) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at, ("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 1"))
        code, report = start(at, seconds=30).report(25)
        assert (code, report["status"]) == (3, "blocked")
        assert "observation: an order took" in report["gate"]["reasons"][0]
        demand_one_account(at, report)
        [seen] = [each.body for each in recorded_steps(at.home.path, "live") if each.body["step"] == "observation"]
        assert seen["status"] == "breached"
        assert "gate: shut since" in at.home.golive("gate", "status", "--entrypoint", at.entrypoint).stdout


POLICY = (
    ("core.yaml", "degrade: alert", "degrade: auto"),
    ("core.yaml", "degrade_after_seconds: 30", "degrade_after_seconds: 1"),
    ("core.yaml", "observation_minutes: 60", "observation_minutes: 0.02"),
)


@pytest.mark.parametrize(
    ("edits", "fault", "reason"),
    [
        (
            (),
            {"kind": "drop_after", "match": "/api/v5/trade/order", "method": "POST", "count": 1},
            "observation: an attempt to send",
        ),
        (POLICY, {"kind": "outage", "seconds": 3}, "policy execution.live_router.degrade: auto has ended live trading"),
    ],
    ids=["an order without an answer while it is observed", "an account in trouble, by policy"],
)
def test_trouble_ends_live_trading_and_the_books_are_the_venues(
    tmp_path: Path, edits: tuple[tuple[str, str, str], ...], fault: dict[str, Any], reason: str
) -> None:
    with rehearsal(tmp_path, money="50000") as at:
        trading(at, *edits)
        session = start(at, seconds=60)
        wait_for_orders(at, session, 3)
        at.venue.add_fault(**fault)
        code, report = session.report(45)
        assert (code, report["status"]) == (3, "blocked")
        assert reason in report["gate"]["reasons"][0]
        demand_one_account(at, report)
