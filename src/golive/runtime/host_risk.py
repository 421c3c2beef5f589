"""A session among the others of its host: tells each second what it is worth, and reads what they tell.

Money is of one kind only with money of its kind: paper of demo and paper sessions, a rehearsal's, the sandbox's, real money.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.engine import Engine
from golive.model.clock import SECOND, Clock
from golive.model.errors import JournalError
from golive.model.event import Peers
from golive.model.peer import PeerFigure
from golive.model.verdict import Stage
from golive.storage.risk_state import EquityFigure, publish_figure, running_entrypoints

from .dispatcher import Dispatcher
from .plan import Plan

EVERY_S: Final = 1.0
_START_SCALE: Final = 8
"""digits of a balance before the instruments, and with them the smallest units, are known"""
_KIND: Final = {Stage.DEMO: "paper", Stage.PAPER: "paper"}


def kind_of(stage: str) -> str:
    """Return what kind of money a stage trades with."""
    return _KIND.get(Stage(stage), stage)


def read_peers(home: Path, own: str, stage: str, now: int) -> tuple[PeerFigure, ...]:
    """Return what every other running entrypoint with the same kind of money is worth; `now` wall clock, ns UTC.

    One that has not said what it is counts as of the same kind; a run as fast as it can counts nowhere. Raises JournalError.
    """
    found = []
    for name, figure in running_entrypoints(home):
        if name == own:
            continue
        if figure is None:
            found.append(PeerFigure(name, "", 1, None, 0, 0, 0))
        elif not figure.is_simulation and kind_of(figure.stage) == kind_of(stage):
            unit, age = 10**figure.quote_scale, now - figure.at
            found.append(PeerFigure(name, figure.quote_asset, unit, figure.equity, figure.day_start, figure.peak, age))
    return tuple(found)


class HostRisk:
    """Publishes for one session, and tells its dispatcher about the others."""

    def __init__(self, plan: Plan, run_id: Callable[[], str], epoch: int, clock: Clock, warn: Callable[[str], None]) -> None:
        self._plan = plan
        self._run_id = run_id
        self._epoch = epoch
        self._clock = clock
        self._warn = warn
        self._read_at: int | None = None

    async def run(self, engine: Callable[[], Engine | None]) -> None:
        """Publish every second until cancelled; one that goes as fast as it can says so, once."""
        while True:
            self.publish(engine())
            if self._plan.lock_step:
                return
            await asyncio.sleep(EVERY_S)

    def publish(self, engine: Engine | None) -> None:
        """Publish what the account is worth now; a failure is told, and leaves the others to notice that it grows old."""
        try:
            publish_figure(self._plan.home, self._figure(engine))
        except JournalError as exc:
            self._warn(f"what this session is worth cannot be published, so other entrypoints will refuse orders: {exc}")

    def refresh(self, dispatcher: Dispatcher, engine: Engine) -> None:
        """Read the others, once a second, and let the engine know; called before it is shown what the market did."""
        now = self._clock.monotonic()
        if self._read_at is not None and now - self._read_at < EVERY_S * SECOND:
            return
        self._read_at = now
        try:
            peers = read_peers(self._plan.home, self._plan.entrypoint.name, self._plan.stage, self._clock.now())
        except (JournalError, OSError) as exc:
            self._warn(f"what other entrypoints are worth cannot be read: {exc}")
            peers = (PeerFigure("every other entrypoint", "", 1, None, 0, 0, 0),)
        if peers or engine.peers:
            dispatcher.operator(Peers(peers, dispatcher.clock.now))

    def _figure(self, engine: Engine | None) -> EquityFigure:
        plan = self._plan
        asset, scale, equity, day_start, peak = self._worth(engine)
        return EquityFigure(
            entrypoint=plan.entrypoint.name,
            stage=plan.stage,
            is_simulation=plan.lock_step,
            quote_asset=asset,
            quote_scale=scale,
            equity=equity,
            day_start=day_start,
            peak=peak,
            at=self._clock.now(),
            pid=os.getpid(),
            epoch=self._epoch,
            run_id=self._run_id(),
            profile=plan.risk_profile.name,
            risk_profile_digest=plan.risk_profile.digest,
            state="ACTIVE" if engine is None else engine.risk.state,
            uses=() if engine is None else tuple(asdict(use) for use in engine.present_uses()),
        )

    def _worth(self, engine: Engine | None) -> tuple[str, int, int | None, int, int]:
        """Return quote asset, its scale, equity, equity at the start of the day and its peak."""
        if engine is not None and engine.risk.equity is not None:
            ledger, track = engine.ledger, engine.risk.track
            return ledger.quote, ledger.scales[ledger.quote], engine.risk.equity, track.day_start, track.peak
        # Before the first mark an account is worth what it begins with, unless that has a price too.
        asset = self._plan.instruments[0].quote
        start = self._plan.start_balances
        if (engine is not None and engine.fills) or self._plan.options.resume or any(start[key] for key in start if key != asset):
            return asset, _START_SCALE, None, 0, 0
        units = int(Decimal(start.get(asset, 0)).scaleb(_START_SCALE))
        return asset, _START_SCALE, units, units, units
