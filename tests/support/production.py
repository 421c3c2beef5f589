"""An installation with production keys as the storage makes them, and the identity of the auditor who can open its first key."""

from __future__ import annotations

from pathlib import Path

import pyrage

from golive.audit.ratchet import FirstKey
from golive.security.age_sealing import sealed_for
from golive.storage.keys import SigningKeys
from golive.storage.production_keys import MadeKeys, finish, make_production_keys
from golive.storage.security_admin import record_admin_act

from .durable import signer_of

AUDITOR = pyrage.x25519.Identity.generate()
RECIPIENT = str(AUDITOR.to_public())


def with_production_keys(home: Path) -> MadeKeys:
    """Give an installation production keys, by nobody in particular."""
    record_admin_act(home, signer_of(home), "operator_added", {"name": "sec"}, "test")
    made = make_production_keys(home, "sec", RECIPIENT, lambda root: sealed_for(RECIPIENT, root, "--auditor"), "20260110T000000Z")
    finish(home, made, lambda _: None)
    return made


def first_key(home: Path, made: MadeKeys) -> bytes:
    """Return what the auditor finds in the sealed file: the text of a key file."""
    opened: bytes = pyrage.decrypt((home / made.sealed_root).read_bytes(), [AUDITOR])
    return opened


def auditors_keys(home: Path, made: MadeKeys) -> FirstKey:
    return FirstKey(bytes.fromhex(first_key(home, made).decode()))


def keys_of_production(home: Path) -> SigningKeys:
    keys = SigningKeys.load(home)
    assert keys is not None
    return keys
