"""Judging a bundle: whether its certificates are what the contract wants, fit each other, and are the newest registered ones.

Pure: contents of files, rows of the register and the time come in. `docs/security/mtls.md` lists the checks by id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from golive.model.clock import DAY, MINUTE, SECOND, to_iso
from golive.model.errors import ConfigError
from golive.model.json import JsonValue
from golive.model.verdict import Verdict

from .certificate import Certificate, described, load_certificate, names_of
from .certificate_maker import AUTHORITY_LIFE_NS, BACKDATED_NS, BUNDLE, LEAF_DAYS, LeafRole
from .encrypted_key import is_slow_to_guess
from .name_constraint import are_constrained, outside

if TYPE_CHECKING:
    from cryptography import x509

LEAST_LEFT_NS: Final = DAY
"""what a certificate must still be valid for"""
METADATA_SCHEMA: Final = "golive.mtls_bundle.v1"
AUTHORITY: Final = "ca"
RENEW: Final = "golive mtls rotate"
"""the next command from two thirds of a leaf's life on"""
NOT_ENCRYPTED: Final = "is not encrypted"
ENCRYPT_ANEW: Final = "openssl pkcs8 -topk8 -v2 aes-256-cbc -scrypt -scrypt_p 5 -in OLD -out NEW"


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """The contents of a bundle's files; None for one that is not there. Certificates and keys by role: ca, server, client."""

    certificates: Mapping[str, bytes | None]
    keys: Mapping[str, bytes | None]
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """One thing that was looked at: `ok`, `breached` (not as it should be), or `unknown` (could not be looked at)."""

    id: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What the rotation register says of one certificate."""

    role: str
    serial: str
    sha256: str


def bundle_checks(
    files: BundleFiles, now: int, register: Sequence[RegisterRow] | None, revoked: frozenset[str]
) -> list[BundleCheck]:
    """Return every check of a bundle at `now`, ns UTC.

    `register`: its rows, oldest first; None where it cannot be read. `revoked`: serials and thumbprints, lower-case hex.
    """
    found: list[BundleCheck] = []
    authority = _authority(files, now, found)
    for role in LeafRole:
        _leaf(role, files, authority, now, revoked, found)
    found.append(_authority_key(files.keys.get(AUTHORITY)))
    held = certificates_of(files)
    found.append(_metadata(files.metadata, held))
    found.append(_registered(held, register))
    return found


def certificates_of(files: BundleFiles) -> dict[str, Certificate]:
    """Return what the readable certificates of a bundle say, by role."""
    held = {}
    for role, pem in files.certificates.items():
        if pem is not None and (certificate := _loaded(role, pem)[0]) is not None:
            held[role] = described(certificate)
    return held


def metadata_of(held: Mapping[str, Certificate], made_at: str) -> bytes:
    """Return the document that describes a bundle without its keys; `made_at`: ISO-8601."""
    rows = {role: _row(certificate) for role, certificate in sorted(held.items())}
    document = {"schema": METADATA_SCHEMA, "bundle": BUNDLE, "made_at": made_at, "certificates": rows}
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def _row(certificate: Certificate) -> dict[str, JsonValue]:
    return {
        "serial": certificate.serial,
        "sha256": certificate.sha256,
        "not_before": to_iso(certificate.not_before),
        "not_after": to_iso(certificate.not_after),
        "identity": certificate.uris[0] if certificate.uris else "",
        "hosts": list(certificate.hosts),
    }


def _authority(files: BundleFiles, now: int, found: list[BundleCheck]) -> x509.Certificate | None:
    certificate, problem = _loaded(AUTHORITY, files.certificates.get(AUTHORITY))
    if certificate is None:
        found.append(BundleCheck("ca", _unread(files, AUTHORITY), problem))
        return None
    found.append(_of("ca", _authority_faults(certificate, now), "signs itself, P-256, an authority that is valid"))
    return certificate


def _authority_faults(certificate: x509.Certificate, now: int) -> Iterator[str]:
    said = described(certificate)
    if not said.is_authority:
        yield "is no authority"
    if not _is_p256(certificate):
        yield "its key is not of the curve P-256"
    if not _issued_by(certificate, certificate):
        yield "does not sign itself"
    if not are_constrained(certificate):
        yield "is not held to the names of this installation (critical name constraints)"
    yield from _validity(said, now, AUTHORITY_LIFE_NS)


def _leaf(
    role: LeafRole,
    files: BundleFiles,
    authority: x509.Certificate | None,
    now: int,
    revoked: frozenset[str],
    found: list[BundleCheck],
) -> None:
    certificate, problem = _loaded(role, files.certificates.get(role))
    if certificate is None:
        found.append(BundleCheck(f"{role}.chain", _unread(files, role), problem))
        return
    said = described(certificate)
    if authority is None:
        found.append(BundleCheck(f"{role}.chain", Verdict.UNKNOWN, "the authority's certificate cannot be read"))
    else:
        wrong = [] if _issued_by(certificate, authority) else ["was not issued by the bundle's authority"]
        wrong += [f"has the name {name}, which the authority may not give" for name in outside(authority, names_of(certificate))]
        found.append(_of(f"{role}.chain", wrong, "issued by the bundle's authority"))
    found.append(_of(f"{role}.san", _name_faults(certificate, said, role), f"is {role.identity}"))
    found.append(_of(f"{role}.eku", _usage_faults(said, role), f"may be a {role}, nothing else"))
    found.append(_of(f"{role}.key", _key_faults(certificate, files.keys.get(role)), "belongs to its certificate"))
    faults = [*_validity(said, now, LEAF_DAYS * DAY), *_time_left(said, now)]
    found.append(_of(f"{role}.validity", faults, _valid_until(said, now)))
    withdrawn = {said.serial, said.sha256} & revoked
    found.append(_of(f"{role}.revocation", ["is revoked"] if withdrawn else [], "not revoked"))


def _name_faults(certificate: x509.Certificate, said: Certificate, role: LeafRole) -> Iterator[str]:
    from cryptography.x509.oid import NameOID

    if said.uris != (role.identity,):
        yield f"its URI names are {', '.join(said.uris) or 'missing'}, not {role.identity}"
    if certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        yield "has a common name; names belong into the SAN"
    if role is LeafRole.SERVER and not said.hosts:
        yield "names no host"


def _usage_faults(said: Certificate, role: LeafRole) -> Iterator[str]:
    if said.is_authority:
        yield "is an authority"
    if said.usages != (role.usage,):
        yield f"its extended key usages are {', '.join(said.usages) or 'missing'}, not {role.usage} alone"


def _key_faults(certificate: x509.Certificate, key: bytes | None) -> Iterator[str]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not _is_p256(certificate):
        yield "the certificate's key is not of the curve P-256"
    if key is None:
        yield "is missing"
        return
    try:
        matches = load_pem_private_key(key, None).public_key() == certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield "cannot be read (PEM, PKCS#8, not encrypted)"
        return
    if not matches:
        yield "is not that of the certificate"


def _validity(said: Certificate, now: int, longest: int) -> Iterator[str]:
    if now < said.not_before:
        yield f"is not valid before {to_iso(said.not_before)}"
    if now > said.not_after:
        yield f"expired {to_iso(said.not_after)}"
    if said.not_after - said.not_before > longest + BACKDATED_NS + MINUTE:
        yield f"is valid for more than {longest // DAY} days"


def _time_left(said: Certificate, now: int) -> Iterator[str]:
    if 0 <= said.not_after - now < LEAST_LEFT_NS:
        yield f"is valid for {(said.not_after - now) // (3600 * SECOND)} more hours only, less than 24"


def _valid_until(said: Certificate, now: int) -> str:
    renew = f"; renewal is due since {to_iso(said.renew_from)}: {RENEW}" if now >= said.renew_from else ""
    return f"valid until {to_iso(said.not_after)}{renew}"


def _authority_key(key: bytes | None) -> BundleCheck:
    if key is None:
        return BundleCheck("ca.key", Verdict.OK, "is kept elsewhere")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(key, None)
    except TypeError:  # so it says that a passphrase is lacking
        wrong = []
    except (ValueError, UnsupportedAlgorithm):
        wrong = ["cannot be read (PEM, PKCS#8, encrypted)"]
    else:
        wrong = [NOT_ENCRYPTED]
    weak = "" if is_slow_to_guess(key) else f", by a derivation that is quick to guess at ({ENCRYPT_ANEW})"
    return _of("ca.key", wrong, f"is encrypted{weak}; move it away and name it when you rotate: --ca-key FILE")


def _metadata(document: bytes | None, held: Mapping[str, Certificate]) -> BundleCheck:
    if document is None:
        return BundleCheck("metadata", Verdict.UNKNOWN, "is missing")
    try:
        read = json.loads(document)
        rows, schema = dict(read["certificates"]), read["schema"]
    except (ValueError, KeyError, TypeError):
        return BundleCheck("metadata", Verdict.UNKNOWN, "cannot be read")
    # One that is missing is told by its own check.
    same = schema == METADATA_SCHEMA and all(rows.get(role) == _row(certificate) for role, certificate in held.items())
    return _of("metadata", [] if same else ["describes other certificates"], "describes these certificates")


def _registered(held: Mapping[str, Certificate], register: Sequence[RegisterRow] | None) -> BundleCheck:
    if register is None:
        return BundleCheck("register", Verdict.UNKNOWN, "cannot be read or is not sound: golive audit verify --all tells where")
    newest = {row.role: row for row in register}
    wrong = [
        f"{role}: {'the newest entry is of another certificate' if role in newest else 'has no entry'}"
        for role, certificate in sorted(held.items())
        if role not in newest or (newest[role].serial, newest[role].sha256) != (certificate.serial, certificate.sha256)
    ]
    return _of("register", wrong, "has these certificates as its newest")


def _of(id_: str, faults: Iterator[str] | list[str], fine: str) -> BundleCheck:
    told = "; ".join(faults)
    return BundleCheck(id_, Verdict.BREACHED if told else Verdict.OK, told or fine)


def _loaded(role: str, pem: bytes | None) -> tuple[x509.Certificate | None, str]:
    if pem is None:
        return None, "is missing"
    try:
        return load_certificate(pem, role), ""
    except ConfigError as exc:
        return None, str(exc)


def _unread(files: BundleFiles, role: str) -> Verdict:
    """Return what is said of a certificate that could not be read: one that is there is damaged."""
    return Verdict.UNKNOWN if files.certificates.get(role) is None else Verdict.BREACHED


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_p256(certificate: x509.Certificate) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    key = certificate.public_key()
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
