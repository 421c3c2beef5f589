"""DNS and TLS of a venue's hosts: real handshakes with certificates of our own making."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from golive.runtime.venue_check.network import Host, dns_row, public_trust, tls_row
from golive.runtime.venue_check.row import Row, Status
from support.certificates import certificate

pytestmark = pytest.mark.integration
TIMEOUT_S = 5.0


@contextlib.asynccontextmanager
async def served(files: tuple[Path, Path]) -> AsyncIterator[int]:
    """Serve TLS with this certificate on a free port of 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0, ssl=context)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def shake_hands(folder: Path, *, days: int, trusted: bool = True, name: str = "localhost") -> Row:
    files = certificate(folder, days=days, name=name)
    async with served(files) as port:

        def trust() -> ssl.SSLContext:
            return ssl.create_default_context(cafile=files[0]) if trusted else public_trust()

        return await tls_row([Host("localhost", port, True)], trust, TIMEOUT_S)


async def test_a_certificate_that_verifies_and_lasts_is_ok(tmp_path: Path) -> None:
    row = await shake_hands(tmp_path, days=90)
    assert row.status is Status.OK
    assert "localhost: TLSv1.3, certificate valid 90 more days" in row.measured


async def test_a_certificate_that_ends_within_a_week_fails(tmp_path: Path) -> None:
    row = await shake_hands(tmp_path, days=6)
    assert (row.status, "valid 6 more days" in row.measured) == (Status.FAILED, True)
    assert row.fix


@pytest.mark.parametrize(("days", "trusted", "name", "words"), [
    (90, False, "localhost", "self-signed"),
    (-1, True, "localhost", "expired"),
    (90, True, "other.example", "Hostname mismatch"),
])  # fmt: skip
async def test_a_certificate_that_does_not_verify_fails(tmp_path: Path, days: int, trusted: bool, name: str, words: str) -> None:
    row = await shake_hands(tmp_path, days=days, trusted=trusted, name=name)
    assert row.status is Status.FAILED
    assert words in row.measured
    assert "give no key" in row.fix


async def test_a_host_that_cannot_be_connected_to_is_unknown() -> None:
    with contextlib.closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        row = await tls_row([Host("localhost", unused.getsockname()[1], True)], public_trust, TIMEOUT_S)
    assert row.status is Status.UNKNOWN


async def test_a_host_that_never_shakes_hands_is_unknown_within_the_bound() -> None:
    with contextlib.closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        row = await tls_row([Host("localhost", silent.getsockname()[1], True)], public_trust, 0.5)
    assert (row.status, "no answer within 0.5 s" in row.measured) == (Status.UNKNOWN, True)


async def test_plain_addresses_need_neither_name_server_nor_certificate() -> None:
    hosts = [Host.of("http://127.0.0.1:8080/api"), Host.of("ws://[::1]:8080/ws")]
    assert hosts == [Host("127.0.0.1", 8080, False), Host("::1", 8080, False)]
    assert (await dns_row(hosts, TIMEOUT_S)).status is Status.NOT_APPLICABLE
    assert (await tls_row(hosts, public_trust, TIMEOUT_S)).status is Status.NOT_APPLICABLE


async def test_one_lost_name_among_several_is_unknown_and_named() -> None:
    hosts = [Host.of("https://localhost"), Host.of("wss://no-such-host.invalid/ws")]
    row = await dns_row(hosts, TIMEOUT_S)
    assert row.status is Status.UNKNOWN
    assert "no-such-host.invalid" in row.measured
    assert "localhost" not in row.measured
