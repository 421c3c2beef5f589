"""Named people of this installation: roles, and a passphrase of which only a scrypt hash is kept. Values in, values out.

Where the book lies is the business of `storage/operator_file.py`; who asks and what is recorded that of `runtime/operators.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from golive.config.rbac import Act, Role, apart_objection, may
from golive.inputs import NotStrictJson, parse_json
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError, JournalError
from golive.model.json import JsonValue
from golive.model.secret import Secret

from .passphrase_rule import MAX_PASSPHRASE, checked_passphrase
from .signing_key import SigningKey

SCHEMA: Final = "golive.operators.v1"
MOST_FAILURES: Final = 5
"""in a minute; then the name is locked for a minute"""
LOCK_NS: Final = MINUTE
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_N, _R, _P, _SIZE = 1 << 15, 8, 1, 32
"""32 MiB and some 0.1 s a guess; source: RFC 7914 §2, OWASP Password Storage Cheat Sheet (scrypt)"""
_COSTS: Final = {"n": range(1 << 14, (1 << 18) + 1), "r": range(8, 17), "p": range(1, 5)}
"""what a stored hash may cost: neither nothing nor all the memory there is"""


@dataclass(frozen=True, slots=True)
class OperatorIdentity:
    """Somebody who has shown who they are."""

    name: str
    roles: frozenset[Role]

    def may(self, act: Act) -> bool:
        return may(self.roles, act)


@dataclass(frozen=True, slots=True, repr=False)
class PassphraseHash:
    """scrypt of a passphrase with the salt and costs it was made with."""

    salt: bytes
    digest: bytes
    n: int = _N
    r: int = _R
    p: int = _P

    @classmethod
    def of(cls, passphrase: Secret, name: str = "") -> PassphraseHash:
        """Hash a new passphrase of `name` under a salt of its own; ConfigError for one that `passphrase_rule` refuses."""
        checked_passphrase(passphrase, name=name)
        salt = secrets.token_bytes(16)
        return cls(salt, _scrypt(passphrase, salt, _N, _R, _P))

    def matches(self, passphrase: Secret) -> bool:
        """Say whether it was made from `passphrase`; takes as long for a wrong one."""
        if len(passphrase.reveal()) > MAX_PASSPHRASE:
            return False
        return hmac.compare_digest(self.digest, _scrypt(passphrase, self.salt, self.n, self.r, self.p))


@dataclass(frozen=True, slots=True)
class OperatorEntry:
    """One person in the book; times ISO-8601."""

    name: str
    roles: frozenset[Role]
    passphrase: PassphraseHash
    added_at: str
    changed_at: str
    signing: SigningKey | None = None
    """None until the person made one"""

    @property
    def identity(self) -> OperatorIdentity:
        return OperatorIdentity(self.name, self.roles)


@dataclass(frozen=True, slots=True)
class OperatorBook:
    """Everybody who has a name here."""

    entries: Mapping[str, OperatorEntry]

    def proved(self, name: str, passphrase: Secret) -> OperatorIdentity | None:
        """Return who `name` is when `passphrase` is theirs; None for a wrong one and, after as much work, an unknown name."""
        entry = self.entries.get(name)
        matches = (_NOBODY if entry is None else entry.passphrase).matches(passphrase)
        return entry.identity if entry is not None and matches else None

    @property
    def is_managed(self) -> bool:
        """Whether somebody has role `secops`: from then on the book is changed only with their consent."""
        return any(Role.SECOPS in entry.roles for entry in self.entries.values())

    def with_entry(self, entry: OperatorEntry) -> OperatorBook:
        return OperatorBook({**self.entries, entry.name: entry})

    def without(self, name: str) -> OperatorBook:
        """Return the book without `name`; ConfigError when there is no such name, or nobody of role `secops` would be left."""
        self.demand(name)
        book = OperatorBook({other: entry for other, entry in self.entries.items() if other != name})
        if self.is_managed and book.entries and not book.is_managed:
            raise ConfigError(
                f"{name} is the last operator with role {Role.SECOPS}: add another one first, or nobody could manage"
            )
        return book

    def demand(self, name: str) -> OperatorEntry:
        """Return the entry of `name`; ConfigError when there is none."""
        if name not in self.entries:
            raise ConfigError(f"there is no operator {name!r:.40}; golive operator list shows who there is")
        return self.entries[name]


def new_entry(name: str, roles: Sequence[str], passphrase: Secret, at: str) -> OperatorEntry:
    """Return a person's entry; ConfigError naming what is wrong with name, roles or passphrase. `at`: ISO-8601."""
    held = checked_roles(roles)
    if (objection := apart_objection(held)) is not None:
        raise ConfigError(objection)
    return OperatorEntry(checked_name(name), held, PassphraseHash.of(passphrase, name), at, at)


def changed(entry: OperatorEntry, passphrase: Secret, at: str, old: Secret | None = None) -> OperatorEntry:
    """Return the entry with a new passphrase. Without the `old` one the signing key is lost: nobody else can open it."""
    kept = None if entry.signing is None or old is None else entry.signing.under(old, passphrase)
    return replace(entry, passphrase=PassphraseHash.of(passphrase, entry.name), changed_at=at, signing=kept)


def with_signing_key(entry: OperatorEntry, passphrase: Secret) -> OperatorEntry:
    """Return the entry with a new signing key, which takes the place of one that it has."""
    return replace(entry, signing=SigningKey.new(passphrase))


def checked_name(name: str) -> str:
    """Return `name` when it can be one; ConfigError otherwise."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r:.40} cannot be an operator's name: 1 to 32 of a-z 0-9 . _ -, a letter first")
    return name


def checked_roles(roles: Sequence[str]) -> frozenset[Role]:
    """Return the roles; ConfigError for none, and for one that does not exist."""
    if not roles:
        raise ConfigError(f"give at least one --role of {', '.join(Role)}")
    for role in roles:
        if role not in set(Role):
            raise ConfigError(f"--role {role!r:.40}: there is no such role; give one of {', '.join(Role)}")
    return frozenset(Role(role) for role in roles)


def locked_for(failures: Iterable[int], now: int) -> int:
    """Return for how many ns a name stays locked after its `failures` (ns UTC), 0 when it is not."""
    recent = sorted(at for at in failures if now - at < 2 * LOCK_NS)
    for first, last in zip(recent, recent[MOST_FAILURES - 1 :], strict=False):
        if last - first < LOCK_NS and now - last < LOCK_NS:
            return min(LOCK_NS, LOCK_NS - (now - last))
    return 0


def encode_book(book: OperatorBook) -> bytes:
    """Return the book as its file holds it."""
    rows = [
        {
            "name": entry.name,
            "roles": sorted(entry.roles),
            "salt": entry.passphrase.salt.hex(),
            "scrypt": entry.passphrase.digest.hex(),
            "n": entry.passphrase.n,
            "r": entry.passphrase.r,
            "p": entry.passphrase.p,
            "added_at": entry.added_at,
            "changed_at": entry.changed_at,
            **(
                {}
                if entry.signing is None
                else {"signing_public": entry.signing.public, "signing_private": entry.signing.private}
            ),
        }
        for _, entry in sorted(book.entries.items())
    ]
    return json.dumps({"schema": SCHEMA, "operators": rows}, indent=1).encode() + b"\n"


def decode_book(data: bytes, where: str) -> OperatorBook:
    """Read what `encode_book` wrote; JournalError naming `where` and the field, never a value, otherwise."""
    try:
        document = parse_json(data)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ValueError(f"schema is not {SCHEMA}")
        rows = document.get("operators")
        if not isinstance(rows, list):
            raise ValueError("operators is no list")
        entries = [_entry(row) for row in rows]
        if len({entry.name for entry in entries}) != len(entries):
            raise ValueError("a name stands there twice")
    except (ValueError, ConfigError) as exc:
        told = "not JSON" if isinstance(exc, NotStrictJson) else str(exc)
        raise JournalError(f"{where}: cannot read the operators: {told}; restore the file from a backup") from None
    return OperatorBook({entry.name: entry for entry in entries})


def _entry(row: JsonValue) -> OperatorEntry:
    if not isinstance(row, dict):
        raise ValueError("an operator is no object")

    def text(field: str) -> str:
        value = row.get(field)
        if not isinstance(value, str):
            raise ValueError(f"{field} of an operator is missing or no text")
        return value

    costs = {}
    for field, allowed in _COSTS.items():
        value = row.get(field)
        if type(value) is not int or value not in allowed or (field == "n" and value & (value - 1)):
            raise ValueError(f"{field} of an operator is not a cost of scrypt")
        costs[field] = value
    salt, digest = bytes.fromhex(text("salt")), bytes.fromhex(text("scrypt"))
    if len(salt) < 16 or len(digest) != _SIZE:
        raise ValueError("salt or scrypt of an operator has the wrong length")
    roles = row.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise ValueError("roles of an operator is no list of texts")
    names = checked_roles([str(role) for role in roles])
    passphrase = PassphraseHash(salt, digest, **costs)
    signing = None
    if "signing_public" in row or "signing_private" in row:
        signing = SigningKey(text("signing_public"), text("signing_private"))
        if len(bytes.fromhex(signing.public)) != _SIZE:
            raise ValueError("signing_public of an operator has the wrong length")
    return OperatorEntry(checked_name(text("name")), names, passphrase, text("added_at"), text("changed_at"), signing)


def _scrypt(passphrase: Secret, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(passphrase.reveal().encode(), salt=salt, n=n, r=r, p=p, maxmem=n * r * 256, dklen=_SIZE)


_NOBODY: Final = PassphraseHash(bytes(16), bytes(_SIZE))
"""what the passphrase of an unknown name is compared with, so that it takes as long: no passphrase has this hash"""
