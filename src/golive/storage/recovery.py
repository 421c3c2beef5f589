"""What a crashed session left undone: its journals may lack the last records, and its store has no seal."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from golive.audit import Entry, decode_entry
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .decision_journal import DECISION_EVENT, DIRECTORY, DecisionContext, TradingDecisionJournal, journal_files
from .files import MOST_LOG
from .journal_file import Signer
from .risk_decisions import RISK_DECISION, RiskDecisions, decision_name
from .session_chain import seal_path, write_store_seal
from .session_identity import STRATEGY
from .session_reader import SessionReader
from .session_store import UNFINISHED_SUFFIX
from .sessions import SESSIONS, last_commit_ns, session_stores


def recover_sessions(home: Path, entrypoint: str, signer: Signer, *, portfolio: str, risk_log: Path) -> tuple[Path, ...]:
    """Finish every unsealed store of `entrypoint`: append what its journals lack, then seal it. Return those stores.

    Called with the entrypoint's lease held and before a session, so no such store is in use. A store that a crash left half
    made holds nothing and is removed. A sealed store without an end in it can still be resumed. Raises JournalError for a store
    that is not sound: it needs a person.
    """
    finished = []
    for torn in (home / SESSIONS).glob(f".*_{entrypoint}_*{UNFINISHED_SUFFIX}"):
        torn.unlink(missing_ok=True)
    for path in unsealed_stores(home, entrypoint):
        with closing(SessionReader(path)) as reader:
            for fault in reader.faults(signer.keys):
                raise JournalError(f"{path}: {fault}; move the store away after looking into it")
            _complete_decisions(home, reader, signer, portfolio)
            _complete_risk(reader, signer, risk_log)
            run_id, head = reader.identity.run_id, reader.head(signer.keys)
        _fold(path)
        write_store_seal(path, run_id, head, signer.keys, signer.clock)
        finished.append(path)
    return tuple(finished)


def unsealed_stores(home: Path, entrypoint: str) -> list[Path]:
    """Return the session stores of `entrypoint` without a seal, oldest first."""
    return [path for path in reversed(session_stores(home, entrypoint=entrypoint)) if not seal_path(path).exists()]


def entries(path: Path) -> Iterator[Entry]:
    """Yield the records of a journal file that was verified before; a torn tail is left out."""
    if path.exists():
        for line in read_beside(path, most=MOST_LOG).split(b"\n")[:-1]:
            yield decode_entry(line)[0]


def _fold(path: Path) -> None:
    """Move the write-ahead log that a crash left into the store's file; its time stays that of the last commit."""
    written = last_commit_ns(path)
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.utime(path, ns=(written, written))
    except (sqlite3.Error, OSError) as exc:
        raise JournalError(f"{path}: cannot fold the write-ahead log: {exc}") from exc


def _complete_decisions(home: Path, reader: SessionReader, signer: Signer, portfolio: str) -> None:
    session = reader.identity
    context = DecisionContext(
        entrypoint=session.entrypoint,
        environment=session.environment,
        portfolio=portfolio,
        risk_profile=reader.risk_profile,
        run_id=session.run_id,
        strategy=session.terms.rules.get(STRATEGY, ""),
    )
    journal = TradingDecisionJournal(home, signer, context)
    try:
        run_id, written = session.run_id, 0
        for path in journal_files(home / DIRECTORY):
            for entry in entries(path):
                seq = entry.body.get("record_seq")
                if entry.type == DECISION_EVENT and entry.body.get("run_id") == run_id and isinstance(seq, int):
                    written = max(written, seq)
        if missing := reader.records(after=written):
            journal.project(missing)
    finally:
        journal.close()


def _complete_risk(reader: SessionReader, signer: Signer, risk_log: Path) -> None:
    journal = RiskDecisions(risk_log, signer)
    try:
        written = {decision_name(entry.body) for entry in entries(risk_log) if entry.type == RISK_DECISION}
        decisions = [record for record in reader.records() if record.risk_body is not None]
        journal.project([record for record in decisions if decision_name(record.risk_body or {}) not in written])
    finally:
        journal.close()
