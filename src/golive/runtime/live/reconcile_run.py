"""One reconciliation of an entrypoint's accounts: each is recovered as a start does it, and what does not agree is a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from golive.execution.reconciliation import Difference
from golive.model.errors import VenueError
from golive.model.verdict import ExitCode, Stage

from .desk import LiveDesk
from .opening import NotReady
from .plan import AccountPlan, LivePlan
from .reconcile_consent import NotOffered, Request, adopted_row, agree, offered, was_agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFound:
    """How one account stands; `problem` is why it could not be said."""

    account: AccountPlan
    differences: tuple[Difference, ...] = ()
    working: int = 0
    """orders of ours that work at the venue"""
    problem: str = ""

    @property
    def status(self) -> Literal["agrees", "differs", "unknown"]:
        if self.problem:
            return "unknown"
        return "differs" if self.differences else "agrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """All accounts of an entrypoint, and what was agreed to just now."""

    entrypoint: str
    stage: Stage
    accounts: tuple[AccountFound, ...]
    consent: Request | None = None
    did_change: bool = False

    @property
    def exit_code(self) -> ExitCode:
        found = {each.status for each in self.accounts}
        if "differs" in found:
            return ExitCode.BLOCKED
        return ExitCode.UNKNOWN if "unknown" in found else ExitCode.OK


async def examined(plan: LivePlan) -> Reconciliation:
    """Recover each account as a start does, and give it back; no new order can leave and the venue's switch is not armed.

    Orders of ours whose outcome is unknown are asked about, and what the venue tells of them is booked. An account that agrees
    for the first time gets its baseline. Raises PrerequisiteMissing when another process holds an account, JournalError for a
    journal that is not sound.
    """
    found = tuple([await _examined(plan, account) for account in plan.accounts])
    return Reconciliation(entrypoint=plan.entrypoint, stage=plan.stage, accounts=found)


async def _examined(plan: LivePlan, account: AccountPlan) -> AccountFound:
    quiet = replace(plan, accounts=(account,), dead_man_switch_seconds=0, withdraws=False)
    try:
        desk = await LiveDesk.open(quiet)
    except NotReady as exc:
        return AccountFound(account=account, differences=exc.differences)
    except VenueError as exc:
        return AccountFound(account=account, problem=str(exc))
    working = len(desk.router.unended)
    await desk.close()
    return AccountFound(account=account, working=working)


async def agreed(plan: LivePlan, before: Reconciliation, request: Request) -> Reconciliation:
    """Agree to one row of the table of `before`, do it, and return how things stand then.

    What was agreed to before changes nothing; an order that was adopted can be canceled without a row. Raises NotOffered for
    what the table does not have, and what `agree` raises.
    """
    try:
        account, row = _row(before.accounts, request)
    except NotOffered:
        for each in plan.accounts:
            if adopted := await adopted_row(plan, each, request):
                await agree(plan, each, request, adopted)
                return replace(await examined(plan), consent=request, did_change=True)
            if await was_agreed(plan, each, request):
                return replace(before, consent=request)
        raise
    await agree(plan, account, request, row)
    return replace(await examined(plan), consent=request, did_change=True)


def _row(accounts: Sequence[AccountFound], request: Request) -> tuple[AccountPlan, Difference]:
    everything = [row for found in accounts for row in found.differences]
    row = offered(request, everything)
    return next(found.account for found in accounts if row in found.differences), row
