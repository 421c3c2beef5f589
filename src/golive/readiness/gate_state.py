"""What the records of a gate say: open or shut, since when, by whom, until when. Records in, state out.

A gate is open only behind a record `gate_opened` that two people stand in, with no later record than those that keep it or
move its journal's key. Whatever else was written, a tail that was cut off too, shuts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from golive.audit import Entry
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED
from golive.config.rbac import Act, pair_objection
from golive.model.clock import MINUTE, SECOND, from_iso, to_iso
from golive.model.json import JsonObject, JsonValue

OPENED: Final = "gate_opened"
KEPT: Final = "gate_kept"
CLOSED: Final = "gate_closed"
MOST_TTL_NS: Final = 15 * MINUTE
"""whatever a record says, a gate stands no longer than this behind the look it tells of"""
_AHEAD_NS: Final = 5 * SECOND
"""by which a record may be dated behind the clock of who reads it"""
NEVER: Final = "it was never opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open gate."""

    operators: Mapping[str, tuple[str, ...]]
    """the two who opened it, with their roles"""
    opened_at: int
    """ns UTC"""
    seq: int
    mac: str
    """of the record `gate_opened`"""
    looked_at: int
    """ns UTC, when everything was green the last time"""
    expires_at: int
    expires_first: int
    """until when it stood when it was opened"""
    report: str
    """the signed checklist it was opened with, relative to home"""
    report_sha256: str
    bound: JsonObject
    """what it holds for, see `Binding`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """A gate that is shut."""

    because: str
    since: int | None = None
    """ns UTC; None where it cannot be told"""
    by: str = ""
    is_doubt: bool = False
    """whether its journal or report cannot be believed"""


GateState: TypeAlias = Opened | Shut


def read_gate(entries: Iterable[Entry]) -> GateState:
    """Return what verified records, oldest first, say; ValueError for one that cannot be understood. `at` says it of a time."""
    state: GateState = Shut(because=NEVER)
    for entry in entries:
        try:
            state = _after(state, entry)
        except (KeyError, TypeError, ValueError) as exc:
            raise ValueError(f"record {entry.seq} ({entry.type}) cannot be understood: {exc}") from None
    return state


def at(state: GateState, now: int) -> GateState:
    """Return a state as it is at `now`: an open gate is shut by its expiry, and by a clock that was put back."""
    if isinstance(state, Shut):
        return state
    if (told := put_back(state.looked_at, now)) is not None:
        return Shut(because=told, since=now)
    if now >= state.expires_at:
        return Shut(because=f"it expired at {to_iso(state.expires_at)}: nobody looked at it in time", since=state.expires_at)
    return state


def put_back(looked_at: int, now: int) -> str | None:
    """Say so where somebody who looked at `looked_at` finds the clock before that at `now`, ns UTC: it was put back."""
    if looked_at <= now + _AHEAD_NS:
        return None
    return f"it was looked at at {to_iso(looked_at)}, which is ahead of this clock: the clock was put back"


def _after(state: GateState, entry: Entry) -> GateState:
    if entry.type in (HEADER_TYPE, KEY_EVOLVED):
        return state
    if entry.type == OPENED:
        return _opened(entry)
    if entry.type == KEPT:
        return _kept(state, entry)
    if entry.type == CLOSED:
        return Shut(because=_text(entry.body, "reason"), since=from_iso(entry.ts), by=_text(entry.body, "by"))
    because = f"its journal has a record {entry.type}, behind which nothing is open"
    return state if isinstance(state, Shut) else Shut(because=because, since=from_iso(entry.ts))


def _opened(entry: Entry) -> GateState:
    body = entry.body
    rows = body["operators"]
    if not isinstance(rows, list):
        raise ValueError("operators is no list")
    operators = dict(map(_operator, rows))
    looked_at, bound = from_iso(_text(body, "checked_at")), body["bound"]
    if not isinstance(bound, dict):
        raise ValueError("bound is no object")
    if (objection := _objection(operators, len(rows))) is not None:
        return Shut(because=f"it was opened by two who may not: {objection}", since=from_iso(entry.ts), is_doubt=True)
    until = _expiry(body, looked_at)
    return Opened(
        operators=operators, opened_at=from_iso(entry.ts), seq=entry.seq, mac=entry.mac, looked_at=looked_at, expires_at=until,
        expires_first=until, report=_text(body, "report"), report_sha256=_text(body, "report_sha256"), bound=bound,
    )  # fmt: skip


def _kept(state: GateState, entry: Entry) -> GateState:
    """A look counts for the opening that it names and no other: one that was written a moment after a closing is none."""
    if isinstance(state, Shut) or entry.body["opened_seq"] != state.seq:
        return state
    looked_at = from_iso(_text(entry.body, "checked_at"))
    return replace(state, looked_at=looked_at, expires_at=_expiry(entry.body, looked_at))


def _expiry(body: JsonObject, looked_at: int) -> int:
    return min(from_iso(_text(body, "expires_at")), looked_at + MOST_TTL_NS)


def _objection(operators: Mapping[str, tuple[str, ...]], rows: int) -> str | None:
    if rows != 2 or len(operators) != 2:
        return "it takes two names"
    first, second = operators.items()
    return pair_objection(Act.LIVE_ACTIVATE, first, second)


def _operator(row: JsonValue) -> tuple[str, tuple[str, ...]]:
    if not isinstance(row, dict):
        raise ValueError("an operator is no object")
    roles = row["roles"]
    if not isinstance(roles, list):
        raise ValueError("roles is no list")
    return _text(row, "name"), tuple(map(str, roles))


def _text(body: JsonObject, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value
