"""HTTP as the call path needs it: one attempt, no redirects, a bounded answer, and a clear word about what happened.

CCXT's own `fetch` is not used: it follows redirects with the order in the body, has no size limit, hides whether an
answer was cut short, and its GETs are silently repeated by aiohttp (RELIABILITY §0.3–0.6, VENUES §0 #20). The session
is shared with CCXT, which opens its WebSockets on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import yarl

from .classify import AttemptFailed, Evidence
from .meaning import Meaning
from .signed import Signed

if TYPE_CHECKING:
    import ssl

    from aiohttp.connector import Connection


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, raw; headers are found by lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpTransport:
    """One session per adapter. Answers are asked for uncompressed and never unpacked, so their size is what was sent."""

    def __init__(self, *, timeout_s: float, secure: bool) -> None:
        connector = aiohttp.TCPConnector(keepalive_timeout=10.0, ssl=trust() if secure else False)
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            request_class=_Request,
        )
        self.timeout_s = timeout_s
        """how long one call may take from its beginning to the end of its answer"""
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s)

    async def send(self, request: Signed, max_bytes: int, last_look: Callable[[], None] | None = None) -> Answer:
        """Send once; raise AttemptFailed when no complete answer of at most `max_bytes` came back.

        `last_look` is called when the connection is there, right before the request is written to it; when it raises, nothing
        has left, and that is raised.
        """
        try:
            return await self._send(request, max_bytes, last_look)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as exc:
            raise AttemptFailed(Evidence(f"no connection: {_named(exc)}", transport=Meaning.NOT_SENT)) from exc
        except TimeoutError as exc:
            detail = f"no answer within {self.timeout_s:g} s"
            raise AttemptFailed(Evidence(detail, transport=Meaning.TIMED_OUT)) from exc
        except aiohttp.ClientPayloadError as exc:
            raise AttemptFailed(Evidence(f"answer cut short: {_named(exc)}", transport=Meaning.INTERRUPTED)) from exc
        except aiohttp.ClientResponseError as exc:
            raise AttemptFailed(Evidence(f"not an HTTP answer: {_named(exc)}", transport=Meaning.MALFORMED)) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise AttemptFailed(Evidence(f"connection lost: {_named(exc)}", transport=Meaning.INTERRUPTED)) from exc

    async def _send(self, request: Signed, max_bytes: int, last_look: Callable[[], None] | None) -> Answer:
        async with self.session.request(
            request.method,
            yarl.URL(request.url, encoded=True),
            data=None if request.body is None else request.body.encode(),
            headers={**request.headers, "Accept-Encoding": "identity"},
            timeout=self._timeout,
            allow_redirects=False,
            middlewares=(_once(last_look),),
        ) as response:
            body = await _bounded(response, max_bytes)
            return Answer(response.status, response.headers, body)

    async def close(self) -> None:
        await self.session.close()


class _Request(aiohttp.ClientRequest):
    """A request that is looked at a last time when its connection is there."""

    last_look: Callable[[], None] | None = None

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        if self.last_look is not None:
            self.last_look()
        return await super().send(conn)


def _once(last_look: Callable[[], None] | None) -> aiohttp.ClientMiddlewareType:
    """Return a middleware that refuses to send the same request a second time on a fresh connection."""
    sent = False

    async def middleware(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        nonlocal sent
        if sent:
            raise aiohttp.ServerDisconnectedError("connection lost; the request is not repeated")
        sent = True
        if isinstance(request, _Request):
            request.last_look = last_look
        return await handler(request)

    return middleware


async def _bounded(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > max_bytes:
            response.close()
            detail = f"answer longer than {max_bytes} bytes"
            raise AttemptFailed(Evidence(detail, http_status=response.status, transport=Meaning.MALFORMED))
        chunks.append(chunk)
    return b"".join(chunks)


def trust() -> ssl.SSLContext:
    """Return the certificates we trust."""
    import ssl

    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _named(exc: BaseException) -> str:
    return f"{type(exc).__name__}: {exc}"[:2000]
