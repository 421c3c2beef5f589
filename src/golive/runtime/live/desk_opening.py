"""What a live desk is opened with: of each account its adapter, instruments and journal, and one router over all of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from golive.execution.live.route import Venue
from golive.execution.live.router import LiveExecutionRouter
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.venues.adapter import VenueAdapter

from .account_journal import AccountJournal
from .plan import AccountPlan, LivePlan


async def opened_journal(plan: LivePlan, account: AccountPlan, instruments: Mapping[InstrumentId, Instrument]) -> AccountJournal:
    """Open a journal in a thread; who is canceled meanwhile gives it back."""
    opening = asyncio.ensure_future(asyncio.to_thread(AccountJournal.open, plan, account, instruments))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        (await opening).abandon()
        raise


def adapter_of(plan: LivePlan, account: AccountPlan) -> VenueAdapter:
    rng = random.Random(plan.seed)  # noqa: S311 (draws that come again; no secret)
    return VenueAdapter(
        account.profile, account.settings, recorder=plan.recorder, clock=plan.clock, guardrails=plan.guardrails, rng=rng
    )


async def traded_instruments(account: AccountPlan, adapter: VenueAdapter) -> Mapping[InstrumentId, Instrument]:
    """Return what the account trades; ConfigError for a symbol that the venue does not list."""
    listed = account.listed if account.listed is not None else await adapter.load()
    wanted = {symbol: InstrumentId.parse(f"{account.profile.label}:{symbol}") for symbol in account.symbols}
    missing = [symbol for symbol, name in wanted.items() if name not in listed]
    if missing:
        raise ConfigError(f"{account.adapter} does not trade {', '.join(missing)}; change the instruments of the entrypoint")
    return {name: listed[name] for name in wanted.values()}


def router_of(
    plan: LivePlan, instruments: Mapping[str, Mapping[InstrumentId, Instrument]], journals: Mapping[str, AccountJournal]
) -> LiveExecutionRouter:
    return LiveExecutionRouter(
        routes=plan.routes,
        risk_profile=plan.risk_profile,
        venues=[Venue(each.adapter, each.profile.label, instruments[each.adapter]) for each in plan.accounts],
        recorder=plan.recorder,
        monotonic=plan.clock.monotonic,
        reapprove=plan.judge,
        new_id=lambda adapter: journals[adapter].journal.client_order_id(f"{plan.entrypoint}/fallback"),
        degrade=plan.degrade,
        degrade_after_s=plan.degrade_after_s,
        latency_alert_ms=plan.latency_alert_ms,
        fallback_alert=plan.fallback_alert,
        keep_ended_s=plan.timing.keep_ended_s,
        cover_alert_s=plan.timing.cover_alert_s,
        cancel_lag_s=plan.timing.cancel_pause_s,
    )
