"""The least that a bot must say to a venue: place one order, find one order. Written anew here, so that it proves nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from urllib.parse import urlencode, urlsplit


class Said(Enum):
    """How a request to place an order ended, as a careless bot understands it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOTHING = "nothing"
    """no answer, or one that makes no sense"""


@dataclass(frozen=True)
class Key:
    """One API key."""

    api_key: str
    secret: str
    password: str = ""


@dataclass(frozen=True)
class Wanted:
    """One limit order in the first market: far through the book (filled at once), or far from it (rests)."""

    client_order_id: str
    fills: bool


@dataclass(frozen=True)
class Wire:
    """How one venue is spoken to: builds requests (method, target, headers, body) and reads what comes back."""

    place: Callable[[Key, Wanted], tuple[str, str, Mapping[str, str], str]]
    find: Callable[[Key, str], tuple[str, str, Mapping[str, str], str]]
    said: Callable[[object], Said]
    found: Callable[[object], bool]


class Line:
    """One kept connection to a venue, with a time-out; every failure is `nothing`."""

    def __init__(self, wire: Wire, key: Key, rest: str, timeout_s: float) -> None:
        self._wire, self._key, self._address, self._timeout_s = wire, key, urlsplit(rest).netloc, timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def place(self, order: Wanted) -> Said:
        answer = self._ask(*self._wire.place(self._key, order))
        return Said.NOTHING if answer is None else self._wire.said(answer)

    def exists(self, client_order_id: str) -> bool:
        """Say whether the venue lists the order now."""
        answer = self._ask(*self._wire.find(self._key, client_order_id))
        return answer is not None and self._wire.found(answer)

    def _ask(self, method: str, target: str, headers: Mapping[str, str], body: str) -> object:
        connection = self._connection or http.client.HTTPConnection(self._address, timeout=self._timeout_s)
        self._connection = connection
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            self._connection = None
            return None


def _okx(key: Key, method: str, target: str, body: str) -> tuple[str, str, Mapping[str, str], str]:
    at = datetime.fromtimestamp(time.time(), tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    proof = base64.b64encode(hmac.digest(key.secret.encode(), f"{at}{method}{target}{body}".encode(), "sha256")).decode()
    headers = {"OK-ACCESS-KEY": key.api_key, "OK-ACCESS-PASSPHRASE": key.password, "OK-ACCESS-TIMESTAMP": at}
    return method, target, {**headers, "OK-ACCESS-SIGN": proof, "Content-Type": "application/json"}, body


def _okx_place(key: Key, order: Wanted) -> tuple[str, str, Mapping[str, str], str]:
    price = "200000" if order.fills else "1000"
    fields = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": price}
    return _okx(key, "POST", "/api/v5/trade/order", json.dumps({**fields, "clOrdId": order.client_order_id}))


def _okx_said(answer: object) -> Said:
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return Said.NOTHING
    code = rows[0].get("sCode")
    return Said.ACCEPTED if code in ("0", "51016") else Said.REJECTED  # 51016: this id is open already


def _kraken(key: Key, method: str, fields: Mapping[str, str]) -> tuple[str, str, Mapping[str, str], str]:
    path, nonce = f"/0/private/{method}", str(time.time_ns())
    body = urlencode({"nonce": nonce, **fields})
    digest = hashlib.sha256((nonce + body).encode()).digest()
    proof = base64.b64encode(hmac.digest(base64.b64decode(key.secret), path.encode() + digest, "sha512")).decode()
    headers = {"API-Key": key.api_key, "API-Sign": proof, "Content-Type": "application/x-www-form-urlencoded"}
    return "POST", path, headers, body


def _kraken_place(key: Key, order: Wanted) -> tuple[str, str, Mapping[str, str], str]:
    price = "200000" if order.fills else "1000"
    fields = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": price, "volume": "0.001"}
    return _kraken(key, "AddOrder", {**fields, "cl_ord_id": order.client_order_id})


def _kraken_said(answer: object) -> Said:
    if not isinstance(answer, dict):
        return Said.NOTHING
    errors = answer.get("error")
    if not errors:
        return Said.ACCEPTED if "result" in answer else Said.NOTHING
    text = str(errors)
    return Said.ACCEPTED if "duplicate" in text.lower() else Said.NOTHING if "nonce" in text.lower() else Said.REJECTED


def _kraken_found(answer: object) -> bool:
    result = answer.get("result") if isinstance(answer, dict) else None
    return isinstance(result, dict) and bool(result.get("open"))


def _bybit(key: Key, method: str, target: str, payload: str, body: str) -> tuple[str, str, Mapping[str, str], str]:
    at, window = str(time.time_ns() // 1_000_000), "5000"
    proof = hmac.digest(key.secret.encode(), f"{at}{key.api_key}{window}{payload}".encode(), "sha256").hex()
    headers = {"X-BAPI-API-KEY": key.api_key, "X-BAPI-TIMESTAMP": at, "X-BAPI-RECV-WINDOW": window, "X-BAPI-SIGN": proof}
    return method, target, {**headers, "Content-Type": "application/json"}, body


def _bybit_place(key: Key, order: Wanted) -> tuple[str, str, Mapping[str, str], str]:
    terms = {"orderType": "Market", "marketUnit": "baseCoin"} if order.fills else {"orderType": "Limit", "price": "1000"}
    fields = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "qty": "0.01", **terms}
    body = json.dumps({**fields, "orderLinkId": order.client_order_id})
    return _bybit(key, "POST", "/v5/order/create", body, body)


def _bybit_find(key: Key, client_order_id: str) -> tuple[str, str, Mapping[str, str], str]:
    query = f"category=spot&orderLinkId={client_order_id}"
    return _bybit(key, "GET", f"/v5/order/realtime?{query}", query, "")


def _bybit_said(answer: object) -> Said:
    code = answer.get("retCode") if isinstance(answer, dict) else None
    if not isinstance(code, int):
        return Said.NOTHING
    return Said.ACCEPTED if code in (0, 170141, 110072) else Said.REJECTED


def _bybit_found(answer: object) -> bool:
    result = answer.get("result") if isinstance(answer, dict) else None
    return isinstance(result, dict) and bool(result.get("list"))


WIRES: Mapping[str, Wire] = {
    "okx": Wire(
        _okx_place,
        lambda key, name: _okx(key, "GET", f"/api/v5/trade/order?instId=BTC-USDT&clOrdId={name}", ""),
        _okx_said,
        lambda answer: isinstance(answer, dict) and bool(answer.get("data")),
    ),
    "kraken": Wire(_kraken_place, lambda key, name: _kraken(key, "OpenOrders", {"cl_ord_id": name}), _kraken_said, _kraken_found),
    "bybit": Wire(_bybit_place, _bybit_find, _bybit_said, _bybit_found),
}
