"""Activations of emergency mode of which signed witnesses tell and the journal of emergency mode has no record.

Who removes that journal with its seal and the flag leaves nothing that contradicts itself; only these others still tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Entry, Soundness
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from . import alert_audit, decision_journal, security_admin
from .auto_trade_record import SWITCHED
from .emergency_flag import FLAG
from .emergency_journal import ACTIVATED, ALERT_TITLES, CANNOT_TELL, CAUSE, LOST, OLDER, PATH, modes_of
from .session_reader import SessionReader
from .sessions import SESSIONS
from .verified import Result, entries, entries_with, of_file

_NOBODYS: Final = "golive"
"""operator of a mode that is on because flag or journal cannot tell; nobody has switched it on, so no record is asked for"""


class Activation(NamedTuple):
    """What a witness tells; None: it does not say."""

    file: Path
    seq: int
    scope: JsonValue
    reason: JsonValue
    operator: JsonValue
    since: JsonValue = None
    """ISO-8601"""
    text: str | None = None
    """of an alert, which begins with operator and reason"""


def lost_activations(home: Path, alerts: Path, live: Iterable[Activation]) -> Iterator[Result]:
    """Yield a result for the journal of emergency mode when it lacks an activation that something signed tells of.

    `alerts` is the folder of the audit of alerts, `live` what order journals and their decision log tell. The journal is read
    after its witnesses, which follow it. What cannot be read has been reported by its own verification.
    """
    witnesses = chain(_of_decisions(home), live, _of_stores(home), _of_switches(home), _of_alerts(alerts))
    told = [each for each in witnesses if not _is_doubt(each)]
    if not told:
        return
    path = home / PATH
    recorded = [mode for entry in entries(path) for mode in _recorded(entry)]
    lost = [each for each in told if not any(_is_of(each, mode) for mode in recorded)]
    if lost:
        first = lost[0]
        who = f"{first.operator}: {first.reason}" if first.text is None else first.text.removesuffix(".")
        scope = "" if first.scope is None else f" for {first.scope}"
        more = f", and {len(lost) - 1} more tell the like" if len(lost) > 1 else ""
        text = (
            f"{'has no record of' if path.exists() else 'is gone, with its record of'} an activation{scope} ({who}) of which "
            f"{_name(first.file, home)} seq {first.seq} tells{more}; put the journal and its seal back from a copy"
        )
        yield Result(path, (of_file(Soundness.CANNOT_SAY, text),))


def activation(file: Path, seq: int, body: JsonObject) -> Activation:
    """Return what the body of a note or record ACTIVATED tells, of a session or of an order journal."""
    return Activation(
        file, seq, body.get("subject", body.get("scope")), body.get("reason"), body.get("operator"), body.get("since")
    )


def _of_decisions(home: Path) -> Iterator[Activation]:
    for path in decision_journal.journal_files(home / decision_journal.DIRECTORY):
        for entry in entries_with(path, ACTIVATED.encode()):
            if entry.type == decision_journal.DECISION_EVENT and entry.body.get("event") == ACTIVATED:
                yield activation(path, entry.seq, entry.body)


def _of_stores(home: Path) -> Iterator[Activation]:
    for path in sorted((home / SESSIONS).glob("*.sqlite")):
        try:
            with closing(SessionReader(path)) as reader:
                yield from [activation(path, seq, body) for seq, body in reader.bodies_of(ACTIVATED)]
        except JournalError:
            continue


def _of_switches(home: Path) -> Iterator[Activation]:
    """Yield the activations that have turned auto-trade off."""
    for entry in entries_with(home / security_admin.PATH, CAUSE.encode()):
        cause = entry.body.get("cause")
        if entry.type == SWITCHED and isinstance(cause, str) and cause.startswith(CAUSE):
            yield Activation(home / security_admin.PATH, entry.seq, None, cause.removeprefix(CAUSE), entry.operator)


def _of_alerts(folder: Path) -> Iterator[Activation]:
    """Yield the activations that were told, once for each channel."""
    for path in alert_audit.alert_files(folder):
        for entry in entries_with(path, b'"category":"emergency"'):
            title, text = str(entry.body.get("title")), str(entry.body.get("body"))
            for begin in ALERT_TITLES:
                if title.startswith(begin):
                    scope = title.removeprefix(begin).removeprefix(" (").removesuffix(")")
                    yield Activation(path, entry.seq, scope, None, None, text=text)


def _recorded(entry: Entry) -> Iterator[Mapping[str, JsonValue]]:
    """Yield each mode that a record names: the one that was called for, those that are on then, those that were lifted."""
    if entry.type == ACTIVATED:
        yield entry.body
    yield from modes_of(entry)


def _is_of(told: Activation, mode: Mapping[str, JsonValue]) -> bool:
    """A call has no moment; the mode that it began, or went on with, stands in the same record and has one."""
    if told.scope not in (None, mode.get("scope")) or told.since not in (None, mode.get("since")):
        return False
    if told.text is not None:
        return told.text.startswith(f"{mode.get('operator')}: {mode.get('reason')}. ")
    return (told.reason, told.operator) == (mode.get("reason"), mode.get("operator"))


def _is_doubt(told: Activation) -> bool:
    """Return whether a desk was told that a mode is on because flag or journal could not tell."""
    if told.since is not None:
        return told.since == to_iso(0)
    reason = str(told.reason)
    unreadable = f"{FLAG} cannot be read: " in reason
    return told.operator == _NOBODYS and (reason in (LOST, OLDER) or reason.startswith(CANNOT_TELL) or unreadable)


def _name(path: Path, home: Path) -> Path:
    return path.relative_to(home) if path.is_relative_to(home) else path
