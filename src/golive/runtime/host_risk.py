"""A session among the others of its host: tells each second what it is worth, and reads what they tell and what holds for all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Final

from golive.engine import Engine
from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND, Clock
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.event import Peers
from golive.model.peer import HostFigures, PeerFigure
from golive.risk.cross import Together
from golive.storage.host_account import SCALE
from golive.storage.host_stop import KeptStop, host_stops
from golive.storage.risk_state import EquityFigure, publish_figure

from .account_chain import AccountChain
from .dispatcher import Dispatcher
from .host_figures import kind_of, read_host, told
from .host_seen import HostSeen
from .host_stop import host_stop_text, keep, noticed, reached_stops
from .plan import Plan

EVERY_S: Final = 1.0


class HostRisk:
    """Publishes for one session, and tells its dispatcher about the others.

    Raises JournalError when what earlier sessions of the entrypoint came to cannot be read.
    """

    def __init__(
        self,
        plan: Plan,
        run_id: Callable[[], str],
        epoch: int,
        clock: Clock,
        warn: Callable[[str], None],
        alert: Callable[[Alert], None],
        seen: HostSeen,
    ) -> None:
        self._plan = plan
        self._run_id = run_id
        self._epoch = epoch
        self._clock = clock
        self._warn = warn
        self._alert = alert
        self._seen = seen
        self._read_at: int | None = None
        self._heard = 0, clock.monotonic()
        """market time of the newest news, and the monotonic clock then"""
        self._quote = plan.instruments[0].quote
        money = kind_of(plan.stage)
        self._chain = None if plan.lock_step else AccountChain(plan.home, plan.entrypoint.name, money, self._quote)

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
            figure = self._figure(engine)
            if self._chain is not None and figure.equity is not None:
                equity = figure.equity * 10**SCALE // 10**figure.quote_scale
                peak = -(-figure.peak * 10**SCALE // 10**figure.quote_scale)
                self._chain.observe(equity, peak, figure.run_id, figure.at)
            publish_figure(self._plan.home, figure)
        except JournalError as exc:
            self._warn(f"what this session is worth cannot be published, so other entrypoints will refuse orders: {exc}")

    def refresh(self, dispatcher: Dispatcher, engine: Engine) -> None:
        """Read the others, once a second, and let the engine know; called before it is shown what the market did.

        Raises JournalError when a stop of all together was reached and cannot be kept.
        """
        now = self._clock.monotonic()
        if self._read_at is not None and now - self._read_at < EVERY_S * SECOND:
            return
        self._read_at = now
        plan, wall = self._plan, self._clock.now()
        try:
            figures = self._read(engine, wall)
        except (JournalError, OSError) as exc:
            self._warn(f"what other entrypoints are worth cannot be read: {exc}")
            figures = HostFigures(peers=(_nobody_knows("every other entrypoint"),))
        reached = self._reached(engine, figures, wall)
        keep(plan.home, reached, wall)
        self._tell(reached)
        figures = figures._replace(stops=(*figures.stops, *map(told, reached)))
        stage, own = kind_of(plan.stage), plan.entrypoint.name
        self._seen.look(figures, own, plan.risk_profile, lambda: host_stops(plan.home, stage, self._quote, wall))
        if any(figures) or engine.host is not None:
            dispatcher.operator(Peers(figures, dispatcher.clock.now))

    def _read(self, engine: Engine, wall: int) -> HostFigures:
        """Return what is known of the host; what earlier sessions came to is not before this one can be valued."""
        name, chain = self._plan.entrypoint.name, self._chain
        figures = read_host(self._plan.home, name, self._plan.stage, self._quote, wall)
        if chain is None or not chain.has_past:
            return figures
        if chain.past is None:
            self.publish(engine)
        if chain.past is None:
            return figures._replace(peers=(*figures.peers, _nobody_knows(name)))
        return figures._replace(own=chain.past)

    def _reached(self, engine: Engine, figures: HostFigures, wall: int) -> tuple[KeptStop, ...]:
        """Return the stops that all together have reached and that nobody has kept yet for this profile."""
        equity, track, profile = engine.risk.equity, engine.risk.track, self._plan.risk_profile
        if equity is None or (not figures.peers and figures.own is None):
            return ()  # alone, and from the beginning: its own limits are the same
        by = noticed(
            stage=self._plan.stage, quote=self._quote, entrypoint=self._plan.entrypoint.name, profile=profile, figures=figures,
            run_id=self._run_id(), now=wall,
        )  # fmt: skip
        own, unit = Together(equity, track.day_start, track.week_start, track.peak), 10 ** engine.ledger.scales[self._quote]
        known = {stop.limit for stop in figures.stops if stop.profile == profile.name}
        return tuple(stop for stop in reached_stops(own, unit, figures, profile, by) if stop.limit not in known)

    def _tell(self, stops: Sequence[KeptStop]) -> None:
        for stop in stops:
            title = f"all {stop.money} money in {stop.quote_asset} has reached {stop.limit}"
            self._alert(Alert("risk", AlertSeverity.CRITICAL, title, host_stop_text(stop)))

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
            uses=() if engine is None else tuple(asdict(state) for state in engine.limit_states(self._market_now(engine))),
        )

    def _market_now(self, engine: Engine) -> int:
        """Return the market's time by what was heard of it last, and how long ago that was."""
        heard, now = max(max(desk.closed_at, desk.book_at) for desk in engine.desks.values()), self._clock.monotonic()
        if heard != self._heard[0]:
            self._heard = heard, now
        return heard + now - self._heard[1]

    def _worth(self, engine: Engine | None) -> tuple[str, int, int | None, int, int]:
        """Return quote asset, its scale, equity, equity at the start of the day and its peak."""
        if engine is not None and engine.risk.equity is not None:
            ledger, track = engine.ledger, engine.risk.track
            return ledger.quote, ledger.scales[ledger.quote], engine.risk.equity, track.day_start, track.peak
        # Before the first mark an account is worth what it begins with, unless that has a price too.
        asset = self._plan.instruments[0].quote
        start = self._plan.start_balances
        if (engine is not None and engine.fills) or self._plan.options.resume or any(start[key] for key in start if key != asset):
            return asset, SCALE, None, 0, 0
        units = int(Decimal(start.get(asset, 0)).scaleb(SCALE))
        return asset, SCALE, units, units, units


def _nobody_knows(name: str) -> PeerFigure:
    return PeerFigure(name, "", 1, None, 0, 0, 0, 0)
