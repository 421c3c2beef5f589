"""`golive risk status`: how much of each limit every entrypoint uses, alone and together, and what stands in the way.

Of an entrypoint that runs, what it published in the last seconds; of another, what its last report or order said, how old that
is and by which limits it was judged. What stands in the way of the next one is that of now in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import SECOND, from_iso
from golive.model.errors import ConfigError, JournalError, MalformedPayload
from golive.model.json import JsonObject, JsonValue
from golive.model.money import format_units
from golive.model.verdict import ExitCode
from golive.observability import reading as read
from golive.observability.shape import Amount, Instant, as_json, document_schema
from golive.risk.cross import LONGEST_AGE_NS
from golive.storage.auto_trade_record import read_switch
from golive.storage.auto_trade_switch import published_trader
from golive.storage.lease import lease_holder, newest_epoch
from golive.storage.risk_state import EquityFigure, read_figure
from golive.storage.risk_stop import UNTOLD, StandingStop, newest_release, read_stop
from golive.storage.run_reports import newest_report
from golive.storage.stop_record import stop_records
from golive.storage.stop_verification import stop_mismatches

from .emergency import HostEmergency
from .risk_across import TogetherRow, across
from .risk_limits import risk_profile_of
from .risk_past import past_limits
from .risk_rows import LimitRow, limit_rows

SCHEMA: Final = "golive.risk_status.v1"
_NOT_TOLD: Final = ("unfinished", "unreadable", "unknown")
Source: TypeAlias = Literal["running", "order", "report", "unfinished", "unreadable", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class StopRow:
    """A drawdown stop that stands until it is released.

    Limit `unreadable` where its file cannot be read, `untold` where the log that could tell cannot be believed; `used` says why.
    """

    limit: str
    allowed: str
    used: str
    since: str
    run_id: str


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """Who has released the drawdown stop since the figures were told."""

    operator: str
    at: str


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """Emergency mode of all profiles or one."""

    scope: str
    state: str
    reason: str
    operator: str
    since: Instant


@dataclass(frozen=True, slots=True)
class EntrypointRow:
    """One entrypoint; money as decimal text of its quote asset, null where it is not known."""

    entrypoint: str
    risk_profile: str
    source: Source
    """`running`: published by its session; `order`: by the last order by hand; `report`: of its last run; `unfinished`: as its
    last session, which did not end, published it; `unreadable`: its last report cannot be read; `unknown`: it runs and says
    nothing; `none`: nothing has run"""
    stage: str | None
    pid: int | None
    age_seconds: float | None
    state: Literal["ACTIVE", "REDUCING", "HALTED"] | None
    """of now; null of one that runs and says nothing"""
    quote_asset: str | None
    equity: Amount | None
    day_start: Amount | None
    peak: Amount | None
    limits: tuple[LimitRow, ...]
    judged_profile: str | None
    """the risk profile that the rows of `limits` were judged by; null without any"""
    judged_digest: str | None
    """SHA-256 of its limits then"""
    limits_changed: bool
    """the configuration has other limits now than the rows were judged by"""
    stop: StopRow | None
    released: ReleaseRow | None
    emergency: EmergencyRow | None
    auto_trade: Literal["on", "off"]
    auto_trader: str | None
    """state of its session's auto-trader; null when none runs"""


@dataclass(frozen=True, slots=True)
class RiskStatus:
    """The host now."""

    generated_at: Instant
    status: Literal["ok", "breached", "unknown"]
    entrypoints: tuple[EntrypointRow, ...]
    across: tuple[TogetherRow, ...]
    emergency: tuple[EmergencyRow, ...]
    problems: tuple[str, ...]
    """what could not be read"""

    @property
    def exit_code(self) -> ExitCode:
        return {"ok": ExitCode.OK, "breached": ExitCode.BREACHED, "unknown": ExitCode.UNKNOWN}[self.status]


def risk_status(home: Path, configuration: Configuration, only: str | None, now: int) -> RiskStatus:
    """Return how everything stands; `only` one entrypoint where that is named. ConfigError for one that does not exist.

    `now`: wall clock, ns UTC. A limit that is breached and still holds, a stop that stands and emergency mode are `breached`; an
    entrypoint that runs and says nothing, a session that did not end, an account that cannot be read, which stops the others, and
    a log that cannot tell whether a stop stands are `unknown`.
    """
    names = sorted(configuration.runtime.trading.entrypoints)
    if only is not None and only not in names:
        raise ConfigError(f"--entrypoint {only}: there is none of that name; known: {', '.join(names)}")
    reading = HostEmergency(home).reading()
    problems = [reading.problem] if reading.problem else []
    emergencies = tuple(
        EmergencyRow(mode.scope, mode.state, mode.reason, mode.operator, mode.since) for mode in reading.emergencies.modes
    )
    figures: dict[str, EquityFigure] = {}
    rows, silent = [], set[str]()
    for name in names:
        row = _row(home, configuration.resolve(name), emergencies, now, figures, problems)
        in_use = configuration.is_in_use(configuration.runtime.trading.entrypoints[name].environment)
        if only == name or (only is None and (in_use or row.source != "none" or row.stop is not None)):
            rows.append(row)
        if row.source == "unknown":
            silent.add(name)
    unread: list[str] = []
    together = across(home, configuration, figures, silent, now, unread)
    problems.extend(unread)
    problems.extend(text for _, text, _ in stop_mismatches(home, stop_records(home)))
    together = tuple(row for row in together if only is None or only in (*row.entrypoints, *row.ended))
    return RiskStatus(
        now, _verdict(rows, together, emergencies, is_known=not unread), tuple(rows), together, emergencies, tuple(problems)
    )


def _verdict(
    rows: Iterable[EntrypointRow], across: Iterable[TogetherRow], emergencies: tuple[EmergencyRow, ...], *, is_known: bool
) -> Literal["ok", "breached", "unknown"]:
    rows, across = list(rows), list(across)
    limits = [limit for row in rows for limit in row.limits] + [limit for row in across for limit in row.limits]
    stops = [row.stop.limit for row in rows if row.stop] + [stop.limit for row in across for stop in row.stops]
    if emergencies or any(stop != UNTOLD for stop in stops) or any(limit.holds for limit in limits):
        return "breached"
    is_told = is_known and not stops and not any(row.source in _NOT_TOLD for row in rows)
    return "ok" if is_told else "unknown"


def _row(
    home: Path,
    entrypoint: ResolvedEntrypoint,
    emergencies: tuple[EmergencyRow, ...],
    now: int,
    figures: dict[str, EquityFigure],
    problems: list[str],
) -> EntrypointRow:
    name, profile = entrypoint.name, entrypoint.risk_profile
    pid, figure = lease_holder(home, name), read_figure(home, name)
    stop, switch = read_stop(home, name), read_switch(home, name, entrypoint.enable_auto_trade)
    trader = published_trader(home, name) if pid is not None else None
    if switch.fault:
        problems.append(switch.fault)
    common: dict[str, Any] = {
        "entrypoint": name,
        "risk_profile": profile,
        "pid": pid or None,
        "stop": None if stop is None else _stop_row(stop),
        "emergency": next((row for row in emergencies if row.scope in ("all", profile)), None),
        "auto_trade": "on" if switch.enabled else "off",
        "auto_trader": None if trader is None or trader.epoch != newest_epoch(home, name) else trader.state,
    }
    if pid is None and (figure is None or figure.epoch != 0):  # nothing but an order by hand tells more than the report
        return _reported(home, entrypoint, figure, now, common, problems)
    if figure is None or (pid is not None and figure.epoch != newest_epoch(home, name)):
        return _silent("unknown", common, "")
    if pid is None:
        return _published(home, "order", entrypoint, figure, now, common, told_at=figure.at)
    if not figure.is_simulation:
        if not 0 <= now - figure.at <= LONGEST_AGE_NS or figure.equity is None:
            return _silent("unknown", common, "")
        figures[name] = figure
    return _published(home, "running", entrypoint, figure, now, common, told_at=None)


def _published(
    home: Path,
    source: Source,
    entrypoint: ResolvedEntrypoint,
    figure: EquityFigure,
    now: int,
    common: Mapping[str, Any],
    *,
    told_at: int | None,
) -> EntrypointRow:
    """Return what a session or an order by hand published; `told_at` as in `past_limits`, of one that does not run."""
    scale, is_running = figure.quote_scale, source == "running"
    profile_now = risk_profile_of(entrypoint)
    limits = (
        limit_rows(figure.uses)
        if is_running
        else past_limits(figure.uses, entrypoint, profile_now, told_at=told_at, now=now, stands=common["stop"] is not None)
    )
    return EntrypointRow(
        **common,
        source=source,
        stage=figure.stage,
        age_seconds=round(max(0, now - figure.at) / SECOND, 3),
        state=_state(figure.state if is_running else _state_by(limits), common),
        quote_asset=figure.quote_asset,
        equity=None if figure.equity is None else format_units(figure.equity, scale),
        day_start=format_units(figure.day_start, scale),
        peak=format_units(figure.peak, scale),
        limits=limits,
        judged_profile=figure.profile,
        judged_digest=figure.risk_profile_digest,
        limits_changed=figure.risk_profile_digest != profile_now.digest,
        released=None if is_running else _released(home, entrypoint.name, figure.at),
    )


def _reported(
    home: Path,
    entrypoint: ResolvedEntrypoint,
    figure: EquityFigure | None,
    now: int,
    common: Mapping[str, Any],
    problems: list[str],
) -> EntrypointRow:
    """Return what the last run of an entrypoint said at its end; of one that did not end, `figure` where it is its own."""
    profile_now = risk_profile_of(entrypoint)
    begins = "REDUCING" if profile_now.stops_at_once else "ACTIVE"
    try:
        report = newest_report(home / "logs/e2e", entrypoint=entrypoint.name)
        if report is None:
            return _silent("none", common, begins)
        finished = read.optional_text(report, "finished_at")
        if finished is None:
            problems.append(_did_not_end(entrypoint.name, report))
            if figure is not None and figure.run_id == read.text(report, "run_id"):
                return _published(home, "unfinished", entrypoint, figure, now, common, told_at=None)
            return _silent("unfinished", common, begins)
        risk, pnl = read.mapping(report, "outcome", "risk"), read.optional_mapping(report, "outcome", "pnl")
        at = from_iso(finished) if finished else None
        digest = read.text(report, "validation", "risk_profile_digest")
        limits = past_limits(
            read.mappings(risk, "limits"), entrypoint, profile_now, told_at=None, now=now, stands=common["stop"] is not None
        )
    except (JournalError, MalformedPayload, ValueError, OSError) as exc:
        problems.append(f"what the last run of {entrypoint.name} came to cannot be told: {exc}")
        return _silent("unreadable", common, begins)
    return EntrypointRow(
        **common,
        source="report",
        stage=read.text(report, "stage"),
        age_seconds=None if at is None else round(max(0, now - at) / SECOND, 3),
        state=_state(_state_by(limits), common),
        quote_asset=entrypoint.instruments[0].quote,
        equity=None if pnl is None else read.text(pnl, "end_equity"),
        day_start=None,
        peak=None,
        limits=limits,
        judged_profile=read.text(risk, "profile"),
        judged_digest=digest,
        limits_changed=digest != profile_now.digest,
        released=_released(home, entrypoint.name, at or 0),
    )


def _did_not_end(name: str, report: JsonObject) -> str:
    run, began = read.text(report, "run_id")[:8], read.text(report, "started_at")
    return (
        f"session {run} of {name}, begun {began}, did not end (killed?): what it came to is not known; start a new one, or go on "
        "with it: the same golive run with --resume"
    )


def _silent(source: Source, common: Mapping[str, Any], told: str) -> EntrypointRow:
    return EntrypointRow(
        **common, source=source, stage=None, age_seconds=None, state=_state(told, common),
        quote_asset=None, equity=None, day_start=None, peak=None, limits=(), judged_profile=None, judged_digest=None,
        limits_changed=False, released=None,
    )  # fmt: skip


def _state(told: str, common: Mapping[str, Any]) -> Any:
    """Return the tightest of what was told, emergency mode and a stop that stands."""
    states = [told, common["emergency"].state if common["emergency"] else "", "REDUCING" if common["stop"] else ""]
    return next((state for state in ("HALTED", "REDUCING", "ACTIVE") if state in states), None)


def _state_by(limits: Iterable[LimitRow]) -> str:
    return "REDUCING" if any(limit.holds for limit in limits) else "ACTIVE"


def _released(home: Path, entrypoint: str, at: int) -> ReleaseRow | None:
    """Return the newest release if it came after `at`, ns UTC."""
    release = newest_release(home, entrypoint)
    is_later = release is not None and from_iso(release.at) > at
    return ReleaseRow(release.operator, release.at) if release is not None and is_later else None


def _stop_row(stop: StandingStop) -> StopRow:
    return StopRow(**{field.name: getattr(stop, field.name) for field in fields(StopRow)})


def document(status: RiskStatus) -> dict[str, JsonValue]:
    """Return the status as its JSON document."""
    value = as_json(status)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def status_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "Used of allowed, by entrypoint and across", RiskStatus)
