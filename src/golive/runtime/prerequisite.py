"""What must have happened before a stage may start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from golive.inputs import read_bytes
from golive.model.clock import DAY, Clock, from_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.stage_record import StageRecord
from golive.model.verdict import Stage, Verdict
from golive.readiness.checks.config_freeze import config_freeze
from golive.security.licence.judge import Wanted
from golive.security.private_place import is_root, trespasses
from golive.storage.stage_records import StageRecords

from .gate import GatePass, Looks, demand_open
from .licence.desk import LicenceDesk
from .plan import Plan
from .readiness.config_freeze import freeze_evidence
from .readiness.scene import Scene, scene_of
from .secret_store import StoredSecrets
from .signed_report import parse_signed_report


def required_record(plan: Plan, records: StageRecords, clock: Clock) -> StageRecord | None:
    """Return the stage record that `plan` rests on (None for demo, which needs none, and for live, which rests on its gate).

    Raises PrerequisiteMissing, naming what does not hold and the command that mends it, for a record that is missing,
    not passed, too old, bound to another trading digest or not to be trusted.
    """
    if plan.mode == "live" or plan.stage is Stage.DEMO:
        return None
    name, days = plan.entrypoint.name, plan.entrypoint.demo_max_age_days
    mend = f"run: {_demo_command(plan)}"
    try:
        record = records.latest(name, Stage.DEMO)
    except JournalError as exc:
        raise PrerequisiteMissing(f"the stage records of {name} cannot be trusted: {exc}") from exc
    if record is None:
        raise PrerequisiteMissing(f"paper needs a passed demo of {name}, and there is no record of one; {mend}")
    if record.verdict is not Verdict.OK:
        raise PrerequisiteMissing(f"the newest demo of {name} ended {record.verdict}, not ok; {mend}")
    if record.trading_digest != plan.trading_digest:
        raise PrerequisiteMissing(
            f"the demo of {name} was run with another strategy, instrument, risk profile or code (its trading digest is "
            f"{record.trading_digest[:12]}…, now it is {plan.trading_digest[:12]}…); {mend}"
        )
    if not _report_is_intact(plan, record):
        raise PrerequisiteMissing(f"the report of the demo, {record.report}, is missing or not the one that was signed; {mend}")
    age = clock.now() - from_iso(record.finished_at)
    if age > days * DAY:
        raise PrerequisiteMissing(f"the demo of {name} is {age // DAY} days old, allowed are {days}; {mend}")
    if age < 0:
        raise PrerequisiteMissing(
            f"the demo of {name} is dated {record.finished_at}, in the future of this clock; set the clock, or {mend}"
        )
    return record


def gate_scene(plan: Plan, clock: Clock, store: StoredSecrets) -> Scene:
    """Return what the gate of a live plan looks at."""
    return scene_of(plan.home, plan.config_path, plan.config, plan.entrypoint.name, clock, store)


def open_gate(plan: Plan, clock: Clock, store: StoredSecrets, looks: Looks | None = None) -> GatePass | None:
    """Return the pass of an open gate, without which nothing that can trade is made; None for a dry run, which makes nothing.

    Raises PrerequisiteMissing naming everything that keeps live shut.
    """
    if plan.mode != "live" or plan.is_live_dry_run:
        return None
    if plan.stage is Stage.TESTNET:
        raise PrerequisiteMissing(
            f"{plan.entrypoint.name} trades in its venue's sandbox, where no orders are sent yet: nothing was started. To look "
            "without trading, give --read-only"
        )
    refusals = [*_production_refusals(plan, clock), *freeze_refusals(plan, clock)]
    try:
        gate_pass = demand_open(gate_scene(plan, clock, store), looks)
    except PrerequisiteMissing as exc:
        refusals.insert(0, str(exc))
    if refusals:
        raise PrerequisiteMissing(f"{'. And '.join(refusals)}. Nothing was started. To look without trading, give --read-only")
    return gate_pass


def live_refusals(home: Path) -> Iterator[str]:
    """Yield what keeps this installation from trading live whatever its gate says: who runs it, and who else may touch it."""
    if is_root():
        yield "live is refused to root: run it as a user of its own"
    yield from (f"live is refused while {each}" for each in trespasses(home))


def freeze_refusals(plan: Plan, clock: Clock) -> Iterator[str]:
    """Yield why what is running is not what was frozen last, each with the command that mends it."""
    found = config_freeze(freeze_evidence(plan.home, plan.config, clock))
    yield from (f"{each}: {found.next_command}" for each in found.reasons)


def _production_refusals(plan: Plan, clock: Clock) -> Iterator[str]:
    """Yield what keeps production shut and a rehearsal not: live mode, the licence, this installation's owner and modes."""
    if plan.stage is not Stage.LIVE:
        return
    if not plan.config.runtime.trading.enable_live_mode:
        yield "trading.enable_live_mode is false: set it to true in runtime.yaml"
    yield from live_refusals(plan.home)
    desk = LicenceDesk(home=plan.home, licensing=plan.config.runtime.licensing, clock=clock)
    try:
        desk.demand(Wanted(("desktop", plan.entrypoint.exchange), live=True), "live")
    except (PrerequisiteMissing, JournalError) as exc:
        yield str(exc)


@contextmanager
def blocking(what: str) -> Iterator[None]:
    """Make a JournalError a PrerequisiteMissing that begins with `what`.

    Before anything was traded a journal that cannot be used is a missing prerequisite, not a failure of ours.
    """
    try:
        yield
    except JournalError as exc:
        raise PrerequisiteMissing(f"{what}: {exc}") from exc


def _demo_command(plan: Plan) -> str:
    """Return the demo command that this plan would rest on: with the same symbol and timeframe, which the digest binds."""
    words = ["golive run --mode demo --entrypoint", plan.entrypoint.name]
    if plan.options.symbol is not None:
        words += ["--symbol", plan.options.symbol]
    if plan.options.timeframe is not None:
        words += ["--timeframe", plan.options.timeframe]
    return " ".join(words)


def _report_is_intact(plan: Plan, record: StageRecord) -> bool:
    """Say whether the report that a record names is still there, byte for byte."""
    try:
        return parse_signed_report(read_bytes(plan.home, record.report), record) is not None
    except (OSError, ValueError):
        return False
