"""OKX v5 as the server drives it: REST, WebSocket and the words for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ..errors import UsageError
from ..exchange.exchange import Exchange
from ..face.connection import Connection
from ..face.limit import Limiter
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import KeyRing
from .code import MESSAGES, STATUS
from .hub import Hub
from .limit import CONNECTIONS
from .rest import Rest
from .socket import Socket


class OkxFace:
    """The OKX dialect around one exchange. Raises UsageError for a key without passphrase."""

    name = "okx"
    websocket_routes = ("/ws/v5/{access:public|private|business}",)
    ws_root = "/ws/v5"
    idle_s = 30.0
    idle_close = (4004, "No data received in 30s.")
    hidden_headers = frozenset({"ok-access-passphrase"})
    time_scale = 1
    """scales nothing: OKX's only time rule of an order is its `expTime`, which the order brings along"""

    def __init__(self, exchange: Exchange, ring: KeyRing) -> None:
        for index, key in enumerate(ring.keys):
            if not key.password:
                raise UsageError(f"credentials: keys[{index}]: field 'password' (the passphrase) is missing; OKX keys have one")
        self._exchange = exchange
        self._limiter = Limiter()
        self.hub = Hub(exchange)
        self.rest = Rest(exchange, ring, self._limiter)
        self.socket = Socket(exchange, ring, self.hub)

    @property
    def mode(self) -> Mode:
        return self._exchange.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._exchange.mode = mode

    @property
    def is_limited(self) -> bool:
        return self._limiter.is_enforced

    @is_limited.setter
    def is_limited(self, is_limited: bool) -> None:
        self._limiter.is_enforced = is_limited

    def answer(self, request: RawRequest, wall: int, monotonic: int) -> Answer:
        return self.receive(request, wall, monotonic)(wall, monotonic)

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        return self.rest.receive(request, wall, monotonic)

    def refuse_connection(self, address: str, monotonic: int) -> Answer | None:
        if self._limiter.admit("connections", CONNECTIONS, address, monotonic):
            return None
        return _envelope("50011", 429)

    def opened(self, connection: Connection, wall: int, monotonic: int) -> None:
        """OKX greets nobody."""

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        self.socket.received(connection, text, wall, monotonic)

    def closed(self, connection: Connection, wall: int) -> None:
        self.socket.closed(connection)
        self.hub.drop(connection)

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        return self.hub.publish(symbols, running=running)

    def heartbeat(self, wall: int, monotonic: int) -> None:
        """OKX sends nothing by itself; what time does to orders is the exchange's."""
        self._exchange.expire(wall)

    def spoken_fault(self, kind: str, code: str, status: int | None, retry_after_s: float | None) -> Answer:
        """`ban` is what a blocked account is told (50007)."""
        spoken = {"throttle": "50011", "ban": "50007", "maintenance": "50001"}.get(kind, code)
        headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
        return _envelope(spoken, STATUS.get(spoken, 200) if status is None else status, headers)

    def partial(self, answer: Answer) -> Answer:
        """Fail the first row of a batch; an answer of another form stays as it is."""
        document = orjson.loads(answer.body)
        rows = document.get("data")
        if not isinstance(rows, list) or not rows or "sCode" not in rows[0]:
            return answer
        rows[0].update(ordId="", sCode="50026", sMsg=MESSAGES["50026"])
        document["code"] = "2" if len(rows) > 1 else "1"
        document["msg"] = MESSAGES[document["code"]]
        return Answer(answer.status, orjson.dumps(document), answer.headers)

    def subscription_refused(self, text: str) -> bytes | None:
        return self.socket.subscription_refused(text)


def _envelope(code: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    message = MESSAGES.get(code, "Operation failed.")
    return Answer(status, orjson.dumps({"code": code, "data": [], "msg": message}), headers or {})
