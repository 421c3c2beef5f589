"""Withdrawing a certificate: from then on no server lets it in, on no call, also not on a connection that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.config.mtls_section import Mtls
from golive.model.clock import Clock
from golive.model.errors import ConfigError
from golive.security.bundle_check import AUTHORITY, RegisterRow, certificates_of
from golive.security.certificate_maker import LeafRole
from golive.storage.keys import SigningKeys

from ..clock import SystemClock
from ..host_signer import host_signer
from .place import BundlePlace
from .record import registered, revoke, revoked

_AUTHORITY: Final = "services believe it as long as its file is there: move the folder away and generate a new bundle"


def revoke_certificate(home: Path, section: Mtls, which: str, reason: str, operator: str, *, clock: Clock | None = None) -> str:
    """Revoke `which`: `server` or `client` of the bundle, or serial or thumbprint of a leaf of the register; return its serial.

    Raises ConfigError for anything else, the authority included; JournalError when it cannot be recorded.
    """
    place = BundlePlace.of(home, section)
    found = _leaf_in_place(place, which) if which in set(LeafRole) else _registered_leaf(place, which)
    signer = host_signer(home, clock or SystemClock(), operator)
    revoke(place, signer, found, reason)
    return found.serial


def _leaf_in_place(place: BundlePlace, role: str) -> RegisterRow:
    held = certificates_of(place.files()).get(role)
    if held is None:
        raise ConfigError(
            f"{place.certificates[role]}: holds no certificate that can be read; give the serial or SHA-256 that "
            f"{place.register.name} has of it"
        )
    if held.is_authority:
        raise ConfigError(f"{place.certificates[role]}: is an authority's; {_AUTHORITY}")
    return RegisterRow(role, held.serial, held.sha256)


def _registered_leaf(place: BundlePlace, which: str) -> RegisterRow:
    text = which.lower().replace(":", "")
    for row in registered(place, SigningKeys.load(place.home)):
        if text == row.sha256 or text.lstrip("0") == row.serial:
            if row.role not in set(LeafRole):
                raise ConfigError(f"{which!r:.80}: is the authority; {_AUTHORITY}")
            return row
    if which == AUTHORITY:
        raise ConfigError(f"ca: is the authority; {_AUTHORITY}")
    raise ConfigError(
        f"{which!r:.80}: is none of this installation; give server, client, or a serial or SHA-256 of a server or client in "
        f"{place.register.name}, as golive mtls verify --json shows them"
    )


def withdrawn(home: Path, section: Mtls) -> frozenset[str]:
    """Return the serials and thumbprints that are revoked; JournalError for a list that cannot be believed."""
    return revoked(BundlePlace.of(home, section), SigningKeys.load(home))
