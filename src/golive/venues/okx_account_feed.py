"""OKX v5 private channels `orders` and `account`: login, subscriptions, and their rows as events. No I/O.

One push of `orders` is the order as it stands and, when `tradeId` is set, the fill that led to it. Source: VENUES §2, §4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.secret import Credentials

from .converters import Row, rows_of, text
from .dialect import AccountEvent, Link, Payload, Request
from .okx_feed import refusal_of
from .okx_payload import balance_from, fill_from, order_from

_LOGIN = "GET/users/self/verify"


def login_signature(secret: str, timestamp_s: str) -> str:
    """Return base64(HMAC-SHA256(secret, timestamp + GET + /users/self/verify)); `timestamp_s` is unix seconds."""
    digest = hmac.new(secret.encode(), f"{timestamp_s}{_LOGIN}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class OkxAccountFeed:
    """Our orders and fills on the instruments of `by_id` (`BTC-USDT` → instrument), and all balances."""

    exact_numbers = False
    is_private = True

    def __init__(self, by_id: Mapping[str, Instrument], *, sink: Callable[[AccountEvent], None]) -> None:
        self._by_id = by_id
        self._sink = sink
        keys = (*(f"orders:{inst_id}" for inst_id in by_id), "account:")
        self.links: tuple[Link, ...] = (Link("private", keys, frozenset(), ()),)

    # coming up

    def token(self) -> Request | None:
        return None

    def read_token(self, payload: Payload) -> str:
        raise AssertionError("OKX logs in on the connection; there is no token")

    def login(self, credentials: Credentials, now_ms: int) -> JsonObject | None:
        timestamp = str(now_ms // 1000)
        api_key, secret, passphrase = (credentials.fields[name].reveal() for name in ("apiKey", "secret", "password"))
        signed = {"apiKey": api_key, "passphrase": passphrase, "timestamp": timestamp}
        return {"op": "login", "args": [{**signed, "sign": login_signature(secret, timestamp)}]}

    def logged_in(self, message: Mapping[str, object]) -> bool:
        return message.get("event") == "login" and message.get("code") == "0"

    def subscriptions(self, link: Link, token: str) -> tuple[JsonObject, ...]:
        orders = [{"channel": "orders", "instType": "SPOT", "instId": inst_id} for inst_id in self._by_id]
        return ({"op": "subscribe", "args": [*orders, {"channel": "account"}]},)

    def reset(self, link: Link) -> None:
        """Nothing is kept here: what was seen before is the stream's knowledge."""

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        arg = message.get("arg")
        if message.get("event") != "subscribe" or not isinstance(arg, dict):
            return None
        return f"{arg.get('channel')}:{arg.get('instId', '')}"

    def refused(self, message: Mapping[str, object]) -> tuple[str, ...]:
        if message.get("event") == "login" and message.get("code") != "0":
            return (str(message.get("code", ""))[:40],)
        return refusal_of(message)

    # messages

    def is_data(self, message: Mapping[str, object]) -> bool:
        return "data" in message and "event" not in message

    def take(self, message: Mapping[str, object]) -> str:
        arg = message.get("arg")
        channel = arg.get("channel") if isinstance(arg, dict) else None
        rows = rows_of(message["data"], f"stream {channel!r:.40}: field 'data'")  # type: ignore[arg-type]  # parsed JSON
        if channel == "orders":
            assert isinstance(arg, dict)
            return self._orders(arg.get("instId"), rows)
        if channel == "account":
            self._balances(rows)
            return "account:"
        raise MalformedPayload(f"stream: channel {channel!r:.40} was not asked for")

    def _orders(self, inst_id: object, rows: Sequence[Row]) -> str:
        instrument = self._by_id.get(inst_id) if isinstance(inst_id, str) else None
        if instrument is None:
            raise MalformedPayload(f"stream: orders of {inst_id!r:.40} were not asked for")
        read: list[AccountEvent] = []
        for row in rows:
            if text(row, "tradeId", "order push"):
                pushed = {"ts": row.get("fillTime"), "fee": row.get("fillFee"), "feeCcy": row.get("fillFeeCcy")}
                read.append(fill_from({**row, **pushed}, instrument))
            read.append(order_from(row, instrument))
        for event in read:
            self._sink(event)
        return f"orders:{inst_id}"

    def _balances(self, rows: Sequence[Row]) -> None:
        read = [balance_from(detail) for row in rows for detail in rows_of(row.get("details"), "account push: field 'details'")]
        for balance in read:
            self._sink(balance)
