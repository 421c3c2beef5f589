"""The table of `golive risk status`: each limit with a bar, by entrypoint and across, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from golive.model.clock import to_iso
from golive.observability.page import amount
from golive.storage.risk_stop import UNREADABLE, UNTOLD

from .risk_limit_table import limit_tables
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.risk_across import HostStopRow, TogetherRow
    from golive.runtime.risk_status import EntrypointRow, RiskStatus, StopRow

WIDTH = 160
"""of what is not read on a terminal: nothing is cut there"""
TONES = {"ok": "green", "unknown": "yellow", "breached": "red"}
STATES = {"ACTIVE": "green", "REDUCING": "yellow", "HALTED": "red"}


def print_status(status: RiskStatus, stream: TextIO, *, width: int | None = None) -> None:
    """Print everything a person has to know; colours only on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    if width is None and not console.is_terminal:
        console.width = WIDTH
    for row in status.emergency:
        text = f"EMERGENCY MODE ({row.scope}) {row.state} since {to_iso(row.since)} by {row.operator}: {row.reason}"
        console.print(Text(clean(text), style="bold red"), soft_wrap=True)
    for entrypoint in status.entrypoints:
        state = entrypoint.state or "?"
        title = Text.assemble(
            (entrypoint.entrypoint, "bold"), f" · {entrypoint.risk_profile} · ", (state, STATES.get(state, "")),
            f" · auto-trade {entrypoint.auto_trader or entrypoint.auto_trade} · {source_text(entrypoint)}",
        )  # fmt: skip
        console.print(title, soft_wrap=True)
        if entrypoint.stop is not None:
            console.print(Text(f"  {_stop(entrypoint)}", style="red"), soft_wrap=True)
        if entrypoint.equity is not None:
            since = "" if entrypoint.day_start is None else f", day began with {amount(entrypoint.day_start, 2)}"
            peak = "" if entrypoint.peak is None else f", peak {amount(entrypoint.peak, 2)}"
            console.print(f"  equity {amount(entrypoint.equity, 2)} {entrypoint.quote_asset or ''}{since}{peak}", soft_wrap=True)
        if judged := judged_text(entrypoint):
            console.print(Text(f"  {judged}"), soft_wrap=True)
        if entrypoint.limits:
            for part in limit_tables(entrypoint.limits, console.width, was_released=entrypoint.released is not None):
                console.print(part, soft_wrap=isinstance(part, Text))
    for together in status.across:
        console.print(Text(_together(together), style="bold"), soft_wrap=True)
        for stop in together.stops:
            console.print(Text(f"  {_host_stop(together, stop)}", style="red"), soft_wrap=True)
        if together.limits:
            console.print(*limit_tables(together.limits, console.width))
    for problem in status.problems:
        console.print(Text(clean(problem), style="yellow"), soft_wrap=True)
    console.print(Text(f"{status.status} (exit {int(status.exit_code)})", style=TONES[status.status]))


def source_text(row: EntrypointRow) -> str:
    """Say where the figures are from, and how old they are when nothing runs."""
    if row.source == "running":
        return f"running ({row.stage}, process {row.pid})"
    if row.source == "unknown":
        return f"running (process {row.pid or '?'}), and what it is worth is not known"
    if row.source == "unreadable":
        return "not running; the report of its last run cannot be read"
    if row.source == "unfinished":
        told = "nothing was told of it" if row.age_seconds is None else f"as it stood {age_text(row.age_seconds)} ago"
        return f"not running; its last session did not end (killed?), {told}"
    if row.source == "none":
        return "nothing has run yet"
    what = "its last order by hand" if row.source == "order" else f"its last {row.stage} run, at worst"
    return f"not running; of {what}, {age_text(row.age_seconds)} ago"


def judged_text(row: EntrypointRow) -> str:
    """Say by which limits the rows of one that does not run were judged, and what has changed since; '' when there is no need."""
    if not row.limits or (row.source == "running" and not row.limits_changed):
        return ""
    by = f"judged by {row.judged_profile}, digest {(row.judged_digest or '?')[:12]}"
    said = [by, "the limits in the configuration have changed since" if row.limits_changed else "which is configured still"]
    if row.released is not None:
        said.append(f"drawdown stop released by {row.released.operator} at {row.released.at}")
    return clean("; ".join(said))


def age_text(seconds: float | None) -> str:
    """Return an age in its largest whole unit."""
    if seconds is None:
        return "an unknown time"
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {name}"
    return f"{seconds:.0f} s"


def _stop(row: EntrypointRow) -> str:
    stop = row.stop
    assert stop is not None
    where = _stands(stop, "")
    return clean(where if stop.limit == UNTOLD else f"{where}; golive risk release --entrypoint {row.entrypoint} --operator NAME")


def _stands(stop: StopRow | HostStopRow, by: str) -> str:
    """Say what stands; of a stop that cannot be read, or that only the log could tell, `used` says why."""
    if stop.limit == UNTOLD:
        return stop.used
    return (
        f"a stop stands: {stop.used}"
        if stop.limit == UNREADABLE
        else (f"stops at {stop.limit} since {stop.since}: {stop.used} of {stop.allowed}{by}")
    )


def _together(row: TogetherRow) -> str:
    """Say whose money is added up: of those that run, and of those that ended this week."""
    names = [*row.entrypoints, *(f"{name} (ended)" for name in row.ended)]
    return clean(f"all with {row.money} money in {row.quote_asset}: {', '.join(names) or 'nobody this week'}")


def _host_stop(row: TogetherRow, stop: HostStopRow) -> str:
    where = _stands(stop, f" ({stop.profile})")
    if stop.limit == UNTOLD:
        return clean(where)
    end = {"max_daily_loss_pct": "until the UTC day is over", "weekly_loss_pct": "until the week is over"}.get(stop.limit)
    return clean(f"{where}; {end or f'golive risk release --across {row.money}/{row.quote_asset} --operator NAME'}")
