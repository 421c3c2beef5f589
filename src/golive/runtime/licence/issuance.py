"""The issuer's desk, best on a machine without a network: keys, licences, lists, fingerprints.

Every licence and every list is registered. What this desk took back once stands in each list that it signs afterwards.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.clock import DAY, SECOND, Clock, stamp
from golive.model.errors import ConfigError, JournalError
from golive.model.json import JsonObject, JsonValue
from golive.security.licence.fault import NotBelieved
from golive.security.licence.fields import demand_fields, strict_object
from golive.security.licence.fingerprint import Fingerprint, read_fingerprint
from golive.security.licence.issuer_key import SHIPPED, key_id_of, key_table
from golive.security.licence.issuing import SigningKey, read_signing_key, taken_fingerprint
from golive.security.licence.machine import machine_factors
from golive.security.licence.payload import Licence, read_licence
from golive.security.licence.revocation import LONGEST_NS, RevocationList, read_revocations
from golive.storage.files import SECRET_FILE, write_all, write_atomic
from golive.storage.keys import SigningKeys
from golive.storage.licence_files import ISSUED, LIST_RECORD, read_document, register, signed_lists

from ..host_signer import host_signer
from ..identity import operator_identity
from .development import registered_body

REQUEST_SCHEMA: Final = "golive.fingerprint_request.v1"
LICENCE_FILE: Final = "license.json"
FINGERPRINT_FILE: Final = "fingerprint.json"
EXPECTED_FILE: Final = "fingerprint.expected.json"
LIST_FILE: Final = "revocations.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a new licence is to say."""

    issuer: str
    customer: str
    profiles: tuple[str, ...]
    environments: tuple[str, ...]
    modules: tuple[str, ...]
    days: int


def make_signing_key(path: Path) -> tuple[str, str]:
    """Make an issuer's key, 0600; return its id and public half in hex. ConfigError when the file is there or cannot be made."""
    seed = secrets.token_bytes(32)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, SECRET_FILE)
        try:
            write_all(descriptor, seed.hex().encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot make the key: {exc.strerror}; an existing file is never replaced") from exc
    public = SigningKey.of(seed).public_key
    return key_id_of(public), public.hex()


def write_request(path: Path, clock: Clock, *, device: str = "", root: Path = Path("/")) -> Fingerprint:
    """Write what an issuer needs to know of this machine: keyed digests, no identifier. ConfigError with too few factors."""
    fingerprint = taken_fingerprint(machine_factors(root), _second(clock), device=device)
    document = {"schema": REQUEST_SCHEMA, "fingerprint": fingerprint.as_payload()}
    write_atomic(path, json.dumps(document, indent=1, sort_keys=True).encode() + b"\n", durable_name=True)
    return fingerprint


def taken_here(clock: Clock, root: Path = Path("/")) -> Fingerprint:
    """Take the fingerprint of this machine; ConfigError with too few factors."""
    return taken_fingerprint(machine_factors(root), _second(clock))


def read_request(path: Path) -> Fingerprint:
    """Return what `write_request` wrote; ConfigError naming the file for anything else."""
    try:
        data = read_document(path)
        if data is None:
            raise ConfigError(f"{path}: there is no such file; on the machine: golive licence request FILE")
        fields = strict_object(data, "the request")
        demand_fields(fields, ("schema", "fingerprint"), "the request")
        inner = fields["fingerprint"]
        if fields["schema"] != REQUEST_SCHEMA or not isinstance(inner, dict):
            raise ConfigError(f"{path}: not a {REQUEST_SCHEMA} document")
        return read_fingerprint(inner)
    except (NotBelieved, JournalError) as exc:
        raise ConfigError(f"{path}: {exc}") from exc


class IssuerDesk:
    """Signs with the key in a file; whom it signs for is known for a key that ships with the program, else `issuer` says it."""

    def __init__(self, home: Path, signing_key: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._key = read_signing_key(signing_key)
        self.key_id = self._key.key_id
        self.public_key = self._key.public_key.hex()

    def issue(self, terms: Terms, fingerprint: Fingerprint, out: Path) -> Licence:
        """Write licence, fingerprint (twice: also as the expected one) and a new list into `out`; register the licence.

        The list names all that this desk took back so far, and the licence accepts no older one. Raises ConfigError for terms
        that no licence may have, for a key of another issuer, and for one that was taken back; JournalError for the registry.
        """
        known = key_table(SHIPPED).get(self._key.key_id)
        if known is not None and known.issuer != terms.issuer:
            raise ConfigError(f"--issuer {terms.issuer}: this key is that of {known.issuer}")
        now, revocations = _second(self._clock), self._new_list((), ())
        licence = Licence(
            license_id=f"lic-{stamp(now)}-{secrets.token_hex(4)}", issuer=terms.issuer, customer=terms.customer,
            allowed_profiles=terms.profiles, environments=terms.environments, modules=terms.modules, not_before=now,
            not_after=now + terms.days * DAY, fingerprint=fingerprint.device,
            min_revocation_version=revocations.version, development=False,
        )  # fmt: skip
        _demand(read_licence, licence.as_payload())
        signed = self._key.licence(licence)
        who = operator_identity()
        register(self._home, host_signer(self._home, self._clock, who), registered_body(signed, licence, ISSUED), who)
        self.issue_fingerprint(fingerprint, out)
        self._sign_list(revocations, out)
        write_atomic(out / LICENCE_FILE, signed, durable_name=True)
        return licence

    def issue_list(self, licences: Iterable[str], keys: Iterable[str], out: Path) -> RevocationList:
        """Write a list, good for seven days, of these and of all that this desk took back before; register it first.

        Raises ConfigError for what is no id, and for a key that was taken back itself; JournalError for the registry.
        """
        found = self._new_list(licences, keys)
        _demand(read_revocations, found.as_payload())
        self._sign_list(found, out)
        return found

    def _new_list(self, licences: Iterable[str], keys: Iterable[str]) -> RevocationList:
        """Return the next list; its version is the second in which it is made, or the one after the last if that is later."""
        now, version = _second(self._clock), 0
        gone: dict[str, set[str]] = {"licences": set(), "keys": set()}
        for entry in signed_lists(self._home, SigningKeys.load(self._home)):
            before = entry.body.get("version")
            version = max(version, before if type(before) is int else 0)
            for name, ids in gone.items():
                ids.update(_texts(entry.body.get(name)))
        if self._key.key_id in gone["keys"]:
            raise ConfigError(f"the key {self._key.key_id} was taken back: nobody believes what it signs; use the other one")
        return RevocationList(
            version=max(now // SECOND, version + 1), issued=now, expires=now + LONGEST_NS,
            licences=tuple(sorted(gone["licences"].union(licences))), keys=tuple(sorted(gone["keys"].union(keys))),
        )  # fmt: skip

    def _sign_list(self, found: RevocationList, out: Path) -> None:
        who = operator_identity()
        body: JsonObject = {**found.as_payload(), "key_id": self._key.key_id}
        register(self._home, host_signer(self._home, self._clock, who), body, who, LIST_RECORD)
        write_atomic(out / LIST_FILE, self._key.revocations(found), durable_name=True)

    def issue_fingerprint(self, fingerprint: Fingerprint, out: Path) -> None:
        """Write a fingerprint, as the active and as the expected one."""
        signed = self._key.fingerprint(fingerprint)
        for name in (FINGERPRINT_FILE, EXPECTED_FILE):
            write_atomic(out / name, signed, durable_name=True)


def _demand(read: object, payload: JsonObject) -> None:
    """Hold what is to be signed to what a verifier will hold it to."""
    assert callable(read)
    try:
        read(payload)
    except NotBelieved as exc:
        raise ConfigError(f"nothing was signed: {exc}") from exc


def _texts(value: JsonValue) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _second(clock: Clock) -> int:
    return clock.now() // SECOND * SECOND
