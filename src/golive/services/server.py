"""A gRPC server of ours: certificates on both sides, limits, and the access interceptor. There is no other way to make one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import grpc

from golive.config.mtls_section import Mtls
from golive.model.clock import SECOND, Clock
from golive.model.emergency import TradingState, tightest
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.runtime.code_version import code_version
from golive.runtime.emergency import HostEmergency
from golive.runtime.host_signer import host_signer
from golive.runtime.identity import operator_identity
from golive.storage.security_admin import record_admin_act
from golive.storage.session_tokens import SessionTokens

from .gatekeeper import CallLimits, Gatekeeper
from .interceptor import AccessInterceptor
from .proto.health_pb2_grpc import add_HealthServicer_to_server
from .proto.status_pb2_grpc import add_StatusServiceServicer_to_server
from .refusal_record import RefusalRecord
from .scope import scopes_by_method
from .server_identity import Revocations, ServerIdentity
from .status_service import HealthService, StatusService, StatusSource, Streams

WORKERS: Final = 16
MOST_CALLS: Final = 64
"""calls that may be in work or wait"""
MOST_STREAMS: Final = 8
"""open streams; each holds a worker"""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one connection may do. Times in seconds."""

    message_bytes: int = 1 << 20
    streams: int = 32
    connection_age: int = 900
    """then the connection is closed and certificates are shown anew"""
    connection_grace: int = 30
    idle: int = 300

    def options(self) -> list[tuple[str, int]]:
        """Return them as gRPC's channel arguments."""
        return [
            ("grpc.max_receive_message_length", self.message_bytes),
            ("grpc.max_send_message_length", self.message_bytes),
            ("grpc.max_metadata_size", 8192),
            ("grpc.max_concurrent_streams", self.streams),
            ("grpc.max_connection_age_ms", self.connection_age * 1000),
            ("grpc.max_connection_age_grace_ms", self.connection_grace * 1000),
            ("grpc.max_connection_idle_ms", self.idle * 1000),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
            ("grpc.http2.max_ping_strikes", 2),
            ("grpc.server_handshake_timeout_ms", 5_000),
            ("grpc.so_reuseport", 0),
        ]


class StatusServer:
    """Health and status of the installation under `home` on `host:port` (0: a free one), from construction to `close`.

    Raises PrerequisiteMissing without a bundle that can be shown, ConfigError for an address that cannot be had or a method
    without a scope, JournalError when tokens, revocations or `logs/security_admin.log` cannot be used.
    """

    def __init__(
        self,
        home: Path,
        section: Mtls,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: ServerLimits | None = None,
        calls: CallLimits | None = None,
    ) -> None:
        scopes = scopes_by_method()
        self._home, self._clock = home, clock
        self._identity = ServerIdentity(home, section)
        revocations = Revocations(home, section)
        revocations()
        if not self._identity.certificate.not_before <= clock.now() < self._identity.certificate.not_after:
            raise PrerequisiteMissing(
                "the server's certificate is not valid now; run first: scripts/generate_mtls_bundle.py rotate"
            )
        if {self._identity.certificate.serial, self._identity.certificate.sha256} & revocations():
            raise PrerequisiteMissing("the server's certificate is revoked; run first: scripts/generate_mtls_bundle.py rotate")
        self._note("service_started", {"service": "status", "certificate_sha256": self._identity.certificate.sha256})
        self._tokens = SessionTokens(home)
        self._streams = Streams(MOST_STREAMS)
        self._state = _TradingState(HostEmergency(home, clock=clock), clock)
        self._gatekeeper = Gatekeeper(
            clock=clock, tokens=self._tokens, revoked=revocations, own=lambda: self._identity.certificate, limits=calls
        )
        self.refusals = RefusalRecord(clock, self._note)
        self._server = grpc.server(
            ThreadPoolExecutor(WORKERS, thread_name_prefix="status-call"),
            interceptors=[AccessInterceptor(self._gatekeeper, scopes, self.refusals)],
            options=(limits or ServerLimits()).options(),
            maximum_concurrent_rpcs=MOST_CALLS,
        )
        source = StatusSource(code_version(), clock.now(), self._state, self._tokens.valid, lambda: self._identity.certificate)
        add_HealthServicer_to_server(HealthService(self._is_serving, self._streams), self._server)
        add_StatusServiceServicer_to_server(StatusService(source, clock, self._streams), self._server)
        self.host = host
        self.port = self._listen(host, port)
        self._server.start()

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def close(self, grace_s: float = 1.0) -> None:
        """Stop listening, give calls `grace_s` to end."""
        self._streams.end()
        self._server.stop(grace_s).wait(grace_s + 5)
        self._tokens.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _listen(self, host: str, port: int) -> int:
        try:
            return self._server.add_secure_port(
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}", self._identity.credentials()
            )
        except RuntimeError as exc:
            self._tokens.close()
            raise ConfigError(f"cannot listen on {host}:{port}; choose another --host or --port (0 = any free one)") from exc

    def _is_serving(self) -> bool:
        try:
            return self._gatekeeper.own_objection() is None and not self.refusals.failure
        except JournalError:
            return False

    def _note(self, type_: str, body: JsonObject) -> None:
        who = operator_identity()
        record_admin_act(self._home, host_signer(self._home, self._clock, who), type_, body, who)


class _TradingState:
    """What emergency mode lets orders do, looked up once a second at most; JournalError when that cannot be read."""

    def __init__(self, emergency: HostEmergency, clock: Clock) -> None:
        self._emergency = emergency
        self._clock = clock
        self._known: tuple[int, TradingState] | None = None

    def __call__(self) -> str:
        now = self._clock.monotonic()
        if self._known is None or now - self._known[0] >= SECOND:
            self._known = (now, tightest(*(mode.state for mode in self._emergency.read().modes)))
        return self._known[1]
