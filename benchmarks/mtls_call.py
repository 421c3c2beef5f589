"""What a guarded call costs: TLS on both sides, certificate, revocation, identity, rate, token and scope, against a plain one.

One client calls `GetStatus` on loopback, one call after the other; the plain server runs the same service without certificates
and without interceptor. Servers stand in a process of their own each; rounds alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import grpc

from golive.config.mtls_section import Mtls
from golive.config.rbac import Role
from golive.model.secret import Secret
from golive.runtime.clock import SystemClock
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import generate_bundle
from golive.runtime.tokens import issue_token
from golive.security.bundle_check import AUTHORITY
from golive.security.certificate import Certificate
from golive.security.certificate_maker import LeafRole
from golive.security.operators import OperatorIdentity
from golive.services.gatekeeper import CallLimits
from golive.services.proto import status_pb2, status_pb2_grpc
from golive.services.server import WORKERS, StatusServer
from golive.services.status_service import StatusService, StatusSource, Streams

GOAL_US: Final = 200.0
ROUNDS, CALLS, WARM_UP = 7, 1500, 500
_NOBODY: Final = Certificate("0", "0" * 64, 0, 0, (), (), (), False)  # type: ignore[arg-type]


def guarded(home: str, told: Connection) -> None:
    with StatusServer(Path(home), Mtls(), SystemClock(), calls=CallLimits(1e9, 1e9)) as server:
        told.send(server.address)
        told.recv()


def plain(_home: str, told: Connection) -> None:
    clock = SystemClock()
    source = StatusSource("0", clock.now(), lambda: "ACTIVE", lambda _: (), lambda: _NOBODY)
    server = grpc.server(ThreadPoolExecutor(WORKERS), options=[("grpc.so_reuseport", 0)])
    status_pb2_grpc.add_StatusServiceServicer_to_server(StatusService(source, clock, Streams(1)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    told.send(f"127.0.0.1:{port}")
    told.recv()


def call_us(stub: status_pb2_grpc.StatusServiceStub, metadata: tuple[tuple[str, str], ...], calls: int) -> list[float]:
    """Return how long each of `calls` calls took, µs."""
    request = status_pb2.StatusRequest()
    found = []
    for _ in range(calls):
        began = time.perf_counter_ns()
        stub.GetStatus(request, timeout=10, metadata=metadata)
        found.append((time.perf_counter_ns() - began) / 1000)
    return found


def credentials(home: Path) -> grpc.ChannelCredentials:
    """Return what a client of the bundle in `home` shows and believes."""
    files = BundlePlace.of(home, Mtls()).files()
    leaf = LeafRole.CLIENT
    return grpc.ssl_channel_credentials(files.certificates[AUTHORITY], files.keys[leaf], files.certificates[leaf])


def measured(rounds: int = ROUNDS, calls: int = CALLS) -> dict[str, float]:
    """Return median µs of a plain and a guarded call, and what the guard adds."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        generate_bundle(home, Mtls(), Secret("a passphrase of the benchmark"), "benchmark")
        somebody = OperatorIdentity("somebody", frozenset({Role.VIEWER}))
        _, token = issue_token(home, Mtls(), somebody)
        ends, addresses = [], []
        for serve in (plain, guarded):
            end, other = context.Pipe()
            context.Process(target=serve, args=(folder, other), daemon=True).start()
            addresses.append(end.recv())
            ends.append(end)
        with (
            grpc.insecure_channel(addresses[0]) as bare,
            grpc.secure_channel(addresses[1], credentials(home)) as sealed,
        ):
            ways = {
                "plain_us": (status_pb2_grpc.StatusServiceStub(bare), ()),
                "guarded_us": (status_pb2_grpc.StatusServiceStub(sealed), (("authorization", f"Session {token.reveal()}"),)),
            }
            medians: dict[str, list[float]] = {name: [] for name in ways}
            for stub, metadata in ways.values():
                call_us(stub, metadata, WARM_UP)
            for _ in range(rounds):
                for name, (stub, metadata) in ways.items():
                    medians[name].append(statistics.median(call_us(stub, metadata, calls)))
        for end in ends:
            end.send(None)
    found = {name: statistics.median(values) for name, values in medians.items()}
    return {**found, "added_us": found["guarded_us"] - found["plain_us"], "goal_us": GOAL_US}


def print_mtls_call(rounds: int = ROUNDS) -> None:
    """Print a plain call, a guarded one, and what the guard adds."""
    figures = measured(rounds)
    print(
        f"plain call {figures['plain_us']:.0f} µs, guarded {figures['guarded_us']:.0f} µs (certificates, identity, token, role)"
    )
    print(f"the guard adds {figures['added_us']:.0f} µs (goal < {GOAL_US:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    if parser.parse_args().json:
        print(json.dumps({name: round(value, 1) for name, value in measured().items()}))
    else:
        print_mtls_call()


if __name__ == "__main__":
    main()
