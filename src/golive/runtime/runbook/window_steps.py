"""Steps that judge a window of live trading: how it began, how its first minutes went, and what closing it left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from golive.audit import Entry, Soundness
from golive.inputs import parse_json, read_bytes
from golive.metrics.declaration import LIVE_FALLBACK, LIVE_LATENCY, LIVE_ORDERS
from golive.model.clock import from_iso
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode, Verdict
from golive.readiness.window.migration_summary import exit_code
from golive.storage.decision_journal import DIRECTORY as DECISIONS
from golive.storage.decision_journal import journal_files
from golive.storage.decision_step import recorded_steps
from golive.storage.verified import VerificationKeys, entries_with, verify_series

from ..metrics_snapshot import FOLDER as SNAPSHOTS
from ..window.archive import SUMMARY, archive_faults
from ..window.bootstrap_log import PATH as BOOTSTRAP_LOG
from ..window.bootstrap_log import bootstrap_faults, newest_start
from ..window.close import TRANSITION, statuses
from ..window.measure import OBSERVATION
from ..window.span import closed_windows, open_span
from .place import Done, Place, blocked, judged, ok, unknown

_LIVE: Final = "live"
LIVE_SHOWN: Final = (LIVE_ORDERS, LIVE_FALLBACK, LIVE_LATENCY)
"""what LIVE_EXECUTION wants to see of a window"""
_START: Final = "golive run --mode live --read-only"


def window_archive(place: Place, stage: str) -> Done:
    """The newest window is closed, and its archive still is what was archived."""
    found = _closed(place)
    if isinstance(found, Done):
        return found
    folder = _folder(found)
    faults = archive_faults(place.home / folder, VerificationKeys.of_home(place.home).seal)
    return judged(f"{folder} is what was archived", list(faults), f"golive window verify {folder.name}", *_files(place, folder))


def migration_summary(place: Place, stage: str) -> Done:
    """The summary of the newest window is what was signed, and says that KYC, limits, alerts and observation were in order.

    Service levels have a box of their own (`slo_report`).
    """
    found = _closed(place)
    if isinstance(found, Done):
        return found
    folder = _folder(found)
    path = folder / SUMMARY
    if faults := archive_faults(place.home / folder, VerificationKeys.of_home(place.home).seal):
        return judged("", list(faults), f"golive window verify {folder.name}", place.home / path)
    summary: Any = parse_json(read_bytes(place.home, str(path)))
    parts = parts_asked(summary)
    command = f"golive window close --entrypoint {_live(place)} --operator NAME --json"
    said = ", ".join(f"{name} {status}" for name, status in parts.items())
    code = exit_code(parts.values())
    if code == ExitCode.OK:
        return ok(f"{said}; {summary['window']['duration_seconds']:g} s live", place.home / path)
    return (blocked if code == ExitCode.BREACHED else unknown)(said, command, place.home / path)


def parts_asked(summary: Mapping[str, Any]) -> dict[str, Verdict]:
    """Return how the parts of a summary are judged that its box asks for."""
    return {name: status for name, status in statuses(summary).items() if name != "slo"}


def transition_record(place: Place, stage: str) -> Done:
    """The decision journal is sound and has the way from paper to live of the newest window."""
    found = _closed(place)
    if isinstance(found, Done):
        return found
    files = journal_files(place.home / DECISIONS)
    for result in verify_series(files, VerificationKeys.of_home(place.home)):
        if result.soundness is not Soundness.CLEAN:
            return blocked(f"{result.path.name}: {result.soundness}: {result.faults[0]}", "golive audit verify --all")
    for path in files:
        for entry in entries_with(path, TRANSITION.encode()):
            body = entry.body
            if body.get("event") == TRANSITION and body.get("manifest_sha256") == found.body.get("manifest_sha256"):
                return ok(f"{body.get('from')} → {body.get('to')} at {entry.ts}, gate opened by {_names(body)}", path)
    return blocked(f"no {TRANSITION} of {_folder(found)} in the decision journal", "golive audit verify --all")


def live_observation(place: Place, stage: str) -> Done:
    """The first minutes of live trading under canary limits went as they must, since the gate was opened last."""
    name = _live(place)
    steps = [*recorded_steps(place.home, _LIVE), *recorded_steps(place.home, "rehearsal")]
    found = [each for each in steps if each.body.get("step") == OBSERVATION and each.body.get("entrypoint", name) == name]
    span = open_span(place.home, name)
    since = 0 if span is None else span.last_opened_at
    newest = max(found, key=lambda each: each.seq, default=None)
    if newest is None or from_iso(newest.ts) < since:
        return unknown(
            f"no observation of {name} is on the record since its gate was opened", f"golive run --mode live --entrypoint {name}"
        )
    said = f"{newest.body.get('minutes')} minutes, {newest.body.get('status')}"
    return ok(said) if newest.body.get("status") == Verdict.OK.value else blocked(said, "golive gate status")


def live_bootstrap(place: Place, stage: str) -> Done:
    """The newest live start wired the real services, one aggregator for both sides, and nothing was paper only."""
    path = place.home / BOOTSTRAP_LOG
    if not path.is_file():
        return unknown(f"{BOOTSTRAP_LOG}: there is none yet", _START)
    start = newest_start(place.home)
    return judged(f"{len(start)} components of {start[-1].get('ts')}" if start else "", bootstrap_faults(start), _START, path)


def dashboard_snapshot(place: Place, stage: str) -> Done:
    """The newest snapshot of the dashboards shows the metrics of live orders, and its picture is the one it was taken with."""
    command = "golive metrics snapshot --prometheus URL"
    taken = sorted((place.home / SNAPSHOTS).glob("dashboards_*.json"))
    if not taken:
        return unknown("what the dashboards show was not kept yet", command)
    document: Any = parse_json(read_bytes(place.home, str(taken[-1].relative_to(place.home))))
    drawing = SNAPSHOTS / str(document["picture"])
    drawn = hashlib.sha256(read_bytes(place.home, str(drawing))).hexdigest()
    bad = [] if drawn == document["picture_sha256"] else [f"{drawing} is not the picture that was taken"]
    queries = [query for each in document["dashboards"] for panel in each["panels"] for query in panel["queries"]]
    asked = " ".join(str(query["expression"]) for query in queries)
    shown = " ".join(str(query["expression"]) for query in queries if query["series"])
    bad += [f"{metric.name} was not asked for" for metric in LIVE_SHOWN if metric.name not in asked]
    bad += [] if LIVE_ORDERS.name in shown else [f"nothing of {LIVE_ORDERS.name} was there to be shown"]
    good = f"{LIVE_ORDERS.name} and what goes with it from {document['start']} to {document['end']}"
    return judged(good, bad, command, taken[-1], place.home / drawing)


def _closed(place: Place) -> Entry | Done:
    """Return the step of the newest window, once it is closed; else what is to be done."""
    name = _live(place)
    command = f"golive window close --entrypoint {name} --operator NAME"
    if open_span(place.home, name) is not None:
        return unknown(f"the window of {name} is not closed yet", command)
    steps = closed_windows(place.home, name)
    return steps[-1] if steps else unknown(f"no window of {name} was opened yet", "golive gate status")


def _live(place: Place) -> str:
    """Return the live entrypoint that the runbook leads to."""
    return place.scene.live.name


def _folder(step: Entry) -> Path:
    return Path(str(step.body["archive"]))


def _files(place: Place, folder: Path) -> Iterable[Path]:
    return (place.home / folder / name for name in ("manifest.json", "SHA256SUMS"))


def _names(body: JsonObject | Mapping[str, Any]) -> str:
    operators = body.get("operators")
    return " and ".join(map(str, operators)) if isinstance(operators, list) else "nobody"
