"""The status server over real sockets: who gets in, who does not, and who is put out while the connection is open."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from golive.config.rbac import SCOPES, WITHOUT_TOKEN, Role, Scope
from golive.model.clock import DAY, MINUTE, to_iso
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.runtime.host_signer import host_signer
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import rotate_bundle
from golive.runtime.mtls.record import register_rotation
from golive.runtime.mtls.revocation import revoke_certificate
from golive.security.certificate import read_certificate
from golive.security.certificate_maker import Leaf, LeafRole, make_authority, make_leaf
from golive.services.client import health_of
from golive.services.gatekeeper import CallLimits
from golive.services.interceptor import LONGEST_CALL_S
from golive.services.proto import health_pb2, status_pb2, status_pb2_grpc
from golive.services.proto.health_pb2_grpc import HealthStub
from golive.services.scope import SERVED, scopes_by_method
from golive.services.server import StatusServer
from support.durable import ToldClock
from support.mtls import CLIENT, PASSPHRASE, SECTION, SERVER, Bundle, bundle_in, odd_leaf, token_of

Code = grpc.StatusCode
UNLIMITED = CallLimits(1e9, 1e9)
SCOPE_OF = scopes_by_method()


@dataclass
class Served:
    home: Path
    bundle: Bundle
    clock: ToldClock
    server: StatusServer

    @property
    def client(self) -> Leaf:
        return self.bundle.leaf(LeafRole.CLIENT)

    def channel(self, leaf: Leaf | None) -> grpc.Channel:
        return grpc.secure_channel(self.server.address, self.bundle.credentials(leaf))

    def token(self, *roles: Role, leaf: Leaf | None = None) -> str:
        return token_of(self.home, roles, leaf or self.client, self.clock.time)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    bundle, clock = bundle_in(tmp_path), ToldClock(time.time_ns())
    with StatusServer(tmp_path, SECTION, clock, calls=UNLIMITED) as server:
        yield Served(tmp_path, bundle, clock, server)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that change nothing of it."""
    home = tmp_path_factory.mktemp("served")
    bundle, clock = bundle_in(home), ToldClock(time.time_ns())
    with StatusServer(home, SECTION, clock, calls=UNLIMITED) as server:
        yield Served(home, bundle, clock, server)


def with_token(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Session {token}"),)


def health(channel: grpc.Channel, timeout: float | None = 5) -> Code:
    return outcome(lambda: HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout))


def status(channel: grpc.Channel, token: str | None) -> Code:
    metadata = with_token(token) if token is not None else None
    stub = status_pb2_grpc.StatusServiceStub(channel)
    return outcome(lambda: stub.GetStatus(status_pb2.StatusRequest(), timeout=5, metadata=metadata))


def outcome(call: Any) -> Code:
    try:
        call()
    except grpc.RpcError as exc:
        return cast(grpc.Call, exc).code()
    return Code.OK


def reasons(home: Path) -> list[str]:
    rows = [json.loads(line) for line in (home / "logs/security_admin.log").read_bytes().splitlines()]
    return [row["body"]["reason"] for row in rows if row["type"] == "service_call_refused"]


def test_who_has_a_certificate_asks_for_health_and_with_a_token_for_status(shared: Served) -> None:
    with shared.channel(shared.client) as channel:
        assert health(channel) is Code.OK
        assert status(channel, None) is Code.UNAUTHENTICATED
        stub = status_pb2_grpc.StatusServiceStub(channel)
        metadata = with_token(shared.token(Role.VIEWER))
        reply = stub.GetStatus(status_pb2.StatusRequest(), timeout=5, metadata=metadata)
        assert reply.trading_state == "ACTIVE"
        shown = read_certificate(shared.bundle.leaf(LeafRole.SERVER).certificate, "server")
        assert reply.certificate_sha256 == shown.sha256
        assert reply.certificate_renew_from == to_iso(shown.renew_from)
        unknown = health_pb2.HealthCheckRequest(service="nobody.knows")
        assert outcome(lambda: HealthStub(channel).Check(unknown, timeout=5)) is Code.NOT_FOUND
        named = health_pb2.HealthCheckRequest(service="golive.status.v1.StatusService")
        assert outcome(lambda: HealthStub(channel).Check(named, timeout=5)) is Code.OK


def test_every_certificate_that_is_none_of_a_client_is_refused_at_the_door(shared: Served) -> None:
    now = shared.clock.time
    authority, other = shared.bundle.authority, make_authority(now)
    doors: dict[str, Leaf | None] = {
        "none": None,
        "another authority's": make_leaf(other, LeafRole.CLIENT, [], now),
        "the server's": shared.bundle.leaf(LeafRole.SERVER),
        "expired": odd_leaf(authority, days=(-2, -0.001)),
        "not yet valid": odd_leaf(authority, days=(0.01, 1)),
        "of a domain the authority may not name": odd_leaf(authority, ["spiffe://golive.example/core-oem/client"]),
    }
    for what, leaf in doors.items():
        with shared.channel(leaf) as channel:
            assert health(channel) is Code.UNAVAILABLE, what
    with grpc.insecure_channel(shared.server.address) as channel:
        assert health(channel) is Code.UNAVAILABLE
    with shared.channel(shared.client) as channel:
        assert health(channel) is Code.OK


def test_a_certificate_of_our_authority_that_names_nobody_we_know_is_refused(served: Served) -> None:
    authority, client = served.bundle.authority, LeafRole.CLIENT.identity
    odd = {
        "another identity": odd_leaf(authority, ["spiffe://golive/core-oem/ui"]),
        "the server's identity": odd_leaf(authority, [LeafRole.SERVER.identity]),
        "two identities": odd_leaf(authority, [client, LeafRole.SERVER.identity]),
        "two usages": odd_leaf(authority, [client], [CLIENT, SERVER]),
        "no usage": odd_leaf(authority, [client], []),
    }
    for what, leaf in odd.items():
        with served.channel(leaf) as channel:
            assert health(channel) is Code.UNAUTHENTICATED, what
    with served.channel(odd_leaf(authority, [])) as channel:
        assert health(channel) in (Code.UNAUTHENTICATED, Code.UNAVAILABLE)
    assert set(reasons(served.home)) <= {"identity", "certificate_usage"}


def matrix() -> list[tuple[Role, str]]:
    return [(role, path) for role in Role for path in SCOPE_OF]


def test_each_role_may_call_what_the_table_says_and_nothing_else(shared: Served) -> None:
    seen = {}
    tokens = {role: shared.token(role) for role in Role}
    with shared.channel(shared.client) as channel:
        for role, path in matrix():
            seen[role, path] = called(channel, path, with_token(tokens[role]))
        without = {path: called(channel, path, ()) for path in SCOPE_OF}
    assert len(seen) == len(Role) * sum(len(service.methods) for file in SERVED for service in file.services_by_name.values())
    for (role, path), code in seen.items():
        assert (code is Code.OK) is (role in SCOPES[SCOPE_OF[path]]), (role, path, code)
        assert code in (Code.OK, Code.PERMISSION_DENIED)
    assert {path for path, code in without.items() if code is Code.OK} == {p for p, s in SCOPE_OF.items() if s in WITHOUT_TOKEN}


def called(channel: grpc.Channel, path: str, metadata: tuple[tuple[str, str], ...]) -> Code:
    """Call a method by its descriptor with an empty message; of a stream the first reply."""
    service, name = path[1:].split("/")
    method = next(
        file.services_by_name[service.rpartition(".")[2]] for file in SERVED if file.package == service.rpartition(".")[0]
    )
    described = method.methods_by_name[name]
    request = GetMessageClass(described.input_type)()
    decode = GetMessageClass(described.output_type).FromString
    if described.server_streaming:
        many: Any = channel.unary_stream(path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=decode)
        while True:
            stream = many(request, timeout=5, metadata=metadata)
            found = outcome(lambda stream=stream: next(stream))
            stream.cancel()
            if found is not Code.RESOURCE_EXHAUSTED:  # the streams before it are still being ended
                return found
    one: Any = channel.unary_unary(path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=decode)
    return outcome(lambda: one(request, timeout=5, metadata=metadata))


def test_who_is_revoked_is_out_on_the_open_connection_streams_included(served: Served) -> None:
    token = served.token(Role.OPERATOR)
    with served.channel(served.client) as channel:
        watch = status_pb2_grpc.StatusServiceStub(channel).WatchStatus(
            status_pb2.WatchRequest(interval_seconds=1), timeout=20, metadata=with_token(token)
        )
        assert next(watch).trading_state == "ACTIVE"
        assert (health(channel), status(channel, token)) == (Code.OK, Code.OK)
        revoke_certificate(served.home, SECTION, "client", "lost", "anna")
        assert (health(channel), status(channel, token)) == (Code.UNAUTHENTICATED, Code.UNAUTHENTICATED)
        assert outcome(lambda: next(watch)) is Code.UNAUTHENTICATED
    assert set(reasons(served.home)) == {"certificate_revoked"}


def test_a_server_whose_own_certificate_is_revoked_says_so_and_is_not_believed_until_it_shows_another(served: Served) -> None:
    token = served.token(Role.OPERATOR)
    assert health_of(served.home, SECTION, f"localhost:{served.server.port}") == "SERVING"
    with served.channel(served.client) as channel:
        assert status(channel, token) is Code.OK
        revoke_certificate(served.home, SECTION, "server", "stolen", "anna")
        told = HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert told.status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert status(channel, token) is Code.UNAVAILABLE
    said = health_of(served.home, SECTION, f"localhost:{served.server.port}")
    assert said.startswith("not believed (its certificate is revoked;")
    assert reasons(served.home) == ["server_certificate_revoked"]
    rotate_bundle(served.home, SECTION, PASSPHRASE, "anna")
    assert health_of(served.home, SECTION, f"localhost:{served.server.port}") == "SERVING"
    with served.channel(served.client) as channel:
        assert status(channel, served.token(Role.OPERATOR)) is Code.OK


def test_the_client_believes_a_server_by_its_own_register_and_the_bundle_alone(served: Served, tmp_path: Path) -> None:
    target, place = f"localhost:{served.server.port}", served.bundle.place
    assert health_of(served.home, SECTION, f"127.0.0.2:{served.server.port}").startswith("no answer"), (
        "no name of the certificate"
    )
    with pytest.raises(ConfigError, match="give HOST:PORT"):
        health_of(served.home, SECTION, "localhost")
    elsewhere = tmp_path / "elsewhere"
    other = BundlePlace.of(elsewhere, SECTION)
    other.directory.mkdir(parents=True)
    for path in (place.certificates["ca"], place.certificates[LeafRole.CLIENT], place.keys[LeafRole.CLIENT]):
        shutil.copy2(path, other.directory)
    assert health_of(elsewhere, SECTION, target) == "SERVING", "there is no register there to ask"
    place.register.unlink()
    assert health_of(served.home, SECTION, target).startswith("not believed (whether its certificate is revoked cannot be said")


def test_who_expires_is_out_on_the_open_connection(served: Served) -> None:
    token = served.token(Role.OPERATOR)
    with served.channel(served.client) as channel:
        assert (health(channel), status(channel, token)) == (Code.OK, Code.OK)
        served.clock.time += 16 * MINUTE
        assert (health(channel), status(channel, token)) == (Code.OK, Code.UNAUTHENTICATED)
        served.clock.time += 7 * DAY
        assert (health(channel), status(channel, token)) == (Code.UNAUTHENTICATED, Code.UNAUTHENTICATED)
    assert reasons(served.home) == ["expired", "certificate_expired", "certificate_expired"]


def withdraw(served: Served, leaf: Leaf, reason: str) -> None:
    """Enter a leaf in the register, as a rotation does, and revoke it."""
    certificate, signer = read_certificate(leaf.certificate, "another"), host_signer(served.home, served.clock, "anna")
    register_rotation(served.bundle.place, signer, {LeafRole.CLIENT: certificate}, served.clock.now())
    revoke_certificate(served.home, SECTION, certificate.sha256, reason, "anna")


def test_without_a_list_that_can_be_believed_nobody_is_let_in(served: Served) -> None:
    withdraw(served, odd_leaf(served.bundle.authority), "somebody else")
    with served.channel(served.client) as channel:
        assert health(channel) is Code.OK
        listed = served.bundle.place.revoked
        kept = listed.read_bytes()
        listed.write_bytes(kept.replace(b"somebody else", b"somebody_else"))
        assert health(channel) is Code.UNAVAILABLE
        listed.write_bytes(kept)
        assert health(channel) is Code.OK


def test_a_token_is_good_with_its_own_certificate_alone(shared: Served) -> None:
    another = odd_leaf(shared.bundle.authority)
    mine, theirs = shared.token(Role.OPERATOR), shared.token(Role.OPERATOR, leaf=another)
    with shared.channel(shared.client) as here, shared.channel(another) as there:
        assert (status(here, mine), status(there, theirs)) == (Code.OK, Code.OK)
        assert (status(here, theirs), status(there, mine)) == (Code.UNAUTHENTICATED, Code.UNAUTHENTICATED)


def test_forged_tokens_and_odd_metadata_let_nobody_in(shared: Served) -> None:
    good = shared.token(Role.OPERATOR)
    stub_metadata = [
        (),
        (("authorization", good),),
        (("authorization", f"Bearer {good}"),),
        (("authorization", f"session {good}"),),
        (("authorization", f"Session  {good}"),),
        (*with_token(good), *with_token(good)),
        (*with_token(good), ("authorization", "Session x")),
        with_token(good[:-1]),
        with_token(good + "="),
        with_token(good.swapcase()),
        with_token(""),
        with_token("x" * 4000),
    ]
    with shared.channel(shared.client) as channel:
        stub = status_pb2_grpc.StatusServiceStub(channel)
        for metadata in stub_metadata:
            found = outcome(lambda metadata=metadata: stub.GetStatus(status_pb2.StatusRequest(), timeout=5, metadata=metadata))
            assert found is Code.UNAUTHENTICATED, metadata
        assert status(channel, good) is Code.OK


def test_limits_hold_and_errors_tell_a_peer_nothing(shared: Served) -> None:
    token = with_token(shared.token(Role.VIEWER))
    with shared.channel(shared.client) as channel:
        assert health(channel, timeout=None) is Code.INVALID_ARGUMENT
        assert health(channel, timeout=LONGEST_CALL_S + 60) is Code.INVALID_ARGUMENT
        assert health(channel, timeout=LONGEST_CALL_S) is Code.OK
        large = health_pb2.HealthCheckRequest(service="x" * (1 << 20))
        assert outcome(lambda: HealthStub(channel).Check(large, timeout=5)) is Code.RESOURCE_EXHAUSTED
        for path in ("/golive.status.v1.StatusService/Nothing", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"):
            raw: Any = channel.unary_unary(path)
            assert outcome(lambda raw=raw: raw(b"", timeout=5)) is Code.UNIMPLEMENTED
        stub = status_pb2_grpc.StatusServiceStub(channel)
        often = status_pb2.WatchRequest(interval_seconds=3600)
        assert outcome(lambda: next(stub.WatchStatus(often, timeout=5, metadata=token))) is Code.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as told:
            stub.ListSessions(status_pb2.AccessRequest(), timeout=5, metadata=token)
        assert isinstance(told.value, grpc.Call)
        assert (told.value.code(), told.value.details()) == (Code.PERMISSION_DENIED, "not allowed")


def test_a_ninth_stream_waits_for_nobody(served: Served) -> None:
    token = with_token(served.token(Role.VIEWER))
    with served.channel(served.client) as channel:
        stub = status_pb2_grpc.StatusServiceStub(channel)
        request = status_pb2.WatchRequest(interval_seconds=10)
        streams = [stub.WatchStatus(request, timeout=20, metadata=token) for _ in range(8)]
        assert all(next(stream).trading_state for stream in streams)
        assert outcome(lambda: next(stub.WatchStatus(request, timeout=5, metadata=token))) is Code.RESOURCE_EXHAUSTED
        assert health(channel) is Code.OK
        for stream in streams:
            stream.cancel()


def test_a_renewed_bundle_is_shown_without_a_restart_and_old_clients_stay(served: Served) -> None:
    old = served.client
    with served.channel(old) as channel:
        assert health(channel) is Code.OK
        rotate_bundle(served.home, SECTION, PASSPHRASE, "anna")
        assert health(channel) is Code.OK
    new = read_certificate(served.bundle.leaf(LeafRole.SERVER).certificate, "server").sha256
    for leaf in (old, served.client):
        metadata = with_token(served.token(Role.VIEWER, leaf=leaf))
        with served.channel(leaf) as channel:
            reply = status_pb2_grpc.StatusServiceStub(channel).GetStatus(status_pb2.StatusRequest(), timeout=5, metadata=metadata)
            assert reply.certificate_sha256 == new


def test_tokens_and_revocations_survive_a_restart_of_the_server(served: Served) -> None:
    token = served.token(Role.VIEWER)
    another = odd_leaf(served.bundle.authority)
    withdraw(served, another, "lost")
    served.server.close(0)
    with StatusServer(served.home, SECTION, served.clock, calls=UNLIMITED) as server:
        again = Served(served.home, served.bundle, served.clock, server)
        with again.channel(again.client) as channel:
            assert status(channel, token) is Code.OK
        with again.channel(another) as channel:
            assert health(channel) is Code.UNAUTHENTICATED


def test_no_server_without_a_bundle_or_with_one_that_is_revoked(tmp_path: Path) -> None:
    clock = ToldClock(time.time_ns())
    with pytest.raises(PrerequisiteMissing, match=r"generate_mtls_bundle\.py"):
        StatusServer(tmp_path, SECTION, clock)
    bundle = bundle_in(tmp_path)
    bundle.place.keys["server"].chmod(0o644)
    with pytest.raises(PrerequisiteMissing, match="chmod"):
        StatusServer(tmp_path, SECTION, clock)
    bundle.place.keys["server"].chmod(0o600)
    revoke_certificate(tmp_path, SECTION, "server", "lost", "anna")
    with pytest.raises(PrerequisiteMissing, match="revoked"):
        StatusServer(tmp_path, SECTION, clock)


def test_openssl_sees_a_chain_that_verifies_and_gets_no_old_protocol(shared: Served) -> None:
    binary = shutil.which("openssl")
    assert binary is not None, "apt-get install openssl"
    place = shared.bundle.place

    def connected(*options: object) -> str:
        done = subprocess.run(
            [binary, "s_client", "-connect", shared.server.address, *map(str, options)],
            input=b"",
            check=False,
            capture_output=True,
            timeout=20,
        )
        return (done.stdout + done.stderr).decode(errors="replace")

    mine = ["-CAfile", place.certificates["ca"], "-cert", place.certificates["client"], "-key", place.keys["client"]]
    told = connected(*mine, "-alpn", "h2", "-verify_hostname", "localhost", "-verify_return_error")
    assert "Verify return code: 0 (ok)" in told
    assert "ALPN protocol: h2" in told
    assert "TLSv1.3" in told
    old = connected(*mine, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert "Cipher is (NONE)" in old
    assert "Cipher is (NONE)" not in connected(*mine, "-tls1_2")


def test_every_method_has_a_scope_of_the_table() -> None:
    assert set(SCOPE_OF.values()) == set(Scope)
