"""Loss limits that all entrypoints together have reached: `var/state/risk/host_stops/<money>-<quote>/<limit>-<profile>.json`.

One of a day or week holds until that is over, a drawdown until somebody releases it. A file that cannot be read is a stop that
holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from golive.model.clock import DAY, from_iso, week_of_day
from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .order_journal.private import check_file
from .risk_stop import UNREADABLE

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


def keep_host_stop(home: Path, stop: KeptStop, now: int) -> None:
    """Let a stop stand, unless one of its limit and profile holds already; durable on return. Raises JournalError."""
    directory = home / HOST_STOPS / f"{stop.money}-{stop.quote_asset}"
    path = directory / f"{stop.limit}-{stop.profile}.json"
    if (path.exists() or path.is_symlink()) and holds(_read(path, stop.money, stop.quote_asset), now):
        return
    make_directory(directory, PRIVATE_DIRECTORY)
    write_atomic(path, json.dumps({"schema": SCHEMA, **asdict(stop)}, indent=1).encode() + b"\n", durable_name=True)


def host_stops(home: Path, money: str, quote: str, now: int) -> tuple[KeptStop, ...]:
    """Return what holds at `now` (wall clock, ns UTC) for one kind of money and one quote asset. Never raises."""
    found = (_read(path, money, quote) for path in _files(home, money, quote))
    return tuple(stop for stop in found if holds(stop, now))


def host_stop_groups(home: Path) -> Iterator[tuple[str, str]]:
    """Yield each kind of money and quote asset that a stop was ever kept for."""
    for path in sorted((home / HOST_STOPS).glob("*-*")):
        money, _, quote = path.name.partition("-")
        yield money, quote


def release_host_stops(home: Path, money: str, quote: str) -> None:
    """Take away all but those of a day or week; durable on return. Raises JournalError."""
    for path in _files(home, money, quote):
        if _read(path, money, quote).limit in (DAILY, WEEKLY):
            continue
        try:
            path.unlink(missing_ok=True)
            sync_directory(path.parent)
        except OSError as exc:
            raise JournalError(f"{path}: cannot be removed: {exc.strerror}") from exc


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
    names = [field.name for field in fields(KeptStop)]
    try:
        check_file(path)
        body = json.loads(path.read_bytes())
        wanted = {"schema": SCHEMA, "money": money, "quote_asset": quote}
        if not isinstance(body, dict) or any(body.get(name) != value for name, value in wanted.items()):
            raise ValueError(f"not a {SCHEMA} of {money} money in {quote}")
        texts = {name: body[name] for name in names}
        if not all(isinstance(text, str) for text in texts.values()) or f"{texts['limit']}-{texts['profile']}" != path.stem:
            raise ValueError("a field is no text, or not that of the file's name")
        from_iso(texts["since"])
        if int(texts["start"]) < 0 or int(texts["fall"]) < 0:
            raise ValueError("an amount below 0")
        return KeptStop(**texts)
    except (OSError, JournalError, ValueError, KeyError) as exc:
        rest = {**dict.fromkeys(names, UNREADABLE), "money": money, "quote_asset": quote, "fall": "1", "start": "1"}
        return KeptStop(**{**rest, "used": f"{path} cannot be read: {exc!r}"})
