"""Health as gRPC's probes ask for it, and how this installation is, for those who may know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc

from golive.config.session_token import SessionToken
from golive.model.clock import Clock, to_iso
from golive.model.errors import GoliveError
from golive.security.certificate import Certificate

from .proto import health_pb2, health_pb2_grpc, status_pb2, status_pb2_grpc
from .scope import SERVED

LONGEST_INTERVAL_S: Final = 10
USUAL_INTERVAL_S: Final = 5


@dataclass(frozen=True, slots=True)
class StatusSource:
    """Where the answers come from; each may raise GoliveError, which is told as `unavailable`, without detail."""

    code_version: str
    started_at: int
    trading_state: Callable[[], str]
    sessions: Callable[[int], Sequence[SessionToken]]
    certificate: Callable[[], Certificate]
    """what the server shows now"""


class Streams:
    """How many streams may be open at once, and that they end with the server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[threading.Event] = set()
        self._lock = threading.Lock()
        self._ended = False

    def end(self) -> None:
        with self._lock:
            self._ended = True
            for gone in self._open:
                gone.set()

    def ticks(self, context: grpc.ServicerContext, interval_s: float) -> Iterator[None]:
        """Yield at once and then every `interval_s`, until the caller goes or the server ends; refuse one stream too many."""
        gone = threading.Event()
        with self._lock:
            is_free = len(self._open) < self._most and not self._ended
            if is_free:
                self._open.add(gone)
        if not is_free:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many streams")
        try:
            if not context.add_callback(gone.set):
                return
            yield
            while not gone.wait(interval_s):
                yield
        finally:
            with self._lock:
                self._open.discard(gone)


class HealthService(health_pb2_grpc.HealthServicer):
    """`grpc.health.v1.Health`: the server as a whole, and each service by its name."""

    def __init__(self, is_serving: Callable[[], bool], streams: Streams) -> None:
        self._is_serving = is_serving
        self._streams = streams
        self._names = {"", *(service.full_name for file in SERVED for service in file.services_by_name.values())}

    def Check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802 (the protocol's)
        if request.service not in self._names:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return self._reply(request.service)

    def Watch(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Reply with each change, and every ten seconds, so that who was withdrawn is told nothing more."""
        for _ in self._streams.ticks(context, LONGEST_INTERVAL_S):
            yield self._reply(request.service)

    def _reply(self, service: str) -> health_pb2.HealthCheckResponse:
        if service not in self._names:
            return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
        serving = health_pb2.HealthCheckResponse.SERVING if self._is_serving() else health_pb2.HealthCheckResponse.NOT_SERVING
        return health_pb2.HealthCheckResponse(status=serving)


class StatusService(status_pb2_grpc.StatusServiceServicer):
    """`golive.status.v1.StatusService`."""

    def __init__(self, source: StatusSource, clock: Clock, streams: Streams) -> None:
        self._source = source
        self._clock = clock
        self._streams = streams

    def GetStatus(self, request: status_pb2.StatusRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return self._status(context)

    def WatchStatus(self, request: status_pb2.WatchRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802
        interval = request.interval_seconds or USUAL_INTERVAL_S
        if interval > LONGEST_INTERVAL_S:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"interval_seconds is {LONGEST_INTERVAL_S} at most")
        for _ in self._streams.ticks(context, interval):
            yield self._status(context)

    def ListSessions(self, request: status_pb2.AccessRequest, context: grpc.ServicerContext) -> Any:  # noqa: N802
        try:
            found = self._source.sessions(self._clock.now())
        except GoliveError:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not available")
        return status_pb2.AccessReply(sessions=[_session(token) for token in found])

    def _status(self, context: grpc.ServicerContext) -> status_pb2.StatusReply:
        try:
            certificate = self._source.certificate()
            state = self._source.trading_state()
        except GoliveError:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not available")
        return status_pb2.StatusReply(
            code_version=self._source.code_version,
            time=to_iso(self._clock.now()),
            started_at=to_iso(self._source.started_at),
            trading_state=state,
            certificate_sha256=certificate.sha256,
            certificate_not_after=to_iso(certificate.not_after),
            certificate_renew_from=to_iso(certificate.renew_from),
        )


def _session(token: SessionToken) -> status_pb2.Session:
    return status_pb2.Session(
        id=token.id,
        operator=token.operator,
        roles=sorted(token.roles),
        certificate_sha256=token.certificate_sha256,
        issued_at=to_iso(token.issued_at),
        expires_at=to_iso(token.expires_at),
    )
