"""What stands between the socket and the dialect: every request is recorded and counted, and faults strike here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from weakref import WeakSet

import orjson
from aiohttp import web

from golive.model.clock import Clock

from ..errors import UsageError
from ..exchange.exchange import Exchange
from ..face.face import Face
from ..face.request import Answer, Carried, RawRequest
from .fault import PROCESS, PROCESSED, SPOKEN, Fault, FaultBook, FaultKind
from .front import Front, response_of
from .record import Received, RequestLog, Throughput

_HTML = b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>"
_MOST_HELD_S = 10.0
_UNANSWERED = frozenset({FaultKind.DROP_AFTER, FaultKind.LATE})
"""carried out, and nobody is told"""


@dataclass(slots=True)
class _Work:
    """One request on its way through."""

    raw: RawRequest
    hidden_s: float | None = None
    """how long the order it places shows in no list"""
    received: Carried | None = None
    """set while it waits in the engine's queue"""


class Gateway:
    """The outermost handlers of the dialect's routes."""

    def __init__(self, face: Face, exchange: Exchange, front: Front, faults: FaultBook, clock: Clock, log: RequestLog) -> None:
        self._face = face
        self._exchange = exchange
        self._front = front
        self._faults = faults
        self._clock = clock
        self._log = log
        self._held: list[tuple[Fault, asyncio.Event]] = []
        self.throughput = Throughput(clock.monotonic())
        self.transports: WeakSet[asyncio.Transport] = WeakSet()
        """the sockets of everybody who spoke to the dialect"""
        self.serves: Callable[[asyncio.Transport | None], bool] = lambda _: True
        """says whether who came over this socket is served; else he is cut off unheard"""

    async def rest(self, request: web.Request) -> web.StreamResponse:
        """Answer one REST request."""
        try:
            raw, entry = await self._received(request)
        except ConnectionError:
            return _cut(request)  # the client went away in the middle of it
        if not self.serves(request.transport):
            return _cut(request)
        path = request.path
        fault = self._faults.strike(raw.method, path)
        work = _Work(raw, self._faults.strike_moment(FaultKind.HIDDEN, raw.method, path))
        queued_s = self._faults.strike_moment(FaultKind.QUEUE, raw.method, path)
        if queued_s is not None:
            entry.fault = FaultKind.QUEUE
            work.received = self._face.receive(raw, self._clock.now(), self._clock.monotonic())
            if fault is not None and fault.kind in _UNANSWERED:
                _cut(request)  # the client learns nothing, and what it sent is still in the queue
            await asyncio.sleep(queued_s)
        if fault is None:
            answer: Answer | None = self._answer(work)
        else:
            entry.fault = fault.name
            answer = await self._struck(fault, work)
        if self._held:
            self._let_go(raw.method, path)
        self.throughput.requests.count(self._clock.monotonic())
        if answer is None:
            return _cut(request)
        entry.status = answer.status
        return response_of(answer)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket connection, unless a fault strikes its upgrade request."""
        raw, entry = await self._received(request)
        if not self.serves(request.transport):
            return _cut(request)
        fault = self._faults.strike(raw.method, request.path)
        if fault is not None:
            entry.fault = fault.name
            if fault.kind is FaultKind.DELAY:
                await asyncio.sleep(fault.duration_s())
            elif fault.kind is FaultKind.DROP_AFTER or fault.kind not in PROCESSED:
                instead = self._instead(fault)
                if instead is None:
                    return _cut(request)
                entry.status = instead.status
                return response_of(instead)
        response = await self._front.websocket(request)
        entry.status = response.status
        return response

    async def _received(self, request: web.Request) -> tuple[RawRequest, Received]:
        raw = RawRequest(
            method=request.method,
            target=request.raw_path.encode("utf-8", "surrogateescape"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            address=request.remote or "",
        )
        if request.transport is not None:
            self.transports.add(request.transport)
        return raw, self._log.add(Received(self._clock.now(), raw, request.raw_headers))

    def _answer(self, work: _Work) -> Answer:
        before, known = self._exchange.operations, len(self._exchange.orders)
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        received = work.received or self._face.receive(work.raw, wall, monotonic)
        path = work.raw.target.partition(b"?")[0].decode("ascii", "replace")
        with self._exchange.canceling(lambda: self._faults.loses_cancel(work.raw.method, path)):
            answer = received(wall, monotonic)
        if work.hidden_s is not None:
            self._exchange.hide(known, wall + int(work.hidden_s * 1e9))
        if self._exchange.operations > before:
            self.throughput.signed_orders.count(self._clock.monotonic())
        return answer

    # ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _struck(self, fault: Fault, work: _Work) -> Answer | None:
        """Return what a struck request is answered; None cuts its connection."""
        if fault.kind not in PROCESSED:
            if fault.when == "after":
                self._answer(work)
            return self._instead(fault)
        if fault.kind is FaultKind.REORDER and all(held[0] is not fault for held in self._held):
            await self._hold(fault)
        if fault.kind is FaultKind.LATE:
            work.hidden_s = fault.duration_s()
        answer = self._answer(work)
        if fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.duration_s())
        elif fault.kind in _UNANSWERED:
            return None
        elif fault.kind is FaultKind.TRUNCATED:
            return Answer(200, answer.body[: len(answer.body) // 2])
        elif fault.kind is FaultKind.PARTIAL_BATCH:
            return self._face.partial(answer)
        return answer

    def _instead(self, fault: Fault) -> Answer | None:
        if fault.kind in PROCESS:
            self._faults.on_process(fault)
            return None
        if fault.kind in SPOKEN:
            return self._face.spoken_fault(fault.kind.value, fault.code, fault.status, fault.retry_after)
        match fault.kind:
            case FaultKind.HTTP:
                return _http(fault)
            case FaultKind.HTML:
                return Answer(fault.status or 200, _HTML, content_type="text/html")
            case FaultKind.EMPTY:
                return Answer(200, b"")
            case FaultKind.GARBAGE:
                return Answer(200, fault.draw.randbytes(256))
            case _:
                return None

    async def _hold(self, fault: Fault) -> None:
        """Wait until the next matching request was answered, at most `_MOST_HELD_S`."""
        overtaken = asyncio.Event()
        waiting = (fault, overtaken)
        self._held.append(waiting)
        try:
            async with asyncio.timeout(_MOST_HELD_S):
                await overtaken.wait()
        except TimeoutError:
            pass  # nobody came to overtake it
        finally:
            if waiting in self._held:
                self._held.remove(waiting)

    def _let_go(self, method: str, path: str) -> None:
        """A request was answered: release those it has overtaken."""
        for held in [h for h in self._held if h[0].fits(path, method)]:
            self._held.remove(held)
            held[1].set()


def spoken(fault: Fault, face: Face) -> Fault:
    """Return the fault; UsageError when the dialect has no words for it."""
    if fault.kind in SPOKEN:
        try:
            face.spoken_fault(fault.kind.value, fault.code, fault.status, fault.retry_after)
        except ValueError as exc:
            raise UsageError(f"fault {fault.name}: {face.name} has no such code: {exc}") from exc
    return fault


def _http(fault: Fault) -> Answer:
    status = fault.status or 500
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    if fault.body == "json":
        return Answer(status, orjson.dumps({"error": phrase, "status": status}), headers)
    return Answer(status, phrase.encode(), headers, "text/plain")


def _cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection; the response that is returned never reaches anybody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
