"""The two MAC chains of a session store, and the seal over where they end."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from golive.audit import Seal, canonical
from golive.model.clock import Clock, to_iso

from .files import write_atomic
from .keys import SigningKeys
from .session_identity import SessionIdentity

Value: TypeAlias = int | str | None


@dataclass(frozen=True, slots=True)
class StoreHead:
    """Where the two chains of a store stand."""

    seq: int
    mac: bytes
    event_seq: int
    event_mac: bytes


def genesis(key: bytes, identity: SessionIdentity, risk_profile: str) -> bytes:
    """Return the `prev_mac` of the first row: it binds the chain to its session."""
    return hmac.digest(key, b"session|" + canonical({**identity.fields(risk_profile)}), "sha256")


def row_mac(key: bytes, previous: bytes, table: str, seq: int, values: tuple[Value, ...]) -> bytes:
    """Return the MAC of one journal row over table, sequence, all its values and the MAC before."""
    # Wide ints are text here: a canonical number ends at 2^53.
    plain = [str(value) if isinstance(value, int) else value for value in values]
    kinds = "".join("i" if isinstance(value, int) else "n" if value is None else "t" for value in values)
    return hmac.digest(key, previous + canonical([table, seq, kinds, *plain]), "sha256")


def event_mac(key: bytes, previous: bytes, seq: int, kind: str, body: bytes) -> bytes:
    """Return the MAC of one event row."""
    return hmac.digest(key, b"%b%d|%b|%b" % (previous, seq, kind.encode(), body), "sha256")


def store_seal(run_id: str, head: StoreHead, keys: SigningKeys, time: str) -> Seal:
    """Return the seal of a store: `size` = rows, `content_sha256` = SHA-256 over both chains' heads."""
    return Seal(
        log_id=f"session/{run_id}",
        size=head.seq + head.event_seq,
        last_seq=head.seq,
        head_mac=head.mac.hex(),
        content_sha256=hashlib.sha256(head.mac + head.event_mac).hexdigest(),
        time=time,
        key_id=keys.seal_key_id,
    )


def write_store_seal(store: Path, run_id: str, head: StoreHead, keys: SigningKeys, clock: Clock) -> None:
    """Sign the store as it stands; raise JournalError when the seal cannot be written."""
    seal = store_seal(run_id, head, keys, to_iso(clock.now()))
    write_atomic(seal_path(store), keys.seal(seal), durable_name=True)


def seal_path(store: Path) -> Path:
    """Return where the seal of a closed store lies."""
    return store.with_suffix(".seal.json")
