"""HTTP requests written byte by byte: what a client library would repair or refuse leaves as it is."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from support import bybit_client, kraken_client
from support.okx_client import okx_timestamp
from support.venue_process import VenueKey


@dataclass(frozen=True)
class Signed:
    """One signed request; `headers` are those of the signature, nothing decoded."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    content_type: bytes = b"application/json"

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of all that is signed or proves it."""
        return ("target", *(["body"] if self.body else []), *(name.decode() for name, _ in self.headers))

    def part(self, name: str) -> bytes:
        if name in ("target", "body"):
            return self.target if name == "target" else self.body
        return dict(self.headers)[name.encode()]

    def flipped(self, name: str, index: int, mask: int) -> Signed:
        """Return the request with the bits of `mask` changed in one byte of a part."""
        old = self.part(name)
        at = index % len(old)
        new = old[:at] + bytes([old[at] ^ mask]) + old[at + 1 :]
        if name == "target":
            return replace(self, target=new)
        if name == "body":
            return replace(self, body=new)
        return replace(self, headers=tuple((n, new if n == name.encode() else value) for n, value in self.headers))


def send(rest: str, request: Signed) -> tuple[int, bytes]:
    """Send the bytes and return (status, body) as they came; (0, b"") when the connection was cut."""
    parts = urlsplit(rest)
    head = [request.method.encode() + b" " + request.target + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    head += [name + b": " + value for name, value in request.headers]
    head += [b"Content-Type: " + request.content_type, b"Content-Length: %d" % len(request.body), b"", request.body]
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"\r\n".join(head))
        try:
            while block := connection.recv(65536):
                received += block
        except ConnectionError:
            pass  # cut in the middle: what came is all there is
    status, _, body = received.partition(b"\r\n\r\n")
    return (int(status.split(b" ")[1]) if status else 0), body


def okx_order(key: VenueKey) -> Signed:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.0001", "px": "20000"}
    return _okx(key, "POST", "/api/v5/trade/order", json.dumps(order))


def okx_read(key: VenueKey) -> Signed:
    return _okx(key, "GET", "/api/v5/trade/orders-pending?instId=BTC-USDT&limit=5", "")


def _okx(key: VenueKey, method: str, target: str, body: str) -> Signed:
    at = okx_timestamp(time.time_ns())
    proof = base64.b64encode(hmac.digest(key.secret.encode(), f"{at}{method}{target}{body}".encode(), "sha256"))
    names = (b"OK-ACCESS-KEY", b"OK-ACCESS-PASSPHRASE", b"OK-ACCESS-TIMESTAMP", b"OK-ACCESS-SIGN")
    values = (key.api_key.encode(), key.password.encode(), at.encode(), proof)
    return Signed(method, target.encode(), tuple(zip(names, values, strict=True)), body.encode())


def kraken_order(key: VenueKey) -> Signed:
    fields = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30000", "volume": "0.0001"}
    return _kraken(key, "/0/private/AddOrder", urlencode, fields, b"application/x-www-form-urlencoded")


def kraken_json_order(key: VenueKey) -> Signed:
    fields = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30000", "volume": "0.0001"}
    return _kraken(key, "/0/private/AddOrder", json.dumps, fields, b"application/json")


def _kraken(
    key: VenueKey, path: str, written: Callable[[dict[str, str]], str], fields: dict[str, str], content_type: bytes
) -> Signed:
    nonce = str(time.time_ns())
    body = written({"nonce": nonce, **fields})
    proof = kraken_client.sign(key.secret, path, nonce, body)
    headers = ((b"API-Key", key.api_key.encode()), (b"API-Sign", proof.encode()))
    return Signed("POST", path.encode(), headers, body.encode(), content_type)


def bybit_order(key: VenueKey) -> Signed:
    order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "30000"}
    return _bybit(key, "POST", "/v5/order/create", json.dumps(order))


def bybit_read(key: VenueKey) -> Signed:
    return _bybit(key, "GET", "/v5/order/realtime?category=spot&symbol=BTCUSDT", "")


def _bybit(key: VenueKey, method: str, target: str, body: str) -> Signed:
    headers = bybit_client.headers_of(key, time.time_ns() // 1_000_000, body or target.partition("?")[2])
    return Signed(method, target.encode(), tuple((n.encode(), v.encode()) for n, v in headers.items()), body.encode())
