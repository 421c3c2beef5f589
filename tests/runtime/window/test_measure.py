"""What is measured of a window from copies of its logs: of its entrypoint and its time, and nothing of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.alert import AlertOutcome, AlertSeverity
from golive.model.clock import DAY, SECOND
from golive.model.json import JsonObject
from golive.model.verdict import Verdict
from golive.observability.slo import Window
from golive.runtime.clock import SystemClock
from golive.runtime.host_signer import host_signer
from golive.runtime.window.close import _doubts
from golive.runtime.window.copies import Copies, copy_logs
from golive.runtime.window.measure import alerts_of, observation_of, risk_of, service_of
from golive.storage.alert_audit import alert_files
from golive.storage.decision_step import record_step
from golive.storage.emergency_journal import ACTIVATED, EmergencyJournal
from golive.storage.risk_decisions import RiskDecisions
from golive.storage.security_admin import record_admin_act
from golive.storage.stop_record import HOST_STOPPED, STOPPED
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.live_window import ENTRYPOINT, outcome, window_scene

OTHER = "kraken_desktop_live"
RISK = Path("logs/risk_decisions.jsonl")
PROFILE = ("balanced", "d" * 64)


def measured(home: Path, *, since: int = 0) -> Copies:
    """The logs of `home`, copied until now."""
    verifier = Verifier(home, VerificationKeys.of_home(home))
    return copy_logs(home, home / "copy", verifier, [RISK], (since, SystemClock().now()))


def decide(home: Path, *codes: str, entrypoint: str = ENTRYPOINT) -> None:
    log = RiskDecisions(home / RISK, host_signer(home, SystemClock(), "olga"))
    body: JsonObject = {"entrypoint": entrypoint, "profile": PROFILE[0], "risk_profile_digest": PROFILE[1]}
    log.append([{**body, "code": code, "limit": code.lower(), "client_order_id": "0" * 32, "decision_seq": 1} for code in codes])
    log.close()


def stop(home: Path, type_: str, entrypoint: str) -> None:
    body: JsonObject = {"entrypoint": entrypoint, "limit": "max_daily_loss_pct"}
    record_admin_act(home, host_signer(home, SystemClock(), "golive"), type_, body, "golive")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("RISK_DAILY_LOSS", Verdict.BREACHED),
        ("RISK_WEEKLY_LOSS", Verdict.BREACHED),
        ("RISK_DRAWDOWN", Verdict.BREACHED),
        ("RISK_MAX_POSITION", Verdict.OK),
    ],
)
def test_limits_of_loss_are_reached_once_a_day_and_by_this_entrypoint_alone(tmp_path: Path, code: str, status: Verdict) -> None:
    stop(tmp_path, STOPPED, OTHER)
    decide(tmp_path, "APPROVED", code, code)
    decide(tmp_path, "RISK_DAILY_LOSS", entrypoint=OTHER)
    found, told = risk_of(measured(tmp_path), RISK, ENTRYPOINT, *PROFILE)
    assert (found.status, found.breaches, told) == (status, int(status is Verdict.BREACHED), ())


@pytest.mark.parametrize(("type_", "entrypoint"), [(STOPPED, ENTRYPOINT), (HOST_STOPPED, OTHER)])
def test_a_stop_is_a_limit_that_was_reached_and_emergency_mode_is_told(tmp_path: Path, type_: str, entrypoint: str) -> None:
    stop(tmp_path, type_, entrypoint)
    signer = host_signer(tmp_path, SystemClock(), "olga")
    EmergencyJournal(tmp_path, signer).append(ACTIVATED, {"reason": "strange fills"}, "olga")
    found, told = risk_of(measured(tmp_path), RISK, ENTRYPOINT, *PROFILE)
    assert (found.status, found.breaches) == (Verdict.BREACHED, 1)
    assert told == ("no risk decision was made in the window", "emergency mode was called for 1 times")


def test_an_observation_is_one_of_this_entrypoint_and_its_time_no_less_than_nothing(tmp_path: Path) -> None:
    signer = host_signer(tmp_path, SystemClock(), "olga")
    record_step(tmp_path, signer, "observation", "ok", 0, [], facts={"entrypoint": ENTRYPOINT, "minutes": -3})
    record_step(tmp_path, signer, "observation", "ok", 0, [], facts={"entrypoint": OTHER, "minutes": 60})
    found, told = observation_of(measured(tmp_path), ENTRYPOINT)
    assert (found.minutes, found.status, told) == (0, Verdict.OK, ())
    found, _ = observation_of(measured(tmp_path), "bybit_desktop_live")
    assert found.status is Verdict.UNKNOWN


def test_alerts_that_were_taken_are_counted_and_only_critical_ones_may_not_be_held_back(tmp_path: Path) -> None:
    outcome(tmp_path, AlertOutcome.DELIVERED)
    outcome(tmp_path, AlertOutcome.FAILED, AlertOutcome.DELIVERED)
    outcome(tmp_path, AlertOutcome.SUPPRESSED, severity=AlertSeverity.ERROR)
    log = alert_files(tmp_path / "alerts")[0].relative_to(tmp_path)
    found = alerts_of(measured(tmp_path), log, ENTRYPOINT)
    assert (found.status, found.delivered, found.failed, found.suppressed_critical) == (Verdict.OK, 2, 0, 0)


def test_promises_are_judged_by_what_this_entrypoint_measured(traded: Path) -> None:
    scene, now = window_scene(traded, SystemClock()), SystemClock().now()

    def statuses(entrypoint: str, start: int, end: int) -> set[str]:
        results, _ = service_of(traded, scene.configuration, entrypoint, Window(start, end), is_rehearsal=True)
        return {each.status for each in results}

    assert statuses(ENTRYPOINT, now - DAY, now) == {"ok"}
    assert statuses(OTHER, now - DAY, now) == {"unknown"}
    assert statuses(ENTRYPOINT, now, now + SECOND) == {"unknown"}


def test_whatever_an_archive_does_not_show_for_certain_is_a_doubt() -> None:
    sound: JsonObject = {
        "logs": [{"files": ["a.jsonl"], "soundness": "clean"}], "gone": [], "orders": [], "dashboards": "stored",
    }  # fmt: skip
    assert _doubts(sound) == _doubts({**sound, "dashboards": "not_asked"}) == ()
    unsound: JsonObject = {"logs": [{"files": ["a.jsonl"], "soundness": "torn_tail"}]}
    for change, told in (
        (unsound, "a.jsonl is torn_tail"),
        ({"gone": ["seals/b.json"]}, "seals/b.json seals a log that is gone"),
        ({"orders": ["row 3"]}, "the order journal is not sound"),
        ({"dashboards": "missing"}, "what the dashboards showed is missing"),
        ({"dashboards": "empty"}, "what the dashboards showed is empty"),
    ):
        assert _doubts({**sound, **change}) == (told,)
