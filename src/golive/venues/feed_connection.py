"""One WebSocket of a feed: opened through CCXT, read raw, and what it still owes — login, acknowledgements, snapshots.

CCXT dials, pings and sends; nothing a venue says reaches CCXT's own handlers, which would build floats, hang on a
refused subscription, or fail on garbage. A message that makes no sense, a broken sequence, a refusal and silence all
end the connection with the evidence of why; who rebuilds it is `keeper.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.json import JsonObject

from . import strict_json
from .ccxt_client import Ccxt, CcxtLink, exception_names
from .classify import Evidence
from .dialect import Feed, FeedGap, Link
from .meaning import Meaning

CLOSE_S: Final = 2.0
GRACE_S: Final = 0.25
"""a busy process reads what already waits in its socket before it calls the venue silent"""
MAX_PRIVATE: Final = 1 << 20
"""characters of a message about our account; public ones are bounded by the socket alone"""
_AT_ONCE: Final = 16
"""messages that are taken before the event loop may do something else"""
_STANDS: Final = "stands"
_LOST: Final = "lost"
_PINGS_PER_SILENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Opening:
    """What to say on a fresh connection: `login` first where there is one, the subscriptions once it is confirmed."""

    subscriptions: tuple[JsonObject, ...]
    login: JsonObject | None = None
    logged_in: Callable[[Mapping[str, object]], bool] | None = None


class FeedConnection:
    """Opens, reads and closes the connection of one `Link`. `arrived` is told the key of every data message taken.

    `crashed` is told of an error that is not the venue's, such as one of the sink.
    """

    def __init__(
        self,
        feed: Feed,
        link: Link,
        *,
        silence_s: float,
        arrived: Callable[[str], None],
        crashed: Callable[[BaseException], None],
    ) -> None:
        self._feed = feed
        self.link = link
        self._silence_s = silence_s
        self._arrived = arrived
        self._crashed = crashed
        self._loads = _reader_of(feed)
        self._opening = Opening(())
        self._unacknowledged: set[str] = set()
        self._unsnapped: set[str] = set()
        self._stands = False
        self.evidence: Evidence | None = None
        """why this side gave the connection up, when it did"""
        self._client: Ccxt | None = None
        self._url = ""
        self._socket: CcxtLink | None = None
        self._lost: asyncio.Future[object] | None = None
        self._dial: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._heard = 0.0

    # opening and closing

    async def open(self, client: Ccxt, url: str, opening: Opening) -> None:
        """Connect, log in, subscribe; return when everything owed has come. Raises CCXT's errors; bounded by the caller.

        CCXT shares one socket among all who name the same URL; a fragment, which never leaves this machine, sets ours apart.
        """
        url = f"{url}#{id(self)}"
        self._opening = opening
        self._unacknowledged = set(self.link.keys)
        self._unsnapped = set(self.link.needs_snapshot)
        self._stands = False
        self.evidence = None
        self._client, self._url = client, url
        socket = self._socket = client.client(url)
        socket.open = functools.partial(self._dialled, socket, socket.open)
        socket.receive_loop = functools.partial(self._read, socket)
        socket.keepAlive = int(self._silence_s * 1000 / _PINGS_PER_SILENCE)
        socket.maxPingPongMisses = math.inf  # silence is judged here, with grace for a process that was busy
        self._lost = socket.future(_LOST)
        self._lost.add_done_callback(_consume)
        stands = socket.future(_STANDS)
        stands.add_done_callback(_consume)
        if opening.login is not None:
            self._say(opening.login)
        else:
            self._subscribe()
        await stands

    def _subscribe(self) -> None:
        for message in self._opening.subscriptions:
            self._say(message)

    def _say(self, message: JsonObject) -> None:
        """Send once connected; CCXT connects on the first call."""
        assert self._client is not None
        self._client.watch(self._url, _STANDS, message, orjson.dumps(message).decode())

    async def _dialled(self, socket: CcxtLink, dial: Callable[..., Awaitable[None]], *terms: object) -> None:
        """Dial in a task that `close` can end; CCXT by itself would go on, and open a connection that nobody closes."""
        if socket is self._socket:
            self._dial = asyncio.current_task()
            await dial(*terms)

    async def lost(self) -> Evidence:
        """Wait until the connection is gone and return what is known about it."""
        import ccxt

        assert self._lost is not None
        try:
            await self._lost
        except ccxt.BaseError as exc:
            return self.evidence or Evidence(str(exc)[:2000], exceptions=exception_names(exc))
        return self.evidence or Evidence("connection closed", transport=Meaning.INTERRUPTED)

    async def close(self) -> None:
        """Close the socket and forget it, so that the next opening starts afresh."""
        dial, reader, socket = self._dial, self._reader, self._socket
        self._dial = self._reader = self._socket = None
        if self._watch is not None:
            self._watch.cancel()
        if dial is not None and not dial.done():
            dial.cancel()
            await asyncio.gather(dial, return_exceptions=True)
        if reader is not None and reader is not asyncio.current_task():
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        if socket is not None:
            if self._client is not None and self._client.clients.get(socket.url) is socket:
                del self._client.clients[socket.url]
            with contextlib.suppress(asyncio.TimeoutError):  # a dead peer does not answer the closing handshake
                await asyncio.wait_for(socket.close(), CLOSE_S)

    # reading

    def _read(self, socket: CcxtLink) -> None:
        """Stand in for CCXT's receive loop, which makes a task per message; CCXT begins it a moment after it connected."""
        if socket is not self._socket:  # closed within that moment
            return
        self._reader = asyncio.create_task(self._receive())
        self._reader.add_done_callback(self._reader_ended)
        self._heard = asyncio.get_running_loop().time()
        self._listen(self._silence_s)

    def _reader_ended(self, reader: asyncio.Task[None]) -> None:
        if not reader.cancelled() and (bug := reader.exception()) is not None:
            self._crashed(bug)

    async def _receive(self) -> None:
        from aiohttp import WSMsgType

        socket = self._socket
        assert socket is not None
        assert socket.connection is not None
        receive, now = socket.connection.receive, asyncio.get_running_loop().time
        for count in itertools.count(1):
            if count % _AT_ONCE == 0:  # messages that wait already are had without a pause
                await asyncio.sleep(0)
            frame = await receive()
            self._heard = now()
            if frame.type is WSMsgType.TEXT:
                assert isinstance(frame.data, str)
                try:
                    self._take(frame.data)
                except (MalformedPayload, MagnitudeError) as exc:
                    self._give_up(Evidence(str(exc), transport=Meaning.MALFORMED))
                    return
                except FeedGap as exc:
                    self._give_up(Evidence(str(exc), transport=Meaning.INTERRUPTED))
                    return
                except _Refused as refused:
                    self._give_up(refused.evidence)
                    return
            elif frame.type in (WSMsgType.PING, WSMsgType.PONG):
                socket.handle_message(frame)
            elif frame.type is WSMsgType.BINARY:
                self._give_up(Evidence("stream: binary message", transport=Meaning.MALFORMED))
                return
            else:
                socket.on_close(frame.data if isinstance(frame.data, int) else 1006)
                return

    def _take(self, data: str) -> None:
        """Handle one text; raise MalformedPayload, MagnitudeError, FeedGap or _Refused when it cannot be gone on with."""
        if data == "pong":
            return
        if self._feed.is_private and len(data) > MAX_PRIVATE:
            raise MalformedPayload(f"stream: message longer than {MAX_PRIVATE} characters")
        try:
            message = self._loads(data)
        except (ValueError, RecursionError) as exc:
            raise MalformedPayload(f"stream: message is not JSON: {data[:60]!r}") from exc
        if not isinstance(message, dict):
            raise MalformedPayload(f"stream: message is not an object: {data[:60]!r}")
        if self._feed.is_data(message):
            key = self._feed.take(message)
            self._unsnapped.discard(key)
            self._arrived(key)
        else:
            self._control(message)
        if not self._stands and not self._unacknowledged and not self._unsnapped:
            self._stands = True
            assert self._socket is not None
            self._socket.resolve(True, _STANDS)

    def _control(self, message: Mapping[str, object]) -> None:
        codes = self._feed.refused(message)
        if codes:
            raise _Refused(Evidence(f"stream: refused: {message!r:.2000}", codes=codes))
        if self._opening.logged_in is not None and self._opening.logged_in(message):
            self._subscribe()
        self._unacknowledged.discard(self._feed.acknowledged(message) or "")

    # giving up

    def _listen(self, seconds: float) -> None:
        self._watch = asyncio.get_running_loop().call_later(seconds, self._check_silence)

    def _check_silence(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._heard + self._silence_s - loop.time()
        if left > 0:
            self._listen(left)
        else:
            self._watch = loop.call_later(GRACE_S, self._end_silence)

    def _end_silence(self) -> None:
        if self._heard + self._silence_s > asyncio.get_running_loop().time():
            self._listen(self._silence_s)
        elif self._socket is not None:
            detail = f"stream {self.link.access}: nothing was heard for {self._silence_s:g} s"
            self._give_up(Evidence(detail, transport=Meaning.TIMED_OUT))

    def _give_up(self, evidence: Evidence) -> None:
        import ccxt

        self.evidence = evidence
        assert self._socket is not None
        self._socket.on_error(ccxt.NetworkError(evidence.detail))


class _Refused(Exception):
    """The venue refuses what we said."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.detail)
        self.evidence = evidence


def _reader_of(feed: Feed) -> Callable[[str], object]:
    """Return what parses the messages of a feed: those that move our money as strictly as an answer over REST."""
    if feed.is_private:
        return strict_json.parse_text
    return _exact_json if feed.exact_numbers else orjson.loads


def _exact_json(data: str) -> object:
    """Parse JSON with fractions as their texts, so that no digit is lost."""
    return json.loads(data, parse_float=str, parse_constant=_refuse)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not a number")


def _consume(future: asyncio.Future[object]) -> None:
    if not future.cancelled():
        future.exception()
