"""Making the authority and the leaves of a bundle: EC P-256, random 128-bit serials, names in the SAN only, one usage each.

Values in, values out; nothing is written here. Lifetimes, names and extensions: CONTRACT mTLS, RELIABILITY §4.9.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from golive.model.clock import DAY, MINUTE
from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .certificate import to_datetime
from .encrypted_key import encrypted_key
from .name_constraint import constraints, host_name, outside
from .passphrase_rule import checked_passphrase

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

BUNDLE: Final = "core-oem"
TRUST_DOMAIN: Final = "golive"
AUTHORITY_LIFE_NS: Final = 365 * DAY
LEAF_DAYS: Final = 7
"""the longest and the usual life of a leaf"""
BACKDATED_NS: Final = 5 * MINUTE
"""clocks of two machines differ"""
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


class LeafRole(StrEnum):
    """What a leaf is for; its name in files, register and identity."""

    SERVER = "server"
    CLIENT = "client"

    @property
    def identity(self) -> str:
        """The URI in its SAN."""
        return f"spiffe://{TRUST_DOMAIN}/{BUNDLE}/{self}"

    @property
    def usage(self) -> str:
        """Its one extended key usage, dotted."""
        return {LeafRole.SERVER: "1.3.6.1.5.5.7.3.1", LeafRole.CLIENT: "1.3.6.1.5.5.7.3.2"}[self]


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """A certificate that signs leaves, and its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class Leaf:
    """A certificate and its key, as files hold them (PEM, PKCS#8)."""

    certificate: bytes
    key: bytes


def make_authority(now: int, names: Sequence[str] = LOCAL_NAMES) -> Authority:
    """Return a new authority that is valid for a year from `now`, ns UTC; it signs leaves of `names`, and nothing else.

    `names`: hosts that its servers may have, with all below them; addresses are not held. ConfigError for one that is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Golive"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{BUNDLE} authority {secrets.token_hex(4)}"),
        ]
    )
    builder = _begun(name, name, key.public_key(), now - BACKDATED_NS, now + AUTHORITY_LIFE_NS)
    signs = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(constraints(TRUST_DOMAIN, names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def make_leaf(authority: Authority, role: LeafRole, hosts: Sequence[str], now: int, days: int = LEAF_DAYS) -> Leaf:
    """Return a new leaf for `role`, valid for `days` from `now`, at most as long as its authority.

    `hosts`: DNS names and addresses of a server; a client has its URI alone. Raises ConfigError for a name that cannot be one,
    or that the authority may not give, for a life longer than 7 days, and for an authority that is not valid now.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    if not 1 <= days <= LEAF_DAYS:
        raise ConfigError(f"--days {days}: a certificate of a server or client is valid for 1 to {LEAF_DAYS} days")
    issuer = authority.certificate
    if not issuer.not_valid_before_utc <= to_datetime(now) < issuer.not_valid_after_utc:
        raise ConfigError("the authority's certificate is not valid now: move the bundle away and generate a new one")
    usage = {LeafRole.SERVER: ExtendedKeyUsageOID.SERVER_AUTH, LeafRole.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}[role]
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(role.identity)]
    if role is LeafRole.SERVER:
        names += [host_name(host) for host in hosts]
    if denied := outside(issuer, names):
        raise ConfigError(
            f"--host {denied[0]}: the authority may not give this name; a new authority for it: move the folder away, "
            "generate with --host or --permit"
        )
    used = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Golive")])
    issuer_key = authority.key.public_key()
    builder = _begun(subject, issuer.subject, key.public_key(), now - BACKDATED_NS, now + days * DAY, issuer.not_valid_after_utc)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(used, critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Leaf(certificate_pem(certificate), key_pem(key, None))


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as its file holds it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: EllipticCurvePrivateKey, passphrase: Secret | None) -> bytes:
    """Return a private key as its file holds it (PKCS#8), encrypted when there is a passphrase; ConfigError for a bad one."""
    from cryptography.hazmat.primitives import serialization

    if passphrase is None:
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    text = checked_passphrase(passphrase, "the authority's passphrase")
    plain = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return encrypted_key(plain, text.encode())


def open_authority(certificate: x509.Certificate, key: bytes, passphrase: Secret, where: str) -> Authority:
    """Return the authority whose encrypted key is in `key`; ConfigError naming `where` when passphrase or key are not its own."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        opened = load_pem_private_key(key, passphrase.reveal().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(
            f"{where}: cannot be opened: the passphrase is wrong, or it is not the authority's encrypted key"
        ) from None
    if not isinstance(opened, EllipticCurvePrivateKey) or opened.public_key() != certificate.public_key():
        raise ConfigError(f"{where}: is not the key of the authority's certificate")
    return Authority(certificate, opened)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePublicKey,
    not_before: int,
    not_after: int,
    no_later: datetime.datetime | None = None,
) -> x509.CertificateBuilder:
    from cryptography import x509

    end = to_datetime(not_after)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number((1 << 127) | secrets.randbits(127))
        .not_valid_before(to_datetime(not_before))
        .not_valid_after(end if no_later is None else min(end, no_later))
    )
