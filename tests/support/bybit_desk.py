"""A trading client at a simulated Bybit, with what a test of its orders needs."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.model.verdict import Stage
from golive.venues.trading import TradingClient
from support.adapters import Rig, rig
from support.attempts import KeptAttempts
from support.venue_process import VenueProcess
from support.wall_clock import WallClock

BTC = InstrumentId("bybit", "BTC", "USDT")
CREATE = "/v5/order/create"
BOOK = "/v5/market/orderbook"


@dataclass
class Desk:
    """A trading client with what it needs."""

    venue: VenueProcess
    rig: Rig
    trading: TradingClient
    instrument: Instrument
    attempts: KeptAttempts

    def order(
        self,
        *,
        price: str | None = "1000",
        quantity: str = "0.001",
        side: Side = Side.BUY,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> Approved:
        """An order that rests far below the market unless told otherwise; `price=None` is a market order."""
        new = NewOrder(
            client_order_id=ClientOrderId(secrets.token_hex(16)),
            instrument=BTC,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=self.instrument.lots(quantity),
            price=None if price is None else self.instrument.ticks(price),
            time_in_force=time_in_force,
        )
        return Approved(new, 1)

    async def submit(self, approved: Approved) -> str:
        return await self.trading.submit(approved, self.instrument, self.attempts)

    def at_venue(self, approved: Approved) -> list[dict[str, Any]]:
        """What the venue's own records hold under this id."""
        return [row for row in self.venue.orders() if row["client_order_id"] == approved.order.client_order_id]

    def posts(self, approved: Approved) -> list[dict[str, Any]]:
        """Every request that placed this order, as the venue received it."""
        placed = [r for r in self.venue.requests(2000) if r["method"] == "POST" and r["target"] == CREATE]
        return [r for r in placed if approved.order.client_order_id in (r["body"] or "")]


@contextlib.asynccontextmanager
async def bybit_desk(venue: VenueProcess, **settings: Any) -> AsyncIterator[Desk]:
    async with rig("bybit", venue.rest, venue.key.credentials, **settings) as made:
        instrument = (await made.adapter.load())[BTC]
        trading = TradingClient(made.adapter, Stage.REHEARSAL, WallClock())
        yield Desk(venue, made, trading, instrument, KeptAttempts())
