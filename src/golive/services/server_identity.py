"""What a server shows and whom it believes, read anew when the bundle is renewed; and what was revoked, as it stands now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import grpc

from golive.config.mtls_section import Mtls
from golive.model.errors import ConfigError, GoliveError, JournalError, PrerequisiteMissing
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.revocation import withdrawn
from golive.security.bundle_check import AUTHORITY
from golive.security.certificate import Certificate, read_certificate
from golive.security.certificate_maker import LeafRole

READ_AGAIN_S: Final = 60.0
"""the list of revocations is held against its record at least so often"""


class ServerIdentity:
    """Certificate, key and authority of a server. A renewed pair is taken once the two fit; until then the old one is shown."""

    def __init__(self, home: Path, section: Mtls) -> None:
        self._place = BundlePlace.of(home, section)
        self._lock = threading.Lock()
        self._seen = self._signature()
        self._configuration, self.certificate = self._load()

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials that follow the bundle and demand a certificate of every client."""
        fetch = cast(
            Callable[[], grpc.ServerCertificateConfiguration], self._fetch
        )  # None means unchanged, which the stubs do not say
        return grpc.dynamic_ssl_server_credentials(self._configuration, fetch, require_client_authentication=True)

    def _fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Return what to show from the next connection on; None as long as nothing has changed, or what has does not fit."""
        with self._lock:
            seen = self._signature()
            if seen == self._seen:
                return None
            try:
                configuration, certificate = self._load()
            except GoliveError:
                return None
            self._seen, self._configuration, self.certificate = seen, configuration, certificate
            return configuration

    def _load(self) -> tuple[grpc.ServerCertificateConfiguration, Certificate]:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from cryptography.x509 import load_pem_x509_certificate

        if (modes := self._place.mode_check()).verdict != "ok":
            raise PrerequisiteMissing(f"{self._place.directory}: {modes.detail}")
        files = self._place.files()
        certificate, key = files.certificates[LeafRole.SERVER], files.keys[LeafRole.SERVER]
        authority = files.certificates[AUTHORITY]
        if certificate is None or key is None or authority is None:
            raise PrerequisiteMissing(f"{self._place.directory}: no bundle; run first: scripts/generate_mtls_bundle.py generate")
        said = read_certificate(certificate, str(self._place.certificates[LeafRole.SERVER]))
        try:
            fits = load_pem_private_key(key, None).public_key() == load_pem_x509_certificate(certificate).public_key()
        except (ValueError, TypeError):
            fits = False
        if not fits:
            raise ConfigError(f"{self._place.keys[LeafRole.SERVER]}: not the key of the server's certificate; rotate renews both")
        return grpc.ssl_server_certificate_configuration([(key, certificate)], authority), said

    def _signature(self) -> tuple[tuple[int, int, int], ...]:
        place = self._place
        return tuple(
            _stat(path)
            for path in (place.certificates[LeafRole.SERVER], place.keys[LeafRole.SERVER], place.certificates[AUTHORITY])
        )


class Revocations:
    """The serials and thumbprints that are revoked, as the list stands; JournalError when it cannot be believed."""

    def __init__(self, home: Path, section: Mtls, read: Callable[[Path, Mtls], frozenset[str]] = withdrawn) -> None:
        self._home = home
        self._section = section
        self._read = read
        self._path = BundlePlace.of(home, section).revoked
        self._lock = threading.Lock()
        self._seen: tuple[tuple[int, int, int], ...] = ()
        self._read_at = -READ_AGAIN_S
        self._listed: frozenset[str] = frozenset()
        self._doubt = ""

    def __call__(self) -> frozenset[str]:
        seen = (_stat(self._path), _stat(self._path.with_suffix(".seal.json")))
        with self._lock:
            if seen != self._seen or time.monotonic() - self._read_at >= READ_AGAIN_S:
                try:
                    self._listed, self._doubt = self._read(self._home, self._section), ""
                except JournalError as exc:
                    self._doubt = str(exc)
                self._seen, self._read_at = seen, time.monotonic()
            if self._doubt:
                self._seen = ()  # asked again on the next call: it may have been a list in the middle of its renewal
                raise JournalError(self._doubt)
            return self._listed


def _stat(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_ino, found.st_size)
