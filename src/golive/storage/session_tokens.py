"""`var/security/session_tokens.sqlite`: what is kept of session tokens, their hashes only. Issue and revocation hold at once,
in every process, and through a restart; what expired is removed a day later.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from golive.config.rbac import Role, Scope
from golive.config.session_token import SessionToken
from golive.model.clock import DAY
from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory
from .owned_path import check_directory, check_present

PATH: Final = Path("var/security/session_tokens.sqlite")
APPLICATION_ID: Final = 0x474C5354
"""`GLST`: golive session tokens"""
USER_VERSION: Final = 1
BUSY_MS: Final = 2000
KEPT_NS: Final = DAY
MOST_KNOWN: Final = 1024
"""rows that are known without being read again"""
_TABLE: Final = """CREATE TABLE token (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), operator TEXT NOT NULL, roles TEXT NOT NULL,
    scopes TEXT NOT NULL, audience TEXT NOT NULL, certificate_sha256 TEXT NOT NULL, issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > issued_at), revoked_at INTEGER
) STRICT, WITHOUT ROWID"""
_COLUMNS: Final = "id, digest, operator, roles, scopes, audience, certificate_sha256, issued_at, expires_at, revoked_at"


class SessionTokens:
    """The tokens of one installation; may be used by several threads. Raises JournalError when they cannot be read or written."""

    def __init__(self, home: Path) -> None:
        self.path = home / PATH
        make_directory(self.path.parent, PRIVATE_DIRECTORY)
        check_directory(self.path.parent)
        check_present(self.path)
        self._lock = threading.Lock()
        self._known: dict[bytes, SessionToken] = {}
        self._known_as_of = -1
        with _told(self.path):
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        self._connection.close()

    def add(self, token: SessionToken) -> None:
        """Keep a new token and forget those that expired a day before it was issued; durable on return."""
        with self._lock, _told(self.path):
            self._insert(token)

    def renew(self, token: SessionToken) -> None:
        """Keep a new token and end those that its person has with the same certificate: all of it, durably, or nothing."""
        whose = (token.issued_at, token.operator, token.certificate_sha256)
        with self._lock, _told(self.path):
            self._known.clear()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute(
                    "UPDATE token SET revoked_at = ? WHERE operator = ? AND certificate_sha256 = ? AND revoked_at IS NULL", whose
                )
                self._insert(token)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def find(self, digest: bytes) -> SessionToken | None:
        """Return what is kept under the hash of a token; None for none.

        A row that was read is known until anybody changes the file, which SQLite is asked every time.
        """
        with self._lock, _told(self.path):
            as_of = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if as_of != self._known_as_of or len(self._known) >= MOST_KNOWN:
                self._known.clear()
                self._known_as_of = as_of
            found = self._known.get(digest)
            if found is None:
                row = self._connection.execute(f"SELECT {_COLUMNS} FROM token WHERE digest = ?", (digest,)).fetchone()  # noqa: S608 (names of ours; values are bound)
                if row is None:
                    return None
                found = self._known[digest] = _token(row)
        return found

    def valid(self, now: int) -> list[SessionToken]:
        """Return those that are neither expired nor revoked, oldest first."""
        query = f"SELECT {_COLUMNS} FROM token WHERE revoked_at IS NULL AND expires_at > ? ORDER BY issued_at, id"  # noqa: S608 (names of ours; values are bound)
        with self._lock, _told(self.path):
            return [_token(row) for row in self._connection.execute(query, (now,))]

    def revoke(self, id_: str, now: int) -> bool:
        """Revoke one by its id; say whether it was valid until now. Durable on return."""
        return self._revoke("id = ?", id_, now) > 0

    def revoke_all_of(self, operator: str, now: int) -> int:
        """Revoke every token of a person; return how many were valid until now. Durable on return."""
        return self._revoke("operator = ?", operator, now)

    def _revoke(self, which: str, value: str, now: int) -> int:
        statement = f"UPDATE token SET revoked_at = ? WHERE {which} AND revoked_at IS NULL AND expires_at > ?"  # noqa: S608 (names of ours; values are bound)
        with self._lock, _told(self.path):
            self._known.clear()  # SQLite's version tells of the changes of others only
            return self._connection.execute(statement, (now, value, now)).rowcount

    def _insert(self, token: SessionToken) -> None:
        row = (
            token.id, token.digest, token.operator, _text(token.roles), _text(token.scopes), token.audience,
            token.certificate_sha256, token.issued_at, token.expires_at, token.revoked_at,
        )  # fmt: skip
        self._connection.execute("DELETE FROM token WHERE expires_at < ?", (token.issued_at - KEPT_NS,))
        self._connection.execute(f"INSERT INTO token ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 (names of ours; values are bound)

    def _prepare(self) -> None:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("BEGIN IMMEDIATE")
        if self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {USER_VERSION}")
            self.path.chmod(SECRET_FILE)
        self._connection.execute("COMMIT")
        marks = tuple(self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if marks != (APPLICATION_ID, USER_VERSION):
            raise JournalError(f"{self.path}: holds no session tokens of this version {marks}; move it away: all tokens end then")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, KeyError) as exc:
        raise JournalError(f"{path}: session tokens cannot be read or written: {exc}") from exc


def _token(row: Sequence[Any]) -> SessionToken:
    id_, digest, operator, roles, scopes, audience, certificate, issued, expires, revoked = row
    return SessionToken(
        id_, digest, operator, frozenset(map(Role, json.loads(roles))), frozenset(map(Scope, json.loads(scopes))), audience,
        certificate, issued, expires, revoked,
    )  # fmt: skip


def _text(names: frozenset[Role] | frozenset[Scope]) -> str:
    return json.dumps(sorted(map(str, names)))
