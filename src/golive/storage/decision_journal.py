"""The decision journal: every committed record of a session, repeated in a signed file that people read.

`audit/decisions/decisions-<YYYYMMDD>.jsonl` by wall-clock day, one chain across the files, shared by all entrypoints of
the installation. The session store is the durable form; this file follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import Entry, canonical
from golive.audit.decision_event import demand_event
from golive.audit.signal_check import Told, signal_faults
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .daily_journal import DailyJournal, dated_files
from .journal_file import Draft, Signer
from .session_store import StoredRecord

DIRECTORY: Final = Path("audit/decisions")
LOG_NAME: Final = "decisions"
DECISION_EVENT: Final = "decision_event"
SESSION_RESUMED: Final = "session_resumed"
"""no decision, so it is in no comparison with the store, where the restart is a row of its own"""
SESSION_BROKEN: Final = "session_broken"
"""what a running session found breached or unknown; read when it is taken up again (`broken_sessions.py`)"""
_ADDED: Final = ("entrypoint", "environment", "portfolio", "risk_profile", "run_id", "record_seq", "key_class", "strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext:
    """What stands in the body of every record of one session."""

    entrypoint: str
    environment: str
    portfolio: str
    """whose account"""
    risk_profile: str
    run_id: str
    strategy: str = ""
    """'' where nobody says which; stands in the body of signals"""


def decision_body(record: StoredRecord, session: DecisionContext) -> JsonObject:
    """Return the body of one record: the session's members, `run_id`, `record_seq`, `event_time`, then the record's own.

    Raises JournalError when the record uses one of those names for something else, is no event of the decision journal, or lacks
    what such an event must say.
    """
    fixed = _members(record.event, session)
    fixed |= {"record_seq": record.record_seq, "event_time": to_iso(record.ts)}
    if session.strategy and record.event == "signal_received":
        fixed["strategy"] = session.strategy
    return _joined(f"record {record.record_seq}", record.event, record.body, fixed)


def _members(event: str, session: DecisionContext) -> dict[str, JsonValue]:
    """Return what stands in the body of every event of a session."""
    return {
        "event": event,
        "entrypoint": session.entrypoint,
        "environment": session.environment,
        "portfolio": session.portfolio,
        "risk_profile": session.risk_profile,
        "run_id": session.run_id,
    }


def _joined(name: str, event: str, body: JsonObject, fixed: JsonObject) -> JsonObject:
    for member in fixed.keys() & body.keys():
        if body[member] != fixed[member]:
            raise JournalError(f"{name} ({event}): body.{member} is taken")
    try:
        demand_event(event, body)
    except JournalError as exc:
        raise JournalError(f"{name}: {exc}") from exc
    return {**body, **fixed}


def index(entries: Iterable[Entry]) -> dict[tuple[JsonValue, JsonValue], list[JsonObject]]:
    """Return the bodies of decision events by (run id, record sequence)."""
    bodies: dict[tuple[JsonValue, JsonValue], list[JsonObject]] = {}
    for entry in entries:
        if entry.type == DECISION_EVENT:
            bodies.setdefault((entry.body.get("run_id"), entry.body.get("record_seq")), []).append(entry.body)
    return bodies


def compare(
    run_id: str, stored: Iterable[StoredRecord], written: Mapping[tuple[JsonValue, JsonValue], Sequence[JsonObject]]
) -> Iterator[str]:
    """Yield each record of one session store that the journal (`index`) lacks, repeats or tells differently."""
    for record in stored:
        found = written.get((run_id, record.record_seq), ())
        name = f"record {record.record_seq} ({record.event}) of run {run_id}"
        if len(found) != 1:
            yield f"{name}: {'is missing from the journal' if not found else f'stands {len(found)} times in the journal'}"
            continue
        expected = {**record.body, "event": record.event, "event_time": to_iso(record.ts)}
        told = {name: value for name, value in found[0].items() if name in expected or name not in _ADDED}
        if canonical(expected) != canonical(told):
            yield f"{name}: the journal says something else than the store"


def undecided(run_id: str, written: Mapping[tuple[JsonValue, JsonValue], Sequence[JsonObject]], *, ended: bool) -> Iterator[str]:
    """Yield each signal of one run that did not end in exactly one decision, as the journal (`index`) tells it.

    Of a run that has not `ended` in order the last signal of each instrument may still wait.
    """
    told = [
        Told(seq, str(body.get("event")), body)
        for (run, seq), bodies in written.items()
        if run == run_id and isinstance(seq, int)
        for body in bodies
    ]
    for fault in signal_faults(sorted(told, key=lambda each: each.record_seq), ended=ended):
        yield f"run {run_id}: {fault}"


class TradingDecisionJournal:
    """Writes one session's records to the file of the day; a `Projection` of the journal writer."""

    def __init__(self, home: Path, signer: Signer, session: DecisionContext) -> None:
        self._signer = signer
        self._session = session
        self._journal = DailyJournal(home / DIRECTORY, LOG_NAME, signer)

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._journal.path

    def project(self, records: Sequence[StoredRecord]) -> None:
        """Append the records to the file of the present day; durable after `sync`. Raises JournalError."""
        self._append([(DECISION_EVENT, decision_body(record, self._session), self._signer.operator) for record in records])

    def note(self, event: str, body: JsonObject) -> None:
        """Append an event that is no record of the session's store, as one that comes before it; durable after `sync`.

        Raises JournalError, also for an event or a body that the decision journal does not have.
        """
        fixed = {**_members(event, self._session), "event_time": to_iso(self._signer.clock.now())}
        self._append([(DECISION_EVENT, _joined("an event of the session itself", event, body, fixed), self._signer.operator)])

    def note_restart(self, body: JsonObject) -> None:
        """Append that the session was taken up again; durable after `sync`. Raises JournalError."""
        named = {"run_id": self._session.run_id, "entrypoint": self._session.entrypoint}
        self._append([(SESSION_RESUMED, {**body, **named}, self._signer.operator)])

    def note_broken(self, bodies: Sequence[JsonObject]) -> None:
        """Append what the session found breached or unknown while it ran; durable after `sync`. Raises JournalError."""
        named = {"run_id": self._session.run_id, "entrypoint": self._session.entrypoint}
        self._append([(SESSION_BROKEN, {**body, **named}, self._signer.operator) for body in bodies])

    def sync(self) -> None:
        """Make what was appended durable."""
        self._journal.sync()

    def close(self) -> None:
        """Seal the file and give it up."""
        self._journal.close()

    def _append(self, drafts: Sequence[Draft]) -> None:
        self._journal.append(drafts)


def journal_files(directory: Path) -> list[Path]:
    """Return the files of the decision journal, oldest first."""
    return dated_files(directory, LOG_NAME)
