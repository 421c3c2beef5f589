"""Whether a session store is what its session wrote, as far as its first row, its last rows and its seal say it.

That costs a few reads however long the store is; `golive audit verify` checks every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from golive.audit import SealError, verify_seal
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .keys import SigningKeys
from .session_chain import genesis, seal_path, store_seal
from .session_identity import SessionIdentity
from .session_reader import SessionReader
from .session_schema import JOURNAL_COLUMNS
from .sessions import last_commit_ns


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Whose session a store belongs to and when it ended: ns UTC; of one that did not end in order, its last commit."""

    path: Path
    identity: SessionIdentity
    ended_at: int
    has_ended: bool


def stored_session(path: Path, keys: SigningKeys) -> StoredSession:
    """Return the session of a store. Raises JournalError when the store is not ours, or not what its seal says."""
    with closing(SessionReader(path)) as reader:
        if reader.key_id != keys.mac_key_id:
            raise JournalError(f"{path}: the MAC key {reader.key_id!r} is not at hand")
        begins = genesis(keys.mac_key, reader.identity, reader.risk_profile)
        if any(first != begins for first in _first_links(reader)):
            raise JournalError(f"{path}: tampered: its identity is not that of its rows")
        if reader.is_sealed:
            try:
                seal = verify_seal(read_beside(seal_path(path)), keys.public_key)
            except (SealError, OSError) as exc:
                raise JournalError(f"{path}: bad seal: {exc}") from exc
            if seal != store_seal(reader.identity.run_id, reader.head(keys), keys, seal.time):
                raise JournalError(f"{path}: tampered: not what was sealed at {seal.time}")
        ends = [row.ts for row in reader.lifecycle() if row.event == "ended"]
        return StoredSession(path, reader.identity, ends[-1] if ends else last_commit_ns(path), bool(ends))


def _first_links(reader: SessionReader) -> Iterator[bytes]:
    rows = " UNION ALL ".join(f"SELECT seq, prev_mac FROM {table} WHERE seq = 1" for table in JOURNAL_COLUMNS)  # noqa: S608 (names of ours)
    for _, link in reader.query(rows):
        yield link
