"""How a session's auto-trader starts, and what the watch over its switch asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.engine.auto_trader import AutoTrader, TraderState
from golive.model.event import Operator, OperatorAction
from golive.model.verdict import Stage
from golive.runtime.auto_trader import SwitchWatch
from golive.runtime.drive import Inbox
from golive.runtime.evidence import Evidence
from golive.runtime.facts import SessionFacts
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan, plan_run
from golive.storage.auto_trade_switch import published_trader
from support.configuration import CORE, RUNTIME, parse
from support.switches import turned
from support.wall_clock import WallClock

NAME = "okx_desktop_paper"
A, S = OperatorAction, TraderState


def plan_of(home: Path, **options: Any) -> Plan:
    return plan_run(RunOptions(mode="demo", **options), parse(RUNTIME, CORE), home / "config/runtime.yaml", home)


class Watched:
    """A watch over a switch under `home`, and an auto-trader that takes what it asks for."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.home = home
        self.trader, self.warnings, self.inbox = AutoTrader(), list[str](), Inbox()
        plan = plan_of(home, **options)
        facts = SessionFacts("r" * 32, 0, 0, "okx", "okx_paper", "127.0.0.1", warnings=self.warnings)
        evidence = cast(Evidence, SimpleNamespace(lease=SimpleNamespace(epoch=3)))
        self.watch = SwitchWatch(plan, facts, evidence, self.trader, self.inbox, WallClock())

    def do(self, *actions: OperatorAction) -> None:
        for action in actions:
            self.trader.act(Operator(action, "anna", "test", 0))

    def looks(self) -> list[OperatorAction]:
        """Look once, let the auto-trader take what is asked for, and return that."""
        self.watch.look()
        acts = [act for act, _ in self.inbox.take_acts()]
        for act in acts:
            self.trader.act(act)
        return [act.action for act in acts]

    def turn(self, enabled: bool) -> None:
        turned(self.home, NAME, enabled=enabled)


def test_the_session_is_asked_for_what_the_switch_says_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.do(A.START, A.CONFIRM)
    assert watched.looks() == []
    watched.turn(False)
    assert watched.looks() == [A.AUTO_TRADE_OFF]
    assert watched.looks() == []
    watched.turn(True)
    assert watched.looks() == [A.AUTO_TRADE_ON]
    assert watched.trader.state is S.ARMED
    assert watched.looks() == []


def test_what_was_switched_off_in_an_emergency_is_off_when_it_is_cleared(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.do(A.START, A.CONFIRM, A.EMERGENCY)
    watched.turn(False)
    assert watched.looks() == []
    watched.do(A.CLEAR_EMERGENCY)
    assert watched.looks() == [A.AUTO_TRADE_OFF]


def test_nothing_is_asked_for_while_an_act_waits_or_a_session_is_run_again(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.do(A.START, A.CONFIRM)
    watched.turn(False)
    watched.inbox.post(Operator(A.WITHDRAW, "anna", "test", 0))
    assert watched.looks() == [A.WITHDRAW]
    again = Watched(tmp_path)
    again.do(A.START, A.CONFIRM)
    again.inbox.repeated = SimpleNamespace(next_act=None, caught_up=False)
    assert again.looks() == []


def test_a_session_that_was_started_read_only_stays_so_and_says_what_it_takes(tmp_path: Path) -> None:
    watched = Watched(tmp_path, read_only=True)
    watched.do(A.START, A.AUTO_TRADE_OFF)
    assert watched.looks() == []
    assert watched.warnings == []
    watched.turn(True)
    assert watched.looks() == []
    assert "switched on by ben" in watched.warnings[0]


def test_each_state_is_published_as_it_comes(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.looks()
    assert published_trader(tmp_path, NAME) is None, "it has not started"
    for action, state in ((A.START, "armed"), (A.CONFIRM, "running"), (A.EMERGENCY, "halted"), (A.STOP, "stopped")):
        watched.do(action)
        watched.watch.look()
        seen = published_trader(tmp_path, NAME)
        assert seen is not None
        assert (seen.state, seen.epoch, seen.can_trade) == (state, 3, True)


@pytest.mark.parametrize(
    ("stage", "manual", "trusted", "cause"),
    [
        (Stage.DEMO, False, False, "session_command"), (Stage.PAPER, False, False, "session_command"),
        (Stage.DEMO, True, False, None), (Stage.PAPER, True, False, None),
        (Stage.LIVE, False, False, None), (Stage.LIVE, False, True, "auto_confirmed"), (Stage.LIVE, True, True, None),
        (Stage.REHEARSAL, False, True, "auto_confirmed"), (Stage.TESTNET, False, False, None),
    ],
)  # fmt: skip
def test_who_confirms(tmp_path: Path, stage: Stage, manual: bool, trusted: bool, cause: str | None) -> None:
    plan = plan_of(tmp_path, manual_confirm=manual)
    plan = replace(plan, stage=stage, entrypoint=replace(plan.entrypoint, trusted_auto_confirm=trusted))
    assert plan.confirmed_by == cause


def switched_off(home: Path) -> None:
    turned(home, NAME, enabled=False)


@pytest.mark.parametrize(
    ("before", "options", "why"),
    [(lambda home: None, {}, None), (lambda home: None, {"read_only": True}, "read_only_option"), (switched_off, {}, "operator_command")],
)  # fmt: skip
def test_a_plan_knows_why_nothing_may_be_ordered(
    tmp_path: Path, before: Callable[[Path], None], options: dict[str, Any], why: str | None
) -> None:
    before(tmp_path)
    assert plan_of(tmp_path, **options).read_only == why
