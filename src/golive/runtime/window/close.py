"""Closing a window: the gate shut, everything archived and summed up, the transition on the record, compliance told.

Each part is done once: a closing that was killed goes on where it was, with the time at which it began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing as closed_after
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from golive.config.rbac import Act
from golive.inputs import parse_json, read_bytes
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import SECOND, from_iso, to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject, JsonValue
from golive.model.secret import Secret
from golive.model.verdict import ExitCode, Verdict
from golive.readiness.window.migration_summary import exit_code
from golive.storage.decision_journal import DIRECTORY as DECISIONS
from golive.storage.decision_journal import DecisionContext, TradingDecisionJournal, journal_files
from golive.storage.decision_step import record_step
from golive.storage.failpoint import reach
from golive.storage.held_folder import held_folder
from golive.storage.keys import SigningKeys
from golive.storage.lease import Lease
from golive.storage.security_admin import admin_entries
from golive.storage.verified import entries_with

from ..alerts.confirmed import send_and_wait
from ..gate import close_gate
from ..host_signer import host_signer
from ..operators import authorised, record_act
from ..prometheus_api import PrometheusApi
from ..readiness.scene import Scene
from .announce import CATEGORY
from .archive import (
    DIRECTORY,
    SUMMARY,
    MadeArchive,
    archive_faults,
    made_archive,
    publish_summary,
    remove_unfinished,
)
from .make import Closing, make_archive
from .measure import CLOSED_WITH_WINDOW
from .span import LAST_OPENING, STEP, Span, closed_windows, open_span

ACT: Final = "live_window_closing"
"""record of the log of people's acts with which a closing begins"""
TRANSITION: Final = "stage_transition"
CHANNELS: Final = ("oem-live", "sec-alerts")
"""who hears that a window was closed; `sec-alerts` is where compliance reads"""
_STATUS: Final = {ExitCode.OK: "ok", ExitCode.BREACHED: "breached", ExitCode.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Closed:
    """A window that was closed. `faults`: why its archive is not believed; then nothing else was done."""

    folder: Path
    """relative to home"""
    summary: dict[str, Any]
    exit_code: ExitCode
    doubts: tuple[str, ...] = ()
    """what is unknown beside the parts of the summary"""
    faults: tuple[str, ...] = ()
    is_new: bool = True
    """False: it had been closed before, and this is what was found then"""


def close_window(scene: Scene, person: str, passphrase: Secret, *, prometheus: str, wait_s: float) -> Closed:
    """Close the window of the scene's live entrypoint in the name of `person`, who may `window.close`.

    `prometheus`: address of the one that is asked what the dashboards showed, '' for none. Raises ConfigError for what is no
    address, PrerequisiteMissing for somebody who may not, while a session of the entrypoint runs, and where no window was opened;
    JournalError when something cannot be written, or a journal that has to be believed cannot.
    """
    home, entrypoint = scene.home, scene.live.name
    api = PrometheusApi(prometheus) if prometheus else None
    identity = authorised(home, person, passphrase, Act.WINDOW_CLOSE, clock=scene.clock)
    with _alone(home, entrypoint):
        span = open_span(home, entrypoint)
        if span is None:
            return _closed_before(scene)
        began = scene.clock.monotonic()
        close_gate(home, entrypoint, CLOSED_WITH_WINDOW, scene.clock, by=identity.name)
        reach("window.gate_shut")
        keys = SigningKeys.load(home)
        if keys is None:
            raise JournalError(f"{home}: the keys of this installation are gone; restore var/state/keys from a backup")
        closed_at = _closed_at(scene, span, keys, identity.name)
        found = made_archive(home, entrypoint, to_iso(closed_at), keys.seal_keys)
        if found is None:
            making = Closing(scene=scene, span=span, closed_at=closed_at, operator=identity.name, prometheus=api)
            make_archive(making, keys)
            found = made_archive(home, entrypoint, to_iso(closed_at), keys.seal_keys)
            assert found is not None, "it was just made"
        summary = _summary(home, found.folder)
        if faults := archive_faults(home / found.folder, keys.seal_keys):
            return Closed(found.folder, summary, ExitCode.UNKNOWN, faults=faults)
        publish_summary(home, found.folder)
        _record_transition(scene, span, found, summary, identity.name)
        reach("window.transition")
        told = _tell(scene, found, summary, identity.name, wait_s)
        doubts = (*_doubts(found.manifest), *(f"{channel} has not taken the notice yet" for channel in told))
        code = exit_code([*statuses(summary).values(), *(Verdict.UNKNOWN for _ in doubts)])
        _record_step(scene, span, found, code, doubts, identity.name, began)
        return Closed(found.folder, summary, code, doubts)


def statuses(summary: Mapping[str, Any]) -> dict[str, Verdict]:
    """Return how each part of a summary is judged."""
    found = {"observation": summary["window"]["observation"]["status"]}
    found |= {name: summary[name]["status"] for name in ("kyc", "risk_limits", "alerts", "slo")}
    return {name: Verdict(status) for name, status in found.items()}


@contextmanager
def _alone(home: Path, entrypoint: str) -> Iterator[None]:
    """Keep sessions of the entrypoint and other closings away."""
    lease = Lease.acquire(home, entrypoint)
    try:
        with held_folder(home / DIRECTORY):
            remove_unfinished(home)
            yield
    finally:
        lease.release()


def _closed_before(scene: Scene) -> Closed:
    """Return the last window as it was closed."""
    name = scene.live.name
    steps = closed_windows(scene.home, name)
    if not steps:
        raise PrerequisiteMissing(f"the gate of {name} was never opened, so there is no window to close: golive gate status")
    body = steps[-1].body
    folder, doubts = Path(str(body["archive"])), body.get("doubts")
    summary = _summary(scene.home, folder)
    keys = SigningKeys.load(scene.home)
    faults = archive_faults(scene.home / folder, {} if keys is None else keys.seal_keys)
    code = next((code for code, status in _STATUS.items() if status == body.get("status")), ExitCode.UNKNOWN)
    told = tuple(map(str, doubts)) if isinstance(doubts, list) else ()
    return Closed(folder, summary, ExitCode.UNKNOWN if faults else code, told, faults, is_new=False)


def _summary(home: Path, folder: Path) -> dict[str, Any]:
    try:
        found: Any = parse_json(read_bytes(home, str(folder / SUMMARY)))
        statuses(found)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise JournalError(f"{folder / SUMMARY}: cannot be read: {exc}; put the archive back from a copy") from exc
    return dict(found)


def _closed_at(scene: Scene, span: Span, keys: SigningKeys, person: str) -> int:
    """Return when this closing began: what is on the record, unless the gate was opened again since; else now, recorded."""
    last = span.openings[-1].seq
    for entry in reversed(admin_entries(scene.home, keys)):
        if entry.type == ACT and (entry.body.get("entrypoint"), entry.body.get(LAST_OPENING)) == (span.entrypoint, last):
            return from_iso(str(entry.body["closed_at"]))
    now = scene.clock.now()
    if now <= span.last_opened_at:
        opened = to_iso(span.last_opened_at)
        raise PrerequisiteMissing(f"the gate was opened at {opened}, which is to come by this clock: set it, and close once more")
    body: JsonObject = {
        "entrypoint": span.entrypoint, "opened_at": to_iso(span.opened_at), "closed_at": to_iso(now), LAST_OPENING: last,
    }  # fmt: skip
    record_act(scene.home, ACT, body, person, clock=scene.clock)
    return now


def _record_transition(scene: Scene, span: Span, found: MadeArchive, summary: Mapping[str, Any], person: str) -> None:
    """Mark the way from paper to live in the decision journal, once for each archive."""
    for path in journal_files(scene.home / DECISIONS):
        for entry in entries_with(path, TRANSITION.encode()):
            if entry.body.get("event") == TRANSITION and entry.body.get("manifest_sha256") == found.manifest_sha256:
                return
    live, first = scene.live, span.openings[0]
    context = DecisionContext(
        entrypoint=live.name, environment=live.environment, portfolio=live.name, risk_profile=live.risk_profile, run_id=""
    )
    operators: list[JsonValue] = [*first.operators]
    body: JsonObject = {
        "from": summary["from"], "to": summary["to"], "gate_report_sha256": first.report_sha256, "operators": operators,
        "stage": "rehearsal" if scene.is_rehearsal else "live", "evidence_class": str(live.evidence_class),
        "archive": str(found.folder), "manifest_sha256": found.manifest_sha256,
    }  # fmt: skip
    with closed_after(TradingDecisionJournal(scene.home, host_signer(scene.home, scene.clock, person), context)) as journal:
        journal.note(TRANSITION, body)
        journal.sync()


def _tell(scene: Scene, found: MadeArchive, summary: Mapping[str, Any], person: str, wait_s: float) -> tuple[str, ...]:
    """Tell compliance and whoever was told of the start; return the channels that have not taken it in time."""
    channels = [each for each in CHANNELS if each in scene.configuration.core.alerts.channels]
    parts = ", ".join(f"{name} {status}" for name, status in statuses(summary).items())
    window, name = summary["window"], scene.live.name
    body = (
        f"Okno live {name} zamknięte przez {person}: {window['opened_at']} – {window['closed_at']}. {parts}. "
        f"Archiwum: {found.folder}, manifest SHA-256 {found.manifest_sha256}. Do compliance: przejście paper→live jest "
        f"w dzienniku decyzji; sprawdzenie: golive window verify {found.folder.name}."
    )
    context: JsonObject = {"channels": [*channels], "entrypoint": name, "archive": str(found.folder)}
    message = AlertMessage(
        hashlib.sha256(f"{CATEGORY}|closed|{found.manifest_sha256}".encode()).hexdigest()[:32], CATEGORY, AlertSeverity.INFO,
        f"Go-live: {name}, okno zamknięte", body, scene.clock.now(), f"{CATEGORY}|closed|{found.manifest_sha256}", context,
    )  # fmt: skip
    if not channels:
        return CHANNELS
    taken = send_and_wait(scene.home, scene.configuration, message, channels, scene.clock, wait_s=wait_s, store=scene.store)
    return tuple(each for each in CHANNELS if each not in taken)


def _doubts(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what an archive does not show for certain."""
    found = [f"{log['files'][0]} is {log['soundness']}" for log in manifest["logs"] if log["soundness"] != "clean"]
    found += [f"{each} seals a log that is gone" for each in manifest["gone"]]
    found += ["the order journal is not sound"] if manifest["orders"] else []
    found += [f"what the dashboards showed is {manifest['dashboards']}"] if manifest["dashboards"] in ("missing", "empty") else []
    return tuple(found)


def _record_step(
    scene: Scene, span: Span, found: MadeArchive, code: ExitCode, doubts: tuple[str, ...], person: str, began: int
) -> None:
    """Write down that the window is closed: with this it is over, and the next opening of the gate begins another one."""
    home = scene.home
    facts: JsonObject = {
        "entrypoint": span.entrypoint, "environment": scene.live.environment, "opened_at": to_iso(span.opened_at),
        "closed_at": found.manifest["closed_at"], "archive": str(found.folder), "manifest_sha256": found.manifest_sha256,
        "doubts": [*doubts], LAST_OPENING: span.openings[-1].seq,
    }  # fmt: skip
    artefacts = [home / found.folder / name for name in ("manifest.json", SUMMARY)]
    milliseconds = (scene.clock.monotonic() - began) * 1000 // SECOND
    record_step(home, host_signer(home, scene.clock, person), STEP, _STATUS[code], milliseconds, artefacts, facts=facts)
