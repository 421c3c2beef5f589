"""`decision_log`, `router` and the rooms that are not there: one wrong thing is never ok, and is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golive.config.rbac import SignOff
from golive.readiness.check_table import CHECKS
from golive.readiness.checks.decision_log import EARLY, LATE, STEPS, DecisionLogEvidence, Step, decision_log
from golive.readiness.checks.not_there import paper_labs, unused
from golive.readiness.checks.router import RouterEvidence, Way, router
from golive.readiness.finding import Status

STEP = Step(status="ok", at="2026-01-01T00:00:00Z", operator="anna")
GOOD = DecisionLogEvidence(
    entrypoint="okx_desktop_live", is_rehearsal=True, uses_console=False, uses_cloud=False, records=7, latency_ms=350,
    steps=dict.fromkeys(("mtls_prepared", "licence_verified", "router_configured", "daemon_start", "announcement"), STEP),
)  # fmt: skip
ROUTED = RouterEvidence(entrypoint="okx_desktop_live", ways=(Way(instrument="okx:BTC/USDT", route="default"),), rules=28)


def test_a_sound_log_with_its_steps_is_ok() -> None:
    found = decision_log(GOOD)
    assert (found.status, found.reasons, found.owner) == (Status.OK, (), ("compliance",))
    everything = replace(GOOD, is_rehearsal=False, uses_console=True, uses_cloud=True, steps=dict.fromkeys(STEPS, STEP))
    assert decision_log(everything).status is Status.OK


@pytest.mark.parametrize("name", STEPS)
def test_each_step_that_is_asked_for_is_missed(name: str) -> None:
    everything = replace(GOOD, is_rehearsal=False, uses_console=True, uses_cloud=True, steps=dict.fromkeys(STEPS, STEP))
    found = decision_log(replace(everything, steps={other: STEP for other in STEPS if other != name}))
    assert found.status is (Status.BLOCKED if name in EARLY else Status.UNKNOWN)
    assert found.reasons == (f"the step {name} is missing",)
    assert found.next_command.startswith(("golive ", "python scripts/"))
    ended = [(replace(STEP, status=status), f"ended {status}") for status in ("blocked", "breached", "unknown", "")]
    for bad, says in (*ended, (replace(STEP, changed=("x.pem",)), "left x.pem")):
        found = decision_log(replace(everything, steps={**everything.steps, name: bad}))
        assert (found.status, len(found.reasons)) == (Status.BLOCKED, 1)
        assert name in found.reasons[0]
        assert says in found.reasons[0]


def test_a_licence_for_development_is_good_for_a_rehearsal_alone() -> None:
    step = replace(STEP, is_development=True)
    assert decision_log(replace(GOOD, steps={**GOOD.steps, "licence_verified": step})).status is Status.OK
    production = replace(GOOD, is_rehearsal=False, steps={**dict.fromkeys(EARLY, STEP), **GOOD.steps, "licence_verified": step})
    found = decision_log(production)
    assert (found.status, len(found.reasons)) == (Status.BLOCKED, 1)
    assert "licence for development" in found.reasons[0]


def test_what_is_asked_for_follows_stage_and_use() -> None:
    assert (*EARLY, *LATE) == STEPS
    assert "paper_labs" in replace(GOOD, is_rehearsal=False).wanted
    assert GOOD.wanted == ("mtls_prepared", "licence_verified", "router_configured", "daemon_start", "announcement")
    assert decision_log(replace(GOOD, is_rehearsal=False)).reasons == ("the step paper_labs is missing",)
    assert decision_log(replace(GOOD, uses_console=True)).reasons == ("the step ui_start is missing",)
    assert decision_log(replace(GOOD, uses_cloud=True)).reasons == ("the step cloud_handshake is missing",)


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"fault": "x.jsonl: tampered: line 3", "fault_status": Status.BLOCKED}, Status.BLOCKED, "line 3"),
        ({"fault": "x.jsonl: torn_tail"}, Status.UNKNOWN, "torn_tail"),
        ({"broken_bounds": ("line 3 (seq 3): order 1 took 351 ms",)}, Status.BLOCKED, "351 ms"),
    ],
)
def test_a_log_that_is_not_sound_or_broke_a_bound_is_never_ok(change: dict[str, object], status: Status, says: str) -> None:
    found = decision_log(replace(GOOD, **change))  # type: ignore[arg-type]  # one case changes what it names
    assert found.status is status
    assert says in found.reasons[0]
    assert found.next_command == "golive audit verify --all"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ways": ()}, "has no instrument"),
        ({"ways": (*ROUTED.ways, Way(instrument="okx:ETH/USDT", route=None))}, "no route takes okx:ETH/USDT"),
        ({"ways": (Way(instrument="okx:BTC/USDT", route="spot", homeless=("bybit_spot",)),)}, "leads to bybit_spot"),
        ({"rule_faults": ("deploy/prometheus/risk.rules.yml is missing",)}, "risk.rules.yml is missing"),
        ({"reconnect_required": 2, "session": "session 12345678"}, "2 adapters had to reconnect when session 12345678"),
    ],
)
def test_a_way_a_rule_or_a_connection_that_is_missing_blocks(change: dict[str, object], says: str) -> None:
    found = router(replace(ROUTED, **change))  # type: ignore[arg-type]  # one case changes what it names
    assert (found.status, len(found.reasons), found.owner) == (Status.BLOCKED, 1, ("runtime",))
    assert says in found.reasons[0]


def test_routes_rules_and_no_session_yet_are_ok_and_say_so() -> None:
    found = router(ROUTED)
    assert found.status is Status.OK
    assert isinstance(found.measured, dict)
    assert found.measured["reported_by"] == "no session of okx_desktop_live has reported yet"
    assert router(replace(ROUTED, reconnect_required=0, session="session 1")).status is Status.OK


def test_what_is_not_there_says_so_and_opens_only_where_it_is_optional() -> None:
    assert paper_labs().status is Status.UNKNOWN
    for id_, owner in (("ui_prelive", SignOff.UI), ("cloud", SignOff.RUNTIME)):
        found = unused(id_, found=False)
        assert (found.status, bool(found.reasons), found.owner) == (Status.NOT_APPLICABLE, True, (str(owner),))
        assert unused(id_, found=True).status is Status.UNKNOWN
        assert CHECKS[id_].owners == (owner,)
