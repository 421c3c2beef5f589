"""Each reason a session can fail for, alone, against an otherwise spotless one."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.order import Side
from golive.model.verdict import RunStatus
from golive.observability.guardrails import Guardrails, QueueSummary
from golive.observability.windows import STABLE, Evaluation
from golive.risk import RiskProfile
from golive.runtime.bootstrap import plan_session
from golive.runtime.facts import SessionFacts
from golive.runtime.judgement import judge
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from golive.runtime.risk_metrics import count_decision, create_risk_metrics
from golive.runtime.session_terms import plan_rules
from support.golive_process import ROOT
from support.trading import BALANCED, confirm, engine_for, order, random_walk

CLEAN = Evaluation({}, (), (), "ok", STABLE)


def plan() -> Plan:
    return plan_session(RunOptions(mode="demo"), ROOT / "config/runtime.yaml", Path(ROOT), {})


def facts(bars: int = 200, profile: RiskProfile = BALANCED, *, is_confirmed: bool = False) -> SessionFacts:
    engine = engine_for(profile)
    if is_confirmed:
        engine.process(confirm())
    for bar in random_walk(bars):
        engine.process(bar)
    made = SessionFacts("r", 0, 0, "okx", "okx_paper", "127.0.0.1")
    made.engine = engine
    return made


def queues(**timeouts: int | None) -> Guardrails:
    """A section of three queues, without a time-out unless one is said of a venue; None = the venue was not opened."""
    counts = {"bybit": 0, "kraken": 0, "okx": 0} | timeouts
    summaries = tuple(
        QueueSummary(
            environment=f"{venue}_paper", queue=f"{venue}_spot", max_concurrency=3, burst=6, peak_inflight=1, peak_pending=1,
            rate_limit_wait_total=0, rate_limit_wait_avg_seconds=0.0, timeout_total=count, timeout_avg_seconds=0.0,
            refused_total=0, severity="error" if count else "normal",
        )
        for venue, count in counts.items()
        if count is not None
    )  # fmt: skip
    return Guardrails(generated_at=0, log_directory="logs", summaries=summaries, recommendations=(), log_records=())


def judged_by(plan: Plan, venue: str, *guardrails: str) -> Plan:
    """The plan with another list of guardrails in one entrypoint's trading profile."""
    selected, *others = (
        dataclasses.replace(each, guardrails=guardrails) if each.exchange == venue else each
        for each in (plan.entrypoint, *plan.others)
    )
    return dataclasses.replace(plan, entrypoint=selected, others=tuple(others))


QUIET = queues()


def test_a_session_that_ordered_nothing_in_emergency_mode_says_that_and_not_that_nobody_confirmed_it() -> None:
    found = facts()
    assert found.engine is not None
    found.emergencies.append(EmergencyMode(TradingState.REDUCING, "strange fills", "olga", "all", 0))
    judge(plan(), found, CLEAN, QUIET)
    told = [each for each in found.warnings if each.startswith("nothing was to be ordered")]
    assert told == ["nothing was to be ordered, because emergency mode was on: the session opens no further stage"]


def test_a_spotless_session_succeeds() -> None:
    assert judge(plan(), facts(), CLEAN, QUIET).status is RunStatus.SUCCESS


def test_a_session_that_monitored_one_alone_succeeds_and_says_that_it_opens_nothing() -> None:
    alone, found = plan_session(RunOptions(mode="demo", scope="selected"), ROOT / "config/runtime.yaml", Path(ROOT), {}), facts()
    assert (alone.others, alone.opens_a_stage, plan().opens_a_stage) == ((), False, True)
    assert judge(alone, found, CLEAN, QUIET).status is RunStatus.SUCCESS
    assert found.warnings[-1] == "--scope selected monitored okx_desktop_paper alone: the session opens no further stage"
    assert plan_rules(alone)["scope"] != plan_rules(plan())["scope"], "it is resumed as it began"


@pytest.mark.parametrize(("metrics", "status"), [("breached", RunStatus.BREACHED), ("unknown", RunStatus.UNKNOWN)])
def test_the_exchange_metrics_are_followed(metrics: str, status: RunStatus) -> None:
    assert judge(plan(), facts(), dataclasses.replace(CLEAN, status=metrics), QUIET).status is status


@pytest.mark.parametrize("venue", ["okx", "kraken", "bybit"])
@pytest.mark.parametrize(("timeouts", "status"), [(2, RunStatus.BREACHED), (0, RunStatus.SUCCESS), (None, RunStatus.UNKNOWN)])
def test_a_queue_judges_only_the_entrypoints_that_list_it(venue: str, timeouts: int | None, status: RunStatus) -> None:
    """The one that trades and those that are probed alike."""
    found = facts()
    assert judge(plan(), found, CLEAN, queues(**{venue: timeouts})).status is status
    assert [w for w in found.warnings if "io_queue" in w] == (
        [f"[io_queue:{venue}_spot] 2 calls timed out in {venue}_paper"] if timeouts else []
    )
    unlisted = judged_by(plan(), venue, "paper_exchange_metrics")
    assert judge(unlisted, facts(), CLEAN, queues(**{venue: timeouts})).status is RunStatus.SUCCESS


@pytest.mark.parametrize("venue", ["okx", "kraken", "bybit"])
@pytest.mark.parametrize(
    ("status", "judged", "run"),
    [
        ("breached", True, RunStatus.BREACHED),
        ("unknown", True, RunStatus.UNKNOWN),
        ("breached", False, RunStatus.SUCCESS),
        ("unknown", False, RunStatus.SUCCESS),
        ("ok", False, RunStatus.SUCCESS),
    ],
)
def test_exchange_metrics_judge_only_the_entrypoints_that_list_them(
    venue: str, status: str, judged: bool, run: RunStatus
) -> None:
    statuses = dict.fromkeys([f"{each}_desktop_paper" for each in ("bybit", "kraken", "okx")], "ok")
    evaluation = dataclasses.replace(CLEAN, status=status, statuses=statuses | {f"{venue}_desktop_paper": status})
    chosen, found = plan() if judged else judged_by(plan(), venue, "io_queue"), facts()
    assert judge(chosen, found, evaluation, QUIET).status is run
    told = [each for each in found.warnings if "do not judge the run" in each]
    assert [each.startswith(f"[paper:{venue}_desktop_paper] ") for each in told] == ([] if judged else [True])
    assert all(f"execution.trading_profiles.{venue}_desktop.guardrails" in each for each in told)
    assert any("opens no further stage" in each for each in told) is (not judged and status != "ok")


def test_metrics_that_judge_nobody_do_not_decide_and_those_that_do_must_have_been_read() -> None:
    only_queues = plan()
    for venue in ("okx", "kraken", "bybit"):
        only_queues = judged_by(only_queues, venue, "io_queue")
    bad = dataclasses.replace(
        CLEAN, status="breached", statuses={f"{v}_desktop_paper": "breached" for v in ("okx", "kraken", "bybit")}
    )
    assert judge(only_queues, facts(), bad, QUIET).status is RunStatus.SUCCESS
    assert judge(only_queues, facts(), bad, queues(kraken=1)).status is RunStatus.BREACHED
    assert judge(judged_by(plan(), "okx", "io_queue"), facts(), CLEAN, QUIET).status is RunStatus.UNKNOWN, (
        "of the others nothing is known"
    )


def test_a_lost_venue_an_unfinished_warm_up_and_no_market_are_unknown() -> None:
    lost, none = facts(), facts()
    lost.venue_lost = True
    none.engine = None
    for found in (lost, facts(bars=20), none):
        assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.UNKNOWN


NOTHING = Decimal(0)


@pytest.mark.parametrize(
    ("stop", "profile"),
    [
        ("max_daily_loss_pct", dataclasses.replace(BALANCED, max_daily_loss_pct=NOTHING)),
        ("weekly_loss_pct", dataclasses.replace(BALANCED, weekly_loss_pct=NOTHING)),
        ("hard_drawdown_pct", dataclasses.replace(BALANCED, hard_drawdown_pct=NOTHING)),
    ],
)
def test_a_loss_limit_of_nothing_was_reached_by_any_session(stop: str, profile: RiskProfile) -> None:
    found = facts(600, profile, is_confirmed=True)
    assert found.engine is not None
    assert (found.engine.fills, found.was_refused_everything) == ([], True)
    assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.BREACHED
    assert f"[risk:okx_desktop_paper] {stop} reached: 0 of 0 allowed; nothing that increases risk ever is" in found.warnings


def test_a_session_whose_every_order_was_refused_says_that_it_opens_nothing() -> None:
    found = facts(600, dataclasses.replace(BALANCED, max_position_pct=NOTHING), is_confirmed=True)
    assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.SUCCESS
    assert found.warnings[-1] == "orders were asked for and not one was allowed: the session opens no further stage"
    assert not facts(600, is_confirmed=True).was_refused_everything
    assert not facts(bars=20, is_confirmed=True).was_refused_everything, "nothing was asked for"


def test_decisions_are_counted_by_result_and_code() -> None:
    recorder = MemoryRecorder()
    create_risk_metrics(recorder, "okx_desktop_paper", BALANCED)
    new = order(1, Side.BUY, "0.1")
    for verdict in (Approved(new, 1), Refused(new, 2, DecisionCode.RISK_DRAWDOWN, "0.1", "0.2"), None):
        count_decision(recorder, Record(1, 0, "e", {}, verdict))
    assert recorder.value("risk_decisions_total", result="allowed", code="APPROVED") == 1
    assert recorder.value("risk_decisions_total", result="refused", code="RISK_DRAWDOWN") == 1
    assert recorder.value("risk_decisions_total", result="refused", code="RISK_DAILY_LOSS") == 0


HELD = {("max_daily_loss_pct", "balanced", "now"): "all paper money in USDT stands at max_daily_loss_pct: 0.016 of 0.015"}


def test_a_stop_of_all_together_breaches_the_session_and_is_an_error() -> None:
    found = facts()
    found.host.stops, found.host.unknown = HELD, "bybit"
    for _ in range(2):
        assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.BREACHED
    [error] = found.errors
    assert error.startswith("[risk:")
    assert error.endswith("stands at max_daily_loss_pct: 0.016 of 0.015")


@pytest.mark.parametrize(
    ("was_known", "refused", "is_unknown"), [(False, 0, True), (False, 3, True), (True, 0, False), (True, 3, False)]
)
def test_a_session_that_nobody_let_trade_because_another_was_not_known_says_nothing(
    was_known: bool, refused: int, is_unknown: bool
) -> None:
    found = facts()
    assert found.engine is not None
    found.host.unknown, found.host.was_known = "bybit", was_known
    notes = found.engine._notes
    notes.decisions |= {DecisionCode.RISK_CROSS_ENTRYPOINT: refused, DecisionCode.APPROVED: 1}
    status = judge(plan(), found, CLEAN, QUIET).status
    assert status is (RunStatus.UNKNOWN if is_unknown else RunStatus.SUCCESS)
    assert any("what bybit is worth was not known" in error for error in found.errors) is is_unknown
    if refused:
        del notes.decisions[DecisionCode.APPROVED]
        assert judge(plan(), found, CLEAN, QUIET).status is RunStatus.UNKNOWN, "not one of its orders was allowed"
