"""The drawdown stop at the desk of a person, and the desk among the entrypoints of its host.

The stop is the entrypoint's, as in a session: it stands until somebody of role `risk` releases it. The release, a record, is told
to the account's own journal with the next order: its note of equity begins a new peak, once, and says which release that was.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from golive.model.clock import to_iso
from golive.model.decision import DecisionCode, Refused
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.order import NewOrder
from golive.model.peer import HostFigures
from golive.portfolio import EquityTrack
from golive.risk import AccountView, LimitState, RiskEngine
from golive.risk.cross import Together
from golive.risk.rules import reduces, share_text
from golive.runtime.host_figures import kind_of, read_host
from golive.runtime.host_stop import keep, noticed, reached_stops
from golive.runtime.risk_stop import DRAWDOWN, let_stand
from golive.storage.host_account import SCALE, HostAccount, read_account, write_account
from golive.storage.lease import lease_holder
from golive.storage.risk_state import EquityFigure, publish_figure
from golive.storage.risk_stop import StandingStop, read_stop
from golive.storage.stop_record import Release

from .plan import LivePlan

RELEASED: Final = "released"
"""member of a note of equity: the id of the newest release that it knows of"""
BY_HAND: Final = "by hand"
"""in place of a run's id"""


def stopped(plan: LivePlan, order: NewOrder, view: AccountView, decision_seq: int) -> Refused | None:
    """Return the refusal of an order that may increase risk while the entrypoint's stop stands; None when it may pass."""
    stop = read_stop(plan.home, plan.entrypoint)
    if stop is None or reduces(order, view):
        return None
    return Refused(order, decision_seq, DecisionCode.RISK_DRAWDOWN, stop.allowed, stop.used)


def keep_stop(plan: LivePlan, engine: RiskEngine, now: int) -> None:
    """Let the entrypoint's stop stand once the account has fallen so far; durable on return. Raises JournalError."""
    profile, fall = engine.profile, engine.track.worst_drawdown
    if fall[0] > 0 and profile.drawdown.reached_by(*fall):
        stop = StandingStop(
            entrypoint=plan.entrypoint, stage=plan.stage, limit=DRAWDOWN, allowed=str(profile.hard_drawdown_pct),
            used=share_text(*fall), since=to_iso(now), profile=profile.name, risk_profile_digest=profile.digest, run_id=BY_HAND,
        )  # fmt: skip
        let_stand(plan.home, stop)


def released(track: EquityTrack, note: JsonObject | None, release: Release | None) -> EquityTrack:
    """Return the track as it stands after the newest release: what the account was worth last is its new peak.

    A note that knows of the release has had its new peak already.
    """
    if release is None or note is None or note.get(RELEASED) == release.id:
        return track
    return replace(track, peak=track.last, worst_drawdown=(0, 1))


def release_mark(note: JsonObject | None, release: Release | None) -> JsonObject:
    """Return what the next note of equity says about the newest release: what the last one said where none is known."""
    if release is not None:
        return {RELEASED: release.id}
    return {} if note is None or RELEASED not in note else {RELEASED: note[RELEASED]}


def host_of(plan: LivePlan, quote: str, now: int) -> HostFigures | None:
    """Return what the other entrypoints with the same kind of money are worth, and what holds for all. Raises JournalError."""
    figures = read_host(plan.home, plan.entrypoint, plan.stage, quote, now)
    return figures if any(figures) else None


def keep_host_stop(plan: LivePlan, engine: RiskEngine, instrument: Instrument, figures: HostFigures | None, now: int) -> None:
    """Let a limit that this account has reached together with others stand; durable on return. Raises JournalError."""
    equity, track, profile = engine.equity, engine.track, engine.profile
    if equity is None or figures is None:
        return
    by = noticed(
        stage=plan.stage, quote=instrument.quote, entrypoint=plan.entrypoint, profile=profile, figures=figures, run_id=BY_HAND,
        now=now,
    )  # fmt: skip
    own = Together(equity, track.day_start, track.week_start, track.peak)
    keep(plan.home, reached_stops(own, 10**instrument.quote_scale, figures, profile, by), now)


def publish_desk(plan: LivePlan, engine: RiskEngine, instrument: Instrument, states: Sequence[LimitState], now: int) -> None:
    """Publish what the account was worth at this order, unless a session of the entrypoint runs and says it itself."""
    if lease_holder(plan.home, plan.entrypoint) is not None:
        return
    track = engine.track
    figure = EquityFigure(
        entrypoint=plan.entrypoint, stage=plan.stage, is_simulation=False, quote_asset=instrument.quote,
        quote_scale=instrument.quote_scale, equity=engine.equity, day_start=track.day_start, peak=track.peak, at=now,
        pid=os.getpid(), epoch=0, run_id=BY_HAND, profile=engine.profile.name, risk_profile_digest=engine.profile.digest,
        state=engine.state, uses=tuple(asdict(state) for state in states),
    )  # fmt: skip
    publish_figure(plan.home, figure)
    if engine.equity is not None:
        publish_account(plan, track, instrument, engine.equity, now)


def publish_account(plan: LivePlan, track: EquityTrack, instrument: Instrument, equity: int, now: int) -> None:
    """Keep what the account has come to, so that it counts while nothing of the entrypoint runs.

    Raises JournalError, for a file there that cannot be read, too: only a release sets that aside, on record.
    """
    read_account(plan.home, kind_of(plan.stage), instrument.quote, plan.entrypoint)
    unit, whole = 10**instrument.quote_scale, 10**SCALE
    peak, day_start, week_start = (-(-each * whole // unit) for each in (track.peak, track.day_start, track.week_start))
    account = HostAccount(
        entrypoint=plan.entrypoint, money=kind_of(plan.stage), quote_asset=instrument.quote, run_id=BY_HAND, earned=0,
        equity=equity * whole // unit, peak=peak, day=track.day, day_start=day_start, week=track.week, week_start=week_start,
        at=now,
    )  # fmt: skip
    write_account(plan.home, account)
