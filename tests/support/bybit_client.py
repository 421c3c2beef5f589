"""A Bybit venue without its sockets: signed requests straight to its face, with a clock the test moves; and its keys."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simvenue.bybit.face import BybitFace
from simvenue.face.request import Answer, RawRequest
from simvenue.keys import read_keys
from simvenue.server.build import Venue, build
from simvenue.server.driver import Driver
from support.okx_client import MovedClock, serve_options
from support.venue_process import VenueKey

KEY = VenueKey("bybitKeyOfTheTest1", "bybitSecretOfTheTest0123456789abcdef")
READ_KEY = VenueKey("bybitReadOnlyKey01", "bybitReadSecret", permissions=("read",))
BOUND_KEY = VenueKey("bybitBoundKey00001", "bybitBoundSecret", ip_allowlist=("10.0.0.0/8", "192.0.2.7"))
EXPIRED_KEY = VenueKey("bybitExpiredKey001", "bybitExpiredSecret", expires_at="2020-01-01T00:00:00Z")
KEYS = (KEY, READ_KEY, BOUND_KEY, EXPIRED_KEY)
MILLION = 1_000_000


def sign(secret: str, message: str | bytes) -> str:
    """Sign independently of the venue's own code."""
    text = message.encode() if isinstance(message, str) else message
    return hmac.digest(secret.encode(), text, hashlib.sha256).hex()


def headers_of(key: VenueKey, timestamp: int, payload: str, window: str = "5000") -> dict[str, str]:
    """Return the headers of a signed request; `timestamp` in ms."""
    return {
        "X-BAPI-API-KEY": key.api_key,
        "X-BAPI-TIMESTAMP": str(timestamp),
        "X-BAPI-RECV-WINDOW": window,
        "X-BAPI-SIGN": sign(key.secret, f"{timestamp}{key.api_key}{window}{payload}"),
    }


class BybitClient:
    """Talks to a venue in this process."""

    def __init__(self, **changes: Any) -> None:
        self.clock = MovedClock()
        ring = read_keys(json.dumps({"keys": [key.document for key in KEYS]}), "test")
        options = {"dialect": "bybit", "ring": ring, "maker_bps": Decimal(10), "taker_bps": Decimal(10)} | changes
        self.venue: Venue = build(serve_options(**options), self.clock)
        assert isinstance(self.venue.face, BybitFace)
        self.face: BybitFace = self.venue.face
        self.driver = Driver(self.venue.source, self.venue.exchange, self.face, speed=None, clock=self.clock)
        self.driver.step()

    @property
    def millis(self) -> int:
        return self.clock.wall // MILLION

    def raw(self, method: str, target: str, headers: Mapping[str, str], body: str = "", address: str = "127.0.0.1") -> Answer:
        lowered = {name.lower(): value for name, value in headers.items()}
        request = RawRequest(method, target.encode(), lowered, body.encode(), address)
        return self.face.answer(request, self.clock.now(), self.clock.monotonic())

    def get(self, path: str, key: VenueKey | None = KEY, address: str = "127.0.0.1") -> dict[str, Any]:
        """Read `/v5/<path>`, signed unless `key` is None; return the envelope."""
        headers = headers_of(key, self.millis, path.partition("?")[2]) if key else {}
        return dict(json.loads(self.raw("GET", f"/v5/{path}", headers, "", address).body))

    def send(self, path: str, document: object, key: VenueKey = KEY) -> Answer:
        """Post to `/v5/<path>`."""
        body = json.dumps(document)
        return self.raw("POST", f"/v5/{path}", headers_of(key, self.millis, body), body)

    def post(self, path: str, document: object, key: VenueKey = KEY) -> dict[str, Any]:
        return dict(json.loads(self.send(path, document, key).body))

    def fields(self, **changes: Any) -> dict[str, Any]:
        """Return a resting limit order with changes; None leaves a field out."""
        bid = self.top()[0]
        made = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": str(bid - 100)} | changes
        return {name: value for name, value in made.items() if value is not None}

    def create(self, **changes: Any) -> dict[str, Any]:
        """Place one order and return the envelope."""
        return self.post("order/create", {"category": "spot", **self.fields(**changes)})

    def placed(self, **changes: Any) -> str:
        """Place one order, which must be accepted, and return its id."""
        answer = self.create(**changes)
        assert (answer["retCode"], answer["retMsg"]) == (0, "OK")
        return str(answer["result"]["orderId"])

    def find(self, order_id: str) -> dict[str, Any]:
        rows = self.get(f"order/realtime?category=spot&orderId={order_id}")["result"]["list"]
        assert len(rows) == 1
        return dict(rows[0])

    def top(self) -> tuple[Decimal, Decimal]:
        """Return the best bid and ask."""
        book = self.get("market/orderbook?category=spot&symbol=BTCUSDT", None)["result"]
        return Decimal(book["b"][0][0]), Decimal(book["a"][0][0])

    def balance(self, coin: str) -> dict[str, Any]:
        rows = self.get(f"account/wallet-balance?accountType=UNIFIED&coin={coin}")["result"]["list"]
        return dict(rows[0]["coin"][0])
