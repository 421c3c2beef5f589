"""Rows of the audit of alerts of which the outbox or a self-test tells and that the audit lacks: cut off, removed, begun anew.

The outbox remembers 30 days of what it has handed over, the evidence of self-tests stays. What `files_removed` says is out of
retention is not asked for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from golive.audit import Soundness
from golive.inputs import read_beside
from golive.model.alert import NO_CHANNEL, SUPPRESSED_CHANNEL
from golive.model.clock import from_iso, to_iso
from golive.model.errors import JournalError

from .alert_outbox import PATH as OUTBOX
from .verified import Result, entries, of_file

EVIDENCE: Final = Path("var/audit/alerts")
"""of self-tests; relative to home"""
FIX: Final = (
    "put its files and their seals back from a copy; where there is none, keep what is left of them, "
    f"{EVIDENCE} and {OUTBOX.parent} elsewhere"
)
_TOLD: Final = f"""
SELECT alert_id, ts, CASE state WHEN 'suppressed' THEN '{SUPPRESSED_CHANNEL}' ELSE '{NO_CHANNEL}' END FROM outbox
WHERE state IN ('suppressed', 'no_channel') AND alert_id NOT IN (SELECT alert_id FROM outcome)
UNION ALL
SELECT alert_id, ts, channel FROM parcel JOIN outbox USING (alert_id)
WHERE parcel.state IN ('delivered', 'failed') AND alert_id NOT IN (SELECT alert_id FROM outcome)
ORDER BY ts, alert_id
"""  # noqa: S608 (names of ours; values are bound)
_ANSWERS: Final = {"delivered": None, "failed": None, "suppressed": SUPPRESSED_CHANNEL}
"""outcomes of a self-test that were read from a row, and the channel of that row where it is not the one asked"""


class Told(NamedTuple):
    """A row that was there: `at`, ns UTC, is no later than the row."""

    witness: Path
    alert_id: str
    channel: str
    at: int


def lost_alerts(home: Path, directory: Path, listed: Callable[[], Sequence[Path]]) -> Iterator[Result]:
    """Yield a result for the audit in `directory` when its files lack a row that something tells of, and one for each witness
    that cannot be read. `listed` returns the files, oldest first, once the witnesses have been read.
    """
    told, unread = list[Told](), list[Result]()
    for witness, read in ((home / OUTBOX, _of_outbox), *((path, _of_evidence) for path in evidence_files(home))):
        try:
            told.extend(read(witness))
        except JournalError as exc:
            unread.append(Result(witness, (of_file(Soundness.CANNOT_SAY, str(exc)),)))
    yield from unread
    files = listed()
    lost = _lacking(told, files)
    if lost:
        first = lost[0]
        more = f", and {len(lost) - 1} more are lacking" if len(lost) > 1 else ""
        text = (
            f"{'has no row' if files else 'is gone, with its row'} of alert {first.alert_id} at {first.channel}, raised at "
            f"{to_iso(first.at)}, of which {first.witness.relative_to(home)} tells{more}; {FIX}"
        )
        yield Result(files[-1] if files else directory, (of_file(Soundness.CANNOT_SAY, text),))


def evidence_files(home: Path) -> list[Path]:
    """Return the evidence of self-tests, oldest first."""
    return sorted((home / EVIDENCE).glob("selftest_*.json"))


def _lacking(told: Sequence[Told], files: Sequence[Path]) -> list[Told]:
    """Return what is told and has no row; the audit is read after its witnesses, which follow it."""
    if not told:
        return []
    rows, begins = set[tuple[object, object]](), 0
    for path in files:
        for entry in entries(path):
            if path is files[0] and not rows and not begins and entry.seq > 1:
                begins = from_iso(entry.ts)  # of what was removed before, the chain tells
            rows.add((entry.body.get("alert_id"), entry.body.get("channel")))
    return [each for each in told if each.at >= begins and (each.alert_id, each.channel) not in rows]


def _of_outbox(path: Path) -> list[Told]:
    """Return what the audit has taken from the outbox; none while there is none, or one that nobody has finished making."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if not {"outbox", "parcel", "outcome"} <= tables:
                return []
            return [Told(path, alert_id, channel, ts) for alert_id, ts, channel in connection.execute(_TOLD)]
    except sqlite3.Error as exc:
        raise JournalError(f"cannot be read: {exc}") from exc


def _of_evidence(path: Path) -> list[Told]:
    """Return the rows that a self-test has read."""
    try:
        told: Any = json.loads(read_beside(path))
        began = from_iso(told["generated_at"])
        found = [
            Told(path, str(each["alert_id"]), _ANSWERS[each["outcome"]] or str(each["channel"]), began)
            for each in told["channels"]
            if each["outcome"] in _ANSWERS
        ]
        return found + [
            Told(path, str(each["alert_id"]), SUPPRESSED_CHANNEL, from_iso(each["ts"])) for each in told["critical_suppressed"]
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
        raise JournalError(f"is no evidence of a self-test that can be read: {exc}") from exc
