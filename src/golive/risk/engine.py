"""`RiskEngine`: the only place where `Approved` is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from golive.model.decision import Approved, Refused
from golive.model.order import NewOrder
from golive.portfolio import EquityTrack

from .profile import RiskProfile
from .rules import RULES, reduces, share_text
from .view import AccountView

Band = Literal["ok", "warn", "breach"]

WARN_SHARE = 0.8
"""Share of a limit from which its band is `warn`."""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of one limit was used at worst: decimal texts, ratio and band (`ok`, `warn`, `breach`)."""

    limit: str
    allowed: str
    used: str
    used_ratio: float
    band: Band


class RiskEngine:
    """Judges orders against one profile and follows the account's equity through market time.

    `observe` must be called with every new mark before orders are judged; without one every risk-increasing order is
    refused (`RISK_MISSING_INPUT`). Money in smallest quote units.
    """

    def __init__(self, profile: RiskProfile) -> None:
        self.profile = profile
        self.track = EquityTrack()
        self.equity: int | None = None
        """at the last mark; None before the first"""
        self._largest_position: tuple[int, int] = (0, 1)
        self._most_positions = 0

    @property
    def risk_profile_digest(self) -> str:
        """Digest of the limits that are really enforced."""
        return self.profile.digest

    @property
    def state(self) -> str:
        """`REDUCING` once a loss limit holds (only reductions pass), else `ACTIVE`."""
        drawdown = self.profile.drawdown.reached_by(*self.track.worst_drawdown)
        today = self.profile.daily_loss.reached_by(*self.track.worst_today)
        return "REDUCING" if drawdown or today else "ACTIVE"

    @property
    def has_reached_a_stop(self) -> bool:
        """Whether a loss limit was reached at any time of the session."""
        profile, track = self.profile, self.track
        return profile.drawdown.reached_by(*track.worst_drawdown) or profile.daily_loss.reached_by(*track.worst_day_loss)

    def observe(self, equity: int | None, ts: int, largest_position: int, open_positions: int) -> bool:
        """Take a new mark at market time `ts`; `equity` None means the account cannot be valued now.

        Returns whether a loss became deeper than any before, so that its limit has to be looked at again.
        """
        self.equity = equity
        if equity is None:
            return False
        deeper = self.track.observe(equity, ts)
        if largest_position:
            largest, whole = self._largest_position
            if equity > 0 and largest_position * whole > largest * equity:
                self._largest_position = (largest_position, equity)
        self._most_positions = max(self._most_positions, open_positions)
        return deeper

    def unremarkable(self, rest: int) -> tuple[int, int]:
        """Return the least and the most equity that would tell `observe` nothing new on this UTC day.

        They hold while one position alone changes its worth, and all else comes to `rest`: its share grows with equity then.
        """
        low, high = self.track.floor, self.track.peak
        position, equity = self._largest_position
        return low, min(high, rest * equity // (equity - position)) if position < equity else high

    def decide(self, order: NewOrder, view: AccountView, decision_seq: int) -> Approved | Refused:
        """Return the first rule's objection as `Refused`, or the order as `Approved`; no I/O.

        An order that can only make its position smaller is always allowed.
        """
        if reduces(order, view):
            return Approved(order, decision_seq)
        for rule in RULES:
            objection = rule(order, view, self.profile)
            if objection is not None:
                return Refused(order, decision_seq, objection.code, objection.limit, objection.value)
        return Approved(order, decision_seq)

    def uses(self) -> tuple[LimitUse, ...]:
        """Return each limit with the worst use seen so far."""
        profile, track = self.profile, self.track
        day_fall, day_from = track.worst_day_loss
        fall, peak = track.worst_drawdown
        position, equity = self._largest_position
        return (
            _use("max_daily_loss_pct", float(profile.max_daily_loss_pct), str(profile.max_daily_loss_pct), day_fall, day_from),
            _use("hard_drawdown_pct", float(profile.hard_drawdown_pct), str(profile.hard_drawdown_pct), fall, peak),
            _use(
                "max_position_pct", float(profile.max_position_pct), str(profile.max_position_pct), position, equity, stops=False
            ),
            _use(
                "max_open_positions",
                profile.max_open_positions,
                str(profile.max_open_positions),
                self._most_positions,
                1,
                stops=False,
            ),
        )


def _use(limit: str, allowed: float, allowed_text: str, part: int, whole: int, *, stops: bool = True) -> LimitUse:
    """Judge one limit; a stop (`stops`) breaches at the limit, a size or count only beyond it."""
    share = part / whole
    ratio = share / allowed if allowed > 0 else (1.0 if stops or share > 0 else 0.0)
    over = ratio >= 1 if stops else ratio > 1
    # A position bought within its limit may grow past it with the market; only stops turn a session red.
    band: Band = "breach" if stops and over and share > 0 else "warn" if ratio >= WARN_SHARE and share > 0 else "ok"
    return LimitUse(limit, allowed_text, share_text(part, whole), round(ratio, 4), band)
