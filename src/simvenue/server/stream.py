"""Faults of one WebSocket connection: what they do to the messages that leave it."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from ..face.connection import Connection
from .fault import FaultBook, FaultKind

_DATA = frozenset(
    {
        FaultKind.WS_CLOSE,
        FaultKind.WS_ABORT,
        FaultKind.WS_SILENCE,
        FaultKind.WS_GAP,
        FaultKind.WS_DUPLICATE,
        FaultKind.WS_REORDER,
    }
)
_NO_PONG = frozenset({FaultKind.WS_NO_PONG})
_REJECT = frozenset({FaultKind.WS_REJECT})
_GOING_AWAY = 1001


class StreamFaults:
    """Strikes data messages (those with a key); `abort` cuts the socket below."""

    def __init__(self, book: FaultBook, connection: Connection, abort: Callable[[], None]) -> None:
        self._book = book
        self._connection = connection
        self._abort = abort
        self._held: dict[str, bytes] = {}
        self._is_silent = False
        self._is_ping = False
        connection.tamper = self.leaving

    def leaving(self, key: str, message: bytes) -> tuple[bytes, ...]:
        """Return what leaves instead of this message."""
        if self._is_silent:
            return ()
        if not key:
            return () if self._is_ping and self.withholds_pong() else (message,)
        before = self._held.pop(key, None)
        if before is not None:
            return message, before
        fault = self._book.strike_message(key, _DATA) if self._book.has_streams else None
        return (message,) if fault is None else self._struck(fault.kind, fault.code, key, message)

    def _struck(self, kind: FaultKind, code: str, key: str, message: bytes) -> tuple[bytes, ...]:
        match kind:
            case FaultKind.WS_DUPLICATE:
                return message, message
            case FaultKind.WS_REORDER:
                self._held[key] = message
            case FaultKind.WS_SILENCE:
                self._is_silent = True
            case FaultKind.WS_ABORT:
                self._abort()
            case FaultKind.WS_CLOSE:
                self._connection.close(int(code) if code else _GOING_AWAY, "fault")
            case _:
                pass  # ws_gap: the message is lost
        return ()

    def withholds_pong(self) -> bool:
        """Say whether the answer to a ping stays away."""
        return self._is_silent or (
            self._book.has_streams and self._book.strike_message(self._connection.access, _NO_PONG) is not None
        )

    def rejects(self, text: str) -> bool:
        """Say whether this text of the client, a subscription, is to be refused."""
        return self._book.has_streams and self._book.strike_message(text, _REJECT) is not None

    def heard(self, text: str) -> None:
        """Note whether what is put next answers a ping."""
        self._is_ping = self._book.has_streams and len(text) < 200 and _is_ping(text)


def _is_ping(text: str) -> bool:
    """Say whether a client's text asks for a pong: the bare word, or an object with the operation `ping`."""
    if text == "ping":
        return True
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and "ping" in (document.get("op"), document.get("method"))
