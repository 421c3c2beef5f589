"""A trading client at a simulated venue with all a test of orders needs, the same for every venue."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots
from golive.model.verdict import Stage
from golive.venues import AccountStream
from golive.venues.dialect import AccountEvent, FillSighting, Lookup, OrderSighting
from golive.venues.profile import VenueProfile
from golive.venues.trading import TradingClient
from support.adapters import Rig, rig, unhurried
from support.attempts import KeptAttempts
from support.venue_process import VenueProcess


@dataclass
class Desk:
    """Orders of 0.001 BTC that rest far below the market, unless a test says otherwise."""

    venue: VenueProcess
    rig: Rig
    trading: TradingClient
    instrument: Instrument
    attempts: KeptAttempts = field(default_factory=KeptAttempts)

    def order(
        self,
        *,
        price: str | None = "1000",
        quantity: str = "0.001",
        side: Side = Side.BUY,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> Approved:
        """An approved order; `price=None` is a market order."""
        new = NewOrder(
            client_order_id=ClientOrderId(secrets.token_hex(16)),
            instrument=self.instrument.id,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=order_lots(self.instrument, quantity),
            price=None if price is None else limit_ticks(self.instrument, side, price),
            time_in_force=time_in_force,
        )
        return Approved(new, 1)

    async def submit(self, approved: Approved) -> str:
        return await self.trading.submit(approved, self.instrument, self.attempts)

    async def amend(self, approved: Approved, *, quantity: int | None = None, price: int | None = None, n: int = 3) -> bool:
        """Amend a working order to another quantity in lots or price in ticks."""
        order = approved.order
        shall = order._replace(quantity=quantity or order.quantity, price=order.price if price is None else price)
        return await self.trading.amend(Approved(shall, 1), self.instrument, self.attempts, n=n)

    async def placed(self, **what: Any) -> ClientOrderId:
        """Submit an order and return our id of it."""
        approved = self.order(**what)
        await self.submit(approved)
        return approved.order.client_order_id

    async def lookup(self, client_order_id: ClientOrderId) -> Lookup:
        return await self.trading.lookup(client_order_id, self.instrument)

    async def seen(self, client_order_id: ClientOrderId) -> OrderSighting:
        """The order as the venue's answers show it."""
        found = (await self.lookup(client_order_id)).order
        assert found is not None
        return found

    async def best(self, side: Side) -> str:
        """The price at which an order of this side fills at once."""
        book = await self.rig.adapter.order_book(self.instrument, 5)
        levels = book.asks if side is Side.BUY else book.bids
        return self.instrument.price_text(levels[0][0])

    def truth(self, client_order_id: str) -> list[dict[str, Any]]:
        """What the venue's own records hold under this id."""
        return [row for row in self.venue.orders() if row["client_order_id"] == client_order_id]


@contextlib.asynccontextmanager
async def desk(name: str, venue: VenueProcess, *, profile: VenueProfile | None = None, **settings: Any) -> AsyncIterator[Desk]:
    """Yield a desk at a venue of this dialect that has no limits, for its BTC instrument."""
    chosen = unhurried(name) if profile is None else profile
    async with rig(name, venue.rest, venue.key.credentials, profile=chosen, **settings) as made:
        listed = await made.adapter.load()
        instrument = next(instrument for instrument in listed.values() if instrument.base == "BTC")
        yield Desk(venue, made, TradingClient(made.adapter, Stage.REHEARSAL), instrument)


@dataclass
class Told:
    """The events of an account stream, and what must hold of them whatever happened on the way."""

    events: list[AccountEvent] = field(default_factory=list)

    def orders(self, client_order_id: str) -> list[OrderSighting]:
        return [e for e in self.events if isinstance(e, OrderSighting) and e.client_order_id == client_order_id]

    def fills(self, client_order_id: str) -> list[FillSighting]:
        return [e for e in self.events if isinstance(e, FillSighting) and e.fill.client_order_id == client_order_id]

    def status(self, client_order_id: str) -> OrderStatus | None:
        told = self.orders(client_order_id)
        return told[-1].status if told else None

    def require_sound(self) -> None:
        """Every fill once, filled quantities only growing, nothing after an end."""
        ids = [e.fill.fill_id for e in self.events if isinstance(e, FillSighting)]
        assert len(ids) == len(set(ids)), "a fill was told twice"
        last: dict[str, OrderSighting] = {}
        for event in self.events:
            if isinstance(event, OrderSighting):
                before = last.get(event.venue_order_id)
                assert before is None or event.filled >= before.filled, "a filled quantity shrank"
                assert before is None or before.status not in ENDED or event.filled > before.filled, (
                    "something came after the end"
                )
                last[event.venue_order_id] = event


ENDED = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})


@contextlib.asynccontextmanager
async def account_stream(at: Desk, **options: Any) -> AsyncIterator[tuple[AccountStream, Told]]:
    """A started account stream for the desk's instrument."""
    told = Told()
    stream = at.rig.adapter.open_account_stream([at.instrument], told.events.append, **options)
    await stream.start()
    yield stream, told


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is a state of the code under test
            await asyncio.sleep(0.005)


def with_quantity(approved: Approved, lots: int) -> Approved:
    """The same order with another quantity in lots."""
    return Approved(approved.order._replace(quantity=lots), 1)
