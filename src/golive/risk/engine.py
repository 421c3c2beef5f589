"""`RiskEngine`: the only place where `Approved` is made."""

from __future__ import annotations

from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.emergency import TradingState, tightest
from golive.model.order import NewOrder
from golive.portfolio import EquityTrack

from .adjustment import SIZE_CODES, largest_quantity
from .band import Band, LimitUse, use_of
from .emergency_control import EmergencyControl
from .flow import OrderFlow
from .ports import EmergencySwitch
from .profile import Fraction, RiskProfile
from .rules import RULES, RULES_FOR_REDUCTIONS, reduces
from .view import AccountView


class RiskEngine(EmergencyControl):
    """Judges orders against one profile, follows the account's equity through market time and remembers what was ordered.

    `observe` must be called with every new mark before orders are judged; without one every risk-increasing order is
    refused (`RISK_MISSING_INPUT`). Money in smallest quote units. Emergency mode is kept by `switch`, by itself without one.
    """

    def __init__(self, profile: RiskProfile, switch: EmergencySwitch | None = None) -> None:
        super().__init__(profile.name, switch)
        self.profile = profile
        self.track = EquityTrack()
        self.flow = OrderFlow()
        self.licence_lapse: str | None = None
        """why there is no valid licence any more; None while there is one, or none is needed"""
        self.equity: int | None = None
        """at the last mark; None before the first"""
        self._largest_position: tuple[int, int] = (0, 1)
        self._largest_exposure: tuple[int, int] = (0, 1)
        self._most_positions = 0
        self._bands: dict[str, Band] = {}

    @property
    def risk_profile_digest(self) -> str:
        """Digest of the limits that are really enforced."""
        return self.profile.digest

    @property
    def state(self) -> str:
        """`REDUCING` while a loss limit or emergency mode holds (only reductions pass), `HALTED` in that, else `ACTIVE`."""
        profile, track = self.profile, self.track
        week = profile.weekly_loss is not None and profile.weekly_loss.reached_by(*track.worst_week)
        drawdown = profile.drawdown.reached_by(*track.worst_drawdown)
        stopped = drawdown or week or profile.daily_loss.reached_by(*track.worst_today)
        return tightest(self.trading_state, TradingState.REDUCING if stopped else TradingState.ACTIVE)

    @property
    def has_reached_a_stop(self) -> bool:
        """Whether a loss limit was reached at any time of the session."""
        profile, track = self.profile, self.track
        week = profile.weekly_loss is not None and profile.weekly_loss.reached_by(*track.worst_week_loss)
        return week or profile.drawdown.reached_by(*track.worst_drawdown) or profile.daily_loss.reached_by(*track.worst_day_loss)

    def observe(self, equity: int | None, ts: int, largest_position: int, open_positions: int, exposure: int = 0) -> bool:
        """Take a new mark at market time `ts`; `equity` None means the account cannot be valued now.

        `exposure`: what all positions are worth. Returns whether a loss became deeper than any before, so that its limit has to
        be looked at again.
        """
        self.equity = equity
        if equity is None:
            return False
        deeper = self.track.observe(equity, ts)
        if largest_position:
            largest, whole = self._largest_position
            if equity > 0 and largest_position * whole > largest * equity:
                self._largest_position = (largest_position, equity)
        if exposure:
            most, whole = self._largest_exposure
            if equity > 0 and exposure * whole > most * equity:
                self._largest_exposure = (exposure, equity)
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

        What is refused for its size says what would have been allowed. An approval is remembered for the limits that count. A
        side that was executed too often is shut until `flow.rearm`.
        """
        profile = self.profile
        for rule in RULES_FOR_REDUCTIONS if reduces(order, view) else RULES:
            objection = rule(order, view, profile)
            if objection is not None:
                if objection.code is DecisionCode.RISK_REPEATED_EXECUTION:
                    self.flow.throttled.add((order.instrument, order.side))
                largest = largest_quantity(order, view, profile) if objection.code in SIZE_CODES else None
                return Refused(order, decision_seq, objection.code, objection.limit, objection.value, largest)
        self.flow.approved(order, view.now)
        return Approved(order, decision_seq)

    def uses(self) -> tuple[LimitUse, ...]:
        """Return each limit that is set with the worst use seen so far."""
        track = self.track
        return self._uses(
            track.worst_day_loss, track.worst_week_loss, track.worst_drawdown, self._largest_position, self._largest_exposure,
            self._most_positions, {},
        )  # fmt: skip

    def present_uses(self, largest_position: int, open_positions: int, exposure: int) -> tuple[LimitUse, ...]:
        """Return each limit that is set with its use now; a band that was left upwards is left again below 75 % only.

        A stop that was reached stays in `breach` while it holds.
        """
        equity, track, profile = self.equity, self.track, self.profile
        if equity is None or equity <= 0:
            return ()

        def fall(start: int, worst: tuple[int, int], limit: Fraction | None) -> tuple[int, int]:
            holds = limit is not None and limit.reached_by(*worst)
            return worst if holds else (max(0, start - equity), max(1, start))

        uses = self._uses(
            fall(track.day_start, track.worst_today, profile.daily_loss),
            fall(track.week_start, track.worst_week, profile.weekly_loss),
            fall(track.peak, track.worst_drawdown, profile.drawdown),
            (largest_position, equity), (exposure, equity), open_positions, self._bands,
        )  # fmt: skip
        self._bands = {use.limit: use.band for use in uses}
        return uses

    def _uses(
        self,
        day: tuple[int, int],
        week: tuple[int, int],
        drawdown: tuple[int, int],
        position: tuple[int, int],
        exposure: tuple[int, int],
        positions: int,
        before: dict[str, Band],
    ) -> tuple[LimitUse, ...]:
        profile = self.profile
        rows = (
            ("max_daily_loss_pct", profile.max_daily_loss_pct, *day, True),
            ("weekly_loss_pct", profile.weekly_loss_pct, *week, True),
            ("hard_drawdown_pct", profile.hard_drawdown_pct, *drawdown, True),
            ("max_position_pct", profile.max_position_pct, *position, False),
            ("max_open_positions", profile.max_open_positions, positions, 1, False),
            ("portfolio_exposure_pct", profile.portfolio_exposure_pct, *exposure, False),
        )
        return tuple(
            use_of(limit, allowed, part, whole, before=before.get(limit, "ok"), stops=stops)
            for limit, allowed, part, whole, stops in rows
            if allowed is not None
        )
