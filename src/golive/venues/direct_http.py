"""HTTP without CCXT and without aiohttp, for the direct path: one request, one answer, and nothing that is not needed for it.

It understands what a venue's order API sends and refuses the rest: an answer whose form is not exactly HTTP/1.1 with one
length or in chunks is malformed, which never reads as a success or a refusal. The promises are those of `transport.py`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from .classify import AttemptFailed, Evidence
from .meaning import Meaning
from .signed import Signed
from .transport import Answer, HttpTransport, trust

_KEEP_S: Final = 10.0
_MAX_HEAD: Final = 1 << 15
_MAX_CHUNK_LINE: Final = 256
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)(?: [^\r\n]*)?")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_LENGTH: Final = re.compile(r"\d{1,12}", re.ASCII)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_NO_BODY: Final = frozenset({204, 304})


class _Malformed(Exception):
    """Not an answer we understand."""


class _Place(NamedTuple):
    host: str
    port: int
    is_secure: bool
    name: str
    """as it stands in the `Host` header"""


@lru_cache(maxsize=16)
def _place(origin: str) -> _Place:
    parts = urlsplit(origin)
    is_secure = parts.scheme == "https"
    return _Place(parts.hostname or "", parts.port or (443 if is_secure else 80), is_secure, parts.netloc)


class DirectTransport(HttpTransport):
    """Sends signed requests over connections of its own; its `session` serves CCXT's WebSockets alone."""

    def __init__(self, *, timeout_s: float, secure: bool) -> None:
        super().__init__(timeout_s=timeout_s, secure=secure)
        self._trust = trust() if secure else None
        self._idle: dict[_Place, list[_Wire]] = {}

    async def send(self, request: Signed, max_bytes: int, last_look: Callable[[], None] | None = None) -> Answer:
        """Send once, as `HttpTransport.send`."""
        scheme, _, rest = request.url.partition("://")
        authority, slash, path = rest.partition("/")
        place = _place(f"{scheme}://{authority}")
        wire: _Wire | None = None
        has_left = False
        try:
            payload = _written(request, place.name, slash + path)
            loop = asyncio.get_running_loop()
            until = loop.time() + self.timeout_s
            wire = self._kept(place)
            if wire is None:
                async with asyncio.timeout_at(until):
                    wire = await self._connected(place)
            if last_look is not None:
                last_look()
            has_left = True
            timer = loop.call_at(until, wire.time_out)
            try:
                return await wire.exchange(payload, max_bytes)
            finally:
                timer.cancel()
        except TimeoutError as exc:
            if not has_left:
                raise _failed(f"no connection within {self.timeout_s:g} s", Meaning.NOT_SENT) from exc
            raise _failed(f"no answer within {self.timeout_s:g} s", Meaning.TIMED_OUT) from exc
        except _Malformed as exc:
            raise _failed(f"not an HTTP answer: {exc}", Meaning.MALFORMED) from exc
        except (OSError, ValueError) as exc:
            what = "connection lost" if has_left else "no connection"
            raise _failed(f"{what}: {exc!r}"[:2000], Meaning.INTERRUPTED if has_left else Meaning.NOT_SENT) from exc
        finally:
            if wire is not None:
                self._put_back(place, wire)

    def _kept(self, place: _Place) -> _Wire | None:
        kept = self._idle.get(place, [])
        while kept:
            wire = kept.pop()
            if wire.is_usable and time.monotonic() - wire.idle_since < _KEEP_S:
                return wire
            wire.abort()
        return None

    async def _connected(self, place: _Place) -> _Wire:
        loop = asyncio.get_running_loop()
        context = self._trust if place.is_secure else None
        _, wire = await loop.create_connection(_Wire, place.host, place.port, ssl=context)
        return wire

    def _put_back(self, place: _Place, wire: _Wire) -> None:
        if wire.is_usable:
            wire.idle_since = time.monotonic()
            self._idle.setdefault(place, []).append(wire)
        else:
            wire.abort()

    async def close(self) -> None:
        for wires in self._idle.values():
            for wire in wires:
                wire.abort()
        self._idle.clear()
        await super().close()
        await asyncio.sleep(0)  # the loop forgets an aborted connection on its next round


def _failed(detail: str, meaning: Meaning) -> AttemptFailed:
    return AttemptFailed(Evidence(detail, transport=meaning))


def _written(request: Signed, host: str, target: str) -> bytes:
    """Return the bytes of a request; ValueError for one that would not be one request."""
    body = b"" if request.body is None else request.body.encode()
    headers = {**request.headers, "Accept": "*/*", "Accept-Encoding": "identity"}
    lines = [f"{request.method} {target or '/'} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or request.method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or " " in target:
        raise ValueError("a line break or a space where none may be")
    return head.encode("ascii") + b"\r\n\r\n" + body


class _Wire(asyncio.Protocol):
    """One connection: at most one request at a time, reused only after an answer that ended where it said."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._chunks = _Chunks(0)
        self._max_bytes = 0
        self.idle_since = 0.0
        self.is_usable = False
        """connected, in step, and no answer is due"""

    def exchange(self, payload: bytes, max_bytes: int) -> asyncio.Future[Answer]:
        assert self._transport is not None
        self.is_usable = False
        self._buffer, self._head, self._max_bytes = bytearray(), None, max_bytes
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        return self._answer

    def time_out(self) -> None:
        """Wait no longer for the answer."""
        self._fail(TimeoutError())

    def abort(self) -> None:
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    # what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():  # nothing was asked
            self.abort()
            return
        self._buffer += data
        try:
            self._read()
        except (_Malformed, ValueError) as exc:
            self._fail(exc if isinstance(exc, _Malformed) else _Malformed(str(exc)))

    def eof_received(self) -> bool:
        head = self._head
        if head is not None and head.ends_with_connection:
            self._finish(head, bytes(self._buffer), keep=False)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        part = "in the middle of an answer" if self._buffer or self._head else "before an answer"
        self._fail(exc if isinstance(exc, OSError) else ConnectionResetError(f"the venue closed it {part}"))

    def _fail(self, exc: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc)
        self.abort()

    # reading

    def _read(self) -> None:
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end > _MAX_HEAD or (end < 0 and len(self._buffer) > _MAX_HEAD):
                raise _Malformed(f"its head is longer than {_MAX_HEAD} bytes")
            if end < 0:
                return
            self._head = _head(bytes(self._buffer[:end]))
            self._chunks = _Chunks(self._max_bytes)
            del self._buffer[: end + 4]
        head = self._head
        if head.is_chunked:
            if self._chunks.take(self._buffer):
                self._finish(head, self._chunks.body, keep=not self._buffer)
            return
        self._require_room(len(self._buffer) if head.length is None else head.length)
        if head.length is not None and len(self._buffer) >= head.length:
            self._finish(head, bytes(self._buffer[: head.length]), keep=len(self._buffer) == head.length)

    def _require_room(self, size: int) -> None:
        if size > self._max_bytes:
            raise _Malformed(f"it is longer than {self._max_bytes} bytes")

    def _finish(self, head: _Head, body: bytes, *, keep: bool) -> None:
        answer = self._answer
        self._buffer, self._head = bytearray(), None
        self.is_usable = keep and head.keeps_open
        if answer is not None and not answer.done():
            answer.set_result(Answer(head.status, head.fields, body))


class _Head(NamedTuple):
    status: int
    fields: Mapping[str, str]
    """by lower-case name"""
    length: int | None
    is_chunked: bool
    keeps_open: bool

    @property
    def ends_with_connection(self) -> bool:
        return self.length is None and not self.is_chunked


def _head(raw: bytes) -> _Head:
    first, *lines = raw.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise _Malformed(f"it begins with {first[:40]!r}")
    code = int(status[1])
    fields: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise _Malformed(f"the header {line[:40]!r}")
        name = header[1].decode("ascii").lower()
        value = header[2].decode("latin-1")
        if name in ("content-length", "transfer-encoding") and name in fields:
            raise _Malformed(f"it has {name} twice")
        fields[name] = value
    length = fields.get("content-length")
    coding = fields.get("transfer-encoding")
    if (length is not None and coding is not None) or coding not in (None, "chunked"):
        raise _Malformed("its length is told in two ways, or in one we do not know")
    if length is not None and _LENGTH.fullmatch(length) is None:
        raise _Malformed(f"its length is {length[:40]!r}")
    keeps = fields.get("connection", "").lower() != "close" and first.startswith(b"HTTP/1.1")
    known = 0 if code in _NO_BODY else None if length is None else int(length)
    return _Head(code, fields, known, coding is not None, keeps)


class _Chunks:
    """The body of a chunked answer, chunk by chunk; trailers are not understood."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def body(self) -> bytes:
        return b"".join(self._parts)

    def take(self, buffer: bytearray) -> bool:
        """Take whole chunks off the beginning of `buffer`; return whether the last one was among them."""
        at = 0
        try:
            while (end := buffer.find(b"\r\n", at, at + _MAX_CHUNK_LINE)) >= 0:
                count = self._count(bytes(buffer[at:end]))
                after = end + 2 + count
                if len(buffer) < after + 2:
                    return False
                if buffer[after : after + 2] != b"\r\n":
                    raise _Malformed("a chunk that does not end where it said")
                self._parts.append(bytes(buffer[end + 2 : after]))
                self._size += count
                at = after + 2
                if count == 0:
                    return True
            if len(buffer) - at >= _MAX_CHUNK_LINE:
                raise _Malformed("a chunk without a length")
            return False
        finally:
            del buffer[:at]

    def _count(self, line: bytes) -> int:
        length = _CHUNK.fullmatch(line)
        if length is None:
            raise _Malformed(f"a chunk of length {line[:20]!r}")
        count = int(length[1], 16)
        if self._size + count > self._max_bytes:
            raise _Malformed(f"it is longer than {self._max_bytes} bytes")
        return count
