"""A live desk at simulated venues over sockets, with all a test of live orders needs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from golive.execution.live.route import Route
from golive.execution.ports import News
from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Alert
from golive.model.decision import Approved, DecisionCode
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill, NewOrder, OrderStatus, OrderType, OrderUpdate, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots
from golive.model.verdict import Stage
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.plan import AccountPlan, LivePlan, Timing
from golive.storage.keys import SigningKeys
from golive.venues import AdapterSettings
from golive.venues.profile import VenueProfile
from support.adapters import ADAPTERS, KeptEvents, unhurried
from support.trading_desk import desk as raw_desk
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process
from support.wall_clock import WallClock

SYMBOL = "BTC/USDT"
PLACE = {"okx": "/api/v5/trade/order", "kraken": "/0/private/AddOrder", "bybit": "/v5/order/create"}
"""path of an order at each venue"""
WORKING = ("live", "partially_filled")
QUICK = Timing(
    tick_s=0.02,
    ask_pause_s=0.05,
    ask_longest_pause_s=0.5,
    cancel_pause_s=0.2,
    recovery_pause_s=0.1,
    recovery_s=20.0,
    audit_s=2.0,
    stall_s=2.0,
)


@contextlib.contextmanager
def live_venue(name: str, *flags: str) -> Iterator[VenueProcess]:
    """Run a simulated venue without request limits, at the pace of the wall clock, with an account that has money and BTC."""
    money = ("--balance", "USDT=1000000", "--balance", "BTC=100", "--symbol", SYMBOL)
    with venue_process("--no-limits", *money, *flags, dialect=name, keys=[new_key(dialect=name)], speed="1") as venue:
        yield venue


def account_plan(name: str, venue: VenueProcess, *, profile: VenueProfile | None = None, **settings: Any) -> AccountPlan:
    """The account of a venue's first key; BTC/USDT is traded."""
    return account_at(name, venue.rest, venue.key, profile=profile, **settings)


def account_at(name: str, rest: str, key: VenueKey, *, profile: VenueProfile | None = None, **settings: Any) -> AccountPlan:
    return AccountPlan(
        profile=unhurried(name) if profile is None else profile,
        settings=AdapterSettings(
            exchange=name,
            environment=f"{name}_live",
            queue=ADAPTERS[name],
            endpoint=rest,
            credentials=key.credentials,
            **settings,
        ),
        account=f"{name}_key",
        symbols=(SYMBOL,),
    )


def live_plan(home: Path, accounts: Sequence[AccountPlan], **changes: Any) -> LivePlan:
    """A plan whose one route takes everything, in the order of the accounts, without a dead-man's switch."""
    names = tuple(account.adapter for account in accounts)
    settings: dict[str, Any] = {
        "home": home,
        "stage": Stage.REHEARSAL,
        "entrypoint": "rehearsal",
        "risk_profile": "balanced",
        "risk_profile_digest": "0" * 64,
        "operator": "test",
        "code_version": "test",
        "keys": SigningKeys.load_or_create(home),
        "accounts": tuple(accounts),
        "routes": (Route(name="main", adapters=names),),
        "judge": lambda order: Approved(order, 1),
        "clock": WallClock(),
        "recorder": MemoryRecorder(),
        "guardrails": KeptEvents(),
        "alert": [].append,
        "dead_man_switch_seconds": 0,
        "timing": QUICK,
        "verifies_whole_journal": False,
    }
    return LivePlan(**(settings | changes))


class Trader:
    """An open desk and all it said. Orders of 0.001 BTC rest far below the market, unless a test says otherwise."""

    def __init__(self, desk: LiveDesk, *, alerts: list[Alert] | None = None) -> None:
        self.desk = desk
        self.news: list[News] = []
        self._alerts: list[Alert] = [] if alerts is None else alerts

    @property
    def alerts(self) -> list[Alert]:
        """What was raised so far; a desk's alerts come by a thread of their own."""
        self.desk.alerts.flush(5.0)
        return self._alerts

    @property
    def adapter(self) -> str:
        return self.desk.plan.accounts[0].adapter

    def instrument(self, adapter: str | None = None) -> Instrument:
        return next(iter(self.desk.instruments(adapter or self.adapter).values()))

    def order(
        self,
        *,
        adapter: str | None = None,
        price: str | None = "1000",
        quantity: str = "0.001",
        side: Side = Side.BUY,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> Approved:
        """An approved order under the account's next id; `price=None` is a market order."""
        instrument = self.instrument(adapter)
        new = NewOrder(
            client_order_id=self.desk.new_id(adapter or self.adapter, "test"),
            instrument=instrument.id,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=order_lots(instrument, quantity),
            price=None if price is None else limit_ticks(instrument, side, price),
            time_in_force=time_in_force,
        )
        return Approved(new, 1)

    async def sent(self, seconds: float = 20.0, **what: Any) -> ClientOrderId:
        """Submit an order and return its id once the desk has settled."""
        approved = self.order(**what)
        self.desk.submit(approved)
        await self.settled(seconds)
        return approved.order.client_order_id

    async def settled(self, seconds: float = 20.0) -> None:
        assert await self.desk.settled(seconds), "the desk did not settle"

    def status(self, client_order_id: ClientOrderId) -> OrderStatus:
        return self.desk.router.order(client_order_id).status

    def events(self, client_order_id: ClientOrderId) -> list[str]:
        """What was said of an order: the events of updates, `fill` for a fill."""
        said = [item for item in self.news if item.client_order_id == client_order_id]
        return ["fill" if isinstance(item, Fill) else item.event for item in said]

    def filled(self, client_order_id: ClientOrderId) -> int:
        return sum(item.quantity for item in self.news if isinstance(item, Fill) and item.client_order_id == client_order_id)

    def codes(self, client_order_id: ClientOrderId) -> list[str]:
        return [item.code for item in self.news if isinstance(item, OrderUpdate) and item.client_order_id == client_order_id]

    def refused(self) -> int:
        """How many orders the router refused."""
        return sum(isinstance(item, OrderUpdate) and item.code in set(DecisionCode) for item in self.news)

    def counted(self, metric: str, **labels: str) -> float | None:
        return self.desk.plan.recorder.value(metric, **labels)


@contextlib.asynccontextmanager
async def trader(plan: LivePlan) -> AsyncIterator[Trader]:
    """Open the desk of a plan, and close it."""
    alerts: list[Alert] = []
    desk = await LiveDesk.open(replace(plan, alert=alerts.append))
    made = Trader(desk, alerts=alerts)
    desk.on_news.append(made.news.append)
    try:
        yield made
    finally:
        await desk.close()


def truth(venue: VenueProcess, client_order_id: str) -> list[Mapping[str, Any]]:
    """What the venue's own records hold under this id."""
    return [row for row in venue.orders() if row["client_order_id"] == client_order_id]


async def swept(name: str, venue: VenueProcess) -> None:
    """Take back what a test left at a venue that others use: faults, and orders that work."""
    venue.clear_faults()
    async with raw_desk(name, venue) as sweeper, asyncio.timeout(20):
        while any(row["state"] in WORKING for row in venue.orders()):  # one may be hidden from all lists for a while
            await sweeper.trading.cancel_all(sweeper.instrument)
            await asyncio.sleep(0.02)


async def venue_says(venue: VenueProcess, path: str, **options: Any) -> Any:
    """Call the venue's control routes without standing in the loop's way."""
    return await asyncio.to_thread(venue.control, path, **options)


__all__ = ["InstrumentId", "Trader", "account_plan", "live_plan", "live_venue", "swept", "trader", "truth", "venue_says"]
