"""Gathers what `alerting` judges: configuration, the audit of alerts verified, and the self-test that it names last."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from golive.audit import Entry, Soundness, worst
from golive.inputs import parse_json, read_bytes
from golive.model.alert import AlertOutcome, AlertSeverity
from golive.model.clock import from_iso, stamp
from golive.readiness.checks.alerting import AlertEvidence, ChannelTold, SelftestTold
from golive.readiness.finding import Evidence, Status
from golive.storage.alert_audit import ALERT, alert_files
from golive.storage.alert_verification import verify_alert_audit
from golive.storage.lost_alerts import evidence_files
from golive.storage.verified import VerificationKeys, entries_with

from ..alerts.policy import alert_policy, audit_place
from ..alerts.selftest import RECORDED, SCHEMA, critical_suppressed
from .evidence_file import evidence_of
from .period import max_age_hours
from .scene import Scene


def alert_evidence(scene: Scene) -> AlertEvidence:
    """Return what is known of alerts; JournalError when the keys of this installation cannot be used."""
    home, now = scene.home, scene.clock.now()
    policy, section = alert_policy(scene.configuration), scene.configuration.core.environments[scene.live.environment]
    place = audit_place(scene.configuration).directory
    audit_status, audit_fault = _audit(home, place)
    told = _told(home, home / place) if not audit_fault else _Told()
    return AlertEvidence(
        environment=scene.live.environment,
        is_rehearsal=scene.is_rehearsal,
        now=now,
        max_age_hours=max_age_hours(scene),
        critical=tuple(policy.critical),
        backend=section.alert_audit.backend,
        exempts_critical=policy.environments[scene.live.name].throttle.exempts_severity(AlertSeverity.CRITICAL),
        audit_status=audit_status,
        audit_fault=audit_fault,
        suppressed_now=0 if audit_fault else len(critical_suppressed(home / place, now)),
        selftest=told.selftest,
        selftest_status=told.status,
        selftest_fault=told.fault,
        files=_files(home, told, now),
    )


class _Told:
    """The newest self-test, or why there is none that could be believed."""

    def __init__(
        self, selftest: SelftestTold | None = None, fault: str = "", status: Status = Status.UNKNOWN, *,
        path: Path | None = None, data: bytes = b"",
    ) -> None:  # fmt: skip
        self.selftest, self.fault, self.status = selftest, fault, status
        self.path, self.data = path, data


def _audit(home: Path, place: Path) -> tuple[Status, str]:
    """Return what is wrong with the audit; nothing where it is sound, or not begun."""
    keys = VerificationKeys.of_home(home)
    if keys.own is None and alert_files(home / place):  # published keys are what anybody may have put there
        return Status.UNKNOWN, "the keys that signed it are gone; restore var/state/keys from a backup"
    results = verify_alert_audit(home, keys, home / place)
    bad = [each for each in results if each.soundness is not Soundness.CLEAN]
    if not bad:
        return Status.OK, ""
    is_tampered = worst([fault for each in bad for fault in each.faults]) is Soundness.TAMPERED
    first = next((each for each in bad if not is_tampered or each.soundness is Soundness.TAMPERED), bad[0])
    text = f"{first.path}: {first.faults[0]}".replace(f"{home}/", "")
    return Status.BLOCKED if is_tampered else Status.UNKNOWN, text


def _told(home: Path, directory: Path) -> _Told:
    """Return the self-test that the audit recorded last; a newer file that it does not know is not passed over.

    Files are listed before the audit is read: a test is recorded right behind its file.
    """
    files = evidence_files(home)
    records = [entry for path in alert_files(directory) for entry in entries_with(path, RECORDED.encode())]
    records = [entry for entry in records if entry.type == RECORDED]
    newest = files[-1].relative_to(home).as_posix() if files else ""
    if not records:
        return _Told(fault=f"{newest}: the audit of alerts does not know it" if newest else "")
    last = records[-1]
    path = str(last.body.get("path"))
    if newest > path:
        return _Told(fault=f"{newest}: the audit of alerts does not know it")
    try:
        data = read_bytes(home, path)
    except OSError as exc:
        return _Told(fault=f"{path}: cannot be read: {exc.strerror}")
    if hashlib.sha256(data).hexdigest() != last.body.get("sha256"):
        return _Told(fault=f"{path}: is not what the audit of alerts has", status=Status.BLOCKED)
    try:
        return _Told(_selftest(parse_json(data), last, directory), path=home / path, data=data)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        return _Told(fault=f"{path}: is no self-test: {exc}")


def _selftest(document: Any, record: Entry, directory: Path) -> SelftestTold:
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']!r:.60}")
    channels: list[Mapping[str, Any]] = document["channels"]
    day = stamp(from_iso(document["generated_at"]))[:8]
    audited = {
        (entry.body.get("alert_id"), entry.body.get("channel"))
        for path in alert_files(directory)
        if path.stem[-8:] >= day
        for each in channels
        for entry in entries_with(path, str(each["alert_id"]).encode())
        if entry.type == ALERT and entry.body.get("outcome") == AlertOutcome.DELIVERED
    }
    return SelftestTold(
        generated_at=from_iso(document["generated_at"]),
        status=str(document["status"]),
        key_class=str(record.body.get("key_class")),
        channels=tuple(
            ChannelTold(str(each["channel"]), str(each["outcome"]), (each["alert_id"], each["channel"]) in audited)
            for each in channels
        ),
        suppressed=len(document["critical_suppressed"]),
    )


def _files(home: Path, told: _Told, now: int) -> tuple[Evidence, ...]:
    if told.selftest is None or told.path is None:
        return ()
    return (evidence_of(home, told.path, told.selftest.generated_at, now, told.data),)
