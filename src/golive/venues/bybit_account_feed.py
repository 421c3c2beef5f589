"""Bybit v5 private stream: login, the topics `order`, `execution` and `wallet`, and their rows as events. No I/O.

The topics tell of all categories; only spot rows of our instruments are read. A connection that asks for `dcp.spot` is under
the account's disconnect protection: when it is gone, Bybit cancels everything. Only accounts that have it may be confirmed.
Source: VENUES §2 and §4.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.secret import Credentials

from .bybit_feed import confirmed_topic, refusal_of, subscription
from .bybit_payload import CATEGORY, balances_from, fill_from, order_from, symbol_of
from .converters import Row, filled_text, text
from .dialect import AccountEvent, Link, Payload, Request

_TOPICS: Final = ("order", "execution", "wallet")
_PROTECTION: Final = "dcp.spot"
_LOGIN_VALID_MS: Final = 10_000


def login_signature(secret: str, expires_ms: int) -> str:
    """Return the lower-case hex of HMAC-SHA256(secret, `GET/realtime` + expiry); `expires_ms` is unix milliseconds."""
    return hmac.new(secret.encode(), f"GET/realtime{expires_ms}".encode(), hashlib.sha256).hexdigest()


class BybitAccountFeed:
    """Our orders and fills on `instruments`, and all balances."""

    exact_numbers = False
    is_private = True

    def __init__(
        self, instruments: Sequence[Instrument], *, sink: Callable[[AccountEvent], None], is_guarding: bool = False
    ) -> None:
        self._by_symbol = {symbol_of(instrument): instrument for instrument in instruments}
        self._sink = sink
        self._asked = (*_TOPICS, _PROTECTION) if is_guarding else _TOPICS
        self.links: tuple[Link, ...] = (Link("private", tuple(f"{topic}:" for topic in _TOPICS), frozenset(), ()),)

    # coming up

    def token(self) -> Request | None:
        return None

    def read_token(self, payload: Payload) -> str:
        raise AssertionError("Bybit logs in on the connection; there is no token")

    def login(self, credentials: Credentials, now_ms: int) -> JsonObject | None:
        api_key, secret = (credentials.fields[name].reveal() for name in ("apiKey", "secret"))
        expires = now_ms + _LOGIN_VALID_MS
        return {"op": "auth", "req_id": "auth", "args": [api_key, expires, login_signature(secret, expires)]}

    def logged_in(self, message: Mapping[str, object]) -> bool:
        return message.get("op") == "auth" and message.get("success") is True

    def subscriptions(self, link: Link, token: str) -> tuple[JsonObject, ...]:
        return tuple(subscription(topic) for topic in self._asked)

    def reset(self, link: Link) -> None:
        """Nothing is kept here: what was seen before is the stream's knowledge."""

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        topic = confirmed_topic(message)
        return f"{topic}:" if topic in _TOPICS else None

    def refused(self, message: Mapping[str, object]) -> tuple[str, ...]:
        """The refusal of the protection topic is none: an account without it trades without it."""
        return () if message.get("req_id") == _PROTECTION else refusal_of(message)

    # messages

    def is_data(self, message: Mapping[str, object]) -> bool:
        return "topic" in message and "data" in message and message["topic"] != _PROTECTION

    def take(self, message: Mapping[str, object]) -> str:
        topic, rows = message["topic"], message["data"]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise MalformedPayload(f"stream {topic!r:.40}: field 'data' is not a list of objects")
        if topic == "order":
            self._tell([order_from(row, instrument) for row, instrument in self._ours(rows, "order push")])
        elif topic == "execution":
            ours = self._ours(rows, "execution push")
            self._tell([fill_from(row, at) for row, at in ours if text(row, "execType", "execution push") == "Trade"])
        elif topic == "wallet":
            self._tell([balance for row in rows for balance in balances_from(row)])
        else:
            raise MalformedPayload(f"stream: topic {topic!r:.40} was not asked for")
        return f"{topic}:"

    def _ours(self, rows: Sequence[Row], where: str) -> list[tuple[Row, Instrument]]:
        spot = [row for row in rows if filled_text(row, "category", where) == CATEGORY]
        named = [(row, self._by_symbol.get(filled_text(row, "symbol", where))) for row in spot]
        return [(row, instrument) for row, instrument in named if instrument is not None]

    def _tell(self, events: Sequence[AccountEvent]) -> None:
        for event in events:
            self._sink(event)
