"""What a session wrote down as broken while it ran: read back, with every MAC checked, when it is taken up again."""

from __future__ import annotations

from pathlib import Path

from golive.audit import EntryError, MacKeys, decode_entry
from golive.audit.entry import sign
from golive.inputs import read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .decision_journal import DIRECTORY, SESSION_BROKEN, journal_files
from .files import MOST_LOG


def broken_notes(home: Path, run_id: str, mac_keys: MacKeys) -> tuple[JsonObject, ...]:
    """Return the bodies of the records `session_broken` of one run, oldest first; half a line at the end is no record.

    Raises JournalError when a file cannot be read, or such a record is not what was written.
    """
    found: list[JsonObject] = []
    for path in journal_files(home / DIRECTORY):
        for line in _lines(path):
            if run_id.encode() in line and SESSION_BROKEN.encode() in line:
                found.extend(_body(path, line, run_id, mac_keys))
    return tuple(found)


def _lines(path: Path) -> list[bytes]:
    try:
        return read_beside(path, most=MOST_LOG).split(b"\n")[:-1]
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def _body(path: Path, line: bytes, run_id: str, mac_keys: MacKeys) -> list[JsonObject]:
    try:
        entry, unsigned = decode_entry(line)
    except EntryError as exc:
        raise JournalError(f"{path}: {line[:80]!r} is no record ({exc}); golive audit verify tells more") from exc
    if entry.type != SESSION_BROKEN or entry.body.get("run_id") != run_id:
        return []
    key = mac_keys.get(entry.key_id)
    if key is None or sign(key, unsigned) != entry.mac:
        raise JournalError(f"{path}: record {entry.seq} is not what was written; golive audit verify tells more")
    return [entry.body]
