"""Making a bundle, and giving it new leaves. The register has what is about to be put in place before it is."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from golive.config.mtls_section import Mtls
from golive.model.clock import Clock, to_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.secret import Secret
from golive.model.verdict import Verdict
from golive.security.bundle_check import AUTHORITY, certificates_of, metadata_of
from golive.security.certificate import described, load_certificate, read_certificate
from golive.security.certificate_maker import (
    LEAF_DAYS,
    LOCAL_NAMES,
    Authority,
    Leaf,
    LeafRole,
    certificate_pem,
    key_pem,
    make_authority,
    make_leaf,
    open_authority,
)
from golive.storage.files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, sync_directory, write_atomic

from ..clock import SystemClock
from ..host_signer import host_signer
from .place import BundlePlace, content
from .record import record_prepared, register_rotation


def generate_bundle(
    home: Path,
    section: Mtls,
    passphrase: Secret,
    operator: str,
    *,
    hosts: Sequence[str] = (),
    permitted: Sequence[str] = (),
    days: int = LEAF_DAYS,
    clock: Clock | None = None,
) -> BundlePlace:
    """Make authority, server and client; `passphrase` encrypts the authority's key. It appears whole or not at all.

    `hosts` are names of the server beside those of this machine; the authority may give these hosts and `permitted` with
    all below them, no other ones, ever; addresses are free. Raises ConfigError when any file of a bundle is there, and for
    a passphrase or name that cannot be one; JournalError when it cannot be written or recorded.
    """
    clock = clock or SystemClock()
    began, now = clock.monotonic(), clock.now()
    place = BundlePlace.of(home, section)
    demand_none(place)
    authority = make_authority(now, (*LOCAL_NAMES, *hosts, *permitted))
    leaves = {role: make_leaf(authority, role, (*LOCAL_NAMES, *hosts), now, days) for role in LeafRole}
    files = {
        place.certificates[AUTHORITY]: certificate_pem(authority.certificate),
        place.keys[AUTHORITY]: key_pem(authority.key, passphrase),
    }
    for role, leaf in leaves.items():
        files |= {place.certificates[role]: leaf.certificate, place.keys[role]: leaf.key}
    held = {AUTHORITY: described(authority.certificate)}
    held |= {str(role): read_certificate(leaf.certificate, role) for role, leaf in leaves.items()}
    files[place.metadata] = metadata_of(held, to_iso(now))
    signer = host_signer(home, clock, operator)
    register_rotation(place, signer, held, now)
    _put_whole(place.directory, files)
    record_prepared(place, signer, Verdict.OK, clock, began, [place.metadata])
    return place


def demand_none(place: BundlePlace) -> None:
    """Raise ConfigError when any file of a bundle is there."""
    if place.exists:
        raise ConfigError(
            f"{place.directory}: a bundle is there, and none is made over it: rotate renews its certificates; "
            "for a new authority move the folder away first"
        )


def rotate_bundle(
    home: Path,
    section: Mtls,
    passphrase: Secret,
    operator: str,
    *,
    authority_key: Path | None = None,
    hosts: Sequence[str] = (),
    days: int = LEAF_DAYS,
    clock: Clock | None = None,
) -> BundlePlace:
    """Make new leaves under the same authority; the old ones stay valid until they expire, so that nobody is cut off.

    The server keeps its names and gets `hosts` besides, which the authority must be permitted to give. `authority_key`: where
    the key was moved to. Raises as `generate_bundle`.
    """
    clock = clock or SystemClock()
    began, now = clock.monotonic(), clock.now()
    place = BundlePlace.of(home, section)
    authority = _authority(place, authority_key or place.keys[AUTHORITY], passphrase)
    names = list(dict.fromkeys((*_names(place), *hosts)))
    leaves = {role: make_leaf(authority, role, names, now, days) for role in LeafRole}
    held = {str(role): read_certificate(leaf.certificate, role) for role, leaf in leaves.items()}
    signer = host_signer(home, clock, operator)
    register_rotation(place, signer, {AUTHORITY: described(authority.certificate), **held}, now)
    for role, leaf in leaves.items():
        _replace(place, role, leaf)
    write_atomic(place.metadata, metadata_of(certificates_of(place.files()), to_iso(now)), mode=SECRET_FILE, durable_name=True)
    record_prepared(place, signer, Verdict.OK, clock, began, [place.metadata])
    return place


def _authority(place: BundlePlace, key: Path, passphrase: Secret) -> Authority:
    certificate = content(place.certificates[AUTHORITY])
    if certificate is None:
        raise ConfigError(f"{place.certificates[AUTHORITY]}: is missing; generate makes a bundle")
    encrypted = content(key)
    if encrypted is None:
        raise ConfigError(f"{key}: is missing; give the authority's key, where it was moved to, with --ca-key FILE")
    return open_authority(load_certificate(certificate, str(place.certificates[AUTHORITY])), encrypted, passphrase, str(key))


def _names(place: BundlePlace) -> Sequence[str]:
    """Return the names that the server has now; those of this machine where its certificate is gone or is none of a server."""
    pem = content(place.certificates[LeafRole.SERVER])
    if pem is None:
        return LOCAL_NAMES
    return read_certificate(pem, str(place.certificates[LeafRole.SERVER])).hosts or LOCAL_NAMES


def _replace(place: BundlePlace, role: LeafRole, leaf: Leaf) -> None:
    """Put key and certificate in place, one after the other; a server takes a pair only once the two fit."""
    write_atomic(place.keys[role], leaf.key, mode=SECRET_FILE, durable_name=True)
    write_atomic(place.certificates[role], leaf.certificate, mode=SECRET_FILE, durable_name=True)


def _put_whole(directory: Path, files: dict[Path, bytes]) -> None:
    make_directory(directory.parent, PRIVATE_DIRECTORY)
    aside = directory.with_name(f".{directory.name}.{secrets.token_hex(6)}.tmp")
    try:
        make_directory(aside, PRIVATE_DIRECTORY)
        for path, data in files.items():
            write_atomic(aside / path.name, data, mode=SECRET_FILE)
        sync_directory(aside)
        os.rename(aside, directory)  # noqa: PTH104 (onto an empty folder it works, onto a full one it fails, as it should)
        sync_directory(directory.parent)
    except OSError as exc:
        raise JournalError(f"{directory}: cannot be put in place: {exc.strerror}; move what is there away first") from exc
    finally:
        shutil.rmtree(aside, ignore_errors=True)
