"""Calling a server of ours with the bundle's client certificate; a name is checked against the server's, always.

gRPC does not tell a client which certificate it was shown. So a handshake of its own comes first: the certificate that it brings
is held to the authority, to the name and to the revocations known here, and the call believes that very certificate alone.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Final

import grpc

from golive.config.mtls_section import Mtls
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.revocation import withdrawn
from golive.security.bundle_check import AUTHORITY
from golive.security.certificate import read_certificate
from golive.security.certificate_maker import LeafRole

from .proto.health_pb2 import HealthCheckRequest, HealthCheckResponse
from .proto.health_pb2_grpc import HealthStub

DEADLINE_S: Final = 5.0
_NO_ANSWER: Final = "no answer (unavailable; the server's log says why)"


def health_of(home: Path, section: Mtls, target: str) -> str:
    """Return what the server at `target` says of itself, `SERVING` …; where it does not answer, or is not believed, why in words.

    PrerequisiteMissing when there is no bundle, ConfigError for a target that is no HOST:PORT.
    """
    place = BundlePlace.of(home, section)
    files = place.files()
    certificate, key = files.certificates[LeafRole.CLIENT], files.keys[LeafRole.CLIENT]
    authority = files.certificates[AUTHORITY]
    if certificate is None or key is None or authority is None:
        raise PrerequisiteMissing(f"{place.directory}: no bundle; run first: scripts/generate_mtls_bundle.py generate")
    try:
        shown = _shown(target, place, authority)
    except OSError:
        return _NO_ANSWER
    said = read_certificate(shown, f"the certificate of {target}")
    try:
        gone = withdrawn(home, section)
    except JournalError as exc:
        return f"not believed (whether its certificate is revoked cannot be said: {exc})"
    if not {said.serial, said.sha256}.isdisjoint(gone):
        return "not believed (its certificate is revoked; on the server: scripts/generate_mtls_bundle.py rotate)"
    with grpc.secure_channel(target, grpc.ssl_channel_credentials(shown, key, certificate)) as channel:
        try:
            reply: HealthCheckResponse = HealthStub(channel).Check(HealthCheckRequest(), timeout=DEADLINE_S)
        except grpc.RpcError as exc:
            code = exc.code() if isinstance(exc, grpc.Call) else grpc.StatusCode.UNKNOWN
            return _NO_ANSWER if code is grpc.StatusCode.UNAVAILABLE else f"no answer ({code.name.lower()})"
    return HealthCheckResponse.ServingStatus.Name(reply.status)


def _shown(target: str, place: BundlePlace, authority: bytes) -> bytes:
    """Return the certificate (PEM) that the server shows, good by the authority, its name and the time. OSError without one."""
    host, _, port = target.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{target!r:.80}: give HOST:PORT")
    context = ssl.create_default_context(cadata=authority.decode("ascii"))
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(place.certificates[LeafRole.CLIENT], place.keys[LeafRole.CLIENT])
    host = host.removeprefix("[").removesuffix("]")
    with (
        socket.create_connection((host, int(port)), DEADLINE_S) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if shown is None:
        raise OSError("no certificate was shown")
    return ssl.DER_cert_to_PEM_cert(shown).encode("ascii")
