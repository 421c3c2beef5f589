"""Drawdown stops that stand, and the releases of them: one small file per entrypoint below `var/state/risk/`.

A stop survives the day roll and restarts; only a release takes it away. A file that cannot be read is a stop that stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .order_journal.private import check_file

STOPS: Final = Path("var/state/risk/stops")
RELEASES: Final = Path("var/state/risk/releases")
STOP_SCHEMA: Final = "golive.risk_stop.v1"
RELEASE_SCHEMA: Final = "golive.risk_release.v1"
UNREADABLE: Final = "unreadable"
"""what stands in a stop whose file cannot be read"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The newest release of an entrypoint's stop; `at` ISO-8601 of the wall clock."""

    entrypoint: str
    id: str
    operator: str
    at: str


def write_stop(home: Path, stop: StandingStop) -> None:
    """Let the stop stand, unless one stands already; durable on return. Raises JournalError."""
    path = _path(home, STOPS, stop.entrypoint)
    if not (path.exists() or path.is_symlink()):
        _write(path, STOP_SCHEMA, asdict(stop))


def read_stop(home: Path, entrypoint: str) -> StandingStop | None:
    """Return the stop that stands for an entrypoint; one that cannot be read says `UNREADABLE` and why. Never raises."""
    path = _path(home, STOPS, entrypoint)
    try:
        if not (path.exists() or path.is_symlink()):
            return None
        return StandingStop(**_read(path, STOP_SCHEMA, entrypoint, [field.name for field in fields(StandingStop)]))
    except (OSError, JournalError, ValueError) as exc:
        rest = dict.fromkeys(("stage", "limit", "allowed", "since", "profile", "risk_profile_digest", "run_id"), UNREADABLE)
        return StandingStop(entrypoint=entrypoint, used=f"{path} cannot be read: {exc}", **rest)


def standing_stops(home: Path) -> tuple[StandingStop, ...]:
    """Return every stop that stands, by entrypoint."""
    names = sorted(path.stem for path in (home / STOPS).glob("*.json") if not path.name.startswith("."))
    return tuple(stop for name in names if (stop := read_stop(home, name)) is not None)


def write_release(home: Path, release: Release) -> None:
    """Keep a release, then take the stop away; durable on return. Raises JournalError."""
    _write(_path(home, RELEASES, release.entrypoint), RELEASE_SCHEMA, asdict(release))
    path = _path(home, STOPS, release.entrypoint)
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_directory(path.parent)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be removed: {exc.strerror}") from exc


def newest_release(home: Path, entrypoint: str) -> Release | None:
    """Return the newest release, None without one; JournalError when it cannot be read."""
    path = _path(home, RELEASES, entrypoint)
    if not (path.exists() or path.is_symlink()):
        return None
    try:
        return Release(**_read(path, RELEASE_SCHEMA, entrypoint, [field.name for field in fields(Release)]))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: cannot be read: {exc}; look into it, then remove it and release once more") from exc


def _path(home: Path, directory: Path, entrypoint: str) -> Path:
    return home / directory / f"{entrypoint}.json"


def _write(path: Path, schema: str, body: Mapping[str, Any]) -> None:
    make_directory(path.parent, PRIVATE_DIRECTORY)
    write_atomic(path, json.dumps({"schema": schema, **body}, indent=1).encode() + b"\n", durable_name=True)


def _read(path: Path, schema: str, entrypoint: str, names: list[str]) -> dict[str, str]:
    check_file(path)
    body = json.loads(path.read_bytes())
    if not isinstance(body, dict) or body.get("schema") != schema or body.get("entrypoint") != entrypoint:
        raise ValueError(f"not a {schema} of {entrypoint}")
    texts = {name: body.get(name) for name in names}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a field is missing or no text")
    return {name: str(text) for name, text in texts.items()}
