"""Gathers what `data_completeness` judges: signed quality reports of what is stored, and the signed risk snapshot."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from golive.inputs import parse_json
from golive.market.quality_report import FOLDER
from golive.market.quality_report import SCHEMA as QUALITY
from golive.market.series import read_index, series_folder
from golive.market.timeframe import timeframe_ns
from golive.model.clock import from_iso, stamp
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import InstrumentId
from golive.model.json import JsonObject
from golive.readiness.checks.data_completeness import DataEvidence, ReportTold, SnapshotTold
from golive.readiness.finding import Evidence, Status
from golive.readiness.objection import HOUR
from golive.storage.evidence_signature import Unsigned, signed_file
from golive.storage.keys import SigningKeys

from ..candle_place import data_folder
from ..risk_limits import risk_profile_of
from ..risk_snapshot.document import FILE_NAME
from ..risk_snapshot.document import SCHEMA as SNAPSHOT
from ..stored_quality import parts_sha256
from .evidence_file import evidence_of, shown
from .period import max_age_hours
from .scene import Scene

_NAMED: Final = re.compile(r"\d{8}T\d{6,12}Z\.json")
_ROOM_NS: Final = HOUR
"""a report older than the period by less than that is still found, so that its age can be told"""


_BEING_WRITTEN_S: Final = 0.05
"""between a file and its signature"""


class _Found(NamedTuple):
    """A document of evidence and what its signature says of it, or why it is not believed."""

    path: str
    data: bytes = b""
    document: Any = None
    key_class: str = ""
    fault: str = ""
    status: Status = Status.UNKNOWN


def data_evidence(scene: Scene) -> DataEvidence:
    """Return what is known of the live environment's data; JournalError when the keys of this installation cannot be used."""
    live, now, home = scene.live, scene.clock.now(), scene.home
    limits = scene.configuration.core.environments[live.environment].data_quality
    keys = SigningKeys.load(home)
    root = data_folder(scene.configuration, home, live.environment)
    reports = tuple(_reports(scene, keys, root))
    snapshot, found = _snapshot(scene, keys, root)
    return DataEvidence(
        environment=live.environment,
        evidence_class=str(live.evidence_class),
        endpoint_host=live.endpoint_host or live.endpoint,
        is_rehearsal=scene.is_rehearsal,
        now=now,
        max_age_hours=max_age_hours(scene),
        min_ok_ratio=limits.min_ok_ratio,
        max_gap_minutes=limits.max_gap_minutes,
        risk_profile_digest=risk_profile_of(live).digest,
        reports=tuple(told for told, _ in reports),
        snapshot=snapshot,
        files=tuple(_files(scene, reports, snapshot, found)),
    )


def _files(
    scene: Scene, reports: tuple[tuple[ReportTold, _Found], ...], snapshot: SnapshotTold, found: _Found
) -> Iterator[Evidence]:
    now = scene.clock.now()
    for at, each in (*((told.generated_at, each) for told, each in reports if not told.fault), (snapshot.generated_at, found)):
        if each.data and not each.fault and at:
            yield evidence_of(scene.home, scene.home / each.path, at, now, each.data)


def _reports(scene: Scene, keys: SigningKeys | None, root: Path) -> Iterator[tuple[ReportTold, _Found]]:
    """Yield the newest report of each traded instrument: of the strategy's timeframe, or one that it can be made of."""
    newest: dict[str, _Found] = {}
    missing = {str(each) for each in scene.live.instruments}
    for found in _signed_reports(scene, keys):
        if not missing:
            break
        instruments = missing if found.fault else _about(scene, root, found.document) & missing
        newest.update(dict.fromkeys(instruments, found))
        missing -= instruments
    for instrument in scene.live.instruments:
        each = newest.get(str(instrument), _Found(""))
        yield _report(root, instrument, each), each


def _signed_reports(scene: Scene, keys: SigningKeys | None) -> Iterator[_Found]:
    """Yield the reports of the period, newest first; those before it are not read."""
    oldest = stamp(scene.clock.now() - max_age_hours(scene) * HOUR - _ROOM_NS)
    names = sorted((path.name for path in (scene.home / FOLDER).glob("*.json") if _NAMED.fullmatch(path.name)), reverse=True)
    yield from (_read(scene, keys, (FOLDER / name).as_posix(), QUALITY) for name in names if name[:15] >= oldest[:15])


def _about(scene: Scene, root: Path, document: Any) -> set[str]:
    """Return the traded instrument whose stored candles a report is about, as a set; of another environment's none."""
    try:
        dataset = document["dataset"]
        instrument, timeframe, path = str(dataset["instrument"]), str(dataset["timeframe"]), str(dataset["path"])
        folder = series_folder(root, InstrumentId.parse(instrument), timeframe)
        fits = timeframe_ns(scene.live.timeframe) % timeframe_ns(timeframe) == 0
    except (KeyError, TypeError, ValueError, ConfigError):
        return set()
    return {instrument} if fits and path == shown(scene.home, folder) else set()


def _report(root: Path, instrument: InstrumentId, found: _Found) -> ReportTold:
    name = str(instrument)
    if not found.path:
        return ReportTold(instrument=name, fault=f"no quality report of the stored candles of {name} within the period")
    if found.fault:
        return ReportTold(instrument=name, path=found.path, fault=found.fault, fault_status=found.status)
    try:
        document = found.document
        summary = document["summary"]
        gaps = [each["details"]["longest_gap_minutes"] for each in document["issues"] if each["code"] == "gap"]
        last = summary["last_timestamp"]
        return ReportTold(
            instrument=name,
            path=found.path,
            generated_at=from_iso(document["generated_at"]),
            key_class=found.key_class,
            status=str(summary["status"]),
            ok_ratio=Decimal(str(summary["ok_ratio"])),
            longest_gap_minutes=max((Decimal(str(each)) for each in gaps), default=Decimal(0)),
            last_at=None if last is None else from_iso(last),
            is_of_stored=document["dataset_sha256"] == _stored(root, instrument, str(document["dataset"]["timeframe"])),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as exc:
        return ReportTold(instrument=name, path=found.path, fault=f"{found.path}: is no quality report: {exc}")


def _stored(root: Path, instrument: InstrumentId, timeframe: str) -> str:
    """Return the digest of a series as it is stored now; '' where it cannot be read."""
    try:
        return parts_sha256(read_index(series_folder(root, instrument, timeframe)))
    except ConfigError:
        return ""


def _snapshot(scene: Scene, keys: SigningKeys | None, root: Path) -> tuple[SnapshotTold, _Found]:
    path = shown(scene.home, root / FILE_NAME)
    if not (root / FILE_NAME).exists():
        fault = f"{path}: there is no risk snapshot of {scene.live.environment}"
        return SnapshotTold(path=path, unknowns={}, fault=fault), _Found(path)
    found = _read(scene, keys, path, SNAPSHOT)
    if found.fault:
        return SnapshotTold(path=path, unknowns={}, fault=found.fault, fault_status=found.status), found
    try:
        return _snapshot_told(scene, found), found
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        return SnapshotTold(path=path, unknowns={}, fault=f"{path}: is no risk snapshot: {exc}"), found


def _snapshot_told(scene: Scene, found: _Found) -> SnapshotTold:
    document = found.document
    limits = [each["risk_profile_digest"] for each in document["risk_limits"] if each["entrypoint"] == scene.live.name]
    return SnapshotTold(
        path=found.path,
        generated_at=from_iso(document["generated_at"]),
        key_class=found.key_class,
        environment=str(document["environment"]),
        evidence_class=str(document["evidence_class"]),
        endpoint_host=str(document["endpoint_host"]),
        status=str(document["status"]),
        unknowns={
            str(each["instrument"]): "" if each["status"] == "ok" else "; ".join(map(str, each["unknown"])) or "unknown"
            for each in document["instruments"]
        },
        risk_profile_digest=str(limits[0]) if limits else "",
    )


def _read(scene: Scene, keys: SigningKeys | None, path: str, schema: str) -> _Found:
    """Return a signed document of the schema, or why it is not believed: looked at twice, for one may be being written."""
    try:
        try:
            data, signature = signed_file(scene.home, path, keys)
        except (JournalError, FileNotFoundError):
            time.sleep(_BEING_WRITTEN_S)
            data, signature = signed_file(scene.home, path, keys)
        document = parse_json(data)
    except Unsigned as exc:
        return _Found(path, fault=str(exc))
    except JournalError as exc:
        return _Found(path, fault=str(exc), status=Status.BLOCKED)
    except (OSError, ValueError) as exc:
        return _Found(path, fault=f"{path}: cannot be read: {exc}")
    if not isinstance(document, dict) or document.get("schema") != schema:
        return _Found(path, fault=f"{path}: is no {schema}")
    return _Found(path, data, document, _text(signature, "key_class"))


def _text(fields: JsonObject, name: str) -> str:
    return str(fields.get(name))
