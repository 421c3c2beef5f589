"""The table of events: every event of the contract is in it, and what lacks a field or has another type in one is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from golive.audit.decision_event import EVENTS, Kind, demand_event
from golive.model.decision import DecisionCode
from golive.model.errors import JournalError
from golive.model.json import JsonValue

ROOT = Path(__file__).parents[2]
CONTRACT = [
    "signal_received",
    "signal_neutral",
    "inaction",
    "risk_check_passed",
    "risk_rejected",
    "risk_adjusted",
    "order_submitted",
    "order_executed",
    "order_partially_executed",
    "order_failed",
    "order_canceled",
    "trade_recorded",
    "realized_pnl_recorded",
    "risk_profile_transition",
    "auto_trader_transition",
    "model_change",
    "ai_walk_forward_report",
    "ai_drift_report",
    "portfolio_rebalance",
    "emergency_mode_activated",
    "emergency_mode_cleared",
    "degraded_to_paper",
    "stage_transition",
]
SAMPLES: dict[str, JsonValue] = {
    "a text": "x",
    "a text or null": None,
    "a whole number": 1,
    "a number": 1.5,
    "a list": ["a", "b"],
    "a mapping": {"a": "b"},
    "a decision code": "ON_TARGET",
    "target or protection": "target",
}


def sample(event: str) -> dict[str, JsonValue]:
    """A body with all fields of an event."""
    spec = EVENTS[event]
    return {name: SAMPLES[kind.name] for name, kind in {**spec.required, **spec.optional}.items()}


OURS = ("risk_rearmed",)
"""beyond the contract"""


def test_the_table_has_the_events_of_the_contract_and_those_we_added() -> None:
    assert sorted(EVENTS) == sorted([*CONTRACT, *OURS])


def test_every_event_that_the_engine_writes_is_in_the_table() -> None:
    """One that is not would end the session that writes it."""
    sources = "".join(path.read_text() for path in (ROOT / "src/golive/engine").rglob("*.py"))
    written = set(re.findall(r"record\([^()]*?\"([a-z]+_[a-z_]+)\"", sources))
    assert written >= {"signal_received", "risk_rejected", "order_submitted", "auto_trader_transition"}
    assert written <= set(EVENTS)


@pytest.mark.parametrize("event", EVENTS)
def test_a_whole_body_is_taken_and_one_without_a_field_is_refused(event: str) -> None:
    demand_event(event, sample(event))
    demand_event(event, {**sample(event), "more": 1})
    for name in EVENTS[event].required:
        body = sample(event)
        del body[name]
        with pytest.raises(JournalError, match=rf"{event}: body\.{name} is missing"):
            demand_event(event, body)


@pytest.mark.parametrize("event", EVENTS)
def test_a_field_of_another_type_is_refused(event: str) -> None:
    kinds: dict[str, Kind] = {**EVENTS[event].required, **EVENTS[event].optional}
    for name, kind in kinds.items():
        for wrong in (True, {"a"}, b"x"):
            with pytest.raises(JournalError, match=rf"{event}: body\.{name} is .*, not {kind.name}"):
                demand_event(event, {**sample(event), name: wrong})  # type: ignore[dict-item]


def test_an_event_that_nobody_declared_is_refused() -> None:
    with pytest.raises(JournalError, match="'signal_lost' is no event of the decision journal"):
        demand_event("signal_lost", {})


def test_a_code_is_one_of_the_decision_codes() -> None:
    body = {**sample("signal_neutral"), "code": DecisionCode.BELOW_MINIMUM}
    demand_event("signal_neutral", body)
    with pytest.raises(JournalError, match="'TOO_TIRED', not a decision code"):
        demand_event("signal_neutral", {**body, "code": "TOO_TIRED"})
