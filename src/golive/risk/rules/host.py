"""Limits across the entrypoints of a host: what all of them lost together, and that what each is worth is known at all."""

from __future__ import annotations

from golive.model.clock import SECOND
from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.risk.cross import LONGEST_AGE_NS, Together, together, unknown
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, share_text


def cross_entrypoint(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at the order's own loss limits, counted over all running entrypoints of its quote asset.

    One that runs and whose worth is not known, or was told more than 5 s ago, stops the others too.
    """
    if not view.peers:
        return None
    code = DecisionCode.RISK_CROSS_ENTRYPOINT
    if (peer := unknown(view.peers)) is not None:
        if peer.equity is None:
            return Objection(code, "known", f"missing: equity of {peer.entrypoint}")
        age = f"{peer.age_ns / SECOND:.1f}"
        return Objection(code, f"{LONGEST_AGE_NS // SECOND} s", f"equity of {peer.entrypoint} is {age} s old")
    if view.equity is None or view.day_start_equity is None or view.peak_equity is None:
        return Objection(code, "known", "missing: equity")
    own = Together(view.equity, view.day_start_equity, view.peak_equity)
    quote = order.instrument.quote
    all_ = together(own, quote, view.quote_unit, view.peers)
    for name, limit, share, start in (
        ("max_daily_loss_pct", profile.max_daily_loss_pct, profile.daily_loss, all_.day_start),
        ("hard_drawdown_pct", profile.hard_drawdown_pct, profile.drawdown, all_.peak),
    ):
        if share.reached_by(start - all_.equity, start):
            fall = share_text(start - all_.equity, start)
            return Objection(code, f"{name} {limit}", f"{fall} over {1 + len(view.peers)} entrypoints")
    return None
