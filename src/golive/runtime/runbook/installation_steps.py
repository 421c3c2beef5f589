"""Steps that examine the installation by the functions of its own commands: licence, certificates, alerts, keys, venue, logs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from golive.audit import Soundness
from golive.model.verdict import ExitCode, Verdict
from golive.readiness.finding import Status
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys

from ..alerts.policy import audit_place
from ..alerts.selftest import selftest
from ..licence.desk import LicenceDesk
from ..licence.verification import verify as verify_licence
from ..mtls.examine import verify_bundle
from ..rotation import rotation_row
from ..service_levels.report import slo_report as judge_service
from ..venue_check.examination import Examination
from ..venue_check.row import Status as RowStatus
from .place import Done, Place, blocked, judged, ok, unknown

ALERT_WAIT_S: Final = 30.0
_LIVE: Final = "live"


def licence_verify(place: Place, stage: str) -> Done:
    """Licence, machine, list and registry are in order; on the way to live the licence allows it.

    A rehearsal needs no more than a licence for development.
    """
    command = "golive provision --verify"
    desk = LicenceDesk(home=place.home, licensing=place.configuration.runtime.licensing, clock=place.clock)
    found, evidence = verify_licence(desk)
    bad = [f"{each.document}: {each.text}" for each in found.faults] if not found.is_valid else []
    allowed = found.judgement.profiles
    bad += [f"the licence does not allow {name}" for name in ("desktop", place.entrypoint.exchange) if name not in allowed]
    if stage == _LIVE and found.document["live_allowed"] is not True:
        rehearses = found.judgement.development and place.scene.is_rehearsal
        bad += [] if rehearses else ["the licence does not allow live"]
    return judged(f"valid, allows {', '.join(allowed)}", bad, command, evidence)


def mtls_verify(place: Place, stage: str) -> Done:
    """The bundle of certificates is sound; the step `mtls_prepared` is recorded by it."""
    found = verify_bundle(place.home, place.configuration.core.execution.mtls, place.operator, clock=place.clock)
    evidence = () if found.evidence is None else (found.evidence,)
    bad = [f"{check.id}: {check.detail}" for check in found.checks if check.verdict is not Verdict.OK]
    command = found.next_command or "golive mtls verify"
    if found.verdict is Verdict.UNKNOWN:
        return unknown("; ".join(bad[:3]), command, *evidence)
    return judged(f"{len(found.checks)} checks of the bundle", bad, command, *evidence)


def alert_selftest(place: Place, stage: str) -> Done:
    """Every critical channel took a message, the audit has it, and nothing critical was suppressed."""
    command = "golive alerts selftest --severity critical"
    found, path = selftest(place.home, place.configuration, place.clock, place.operator, wait_s=ALERT_WAIT_S, store=place.store)
    bad = [f"{each.channel}: {each.problem or each.outcome}" for each in found.channels if each.outcome != "delivered"]
    bad += [f"{len(found.critical_suppressed)} critical alerts were suppressed"] if found.critical_suppressed else []
    if found.status == "ok":
        return ok(f"{len(found.channels)} critical channels took it", path)
    told = "; ".join(bad) or f"self-test {found.status}"
    return unknown(told, command, path) if found.status == "unknown" else blocked(told, command, path)


def key_rotation(place: Place, stage: str) -> Done:
    """The key of the entrypoint's environment was rotated in time."""
    row = rotation_row(place.configuration, place.home, place.store, place.entrypoint.environment, place.clock.now())
    told = row.reason or f"{row.keychain_key}: due in {row.due_seconds / 86_400:.0f} days"
    statuses = {Verdict.OK: Status.OK, Verdict.NOT_APPLICABLE: Status.NOT_APPLICABLE, Verdict.UNKNOWN: Status.UNKNOWN}
    status = statuses.get(row.verdict, Status.BLOCKED)
    is_good = status in (Status.OK, Status.NOT_APPLICABLE)
    return Done(status, told, "" if is_good else row.next_command or "golive secrets rotation")


def venue_check(place: Place, stage: str) -> Done:
    """The venue answers, the key may do what it must and nothing more."""
    command = f"golive venue check {place.entrypoint.name}"
    found = asyncio.run(Examination(home=place.home, clock=place.clock, store=place.store).of(place.entrypoint))
    bad = [f"{row.check}: {row.measured}" for row in found.checks if row.status in (RowStatus.FAILED, RowStatus.UNKNOWN)]
    if found.exit_code == ExitCode.UNKNOWN:
        return unknown("; ".join(bad[:3]), command)
    return judged(f"{place.entrypoint.exchange}: {len(found.checks)} facts", bad, command)


def audit_verify(place: Place, stage: str) -> Done:
    """Every journal, seal and store of the installation is what was written."""
    log = Path(place.configuration.runtime.risk.decision_log.path)
    alerts = audit_place(place.configuration).directory
    found = Verifier(place.home, VerificationKeys.of_home(place.home), log, alerts=alerts).everything()
    bad = [f"{each.path.name}: {each.faults[0]}" for each in found if each.soundness is not Soundness.CLEAN]
    wrong = any(each.soundness not in (Soundness.CLEAN, Soundness.CANNOT_SAY) for each in found)
    if (bad and not wrong) or not found:
        return unknown("; ".join(bad[:3]) or "nothing was written yet", "golive audit verify --all")
    return judged(f"{len(found)} journals and stores are sound", bad, "golive audit verify --all")


def service_levels(place: Place, stage: str) -> Done:
    """Every promise of `golive slo report` is kept; one that nothing measured is unknown."""
    found = judge_service(place.home, place.configuration, place.clock.now())
    broken = [each.slo.name for each in found.results if each.status == "breach"]
    unjudged = [f"{each.slo.name}: {each.reason}" for each in found.results if each.status == "unknown"]
    if broken:
        return blocked(f"broken: {', '.join(broken)}", "golive slo report")
    if unjudged or not found.results:
        return unknown("; ".join(unjudged[:6]) or "no objective", "golive slo report")
    return ok(f"{len(found.results)} objectives are kept")
