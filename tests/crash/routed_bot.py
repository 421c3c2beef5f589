"""A bot whose orders go to a second venue when the first does not take them: one live desk, two accounts, one route.

    python -m crash.routed_bot --at okx REST KEY --at bybit REST KEY --folder HOME --seed 1 --kills 100
    python -m crash.routed_bot … --orders 200    one life that places so many, and ends in order
    python -m crash.routed_bot … --orders 200 --singly    the same, one order at a time
    python -m crash.routed_bot … --resolve       one life that cancels what is open, resolves everything and ends

All orders are for the first venue. They come in bursts that are larger than its queue. Each names itself as its signal, so that
whatever is sent instead of it can be told by that, whoever writes it down. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from crash.kills import Window, kill_forked_lives
from crash.lives import failing_closed, opened, patiently, prepare_to_fork, resolve
from crash.place import PROFILE, Place, listed_at, plan_of, prices_at
from crash.rig import VENUES
from crash.strategy import EQUITY, HELD_LOTS, SIZES, STRATEGY
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved, Refused
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots
from golive.model.secret import Credentials, Secret
from golive.risk import AccountView, RiskEngine
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.plan import LivePlan

BURSTS = (1, 1, 2, 2, 3, 7)
QUEUE = 3
"""so many wait for a venue; the others of a burst go elsewhere"""
QUEUE_S = 0.05
MOST_UNENDED = 14
MOST_RESTING = 3
STREAM_GRACE_S = 2.0
"""an outage of the first venue is shorter: its orders are to find that nothing can leave, not that it is not ready"""
STUCK_S = 30.0
EXPORT = Path("metrics/live_router.prom")


class Market(NamedTuple):
    """What is traded at both venues and at what price; prices are those of the first."""

    instruments: Mapping[InstrumentId, Instrument]
    prices: Mapping[InstrumentId, Decimal]


class Judge:
    """Risk, for new orders and for those that go to another venue."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._engine = RiskEngine(PROFILE)
        self._engine.observe(EQUITY, time.time_ns(), 0, 0)
        self._numbers = itertools.count(time.time_ns() // 1_000_000)

    def __call__(self, order: NewOrder) -> Approved | Refused:
        instruments = self._market.instruments
        ticks = {name: limit_ticks(each, Side.BUY, str(self._market.prices[name])) for name, each in instruments.items()}
        view = AccountView(
            equity=EQUITY, day_start_equity=EQUITY, peak_equity=EQUITY, positions=dict.fromkeys(instruments, HELD_LOTS),
            pending_buys={}, prices=ticks,
            notional=lambda name, price, lots: instruments[name].notional(price, lots),
        )  # fmt: skip
        return self._engine.decide(order, view, next(self._numbers))


class Bursts:
    """Draws several orders at once for the first venue, and cancels what rests at either."""

    def __init__(
        self, desk: LiveDesk, first: Place, market: Market, judge: Judge, rng: Random, counts: Sequence[int] = BURSTS
    ) -> None:
        self._desk, self._first, self._market, self._judge, self._rng = desk, first, market, judge, rng
        self._counts = counts

    def is_free(self) -> bool:
        return len(self._desk.router.unended) < MOST_UNENDED

    def step(self) -> int:
        """Submit some orders; return how many."""
        standing = [order for order in self._desk.router.unended if order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)]
        for order in standing[MOST_RESTING:]:
            self._desk.cancel(order.intent.client_order_id)
        count = self._rng.choice(self._counts)
        for _ in range(count):
            verdict = self._judge(self._draw())
            assert isinstance(verdict, Approved), verdict
            self._desk.submit(verdict)
        return count

    def _draw(self) -> NewOrder:
        rng, name = self._rng, self._desk.new_id(self._first.adapter, STRATEGY)
        instrument = rng.choice(tuple(self._desk.instruments(self._first.adapter).values()))
        side, price = rng.choice(tuple(Side)), self._market.prices[instrument.id]
        kind = rng.choices(("market", "takes", "rests"), (40, 35, 25))[0]
        away = {"takes": Decimal("0.02"), "rests": Decimal("-0.03")}.get(kind, Decimal(0)) * side.sign
        return NewOrder(
            client_order_id=name,
            instrument=instrument.id,
            side=side,
            type=OrderType.MARKET if kind == "market" else OrderType.LIMIT,
            quantity=order_lots(instrument, SIZES[instrument.id.base]),
            price=None if kind == "market" else limit_ticks(instrument, side, str(round(price * (1 + away), 0))),
            time_in_force=TimeInForce.IOC if kind == "takes" else TimeInForce.GTC,
            signal_id=name,
        )


def two_accounts(places: Sequence[Place], listed: Sequence[Mapping[InstrumentId, Instrument]], judge: Judge) -> LivePlan:
    """Return the plan of one desk with an account at each place; orders go to the first, and from there to the second."""
    plans = [plan_of(place, instruments) for place, instruments in zip(places, listed, strict=True)]
    route = replace(plans[0].routes[0], adapters=tuple(place.adapter for place in places), allow_fallback=True)
    return replace(
        plans[0],
        accounts=tuple(plan.accounts[0] for plan in plans),
        routes=(route,),
        judge=judge,
        recorder=MemoryRecorder(),
        max_queue_size=QUEUE,
        max_queue_wait_seconds=QUEUE_S,
        export_path=EXPORT,
        timing=replace(plans[0].timing, stream_grace_s=STREAM_GRACE_S),
    )


async def trade(plan: LivePlan, first: Place, market: Market, judge: Judge, rng: Random, ready: Callable[[], None]) -> None:
    """Open the desk, say `ready`, and trade for ever."""
    desk = await LiveDesk.open(plan)
    ready()
    bursts = Bursts(desk, first, market, judge, rng)
    while True:
        if bursts.is_free():
            bursts.step()
        await asyncio.sleep(rng.uniform(0, 0.01))


async def place_orders(
    plan: LivePlan, first: Place, market: Market, judge: Judge, rng: Random, count: int, counts: Sequence[int]
) -> None:
    """Open the desk, place `count` orders, and end in order when every one of them has settled."""
    desk = await opened(plan)
    bursts, left = Bursts(desk, first, market, judge, rng, counts), count
    try:
        async with asyncio.timeout(STUCK_S):
            while left > 0:
                left -= bursts.step() if bursts.is_free() else 0
                for order in desk.router.unended[: -MOST_RESTING or None]:
                    desk.cancel(order.intent.client_order_id) if order.status is OrderStatus.OPEN else None
                await asyncio.sleep(rng.uniform(0, 0.02))
        if not await desk.settled(STUCK_S):
            raise RuntimeError("the desk did not settle")
    finally:
        await desk.close()


def main(arguments: list[str]) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    places = [Place(venue, rest, given.folder, _credentials(Path(key))) for venue, rest, key in given.at]
    began = time.monotonic()
    listed = [patiently(partial(listed_at, place)) for place in places]
    prices = patiently(lambda: prices_at(places[0]))
    there = {name: each for instruments in listed for name, each in instruments.items()}
    same = {replace_venue(name, place.venue): price for name, price in prices.items() for place in places}
    market = Market({name: there[name] for name in same}, same)
    said: dict[str, object] = {"seed": given.seed}
    if given.resolve:
        asyncio.run(resolve(two_accounts(places, listed, Judge(market))))
    elif given.orders:
        judge, rng = Judge(market), Random(f"{given.seed}|orders")
        asyncio.run(
            place_orders(
                two_accounts(places, listed, judge), places[0], market, judge, rng, given.orders, (1,) if given.singly else BURSTS
            )
        )
    else:
        prepare_to_fork()

        def live(number: int, ready: Callable[[], None]) -> None:
            judge, rng = Judge(market), Random(f"{given.seed}|{number}")
            with failing_closed():
                asyncio.run(trade(two_accounts(places, listed, judge), places[0], market, judge, rng, ready))

        window = Window(given.window_ms / 1000, given.ready_window_ms / 1000)
        said |= kill_forked_lives(live, kills=given.kills, window=window, rng=Random(f"{given.seed}|kills")).document
    sys.stdout.write(json.dumps({**said, "duration_s": round(time.monotonic() - began, 3)}) + "\n")
    return 0


def replace_venue(name: InstrumentId, venue: str) -> InstrumentId:
    return InstrumentId(venue, name.base, name.quote)


def _credentials(path: Path) -> Credentials:
    return Credentials({name: Secret(value) for name, value in json.loads(path.read_text()).items() if value})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crash.routed_bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--at", nargs=3, action="append", required=True, metavar=(f"{{{','.join(VENUES)}}}", "REST", "KEY"))
    parser.add_argument("--folder", type=Path, required=True, help="home of the bot")
    parser.add_argument("--seed", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--kills", type=int)
    what.add_argument("--orders", type=int)
    what.add_argument("--resolve", action="store_true")
    parser.add_argument("--singly", action="store_true", help="no bursts")
    parser.add_argument("--window-ms", type=float, default=150.0, help="every other life is killed 0 to this after its fork")
    parser.add_argument("--ready-window-ms", type=float, default=100.0, help="the others 0 to this after they are ready")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
