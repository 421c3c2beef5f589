"""The status server under HTTP/2 that no gRPC client writes: forbidden fields, line ends in values, heads without end."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import h2.config
import h2.connection
import h2.events
import pytest

from golive.runtime.mtls.revocation import revoke_certificate
from golive.services.gatekeeper import CallLimits
from golive.services.metadata import FORBIDDEN, MOST_BYTES, metadata_objection
from golive.services.server import StatusServer
from support.durable import ToldClock
from support.mtls import SECTION, Bundle, bundle_in

Fields = Sequence[tuple[bytes, bytes]]
CALL: Fields = (
    (b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/grpc.health.v1.Health/Check"), (b":authority", b"localhost"),
    (b"te", b"trailers"), (b"content-type", b"application/grpc"), (b"grpc-timeout", b"5S"),
)  # fmt: skip
OK, INVALID = str(grpc.StatusCode.OK.value[0]), str(grpc.StatusCode.INVALID_ARGUMENT.value[0])
NO_STATUS = "no status"
"""the stream or the connection was ended without one"""


@dataclass(frozen=True)
class Served:
    bundle: Bundle
    port: int

    def context(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        """Return what the client's certificate is shown by."""
        place = self.bundle.place
        context = ssl.create_default_context(cafile=place.certificates["ca"])
        context.load_cert_chain(place.certificates["client"], place.keys["client"])
        context.set_alpn_protocols(["h2"])
        context.maximum_version = version
        return context

    def called(self, more: Fields, message: bytes = b"\0\0\0\0\0") -> str:
        """Return gRPC's status of a call with these fields in addition."""
        return self.resumed(self.context(), None, more, message)[0]

    def resumed(
        self,
        context: ssl.SSLContext,
        session: ssl.SSLSession | None,
        more: Fields = (),
        message: bytes = b"\0\0\0\0\0",
    ) -> tuple[str, ssl.SSLSession | None]:
        """Return gRPC's status of a call over a connection that resumes `session`, if any, and its session."""
        peer = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False)
        )
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as secured,
        ):
            assert secured.session_reused is (session is not None)
            peer.initiate_connection()
            peer.send_headers(1, [*CALL, *more])
            peer.send_data(1, message, end_stream=True)
            secured.sendall(peer.data_to_send())
            while block := secured.recv(65536):
                for event in peer.receive_data(block):
                    if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                        told = [value.decode() for name, value in event.headers or () if bytes(name) == b"grpc-status"]
                        if told:
                            return told[0], secured.session
                    if isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                        return NO_STATUS, None
        return NO_STATUS, None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("http2")
    bundle = bundle_in(home)
    with StatusServer(home, SECTION, ToldClock(time.time_ns()), calls=CallLimits(1e9, 1e9)) as server:
        yield Served(bundle, server.port)


def test_fields_of_connections_are_taken_by_nobody(served: Served) -> None:
    assert served.called([]) == OK
    assert served.called([(b"x-note", b"plain")]) == OK
    for name in sorted(FORBIDDEN):
        assert served.called([(name.encode(), b"5")]) in (INVALID, NO_STATUS), name
    assert served.called([(b"content-length", b"5"), (b"content-length", b"6")]) in (INVALID, NO_STATUS)
    assert served.called([(b"transfer-encoding", b"chunked"), (b"content-length", b"5")]) in (INVALID, NO_STATUS)
    assert served.called([]) == OK


def test_no_value_holds_the_end_of_a_line(served: Served) -> None:
    for value in (b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b", b"\x7f"):
        assert served.called([(b"x-note", value)]) in (INVALID, NO_STATUS), value
        assert served.called([(b"authorization", b"Session " + value)]) in (INVALID, NO_STATUS), value


def test_no_more_metadata_is_taken_than_is_said(served: Served) -> None:
    text = bytes(33 + n % 90 for n in range(60_000))
    for value in (text[: MOST_BYTES + 1], text[:20_000], text):  # in Huffman's code, where gRPC's own bound is silent
        assert served.called([(b"x-note", value)]) in (INVALID, NO_STATUS), len(value)
    assert served.called([(b"x-%d" % n, b"v") for n in range(3000)]) in (INVALID, NO_STATUS)
    assert served.called([(b"x-note", text[: MOST_BYTES - 1000])]) == OK


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_connection_lets_in_nobody_who_was_revoked(tmp_path: Path, version: ssl.TLSVersion) -> None:
    bundle = bundle_in(tmp_path)
    with StatusServer(tmp_path, SECTION, ToldClock(time.time_ns())) as server:
        served = Served(bundle, server.port)
        context = served.context(version)
        code, session = served.resumed(context, None)
        assert (code, session is not None) == (OK, True)
        code, session = served.resumed(context, session)
        assert (code, session is not None) == (OK, True)
        revoke_certificate(tmp_path, SECTION, "client", "lost", "anna")
        assert served.resumed(context, session)[0] == str(grpc.StatusCode.UNAUTHENTICATED.value[0])


def test_the_bound_counts_names_and_values_of_either_kind() -> None:
    assert metadata_objection([("a", "b" * (MOST_BYTES - 1))]) is None
    assert metadata_objection([("a", "b" * MOST_BYTES)]) == "metadata beyond 8192 bytes"
    assert metadata_objection([("a-bin", b"\r\n\0" * 100)]) is None
    assert metadata_objection([("a-bin", b"\0" * MOST_BYTES)]) == "metadata beyond 8192 bytes"
