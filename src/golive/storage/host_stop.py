"""Loss limits that all entrypoints together have reached: `var/state/risk/host_stops/<money>-<quote>/<limit>-<profile>.json`.

One of a day or week holds until that is over, a drawdown until somebody releases it; each has a signed record, too
(`stop_record`), and holds while either says so. A file that cannot be read is a stop that holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

from golive.inputs import parse_json, read_beside
from golive.model.clock import DAY, from_iso, week_of_day
from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .owned_path import check_file
from .risk_stop import LOG, UNREADABLE, UNTOLD
from .stop_record import stop_id, stop_records

HOST_STOPS: Final = Path("var/state/risk/host_stops")
SCHEMA: Final = "golive.host_stop.v1"
DAILY, WEEKLY = "max_daily_loss_pct", "weekly_loss_pct"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStop:
    """A limit that was reached by all together; `fall` of `start` in smallest units, `since` ISO-8601 of the wall clock."""

    money: str
    quote_asset: str
    limit: str
    profile: str
    risk_profile_digest: str
    allowed: str
    used: str
    fall: str
    start: str
    since: str
    entrypoints: str
    """by whom it was reached together, separated by commas"""
    noticed_by: str
    run_id: str


class Mismatch(NamedTuple):
    """A file that is not what the log says."""

    path: Path
    text: str
    says_less: bool
    """more than what a command leaves that was cut off between file and record"""


_NAMES: Final = [each.name for each in fields(KeptStop)]


def host_stop_path(home: Path, stop: KeptStop) -> Path:
    return home / HOST_STOPS / f"{stop.money}-{stop.quote_asset}" / f"{stop.limit}-{stop.profile}.json"


def keep_host_stop(home: Path, stop: KeptStop, now: int) -> KeptStop:
    """Let a stop stand, unless one of its limit and profile holds already; durable on return.

    Returns the one that stands. Raises JournalError.
    """
    path = host_stop_path(home, stop)
    if (path.exists() or path.is_symlink()) and holds(standing := _read(path, stop.money, stop.quote_asset), now):
        return standing
    if (recorded := recorded_stop(home, stop)) is not None and holds(recorded, now):
        return recorded
    make_directory(path.parent, PRIVATE_DIRECTORY)
    write_atomic(path, json.dumps({"schema": SCHEMA, **asdict(stop)}, indent=1).encode() + b"\n", durable_name=True)
    return stop


def recorded_stop(home: Path, stop: KeptStop) -> KeptStop | None:
    """Return the newest stop of the same scope, limit and profile that the log tells of and nobody has released."""
    recorded = stop_records(home).across.get((stop.money, stop.quote_asset), {}).get(f"{stop.limit}-{stop.profile}")
    return None if recorded is None else _of_record(recorded)


def host_stops(home: Path, money: str, quote: str, now: int) -> tuple[KeptStop, ...]:
    """Return what holds at `now` (wall clock, ns UTC) for one kind of money and one quote asset. Never raises.

    By a file or by a signed record; a log that cannot tell is one that says `UNTOLD`.
    """
    found = [_read(path, money, quote) for path in _files(home, money, quote)]
    known, records = set(map(host_stop_id, found)), stop_records(home)
    recorded = records.across.get((money, quote), {}).values()
    found.extend(_of_record(each) for each in recorded if each["id"] not in known)
    if records.fault:
        found.append(_in_doubt(money, quote, UNTOLD, records.cannot_tell(f"a stop of all {money} money in {quote}")))
    return tuple(stop for stop in found if holds(stop, now))


def host_stop_groups(home: Path) -> Iterator[tuple[str, str]]:
    """Yield each kind of money and quote asset that a stop was ever kept for."""
    folders = (path.name.partition("-") for path in (home / HOST_STOPS).glob("*-*"))
    yield from sorted({(money, quote) for money, _, quote in folders} | stop_records(home).across.keys())


def host_stop_id(stop: KeptStop) -> str:
    """Return what names a stop in the log."""
    return stop_id(asdict(stop))


def host_mismatches(home: Path, money: str, quote: str, recorded: Mapping[str, Mapping[str, str]]) -> Iterator[Mismatch]:
    """Yield each file that is not what the log says, those that are gone included."""
    fix = f"golive risk release --across {money}/{quote} --operator NAME"
    files = {path.stem: path for path in _files(home, money, quote)}
    for name in sorted(files.keys() | recorded.keys()):
        path, said = files.get(name, home / HOST_STOPS / f"{money}-{quote}" / f"{name}.json"), recorded.get(name)
        stop = _read(path, money, quote) if name in files else None
        if stop is None:
            since = said and said.get("since")
            yield Mismatch(path, f"{path} is gone, though {LOG} tells of it, of {since}; it holds all the same ({fix})", True)
        elif stop.limit == UNREADABLE:
            yield Mismatch(path, f"{stop.used}; it holds until released: {fix}", True)
        elif said is None:
            text = f"{path} has no record in {LOG}: a command was cut off; it holds all the same ({fix})"
            yield Mismatch(path, text, False)
        elif host_stop_id(stop) != said["id"]:
            yield Mismatch(path, f"{path} is not the stop that {LOG} tells of; both hold ({fix})", True)


def ended_by_release(home: Path, money: str, quote: str, now: int) -> list[str]:
    """Return the ids that a release at `now` ends, for its record: all but what holds until its day or week is over."""
    stops = {host_stop_id(stop): stop for stop in (_read(path, money, quote) for path in _files(home, money, quote))}
    recorded = stop_records(home).across.get((money, quote), {}).values()
    stops.update((each["id"], _of_record(each)) for each in recorded)
    return sorted(id_ for id_, stop in stops.items() if not _passes_later(stop, now))


def release_host_stops(home: Path, money: str, quote: str, now: int) -> None:
    """Take the files away of what a release has ended; durable on return. Raises JournalError."""
    for path in _files(home, money, quote):
        if _passes_later(_read(path, money, quote), now):
            continue
        try:
            path.unlink(missing_ok=True)
            sync_directory(path.parent)
        except OSError as exc:
            raise JournalError(f"{path}: cannot be removed, so the stop stands: {exc.strerror}; release it once more") from exc


def _passes_later(stop: KeptStop, now: int) -> bool:
    return stop.limit in (DAILY, WEEKLY) and holds(stop, now)


def holds(stop: KeptStop, now: int) -> bool:
    """Say whether a stop still holds; one told by a clock that is ahead of `now` does."""
    if stop.limit not in (DAILY, WEEKLY):
        return True
    day, today = from_iso(stop.since) // DAY, now // DAY
    return day >= today if stop.limit == DAILY else week_of_day(day) >= week_of_day(today)


def _files(home: Path, money: str, quote: str) -> list[Path]:
    directory = home / HOST_STOPS / f"{money}-{quote}"
    return sorted(path for path in directory.glob("*.json") if not path.name.startswith("."))


def _read(path: Path, money: str, quote: str) -> KeptStop:
    try:
        check_file(path)
        body: Any = parse_json(read_beside(path))
        wanted = {"schema": SCHEMA, "money": money, "quote_asset": quote}
        if not isinstance(body, dict) or any(body.get(name) != value for name, value in wanted.items()):
            raise ValueError(f"not a {SCHEMA} of {money} money in {quote}")
        texts = {name: body[name] for name in _NAMES}
        if not all(isinstance(text, str) for text in texts.values()) or f"{texts['limit']}-{texts['profile']}" != path.stem:
            raise ValueError("a field is no text, or not that of the file's name")
        from_iso(texts["since"])
        if int(texts["start"]) < 0 or int(texts["fall"]) < 0:
            raise ValueError("an amount below 0")
        return KeptStop(**texts)
    except (OSError, JournalError, ValueError, KeyError) as exc:
        return _in_doubt(money, quote, UNREADABLE, f"{path} cannot be read: {exc!r}")


def _of_record(recorded: Mapping[str, str]) -> KeptStop:
    return KeptStop(**{name: recorded.get(name, "") for name in _NAMES})


def _in_doubt(money: str, quote: str, limit: str, why: str) -> KeptStop:
    """Return a stop that is none of anybody's limits, but of everybody."""
    known = {"money": money, "quote_asset": quote, "fall": "1", "start": "1", "used": why}
    return KeptStop(**{**dict.fromkeys(_NAMES, limit), **known})
