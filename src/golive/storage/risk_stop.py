"""Drawdown stops that stand: one small file per entrypoint below `var/state/risk/stops/`, and a signed record (`stop_record`).

A stop survives the day roll and restarts, and that its file goes; only a release takes it away, which is a signed record. A file
that cannot be read is a stop that stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError

from . import security_admin
from .files import PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .owned_path import check_file
from .stop_record import Release, stop_id, stop_records

STOPS: Final = Path("var/state/risk/stops")
STOP_SCHEMA: Final = "golive.risk_stop.v1"
UNREADABLE: Final = "unreadable"
"""what stands in a stop whose file cannot be read"""
UNTOLD: Final = "untold"
"""what stands in one of which only the log could tell, and the log cannot be believed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingStop:
    """A loss limit that was reached and holds; shares as decimal texts, `since` ISO-8601 of the wall clock."""

    entrypoint: str
    stage: str
    limit: str
    allowed: str
    used: str
    since: str
    profile: str
    risk_profile_digest: str
    run_id: str


_NAMES: Final = [each.name for each in fields(StandingStop)]
LOG: Final = str(security_admin.PATH)


def write_stop(home: Path, stop: StandingStop) -> StandingStop:
    """Let the stop stand, unless one stands already; durable on return. Returns the one that stands. Raises JournalError."""
    path = stop_path(home, stop.entrypoint)
    if (standing := _of_file(path, stop.entrypoint)) is not None:
        return standing
    if (recorded := stop_records(home).own.get(stop.entrypoint)) is not None:
        return _of_record(recorded)
    _write(path, STOP_SCHEMA, asdict(stop))
    return stop


def read_stop(home: Path, entrypoint: str) -> StandingStop | None:
    """Return the stop that stands for an entrypoint, by its file or by its signed record. Never raises.

    A file that cannot be read says `UNREADABLE` and why; a log that cannot tell, `UNTOLD`.
    """
    of_file, records = _of_file(stop_path(home, entrypoint), entrypoint), stop_records(home)
    recorded = records.own.get(entrypoint)
    if recorded is not None and (of_file is None or of_file.limit != UNREADABLE):
        return _of_record(recorded)
    if of_file is None and records.fault:
        return _in_doubt(entrypoint, UNTOLD, records.cannot_tell(f"a drawdown stop of {entrypoint}"))
    return of_file


def stop_ids(home: Path, entrypoint: str) -> list[str]:
    """Return the ids of what stands for an entrypoint, for the record that releases it."""
    of_file, recorded = _of_file(stop_path(home, entrypoint), entrypoint), stop_records(home).own.get(entrypoint)
    ids = {recorded["id"]} if recorded is not None else set()
    return sorted(ids if of_file is None else ids | {stop_id(asdict(of_file))})


def stop_mismatch(home: Path, entrypoint: str, recorded: Mapping[str, str] | None) -> tuple[str, bool] | None:
    """Say in what the file of a stop is not what the log says, and whether it says less; None when it is."""
    path = stop_path(home, entrypoint)
    of_file, fix = _of_file(path, entrypoint), f"golive risk release --entrypoint {entrypoint} --operator NAME ends it"
    if of_file is not None and of_file.limit == UNREADABLE:
        return f"{of_file.used}; it stands until released: {fix}", True
    if recorded is None:
        alone = f"{path} says that a stop stands, and {LOG} has no record of it: a command was cut off; it stands, and {fix}"
        return None if of_file is None else (alone, False)
    if of_file is None:
        return f"{path} is gone, though {LOG} says that the stop of {recorded.get('since')} stands; it does, and {fix}", True
    if stop_id(asdict(of_file)) != recorded["id"]:
        return f"{path} is not the stop that {LOG} says stands; that one does, and {fix}", True
    return None


def standing_stops(home: Path) -> tuple[StandingStop, ...]:
    """Return every stop that stands, by entrypoint."""
    return tuple(stop for name in stop_names(home, stop_records(home).own) if (stop := read_stop(home, name)) is not None)


def stop_names(home: Path, recorded: Iterable[str]) -> list[str]:
    """Return the entrypoints that have a stop on disk or in the log."""
    files = {path.stem for path in (home / STOPS).glob("*.json") if not path.name.startswith(".")}
    return sorted(files | set(recorded))


def remove_stop(home: Path, entrypoint: str) -> None:
    """Take the file of a stop away whose release is recorded; durable on return. Raises JournalError."""
    path = stop_path(home, entrypoint)
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_directory(path.parent)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be removed, so the stop stands: {exc.strerror}; release it once more") from exc


def newest_release(home: Path, entrypoint: str) -> Release | None:
    """Return the newest release, None without a signed record of one. Never raises."""
    return stop_records(home).releases.get(entrypoint)


def stop_path(home: Path, entrypoint: str) -> Path:
    return home / STOPS / f"{entrypoint}.json"


def _of_file(path: Path, entrypoint: str) -> StandingStop | None:
    try:
        if not (path.exists() or path.is_symlink()):
            return None
        return StandingStop(**_read(path, STOP_SCHEMA, entrypoint, _NAMES))
    except (OSError, JournalError, ValueError) as exc:
        return _in_doubt(entrypoint, UNREADABLE, f"{path} cannot be read: {exc}")


def _of_record(recorded: Mapping[str, str]) -> StandingStop:
    return StandingStop(**{name: recorded.get(name, "") for name in _NAMES})


def _in_doubt(entrypoint: str, limit: str, why: str) -> StandingStop:
    return StandingStop(**{**dict.fromkeys(_NAMES, limit), "entrypoint": entrypoint, "used": why})


def _write(path: Path, schema: str, body: Mapping[str, Any]) -> None:
    make_directory(path.parent, PRIVATE_DIRECTORY)
    write_atomic(path, json.dumps({"schema": schema, **body}, indent=1).encode() + b"\n", durable_name=True)


def _read(path: Path, schema: str, entrypoint: str, names: list[str]) -> dict[str, str]:
    check_file(path)
    body: Any = parse_json(read_beside(path))
    if not isinstance(body, dict) or body.get("schema") != schema or body.get("entrypoint") != entrypoint:
        raise ValueError(f"not a {schema} of {entrypoint}")
    texts = {name: body.get(name) for name in names}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a field is missing or no text")
    return {name: str(text) for name, text in texts.items()}
