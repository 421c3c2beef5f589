"""MAC keys that move forward only: who takes a log's present key can forge what comes, never what was.

Each log has a key of its own, made from the installation's root key; each key makes the next and is then erased, and so does the
root. Who holds the first root, sealed when the installation began, makes every key again by its name (RELIABILITY §4.5).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from typing import Final, Protocol

KEY_BYTES: Final = 32
_NUMBER: Final = "0|[1-9][0-9]{0,8}"
_NAME: Final = re.compile(rf"(?P<root>[a-z0-9-]+)\.(?P<step>{_NUMBER})\.(?P<log>[0-9a-f]{{16}})\.(?P<index>{_NUMBER})")
_MOST_STEPS: Final = 1_000_000
"""a name that asks for more steps than any log takes is nobody's"""


class MacKeys(Protocol):
    """Finds a MAC key by its id; a mapping is one."""

    def get(self, key_id: str, /) -> bytes | None:
        """Return the key, None when it is not at hand."""


class _NoKeys:
    def get(self, key_id: str, /) -> bytes | None:
        """Return None: no key is at hand."""


NO_KEYS: Final[MacKeys] = _NoKeys()


@dataclass(frozen=True, slots=True)
class KeyName:
    """Which key a record was signed with: `<root>.<step>.<log>.<index>`."""

    root: str
    """names the installation's first root key"""
    step: int
    """how many roots came before the one that made this log's first key"""
    log: str
    """the random part of the log's id, 16 lower-case hex digits"""
    index: int
    """how many keys of this log came before"""

    def __str__(self) -> str:
        return f"{self.root}.{self.step}.{self.log}.{self.index}"

    @classmethod
    def read(cls, text: str) -> KeyName | None:
        """Return the name that `text` spells; None when it is no name of an evolving key."""
        found = _NAME.fullmatch(text)
        if found is None:
            return None
        name = cls(found["root"], int(found["step"]), found["log"], int(found["index"]))
        return name if name.step + name.index <= _MOST_STEPS else None

    def next(self) -> KeyName:
        """Return the name of the key that follows."""
        return replace(self, index=self.index + 1)


def root_name(prefix: str, first: bytes) -> str:
    """Return how the keys of a first root are named: a digest under a label of its own tells nothing of the key."""
    return f"{prefix}-{hashlib.sha256(b'golive key id|' + first).hexdigest()[:16]}"


class FirstKey:
    """What an auditor holds: every MAC key of every log, from the sealed first root."""

    def __init__(self, first: bytes) -> None:
        self._first = first
        self._found: dict[str, bytes] = {}

    def get(self, key_id: str, /) -> bytes | None:
        """Return the key of that id, None for one of another root."""
        if (known := self._found.get(key_id)) is not None:
            return known
        name = KeyName.read(key_id)
        if name is None or name.root != root_name(name.root.rpartition("-")[0], self._first):
            return None
        return self._found.setdefault(key_id, key_from_first(self._first, name))


def evolve(key: bytes, steps: int = 1) -> bytes:
    """Return the key that follows after `steps`; there is no way back."""
    for _ in range(steps):
        key = expand(key, b"golive next key")
    return key


def log_key(root: bytes, log: str) -> bytes:
    """Return the first key of the log whose id ends in `log`, made from the root of its time."""
    return expand(root, b"golive log|" + log.encode())


def key_from_first(first: bytes, name: KeyName) -> bytes:
    """Return the key of that name, made from the installation's first root."""
    return evolve(log_key(evolve(first, name.step), name.log), name.index)


def expand(key: bytes, info: bytes) -> bytes:
    """Return one block of HKDF-Expand with SHA-256 (RFC 5869 §2.3): 32 bytes."""
    return hmac.digest(key, info + b"\x01", "sha256")
