"""What happened in a window, measured from the archived copies of its logs; what they cannot tell is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.config.slo_section import Slo
from golive.model.alert import SUPPRESSED_CHANNEL, AlertOutcome, AlertSeverity
from golive.model.decision import DecisionCode
from golive.model.indicator import INDICATORS
from golive.model.json import JsonObject
from golive.model.verdict import Verdict
from golive.observability.slo import SloResult, Window, judge
from golive.readiness.gate_state import CLOSED
from golive.readiness.window.migration_summary import Observation, RiskLimits, WindowAlerts
from golive.storage import emergency_journal, security_admin
from golive.storage.alert_audit import ALERT
from golive.storage.decision_step import CHECKLIST_STEP
from golive.storage.log_series import LIVE_LOG
from golive.storage.risk_decisions import RISK_DECISION
from golive.storage.stop_record import HOST_STOPPED, STOPPED

from ..service_levels.report import measured
from .copies import Copies

OBSERVATION: Final = "observation"
"""the step that a trading start leaves when its first minutes are over"""
CLOSED_WITH_WINDOW: Final = "the window was closed"
"""reason with which the gate is shut at the end"""
LOSS_LIMITS: Final = frozenset({DecisionCode.RISK_DAILY_LOSS, DecisionCode.RISK_WEEKLY_LOSS, DecisionCode.RISK_DRAWDOWN})
"""refused with one of these, a limit of loss has been reached; the other limits only keep orders small"""


def alerts_of(copies: Copies, log: Path | None, entrypoint: str) -> WindowAlerts:
    """Count what became of each alert of the entrypoint, or of the host, at each channel."""
    delivered, failed, held_back = set(), set(), 0
    for entry in () if log is None else copies.records(log, {ALERT}):
        body = entry.body
        if _context(body).get("entrypoint", entrypoint) != entrypoint:
            continue
        parcel, outcome = (body.get("alert_id"), body.get("channel")), body.get("outcome")
        if outcome == AlertOutcome.DELIVERED.value:
            delivered.add(parcel)
        elif body.get("channel") == SUPPRESSED_CHANNEL:
            held_back += body.get("severity") == AlertSeverity.CRITICAL.value
        else:
            failed.add(parcel)
    failed -= delivered
    status = Verdict.BREACHED if failed or held_back else Verdict.OK
    if log is None or not copies.is_sound(log):
        status = Verdict.UNKNOWN
    return WindowAlerts(status, len(delivered), len(failed), held_back)


def risk_of(copies: Copies, log: Path, entrypoint: str, profile: str, digest: str) -> tuple[RiskLimits, tuple[str, ...]]:
    """Return which limits of loss were reached, and what else there is to say: decisions under other limits, emergency mode."""
    reached, decided, others = set[tuple[str, object]](), 0, 0
    for entry in copies.records(log, {RISK_DECISION}):
        if entry.body.get("entrypoint") != entrypoint:
            continue
        decided += 1
        others += (entry.body.get("profile"), entry.body.get("risk_profile_digest")) != (profile, digest)
        if entry.body.get("code") in LOSS_LIMITS:
            reached.add((entry.ts[:10], entry.body.get("limit")))
    for entry in copies.records(security_admin.PATH, {STOPPED, HOST_STOPPED}):
        if entry.type == HOST_STOPPED or entry.body.get("entrypoint") == entrypoint:
            reached.add((entry.ts[:10], entry.body.get("limit")))
    status = Verdict.BREACHED if reached or others else Verdict.OK
    if (log in copies.logs and not copies.is_sound(log)) or not copies.is_sound(security_admin.PATH):
        status = Verdict.UNKNOWN
    told = [] if decided else ["no risk decision was made in the window"]
    told += [f"{others} risk decisions were made under other limits than those the gate was opened for"] if others else []
    calls = sum(1 for _ in copies.records(emergency_journal.PATH, {emergency_journal.ACTIVATED}))
    told += [f"emergency mode was called for {calls} times"] if calls else []
    return RiskLimits(status, profile, digest, len(reached)), tuple(told)


def observation_of(copies: Copies, entrypoint: str) -> tuple[Observation, tuple[str, ...]]:
    """Return what the newest step `observation` of the window says, unknown without one; and what earlier ones said."""
    found = []
    if copies.is_sound(LIVE_LOG):
        steps = (each for each in copies.records(LIVE_LOG, {CHECKLIST_STEP}) if each.body.get("step") == OBSERVATION)
        found = [each for each in steps if each.body.get("entrypoint", entrypoint) == entrypoint]
    if not found:
        return Observation(0, Verdict.UNKNOWN), ()
    told = (f"an earlier observation, of {each.ts}, was {each.body.get('status')}{_why(each.body)}" for each in found[:-1])
    newest = found[-1].body
    status = _verdict(newest.get("status"))
    why = () if status is Verdict.OK else (f"the observation was {newest.get('status')}{_why(newest)}",)
    return Observation(_minutes(newest), status), (*told, *why)


def closings_of(copies: Copies, gate: Path) -> tuple[str, ...]:
    """Say when and why the gate was shut in the window, but for the closing of the window itself."""
    shut = (each for each in copies.records(gate, {CLOSED}) if each.body.get("reason") != CLOSED_WITH_WINDOW)
    return tuple(f"the gate was shut at {each.ts} by {each.body.get('by')}: {each.body.get('reason')}" for each in shut)


def service_of(
    home: Path, configuration: Configuration, entrypoint: str, window: Window, *, is_rehearsal: bool
) -> tuple[tuple[SloResult, ...], tuple[str, ...]]:
    """Judge the objectives over the window by what this entrypoint measured, and name what a rehearsal does not ask for."""
    asked, told = list[Slo](), []
    for slo in configuration.core.observability.slo:
        missing = INDICATORS[slo.indicator].missing
        if missing and is_rehearsal:
            told.append(f"slo {slo.name} is not asked for in a rehearsal: {missing}")
        else:
            asked.append(slo)
    filters = {"entrypoint": entrypoint}
    results = tuple(judge(slo, measured(home, slo, window, filters), window) for slo in asked)
    return results, (*told, *_words(results))


def _words(results: Iterable[SloResult]) -> Iterable[str]:
    for each in results:
        if each.status != "ok":
            yield f"slo {each.slo.name} is {each.status}" + (f": {each.reason}" if each.reason else "")


def _why(body: JsonObject) -> str:
    reason = body.get("reason")
    return f": {reason}" if isinstance(reason, str) and reason else ""


def _minutes(body: JsonObject) -> float:
    """Return the minutes of an observation, a number or decimal text; 0 for what is none."""
    value = body.get("minutes")
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else Decimal(0)
    except InvalidOperation:
        return 0
    return plain(float(found)) if found.is_finite() and found >= 0 else 0


def plain(number: float) -> float:
    """Return a whole number without its fraction: 60, not 60.0."""
    return int(number) if number.is_integer() else number


def _verdict(status: object) -> Verdict:
    """Return the verdict of a step's status; one that is no verdict is unknown."""
    return Verdict(status) if isinstance(status, str) and status in set(Verdict) else Verdict.UNKNOWN


def _context(body: JsonObject) -> JsonObject:
    context = body.get("context")
    return context if isinstance(context, dict) else {}
