"""The MAC keys of an installation's logs: the present one of each log on disk, replaced by the next; those before are gone.

The first root of production is sealed to an auditor and never kept here. An installation for development keeps it and can check
every record itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from golive.audit import canonical
from golive.audit.ratchet import KEY_BYTES, KeyName, evolve, key_from_first, log_key
from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic
from .private_path import check_private

ROOT: Final = "root.key"
LOGS: Final = "logs"
_SCHEMA: Final = "golive.log_key.v1"
_RESTORE: Final = "restore the folder of keys from the backup that is as old as the logs"


@dataclass(frozen=True, slots=True, repr=False)
class HeldKey:
    """The present key of one log, or of the root (whose name is then that of the next log's first key)."""

    name: KeyName
    key: bytes
    seq: int
    """the record behind which it signs; 0 for a log's first key"""
    since: str
    """`ts` of that record, or of the header, ISO-8601 `Z`"""


class LogKeys:
    """Finds, makes and moves the keys of all logs under one folder of keys."""

    def __init__(self, directory: Path, root: str, first: bytes | None, fixed: tuple[str, bytes]) -> None:
        """`root` names the first root key, `first` is that key where it is kept; `fixed` signs logs that were begun before keys
        evolved."""
        self._directory = directory
        self.root = root
        """names the first root"""
        self._first = first
        self._found: dict[str, bytes] = {fixed[0]: fixed[1]}

    def get(self, key_id: str, /) -> bytes | None:
        """Return a key by its id: any where the first root is kept, else a log's present key and those that follow.

        Raises JournalError when the file of a log's key is damaged.
        """
        if (known := self._found.get(key_id)) is not None:
            return known
        name = KeyName.read(key_id)
        if name is None or name.root != self.root:
            return None
        if self._first is not None:
            return self._found.setdefault(key_id, key_from_first(self._first, name))
        held = self.held(name.log)
        if held is None or held.name.step != name.step or held.name.index > name.index:
            return None
        return evolve(held.key, name.index - held.name.index)

    def begin(self, log: str, since: str) -> HeldKey:
        """Make and keep the first key of a new log, and move the root on. Raises JournalError."""
        make_directory(self._directory / LOGS, PRIVATE_DIRECTORY)
        with self._locked():
            step, root = self._present_root()
            held = HeldKey(KeyName(self.root, step, log, 0), log_key(root, log), 0, since)
            self.keep(held)
            self._write_root(step + 1, evolve(root))
        return held

    def keep(self, held: HeldKey) -> None:
        """Put a log's present key in the place of the one before, which is gone then. Raises JournalError."""
        document: JsonObject = {
            "schema": _SCHEMA,
            "name": str(held.name),
            "key": held.key.hex(),
            "seq": held.seq,
            "since": held.since,
        }
        write_atomic(self._path(held.name.log), canonical(document) + b"\n", mode=SECRET_FILE, durable_name=True)

    def held(self, log: str) -> HeldKey | None:
        """Return the key that is kept of a log, None without one of our root. Raises JournalError for a damaged file."""
        document = _read(self._path(log))
        if document is None:
            return None
        name = KeyName.read(document["name"])
        if name is None or name.log != log:
            raise JournalError(f"{self._path(log)}: holds the key {document['name']!r}, not one of log {log!r}; {_RESTORE}")
        if name.root != self.root:
            return None
        return HeldKey(name, document["key"], document["seq"], document["since"])

    def _path(self, log: str) -> Path:
        return self._directory / LOGS / f"{log}.key"

    def _present_root(self) -> tuple[int, bytes]:
        document = _read(self._directory / ROOT)
        if document is not None:
            name = KeyName.read(document["name"])
            if name is None or name.root != self.root:
                raise JournalError(f"{self._directory / ROOT}: is not the root of {self.root}; {_RESTORE}")
            return name.step, document["key"]
        if self._first is None:
            raise JournalError(f"{self._directory / ROOT}: the root key is gone, no log can be begun; {_RESTORE}")
        return 0, self._first

    def plant(self, first: bytes) -> None:
        """Keep the root that follows the first one, which itself is never on this host. Raises JournalError."""
        self._write_root(1, evolve(first))

    def _write_root(self, step: int, key: bytes) -> None:
        name = KeyName(self.root, step, "0" * 16, 0)
        document: JsonObject = {"schema": _SCHEMA, "name": str(name), "key": key.hex(), "seq": 0, "since": ""}
        write_atomic(self._directory / ROOT, canonical(document) + b"\n", mode=SECRET_FILE, durable_name=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def kept_root(directory: Path) -> str:
    """Return the name of the first root whose present one a folder of keys holds. Raises JournalError when it holds none."""
    document = _read(directory / ROOT)
    name = None if document is None else KeyName.read(document["name"])
    if name is None:
        raise JournalError(f"{directory / ROOT}: the root key is gone; {_RESTORE}")
    return name.root


def _read(path: Path) -> dict[str, Any] | None:
    """Return the members of a key file, the key as bytes; None without one. Raises JournalError for a damaged one."""
    if not path.exists():
        return None
    check_private(path, directory=False)
    try:
        document: Any = parse_json(read_beside(path))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: cannot be read: {exc}; {_RESTORE}") from exc
    members = {"schema": str, "name": str, "key": str, "seq": int, "since": str}
    is_form = isinstance(document, dict) and {name: type(value) for name, value in document.items()} == members
    if not is_form or document["schema"] != _SCHEMA:
        raise JournalError(f"{path}: is no {_SCHEMA} document; {_RESTORE}")
    try:
        key = bytes.fromhex(document["key"])
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise JournalError(f"{path}: key is not {KEY_BYTES * 2} hex digits; {_RESTORE}")
    return {**document, "key": key}
