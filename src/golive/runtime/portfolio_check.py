"""Gathers what a portfolio check judges: the account is recovered as a start does it, then read at its venue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.config.portfolio_section import Portfolio
from golive.model.clock import SECOND, Clock
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import EXACT
from golive.model.movement import total
from golive.readiness.portfolio import Drift, Holding, PortfolioCheck, document
from golive.risk import RiskProfile
from golive.storage.decision_step import record_step
from golive.storage.files import make_directory, write_atomic

from .host_signer import host_signer
from .live.desk import LiveDesk
from .live.order_account import Holdings
from .live.order_reading import read_account
from .live.plan import LivePlan
from .live.reconcile_views import Books

PATH: Final = Path("var/audit/portfolio/portfolio_check.json")
"""relative to home; the newest check"""
STEP: Final = "portfolio_check"
READINGS: Final = 2
"""the first may meet a fill that was booked while it read, and one that the start has only just written down"""


async def checked(plan: LivePlan, profile: RiskProfile, section: Portfolio) -> PortfolioCheck:
    """Check the entrypoint's own account; nothing is sent, and what the venue tells of our orders is booked as at any start.

    Raises PrerequisiteMissing when another process holds the account, JournalError, and the family of a venue's fault.
    """
    quiet = replace(plan, accounts=plan.accounts[:1], dead_man_switch_seconds=0, withdraws=False, opens_blocked=True)
    for _ in range(READINGS):
        check = await _read(quiet, profile, section)
        if check.problem or not any(each.differs for each in check.holdings):
            break
    return check


async def _read(plan: LivePlan, profile: RiskProfile, section: Portfolio) -> PortfolioCheck:
    desk = await LiveDesk.open(plan)
    try:
        adapter = plan.accounts[0].adapter
        parts, instruments = desk.account(adapter).parts, desk.instruments(adapter)
        seen = await read_account(parts.adapter, instruments, profile, plan.clock, timeframe=None, symbol=None, working=())
        books = Books.of(desk.stored(adapter))
        ledger = None
        if books.baseline is not None:
            adopted = (each.booked for each in books.consents.adopted.values())
            ledger = total([books.baseline, books.booked, parts.booked, books.consents.accepted, *adopted])
        problem = "" if parts.readiness.is_ready else parts.readiness.why_not
    finally:
        await desk.close()
    return portfolio_of(plan.entrypoint, plan.clock.now(), seen, ledger, section, problem)


def portfolio_of(
    name: str, ts: int, seen: Holdings, ledger: Mapping[str, Decimal] | None, section: Portfolio, problem: str
) -> PortfolioCheck:
    """Put venue, ledger and targets side by side; the value is counted in the quote asset of the first instrument."""
    by_base: dict[str, Instrument] = {}
    for each in seen.instruments.values():
        by_base.setdefault(each.base, each)
    first = next(iter(seen.instruments.values()))
    equity = seen.equity(first)
    value = None if equity is None else Decimal(equity).scaleb(-first.quote_scale, EXACT)
    has = {asset: Decimal(each.total).scaleb(-each.scale, EXACT) for asset, each in seen.balances.items()}
    booked = {} if ledger is None else ledger
    holdings = []
    for asset in sorted({*by_base, *(a for a, amount in has.items() if amount), *(a for a, amount in booked.items() if amount)}):
        instrument = by_base.get(asset)
        amount = has.get(asset, Decimal(0))
        holdings.append(
            Holding(
                instrument=str(instrument.id) if instrument else f"{first.id.venue}:{asset}",
                venue=amount,
                ledger=None if ledger is None else booked.get(asset, Decimal(0)),
                share=None if instrument is None else _share(seen, instrument, amount, value),
                target=None if instrument is None else section.targets.get(str(instrument.id)),
                is_traded=instrument is not None,
            )
        )
    limits = Drift(max_abs=section.max_drift_abs, max_rel=section.max_drift_rel)
    return PortfolioCheck(ts=ts, portfolio_id=name, value=value, holdings=tuple(holdings), limits=limits, problem=problem)


def _share(seen: Holdings, instrument: Instrument, amount: Decimal, value: Decimal | None) -> Decimal | None:
    """Return which part of the value an amount is, at what it could be sold for now; None without a price or a value."""
    if not amount:
        return Decimal(0)
    key: InstrumentId = instrument.id
    bids = seen.books[key].bids if key in seen.books else ()
    if not value or not bids:
        return None
    return amount * bids[0][0] * instrument.tick_size / value


def keep_check(home: Path, check: PortfolioCheck, clock: Clock, operator: str, began: int) -> Path:
    """Write the document, and the step `portfolio_check` with its digest into the decision log; return the file.

    `began`: monotonic, ns. Raises JournalError.
    """
    path = home / PATH
    make_directory(path.parent)
    write_atomic(path, (json.dumps(document(check), indent=2, ensure_ascii=False) + "\n").encode(), durable_name=True)
    milliseconds = (clock.monotonic() - began) * 1000 // SECOND
    record_step(home, host_signer(home, clock, operator), STEP, check.status, milliseconds, [path])
    return path
