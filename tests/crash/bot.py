"""The bot that is killed: the product's live desk, and one small random strategy that never gets to an end.

    python -m crash.bot --venue okx --rest http://127.0.0.1:8000 --credentials FILE --folder HOME --kills 2000 --seed 1
    python -m crash.bot … --life            one life that goes on until somebody kills it (whole processes)
    python -m crash.bot … --orders 50000    one life that places so many orders, and ends
    python -m crash.bot … --failpoints      one forked life for every named point, killed there, and one after it
    python -m crash.bot … --races 100       two to five lives begin at once, again and again; who is ready lives until all have tried
    python -m crash.bot … --resolve         one life that cancels what is open, resolves everything and ends

A life opens the desk, which recovers, and then asks risk about one order after the other: about a third market orders, a third
limit orders that take at once, a quarter that rest and are canceled some time later, and some that risk refuses. Everything is
loaded before the first fork. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

from crash.kills import BLOCKED, Window, kill_forked_lives, race, run_forked
from crash.lives import RESOLVE_S, failing_closed, opened, patiently, prepare_to_fork, resolve, say_ready, warm
from crash.place import CALLS, Place, listed_at, plan_of, prices_at
from crash.rig import SCALE, VENUES
from crash.strategy import Strategy
from golive.model.errors import PrerequisiteMissing
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.secret import Credentials, Secret
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.opening import NotReady
from golive.runtime.live.plan import LivePlan
from golive.storage import failpoint
from golive.storage.order_journal import WHOLE_ROWS

MOST_WORKING = 8
"""with three calls at a time, as is usual"""
TRIES_WITHOUT_JOURNAL = 50
"""orders that are still asked for when the journal is lost"""
STUCK_S = 40.0
"""no order may wait for so long for those before it, also where four proofs share two cores"""
ORDERS_OF_A_POINT = 12
MOST_TO_A_POINT = 200
"""that a life places which is to die at a point; few come so far"""
CREATING = ".create."
RESTING = "project_sync"
"""comes when the journal has rested for a heartbeat"""
REST_S = 5.0
ELSEWHERE = ("postgres", "quarantine", "journal.", "file.", "alerts.", "register.", "freeze.", "log_key.", "gate.", "window.")
"""in the names of points that have tests of their own: of journals on a server, of unsound ones, of logs, files, registers, freezes, gates and windows
beside them, of alerts"""


async def trade(
    plan: LivePlan, place: Place, prices: Mapping[InstrumentId, Decimal], rng: Random, ready: Callable[[], None]
) -> None:
    """Open the desk, say `ready`, and trade for ever."""
    desk = await LiveDesk.open(plan)
    ready()
    strategy = Strategy(desk, place, prices, rng)
    while True:
        if strategy.is_free():
            strategy.step()
        await asyncio.sleep(rng.uniform(0, 0.004))


async def place_orders(
    plan: LivePlan, place: Place, prices: Mapping[InstrumentId, Decimal], rng: Random, count: int, rests_s: float = 0.0
) -> None:
    """Open the desk, place `count` orders as fast as the venue answers, rest for a while, and end."""
    desk = await opened(plan)
    strategy = Strategy(desk, place, prices, rng)
    most_working = max(MOST_WORKING, plan.accounts[0].settings.burst)
    tries = 0
    try:
        for _ in range(count):
            try:
                async with asyncio.timeout(STUCK_S):
                    while len(desk.router.unended) > most_working or not strategy.is_free() or _is_waiting(desk, place):
                        strategy.make_room()
                        await asyncio.sleep(0.001)
            except TimeoutError as exc:
                raise RuntimeError(f"stuck for {STUCK_S:g} s: {_state_of(desk, place)}") from exc
            strategy.step()
            await asyncio.sleep(0)
            pen = desk.account(place.adapter).parts.pen
            tries += pen.failure is not None
            if pen.failure is not None and tries > TRIES_WITHOUT_JOURNAL:
                raise pen.failure
        if not await desk.settled(STUCK_S):
            raise RuntimeError("the desk did not settle")
        await asyncio.sleep(rests_s)
    finally:
        await desk.close()


def _state_of(desk: LiveDesk, place: Place) -> str:
    """Say what a desk waits for."""
    unended = [f"{order.intent.client_order_id} {order.status.name}" for order in desk.router.unended]
    return f"unended {unended}, frozen {sorted(map(str, desk.router.frozen))}, {desk.router.conditions[place.adapter]}"


def _is_waiting(desk: LiveDesk, place: Place) -> bool:
    """Whether nothing may leave for now: its orders would all be refused."""
    condition = desk.router.conditions[place.adapter]
    return not condition.is_ready and not condition.has_failed


def main(arguments: list[str]) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    document = json.loads(given.credentials.read_text())
    secrets = {name: Secret(value) for name, value in document.items() if value}
    place = Place(given.venue, given.rest, given.folder, Credentials(secrets))
    began = time.monotonic()
    listed, prices = patiently(lambda: listed_at(place)), patiently(lambda: prices_at(place))
    plan = plan_of(place, listed, lease_s=given.lease, scale=given.scale, calls=given.calls, signing=given.signing)
    said: dict[str, object] = {"seed": given.seed}
    if given.resolve:
        asyncio.run(resolve(replace(plan, whole_rows=WHOLE_ROWS)))
    elif given.life:
        with failing_closed():
            asyncio.run(trade(plan, place, prices, Random(f"{given.seed}|life"), say_ready))
    elif given.orders:
        asyncio.run(place_orders(plan, place, prices, Random(f"{given.seed}|orders"), given.orders))
    elif given.races:
        said |= _raced(plan, given.races, Random(f"{given.seed}|races"))
    elif given.failpoints:
        said["failpoints"] = _killed_at_each(place, listed, prices, given.seed)
    else:
        if not place.home.joinpath("var/state/orders").exists():  # else there may be orders that a home of its own does not know
            asyncio.run(warm(plan_of(replace(place, home=place.home.parent / "warm"), listed, scale=given.scale)))
        prepare_to_fork()

        def live(number: int, ready: Callable[[], None]) -> None:
            with failing_closed():
                asyncio.run(trade(plan, place, prices, Random(f"{given.seed}|{number}"), ready))

        window = Window(given.window_ms / 1000, given.ready_window_ms / 1000, given.ready_every)
        said |= kill_forked_lives(live, kills=given.kills, window=window, rng=Random(f"{given.seed}|kills")).document
    sys.stdout.write(json.dumps({**said, "duration_s": round(time.monotonic() - began, 3)}) + "\n")
    return 0


def _killed_at_each(
    place: Place, listed: Mapping[InstrumentId, Instrument], prices: Mapping[InstrumentId, Decimal], seed: int
) -> dict[str, list[int]]:
    """Return the exit codes of the life that was to die at each failpoint (-9: it did) and of the one that came after it.

    A point on the way to a new journal is met in a home of its own, before there is any order.
    """
    prepare_to_fork()
    codes = {}
    names = sorted(points_of_a_run(), key=lambda name: CREATING not in name)
    for number, name in enumerate(names):
        home = replace(place, home=place.home.parent / name) if CREATING in name else place

        def live(name: str | None, home: Place = home, number: int = number) -> None:
            plan = plan_of(home, listed)
            if name is not None:
                failpoint.arm(name, 2 if "commit" in name and CREATING not in name else 1)
            rng = Random(f"{seed}|{number}|{name}")
            if home is place:
                rests_s = REST_S if name is not None and RESTING in name else 0.0
                count = ORDERS_OF_A_POINT if name is None else MOST_TO_A_POINT
                asyncio.run(place_orders(plan, home, prices, rng, count, rests_s))
            else:
                asyncio.run(resolve(plan))

        codes[name] = [run_forked(partial(live, armed), most_s=RESOLVE_S) for armed in (name, None)]
    return codes


def points_of_a_run() -> list[str]:
    """Return the failpoints that a run with a sound journal in files meets."""
    return [name for name in failpoint.names() if not any(other in name for other in ELSEWHERE)]


def _raced(plan: LivePlan, races: int, rng: Random) -> dict[str, object]:
    """Return how many lives of each race came to write the journal, and how many began in all."""
    prepare_to_fork()
    winners, starts = [], 0
    for _ in range(races):
        count = rng.randint(2, 5)
        winners.append(race([lambda ready: asyncio.run(_hold(plan, ready))] * count, most_s=RESOLVE_S))
        starts += count
    return {"winners": winners, "starts": starts}


async def _hold(plan: LivePlan, ready: Callable[[], None]) -> None:
    """Open the desk, say `ready`, and hold it until killed; end as blocked where another process has it."""
    try:
        await LiveDesk.open(plan)
    except PrerequisiteMissing as why:
        if isinstance(why, NotReady) or "in the hands of process" not in str(why):
            raise
        raise SystemExit(BLOCKED) from None
    ready()
    await asyncio.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crash.bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--venue", choices=VENUES, required=True)
    parser.add_argument("--rest", required=True, help="base URL of the venue, or of the nemesis before it")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON with apiKey, secret, password")
    parser.add_argument("--folder", type=Path, required=True, help="home of the bot")
    parser.add_argument("--seed", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--kills", type=int)
    what.add_argument("--life", action="store_true")
    what.add_argument("--orders", type=int)
    what.add_argument("--failpoints", action="store_true")
    what.add_argument("--races", type=int)
    what.add_argument("--resolve", action="store_true")
    parser.add_argument("--scale", type=int, default=SCALE, help=f"by how much deadlines and lags are divided (default: {SCALE})")
    parser.add_argument("--signing", choices=("ccxt", "direct"), default="ccxt", help="who signs and sends (default: ccxt)")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"so many at a time (default: {CALLS})")
    parser.add_argument("--lease", type=float, default=5.0, metavar="S", help="a life stopped for this long sends nothing more")
    parser.add_argument("--window-ms", type=float, default=150.0, help="a life is killed 0 to this after its fork")
    parser.add_argument("--ready-window-ms", type=float, default=50.0, help="some 0 to this after they are ready")
    parser.add_argument("--ready-every", type=int, default=2, metavar="N", help="one in N of them")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
