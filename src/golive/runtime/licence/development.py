"""The issuer that an installation makes for itself: licences for development, on this machine, never good for live."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.config.licensing_section import Licensing
from golive.model.clock import DAY, MINUTE, SECOND, Clock, stamp
from golive.model.json import JsonObject
from golive.security.licence.fault import Document
from golive.security.licence.issuer_key import DEVELOPMENT_ISSUER, IssuerKey
from golive.security.licence.issuing import SigningKey, taken_fingerprint
from golive.security.licence.payload import Licence
from golive.security.licence.revocation import LONGEST_NS, RevocationList
from golive.storage.files import PRIVATE_DIRECTORY, make_directory
from golive.storage.key_file import load_or_make_key
from golive.storage.keys import DIRECTORY
from golive.storage.licence_files import INSTALLED, register, write_documents

from ..host_signer import host_signer
from ..identity import operator_identity

KEY: Final = DIRECTORY / "licence.key"
_DAYS: Final = 365
_ENVIRONMENTS: Final = ("paper", "testnet")


class DevelopmentIssuer:
    """Its key is made on first use, 0600, beside the other development keys."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock

    @staticmethod
    def key_of(home: Path) -> tuple[IssuerKey, ...]:
        """Return the public key of this installation's issuer; nothing where there is none yet."""
        path = home / KEY
        return (IssuerKey(DEVELOPMENT_ISSUER, _signing_key(path).public_key),) if path.exists() else ()

    def issue(self, licensing: Licensing, paths: Mapping[Document, Path], factors: Mapping[str, str]) -> None:
        """Make licence, fingerprint and list for this machine, put them into place, and register the licence.

        Two sessions that do so at once make documents that fit each other. Raises JournalError when a file cannot be written.
        """
        make_directory((self._home / KEY).parent, PRIVATE_DIRECTORY)
        key, now = _signing_key(self._home / KEY), self._clock.now() // SECOND * SECOND
        device = hashlib.sha256(key.public_key).hexdigest()[:32]
        licence = Licence(
            license_id=f"dev-{stamp(now)}", issuer=DEVELOPMENT_ISSUER, customer="this installation",
            allowed_profiles=licensing.license.allowed_profiles, environments=_ENVIRONMENTS, modules=(), not_before=now - MINUTE,
            not_after=now - MINUTE + min(_DAYS, licensing.license.max_validity_days) * DAY, fingerprint=device,
            min_revocation_version=1, development=True,
        )  # fmt: skip
        revocations = RevocationList(version=max(1, now // SECOND), issued=now, expires=now + LONGEST_NS, licences=(), keys=())
        fingerprint = taken_fingerprint(factors, now, device=device, least=0)
        signed = key.licence(licence)
        write_documents(
            {
                paths[Document.FINGERPRINT]: key.fingerprint(fingerprint),
                paths[Document.REVOCATIONS]: key.revocations(revocations),
                paths[Document.LICENCE]: signed,
            }
        )
        who = operator_identity()
        register(self._home, host_signer(self._home, self._clock, who), registered_body(signed, licence, INSTALLED), who)


def registered_body(signed: bytes, licence: Licence, act: str) -> JsonObject:
    """Return what the registry says of a licence: the signed file itself, whose it is, and what was done with it here."""
    return {
        "act": act,
        "license_id": licence.license_id, "issuer": licence.issuer, "customer": licence.customer,
        "development": licence.development, "licence_sha256": hashlib.sha256(signed).hexdigest(), "licence": json.loads(signed),
    }  # fmt: skip


def _signing_key(path: Path) -> SigningKey:
    return SigningKey.of(load_or_make_key(path))
