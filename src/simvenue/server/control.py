"""The control routes under `/sim/v1`: our own, beside the dialect, for tests and operators on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
from aiohttp import web

from ..errors import UsageError
from ..face.mode import Mode
from .build import Venue
from .clock import VenueClock
from .driver import Driver
from .fault import FaultBook, fault_from
from .gateway import spoken
from .record import KEPT, RequestLog, Throughput
from .truth import balance_rows, order_row


class Control:
    """Answers the control routes."""

    def __init__(
        self,
        facts: Callable[[], Mapping[str, object]],
        venue: Venue,
        driver: Driver,
        log: RequestLog,
        throughput: Throughput,
        faults: FaultBook,
        clock: VenueClock,
    ) -> None:
        self._facts = facts
        self._face = venue.face
        self._exchange = venue.exchange
        self._driver = driver
        self._log = log
        self._throughput = throughput
        self._faults = faults
        self._clock = clock

    async def info(self, _: web.Request) -> web.Response:
        """The ready document without secrets, how far the market is, how the venue is, and how many requests it answered."""
        state = {
            "step": self._driver.steps_done,
            "finished": self._driver.is_finished,
            "now": str(self._exchange.now),
            "mode": self._face.mode.value,
            "limits": self._face.is_limited,
            "clock_skew_s": self._clock.skew_ns / 1e9,
            "throughput": self._throughput.describe(self._clock.monotonic()),
        }
        return _json({**self._facts(), **state})

    async def orders(self, _: web.Request) -> web.Response:
        """Every order the venue ever accepted, oldest first, with its fills."""
        accounts = self._exchange.accounts
        return _json({"orders": [order_row(order, accounts[order.account]) for order in self._exchange.orders.values()]})

    async def balances(self, _: web.Request) -> web.Response:
        """Every account's exact balances."""
        return _json({"balances": {account.name: balance_rows(account) for account in self._exchange.accounts.values()}})

    async def requests(self, request: web.Request) -> web.Response:
        """The last requests as received, oldest first; headers with secrets are blanked."""
        limit = request.query.get("limit", "100")
        if not (limit.isascii() and limit.isdigit()):
            return _json({"error": "limit must be a whole number"}, status=400)
        return _json({"requests": self._log.last(min(int(limit), KEPT))})

    async def list_faults(self, _: web.Request) -> web.Response:
        return _json({"faults": [fault.describe() for fault in self._faults.faults]})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Add one fault or a list of them."""
        try:
            body = orjson.loads(await request.read())
            items = body if isinstance(body, list) else [body]
            if not all(isinstance(item, dict) for item in items):
                raise UsageError('a fault is an object like {"kind": "http_503", "count": 2}')
            faults = [spoken(fault_from(item, "fault"), self._face) for item in items]
        except (orjson.JSONDecodeError, UsageError) as exc:
            return _json({"error": str(exc)}, status=400)
        self._faults.add(faults)
        return await self.list_faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Take all faults back; the clock is right again at once, an outage that began takes its time."""
        self._faults.clear()
        self._clock.skew_ns = 0
        return await self.list_faults(request)

    async def set_mode(self, request: web.Request) -> web.Response:
        """Change the operating mode: `{"mode": "maintenance"}`."""
        try:
            self._face.mode = Mode(orjson.loads(await request.read())["mode"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return _json({"error": f'give {{"mode": one of {", ".join(Mode)}}}'}, status=400)
        return _json({"mode": self._face.mode.value})


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
