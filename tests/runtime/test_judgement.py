"""Each reason a session can fail for, alone, against an otherwise spotless one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import pytest

from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.order import Side
from golive.model.verdict import RunStatus
from golive.observability.guardrails import Guardrails, QueueSummary
from golive.observability.windows import STABLE, Evaluation
from golive.runtime.bootstrap import plan_session
from golive.runtime.facts import SessionFacts
from golive.runtime.judgement import judge
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from golive.runtime.risk_metrics import count_decision, create_risk_metrics
from support.golive_process import ROOT
from support.trading import BALANCED, engine_for, order, random_walk

CLEAN = Evaluation({}, (), (), "ok", STABLE)


def plan() -> Plan:
    return plan_session(RunOptions(mode="demo"), ROOT / "config/runtime.yaml", Path(ROOT), {})


def facts(bars: int = 200) -> SessionFacts:
    engine = engine_for()
    for bar in random_walk(bars):
        engine.process(bar)
    made = SessionFacts("r", 0, 0, "okx", "okx_paper", "127.0.0.1")
    made.engine = engine
    return made


def queue(severity: Literal["error", "normal"], timeouts: int) -> Guardrails:
    summary = QueueSummary(
        environment="okx_paper", queue="okx_spot", max_concurrency=3, burst=6, peak_inflight=1, peak_pending=1, rate_limit_wait_total=0,
        rate_limit_wait_avg_seconds=0.0, timeout_total=timeouts, timeout_avg_seconds=0.0, refused_total=0, severity=severity,
    )  # fmt: skip
    return Guardrails(generated_at=0, log_directory="logs", summaries=(summary,), recommendations=(), log_records=())


QUIET = queue("normal", 0)


def test_a_spotless_session_succeeds() -> None:
    assert judge(plan(), facts(), CLEAN, QUIET).status is RunStatus.SUCCESS


@pytest.mark.parametrize(("metrics", "status"), [("breached", RunStatus.BREACHED), ("unknown", RunStatus.UNKNOWN)])
def test_the_exchange_metrics_are_followed(metrics: str, status: RunStatus) -> None:
    assert judge(plan(), facts(), dataclasses.replace(CLEAN, status=metrics), QUIET).status is status


def test_a_timed_out_call_breaches_only_a_profile_that_lists_the_io_queue() -> None:
    listed, found = plan(), facts()
    assert judge(listed, found, CLEAN, queue("error", 2)).status is RunStatus.BREACHED
    assert any(w.startswith("[io_queue:okx_spot] 2 calls") for w in found.warnings)
    unlisted = dataclasses.replace(
        listed, entrypoint=dataclasses.replace(listed.entrypoint, guardrails=("paper_exchange_metrics",))
    )
    assert judge(unlisted, facts(), CLEAN, queue("error", 2)).status is RunStatus.SUCCESS


def test_a_lost_venue_an_unfinished_warm_up_and_no_market_are_unknown() -> None:
    lost, none = facts(), facts()
    lost.venue_lost = True
    none.engine = None
    for found in (lost, facts(bars=20), none):
        assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.UNKNOWN


def test_decisions_are_counted_by_result_and_code() -> None:
    recorder = MemoryRecorder()
    create_risk_metrics(recorder, "okx_desktop_paper", BALANCED)
    new = order(1, Side.BUY, "0.1")
    for verdict in (Approved(new, 1), Refused(new, 2, DecisionCode.RISK_DRAWDOWN, "0.1", "0.2"), None):
        count_decision(recorder, Record(1, 0, "e", {}, verdict))
    assert recorder.value("risk_decisions_total", result="allowed", code="APPROVED") == 1
    assert recorder.value("risk_decisions_total", result="refused", code="RISK_DRAWDOWN") == 1
    assert recorder.value("risk_decisions_total", result="refused", code="RISK_DAILY_LOSS") == 0
