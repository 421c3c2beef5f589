"""A bot with the venue's dead-man's switch armed, whose orders rest: it never cancels one itself.

    python -m crash.switch_bot --venue kraken --rest REST --credentials FILE --folder HOME --seed 1 --timeout-s 3

Keeps some orders resting, trades a little beside them so that its journal is not idle, and says `{"ready": true}` once they rest
and the switch is armed. SIGTERM ends it in order. `--resolve`: one life without a switch that cancels what is open and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

from crash.lives import opened, patiently, resolve, say_ready
from crash.place import Place, listed_at, plan_of, prices_at
from crash.rig import VENUES
from crash.strategy import SIZES, STRATEGY
from golive.model.decision import Approved
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder, OrderStatus, OrderType, Side
from golive.model.order_grid import limit_ticks, order_lots
from golive.model.secret import Credentials, Secret
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.plan import LivePlan

RESTING = 3
AWAY = Decimal("0.03")
PAUSE_S = 0.05
TRADES = 0.1
"""how often a pause ends with an order that takes"""


async def rest(plan: LivePlan, place: Place, prices: Mapping[InstrumentId, Decimal], rng: Random) -> None:
    """Open the desk and keep orders resting until told to end."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    desk = await opened(plan)
    try:
        has_told = False
        while not over.is_set():
            resting = [order for order in desk.router.unended if order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)]
            if not has_told and len(resting) >= RESTING and desk.account(place.adapter).switch.is_armed:
                has_told = True
                say_ready()
            if len(desk.router.unended) < RESTING:
                desk.submit(_order(desk, place, prices, rng, rests=True))
            elif rng.random() < TRADES and not desk.router.frozen:
                desk.submit(_order(desk, place, prices, rng, rests=False))
            await asyncio.sleep(PAUSE_S)
        await desk.settled(5)
    finally:
        await desk.close()


def _order(desk: LiveDesk, place: Place, prices: Mapping[InstrumentId, Decimal], rng: Random, *, rests: bool) -> Approved:
    instrument = rng.choice(tuple(desk.instruments(place.adapter).values()))
    side = rng.choice(tuple(Side))
    price = limit_ticks(instrument, side, str(prices[instrument.id] * (1 - AWAY * side.sign))) if rests else None
    return Approved(
        NewOrder(
            desk.new_id(place.adapter, STRATEGY), instrument.id, side, OrderType.LIMIT if rests else OrderType.MARKET,
            order_lots(instrument, SIZES[instrument.id.base]), price,
        ),
        desk.stored(place.adapter).count + rng.randrange(1 << 30),
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    secrets = {name: Secret(value) for name, value in json.loads(given.credentials.read_text()).items() if value}
    place = Place(given.venue, given.rest, given.folder, Credentials(secrets))
    listed, prices = patiently(lambda: listed_at(place)), patiently(lambda: prices_at(place))
    plan = plan_of(place, listed)
    if given.resolve:
        asyncio.run(resolve(plan))
    else:
        armed = replace(plan, dead_man_switch_seconds=given.timeout_s)
        asyncio.run(rest(armed, place, prices, Random(f"{given.seed}|switch")))
    sys.stdout.write(json.dumps({"seed": given.seed}) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crash.switch_bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--venue", choices=VENUES, required=True)
    parser.add_argument("--rest", required=True, help="base URL of the venue, or of the nemesis before it")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON with apiKey, secret, password")
    parser.add_argument("--folder", type=Path, required=True, help="home of the bot")
    parser.add_argument("--seed", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--timeout-s", type=int, help="of the venue's switch")
    what.add_argument("--resolve", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
