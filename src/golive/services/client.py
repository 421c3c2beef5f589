"""Calling a server of ours with the bundle's client certificate; a name is checked against the server's, always."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grpc

from golive.config.mtls_section import Mtls
from golive.model.errors import PrerequisiteMissing
from golive.runtime.mtls.place import BundlePlace
from golive.security.bundle_check import AUTHORITY
from golive.security.certificate_maker import LeafRole

from .proto.health_pb2 import HealthCheckRequest, HealthCheckResponse
from .proto.health_pb2_grpc import HealthStub

DEADLINE_S: Final = 5.0


def client_credentials(home: Path, section: Mtls) -> grpc.ChannelCredentials:
    """Return the bundle's client certificate as gRPC takes it; PrerequisiteMissing when there is no bundle."""
    place = BundlePlace.of(home, section)
    files = place.files()
    certificate, key = files.certificates[LeafRole.CLIENT], files.keys[LeafRole.CLIENT]
    authority = files.certificates[AUTHORITY]
    if certificate is None or key is None or authority is None:
        raise PrerequisiteMissing(f"{place.directory}: no bundle; run first: scripts/generate_mtls_bundle.py generate")
    return grpc.ssl_channel_credentials(authority, key, certificate)


def health_of(home: Path, section: Mtls, target: str) -> str:
    """Return what the server at `target` says of itself, `SERVING` …; where it does not answer, why in words."""
    with grpc.secure_channel(target, client_credentials(home, section)) as channel:
        try:
            reply: HealthCheckResponse = HealthStub(channel).Check(HealthCheckRequest(), timeout=DEADLINE_S)
        except grpc.RpcError as exc:
            code = exc.code() if isinstance(exc, grpc.Call) else grpc.StatusCode.UNKNOWN
            hint = "; the server's log says why" if code is grpc.StatusCode.UNAVAILABLE else ""
            return f"no answer ({code.name.lower()}{hint})"
    return HealthCheckResponse.ServingStatus.Name(reply.status)
