"""The WebSocket face: what a client's text means and how it is answered.

The public and the private address answer in forms of their own: a private pong is `{"op": "pong", "args": [ms]}`, a public
one `{"op": "ping", "ret_msg": "pong"}`, and only public answers always carry `req_id`.
"""

from __future__ import annotations

import orjson

from golive.model.json import JsonValue

from ..face.connection import Connection
from ..face.mode import Mode
from ..keys import KeyRing
from . import switch
from .auth import login
from .call import Venue
from .code import BybitError
from .hub import Hub
from .stream import TOPICS, PrivateStream
from .wire import JsonDict

PUBLIC = "/v5/public/spot"
PRIVATE = "/v5/private"
MAX_ARGUMENTS = 10
"""topics of one request on the public spot address"""
MAX_MESSAGE = 21_000
"""characters"""


class Refused(Exception):
    """An operation that is answered with `success: false`."""


class Socket:
    """Answers the operations of all connections."""

    def __init__(
        self, venue: Venue, ring: KeyRing, hub: Hub, stream: PrivateStream, protection: switch.DisconnectProtection
    ) -> None:
        self._venue = venue
        self._ring = ring
        self._hub = hub
        self._stream = stream
        self._protection = protection

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        """Take one text frame; `wall` and `monotonic` are now, ns."""
        connection.last_alive = monotonic
        operation, request_id = "", ""
        try:
            request = _request(text)
            operation, request_id = str(request.get("op") or ""), str(request.get("req_id") or "")
            if operation == "ping":
                connection.put(_pong(connection, request_id, wall))
                return
            said = self._operate(connection, operation, request.get("args"), wall)
        except Refused as refused:
            connection.put(_answer(connection, operation, request_id, str(refused), success=False))
            return
        connection.put(_answer(connection, operation, request_id, said, success=True))
        if operation == "subscribe":
            self._begin(connection, request.get("args"))

    def _operate(self, connection: Connection, operation: str, arguments: JsonValue, wall: int) -> str:
        """Perform all of an operation but the first messages of a subscription; return the text of the answer."""
        if operation == "auth" and connection.access == PRIVATE:
            self._login(connection, arguments, wall)
            return ""
        if operation not in ("subscribe", "unsubscribe"):
            raise Refused(f"error:unknown op,op:{operation}"[:200])
        topics = self._topics(connection, arguments)
        if operation == "unsubscribe":
            for topic in topics:
                self._end(connection, topic)
            return ""
        for topic in topics:
            if self._key(topic) in connection.topics:
                raise Refused(f"error:already subscribed,topic:{topic}")
        return "subscribe" if connection.access == PUBLIC else ""

    def _login(self, connection: Connection, arguments: JsonValue, wall: int) -> None:
        connection.key = None
        if self._venue.exchange.mode is Mode.MAINTENANCE:
            raise Refused("System error. Please try again later.")
        try:
            key = login(arguments, self._ring, wall, connection.address)
        except BybitError as error:
            raise Refused(error.message) from error
        if "read" not in key.permissions:
            raise Refused("Permission denied, please check your API key permissions.")
        connection.key = key

    def _topics(self, connection: Connection, arguments: JsonValue) -> list[str]:
        """Return the topics named; one that does not exist refuses all of them."""
        if not isinstance(arguments, list) or not arguments or not all(isinstance(a, str) for a in arguments):
            raise Refused("error:args invalid")
        topics = list(dict.fromkeys(str(a) for a in arguments))
        if connection.access == PUBLIC:
            if len(arguments) > MAX_ARGUMENTS:
                raise Refused(f"args size >{MAX_ARGUMENTS}")
        elif connection.key is None:
            raise Refused("Request not authorized")
        for topic in topics:
            known = self._hub.topic(topic) is not None if connection.access == PUBLIC else topic in TOPICS
            if not known:
                raise Refused(f"error:handler not found,topic:{topic}")
        return topics

    def _key(self, topic: str) -> tuple[str, str]:
        return self._hub.topic(topic) or (topic, "")

    def _begin(self, connection: Connection, arguments: JsonValue) -> None:
        assert isinstance(arguments, list)
        for topic in dict.fromkeys(str(a) for a in arguments):
            if connection.access == PUBLIC:
                self._hub.subscribe(connection, self._key(topic))
                continue
            self._stream.subscribe(connection, topic)
            if topic in switch.TOPICS and connection.key is not None:
                self._protection.guard(connection.key.account, connection)

    def _end(self, connection: Connection, topic: str) -> None:
        if connection.access == PUBLIC:
            self._hub.unsubscribe(connection, self._key(topic))
            return
        self._stream.unsubscribe(connection, topic)
        if topic in switch.TOPICS:
            self._protection.release(connection)

    @staticmethod
    def subscription_refused(text: str) -> bytes | None:
        """Return the refusal of a subscription; None for any other text."""
        try:
            request = _request(text)
        except Refused:
            return None
        arguments = request.get("args")
        if request.get("op") != "subscribe" or not isinstance(arguments, list) or not arguments:
            return None
        said, request_id = f"error:handler not found,topic:{arguments[0]}", str(request.get("req_id") or "")
        return orjson.dumps({"success": False, "ret_msg": said, "conn_id": "", "req_id": request_id, "op": "subscribe"})


def _request(text: str) -> dict[str, JsonValue]:
    if len(text) > MAX_MESSAGE:
        raise Refused("Request:parse message err")
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise Refused("Request:parse message err") from exc
    if not isinstance(request, dict):
        raise Refused("Request:parse message err")
    return request


def _pong(connection: Connection, request_id: str, wall: int) -> bytes:
    if connection.access == PUBLIC:
        return _answer(connection, "ping", request_id, "pong", success=True)
    document: JsonDict = {"op": "pong", "args": [str(wall // 1_000_000)], "conn_id": connection.id}
    return orjson.dumps({"req_id": request_id, **document} if request_id else document)


def _answer(connection: Connection, operation: str, request_id: str, said: str, *, success: bool) -> bytes:
    document: JsonDict = {"success": success, "ret_msg": said, "conn_id": connection.id}
    if request_id or connection.access == PUBLIC:
        document["req_id"] = request_id
    document["op"] = operation
    return orjson.dumps(document)
