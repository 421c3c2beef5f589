"""The brake: every entry order of an account is canceled at its venue, ours or not, without asking a journal first.

It needs nothing but the account's lock and its keys, so it works where a recovery would take long, or could not end at all.
A fault is met again after a short pause with jitter; only what the venue itself says to wait is longer (`VenueProfile.urgent`).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.errors import AuthenticationFailed, GoliveError, VenueError
from golive.model.ids import InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import TERMINAL, Side
from golive.storage.order_journal.lease import AccountLease
from golive.venues.adapter import VenueAdapter
from golive.venues.dialect import OrderSighting
from golive.venues.trading import TradingClient

from ..live.account_journal import journal_place
from ..live.plan import AccountPlan, LivePlan
from .document import Shown

PAUSE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Braked:
    """How it went at one account; `shown` None: the venue could not be read back."""

    account: str
    canceled: int
    took_s: float
    """until none was left; reading back comes after it"""
    shown: Shown | None
    problem: str = ""


def account_name(account: AccountPlan) -> str:
    """Return the name its journal and lock go by."""
    return f"{account.adapter}_{account.account}"


def is_entry(order: OrderSighting) -> bool:
    """Say whether an order may increase a position; one whose side the venue does not tell may."""
    return order.side is not Side.SELL


async def brake(plan: LivePlan, account: AccountPlan, *, also_sales: bool, limit_s: float) -> Braked:
    """Cancel until none is left or `limit_s` are over, and read back. Never raises for a fault of the venue or the lock."""
    name, began = account_name(account), time.monotonic()
    try:
        lease = AccountLease.acquire(journal_place(plan, account).lock, plan.clock)
    except GoliveError as exc:
        return Braked(name, 0, 0.0, None, str(exc))
    adapter = VenueAdapter(
        account.profile.urgent(), account.settings, recorder=plan.recorder, clock=plan.clock, guardrails=plan.guardrails,
        rng=random.Random(plan.seed),  # noqa: S311 (draws that come again; no secret)
    )  # fmt: skip
    seen: set[VenueOrderId] = set()
    ended, shown, problem = began, None, ""
    try:
        client = TradingClient(adapter, plan.stage)
        async with asyncio.timeout(limit_s):
            instruments = await _traded(adapter, account)
            while shown is None:
                try:
                    await asyncio.gather(*(_cancel(client, each, also_sales, seen) for each in instruments.values()))
                    ended = time.monotonic()
                    shown = await read_back(client, adapter, instruments)
                    problem = ""
                except AuthenticationFailed:
                    raise
                except VenueError as exc:
                    problem = str(exc)
                    await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        problem = f"not finished within {limit_s:g} s" + (f": {problem}" if problem else "")
    except GoliveError as exc:
        problem = str(exc)
    finally:
        await adapter.close()
        lease.release()
    return Braked(name, len(seen), (ended if ended > began else time.monotonic()) - began, shown, problem)


async def _cancel(client: TradingClient, instrument: Instrument, also_sales: bool, seen: set[VenueOrderId]) -> None:
    """Cancel until none is left; each order that worked is put into `seen`, also when it ends in a fault."""

    def wanted(order: OrderSighting) -> bool:
        if is_entry(order) or also_sales:
            seen.add(order.venue_order_id)
            return True
        return False

    await client.cancel_all(instrument, wanted)


async def _traded(adapter: VenueAdapter, account: AccountPlan) -> dict[InstrumentId, Instrument]:
    """Return what the account trades of what the venue lists now, asked for until it answers."""
    while True:
        try:
            listed = await adapter.load()
        except VenueError:
            await asyncio.sleep(PAUSE_S)
            continue
        names = [InstrumentId.parse(f"{account.profile.label}:{symbol}") for symbol in account.symbols]
        return {name: listed[name] for name in names if name in listed}


async def read_back(client: TradingClient, adapter: VenueAdapter, instruments: Mapping[InstrumentId, Instrument]) -> Shown:
    """Return what the venue shows now; the family of its fault when it cannot be asked."""
    entries: list[str] = []
    sales: list[str] = []
    for instrument in instruments.values():
        for order in await client.open_orders(instrument):
            if order.status not in TERMINAL:
                named = f"{instrument.id.symbol} {order.client_order_id or order.venue_order_id}"
                (entries if is_entry(order) else sales).append(named)
    balances = {asset: each.total_text for asset, each in sorted((await adapter.balances()).items()) if each.total}
    return Shown(tuple(entries), tuple(sales), balances)


def has_journal(home: Path, plan: LivePlan, account: AccountPlan) -> bool:
    """Say whether the account was ever traded from here."""
    place = journal_place(plan, account)
    return place.url is not None or place.path.exists()
