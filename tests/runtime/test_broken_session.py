"""What breaks while a session runs is told at once, outlives its process, and keeps the next stage shut."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Never

import pytest

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.model.errors import JournalError, StrategyError
from golive.model.verdict import ExitCode, RunStatus
from golive.observability.guardrails import Guardrails
from golive.observability.windows import STABLE, Evaluation, ReferenceWindows
from golive.runtime.bootstrap import plan_session
from golive.runtime.broken import Broken
from golive.runtime.evidence import Evidence
from golive.runtime.facts import SessionFacts
from golive.runtime.judgement import judge
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from golive.runtime.session import Session
from golive.runtime.session_report import SessionReport
from golive.runtime.session_terms import plan_rules
from golive.storage.alert_story import alert_stories
from golive.storage.session_identity import SessionTerms
from support.configuration import ROOT
from support.durable import BTC, RUN_ID, START, ToldClock
from support.reports import LABELS, adapter_recorder, okx_profile
from support.trading import BALANCED, confirm, engine_for, random_walk

NO_QUEUE = Guardrails(generated_at=0, log_directory="logs", summaries=(), recommendations=(), log_records=())
SAID = "rate_limit 1, required <= 0"


@dataclasses.dataclass
class Running:
    """A demo session of one entrypoint as its report sees it: its engine has traded, its venue was probed."""

    plan: Plan
    evidence: Evidence
    report: SessionReport
    facts: SessionFacts
    series: MemoryRecorder
    clock: ToldClock

    def refuse(self) -> None:
        self.series.count(m.EXCHANGE_RATE_LIMITED, 1, **LABELS)

    def rewrite(self) -> None:
        self.clock.time += SECOND
        asyncio.run(self.report.rewrite())

    def titles(self) -> list[str]:
        self.evidence._telling.flush(5)  # a thread keeps them
        return [story.message.title for story in alert_stories(self.plan.home, 10)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def session(home: Path, *, guardrails: tuple[str, ...] = ("paper_exchange_metrics",)) -> Running:
    found = plan_session(RunOptions(mode="demo"), home / "config/runtime.yaml", home, {})
    plan = dataclasses.replace(found, entrypoint=dataclasses.replace(found.entrypoint, guardrails=guardrails), others=())
    clock, series = ToldClock(START + 2 * SECOND), adapter_recorder()
    facts = SessionFacts(RUN_ID, START, 0, "okx", "okx_paper", "127.0.0.1")
    facts.engine = engine_for(BALANCED)
    facts.engine.process(confirm())
    for bar in random_walk(200):
        facts.engine.process(bar)
    report = SessionReport(plan, facts, clock)
    judged = report.windows.judged
    report.windows = windows = ReferenceWindows([okx_profile()], series, 3600 * SECOND, 90 * SECOND)
    windows.judged = judged
    windows.start(START)
    series.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    windows.health.record("okx_desktop_paper", START + SECOND, True)
    report.evidence = evidence = Evidence(plan, RUN_ID, START, clock)
    return Running(plan, evidence, report, facts, series, clock)


@pytest.fixture
def running(home: Path) -> Iterator[Running]:
    made = session(home)
    yield made
    made.evidence.close()


def test_a_clean_session_opens_its_stage(running: Running) -> None:
    running.rewrite()
    done = running.report.conclude()
    assert (done.exit_code, done.report["status"]) == (ExitCode.OK, "success")
    assert done.report["stage_record"] is not None
    assert (running.titles(), running.evidence.broken_before()) == ([], ())


def test_a_threshold_that_is_broken_is_told_while_the_session_runs(running: Running) -> None:
    running.refuse()
    running.rewrite()
    assert running.titles() == ["okx_desktop_paper: rate_limit_max is broken"]


def test_a_session_that_was_killed_after_a_breach_stays_breached_however_it_goes_on(home: Path) -> None:
    killed = session(home)
    killed.refuse()
    killed.rewrite()
    killed.rewrite()  # once
    killed.evidence.close()

    resumed = session(home)
    try:
        resumed.facts.broken_before = resumed.evidence.broken_before()
        [broken] = resumed.facts.broken_before
        assert (broken.entrypoint, broken.verdict, broken.reason) == ("okx_desktop_paper", "breached", SAID)
        assert broken.warning().startswith("[paper:okx_desktop_paper] breached before the restart, at 2026-01-01T00:00:03")
        resumed.rewrite()
        [told] = (home / "logs/e2e").glob("*.json")
        assert json.loads(told.read_bytes())["exit_code"] == ExitCode.BREACHED
        done = resumed.report.conclude()
        assert (done.exit_code, done.report["stage_record"]) == (ExitCode.BREACHED, None)
    finally:
        resumed.evidence.close()


def test_a_breach_that_judges_nothing_opens_nothing_after_a_restart_either(home: Path) -> None:
    killed = session(home, guardrails=())
    killed.refuse()
    killed.rewrite()
    killed.evidence.close()
    resumed = session(home, guardrails=())
    try:
        resumed.facts.broken_before = resumed.evidence.broken_before()
        done = resumed.report.conclude()
        assert (done.exit_code, done.report["stage_record"]) == (ExitCode.OK, None)
    finally:
        resumed.evidence.close()


def test_a_session_that_passes_while_its_metrics_do_not_opens_nothing(home: Path) -> None:
    """The trading profile does not list them, so they do not judge the run."""
    made = session(home, guardrails=())
    try:
        made.refuse()
        done = made.report.conclude()
        assert (done.report["status"], done.report["stage_record"]) == (str(RunStatus.SUCCESS), None)
    finally:
        made.evidence.close()


def test_a_window_that_said_nothing_stays_unknown(running: Running) -> None:
    running.clock.time += 3600 * SECOND
    running.report.windows.advance(running.clock.time)  # the probe is an hour old
    running.rewrite()
    found = [(each.verdict, each.entrypoint) for each in running.evidence.broken_before()]
    assert found == [("unknown", "okx_desktop_paper")]


def test_what_was_written_down_and_changed_since_is_not_gone_on_with(running: Running, home: Path) -> None:
    running.refuse()
    running.rewrite()
    [path] = (home / "audit/decisions").glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"verdict":"breached"', b'"verdict":"ok"'))
    with pytest.raises(JournalError, match="is not what was written"):
        running.evidence.broken_before()


def test_a_session_that_dies_is_told(running: Running) -> None:
    running.facts.fail(StrategyError("strategy failing: boo"))
    assert running.report.conclude().exit_code == ExitCode.INTERNAL
    assert running.titles()[-1] == "okx_desktop_paper: the session died"


def test_a_session_that_is_taken_up_again_knows_what_broke_and_warns(home: Path) -> None:
    """The same with the session that does so, up to where it would open its venues."""
    options = RunOptions(mode="demo")
    plan, clock = plan_session(options, home / "config/runtime.yaml", home, {}), ToldClock()

    async def cut_off() -> None:
        evidence = Evidence(plan, RUN_ID, START, clock)
        terms = SessionTerms(rules=plan_rules(plan), instruments=(BTC,), start_balances={"USDT": Decimal(10_000)})
        await evidence.open_journal([BTC], terms, MemoryRecorder()).close(ends=False)
        evidence.note_broken([Broken("io_queue", "kraken_desktop_paper", "breached", "calls timed out", "2026-01-01T00:00:00Z")])
        evidence.close()

    asyncio.run(cut_off())
    again = plan_session(dataclasses.replace(options, resume=True), home / "config/runtime.yaml", home, {})
    taken_up = Session(again, clock, lambda _: None, _no_metrics)
    try:
        taken_up._open_evidence()
        assert taken_up.facts.run_id == RUN_ID
        [warning] = taken_up.facts.warnings
        assert warning.startswith("[io_queue:kraken_desktop_paper] breached before the restart, at 2026-01-01T00:00:00Z: calls")
        decision = judge(again, taken_up.facts, Evaluation({}, (), (), "ok", STABLE), NO_QUEUE)
        assert decision.exit_code == ExitCode.BREACHED
    finally:
        asyncio.run(taken_up._close())


def _no_metrics(*_: object) -> Never:
    raise AssertionError("nothing is served before the venues are open")
