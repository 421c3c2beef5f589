"""After the brake: the account is recovered as by every start, so that what was on its way is understood, and sold if asked for.

The desk that does it follows the emergency flag like any other: entries do not leave it, and such as turn up are canceled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from golive.model.errors import GoliveError
from golive.model.instrument import Instrument
from golive.model.money import EXACT, steps_down
from golive.model.order import OrderStatus, Side
from golive.model.verdict import ExitCode
from golive.venues.adapter import VenueAdapter

from ..live.desk import LiveDesk
from ..live.order_request import OrderRequest
from ..live.order_risk import OrderRisk
from ..live.order_run import place
from ..live.plan import LivePlan
from .brake import account_name, read_back
from .document import Shown

POLL_S: Final = 0.01
MOST_SALES: Final = 20
"""market orders of one instrument, each of as much as its venue takes at once"""


@dataclass(frozen=True, slots=True)
class Sale:
    """One market sale of what was held; texts are decimal."""

    account: str
    instrument: str
    quantity: str
    status: str
    filled: str
    is_sure: bool
    """it was filled whole"""
    why_not: str = ""
    """what risk says against it"""


@dataclass(frozen=True, slots=True)
class Settled:
    """How one desk was left. `shown` by account; an account that could not be read back is not there."""

    open_entries: int
    sales: tuple[Sale, ...]
    shown: dict[str, Shown]
    problems: tuple[str, ...]


async def settle(plan: LivePlan, risk: OrderRisk, *, flatten: bool, limit_s: float) -> Settled:
    """Recover the accounts of a plan, wait for the end of every entry, sell what is held if asked, and read back.

    Never raises for a fault of a venue, a journal or a lock: that is a problem of the answer.
    """
    timing = replace(plan.timing, recovery_s=min(plan.timing.recovery_s, limit_s))
    command = replace(plan, dead_man_switch_seconds=0, whole_rows=None, opens_blocked=True, timing=timing)
    try:
        desk = await LiveDesk.open(command)
    except GoliveError as exc:
        return Settled(0, (), {}, (str(exc),))
    sales: list[Sale] = []
    problems: list[str] = []
    shown: dict[str, Shown] = {}
    try:
        await _until(lambda: not desk.router.open_entries, limit_s)
        problems += [f"{name}: {each.why_not}" for name, each in desk.conditions.items() if not each.is_ready]
        if flatten and not problems:
            sales, failed = await _sold(desk, risk, limit_s)
            problems += failed
        for account in desk.plan.accounts:
            parts = desk.account(account.adapter).parts
            try:
                shown[account_name(account)] = await read_back(parts.client, parts.adapter, parts.instruments)
            except GoliveError as exc:
                problems.append(f"{account_name(account)} could not be read back: {exc}")
        left = desk.router.open_entries
    finally:
        try:
            await desk.close()
        except GoliveError as exc:
            problems.append(str(exc))
    return Settled(left, tuple(sales), shown, tuple(problems))


async def _until(condition: Callable[[], bool], limit_s: float) -> None:
    try:
        async with asyncio.timeout(limit_s):
            while not condition():  # noqa: ASYNC110 - the router tells nobody in particular
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        return  # what is left is told by its count


async def _sold(desk: LiveDesk, risk: OrderRisk, limit_s: float) -> tuple[list[Sale], list[str]]:
    """Sell everything held at the market, first what rests is taken back; each order as risk allows it, one after the other."""
    for order in desk.router.unended:
        desk.cancel(order.intent.client_order_id)
    await _until(lambda: not desk.router.unended, limit_s)
    sales: list[Sale] = []
    problems: list[str] = []
    for account in desk.plan.accounts:
        adapter = desk.account(account.adapter).parts.adapter
        for instrument in desk.instruments(account.adapter).values():
            try:
                for _ in range(MOST_SALES):
                    lots = await _free_lots(adapter, instrument)
                    if not lots:
                        break
                    sales.append(await _sale(desk, risk, account_name(account), instrument, lots, limit_s))
                    if not sales[-1].is_sure:
                        break
            except GoliveError as exc:
                problems.append(f"{account_name(account)}: {instrument.id.symbol} was not sold: {exc}")
    return sales, problems


async def _free_lots(adapter: VenueAdapter, instrument: Instrument) -> int:
    """Return the lots that can be sold now: what is free, in one order, and nothing below what the venue takes."""
    balance = (await adapter.balances()).get(instrument.base)
    lots = 0 if balance is None else steps_down(Decimal(balance.free).scaleb(-balance.scale, EXACT), instrument.lot_size)
    lots = min(lots, instrument.max_quantity)
    if lots < instrument.min_quantity:
        return 0
    bids = (await adapter.order_book(instrument, 1)).bids
    return lots if not bids or instrument.notional(bids[0][0], lots) >= instrument.min_notional else 0


async def _sale(desk: LiveDesk, risk: OrderRisk, account: str, instrument: Instrument, lots: int, limit_s: float) -> Sale:
    quantity = instrument.quantity_text(lots)
    request = OrderRequest(side=Side.SELL, quantity=quantity, instrument=str(instrument.id))
    outcome, steps = await place(desk, risk, request, lambda step: None, wait_s=limit_s, stop=asyncio.Event())
    why = next((step.text for step in steps if step.name == "refused"), "")
    is_sure = outcome.exit_code is ExitCode.OK and outcome.status == OrderStatus.FILLED
    return Sale(account, str(instrument.id), quantity, outcome.status, outcome.filled, is_sure, why)
