"""The Merkle tree over the records of a journal file: RFC 9162 §2.1.1, SHA-256, leaves in the order of the lines.

Its root stands in every seal: one digest that also proves, with few others, that a single record was among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


class MerkleTree:
    """A tree that grows by a leaf at a time and keeps one digest for each of its full subtrees."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._peaks: list[bytes] = []
        self._size = 0
        for leaf in leaves:
            self.add(leaf)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._size

    def add(self, leaf: bytes) -> None:
        """Add one record: its line without the newline."""
        node = hashlib.sha256(b"\x00" + leaf).digest()
        full = self._size
        while full & 1:
            node = hashlib.sha256(b"\x01" + self._peaks.pop() + node).digest()
            full >>= 1
        self._peaks.append(node)
        self._size += 1

    def root(self) -> str:
        """Return the root, hex; of no leaves the digest of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        node = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node.hex()
