"""Where the product's bot trades: its venue, its home, and the plan its live desk is opened with."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from crash.rig import SCALE, symbols
from golive.execution.live.route import Route
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.secret import Credentials
from golive.model.verdict import Stage
from golive.risk import RiskProfile
from golive.runtime.clock import SystemClock
from golive.runtime.live.plan import AccountPlan, LivePlan, Timing
from golive.storage.keys import SigningKeys
from golive.venues import AdapterSettings, VenueAdapter, VenueProfile, profile_named

ORDER_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 10.0
"""both at scale 1:1"""
CALLS = 3
"""at a time, as in the product's configuration"""


@dataclass(frozen=True)
class Place:
    """Where a bot lives: its venue, its home, the key it trades with."""

    venue: str
    rest: str
    home: Path
    credentials: Credentials

    @property
    def adapter(self) -> str:
        return f"{self.venue}_spot"


class Silent:
    """A guardrail sink for a process that is about to be killed: what it would say, the checker does not read."""

    def event(self, **_: Any) -> None:
        return


def scaled_profile(venue: str, scale: int) -> VenueProfile:
    """Return the venue's profile at 1:`scale`, its receive window too.

    Without budgets, because the venue has no limits here, and with the venue's memory as long as it is: it never forgets here, and a
    run takes longer than a hundredth of what it remembers.
    """
    real = profile_named(f"{venue}_spot")
    profile = replace(real.scaled(scale), budget=(), memory_s=real.memory_s)
    window = profile.ccxt_options.get("recvWindow")
    if not isinstance(window, int):
        return profile
    return replace(profile, ccxt_options={**profile.ccxt_options, "recvWindow": window // scale})


def plan_of(
    place: Place,
    listed: Mapping[InstrumentId, Instrument] | None,
    *,
    lease_s: float = 5.0,
    scale: int = SCALE,
    calls: int = CALLS,
    signing: str = "ccxt",
) -> LivePlan:
    """Return what the product's desk is opened with; `lease_s`: a process stopped for this long sends nothing more.

    `calls`: so many are made at a time, and twice as many are let in; `signing`: `ccxt`, or `direct`, our own shorter path.
    """
    settings = AdapterSettings(
        exchange=place.venue,
        environment=f"{place.venue}_live",
        queue=place.adapter,
        endpoint=place.rest,
        credentials=place.credentials,
        timeout_s=READ_TIMEOUT_S / scale,
        signing=signing,
        max_concurrency=calls,
        burst=2 * calls,
    )
    account = AccountPlan(
        profile=scaled_profile(place.venue, scale), settings=settings, account="main", symbols=symbols(place.venue), listed=listed
    )
    timing = replace(Timing().scaled(scale), tick_s=0.02, lease_s=lease_s)
    return LivePlan(
        home=place.home,
        stage=Stage.REHEARSAL,
        entrypoint="crash",
        risk_profile=PROFILE.name,
        risk_profile_digest=PROFILE.digest,
        operator="crash",
        code_version="crash",
        keys=SigningKeys.load_or_create(place.home),
        accounts=(account,),
        routes=(Route(name="main", adapters=(place.adapter,), attempt_budget_ms=int(1000 * ORDER_TIMEOUT_S / scale)),),
        judge=lambda order: Approved(order, 0),
        clock=SystemClock(),
        recorder=MemoryRecorder(),
        guardrails=Silent(),
        alert=lambda _: None,
        dead_man_switch_seconds=0,
        export_path=None,
        timing=timing,
        verifies_whole_journal=False,
        whole_rows=0,
    )


PROFILE = RiskProfile(
    name="crash",
    max_daily_loss_pct=Decimal("0.5"),
    hard_drawdown_pct=Decimal("0.5"),
    max_position_pct=Decimal("0.5"),
    max_open_positions=10,
)


def listed_at(place: Place) -> Mapping[InstrumentId, Instrument]:
    """Ask the venue what it lists, with everything imported that a life needs."""

    async def ask() -> Mapping[InstrumentId, Instrument]:
        plan = plan_of(place, None)
        account = plan.accounts[0]
        adapter = VenueAdapter(
            account.profile, account.settings, recorder=plan.recorder, clock=plan.clock, guardrails=plan.guardrails, rng=Random(0)
        )
        try:
            return await adapter.load()
        finally:
            await adapter.close()

    return asyncio.run(ask())


TICKERS: Mapping[str, Callable[[str, str], tuple[str, Callable[[Any], str]]]] = {
    "okx": lambda base, quote: (f"/api/v5/market/ticker?instId={base}-{quote}", lambda said: said["data"][0]["last"]),
    "kraken": lambda base, quote: (
        f"/0/public/Ticker?pair={'XBT' if base == 'BTC' else base}{quote}",
        lambda said: next(iter(said["result"].values()))["c"][0],
    ),
    "bybit": lambda base, quote: (
        f"/v5/market/tickers?category=spot&symbol={base}{quote}",
        lambda said: said["result"]["list"][0]["lastPrice"],
    ),
}


def prices_at(place: Place) -> dict[InstrumentId, Decimal]:
    """Ask the venue for its last prices."""
    found = {}
    for symbol in symbols(place.venue):
        base, _, quote = symbol.partition("/")
        path, read = TICKERS[place.venue](base, quote)
        with urllib.request.urlopen(place.rest + path, timeout=5) as answer:
            found[InstrumentId(place.venue, base, quote)] = Decimal(read(json.loads(answer.read())))
    return found
