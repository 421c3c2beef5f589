"""The session's end of lock-step: the simulated venue publishes the next step only after this one was acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import orjson

from golive.model.errors import MalformedPayload, VenueUnavailable

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the simulated market; `published` counts messages per `channel:instId`, `ts` is market time ns."""

    number: int
    ts: int
    published: Mapping[str, int]


class LockStep:
    """A connection to `/sim/v1/lockstep`. `timeout_s` bounds the wait for each step."""

    def __init__(self, base_url: str, timeout_s: float = 10.0) -> None:
        self._url = base_url.replace("http://", "ws://", 1) + "/sim/v1/lockstep"
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self.market: Mapping[str, object] = {}

    async def __aenter__(self) -> LockStep:
        import aiohttp

        self._session = aiohttp.ClientSession()
        try:
            self._ws = await self._session.ws_connect(self._url, timeout=aiohttp.ClientWSTimeout(ws_close=2.0))
            hello = await self._receive()
        except (aiohttp.ClientError, OSError, VenueUnavailable) as exc:
            await self._session.close()
            raise VenueUnavailable(f"no lock-step at {self._url}: {exc}") from exc
        if hello.get("event") != "hello" or not isinstance(hello.get("market"), dict):
            await self._session.close()
            raise MalformedPayload(f"{self._url} greeted with {hello!r:.200} instead of a hello")
        self.market = hello["market"]  # type: ignore[assignment]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._ws is not None:
            await self._ws.close()
        if self._session is not None:
            await self._session.close()

    async def start(self) -> None:
        """Ask for the first step; market subscriptions must stand."""
        await self._send({"op": "start"})

    async def next(self) -> Step | None:
        """Return the next step, None at the end of the data.

        Raises VenueUnavailable when the venue is gone or silent, MalformedPayload when it talks nonsense.
        """
        message = await self._receive()
        match message:
            case {"event": "end"}:
                return None
            case {"event": "step", "step": int(number), "ts": str(ts), "published": dict(published)} if ts.isdigit():
                return Step(number, int(ts), published)
        raise MalformedPayload(f"lock-step message {message!r:.200} is neither step nor end")

    async def acknowledge(self, step: Step) -> None:
        """Say that the step and all its commands are finished."""
        await self._send({"op": "ack", "step": step.number})

    async def _send(self, message: Mapping[str, object]) -> None:
        assert self._ws is not None
        try:
            await self._ws.send_str(orjson.dumps(message).decode())
        except (ConnectionError, RuntimeError) as exc:
            raise VenueUnavailable(f"lock-step connection is closed: {exc}") from exc

    async def _receive(self) -> dict[str, object]:
        assert self._ws is not None
        try:
            frame = await self._ws.receive(self._timeout_s)
        except TimeoutError as exc:
            raise VenueUnavailable(f"no lock-step message within {self._timeout_s:g} s") from exc
        if not isinstance(frame.data, str):
            raise VenueUnavailable("the simulated venue closed the lock-step connection")
        try:
            message = orjson.loads(frame.data)
        except orjson.JSONDecodeError as exc:
            raise MalformedPayload(f"lock-step message {frame.data!r:.200} is not JSON") from exc
        if not isinstance(message, dict):
            raise MalformedPayload(f"lock-step message {message!r:.200} is not an object")
        return message
