"""Seals of an order journal: where its chain stood and what it came to then, signed, in a file beside it.

The file is the seal's document on the first line and the snapshot it covers on the second; `content_sha256` is the snapshot's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from golive.audit import Seal, SealError, read_seal, verify_seal
from golive.model.errors import JournalError

from ..failpoint import reach
from ..files import write_atomic
from ..keys import SigningKeys
from ..owned_path import check_present
from .book import Book
from .place import JournalPlace


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal whose signature holds, and its snapshot."""

    seal: Seal
    snapshot: bytes

    @property
    def book(self) -> Book:
        return Book.read(self.snapshot)


def write_seal(place: JournalPlace, seq: int, mac: bytes, snapshot: bytes, keys: SigningKeys, time: str) -> str:
    """Sign where the journal stands and replace the seal beside it, durable on return; return the seal's document.

    Raises JournalError when the file cannot be written.
    """
    document = keys.seal(
        Seal(
            log_id=place.log_id,
            size=seq,
            last_seq=seq,
            head_mac=mac.hex(),
            content_sha256=hashlib.sha256(snapshot).hexdigest(),
            time=time,
            key_id=keys.seal_key_id,
        )
    )
    reach("orders.seal.before")
    write_atomic(place.seal, document + snapshot + b"\n", durable_name=True)
    reach("orders.seal.after")
    return document.decode()


def read_sealed(path: Path, log_id: str, keys: Mapping[str, bytes]) -> Sealed | None:
    """Return the seal in `path`; None when there is no such file.

    `keys` are raw Ed25519 public keys by id. Raises JournalError when it was changed, is another journal's, is not this user's
    alone to change, or cannot be read.
    """
    check_present(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    document, _, snapshot = data.partition(b"\n")
    try:
        seal = verify_document(document + b"\n", keys)
    except SealError as exc:
        raise JournalError(f"{path}: not a seal of ours: {exc}; restore journal and seal from one backup") from exc
    if seal.log_id != log_id:
        raise JournalError(f"{path}: the seal of {seal.log_id}, not of {log_id}; put it back where it belongs")
    if not snapshot.endswith(b"\n") or hashlib.sha256(snapshot[:-1]).hexdigest() != seal.content_sha256:
        raise JournalError(f"{path}: the snapshot is not what was sealed; restore journal and seal from one backup")
    return Sealed(seal, snapshot[:-1])


def verify_document(document: bytes, keys: Mapping[str, bytes]) -> Seal:
    """Return the seal of a document signed by one of `keys`; raise SealError otherwise."""
    key_id = read_seal(document)[0].key_id
    if key_id not in keys:
        raise SealError(f"signed by {key_id}, a key that is not at hand")
    return verify_seal(document, keys[key_id])
