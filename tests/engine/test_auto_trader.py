"""The auto-trader: its whole table, and an engine under operators who do anything at any time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from golive.engine.auto_trader import INACTION, OF_RISK, TRANSITIONS, AutoTrader
from golive.engine.auto_trader import TraderState as S
from golive.model.clock import DAY
from golive.model.command import Cancel, Command, Record, Submit
from golive.model.decision import DecisionCode
from golive.model.emergency import TradingState
from golive.model.errors import IllegalTransition
from golive.model.event import Durable, Operator
from golive.model.event import OperatorAction as A
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.order import OrderStatus, OrderUpdate, Side
from support.scripted_session import Session
from support.trading import START, engine_for, process_durably, random_walk, records

TRADER_ACTS = [action for action in A if action not in OF_RISK]
PRICE = 400_000


def act(action: A, ts: int = START, cause: str = "test") -> Operator:
    return Operator(action, "anna", cause, ts)


def in_state(state: S) -> AutoTrader:
    """Return an auto-trader that came to `state` by legal acts."""
    ways = {
        S.STOPPED: (), S.ARMED: (A.START,), S.RUNNING: (A.START, A.CONFIRM), S.READ_ONLY: (A.START, A.AUTO_TRADE_OFF),
        S.HALTED: (A.START, A.CONFIRM, A.EMERGENCY),
    }  # fmt: skip
    trader = AutoTrader()
    for action in ways[state]:
        trader.act(act(action))
    assert trader.state is state
    return trader


@pytest.mark.parametrize(("state", "action"), list(itertools.product(S, TRADER_ACTS)))
def test_each_act_in_each_state_is_in_the_table_or_an_error_that_changes_nothing(state: S, action: A) -> None:
    trader = in_state(state)
    after = TRANSITIONS.get((state, action))
    assert trader.allows(action) is (after is not None)
    if after is None:
        with pytest.raises(IllegalTransition, match=f"{state} cannot take {action}"):
            trader.act(act(action))
        assert trader.state is state
        return
    moved = trader.act(act(action, cause="why"))
    assert trader.state is after
    assert trader.inaction is INACTION.get(after)
    if after is state:
        assert moved is None
    else:
        assert moved is not None
        assert moved.body == {"from": str(state), "to": str(after), "cause": "why", "operator": "anna"}


def test_only_a_confirmation_leads_to_running_and_only_from_armed() -> None:
    ways = [(state, action) for (state, action), after in TRANSITIONS.items() if after is S.RUNNING and state is not S.RUNNING]
    assert ways == [(S.ARMED, A.CONFIRM)]


def test_emergency_and_the_end_are_legal_at_any_time_and_only_a_clearing_leaves_the_emergency() -> None:
    assert all(TRANSITIONS[state, A.EMERGENCY] is S.HALTED for state in S)
    assert all(TRANSITIONS[state, A.STOP] is S.STOPPED for state in S)
    out = {action for (state, action), after in TRANSITIONS.items() if state is S.HALTED and after is not S.HALTED}
    assert out == {A.CLEAR_EMERGENCY, A.STOP}


def codes(commands: list[Command]) -> set[Any]:
    return {record.body["code"] for record in records(commands, "signal_neutral")}


@pytest.mark.parametrize(("action", "code"), [(A.AUTO_TRADE_OFF, "AUTO_TRADE_OFF"), (A.WITHDRAW, "NOT_CONFIRMED"), (A.EMERGENCY, "EMERGENCY_MODE")])  # fmt: skip
def test_what_is_not_running_says_why_and_asks_again_once_it_is(action: A, code: str) -> None:
    session = Session([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    session.flat(PRICE)
    session.process(act(action))
    assert codes(session.flat(PRICE)) == {code}
    assert codes(session.flat(PRICE)) == set(), "once is enough"
    back = {A.AUTO_TRADE_OFF: A.AUTO_TRADE_ON, A.EMERGENCY: A.CLEAR_EMERGENCY}.get(action)
    if back is not None:
        session.process(act(back))
        assert session.engine.auto_trader.state is S.ARMED
    before = len(session.commands)
    session.process(act(A.CONFIRM))
    assert [r.body["cause"] for r in records(session.commands[before:], "signal_received")] == ["confirmed"]
    assert any(isinstance(command, Submit) for command in session.flat(PRICE))


@pytest.mark.parametrize("action", [A.AUTO_TRADE_OFF, A.WITHDRAW, A.EMERGENCY])
def test_an_entry_that_works_is_canceled_and_not_asked_for_again(action: A) -> None:
    session = Session([0.5] * 6, position_quantity=2.0, entry_ttl_bars=4.0)
    session.flat(PRICE)
    working = session.working
    assert working is not None
    assert working.side is Side.BUY
    before = len(session.commands)
    session.process(act(action))
    assert [c for c in session.commands[before:] if isinstance(c, Cancel)] == [Cancel(working.client_order_id)]
    assert session.working is None
    assert not any(isinstance(command, Submit) for _ in range(4) for command in session.flat(PRICE))


def test_in_an_emergency_a_position_may_be_reduced_and_not_raised_and_its_protection_stands() -> None:
    session = Session([0.5, 0.5, 1.0, 0.0, 0.0], position_quantity=2.0, stop_loss_pct=0.05)
    session.flat(PRICE)
    session.flat(PRICE)
    held, protection = session.held, session.working
    assert held > 0
    assert protection is not None
    session.process(act(A.EMERGENCY))
    assert session.working == protection
    assert codes(session.flat(PRICE)) == {"EMERGENCY_MODE"}
    assert session.working == protection, "what may not be bought costs no protection"
    session.flat(PRICE)
    session.flat(PRICE)
    assert session.held == 0


def test_with_auto_trade_off_a_position_stays_as_it_is_with_its_protection() -> None:
    session = Session([0.5, 0.5, 0.0, 0.0, 0.0], position_quantity=2.0, stop_loss_pct=0.05)
    session.flat(PRICE)
    session.flat(PRICE)
    held, protection = session.held, session.working
    session.process(act(A.AUTO_TRADE_OFF))
    assert codes(session.flat(PRICE)) == {"AUTO_TRADE_OFF"}
    session.flat(PRICE)
    assert (session.held, session.working) == (held, protection)


def test_an_approved_entry_that_has_not_left_does_not_leave_any_more() -> None:
    engine = engine_for()
    engine.process(act(A.CONFIRM))
    for bar in random_walk(900):
        engine.process(bar)
        if engine.awaiting_durable:
            break
    [order] = engine.orders
    assert order.intent.side is Side.BUY
    engine.process(act(A.EMERGENCY))
    commands = engine.process(Durable(engine.record_seq, START))
    assert not any(isinstance(command, Submit) for command in commands)
    assert [record.body["code"] for record in records(commands, "order_failed")] == ["EMERGENCY_MODE"]
    assert order.status is OrderStatus.ABSENT


def test_an_entry_that_was_on_its_way_is_canceled_when_the_venue_has_it() -> None:
    engine = engine_for()
    engine.process(act(A.CONFIRM))
    for bar in random_walk(900):
        if any(isinstance(command, Submit) for command in process_durably(engine, bar)):
            break
    [order] = engine.orders
    halted = engine.process(act(A.EMERGENCY))
    assert [type(command) for command in halted] == [Record, Record], "it is not at the venue yet"
    [activated] = records(halted, "emergency_mode_activated")
    assert (activated.body["operator"], activated.body["scope"]) == ("anna", "all")
    assert engine.risk.trading_state is TradingState.REDUCING
    coid = ClientOrderId(order.intent.client_order_id)
    assert engine.process(OrderUpdate(coid, START, "accepted", VenueOrderId("1"))) == [Cancel(coid)]


class Operators(RuleBasedStateMachine):
    """Bars, fills by paper execution, and operators who do what is legal at the moment, in any order."""

    @initialize(asked=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=40, max_size=40), stop=st.booleans())
    def begin(self, asked: list[float], stop: bool) -> None:
        self.session = Session(asked, position_quantity=2.0, entry_ttl_bars=2.0, stop_loss_pct=0.02 if stop else 0.0)
        self.price, self.bars, self.seen = PRICE, 0, 0

    @precondition(lambda self: self.bars < 40)
    @rule(move=st.integers(-9_000, 9_000))
    def bar(self, move: int) -> None:
        before, self.price = self.price, max(1_000, self.price + move)
        held = self.session.held
        self.session.bar(before, max(before, self.price), min(before, self.price), self.price)
        self.bars += 1
        self._check(held)

    @rule(action=st.sampled_from([action for action in TRADER_ACTS if action is not A.STOP]))
    def operate(self, action: A) -> None:
        trader, held = self.session.engine.auto_trader, self.session.held
        if trader.allows(action):
            self.session.process(act(action, self.session.ts))
        self._check(held)

    def _check(self, held: int) -> None:
        new, self.seen = self.session.commands[self.seen :], len(self.session.commands)
        state = self.session.engine.auto_trader.state
        for command in new:
            if isinstance(command, Submit) and state is not S.RUNNING:
                assert command.approved.order.side is Side.SELL, f"an entry left in {state}"
        if state is not S.RUNNING:
            assert self.session.held <= held

    @invariant()
    def no_entry_works_unless_it_runs(self) -> None:
        if not hasattr(self, "session"):
            return
        engine = self.session.engine
        if engine.auto_trader.state is not S.RUNNING:
            working = self.session.working
            assert working is None or working.side is Side.SELL

    @invariant()
    def the_records_tell_the_whole_life(self) -> None:
        if not hasattr(self, "session"):
            return
        told = [r.body for r in self.session.commands if isinstance(r, Record) and r.event == "auto_trader_transition"]
        assert told[0]["from"] == "stopped"
        assert all(one["to"] == next_["from"] for one, next_ in itertools.pairwise(told))
        assert told[-1]["to"] == str(self.session.engine.auto_trader.state)

    def teardown(self) -> None:
        if not hasattr(self, "session"):
            return
        self.session.process(act(A.STOP, self.session.ts))
        commands = self.session.commands
        received = [r.body["signal_id"] for r in records(commands, "signal_received")]
        decided = [
            r.body["signal_id"] for n in ("risk_check_passed", "risk_rejected", "signal_neutral") for r in records(commands, n)
        ]
        assert set(received) <= set(decided)
        assert self.session.engine.auto_trader.state is S.STOPPED


TestOperators = Operators.TestCase
TestOperators.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_emergency_mode_survives_the_day_roll() -> None:
    engine = engine_for()
    engine.process(act(A.CONFIRM))
    bars = list(random_walk(3 * 1440))
    assert len({bar.closed_at // DAY for bar in bars}) > 2
    early = next(n for n, bar in enumerate(bars) if any(isinstance(each, Submit) for each in process_durably(engine, bar)))
    engine.process(act(A.EMERGENCY))
    proposals = engine.decisions.get(DecisionCode.APPROVED, 0)
    for bar in bars[early + 1 :]:
        for command in process_durably(engine, bar):
            assert not (isinstance(command, Submit) and command.approved.order.side is Side.BUY)
    assert engine.auto_trader.state is S.HALTED
    assert engine.risk.trading_state is TradingState.REDUCING
    assert engine.decisions.get(DecisionCode.APPROVED, 0) == proposals
    assert engine.decisions[DecisionCode.EMERGENCY_MODE] > 0, "it was wanted again and again"
