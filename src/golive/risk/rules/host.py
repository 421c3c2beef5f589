"""Limits across the entrypoints of a host: what all of them lost together, and that what each is worth is known at all."""

from __future__ import annotations

from typing import Final

from golive.model.clock import SECOND
from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.risk.cross import LONGEST_AGE_NS, Together, limits, stands, together, unknown, with_past
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, share_text

CODE: Final = DecisionCode.RISK_CROSS_ENTRYPOINT


def cross_entrypoint(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at the order's own loss limits, counted over all entrypoints of its quote asset, and while such a stop holds.

    One that runs and whose worth is not known, or was told more than 5 s ago, stops the others too.
    """
    host = view.host
    if host is None:
        return None
    if (peer := unknown(host.peers)) is not None:
        if peer.equity is None:
            return Objection(CODE, "known", f"missing: equity of {peer.entrypoint}")
        age = f"{peer.age_ns / SECOND:.1f}"
        return Objection(CODE, f"{LONGEST_AGE_NS // SECOND} s", f"equity of {peer.entrypoint} is {age} s old")
    for stop in host.stops:
        if stands(stop, profile):
            return Objection(CODE, stop.limit, f"{share_text(stop.fall, stop.start)}, stopped since {stop.since}")
    starts = view.day_start_equity, view.peak_equity, 0 if profile.weekly_loss is None else view.week_start_equity
    if view.equity is None or None in starts:
        return Objection(CODE, "known", "missing: equity")
    session = Together(view.equity, view.day_start_equity or 0, view.week_start_equity or 0, view.peak_equity or 0)
    own = with_past(session, view.quote_unit, host.own)
    all_ = together(own, order.instrument.quote, view.quote_unit, host.peers)
    for limit in limits(all_, profile):
        if limit.is_reached:
            count = 1 + len(host.peers)
            over = f"{count} entrypoints" if count > 1 else "its sessions"
            return Objection(CODE, f"{limit.name} {limit.allowed}", f"{share_text(limit.fall, limit.start)} over {over}")
    return None
