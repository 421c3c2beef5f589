"""The part of a panic that needs the configuration and the keys: which accounts there are, the brake, settling, reading back.

Accounts are worked on side by side, so that one at a slow venue keeps no other exposed; only those that the routes of one
entrypoint join are settled together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.resolved import ResolvedEntrypoint
from golive.model.emergency import TradingState
from golive.model.errors import GoliveError
from golive.storage.emergency_ack import ack_of

from ..clock import SystemClock
from ..live.order_risk import OrderRisk
from ..live.plan import LivePlan
from ..live_plan import live_plan
from ..live_surroundings import surroundings
from ..risk_limits import risk_profile_of
from ..routes import accounts_of
from .brake import Braked, account_name, brake, has_journal
from .document import Shown
from .panic import Panic
from .selection import Selection
from .settling import Settled, settle
from .writers import Hold

BRAKE_S: Final = 15.0
"""how long the brake may take at one account before the panic goes on without it"""
HALTED_WAY_OUT: Final = (
    "while it is HALTED nothing leaves, sales included: lift it by two operators (golive risk clear-emergency --operator NAME), "
    "then golive panic --flatten"
)


@dataclass(frozen=True, slots=True)
class Desk:
    """One entrypoint that trades for real, ready to be opened."""

    plan: LivePlan
    risk: OrderRisk

    @property
    def accounts(self) -> frozenset[str]:
        """Names of its accounts' journals and locks."""
        return frozenset(map(account_name, self.plan.accounts))


async def work_on_accounts(
    panic: Panic, selection: Selection, key_file: Path | None, *, flatten: bool, wait_s: float
) -> dict[str, Shown]:
    """Brake, settle and read back every account of the selection that nobody holds; return what the venues show at the end.

    One that is held is in the hands of a process that has answered: it alone uses the keys, and its word is the reading back.
    """
    shown: dict[str, Shown] = {}
    with ExitStack() as stack:
        free = [each for each in selection.live if not _is_held(panic, selection, each)]
        desks = [desk for each in free if (desk := _desk(panic, selection, each, key_file, stack)) is not None]
        groups = sharing(desks)
        ends = await asyncio.gather(
            *(_work_on(panic, group, shown, flatten=flatten, wait_s=wait_s) for group in groups), return_exceptions=True
        )
        for group, end in zip(groups, ends, strict=True):
            if isinstance(end, BaseException):  # a fault of ours at one account is no reason to leave another one as it is
                names = ", ".join(sorted({name for desk in group for name in desk.accounts}))
                panic.told("accounts", "problem", f"{names}: not finished: {type(end).__name__}: {end}")
    return shown


def sharing(desks: Sequence[Desk]) -> list[list[Desk]]:
    """Return the desks in groups: those that have an account in common, of which only one can hold it, stand in one."""
    groups: list[list[Desk]] = []
    for desk in desks:
        joined: list[Desk] = []
        apart: list[list[Desk]] = []
        for group in groups:
            if any(desk.accounts & other.accounts for other in group):
                joined += group
            else:
                apart.append(group)
        groups = [*apart, [*joined, desk]]
    return groups


async def _work_on(panic: Panic, desks: Sequence[Desk], shown: dict[str, Shown], *, flatten: bool, wait_s: float) -> None:
    accounts = {account_name(account): (desk.plan, account) for desk in desks for account in desk.plan.accounts}
    braked = await asyncio.gather(
        *(brake(plan, account, also_sales=flatten, limit_s=BRAKE_S) for plan, account in accounts.values())
    )
    for each in braked:
        _tell_braked(panic, each, shown)
    for desk in desks:
        if flatten or any(has_journal(panic.home, desk.plan, account) for account in desk.plan.accounts):
            _tell_settled(panic, desk.plan, await settle(desk.plan, desk.risk, flatten=flatten, limit_s=wait_s), shown)
    for name in accounts:
        _tell_shown(panic, name, shown.get(name))


def _desk(panic: Panic, selection: Selection, each: ResolvedEntrypoint, key_file: Path | None, stack: ExitStack) -> Desk | None:
    """Return the desk of an entrypoint; None, and why is told, when it cannot be opened from here."""
    risk = OrderRisk(risk_profile_of(each), SystemClock())
    try:
        around = stack.enter_context(
            surroundings(  # `telling` waits
                panic.home, selection.configuration, each, risk.decide, panic.operator, told_s=0.0, secrets=panic.secrets
            )
        )
        plan = live_plan(selection.configuration, each.name, home=panic.home, key_file=key_file, around=around)
    except GoliveError as exc:
        was_used = _was_used(panic.home, selection, each)
        panic.told(
            "accounts", "problem" if was_used else "unchanged", f"{each.name}: {'' if was_used else 'never traded; '}{exc}"
        )
        return None
    return Desk(plan, risk)


def _is_held(panic: Panic, selection: Selection, each: ResolvedEntrypoint) -> bool:
    """Say whether a running process has one of the accounts, and tell it; one that trades under a profile for which the mode is
    not on has canceled nothing.
    """
    held = [
        hold
        for name in Selection((each,), selection.configuration).accounts
        if (hold := Hold(panic.home, name, True)).holder is not None
    ]
    for hold in held:
        ack = ack_of(panic.home, hold.holder or 0)
        if ack is not None and panic.reading.calls and panic.reading.emergencies.of(ack.risk_profile) is None:
            why = f"{hold.name}: process {ack.pid} holds it for {ack.entrypoint}, under {ack.risk_profile}, which goes on"
            panic.told("read back", "problem", f"{why}; entries of {each.name} may still work: golive panic stops both")
        else:
            panic.told("read back", "done", f"{hold.name}: by the process that holds it, which saw the end of every entry order")
    return bool(held)


def _was_used(home: Path, selection: Selection, each: ResolvedEntrypoint) -> bool:
    """Say whether orders of an entrypoint may have left from here: one of its accounts has a journal, or one on a server."""
    if selection.configuration.core.execution.order_journal.url is not None:
        return True
    names = (f"{member.adapter}_{member.keychain_key}" for member in accounts_of(selection.configuration, each))
    return any((home / "var/state/orders" / f"{name}.sqlite").exists() for name in names)


def _tell_braked(panic: Panic, braked: Braked, shown: dict[str, Shown]) -> None:
    if braked.problem:
        panic.told("cancel", "problem" if braked.shown is None else "unchanged", f"{braked.account}: {braked.problem}")
    else:
        took = f"in {braked.took_s:.1f} s"
        panic.told("cancel", "done", f"{braked.account}: {braked.canceled or 'no'} working orders canceled at the venue {took}")
    if braked.shown is not None:
        shown[braked.account] = braked.shown


def _tell_settled(panic: Panic, plan: LivePlan, settled: Settled, shown: dict[str, Shown]) -> None:
    names = ", ".join(account_name(account) for account in plan.accounts)
    for problem in settled.problems:
        panic.told("settle", "problem", f"{names}: {problem}")
    if settled.open_entries:
        panic.told("settle", "problem", f"{names}: {settled.open_entries} entry orders have not ended")
    elif not settled.problems:
        panic.told("settle", "done", f"{names}: journal and venue agree, no entry order of ours is left")
    halted = panic.reading.emergencies.of(plan.risk_profile)
    way_out = f"; {HALTED_WAY_OUT}" if halted is not None and halted.state is TradingState.HALTED else ""
    for sale in settled.sales:
        what = f"{sale.account}: {sale.quantity} {sale.instrument} at the market, {sale.status}, filled {sale.filled}"
        panic.told(
            "flatten", "done" if sale.is_sure else "problem", what + (f": {sale.why_not}{way_out}" if sale.why_not else "")
        )
    shown.update(settled.shown)


def _tell_shown(panic: Panic, name: str, shown: Shown | None) -> None:
    if shown is None:
        panic.told("read back", "problem", f"{name}: the venue could not be read back")
        return
    held = ", ".join(f"{amount} {asset}" for asset, amount in shown.balances.items()) or "nothing"
    sales = f", {len(shown.open_sales)} open sales" if shown.open_sales else ""
    if shown.open_entries:
        panic.told("read back", "problem", f"{name}: still open: {', '.join(shown.open_entries)}; holds {held}")
    else:
        panic.told("read back", "done", f"{name}: no open entry orders{sales}; holds {held}")
