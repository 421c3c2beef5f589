"""What one entrypoint reads of the others of its host: those that run, those that ended, and the stops of all together.

Money is of one kind only with money of its kind: paper of demo and paper sessions, a rehearsal's, the sandbox's, real money.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.model.clock import DAY, week_of_day
from golive.model.errors import JournalError
from golive.model.peer import HostFigures, HostStop, PeerFigure
from golive.model.verdict import Stage
from golive.storage.host_account import accounts_of, read_account
from golive.storage.host_stop import KeptStop, host_stops
from golive.storage.risk_state import EquityFigure, running_entrypoints

from .account_chain import UNIT, rolled

_LARGEST: Final = 1 << 62
_KIND: Final = {Stage.DEMO: "paper", Stage.PAPER: "paper"}


def kind_of(stage: str) -> str:
    """Return what kind of money a stage trades with."""
    return _KIND.get(Stage(stage), stage)


def read_host(home: Path, own: str, stage: str, quote: str, now: int) -> HostFigures:
    """Return what the others with the same kind of money are worth and what holds for all; `now` wall clock, ns UTC.

    Raises JournalError when a lease cannot be looked at.
    """
    stops = host_stops(home, kind_of(stage), quote, now)
    return HostFigures(peers=read_peers(home, own, stage, quote, now), stops=tuple(told(stop) for stop in stops))


def read_peers(home: Path, own: str, stage: str, quote: str, now: int) -> tuple[PeerFigure, ...]:
    """Return what every other entrypoint with the same kind of money is worth; `now` wall clock, ns UTC.

    One that runs and has not said what it is counts as of the same kind; a run as fast as it can counts nowhere. One that has
    ended counts for the rest of the week in which it was heard last, in the quote asset `quote`. Raises JournalError.
    """
    money = kind_of(stage)
    running = {name: figure for name, figure in running_entrypoints(home) if name != own}
    found = {}
    for name, figure in running.items():
        if figure is None:
            found[name] = _unknown(name)
        elif not figure.is_simulation and kind_of(figure.stage) == money:
            found[name] = _of_running(home, money, figure, now)
    for name in accounts_of(home, money, quote):
        if name != own and name not in found and (peer := _of_ended(home, money, quote, name, now)) is not None:
            found[name] = peer
    return tuple(found[name] for name in sorted(found))


def _of_running(home: Path, money: str, figure: EquityFigure, now: int) -> PeerFigure:
    age = now - figure.at
    if figure.equity is None:
        return _unknown(figure.entrypoint)._replace(quote=figure.quote_asset, age_ns=age)
    try:
        account = read_account(home, money, figure.quote_asset, figure.entrypoint)
    except JournalError:
        account = None
    if account is None or account.run_id != figure.run_id:
        return _unknown(figure.entrypoint)
    account = rolled(account, now)
    return PeerFigure(
        figure.entrypoint, figure.quote_asset, UNIT, account.equity, account.day_start, account.week_start, account.peak, age
    )


def _of_ended(home: Path, money: str, quote: str, name: str, now: int) -> PeerFigure | None:
    try:
        account = read_account(home, money, quote, name)
    except JournalError:
        return _unknown(name)  # what it has lost is not known, so it may be anything
    if account is None or account.week < week_of_day(now // DAY):
        return None
    account = rolled(account, now)
    return PeerFigure(
        name, quote, UNIT, account.equity, account.day_start, account.week_start, account.peak, max(0, now - account.at), True
    )


def _unknown(name: str) -> PeerFigure:
    return PeerFigure(name, "", 1, None, 0, 0, 0, 0)


def told(stop: KeptStop) -> HostStop:
    """Return a stop as an engine is told it."""
    fall, start = int(stop.fall), int(stop.start)
    while start >= _LARGEST:  # an event holds 64 bits
        fall, start = -(-fall // 2), start // 2
    return HostStop(stop.limit, stop.profile, fall, start, stop.since)
