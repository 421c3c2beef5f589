"""The drawdown stop of an entrypoint: kept when it is reached, in the way of the next session until a person releases it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from golive.engine import Engine
from golive.model.clock import Clock, to_iso
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.security.operators import OperatorIdentity
from golive.storage.host_account import groups
from golive.storage.host_stop import KeptStop
from golive.storage.lease import lease_holder
from golive.storage.risk_stop import UNREADABLE, UNTOLD, StandingStop, read_stop, remove_stop, stop_ids, write_stop
from golive.storage.stop_record import IDS, RELEASED, STOPPED, stop_records, stopped_body

from .account_aside import FORGOTTEN, set_aside, told_files
from .account_chain import with_new_peak
from .host_stop import demand_no_host_stop
from .identity import operator_identity
from .operators import record_act
from .plan import Plan

DRAWDOWN: Final = "hard_drawdown_pct"


def stop_text(stop: StandingStop) -> str:
    """Say in one line what stands, and which command releases it."""
    if stop.limit == UNTOLD:
        return stop.used
    if stop.limit == UNREADABLE:
        what = f"the drawdown stop of {stop.entrypoint} stands: {stop.used}"
    else:
        of = f"{stop.used} of {stop.allowed} (run {stop.run_id[:8]})"
        what = f"{stop.entrypoint} stands at {stop.limit} since {stop.since}: {of}"
    return f"{what}; golive risk release --entrypoint {stop.entrypoint} --operator NAME, by somebody of role risk, releases it"


def stood_text(stop: StandingStop | KeptStop) -> str:
    """Say what stood until now, of an entrypoint or of all together."""
    if stop.limit in (UNREADABLE, UNTOLD):
        return f"a stop that cannot be read any more ({stop.used})" if stop.limit == UNREADABLE else stop.used
    return f"{stop.limit} at {stop.used} of {stop.allowed} since {stop.since}"


class StopKeeper:
    """Keeps the stop of one session's entrypoint. `run_id` may change when a session is taken up again."""

    def __init__(self, plan: Plan, run_id: Callable[[], str], clock: Clock) -> None:
        self._plan = plan
        self._run_id = run_id
        self._clock = clock
        self._seen = 0
        """breaches of the engine that were looked at"""

    def demand_none(self) -> None:
        """Raise PrerequisiteMissing while a stop stands; the session that reached it may go on where it was cut off."""
        stop = read_stop(self._plan.home, self._plan.entrypoint.name)
        if stop is not None and stop.run_id != self._run_id():
            raise PrerequisiteMissing(stop_text(stop))
        plan = self._plan
        if not (plan.lock_step or plan.options.resume):  # a simulation is alone; who holds something must be able to reduce it
            demand_no_host_stop(plan.home, plan.stage, plan.instruments[0].quote, plan.risk_profile, self._clock.now())

    def look(self, engine: Engine) -> None:
        """Let a drawdown that was reached since the last look stand; durable on return. Raises JournalError."""
        breaches, self._seen = engine.breaches[self._seen :], len(engine.breaches)
        for breach in breaches:
            if breach.limit == DRAWDOWN:
                plan = self._plan
                stop = StandingStop(
                    entrypoint=plan.entrypoint.name, stage=plan.stage, limit=breach.limit, allowed=breach.allowed,
                    used=breach.used, since=to_iso(self._clock.now()), profile=plan.risk_profile.name,
                    risk_profile_digest=plan.risk_profile.digest, run_id=self._run_id(),
                )  # fmt: skip
                let_stand(plan.home, stop)


def let_stand(home: Path, stop: StandingStop) -> None:
    """Let a stop stand, unless one stands already: its file, then its signed record. Durable on return; raises JournalError."""
    standing = write_stop(home, stop)
    if stop.entrypoint not in stop_records(home).own:
        body = stopped_body(asdict(stop if standing.limit == UNREADABLE else standing))
        record_act(home, STOPPED, body, operator_identity())


@dataclass(frozen=True, slots=True)
class Released:
    """What a release has come to."""

    stop: StandingStop | None
    """what stood"""
    forgotten: tuple[Path, ...]
    """files of accounts that could not be read and were set aside"""


def release(home: Path, entrypoint: str, operator: OperatorIdentity, reason: str, clock: Clock) -> Released:
    """Release the drawdown stop of an entrypoint: the signed record is the release. What cannot be read of it is set aside.

    The equity that an account's order journal remembers begins a new peak at the next order by hand. Raises PrerequisiteMissing
    while a session of the entrypoint runs, which would go on with its own stop, and JournalError.
    """
    stop = read_stop(home, entrypoint)
    if (pid := lease_holder(home, entrypoint)) is not None:
        has = "no stop of it stands; to let it begin with a new peak all the same," if stop is None else "with its stop;"
        raise PrerequisiteMissing(f"{entrypoint} is running in process {pid}, {has} end that session first")
    accounts = [(money, quote, entrypoint) for money, quote in groups(home)]
    with set_aside(home, accounts, clock.now()) as forgotten:
        body: JsonObject = {
            "entrypoint": entrypoint, "reason": reason, "limit": stop.limit if stop else None,
            "used": stop.used if stop else None, "allowed": stop.allowed if stop else None,
            "since": stop.since if stop else None, "run_id": stop.run_id if stop else None, IDS: stop_ids(home, entrypoint),
            FORGOTTEN: told_files(home, forgotten),
        }  # fmt: skip
        record_act(home, RELEASED, body, operator.name, clock=clock)
    for account in accounts:
        with_new_peak(home, *account)
    remove_stop(home, entrypoint)
    return Released(stop, forgotten)
