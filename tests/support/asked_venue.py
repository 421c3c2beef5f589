"""A trading client at a server that answers what a test says, for tests of what an answer proves."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.model.secret import Credentials, Secret
from golive.model.verdict import Stage
from golive.venues.trading import TradingClient
from support.adapters import Rig, rig, unhurried
from support.attempts import KeptAttempts
from support.scripted_http import Received, ScriptedHttp, answer, scripted_http

OURS = ClientOrderId("a" * 32)
KEYS = {
    "okx": {"apiKey": "k", "secret": "s", "password": "p"},
    "kraken": {"apiKey": "k", "secret": "a2tra2s="},
    "bybit": {"apiKey": "k", "secret": "s"},
}
TIME_PATHS = ("/api/v5/public/time", "/0/public/Time", "/v5/market/time")


def venue_time(venue: str, ahead_s: float = 0.0) -> bytes:
    now = time.time() + ahead_s
    bodies = {
        "okx": f'{{"code":"0","msg":"","data":[{{"ts":"{int(now * 1000)}"}}]}}',
        "kraken": f'{{"error":[],"result":{{"unixtime":{int(now)},"rfc1123":""}}}}',
        "bybit": f'{{"retCode":0,"retMsg":"OK","result":{{}},"retExtInfo":{{}},"time":{int(now * 1000)}}}',
    }
    return answer(200, bodies[venue])


@dataclass
class Asked:
    """A trading client, its server and what it wrote down."""

    server: ScriptedHttp
    trading: TradingClient
    instrument: Instrument
    attempts: KeptAttempts
    rig: Rig

    def approved(self) -> Approved:
        ticks, lots = self.instrument.ticks("1000"), self.instrument.lots("0.001")
        order = NewOrder(OURS, self.instrument.id, Side.BUY, OrderType.LIMIT, lots, ticks, TimeInForce.GTC)
        return Approved(order, 1)

    def sent(self) -> list[Received]:
        return [r for r in self.server.received if r.method == "POST"]


@asynccontextmanager
async def asked(
    venue: str, *bodies: str, status: int = 200, ahead_s: float = 0.0, timeout_s: float = 10.0
) -> AsyncIterator[Asked]:
    """Answer the venue's time, and to everything else one body after the other, the last one again and again."""
    left = list(bodies)

    def script(received: Received) -> object:
        if received.target.partition("?")[0] in TIME_PATHS:
            return venue_time(venue, ahead_s)
        return answer(status, left.pop(0) if len(left) > 1 else left[0])

    quote = "USD" if venue == "kraken" else "USDT"
    instrument = Instrument.from_text(
        f"{venue}:BTC/{quote}", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
    )
    credentials = Credentials({name: Secret(value) for name, value in KEYS[venue].items()})
    async with (
        scripted_http(script) as server,
        rig(venue, server.base_url, credentials, profile=unhurried(venue), timeout_s=timeout_s) as made,
    ):
        yield Asked(server, TradingClient(made.adapter, Stage.REHEARSAL), instrument, KeptAttempts(), made)


def okx(code: str, *rows: str) -> str:
    return f'{{"code":"{code}","msg":"","data":[{",".join(rows)}]}}'


def kraken(result: str, *errors: str) -> str:
    listed = ",".join(f'"{error}"' for error in errors)
    return f'{{"error":[{listed}],"result":{result}}}'


def bybit(code: int, result: str) -> str:
    return f'{{"retCode":{code},"retMsg":"","result":{result},"retExtInfo":{{}},"time":1}}'


def placed(sentence: str) -> str:
    return kraken(f'{{"txid":["OABC"],"descr":{{"order":"{sentence}"}}}}')
