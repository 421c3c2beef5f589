"""The self-test of alerts: a nonce to each critical channel, and what the audit says became of it; kept as evidence."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from golive.audit import Soundness
from golive.config.configuration import Configuration
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import EMERGENCY_CATEGORY, SELFTEST_CATEGORY, SUPPRESSED_CHANNEL, AlertMessage, AlertSeverity
from golive.model.clock import DAY, Clock, from_iso, stamp
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, KeyClass
from golive.observability.shape import Count, Instant, as_json, document_schema
from golive.storage.alert_audit import FileAlertAuditLog, alert_files, rows_of
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.alert_story import parcel_story
from golive.storage.alert_verification import verify_alert_audit
from golive.storage.files import write_atomic
from golive.storage.lost_alerts import EVIDENCE
from golive.storage.verified import VerificationKeys

from ..code_version import code_version
from ..host_signer import host_signer
from ..secret_store import StoredSecrets
from .delivery import AlertDelivery
from .policy import alert_policy, audit_place

SCHEMA: Final = "golive.alerts_selftest.v1"
RECORDED: Final = "alert_selftest"
LOOK_BACK_NS: Final = DAY
"""how far back a suppressed alert of a critical category counts against it"""
TOLD_ANYWAY: Final = frozenset({EMERGENCY_CATEGORY, SELFTEST_CATEGORY})
EXIT: Final = {"ok": ExitCode.OK, "failed": ExitCode.VALIDATION_FAILED, "unknown": ExitCode.UNKNOWN}


@dataclass(frozen=True, slots=True)
class ChannelTested:
    """One critical channel. `no_answer`: the audit had no row in time."""

    channel: str
    alert_id: str
    nonce: str
    outcome: Literal["delivered", "failed", "suppressed", "no_answer"]
    attempts: Count
    seconds: float
    """from putting the message into the outbox to finding its row"""
    problem: str | None = None
    """why it failed, or what is known where the audit says nothing; null when it was delivered or suppressed"""


@dataclass(frozen=True, slots=True)
class SuppressedRow:
    """A row of the last 24 hours that must not be there."""

    alert_id: str
    ts: Instant
    category: str
    severity: AlertSeverity
    title: str


@dataclass(frozen=True, slots=True)
class AuditTested:
    """The audit itself. `sound`: every file of it verifies."""

    backend: Literal["file"]
    directory: str
    files: Count
    sound: bool


@dataclass(frozen=True, slots=True)
class Selftest:
    """One self-test. `status`: `unknown` when a channel has no row yet or the audit cannot be verified."""

    generated_at: Instant
    finished_at: Instant
    severity: AlertSeverity
    entrypoint: str
    """whose environment's throttle the messages are under"""
    key_class: KeyClass
    code_version: str
    runtime_sha256: str
    core_sha256: str
    channels: tuple[ChannelTested, ...]
    critical_suppressed: tuple[SuppressedRow, ...]
    critical_exempt: bool
    """whether no environment's throttle would hold a critical alert back; where one would, `status` is `failed`"""
    audit: AuditTested
    status: Literal["ok", "failed", "unknown"]
    exit_code: Count


def selftest(
    home: Path, configuration: Configuration, clock: Clock, operator: str, *, wait_s: float, store: StoredSecrets | None = None
) -> tuple[Selftest, Path]:
    """Send, wait for the audit, judge, write the evidence; return both. Raises PrerequisiteMissing without a critical channel."""
    policy, began = alert_policy(configuration), clock.now()
    if not policy.critical:
        raise PrerequisiteMissing("no alert channel is critical: core.yaml: alerts.channels.<name>.critical: true")
    entrypoint = configuration.runtime.trading.default_entrypoint
    messages = {channel: _message(channel, entrypoint, clock) for channel in policy.critical}
    directory = home / audit_place(configuration).directory
    delivery = AlertDelivery(home, configuration, MemoryRecorder(), clock, secrets=store)
    try:
        outbox = AlertOutbox.open(home)
        try:
            for message in messages.values():
                outbox.put(message)
        finally:
            outbox.close()
        rows = _wait_for_rows(directory, messages, delivery, wait_s)
        tested = tuple(replace(each, problem=_problem(home, each)) for each in rows)
    finally:
        delivery.close(0)
    audit = _audit_tested(home, directory, audit_place(configuration).directory)
    suppressed = critical_suppressed(directory, clock.now())
    exempt = all(each.throttle.exempts_severity(AlertSeverity.CRITICAL) for each in policy.environments.values())
    status: Literal["ok", "failed", "unknown"] = "ok"
    if not audit.sound or any(each.outcome == "no_answer" for each in tested):
        status = "unknown"
    if not exempt or suppressed or any(each.outcome in ("failed", "suppressed") for each in tested):
        status = "failed"
    signer = host_signer(home, clock, operator)
    found = Selftest(
        began, clock.now(), AlertSeverity.CRITICAL, entrypoint, signer.keys.key_class, code_version(),
        configuration.file_digest.runtime_sha256, configuration.file_digest.core_sha256, tested, suppressed, exempt, audit,
        status, int(EXIT[status]),
    )  # fmt: skip
    path = home / EVIDENCE / f"selftest_{stamp(began)}.json"
    data = json.dumps(selftest_document(found), indent=2, ensure_ascii=False).encode() + b"\n"
    write_atomic(path, data)
    if audit.sound:
        log = FileAlertAuditLog(home, signer, audit_place(configuration).directory, audit_place(configuration).retention_days)
        evidence: dict[str, JsonValue] = {"path": str(path.relative_to(home)), "sha256": hashlib.sha256(data).hexdigest()}
        log.record([(RECORDED, {**evidence, "status": status}, operator)])
        log.close()
    return found, path


def selftest_document(found: Selftest) -> dict[str, JsonValue]:
    """Return the evidence as it is written."""
    told = as_json(found)
    assert isinstance(told, dict)
    return {"schema": SCHEMA, **told}


def selftest_schema() -> dict[str, JsonValue]:
    """Return its JSON Schema."""
    return document_schema(SCHEMA, "Self-test of alerts", Selftest)


def _message(channel: str, entrypoint: str, clock: Clock) -> AlertMessage:
    """Return the same alert each time, so that a throttle which does not exempt critical ones shows itself; the nonce is new."""
    nonce = secrets.token_hex(16)
    context: dict[str, JsonValue] = {"channels": [channel], "entrypoint": entrypoint, "nonce": nonce}
    key = f"{SELFTEST_CATEGORY}|critical|{channel}"
    body = f"This is a test of channel {channel}; nothing has happened. Nonce {nonce}."
    return AlertMessage(
        uuid.uuid4().hex, SELFTEST_CATEGORY, AlertSeverity.CRITICAL, "Self-test of alerts", body, clock.now(), key, context
    )


def _wait_for_rows(
    directory: Path, messages: dict[str, AlertMessage], delivery: AlertDelivery, wait_s: float
) -> tuple[ChannelTested, ...]:
    """Wait until the audit says of each channel that it took its message itself, or that the message was held back."""
    began, found = time.monotonic(), dict[str, ChannelTested]()
    failed: dict[str, ChannelTested] = {}
    while True:
        delivery.wake()
        seconds = round(time.monotonic() - began, 4)
        by_id = {message.alert_id: (channel, message) for channel, message in messages.items()}
        for path in alert_files(directory)[-2:]:
            for entry in rows_of(path):
                channel, message = by_id.get(str(entry.body["alert_id"]), ("", None))
                if message is None or channel in found or not _is_about(entry.body, channel):
                    continue
                outcome, nonce = str(entry.body["outcome"]), str(message.context["nonce"])
                attempts = entry.body["attempts"]
                assert isinstance(attempts, int)
                tested = ChannelTested(channel, message.alert_id, nonce, outcome, attempts, seconds)  # type: ignore[arg-type]
                (found if outcome in ("delivered", "suppressed") else failed)[channel] = tested
        if len(found) == len(messages) or seconds >= wait_s:
            break
        time.sleep(0.05)
    none = {
        channel: ChannelTested(channel, message.alert_id, str(message.context["nonce"]), "no_answer", 0, round(wait_s, 4))
        for channel, message in messages.items()
    }
    return tuple({**none, **failed, **found}[channel] for channel in sorted(messages))


def _is_about(row: JsonObject, channel: str) -> bool:
    """Say whether a row is about that channel: what another one did with the message says nothing about this one."""
    return row.get("channel") in (channel, SUPPRESSED_CHANNEL)


def _problem(home: Path, tested: ChannelTested) -> str | None:
    """Say in words what is wrong with a channel, by what the outbox knows of it."""
    if tested.outcome in ("delivered", "suppressed"):
        return None
    try:
        parcel = parcel_story(home, tested.alert_id, tested.channel)
    except JournalError as exc:
        return str(exc)
    if parcel is None:
        return "no process that knows this channel has taken it from the outbox"
    if tested.outcome == "failed":
        return parcel.problem or "a later attempt is under way"
    if parcel.state == "delivered":
        return "the channel took it, but the audit has no row of it"
    if parcel.problem:
        return f"{parcel.problem}; the audit has no row of it"
    return "the attempt is under way" if parcel.state == "sending" else "no attempt was made yet"


def _audit_tested(home: Path, directory: Path, name: Path) -> AuditTested:
    results = verify_alert_audit(home, VerificationKeys.of_home(home), home / name)
    sound = bool(results) and all(each.soundness is Soundness.CLEAN for each in results)
    return AuditTested("file", str(name), len(alert_files(directory)), sound)


def critical_suppressed(directory: Path, now: int) -> tuple[SuppressedRow, ...]:
    """Return the rows of the last 24 hours that say that an alert of a critical category was held back."""
    found: list[SuppressedRow] = []
    for path in _recent(alert_files(directory), now):
        for entry in rows_of(path):
            body = entry.body
            is_critical = body.get("severity") == AlertSeverity.CRITICAL or body.get("category") in TOLD_ANYWAY
            if body.get("channel") == SUPPRESSED_CHANNEL and is_critical and now - from_iso(entry.ts) <= LOOK_BACK_NS:
                found.append(
                    SuppressedRow(
                        str(body["alert_id"]), from_iso(entry.ts), str(body["category"]), AlertSeverity(str(body["severity"])),
                        str(body["title"]),
                    )
                )  # fmt: skip
    return tuple(found)


def _recent(files: Sequence[Path], now: int) -> list[Path]:
    """Return the files whose day may lie within the last 24 hours."""
    oldest = stamp(now - 2 * DAY)[:8]
    return [path for path in files if path.stem[-8:] >= oldest]
