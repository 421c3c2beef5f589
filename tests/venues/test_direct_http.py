"""The direct path's HTTP, byte for byte over real sockets: exactly what it understands, and `malformed` for all the rest."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.venues.classify import AttemptFailed
from golive.venues.direct_http import DirectTransport
from golive.venues.meaning import Meaning
from golive.venues.signed import Signed
from golive.venues.transport import Answer
from support.certificates import certificate

pytestmark = pytest.mark.integration
MOST = 1 << 10


@dataclass
class Server:
    """Answers each request with the next of `replies`, in pieces; b"" closes the connection without a word."""

    replies: list[Sequence[bytes]]
    ends: bool = False
    """closes the connection after each answer"""
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.replies:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
                self.requests.append(head + await reader.readexactly(length))
                pieces = self.replies.pop(0)
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if self.ends or not pieces:
                    break
        writer.close()


@contextlib.asynccontextmanager
async def talking(
    *replies: Sequence[bytes], ends: bool = False, timeout_s: float = 2.0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Server, DirectTransport]]:
    server = Server(list(replies), ends)
    listener = await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}" if tls is None else f"https://localhost:{port}"
    transport = DirectTransport(timeout_s=timeout_s, secure=tls is not None)
    try:
        yield server, transport
    finally:
        await transport.close()
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0)


def order(server: Server, body: str | None = '{"a":1}', **headers: str) -> Signed:
    return Signed("GET" if body is None else "POST", f"{server.url}/api/order?x=1", {"User-Agent": "test", **headers}, body)


async def told(*pieces: bytes, ends: bool = False) -> Answer | Meaning:
    """What one answer is taken for."""
    async with talking(pieces, ends=ends) as (server, transport):
        try:
            return await transport.send(order(server), MOST)
        except AttemptFailed as failed:
            return failed.evidence.transport or Meaning.UNRECOGNISED


OK = b"HTTP/1.1 200 OK\r\n"
GOOD = {
    "a length": (OK + b"Content-Length: 2\r\n\r\n{}", b"{}"),
    "no reason phrase": (b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}", b"{}"),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n", b"{}"),
    "until the end": (OK + b"X: y\r\n\r\n{}", b"{}"),
}


@pytest.mark.parametrize("what", GOOD)
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_an_answer_is_read_in_whatever_pieces_it_comes(what: str, size: int) -> None:
    raw, body = GOOD[what]
    answer = await told(*(raw[at : at + size] for at in range(0, len(raw), size)), ends=True)
    assert isinstance(answer, Answer)
    assert answer.body == body


BAD = {
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "the same length twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a length and chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length with a sign": OK + b"Content-Length: +2\r\n\r\n{}",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n{}",
    "a length in hex": OK + b"Content-Length: 0x2\r\n\r\n{}",
    "a list of lengths": OK + b"Content-Length: 2, 2\r\n\r\n{}",
    "another coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a folded header": OK + b"X: y\r\n z\r\nContent-Length: 2\r\n\r\n{}",
    "a space before the colon": OK + b"Content-Length : 2\r\n\r\n{}",
    "a header without a colon": OK + b"Nonsense\r\n\r\n{}",
    "a NUL in a header": OK + b"X: \x00\r\nContent-Length: 2\r\n\r\n{}",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}" + b"\r\n\r\n",
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\n{}",
    "another protocol": b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a long head": OK + b"X: " + b"y" * (1 << 16) + b"\r\n\r\n",
    "a long body": OK + b"Content-Length: 1025\r\n\r\n",
    "a long body without a length": OK + b"\r\n" + b"x" * 1025,
    "many chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"100\r\n" + b"x" * 256 + b"\r\n" + b"301\r\n",
    "a chunk of no number": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk that ends elsewhere": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a trailer": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    "a chunk whose length never ends": OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300,
}


@pytest.mark.parametrize("what", BAD)
async def test_anything_else_is_malformed(what: str) -> None:
    assert await told(BAD[what]) is Meaning.MALFORMED


@pytest.mark.parametrize(
    "raw", [b"", OK, OK + b"Content-Length: 3\r\n\r\n{}", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"]
)
async def test_an_answer_that_is_cut_short_is_an_interruption(raw: bytes) -> None:
    assert await told(*([raw] if raw else []), ends=True) is Meaning.INTERRUPTED


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=200), at=st.integers(0, 60))
def test_noise_is_never_more_than_malformed_or_interrupted(noise: bytes, at: int) -> None:
    good = GOOD["chunks"][0]
    found = asyncio.run(told(good[:at] + noise, ends=True))
    assert isinstance(found, Answer) or found in (Meaning.MALFORMED, Meaning.INTERRUPTED)


async def test_a_connection_is_kept_after_an_answer_that_ended_where_it_said_and_only_then() -> None:
    good, more = GOOD["a length"][0], b"and more"
    closing = OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"
    async with talking([good], [good], [good + more], [closing], [good]) as (server, transport):
        counts = []
        for _ in range(5):
            await transport.send(order(server), MOST)
            await asyncio.sleep(0.01)
            counts.append(server.connections)
        assert counts == [1, 1, 1, 2, 3]


async def test_a_request_is_written_once_with_its_length_and_host() -> None:
    async with talking([GOOD["a length"][0]], []) as (server, transport):
        await transport.send(order(server, '{"é":1}', expTime="17"), MOST)
        with pytest.raises(AttemptFailed) as lost:
            await transport.send(order(server), MOST)
        assert lost.value.evidence.transport is Meaning.INTERRUPTED
        assert len(server.requests) == 2, "an order on a connection that was lost is not sent again"
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert body == '{"é":1}'.encode()
        assert head.split(b"\r\n") == [
            b"POST /api/order?x=1 HTTP/1.1", b"Host: " + server.url[7:].encode(), b"User-Agent: test", b"expTime: 17",
            b"Accept: */*", b"Accept-Encoding: identity", b"Content-Length: 8",
        ]  # fmt: skip


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "é\u2028"])
async def test_a_header_that_would_be_two_never_leaves(value: str) -> None:
    async with talking([GOOD["a length"][0]]) as (server, transport):
        with pytest.raises(AttemptFailed) as refused:
            await transport.send(order(server, **{"X-Key": value}), MOST)
        assert refused.value.evidence.transport is Meaning.NOT_SENT
        assert server.requests == []


async def test_no_connection_is_surely_not_sent() -> None:
    transport = DirectTransport(timeout_s=1.0, secure=False)
    with pytest.raises(AttemptFailed) as refused:
        await transport.send(Signed("POST", "http://127.0.0.1:9/x", {}, "{}"), MOST)
    assert refused.value.evidence.transport is Meaning.NOT_SENT
    await transport.close()


async def test_silence_is_a_time_out_and_the_connection_is_given_up() -> None:
    async with talking([OK], [GOOD["a length"][0]], timeout_s=0.2) as (server, transport):
        with pytest.raises(AttemptFailed) as silent:
            await transport.send(order(server), MOST)
        assert silent.value.evidence.transport is Meaning.TIMED_OUT
        assert (await transport.send(order(server), MOST)).body == b"{}"
        assert server.connections == 2


# over TLS


def secured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, days: int = 90, trusted: bool = True, name: str = "localhost"
) -> ssl.SSLContext:
    """A server's side of TLS with a certificate of its own, which is among those we trust if `trusted`."""
    files = certificate(folder, days=days, name=name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    if trusted:
        monkeypatch.setattr(certifi, "where", lambda: str(files[0]))
    return context


async def test_over_tls_the_same_bytes_leave_and_the_connection_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replies = [(raw,) for raw, _ in (GOOD["a length"], GOOD["chunks"], GOOD["a length"])]
    async with talking(*replies, tls=secured(tmp_path, monkeypatch)) as (server, transport):
        answers = [await transport.send(order(server), MOST) for _ in replies]
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"{}")] * 3
        assert server.connections == 1
        host = server.url.removeprefix("https://").encode()
        assert server.requests[0].startswith(b"POST /api/order?x=1 HTTP/1.1\r\nHost: " + host + b"\r\n")
        assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')


@pytest.mark.parametrize(("days", "trusted", "name", "words"), [
    (90, False, "localhost", "self-signed"),
    (-1, True, "localhost", "expired"),
    (90, True, "other.example", "Hostname mismatch"),
])  # fmt: skip
async def test_nothing_leaves_to_a_host_whose_certificate_does_not_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, trusted: bool, name: str, words: str
) -> None:
    tls = secured(tmp_path, monkeypatch, days=days, trusted=trusted, name=name)
    async with talking((GOOD["a length"][0],), tls=tls) as (server, transport):
        with pytest.raises(AttemptFailed, match=words) as failed:
            await transport.send(order(server), MOST)
        assert failed.value.evidence.transport is Meaning.NOT_SENT
        assert server.requests == []


@pytest.mark.parametrize(
    "pieces", [(), (OK,), (OK + b"Content-Length: 9\r\n\r\n{",), (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",)]
)
async def test_a_tls_connection_cut_after_the_request_left_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...]
) -> None:
    async with talking(pieces, ends=True, tls=secured(tmp_path, monkeypatch)) as (server, transport):
        with pytest.raises(AttemptFailed) as failed:
            await transport.send(order(server), MOST)
        assert failed.value.evidence.transport is Meaning.INTERRUPTED
        assert len(server.requests) == 1


async def test_a_host_that_never_shakes_hands_was_sent_nothing() -> None:
    with contextlib.closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        transport = DirectTransport(timeout_s=0.3, secure=True)
        with pytest.raises(AttemptFailed, match="no connection within") as failed:
            await transport.send(Signed("POST", f"https://localhost:{silent.getsockname()[1]}/", {}, "{}"), MOST)
        assert failed.value.evidence.transport is Meaning.NOT_SENT
        await transport.close()
