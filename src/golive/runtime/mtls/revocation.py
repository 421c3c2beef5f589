"""Withdrawing a certificate: from then on no server lets it in, on no call, also not on a connection that is open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from golive.config.mtls_section import Mtls
from golive.model.clock import Clock
from golive.model.errors import ConfigError
from golive.security.bundle_check import certificates_of
from golive.security.certificate import Certificate
from golive.storage.keys import DevelopmentKeys

from ..clock import SystemClock
from ..host_signer import host_signer
from .place import BundlePlace
from .record import revoke, revoked

_HEX: Final = re.compile(r"[0-9a-f]{8,64}")


def revoke_certificate(home: Path, section: Mtls, which: str, reason: str, operator: str, *, clock: Clock | None = None) -> str:
    """Revoke `which`: `server` or `client` of the bundle, or a serial or thumbprint in hex; return what the list has now.

    Raises ConfigError for anything else, JournalError when it cannot be recorded.
    """
    place = BundlePlace.of(home, section)
    found: Certificate | str | None = certificates_of(place.files()).get(which)
    if found is None:
        found = which.lower().replace(":", "")
        if len(found) != 64:  # a serial; a thumbprint keeps its zeros
            found = found.lstrip("0")
        if not _HEX.fullmatch(found):
            raise ConfigError(
                f"{which!r:.80}: give server, client, or a serial or SHA-256 in hex, as golive mtls verify shows them"
            )
    signer = host_signer(home, clock or SystemClock(), operator)
    revoke(place, signer, found, reason)
    return found.serial if isinstance(found, Certificate) else found


def withdrawn(home: Path, section: Mtls) -> frozenset[str]:
    """Return the serials and thumbprints that are revoked; JournalError for a list that cannot be believed."""
    return revoked(BundlePlace.of(home, section), DevelopmentKeys.load(home))
