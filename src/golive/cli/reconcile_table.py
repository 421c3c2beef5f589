"""What `golive reconcile` shows a person: one table per account, and below it what may be done about each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from .terminal import clean

if TYPE_CHECKING:
    from rich.console import Console

    from golive.execution.reconciliation import Difference
    from golive.runtime.live.reconcile_run import AccountFound, Reconciliation

_STYLES: Final = {"agrees": "green", "differs": "bold red", "unknown": "yellow"}
_MEANING: Final = {
    "adopt": "take it over: its fills are booked as ours until it ends",
    "cancel": "cancel it at the venue",
    "leave": "leave it to whoever placed it",
    "accept-balance": "take the venue's balance as right",
    "sign-absent": "state that it does not exist at the venue; only after looking there yourself",
}


def print_reconciliation(found: Reconciliation, options: Sequence[str], stream: TextIO, *, width: int | None = None) -> None:
    """Print how each account stands, what differs, and the commands that decide it, run with `options`.

    Colours only on a terminal; `width` is in columns, that of the terminal when None.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    if found.consent is not None:
        done = "agreed and done" if found.did_change else "was agreed to before, nothing to do"
        console.print(Text(clean(f"{found.consent.choice} {found.consent.subject}: {done}")))
    for account in found.accounts:
        title = f"{account.account.adapter} · {account.account.settings.environment} · key {account.account.account}"
        console.print(Text(clean(title), style="bold"))
        console.print(Text(clean(_sentence(account, did_change=found.did_change)), style=_STYLES[account.status]), soft_wrap=True)
        for number, row in enumerate(account.differences, 1):
            _print_row(number, row, options, console)
    verdicts = {0: "agrees", 3: "blocked: no order leaves", 6: "cannot be said now"}
    console.print(Text(f"{found.entrypoint} · {found.stage}: {verdicts[int(found.exit_code)]} (exit {int(found.exit_code)})"))


def _sentence(account: AccountFound, *, did_change: bool) -> str:
    if account.problem:
        return (
            f"cannot be said: {account.problem}; see that the venue runs at the endpoint of its environment, then run this again"
        )
    if account.differences:
        count = len(account.differences)
        touched = "Nothing else was touched." if did_change else "Nothing was touched."
        return f"journal and venue do not agree: {count} difference{'s' if count != 1 else ''}. {touched}"
    orders = f"{account.working} order{'s' if account.working != 1 else ''} of ours {'work' if account.working != 1 else 'works'}"
    return (
        f"journal and venue agree; {orders} there" if account.working else "journal and venue agree; no order of ours works there"
    )


def _print_row(number: int, row: Difference, options: Sequence[str], console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    where = f" · {row.instrument}" if row.instrument else ""
    title = f"{number}. {row.kind.replace('_', ' ')} {row.subject}{where}"
    table = Table(show_header=False, title=Text(clean(title)), title_justify="left", min_width=60)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (("journal", row.ours), ("venue", row.theirs), ("meaning", row.detail)):
        table.add_row(name, Text(clean(value)))
    console.print(table)
    for choice in row.choices:
        console.print(Text(clean(f"   {_MEANING[choice]}:")), soft_wrap=True)
        console.print(Text(clean(f"     {row.command(choice, options)}")), soft_wrap=True)
    if not row.choices:
        console.print(Text("   nothing to decide: run golive reconcile again in a moment"), soft_wrap=True)
