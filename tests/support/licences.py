"""An issuer, a machine and its licence, to be bent in one place at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from golive.model.clock import DAY, MINUTE, from_iso
from golive.security.licence.fingerprint import Fingerprint, digests
from golive.security.licence.issuer_key import DEVELOPMENT_ISSUER, IssuerKey, key_table
from golive.security.licence.issuing import SigningKey
from golive.security.licence.judge import Held, Rules
from golive.security.licence.mark import Marks
from golive.security.licence.payload import Licence
from golive.security.licence.revocation import RevocationList

NOW = from_iso("2026-06-01T12:00:00Z")
HOUR = 60 * MINUTE
DUDZIAN, DUDZIAN_2, OTHER, STRANGER, LOCAL = (SigningKey.of(bytes([n]) * 32) for n in range(1, 6))
ISSUERS = (
    IssuerKey("dudzian", DUDZIAN.public_key), IssuerKey("dudzian", DUDZIAN_2.public_key), IssuerKey("other", OTHER.public_key),
    IssuerKey(DEVELOPMENT_ISSUER, LOCAL.public_key),
)  # fmt: skip
RULES = Rules(
    keys=key_table(ISSUERS), allowed_issuers=("dudzian",), allowed_profiles=("desktop", "okx", "kraken", "bybit"),
    max_validity_ns=400 * DAY, grace_ns=72 * HOUR,
)  # fmt: skip
MACHINE: Mapping[str, str] = {
    "machine_id": "0123456789abcdef0123456789abcdef", "board": "PF-3X 99", "cpu": "GenuineIntel Xeon 6", "disk": "S4EVNF0M",
    "mac": "52:54:00:12:34:56",
}  # fmt: skip
DEVICE, SALT = "d" * 32, "5a" * 32
LICENCE = Licence(
    license_id="lic-1", issuer="dudzian", customer="Acme", allowed_profiles=("desktop", "okx"),
    environments=("paper", "live"), modules=(), not_before=NOW - 30 * DAY, not_after=NOW + 60 * DAY, fingerprint=DEVICE,
    min_revocation_version=10, development=False,
)  # fmt: skip
FINGERPRINT = Fingerprint(
    device=DEVICE, issued=NOW - 30 * DAY, salt=SALT, required=2, factors=digests(MACHINE, SALT)
)  # fmt: skip
LIST = RevocationList(version=20, issued=NOW - DAY, expires=NOW + 5 * DAY, licences=(), keys=())


SEEN = Marks({"dudzian": 20}, NOW - HOUR)


@dataclass(frozen=True)
class Case:
    """A licence and what belongs to it, before anything is signed; a document None is missing."""

    licence: Licence | None = LICENCE
    licence_key: SigningKey = DUDZIAN
    fingerprint: Fingerprint | None = FINGERPRINT
    fingerprint_key: SigningKey = DUDZIAN
    expected: Fingerprint | None = FINGERPRINT
    revocations: RevocationList | None = LIST
    list_key: SigningKey = DUDZIAN
    machine: Mapping[str, str] = field(default_factory=lambda: MACHINE)
    marks: Marks = SEEN

    def bent(self, **changes: Any) -> Case:
        return replace(self, **changes)

    def held(self) -> Held:
        """Sign everything."""
        return Held(
            licence=None if self.licence is None else self.licence_key.licence(self.licence),
            fingerprint=None if self.fingerprint is None else self.fingerprint_key.fingerprint(self.fingerprint),
            expected=None if self.expected is None else self.fingerprint_key.fingerprint(self.expected),
            revocations=None if self.revocations is None else self.list_key.revocations(self.revocations),
            factors=self.machine, marks=self.marks,
        )  # fmt: skip
