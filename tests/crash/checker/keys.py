"""The bot's MAC keys: the one of its rows, and of each log's records, made from the first root by the name that a record gives."""

from __future__ import annotations

import hmac
import re
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"[a-z0-9-]+\.(?P<step>\d+)\.(?P<log>[0-9a-f]{16})\.(?P<index>\d+)")
NEXT = b"golive next key\x01"


class Keys(NamedTuple):
    """What a host that keeps its first root can check with."""

    rows: bytes
    first: bytes | None

    @classmethod
    def read(cls, path: Path) -> Keys:
        """Return the key of the rows, from its file (hex), and the first root, where `first.key` lies beside it."""
        first = path.with_name("first.key")
        return cls(bytes.fromhex(path.read_text()), bytes.fromhex(first.read_text()) if first.exists() else None)

    def of(self, key_id: str) -> bytes:
        """Return the key that signs a record; that of the rows for a name that is none of an evolving key."""
        name = NAME.fullmatch(key_id)
        if name is None or self.first is None:
            return self.rows
        root = _forward(self.first, int(name["step"]))
        first = hmac.digest(root, b"golive log|" + name["log"].encode() + b"\x01", "sha256")
        return _forward(first, int(name["index"]))


def _forward(key: bytes, steps: int) -> bytes:
    for _ in range(steps):
        key = hmac.digest(key, NEXT, "sha256")
    return key
