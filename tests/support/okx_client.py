"""A venue without its sockets: signed requests straight to the REST face, with a clock the test moves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from golive.model.clock import Nanos
from simvenue.face.mode import Mode
from simvenue.face.request import RawRequest
from simvenue.keys import read_keys
from simvenue.okx.face import OkxFace
from simvenue.options import ServeOptions
from simvenue.server.build import Venue, build
from simvenue.server.driver import Driver
from support.simvenue_process import CREDENTIALS, KEY

WALL = 1_800_000_000_000_000_000


class MovedClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.wall = WALL
        self.ticks = 0

    def now(self) -> Nanos:
        return Nanos(self.wall)

    def monotonic(self) -> int:
        return self.ticks

    def move(self, seconds: float) -> None:
        self.wall += int(seconds * 1e9)
        self.ticks += int(seconds * 1e9)


def serve_options(**changes: Any) -> ServeOptions:
    """Options of a small generated venue at speed max."""
    defaults: dict[str, Any] = {
        "dialect": "okx",
        "host": "127.0.0.1",
        "port": 0,
        "speed": None,
        "speed_text": "max",
        "seed": 7,
        "steps": 50,
        "symbols": ("BTC/USDT", "ETH/USDT"),
        "timeframe": None,
        "data": None,
        "volume_unit": "base",
        "balances": {"USDT": Decimal(100_000), "BTC": Decimal(2)},
        "ring": read_keys(json.dumps(CREDENTIALS), "test"),
        "is_fresh_key": False,
        "faults": (),
        "mode": Mode.ONLINE,
        "has_limits": True,
        "state": None,
        "maker_bps": Decimal(8),
        "taker_bps": Decimal(10),
        "ws_idle_s": None,
        "lifeline_fd": None,
        "ready_fd": None,
        "ready_file": None,
    }
    return ServeOptions(**(defaults | changes))


def okx_timestamp(wall: int) -> str:
    moment = datetime.fromtimestamp(wall / 1e9, tz=timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def sign(secret: str, text: str) -> str:
    """Sign independently of the venue's own code."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256)).decode()


class OkxClient:
    """Talks to a venue in this process; every answer is (HTTP status, document)."""

    clock: MovedClock
    venue: Venue
    face: OkxFace
    driver: Driver

    def __init__(self, **changes: Any) -> None:
        self.clock = MovedClock()
        self._serve(build(serve_options(**changes), self.clock))
        self.driver = Driver(self.venue.source, self.venue.exchange, self.face, speed=None, clock=self.clock)
        self.driver.step()

    @classmethod
    def over(cls, venue: Venue, driver: Driver) -> OkxClient:
        """Return a client of a venue that exists already."""
        self = cls.__new__(cls)
        self.clock, self.driver = MovedClock(), driver
        self._serve(venue)
        return self

    def _serve(self, venue: Venue) -> None:
        assert isinstance(venue.face, OkxFace)
        self.venue, self.face = venue, venue.face

    def raw(
        self, method: str, target: str, headers: Mapping[str, str], body: str = "", address: str = "127.0.0.1"
    ) -> tuple[int, dict[str, Any]]:
        lowered = {name.lower(): value for name, value in headers.items()}
        request = RawRequest(method, target.encode(), lowered, body.encode(), address)
        answer = self.face.answer(request, self.clock.now(), self.clock.monotonic())
        return answer.status, json.loads(answer.body)

    def headers(self, method: str, target: str, body: str = "", key: Mapping[str, Any] = KEY) -> dict[str, str]:
        return self.headers_for(key, method, target, self.clock.wall, body)

    @staticmethod
    def headers_for(key: Mapping[str, Any], method: str, target: str, at: int, body: str = "") -> dict[str, str]:
        """Return the headers of a request signed at wall time `at`, ns."""
        timestamp = okx_timestamp(at)
        headers = {
            "OK-ACCESS-KEY": key["apiKey"],
            "OK-ACCESS-PASSPHRASE": key["password"],
            "OK-ACCESS-TIMESTAMP": timestamp,
            "OK-ACCESS-SIGN": sign(key["secret"], timestamp + method + target + body),
            "Content-Type": "application/json",
        }
        return headers | ({"x-simulated-trading": "1"} if key.get("demo") else {})

    def get(self, path: str, key: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        target = f"/api/v5/{path}"
        return self.raw("GET", target, self.headers("GET", target, key=key) if key else {})

    def post(
        self, path: str, document: object, key: Mapping[str, Any] = KEY, extra: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        target, body = f"/api/v5/{path}", json.dumps(document)
        return self.raw("POST", target, {**self.headers("POST", target, body, key), **(extra or {})}, body)

    def order(self, **fields: Any) -> dict[str, Any]:
        """Place one order and return its row."""
        body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "30000"} | fields
        _, answer = self.post("trade/order", {name: value for name, value in body.items() if value is not None})
        return dict(answer["data"][0])

    def find(self, order_id: str) -> dict[str, Any]:
        _, answer = self.get(f"trade/order?instId=BTC-USDT&ordId={order_id}", KEY)
        return dict(answer["data"][0])

    def top(self) -> tuple[Decimal, Decimal]:
        """Return the best bid and ask."""
        _, answer = self.get("market/books?instId=BTC-USDT&sz=1")
        book = answer["data"][0]
        return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])


def data_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
