"""The bytes of a log's file believed by the seal over their digest: the records are not checked one by one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from golive.audit import Chain, EntryError, SealError, decode_entry, read_seal
from golive.audit.verify import missing_keys

from .kept_seals import checked_seal

if TYPE_CHECKING:
    from .verified import VerificationKeys


def taken(data: bytes, document: bytes, chain: Chain, keys: VerificationKeys) -> str | None:
    """Move the chain to the end of a file that is as sealed and goes on soundly, and return its digest; None when it is not."""
    try:
        seal = checked_seal(document, keys, chain.log_id or read_seal(document)[0].log_id)
        sealed, tail = data[: seal.size], data[seal.size :]
        digest = hashlib.sha256(sealed)
        if len(sealed) != seal.size or digest.hexdigest() != seal.content_sha256:
            return None
        first = decode_entry(sealed[: sealed.find(b"\n")])[0]
        last = decode_entry(sealed[sealed.rfind(b"\n", 0, -1) + 1 : -1])[0]
    except (SealError, KeyError, EntryError):
        return None
    begins = (first.seq, first.prev, first.body.get("log_id")) == (chain.seq + 1, chain.mac, seal.log_id)
    if not begins or (last.seq, last.mac) != (seal.last_seq, seal.head_mac) or (tail and not tail.endswith(b"\n")):
        return None
    chain.accept(seal.log_id, last, size=seal.size, lines=sealed.count(b"\n"))
    is_sound = all(not chain.check(line)[1] for line in tail.split(b"\n")[:-1])
    digest.update(tail)
    return digest.hexdigest() if is_sound and not missing_keys(chain) else None
