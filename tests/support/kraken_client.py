"""Kraken from a client's side: keys known by heart, independent signing, and a venue without sockets whose clock is moved."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp

from simvenue.face.request import RawRequest
from simvenue.keys import read_keys
from simvenue.kraken.face import KrakenFace
from simvenue.server.build import Venue, build
from simvenue.server.driver import Driver
from support.okx_client import MovedClock, serve_options
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

KEY = new_key(dialect="kraken")
READ_KEY = new_key(dialect="kraken", permissions=("read",))
TRADE_KEY = new_key(dialect="kraken", permissions=("trade",))
FAR_KEY = new_key(dialect="kraken", ip_allowlist=("10.1.0.0/16",))
KEYS = (KEY, READ_KEY, TRADE_KEY, FAR_KEY)
PAIR = "XBTUSD"
FLAGS = ("--symbol=BTC/USD", "--symbol=ETH/USD", "--balance=USD=1000000", "--balance=BTC=20")


def sign(secret: str, path: str, nonce: str, body: str) -> str:
    """Sign independently of the venue's own code."""
    digest = hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512).digest()).decode()


@contextlib.contextmanager
def kraken_process(*flags: str, keys: tuple[VenueKey, ...] = KEYS, speed: str = "20") -> Iterator[VenueProcess]:
    """Run a Kraken venue as a process of its own; nonces of other tests are none of its business."""
    with venue_process(*FLAGS, *flags, keys=keys, dialect="kraken", speed=speed) as venue:
        yield venue


async def private(session: aiohttp.ClientSession, venue: VenueProcess, method: str, key: VenueKey = KEY, **params: Any) -> Any:
    """Call a private method of a venue process with a form body; it must succeed. Return its result."""
    nonce = str(time.time_ns())
    path, body = f"/0/private/{method}", urlencode({"nonce": nonce, **params})
    headers = {"API-Key": key.api_key, "API-Sign": sign(key.secret, path, nonce, body)}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with session.post(venue.rest + path, data=body, headers=headers) as response:
        document = await response.json()
    assert document["error"] == [], document
    return document["result"]


class KrakenClient:
    """Talks to a venue in this process; every answer is the document, `fails` returns the error text."""

    def __init__(self, *, keys: tuple[VenueKey, ...] = KEYS, **changes: Any) -> None:
        self.clock = MovedClock()
        defaults: dict[str, Any] = {
            "dialect": "kraken",
            "symbols": ("BTC/USD", "ETH/USD"),
            "balances": {"USD": Decimal(1_000_000), "BTC": Decimal(20)},
            "ring": read_keys(json.dumps({"keys": [key.document for key in keys]}), "test"),
            "maker_bps": Decimal(25),
            "taker_bps": Decimal(40),
        }
        self.venue: Venue = build(serve_options(**(defaults | changes)), self.clock)
        assert isinstance(self.venue.face, KrakenFace)
        self.face = self.venue.face
        self.exchange = self.venue.exchange
        self.driver = Driver(self.venue.source, self.exchange, self.face, speed=None, clock=self.clock)
        self.driver.step()
        self.nonce = 1_800_000_000_000

    def raw(self, method: str, target: str, headers: Mapping[str, str], body: bytes, address: str = "127.0.0.1") -> Any:
        lowered = {name.lower(): value for name, value in headers.items()}
        request = RawRequest(method, target.encode(), lowered, body, address)
        answer = self.face.answer(request, self.clock.now(), self.clock.monotonic())
        assert answer.status == 200
        return json.loads(answer.body)

    def get(self, method: str, **params: Any) -> Any:
        """Call a public method and return its document."""
        target = f"/0/public/{method}" + (f"?{urlencode(params)}" if params else "")
        return self.raw("GET", target, {}, b"")

    def next_nonce(self) -> str:
        self.nonce += 1
        return str(self.nonce)

    def post(self, method: str, key: VenueKey = KEY, *, address: str = "127.0.0.1", **params: Any) -> Any:
        """Call a private method with a form body and return its document."""
        nonce = self.next_nonce()
        body = urlencode({"nonce": nonce, **{name: value for name, value in params.items() if value is not None}})
        return self._send(method, key, nonce, body, "application/x-www-form-urlencoded", address)

    def post_json(self, method: str, document: Mapping[str, Any], key: VenueKey = KEY) -> Any:
        nonce = self.next_nonce()
        body = json.dumps({"nonce": nonce, **document})
        return self._send(method, key, nonce, body, "application/json", "127.0.0.1")

    def _send(self, method: str, key: VenueKey, nonce: str, body: str, content_type: str, address: str) -> Any:
        path = f"/0/private/{method}"
        headers = {"API-Key": key.api_key, "API-Sign": sign(key.secret, path, nonce, body), "Content-Type": content_type}
        return self.raw("POST", path, headers, body.encode(), address)

    def ask(self, method: str, key: VenueKey = KEY, **params: Any) -> Any:
        """Call a private method that must succeed and return its result."""
        document = self.post(method, key, **params)
        assert document["error"] == [], document
        return document["result"]

    def fails(self, method: str, key: VenueKey = KEY, **params: Any) -> str:
        """Call a private method that must fail and return its one error."""
        document = self.post(method, key, **params)
        assert "result" not in document, document
        (error,) = document["error"]
        return str(error)

    def order(self, **fields: Any) -> Any:
        """Ask for one order (a resting buy unless told otherwise) and return the document."""
        body = {"pair": PAIR, "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "30000"} | fields
        return self.post("AddOrder", **body)

    def placed(self, **fields: Any) -> str:
        """Place one order and return its txid."""
        document = self.order(**fields)
        assert document["error"] == [], document
        return str(document["result"]["txid"][0])

    def refused(self, **fields: Any) -> str:
        """Ask for an order that must be refused and return the error."""
        document = self.order(**fields)
        assert "result" not in document, document
        return str(document["error"][0])

    def find(self, txid: str) -> Any:
        return self.ask("QueryOrders", txid=txid, trades="true")[txid]

    def top(self) -> tuple[Decimal, Decimal]:
        """Return the best bid and ask of BTC/USD."""
        book = self.get("Depth", pair=PAIR, count=1)["result"]["XXBTZUSD"]
        return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])
