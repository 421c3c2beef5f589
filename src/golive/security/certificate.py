"""What one certificate says, as far as anybody here acts on it, read from its PEM text."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from golive.model.clock import SECOND, Nanos
from golive.model.errors import ConfigError

if TYPE_CHECKING:
    from cryptography import x509

T = TypeVar("T", bound="x509.ExtensionType")
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MAX_PEM: Final = 16 * 1024
"""bytes; a certificate of ours has less than one thousand"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate."""

    serial: str
    """lower-case hex, without leading zeros"""
    sha256: str
    """digest of the DER form in hex: the thumbprint"""
    not_before: Nanos
    not_after: Nanos
    uris: tuple[str, ...]
    """URI names in the SAN: who it is"""
    hosts: tuple[str, ...]
    """DNS names and addresses in the SAN"""
    usages: tuple[str, ...]
    """extended key usages as dotted numbers"""
    is_authority: bool

    @property
    def renew_from(self) -> Nanos:
        """When two thirds of its life are over, to whole seconds: from then on it is to be renewed (RELIABILITY §4.9)."""
        life = self.not_after - self.not_before
        return Nanos(self.not_before + life * 2 // 3 // SECOND * SECOND)


def read_certificate(pem: bytes, where: str) -> Certificate:
    """Return what the one certificate in `pem` says; ConfigError naming `where` for anything else."""
    return described(load_certificate(pem, where))


def load_certificate(pem: bytes, where: str) -> x509.Certificate:
    """Return the one certificate in `pem` as the library has it; ConfigError naming `where` for anything else."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        if len(pem) > MAX_PEM:
            raise ValueError("too long")
        found = x509.load_pem_x509_certificates(pem)
        for each in found:
            _read_through(each)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise ConfigError(f"{where}: holds no certificate that can be read (PEM); make the bundle anew or restore it") from None
    if len(found) != 1:
        raise ConfigError(f"{where}: holds {len(found)} certificates; exactly one belongs there")
    return found[0]


def described(certificate: x509.Certificate) -> Certificate:
    """Return what a certificate says. A SAN or usage that is missing or cannot be read is an empty one."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    def extension(kind: type[T]) -> T | None:
        try:
            return certificate.extensions.get_extension_for_class(kind).value
        except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
            return None

    names = extension(x509.SubjectAlternativeName)
    usages = extension(x509.ExtendedKeyUsage)
    constraints = extension(x509.BasicConstraints)
    hosts: list[str] = []
    if names is not None:
        hosts += names.get_values_for_type(x509.DNSName)
        hosts += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return Certificate(
        serial=f"{certificate.serial_number:x}",
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
        not_before=_nanos(certificate.not_valid_before_utc),
        not_after=_nanos(certificate.not_valid_after_utc),
        uris=() if names is None else tuple(names.get_values_for_type(x509.UniformResourceIdentifier)),
        hosts=tuple(hosts),
        usages=() if usages is None else tuple(usage.dotted_string for usage in usages),
        is_authority=constraints is not None and constraints.ca,
    )


def names_of(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """Return every name in the SAN, of whatever form; a SAN that is missing or cannot be read has none."""
    from cryptography import x509

    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []


def _read_through(certificate: x509.Certificate) -> None:
    """Read what the library reads only when it is asked for, so that a damaged certificate is found here and nowhere else."""
    certificate.public_key()
    _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc


def to_datetime(at: int) -> datetime.datetime:
    """Return a wall-clock time, ns UTC, as the library wants it; certificates know whole seconds only."""
    return _EPOCH + datetime.timedelta(seconds=at // SECOND)


def _nanos(moment: datetime.datetime) -> Nanos:
    delta = moment - _EPOCH
    return Nanos((delta.days * 86_400 + delta.seconds) * SECOND)
