"""Emergency mode: what it permits, that it only ever gets tighter, and who may lift it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import MINUTE
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.emergency import Emergencies, EmergencyMode, TradingState, tightest
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.order import Side
from golive.risk import AccountView, RiskEngine, RiskProfile
from golive.risk.emergency import LIFTING_WINDOW_NS, lifting_objection
from support.trading import BTC, START, order

STATES = st.sampled_from([TradingState.REDUCING, TradingState.HALTED])
SCOPES = st.sampled_from(["all", "balanced", "conservative"])
PROFILE = RiskProfile("balanced", Decimal("0.015"), Decimal("0.1"), Decimal("0.05"), 5)
MODES = st.builds(EmergencyMode, STATES, st.text(max_size=3), st.text(max_size=3), SCOPES, st.integers(0, 9))


@dataclass(frozen=True)
class Person:
    name: str
    roles: tuple[str, ...]


def view(state: TradingState, held: int = 0) -> AccountView:
    return AccountView(
        equity=10**14, day_start_equity=10**14, peak_equity=10**14, positions={BTC.id: held}, pending_buys={},
        prices={BTC.id: 1}, notional=lambda key, ticks, lots: ticks * lots, trading_state=state,
    )  # fmt: skip


def judged(engine: RiskEngine, side: Side, held: int) -> Approved | Refused:
    return engine.decide(order(1, side, "0.001"), view(engine.trading_state, held), 1)


def engine() -> RiskEngine:
    made = RiskEngine(PROFILE)
    made.observe(10**14, START, 0, 0)
    return made


def test_the_bare_call_refuses_every_entry_and_lets_every_reduction_out() -> None:
    risk = engine()
    assert isinstance(judged(risk, Side.BUY, 0), Approved)
    mode = risk.activate_emergency_mode()
    assert mode is not None
    assert (mode.state, mode.reason, mode.scope) == (TradingState.REDUCING, "unspecified", "all")
    refused = judged(risk, Side.BUY, 0)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.value) == (DecisionCode.EMERGENCY_MODE, "REDUCING")
    assert isinstance(judged(risk, Side.SELL, 10**9), Approved)


def test_nothing_at_all_leaves_a_halted_engine() -> None:
    risk = engine()
    risk.activate_emergency_mode("the venue lies", "anna", state=TradingState.HALTED)
    for side in Side:
        refused = judged(risk, side, 10**9)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.value) == (DecisionCode.EMERGENCY_MODE, "HALTED")


def test_the_scope_of_another_profile_does_not_touch_this_one() -> None:
    risk = engine()
    assert risk.activate_emergency_mode(scope=f"not {PROFILE.name}") is None
    assert isinstance(judged(risk, Side.BUY, 0), Approved)
    assert risk.activate_emergency_mode(scope=PROFILE.name) is not None
    assert isinstance(judged(risk, Side.BUY, 0), Refused)


def test_a_second_activation_keeps_the_first_reason() -> None:
    risk = engine()
    first = risk.activate_emergency_mode("one", "anna")
    assert risk.activate_emergency_mode("two", "bert") == first
    tighter = risk.activate_emergency_mode("three", "carl", state=TradingState.HALTED)
    assert tighter is not None
    assert (tighter.state, tighter.reason, tighter.operator) == (TradingState.HALTED, "one", "anna")


def test_an_engine_is_in_emergency_mode_also_when_its_switch_cannot_be_kept() -> None:
    class Full:
        def read(self) -> Emergencies:
            return Emergencies()

        def activate(self, reason: str, operator: str | None, scope: str, state: TradingState) -> Emergencies:
            raise JournalError("no space left")

        def deactivate(self, first: object, second: object, scope: str) -> Emergencies:
            raise JournalError("no space left")

    risk = RiskEngine(PROFILE, Full())
    with pytest.raises(JournalError, match="no space"):
        risk.activate_emergency_mode()
    assert risk.trading_state is TradingState.REDUCING
    assert risk.emergency == EmergencyMode(TradingState.REDUCING, "unspecified", "unspecified", "all", since=0)
    named = RiskEngine(PROFILE, Full())
    with pytest.raises(JournalError, match="no space"):
        named.activate_emergency_mode("why", "anna", state=TradingState.HALTED)
    assert named.emergency == EmergencyMode(TradingState.HALTED, "why", "anna", "all", since=0)


def test_only_two_persons_of_different_roles_one_of_them_risk_may_lift() -> None:
    anna, bert = Person("anna", ("risk",)), Person("bert", ("operator",))
    risk = engine()
    risk.activate_emergency_mode()
    for first, second in (
        (anna, anna),
        (anna, Person("carl", ("risk",))),
        (bert, Person("carl", ("operator", "secops"))),
        (anna, Person("carl", ())),
    ):
        with pytest.raises(PrerequisiteMissing):
            risk.deactivate_emergency_mode(first, second)
        assert risk.trading_state is TradingState.REDUCING
    assert risk.deactivate_emergency_mode(bert, anna) is None
    assert isinstance(judged(risk, Side.BUY, 0), Approved)


def test_whoever_speaks_first_two_of_different_roles_may_lift_and_each_who_may_not_is_told_why() -> None:
    anna, bert = Person("anna", ("risk",)), Person("bert", ("operator",))
    assert lifting_objection(anna, bert) is None
    assert lifting_objection(bert, anna) is None
    assert "second operator" in str(lifting_objection(anna, anna))
    assert "neither bert nor carl" in str(lifting_objection(bert, Person("carl", ("secops",))))
    assert "same role" in str(lifting_objection(anna, Person("carl", ("risk",))))
    assert "same role" in str(lifting_objection(anna, Person("carl", ())))


def test_a_second_operator_has_a_quarter_of_an_hour() -> None:
    assert LIFTING_WINDOW_NS == 15 * MINUTE


def test_lifting_one_scope_tells_what_still_holds() -> None:
    anna, bert = Person("anna", ("risk",)), Person("bert", ("operator",))
    risk = engine()
    of_all = risk.activate_emergency_mode("all of them", "anna")
    assert of_all == EmergencyMode(TradingState.REDUCING, "all of them", "anna", "all", since=0)
    risk.activate_emergency_mode("this one", "anna", scope=PROFILE.name)
    assert risk.deactivate_emergency_mode(anna, bert, PROFILE.name) == of_all
    assert risk.trading_state is TradingState.REDUCING


def test_one_who_has_both_roles_still_needs_another_person() -> None:
    both = Person("anna", ("operator", "risk"))
    assert lifting_objection(both, both) is not None
    assert lifting_objection(both, Person("bert", ("risk",))) is None


@given(st.lists(MODES, max_size=8), MODES)
def test_activating_is_idempotent_and_only_ever_tightens(earlier: list[EmergencyMode], mode: EmergencyMode) -> None:
    before = Emergencies()
    for each in earlier:
        before = before.activated(each)
    once = before.activated(mode)
    assert once.activated(mode) is once
    for profile in ("balanced", "conservative", "manual"):
        states = before.state(profile), once.state(profile)
        assert tightest(*states) is states[1]
    kept = {each.scope: (each.reason, each.operator, each.since) for each in once.modes}
    assert all(kept[each.scope] == (each.reason, each.operator, each.since) for each in before.modes)
    assert once.lifted() == Emergencies()
