"""A bundle with its authority at hand, odd certificates of it, and tokens of people of every role."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from golive.config.mtls_section import Mtls
from golive.config.rbac import Role
from golive.model.clock import SECOND
from golive.model.secret import Secret
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import generate_bundle
from golive.security.certificate import load_certificate, read_certificate
from golive.security.certificate_maker import Authority, Leaf, LeafRole, certificate_pem, key_pem, open_authority
from golive.security.operators import OperatorIdentity
from golive.security.session_token import new_token
from golive.storage.session_tokens import SessionTokens

SECTION = Mtls()
PASSPHRASE = Secret("a passphrase of the authority")
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Bundle:
    place: BundlePlace
    authority: Authority

    @property
    def ca(self) -> bytes:
        return self.place.certificates["ca"].read_bytes()

    def leaf(self, role: LeafRole) -> Leaf:
        return Leaf(self.place.certificates[role].read_bytes(), self.place.keys[role].read_bytes())

    def credentials(self, leaf: Leaf | None) -> grpc.ChannelCredentials:
        if leaf is None:
            return grpc.ssl_channel_credentials(self.ca)
        return grpc.ssl_channel_credentials(self.ca, leaf.key, leaf.certificate)


def bundle_in(home: Path) -> Bundle:
    place = generate_bundle(home, SECTION, PASSPHRASE, "anna")
    certificate = load_certificate(place.certificates["ca"].read_bytes(), "ca")
    return Bundle(place, open_authority(certificate, place.keys["ca"].read_bytes(), PASSPHRASE, "ca"))


def odd_leaf(
    authority: Authority,
    uris: Sequence[str] = (LeafRole.CLIENT.identity,),
    usages: Sequence[ObjectIdentifier] = (CLIENT,),
    *,
    days: tuple[float, float] = (-1, 1),
    is_authority: bool = False,
) -> Leaf:
    """Return a leaf of `authority` as we never make one; `days`: from when and until when, seen from now.

    With `is_authority` it says that it may sign others.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
    )
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, critical=True)
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return Leaf(certificate_pem(builder.sign(authority.key, hashes.SHA256())), key_pem(key, None))


def token_of(home: Path, roles: Sequence[Role], leaf: Leaf, now: int, *, name: str = "anna", minutes: int = 15) -> str:
    """Issue a token as the command does for a person who proved it."""
    token, text = new_token(
        OperatorIdentity(name, frozenset(roles)), read_certificate(leaf.certificate, "client").sha256, now - now % SECOND, minutes
    )
    with closing(SessionTokens(home)) as tokens:
        tokens.add(token)
    return text.reveal()
