"""All entrypoints of a host with one kind of money and one quote asset: what they have lost together, and which stops hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from golive.config.configuration import Configuration
from golive.model.clock import DAY, week_of_day
from golive.model.decision import DecisionCode
from golive.model.errors import JournalError
from golive.model.money import format_units
from golive.observability.shape import Amount
from golive.risk import RiskProfile
from golive.risk.band import use_of
from golive.risk.cross import Limit, Together, limits
from golive.storage.host_account import SCALE, HostAccount, accounts_of, groups, read_account
from golive.storage.host_stop import KeptStop, host_stop_groups, host_stops
from golive.storage.risk_state import EquityFigure

from .account_chain import rolled
from .host_figures import kind_of
from .risk_limits import risk_profile_of
from .risk_rows import LimitRow, use_row


@dataclass(frozen=True, slots=True)
class HostStopRow:
    """A limit that all together have reached; of a day or week it holds until that is over, a drawdown until it is released."""

    limit: str
    profile: str
    allowed: str
    used: str
    since: str
    entrypoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TogetherRow:
    """All entrypoints with one kind of money and one quote asset, by the tightest limits among them.

    Money is of accounts over all their sessions, days and weeks by the wall clock.
    """

    money: str
    quote_asset: str
    entrypoints: tuple[str, ...]
    """that run"""
    ended: tuple[str, ...]
    """that do not, and count for the rest of their week"""
    equity: Amount
    day_start: Amount
    week_start: Amount
    peak: Amount
    limits: tuple[LimitRow, ...]
    stops: tuple[HostStopRow, ...]


def across(
    home: Path,
    configuration: Configuration,
    figures: Mapping[str, EquityFigure],
    silent: Collection[str],
    now: int,
    problems: list[str],
) -> tuple[TogetherRow, ...]:
    """Return the groups that limits across entrypoints add up; `figures` of those that run, `now` wall clock, ns UTC.

    `silent` are those that run and say nothing: they count with what they were worth last.

    One entrypoint alone in its first session is none: its own limits say the same. What cannot be read goes to `problems`.
    """
    rows = []
    for money, quote in sorted({*groups(home), *host_stop_groups(home)}):
        accounts = dict(_accounts(home, money, quote, figures, now, problems))
        stops = host_stops(home, money, quote, now)
        if len(accounts) > 1 or stops or any(account.earned for account in accounts.values()):
            running = tuple(name for name in accounts if name in silent or _runs(name, money, figures))
            rows.append(_together(money, quote, accounts, running, stops, configuration))
    return tuple(rows)


def _accounts(
    home: Path, money: str, quote: str, figures: Mapping[str, EquityFigure], now: int, problems: list[str]
) -> Iterator[tuple[str, HostAccount]]:
    for name in accounts_of(home, money, quote):
        try:
            account = read_account(home, money, quote, name)
        except JournalError as exc:
            problems.append(str(exc))
            continue
        if account is not None and (_runs(name, money, figures) or account.week >= week_of_day(now // DAY)):
            yield name, rolled(account, now)


def _runs(name: str, money: str, figures: Mapping[str, EquityFigure]) -> bool:
    return name in figures and kind_of(figures[name].stage) == money


def _together(
    money: str,
    quote: str,
    accounts: Mapping[str, HostAccount],
    running: tuple[str, ...],
    stops: tuple[KeptStop, ...],
    configuration: Configuration,
) -> TogetherRow:
    equity, day_start, week_start, peak = (
        sum(getattr(account, name) for account in accounts.values()) for name in ("equity", "day_start", "week_start", "peak")
    )
    known = configuration.runtime.trading.entrypoints
    profiles = [risk_profile_of(configuration.resolve(name)) for name in accounts if name in known]
    return TogetherRow(
        money=money,
        quote_asset=quote,
        entrypoints=running,
        ended=tuple(name for name in accounts if name not in running),
        equity=format_units(equity, SCALE),
        day_start=format_units(day_start, SCALE),
        week_start=format_units(week_start, SCALE),
        peak=format_units(peak, SCALE),
        limits=_tightest(Together(equity, day_start, week_start, peak), profiles),
        stops=tuple(
            HostStopRow(stop.limit, stop.profile, stop.allowed, stop.used, stop.since, tuple(stop.entrypoints.split(",")))
            for stop in stops
        ),
    )


def _tightest(all_: Together, profiles: list[RiskProfile]) -> tuple[LimitRow, ...]:
    tightest: dict[str, Limit] = {}
    for profile in profiles:
        for limit in limits(all_, profile):
            if limit.name not in tightest or limit.allowed < tightest[limit.name].allowed:
                tightest[limit.name] = limit
    uses = [use_of(each.name, each.allowed, max(0, each.fall), max(1, each.start)) for each in tightest.values()]
    return tuple(replace(use_row(use), code=str(DecisionCode.RISK_CROSS_ENTRYPOINT)) for use in uses)
