"""Stops of all entrypoints together: kept when a limit is reached by their sum, released by a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from golive.model.clock import Clock, to_iso
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.peer import HostFigures
from golive.risk import RiskProfile
from golive.risk.cross import Together, limits, stands, together, unknown, with_past
from golive.risk.rules import share_text
from golive.security.operators import OperatorIdentity
from golive.storage.host_account import accounts_of
from golive.storage.host_stop import (
    DAILY,
    WEEKLY,
    KeptStop,
    ended_by_release,
    holds,
    host_stops,
    keep_host_stop,
    recorded_stop,
    release_host_stops,
)
from golive.storage.risk_state import running_entrypoints
from golive.storage.risk_stop import UNREADABLE, UNTOLD
from golive.storage.stop_record import HOST_RELEASED, HOST_STOPPED, IDS, stopped_body

from .account_aside import FORGOTTEN, set_aside, told_files
from .account_chain import with_new_peak
from .host_figures import kind_of, told
from .identity import operator_identity
from .operators import record_act

_PASSING: Final = {DAILY: "until the UTC day is over", WEEKLY: "until the week is over, on Monday 00:00 UTC"}


def host_stop_text(stop: KeptStop) -> str:
    """Say in one line what holds, and what ends it."""
    scope = f"{stop.money}/{stop.quote_asset}"
    if stop.limit == UNTOLD:
        return stop.used
    if stop.limit == UNREADABLE:
        what = f"a stop of all {stop.money} money in {stop.quote_asset} stands: {stop.used}"
    else:
        of = f"{stop.used} of {stop.allowed}, by {stop.entrypoints.replace(',', ', ')}"
        what = f"all {stop.money} money in {stop.quote_asset} stands at {stop.limit} since {stop.since}: {of}"
    if stop.limit in _PASSING:
        return f"{what}; it holds {_PASSING[stop.limit]}"
    return f"{what}; golive risk release --across {scope} --operator NAME, by somebody of role risk, releases it"


def demand_no_host_stop(home: Path, stage: str, quote: str, profile: RiskProfile, now: int) -> None:
    """Raise PrerequisiteMissing while a drawdown stop of all together stands for `profile`; `now` wall clock, ns UTC."""
    for stop in host_stops(home, kind_of(stage), quote, now):
        if stop.limit not in _PASSING and stands(told(stop), profile):
            raise PrerequisiteMissing(host_stop_text(stop))


def reached_stops(
    own: Together, quote_unit: int, figures: HostFigures, profile: RiskProfile, stop: KeptStop
) -> tuple[KeptStop, ...]:
    """Return a stop for each limit of `profile` that all together have reached now; `stop` says whose and when.

    None while one of them is not known: orders are refused for that already.
    """
    if unknown(figures.peers) is not None:
        return ()
    all_ = together(with_past(own, quote_unit, figures.own), stop.quote_asset, quote_unit, figures.peers)
    return tuple(
        _with(stop, limit.name, str(limit.allowed), limit.fall, limit.start)
        for limit in limits(all_, profile)
        if limit.fall > 0 and limit.is_reached
    )


def keep(home: Path, stops: tuple[KeptStop, ...], now: int) -> None:
    """Let stops stand: the file of each, then its signed record. Durable on return; raises JournalError."""
    for stop in stops:
        standing = keep_host_stop(home, stop, now)
        recorded = recorded_stop(home, stop)
        if recorded is None or not holds(recorded, now):
            body = stopped_body(asdict(stop if standing.limit == UNREADABLE else standing))
            record_act(home, HOST_STOPPED, body, operator_identity())


@dataclass(frozen=True, slots=True)
class ReleasedAcross:
    """What a release of all together has come to."""

    stops: tuple[KeptStop, ...]
    """what stood"""
    forgotten: tuple[Path, ...]
    """files of accounts that could not be read and were set aside"""


def release_across(home: Path, money: str, quote: str, operator: OperatorIdentity, reason: str, clock: Clock) -> ReleasedAcross:
    """Release the drawdown stops of all together: the signed record is the release. Each account begins with a new peak.

    An account that cannot be read is set aside, and the record says so: what it had lost is forgotten. Raises PrerequisiteMissing
    while one of them runs, whose fall would let it stand again at once, and JournalError.
    """
    for name, figure in running_entrypoints(home):
        if figure is None or (not figure.is_simulation and kind_of(figure.stage) == money):
            raise PrerequisiteMissing(f"{name} is running with {money} money; end that session first")
    now = clock.now()
    stood = tuple(stop for stop in host_stops(home, money, quote, now) if stop.limit not in _PASSING)
    accounts = [(money, quote, name) for name in accounts_of(home, money, quote)]
    with set_aside(home, accounts, now) as forgotten:
        body: JsonObject = {
            "money": money, "quote_asset": quote, "reason": reason, "stops": [f"{each.limit} {each.profile}" for each in stood],
            "used": [each.used for each in stood], "since": [each.since for each in stood],
            IDS: list(ended_by_release(home, money, quote, now)), FORGOTTEN: told_files(home, forgotten),
        }  # fmt: skip
        record_act(home, HOST_RELEASED, body, operator.name, clock=clock)
    for account in accounts:
        with_new_peak(home, *account)
    release_host_stops(home, money, quote, now)
    return ReleasedAcross(stood, forgotten)


def _with(stop: KeptStop, limit: str, allowed: str, fall: int, start: int) -> KeptStop:
    return replace(stop, limit=limit, allowed=allowed, used=share_text(fall, start), fall=str(fall), start=str(start))


def noticed(
    *, stage: str, quote: str, entrypoint: str, profile: RiskProfile, figures: HostFigures, run_id: str, now: int
) -> KeptStop:
    """Return the part of a stop that says whose it is and who noticed it, `now` by the wall clock, ns UTC."""
    others = [peer.entrypoint for peer in figures.peers if peer.quote == quote]
    return KeptStop(
        money=kind_of(stage), quote_asset=quote, limit="", profile=profile.name, risk_profile_digest=profile.digest, allowed="",
        used="", fall="0", start="0", since=to_iso(now), entrypoints=",".join(sorted([entrypoint, *others])),
        noticed_by=entrypoint, run_id=run_id,
    )  # fmt: skip
