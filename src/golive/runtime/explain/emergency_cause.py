"""The emergency mode that refused or canceled an order: the word of the order's own store, held against the signed record.

The store says which activation it was: the newest one before the order was refused or ended, unless it was lifted before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Chain, Entry, Soundness
from golive.model.clock import from_iso
from golive.model.decision import DecisionCode
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.order import Side
from golive.storage.emergency_journal import ACTIVATED, CLEARED, PANIC, PATH
from golive.storage.verified import VerificationKeys, entries, verify_journal

from .steps import Row
from .story import EmergencyCause, State, Testimony
from .witnesses import testimony

EVENTS: Final = (ACTIVATED, CLEARED)
"""of a store, what tells of emergency mode"""
_ENDED: Final = "canceled"


class Told(NamedTuple):
    """What a store has written of an activation."""

    scope: str
    """`all`, or a risk profile"""
    state: str | None
    reason: str
    operator: str
    since: str | None
    """ISO-8601; None: the store tells market time"""
    profile: str
    """of the order"""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where the store tells that an order was refused or canceled."""

    seq: int
    ended_at: int | None
    """wall clock, ns; None: of a session, which tells market time"""
    is_sale: bool


def stopped_at(rows: Sequence[Row], *, wall_clock: bool) -> Stopped | None:
    """Return where the order of these rows was refused for emergency mode, or canceled for whatever reason; None: neither."""
    intent = next((row.values for row in rows if row.table == "intents"), None)
    is_sale = intent is not None and intent["side"] == Side.SELL
    for row in rows:
        values = row.values
        is_refusal = row.table in ("decisions", "answers") and values.get("code") == DecisionCode.EMERGENCY_MODE
        is_news = row.table in ("facts", "order_updates")
        if is_refusal or (is_news and (values["event"] == _ENDED or values["code"] == DecisionCode.EMERGENCY_MODE)):
            ended = next((each.values["ts"] for each in rows if each.table == "ends"), None)
            return Stopped(row.seq, ended if wall_clock and isinstance(ended, int) else None, is_sale)
    return None


def standing_activation(notes: Iterable[tuple[int, str, JsonObject]], stopped: Stopped) -> tuple[int, JsonObject] | None:
    """Return sequence and body of the activation that stood when the order was stopped; `notes` are (seq, event, body)."""
    standing: dict[JsonValue, tuple[int, JsonObject]] = {}
    for seq, event, body in notes:
        if seq >= stopped.seq:
            break
        scope = body.get("subject", body.get("scope"))
        if event == ACTIVATED:
            standing[scope] = seq, body
        elif event == CLEARED:
            standing.pop(scope, None)
    return max(standing.values(), key=lambda each: each[0], default=None)


def cause_of(home: Path, told: Told, stopped: Stopped) -> tuple[EmergencyCause, Testimony] | None:
    """Return the cause and what the signed journal says to it; None for a sale, unless a panic that sells ended it."""
    path = home / PATH
    found = tuple(entries(path))
    panic = next((each for each in found if each.type == PANIC and _covers(each, stopped)), None)
    if stopped.is_sale and (panic is None or not _sold(panic)):
        return None
    record, mode = _signed(found, told)
    since = told.since or (None if mode is None else str(mode["since"]))
    cause = EmergencyCause(
        scope=told.scope if mode is None else str(mode["scope"]),
        state=str(told.state or ("REDUCING" if mode is None else mode["state"])),
        reason=told.reason,
        operator=told.operator,
        since=None if since is None else from_iso(since),
        record=None if record is None else record.seq,
        panic=None if panic is None else panic.seq,
    )
    return cause, _testimony(home, path, record)


def _signed(found: Sequence[Entry], told: Told) -> tuple[Entry | None, Mapping[str, JsonValue] | None]:
    """Return the record that made what the store tells, and the mode in it. A session knows no moment: the newest one fits."""
    fitting = [(entry, mode) for entry in found if entry.type == ACTIVATED for mode in _modes(entry) if _is_same(mode, told)]
    if not fitting:
        return None, None
    return fitting[0] if told.since is not None else _first_of_the_newest(fitting)


def _first_of_the_newest(fitting: Sequence[tuple[Entry, Mapping[str, JsonValue]]]) -> tuple[Entry, Mapping[str, JsonValue]]:
    newest = fitting[-1][1]["since"]
    return next(each for each in fitting if each[1]["since"] == newest)


def _is_same(mode: Mapping[str, JsonValue], told: Told) -> bool:
    if (mode.get("reason"), mode.get("operator")) != (told.reason, told.operator) or mode.get("scope") not in (
        "all",
        told.profile,
    ):
        return False
    if told.since is None:
        return True
    return (mode.get("scope"), mode.get("since"), mode.get("state")) == (told.scope, told.since, told.state)


def _modes(entry: Entry) -> list[Mapping[str, JsonValue]]:
    modes = entry.body.get("modes")
    return [each for each in modes if isinstance(each, Mapping)] if isinstance(modes, list) else []


def _covers(panic: Entry, stopped: Stopped) -> bool:
    if stopped.ended_at is None:
        return False
    return from_iso(str(panic.body["began_at"])) <= stopped.ended_at <= from_iso(panic.ts)


def _sold(panic: Entry) -> bool:
    steps = panic.body.get("steps")
    return isinstance(steps, list) and any(isinstance(each, Mapping) and each.get("what") == "flatten" for each in steps)


def _testimony(home: Path, path: Path, record: Entry | None) -> Testimony:
    """Say whether the journal of emergency mode is what was written, and has the activation."""
    if not path.exists():
        return testimony("emergency", "missing", "emergency_not_there", file=path.name)
    try:
        keys = VerificationKeys.of_home(home)
    except JournalError as exc:
        return testimony("emergency", "unknown", "cannot_be_read", problem=str(exc))
    result = verify_journal(path, keys, Chain(keys.mac))
    if result.soundness is not Soundness.CLEAN:
        state: State = "corrupt" if result.soundness is Soundness.TAMPERED else "unknown"
        return testimony("emergency", state, "file_not_sound", file=path.name, problem=str(result.faults[0]))
    if record is None:
        return testimony("emergency", "missing", "emergency_not_there", file=path.name)
    if keys.own is None:
        return testimony("emergency", "unknown", "agrees_unchecked", seq=str(record.seq), file=path.name)
    return testimony("emergency", "ok", "agrees", seq=str(record.seq), file=path.name)
