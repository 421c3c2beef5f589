"""The part of a journal that a seal covers: taken as read when its bytes are those that were sealed.

The seal's signature over their digest says more than each record's MAC would, at a hundredth of the time.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from golive.audit import Chain, EntryError, Seal, decode_entry
from golive.audit.merkle import MerkleTree

if TYPE_CHECKING:
    from hashlib import _Hash

PART: Final = 1 << 22


def take_sealed(descriptor: int, seal: Seal, chain: Chain) -> tuple[_Hash, MerkleTree] | None:
    """Move a chain that has read nothing of the file to the end of the sealed part; return digest and tree of what it holds.

    None, and nothing has moved, when they are not the sealed ones or do not continue the chain. OSError as of reading.
    """
    digest, tree, start = hashlib.sha256(), MerkleTree(), 0
    head = last_line = rest = b""
    while start < seal.size:
        part = os.pread(descriptor, min(seal.size - start, PART), start)
        if not part:
            return None
        digest.update(part)
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            tree.add(line)
        head = head or (lines[0] if lines else b"")
        last_line = lines[-1] if lines else last_line
        start += len(part)
    if rest or digest.hexdigest() != seal.content_sha256 or tree.root() != seal.merkle_root:
        return None
    try:
        first, last = (decode_entry(line)[0] for line in (head, last_line))
    except EntryError:
        return None
    begins = (first.seq, first.prev, first.body.get("log_id")) == (chain.seq + 1, chain.mac, seal.log_id)
    continues = chain.log_id in ("", seal.log_id)
    if not (begins and continues and (last.seq, last.mac) == (seal.last_seq, seal.head_mac)):
        return None
    chain.accept(seal.log_id, last, size=seal.size, lines=tree.size)
    return digest, tree
