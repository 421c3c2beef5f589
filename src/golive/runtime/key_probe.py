"""What a venue answered about a stored key: a record `key_probed` in `logs/security_admin.log`, and the newest of them.

A refusal is an answer: it stands where an earlier probe said that all is well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from golive.audit import Entry, EntryError, Soundness
from golive.audit.entry import body_text
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock, from_iso, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.storage.keys import SigningKeys
from golive.storage.sealed_log import sealed_log
from golive.storage.security_admin import PATH, admin_entries, record_admin_act
from golive.storage.verified import VerificationKeys, verify_series
from golive.venues.dialect import KeyFacts

from .host_signer import host_signer

PROBED: Final = "key_probed"
_MARK: Final = f'"type":"{PROBED}"'.encode()


class CannotSay(JournalError):
    """Nobody can tell whether the log is what was written: keys are gone, a record is torn, a file cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProbe:
    """One answer."""

    at: int
    """ns UTC"""
    environment: str
    endpoint: str
    """as configured: where the venue was asked"""
    evidence_class: str
    key_class: str
    """of the keys that signed the record"""
    keychain_key: str
    key_fingerprint: str
    permissions: tuple[str, ...]
    addresses: tuple[str, ...] | None
    """() usable from anywhere; None: the venue does not tell"""
    expires_at: int | None
    """ns UTC"""
    refused: str
    """the venue's words where it refused the key; '' where it took it"""


def record_probe(
    home: Path, clock: Clock, entrypoint: ResolvedEntrypoint, fingerprint: str, answer: KeyFacts | str, operator: str
) -> None:
    """Write down what the venue said of the key; a text is a refusal. Durable on return. Raises JournalError."""
    facts = KeyFacts((), None) if isinstance(answer, str) else answer
    body: JsonObject = {
        "environment": entrypoint.environment,
        "exchange": entrypoint.exchange,
        "endpoint": entrypoint.endpoint,
        "evidence_class": str(entrypoint.evidence_class),
        "keychain_key": entrypoint.keychain_key,
        "key_fingerprint": fingerprint,
        "permissions": list(facts.permissions),
        "addresses": None if facts.addresses is None else list(facts.addresses),
        "expires_at": None if facts.expires_at is None else to_iso(facts.expires_at),
        "refused": answer if isinstance(answer, str) else "",
    }
    record_admin_act(home, host_signer(home, clock, operator), PROBED, body, operator)


def newest_probe(home: Path, environment: str) -> KeyProbe | None:
    """Return the newest probe of an environment's key, None when there is none. JournalError for a log that is not sound."""
    path = home / PATH
    try:
        marks = tuple(
            (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
            for found in (path.stat(), path.with_suffix(".seal.json").stat())
        )
    except FileNotFoundError:
        admin_entries(home, SigningKeys.load(home))  # says what is missing of the two
        return None
    entry = _newest(home, marks).get(environment)
    return None if entry is None else _probe(entry)


@lru_cache(maxsize=4)
def _newest(home: Path, marks: tuple[tuple[int, ...], ...]) -> Mapping[str, Entry]:
    """Read the log, once as long as it stays what it is: `marks` tell. Seals that are kept elsewhere say if it was put back."""
    path, keys = home / PATH, VerificationKeys.of_home(home)
    if keys.own is None:
        raise CannotSay(f"{path}: the keys that signed it are gone")
    try:
        [sealed] = sealed_log([path], keys)
    except JournalError:
        _demand_sound(path, keys)
        raise
    probes = (entry for entry in sealed.records_with(_MARK) if entry.type == PROBED)
    return {str(entry.body.get("environment")): entry for entry in probes}


def _demand_sound(path: Path, keys: VerificationKeys) -> None:
    """Raise CannotSay or JournalError, by what verifying each record finds."""
    for found in verify_series([path], keys):
        if found.soundness is not Soundness.CLEAN:
            kind = JournalError if found.soundness is Soundness.TAMPERED else CannotSay
            raise kind(f"{path}: {found.soundness}: {found.faults[0]}")


def _probe(entry: Entry) -> KeyProbe:
    body = entry.body
    try:
        expires_at = body.get("expires_at")
        addresses = body.get("addresses")
        return KeyProbe(
            at=from_iso(entry.ts),
            environment=body_text(body, "environment"),
            endpoint=body_text(body, "endpoint"),
            evidence_class=body_text(body, "evidence_class"),
            key_class=body_text(body, "key_class"),
            keychain_key=body_text(body, "keychain_key"),
            key_fingerprint=body_text(body, "key_fingerprint"),
            permissions=_texts(body.get("permissions")),
            addresses=None if addresses is None else _texts(addresses),
            expires_at=None if expires_at is None else from_iso(str(expires_at)),
            refused=body_text(body, "refused"),
        )
    except (EntryError, ValueError) as exc:
        raise JournalError(f"{PATH}: record {entry.seq}: {exc}") from exc


def _texts(value: JsonValue) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise EntryError("a list of texts is missing")
    return tuple(str(each) for each in value)
