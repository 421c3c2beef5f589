"""What every writer of a log does beside its records: begin with a key of its own, move to the next in time, sign a seal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from golive.audit import Chain, Seal
from golive.audit.entry import countersigned, sign
from golive.audit.ratchet import KeyName, evolve
from golive.model.clock import SECOND, from_iso, to_iso
from golive.model.json import JsonObject

from .log_keys import HeldKey

if TYPE_CHECKING:
    from .journal_file import Signer

KEY_RECORDS: Final = 10_000
KEY_AGE_NS: Final = 15 * 60 * SECOND
_LOG_BYTES: Final = 8


def header_of(name: str, signer: Signer, chain: Chain) -> JsonObject:
    """Return the body of the first record of a new log `name`; from now on `chain` has the log's first key.

    Raises JournalError when that cannot be made.
    """
    log = os.urandom(_LOG_BYTES).hex()
    held = signer.keys.logs.begin(log, to_iso(signer.clock.now()))
    chain.take_key(str(held.name), held.key, seq=held.seq, since=held.since)
    return {
        "log_id": f"{name}/{log}",
        "code_version": signer.code_version,
        "config_sha384": signer.config_sha384,
    }


def know_key_age(signer: Signer, chain: Chain) -> None:
    """Let a chain whose beginning was taken by its seal know since when its key signs."""
    name = KeyName.read(chain.key_id)
    if name is None or chain.key_since:
        return
    held = signer.keys.logs.held(name.log)
    if held is not None and held.name == name:
        chain.take_key(chain.key_id, held.key, seq=held.seq, since=held.since)


def evolution_due(signer: Signer, chain: Chain) -> JsonObject | None:
    """Return the body of the record with which the log's key makes room for the next; None while it is neither old nor full.

    A log that was begun before keys evolved keeps its key. A key of unknown age is due.
    """
    name = KeyName.read(chain.key_id)
    if name is None or chain.key is None:
        return None
    if (
        chain.key_since
        and chain.seq - chain.key_seq < KEY_RECORDS
        and signer.clock.now() - from_iso(chain.key_since) < KEY_AGE_NS
    ):
        return None
    successor = str(name.next())
    proof = countersigned(chain.seq + 1, chain.mac, successor)
    return {"successor": successor, "countersign": sign(evolve(chain.key), proof)}


def evolved(chain: Chain, successor: str, since: str) -> HeldKey:
    """Move a chain that has just taken the record `key_evolved` to the next key; return that, to be kept once all is sealed."""
    name = KeyName.read(successor)
    if name is None or chain.key is None:
        raise AssertionError(f"{successor!r} follows no evolving key")
    held = HeldKey(name, evolve(chain.key), chain.seq, since)
    chain.take_key(successor, held.key, seq=held.seq, since=since)
    return held


def seal_of(signer: Signer, chain: Chain, content_sha256: str, merkle_root: str) -> Seal:
    """Return the seal of a log as it stands."""
    return Seal(
        log_id=chain.log_id,
        size=chain.size,
        last_seq=chain.seq,
        head_mac=chain.mac,
        content_sha256=content_sha256,
        time=to_iso(signer.clock.now()),
        key_id=signer.keys.seal_key_id,
        merkle_root=merkle_root,
    )
