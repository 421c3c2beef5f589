"""Steps that look at what another command left on the record: its newest step in the decision log, and the files it names."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_bytes
from golive.model.clock import DAY, from_iso
from golive.model.verdict import Stage
from golive.readiness.finding import Status
from golive.readiness.resilience.service import Scenario
from golive.storage.decision_step import recorded_steps

from ..readiness.scene import scene_of
from .place import Done, Place, judged, unknown

_RECORD_NS: Final = 7 * DAY
_DRILL: Final = "var/audit/resilience/failover_summary.json"
_DRILL_FILES: Final = ("audit_summary.json", "failover_summary.json", "failover_summary.csv", "self_healing_report.json")
_PORTFOLIO: Final = "var/audit/portfolio/portfolio_check.json"


def resilience_evidence(place: Place, stage: str) -> Done:
    """The newest drill that is on the record passed all scenarios, and its four files are those that it left."""
    command = "golive drill run"
    done = _on_record(place, "resilience_drill", _DRILL_FILES, command, Stage.REHEARSAL)
    if done.status is not Status.OK:
        return done
    services = _document(place, _DRILL).get("services")
    passed = {each.get("name") for each in services if isinstance(each, dict)} if isinstance(services, list) else set()
    if lacking := [str(each) for each in Scenario if each not in passed]:
        return unknown(f"{done.said}, yet without {', '.join(lacking)}", command, *done.artefacts)
    return done


def portfolio_evidence(place: Place, stage: str) -> Done:
    """The newest portfolio check that is on the record passed, is of this entrypoint, and its file is the one it left."""
    live = scene_of(
        place.home, place.runtime_file, place.configuration, place.entrypoint.name, place.clock, place.store
    ).live.name  # fmt: skip
    command = f"golive portfolio check --entrypoint {live}"
    done = _on_record(place, "portfolio_check", ("portfolio_check.json",), command, Stage.LIVE)
    if done.status is not Status.OK:
        return done
    checked = _document(place, _PORTFOLIO).get("portfolio_id")
    if checked != live:
        return unknown(f"the newest portfolio_check is of {checked}, not of {live}", command, *done.artefacts)
    return done


def _on_record(place: Place, step: str, wanted: Collection[str], command: str, stage: Stage) -> Done:
    """Judge the newest record of a step that another command leaves, by its status, its age and the digests of its files."""
    entries = [entry for entry in recorded_steps(place.home, str(stage)) if entry.body.get("step") == step]
    if not entries:
        return unknown(f"no {step} is on the record", command)
    body, age = entries[-1].body, place.clock.now() - from_iso(entries[-1].ts)
    artefacts = body.get("artefacts")
    named = [each for each in artefacts if isinstance(each, dict)] if isinstance(artefacts, list) else []
    files = {str(each.get("path")): str(each.get("sha256")) for each in named}
    told = f"{step} of {entries[-1].ts[:10]}"
    bad = [f"{path} is not the file that it left" for path, digest in files.items() if _sha256(place, path) != digest]
    if missing := [name for name in wanted if name not in {Path(path).name for path in files}]:
        bad.append(f"it left no {', '.join(missing)}")
    if body.get("status") != "ok":
        bad.append(f"it ended {body.get('status')}")
    if not 0 <= age < _RECORD_NS:
        bad.append("it is older than 7 days, or dated ahead")
    return judged(
        f"{told}: ok, {len(files)} files", [f"{told}: {each}" for each in bad], command, *(place.home / each for each in files)
    )


def _document(place: Place, path: str) -> Mapping[str, Any]:
    """Return a JSON object that was found to be the one on the record, an empty one for anything else."""
    try:
        found = parse_json(read_bytes(place.home, path))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _sha256(place: Place, path: str) -> str:
    """Return the digest of a file below home, '' where it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(place.home, path)).hexdigest()
    except OSError:
        return ""
