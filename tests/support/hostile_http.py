"""Requests that no client sends by mistake, byte by byte, and what comes back over a raw socket."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

HOST = b"Host: localhost\r\nConnection: close\r\n"


def malformed(path: bytes) -> dict[str, bytes]:
    """Return requests for `path` that are wrong in one way each, by what is wrong."""
    get = b"GET " + path + b" HTTP/1.1\r\n" + HOST
    post = b"POST " + path + b" HTTP/1.1\r\n" + HOST
    inner = b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n"
    return {
        "two lengths": post + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner,
        "a list of lengths": post + b"Content-Length: 5, 6\r\n\r\nhello",
        "a length and chunks": post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        "chunks and a length": post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
        "chunks under another name": post + b"Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc",
        "chunks with a space before the colon": post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner,
        "chunks on a folded line": post + b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "a chunk without end": post + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx",
        "a negative length": post + b"Content-Length: -1\r\n\r\n",
        "a length with a sign": post + b"Content-Length: +5\r\n\r\nhello",
        "a length in hex": post + b"Content-Length: 0x5\r\n\r\nhello",
        "a length of many digits": post + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
        "a length of foreign digits": post + "Content-Length: ٥\r\n\r\n".encode() + b"hello",
        "lines ended by LF alone": get.replace(b"\r\n", b"\n") + b"\n",
        "a CR inside": get + b"X: a\rContent-Length: 5\r\n\r\nhello",
        "a NUL in a field": get + b"X: a\0b\r\n\r\n",
        "a NUL in the name of a field": get + b"X\0: a\r\n\r\n",
        "a NUL in the path": b"GET " + path + b"\0 HTTP/1.1\r\n" + HOST + b"\r\n",
        "no host": b"GET " + path + b" HTTP/1.1\r\n\r\n",
        "two hosts": get + b"Host: example.org\r\n\r\n",
        "a field without a name": get + b": x\r\n\r\n",
        "a field without a colon": get + b"nonsense\r\n\r\n",
        "bytes of no encoding": b"GET " + path + b"\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
        "no path": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
        "a path with a space": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
        "HTTP/0.9": b"GET " + path + b"\r\n\r\n",
        "HTTP/2 asked for": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/9.9": b"GET " + path + b" HTTP/9.9\r\n" + HOST + b"\r\n",
        "a version of words": b"GET " + path + b" HTTP/one\r\n" + HOST + b"\r\n",
        "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
        "nothing but lines": b"\r\n" * 2000,
        "a long path": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "a long field": get + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
        "many fields": get + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
        "no method": b" " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "a method of many letters": b"G" * 9000 + b" " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "cut in the first line": b"GET /met",
        "cut in the fields": get + b"Accept: text/pl",
        "cut in the body": post + b"Content-Length: 100\r\n\r\nhello",
    }  # fmt: skip


def outside(path: bytes) -> dict[str, bytes]:
    """Return well-formed requests for what is not served."""
    ways = {
        "up": b"/../../etc/passwd", "up from it": path + b"/../../../etc/passwd", "up in percent": b"/%2e%2e/%2e%2e/etc/passwd",
        "up in percent twice": b"/%252e%252e/etc/passwd", "up with backslashes": b"/..\\..\\etc\\passwd", "two slashes": b"//etc/passwd",
        "NUL in percent": path + b"%00.txt", "too long UTF-8": b"/%c0%ae%c0%ae/etc/passwd", "a script": b"/<script>alert(1)</script>",
        "a percent of nothing": b"/%zz", "an address in brackets": b"//[",
    }  # fmt: skip
    return {name: b"GET " + way + b" HTTP/1.1\r\n" + HOST + b"\r\n" for name, way in ways.items()}


def other_methods(path: bytes) -> dict[str, bytes]:
    """Return requests for `path` by methods that read nothing."""
    names = (b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"PROPFIND", b"get", b"__class__")
    return {name.decode(): name + b" " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for name in names}


@dataclass(frozen=True)
class Answered:
    """All that came back on a connection."""

    raw: bytes
    status: int = 0
    fields: Sequence[tuple[str, str]] = field(default=())
    body: bytes = b""

    def field(self, name: str) -> str:
        return next((value for each, value in self.fields if each == name), "")


def answer_to(port: int, request: bytes, *, waits_s: float = 0.0, timeout_s: float = 8.0) -> Answered:
    """Send bytes as they are and return what came until the end; TimeoutError when that does not come within `timeout_s`.

    The server hears that no more bytes come once it has been silent for `waits_s`.
    """
    raw = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(request)
        has_ended = False
        while True:
            if not has_ended and not select.select([connection], [], [], waits_s)[0]:
                connection.shutdown(socket.SHUT_WR)
                has_ended = True
            if not (block := connection.recv(65536)):
                break
            raw += block
    head, _, body = raw.partition(b"\r\n\r\n")
    if not head:
        return Answered(raw)
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Answered(raw, int(first.split(" ")[1]), fields, body)
