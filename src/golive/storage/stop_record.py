"""What the signed log of people's acts says of stops: which loss limits were reached and hold, and who has released them.

Whoever lets a stop stand writes its file first, then the record; a release is its record. So a stop stands while either says so:
a file that is gone or says less takes nothing away, and one that nobody signed for stands, too.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

from golive.audit.entry import Entry
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from . import security_admin
from .keys import SigningKeys

STOPPED: Final = "risk_stopped"
RELEASED: Final = "risk_stop_released"
HOST_STOPPED: Final = "risk_host_stopped"
HOST_RELEASED: Final = "risk_host_stop_released"
_TYPES: Final = (STOPPED, HOST_STOPPED, RELEASED, HOST_RELEASED)
IDS: Final = "ids"
"""member of a release: the stops that it ends"""
SETTLES_S: Final = 0.05
"""record and seal are written one after the other: what does not fit is looked at once more after this time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The newest release of an entrypoint's stop: its record. `at` ISO-8601 of the wall clock."""

    entrypoint: str
    id: str
    """beginning of the MAC of the record"""
    operator: str
    at: str


@dataclass(frozen=True, slots=True)
class StopRecords:
    """What stands by the log, as fields of a stop by name; nothing of that is known when there is a `fault`."""

    own: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """by entrypoint"""
    across: dict[tuple[str, str], dict[str, Mapping[str, str]]] = field(default_factory=dict)
    """by money and quote asset, then `<limit>-<profile>`; those of a day or week that is over, too"""
    releases: dict[str, Release] = field(default_factory=dict)
    """the newest, by entrypoint"""
    fault: str = ""

    def cannot_tell(self, what: str) -> str:
        """Return why it is not known whether `what` stands, with the fix; '' when it is known."""
        return f"whether {what} stands cannot be told, so it does: {self.fault}" if self.fault else ""


def stop_id(stop: Mapping[str, object]) -> str:
    """Return what names a stop: a digest of all that it says, so a changed file is another one."""
    return hashlib.sha256(orjson.dumps(dict(stop), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def stopped_body(stop: Mapping[str, str]) -> JsonObject:
    """Return the body of a record STOPPED or HOST_STOPPED."""
    return {"id": stop_id(stop), **stop}


def stop_records(home: Path) -> StopRecords:
    """Return what the log says; never raises. As long as nothing is added to the log, the price is two looks."""
    log = home / security_admin.PATH
    return _of(home, _signature(log), _signature(log.with_suffix(".seal.json")))


@lru_cache(maxsize=8)
def _of(home: Path, *seen: object) -> StopRecords:
    try:
        return records_of(security_admin.admin_entries(home, SigningKeys.load(home), _TYPES))
    except JournalError:
        time.sleep(SETTLES_S)  # somebody may be writing
    try:
        return records_of(security_admin.admin_entries(home, SigningKeys.load(home), _TYPES))
    except JournalError as exc:
        return StopRecords(fault=str(exc))


def records_of(entries: Iterable[Entry]) -> StopRecords:
    """Return what stands after these records, oldest first."""
    found = StopRecords()
    for entry in entries:
        if entry.type in _TYPES:
            _take(found, entry)
    return found


def _take(found: StopRecords, entry: Entry) -> None:
    body = entry.body
    listed = body.get(IDS)
    ids = set(map(str, listed)) if isinstance(listed, list) else set()
    entrypoint, group = str(body.get("entrypoint")), (str(body.get("money")), str(body.get("quote_asset")))
    if entry.type == STOPPED:
        found.own[entrypoint] = _texts(body)
    elif entry.type == RELEASED:
        found.releases[entrypoint] = Release(entrypoint=entrypoint, id=entry.mac[:16], operator=entry.operator, at=entry.ts)
        if found.own.get(entrypoint, {}).get("id") in ids:
            del found.own[entrypoint]
    elif entry.type == HOST_STOPPED:
        found.across.setdefault(group, {})[f"{body.get('limit')}-{body.get('profile')}"] = _texts(body)
    else:
        standing = found.across.get(group, {})
        found.across[group] = {name: stop for name, stop in standing.items() if stop["id"] not in ids}


def _texts(body: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in body.items()}


def _signature(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - asked every second
    except FileNotFoundError:
        return None
    except OSError as exc:
        return -1, exc.errno or 0, 0, 0
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size
