"""One scenario from the first order to the last comparison: venues up, trading, fault, healing, and what all of it came to.

All times are read off what was said (`readiness.resilience.timeline`); all counts off the venues' own records and our journals.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from golive.model.clock import SECOND
from golive.model.command import Alert
from golive.model.errors import VenueError
from golive.readiness.resilience import timeline
from golive.readiness.resilience.said import Said, What
from golive.readiness.resilience.service import Measured, Scenario
from golive.venues.registry import DRILLED

from ..clock import SystemClock
from ..live.order_risk import OrderRisk
from .books import agrees, executed, missing_since
from .plan import drill_plan
from .supervised import TradingProcess
from .trader import LIMITS, Trader
from .trading_process import order_of
from .venue import DrillVenue

PRIMARY, SECOND_VENUE = DRILLED
CALM_S: Final = 1.0
"""of trading before anything is broken"""
FAULT_S: Final = 10.0
PATIENCE_S: Final = 50.0
"""how long healing is waited for; divided by the time scale, as `FAULT_S` is, and at least `LEAST_PATIENCE_S`"""
LEAST_PATIENCE_S: Final = 10.0
LOOK_S: Final = 0.05
IN_FLIGHT_S: Final = 1.0
"""how long the answer to the order is held back, in the middle of which the process is killed"""
PLACE: Final = "/api/v5/trade/order"
WITH_SECOND_VENUE: Final = frozenset({Scenario.VENUE_OUTAGE, Scenario.RATE_LIMIT_STORM})


@dataclass(slots=True)
class Rig:
    """What a scenario works with."""

    home: Path
    venues: Sequence[DrillVenue]
    time_scale: int
    operator: str
    said: list[Said] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    began: int = 0
    """when the fault began, monotonic ns"""
    ended: int = 0
    """when it was taken back"""

    @property
    def primary(self) -> DrillVenue:
        return self.venues[0]

    @property
    def patience_s(self) -> float:
        return max(LEAST_PATIENCE_S, PATIENCE_S / self.time_scale)

    def since(self, moment: int | None) -> float | None:
        """Return seconds since the fault began."""
        return None if moment is None else round((moment - self.began) / SECOND, 4)


@dataclass(frozen=True, slots=True)
class Course:
    """What a scenario came to, and the moments it was read off."""

    scenario: Scenario
    measured: Measured
    signs: tuple[tuple[float, str, str], ...]
    """seconds since the fault began, adapter, what changed: from unwell to well again"""
    alerts: tuple[str, ...]


async def run_scenario(scenario: Scenario, time_scale: int, operator: str) -> Course:
    """Run one; everything it starts has ended on return, also when it is canceled. Raises GoliveError when it cannot begin."""
    adapters = (PRIMARY, SECOND_VENUE) if scenario in WITH_SECOND_VENUE else (PRIMARY,)
    async with AsyncExitStack() as undo:
        home = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="golive-drill-", ignore_cleanup_errors=True)))
        venues = []
        for number, adapter in enumerate(adapters):
            venues.append(await DrillVenue.start(adapter, time_scale, seed=number + 1))
            undo.push_async_callback(venues[-1].close)
        rig = Rig(home, venues, time_scale, operator)
        healed = await (_killed(rig) if scenario is Scenario.PROCESS_KILL else _broken(scenario, rig))
        return await _course(scenario, rig, healed)


async def _broken(scenario: Scenario, rig: Rig) -> int | None:
    """Break the venue under a live desk of this process; return when books agreed again."""
    risk = OrderRisk(LIMITS, SystemClock())
    accounts = [(each.adapter, each.process.rest, each.credentials) for each in rig.venues]
    plan = drill_plan(rig.home, accounts, rig.time_scale, risk.decide, rig.alerts.append, rig.operator)
    trader = await Trader.open(plan, risk, rig.said.append)
    trading = asyncio.create_task(trader.trade(), name="trading of the drill")
    try:
        await asyncio.sleep(CALM_S)
        await _break(scenario, rig)
        healed = await _healed(trader, rig)
        trading.cancel()
        await asyncio.gather(trading, return_exceptions=True)
        await trader.desk.settled(rig.patience_s)
    finally:
        trading.cancel()
        await asyncio.gather(trading, return_exceptions=True)
        await trader.close()
    return healed


async def _break(scenario: Scenario, rig: Rig) -> None:
    """Break the primary venue for `FAULT_S` (scaled) and take the fault back."""
    lasts_s, venue = FAULT_S / rig.time_scale, rig.primary
    rig.began = time.monotonic_ns()
    if scenario is Scenario.VENUE_OUTAGE:
        await venue.break_by("outage", seconds=lasts_s)
    elif scenario is Scenario.RATE_LIMIT_STORM:
        await venue.break_by("throttle", match="/api/v5/trade/*")
    else:
        await venue.break_by("ws_silence", match="*")
    await asyncio.sleep(lasts_s)
    if scenario is not Scenario.VENUE_OUTAGE:  # an outage ends by itself
        await venue.mend()
    rig.ended = time.monotonic_ns()


async def _healed(trader: Trader, rig: Rig) -> int | None:
    """Wait until orders are executed again and our books say what the venue's say; return when they did first."""
    deadline = time.monotonic_ns() + int(rig.patience_s * SECOND)
    agreed: int | None = None
    while time.monotonic_ns() < deadline:
        await asyncio.sleep(LOOK_S)
        if agreed is None and await _agrees(trader, rig):
            agreed = time.monotonic_ns()
        if agreed is not None and timeline.executed_again(rig.said, PRIMARY, rig.ended) is not None:
            break
    return agreed


async def _agrees(trader: Trader, rig: Rig) -> bool:
    """Say whether all that was asked until the fault was over is in our books as in those of the venues."""
    asked = timeline.asked_since(rig.said, 0, rig.ended)
    try:
        return all([agrees(trader.desk, each.adapter, await each.orders(), asked, rig.said) for each in rig.venues])
    except VenueError:  # it is not back yet
        return False


async def _killed(rig: Rig) -> int | None:
    """Kill a trading process with an order in flight, start another in its place; return when that had recovered."""
    venue = rig.primary
    order = order_of(rig.home, venue.adapter, venue.process.rest, venue.credentials, rig.time_scale, rig.operator)
    async with AsyncExitStack() as undo:
        first = await TradingProcess.start(order, rig.said.append)
        undo.push_async_callback(first.close)
        await _said(rig, first, What.FILL, 0)
        await asyncio.sleep(CALM_S)
        await venue.break_by("delay", match=PLACE, method="POST", seconds=IN_FLIGHT_S, count=1)
        await _said(rig, first, What.ASKED, time.monotonic_ns())
        await asyncio.sleep(IN_FLIGHT_S / 4)
        rig.began = rig.ended = time.monotonic_ns()
        first.kill()
        await first.gone()
        rig.said.append(Said(time.monotonic_ns(), What.UNWELL, PRIMARY, "", "the trading process is gone"))
        second = await TradingProcess.start(order, rig.said.append)
        undo.push_async_callback(second.close)
        ready = await _said(rig, second, What.READY, rig.began)
        await _said(rig, second, What.FILL, ready or rig.began)
    return ready


async def _said(rig: Rig, process: TradingProcess, what: What, since: int) -> int | None:
    """Wait until something was said and return when; None: not within the patience. Raises GoliveError when the process ended."""
    deadline = time.monotonic_ns() + int((rig.patience_s + LEAST_PATIENCE_S) * SECOND)
    while time.monotonic_ns() < deadline:
        if (moment := timeline.first_of(rig.said, what, since)) is not None:
            return moment
        await process.require_running()
        await asyncio.sleep(0.01)
    return None


async def _course(scenario: Scenario, rig: Rig, healed: int | None) -> Course:
    """Compare venues and journals, which nobody has open any more, and read the times off what was said."""
    said, began = rig.said, rig.began
    at_venues = {venue.adapter: await venue.orders() for venue in rig.venues}
    ids = executed(at_venues.values())
    recovered = timeline.executed_again(said, PRIMARY, rig.ended)
    lost = await asyncio.to_thread(missing_since, rig.home, at_venues, timeline.asked_at(said), said[0].at)
    if scenario is Scenario.PROCESS_KILL:
        went_on = timeline.first_of(said, What.STARTED, began)
    elif scenario in WITH_SECOND_VENUE:
        went_on = timeline.executed_elsewhere(said, began)
    else:  # silence: the first execution since then that was heard of all the same
        went_on = timeline.executed_again(said, PRIMARY, began)
    # What is in flight when a process is killed was asked a moment before.
    counted = began - int(IN_FLIGHT_S * SECOND) if scenario is Scenario.PROCESS_KILL else began
    last = max(each.at for each in said)
    measured = Measured(
        detect_seconds=rig.since(timeline.detected(said, PRIMARY, began)),
        failover_seconds=rig.since(went_on),
        reconcile_seconds=rig.since(healed),
        recover_seconds=rig.since(recovered),
        fault_seconds=rig.since(rig.ended),
        orders_asked=len(timeline.asked_since(said, counted, recovered)),
        orders_failed=timeline.failed(said, ids, counted, recovered),
        orders_duplicated=timeline.duplicated(said, ids),
        data_loss_seconds=0.0 if lost is None else round((last - lost) / SECOND, 4),
    )
    signs = tuple(
        (round((each.at - began) / SECOND, 4), each.adapter, each.detail or "well again")
        for each in said
        if each.what in (What.UNWELL, What.WELL) and each.at >= began
    )
    return Course(scenario, measured, signs, tuple(alert.title for alert in rig.alerts))
