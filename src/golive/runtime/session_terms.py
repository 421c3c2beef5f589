"""What a session trades on and by which rules, as its store keeps it: a restart must find the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from golive.config.endpoint import EMBEDDED
from golive.config.runtime_file import PaperProfile
from golive.model.instrument import Instrument
from golive.model.money import format_decimal
from golive.storage.session_identity import (
    ABLE,
    PROFILE_DIGEST,
    READ_ONLY,
    SCOPE,
    STRATEGY,
    TIMEFRAME,
    TRADING_DIGEST,
    SessionTerms,
)
from golive.venues.registry import profile_named

from .market_facts import MarketFacts
from .plan import Plan


def session_terms(plan: Plan, instruments: Sequence[Instrument], market: MarketFacts) -> SessionTerms:
    """Return the terms of a session whose market is known."""
    rules = plan_rules(plan) | {
        "market source": market.source,
        "fill model": market.fill_model,
        "data sha256": market.data_sha256 or "none",
    }
    return SessionTerms(rules=rules, instruments=tuple(instruments), start_balances=plan.start_balances)


def plan_rules(plan: Plan) -> dict[str, str]:
    """Return the rules that are known before a venue was asked anything."""
    options = plan.options
    rules = {
        STRATEGY: plan.strategy.name,
        PROFILE_DIGEST: plan.risk_profile.digest,
        TRADING_DIGEST: plan.trading_digest,
        "endpoint": plan.endpoint,
        "speed": plan.speed,
        TIMEFRAME: plan.timeframe,
        SCOPE: options.scope,
        READ_ONLY: plan.read_only or ABLE,
        "confirmation": plan.confirmed_by or "manual",
    }
    if plan.endpoint == EMBEDDED:
        rules["seed"] = str(options.seed)
        rules["candles"] = "all" if options.candles is None else str(options.candles)
        rules["volume unit"] = options.volume_unit or "base"
    if plan.entrypoint.paper is not None:
        rules |= _paper_rules(plan.entrypoint.paper) | {"fee asset": profile_named(plan.entrypoint.adapter).fee_asset}
    return rules


def _paper_rules(paper: PaperProfile) -> dict[str, str]:
    fees = {} if paper.fees is None else {name: format_decimal(rate) for name, rate in asdict(paper.fees).items()}
    return {**fees, "latency_ms": "default" if paper.latency_ms is None else format_decimal(paper.latency_ms)}
