"""Every limit that a profile sets, as it stands now: how much of it is used, or that it judges each order by itself.

Nothing here is asked when an order is judged. A state says what the rule of its limit would say of the next order that increases
risk, as far as that can be said without the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Final, NamedTuple

from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.trading_window import minute_of_week

from .band import Band, LimitUse, use_of
from .flow import SHUT, OrderFlow
from .profile import LIMITS, RiskProfile
from .view import AccountView

PER_ORDER: Final = "judged per order"


@dataclass(frozen=True, slots=True)
class LimitState:
    """One limit; texts as people read them. `used`, `used_ratio` and `band` are None where nothing can be said now.

    `refuses`: an order that increases risk would be refused now for this limit, at least in what `note` names.
    """

    limit: str
    code: str
    unit: str
    allowed: str
    used: str | None
    used_ratio: float | None
    band: Band | None
    refuses: bool
    note: str = ""


_MEANING: Final[Mapping[str, tuple[DecisionCode, str]]] = {
    "max_daily_loss_pct": (DecisionCode.RISK_DAILY_LOSS, "of equity"),
    "weekly_loss_pct": (DecisionCode.RISK_WEEKLY_LOSS, "of equity"),
    "hard_drawdown_pct": (DecisionCode.RISK_DRAWDOWN, "of peak"),
    "max_position_pct": (DecisionCode.RISK_MAX_POSITION, "of equity"),
    "max_open_positions": (DecisionCode.RISK_MAX_OPEN_POSITIONS, "positions"),
    "portfolio_exposure_pct": (DecisionCode.RISK_PORTFOLIO_EXPOSURE, "of equity"),
    "target_volatility": (DecisionCode.RISK_TARGET_VOLATILITY, "a year"),
    "stop_loss_atr_multiple": (DecisionCode.RISK_STOP_DISTANCE, "ATR"),
    "trade_risk_pct": (DecisionCode.RISK_TRADE_RISK, "of equity"),
    "max_cost_to_profit_ratio": (DecisionCode.RISK_COST_RATIO, "of profit"),
    "price_collar_pct": (DecisionCode.RISK_PRICE_COLLAR, "of price"),
    "reference_max_age_seconds": (DecisionCode.RISK_PRICE_COLLAR, "s"),
    "max_order_quantity": (DecisionCode.RISK_MAX_QUANTITY, ""),
    "max_order_notional": (DecisionCode.RISK_MAX_NOTIONAL, ""),
    "max_orders_per_minute": (DecisionCode.RISK_MESSAGE_RATE, "orders/min"),
    "duplicate_window_seconds": (DecisionCode.RISK_DUPLICATE, "s"),
    "max_open_orders": (DecisionCode.RISK_OPEN_ORDERS, "orders"),
    "repeated_execution_limit": (DecisionCode.RISK_REPEATED_EXECUTION, "orders/min"),
    "cooldown_after_loss_minutes": (DecisionCode.COOLDOWN, "min left"),
    "stop_loss_guard_count": (DecisionCode.STOP_LOSS_GUARD, "stops"),
    "stop_loss_guard_minutes": (DecisionCode.STOP_LOSS_GUARD, "min"),
    "max_consecutive_losses": (DecisionCode.CONSECUTIVE_LOSSES, "losses"),
    "symbol_locks": (DecisionCode.SYMBOL_LOCKED, "symbols"),
    "trading_windows": (DecisionCode.OUTSIDE_TRADING_WINDOW, "UTC"),
    "stale_data_seconds": (DecisionCode.DATA_STALE, "s"),
}
"""code and unit of each key of a profile"""
STOOD_AT: Final = (
    "max_daily_loss_pct", "weekly_loss_pct", "hard_drawdown_pct", "max_position_pct", "max_open_positions",
    "portfolio_exposure_pct",
)  # fmt: skip
"""limits that an account stands at: they come as a `LimitUse`"""
_COMPANIONS: Final = ("reference_max_age_seconds", "stop_loss_guard_minutes")
"""keys that say how another limit counts"""


def meaning(limit: str) -> tuple[str, str]:
    """Return code and unit of a key of a profile; KeyError for what is none."""
    code, unit = _MEANING[limit]
    return code, unit


def limit_states(
    uses: Sequence[LimitUse], views: Mapping[InstrumentId, AccountView], profile: RiskProfile, quote: str
) -> tuple[LimitState, ...]:
    """Return the state of each limit that is set, in the order of the profile's keys.

    `uses` are those that an account stands at, `views` what risk would be shown of each instrument now, `quote` the quote asset.
    """
    known = {use.limit: use for use in uses}
    found = []
    for limit in LIMITS:
        if limit in known:
            found.append(_of_use(known[limit]))
        elif limit not in _COMPANIONS and getattr(profile, limit) not in (None, (), {}):
            found += _of_others(limit, views, profile, quote)
    return tuple(found)


class Committed(NamedTuple):
    """What an account holds, with all that works to buy more as if it were filled; worth in smallest quote units."""

    largest: int
    """what the most of one instrument is worth"""
    positions: int
    worth: int


def committed(view: AccountView) -> Committed:
    """Add it up as the rules do, of a view that has all prices; what has none has no worth yet."""
    keys = {**view.positions, **view.pending_buys}
    lots = {key: max(0, view.positions.get(key, 0)) + max(0, view.pending_buys.get(key, 0)) for key in keys}
    worths = [view.notional(key, view.prices.get(key, 0), count) for key, count in lots.items() if count]
    return Committed(max(worths, default=0), len(worths), sum(worths))


def _of_use(use: LimitUse) -> LimitState:
    code, unit = _MEANING[use.limit]
    refuses = use.band == "breach" or not Decimal(use.allowed)
    return LimitState(use.limit, code, unit, use.allowed, use.used, use.used_ratio, use.band, refuses)


def _of_others(limit: str, views: Mapping[InstrumentId, AccountView], profile: RiskProfile, quote: str) -> Iterator[LimitState]:
    """Yield the states of a limit that is no share of what an account stands at."""
    allowed, view = getattr(profile, limit), next(iter(views.values()), None)
    if limit == "max_order_quantity":
        for base, most in allowed.items():
            yield _said(limit, str(most), None, PER_ORDER, unit=base)
    elif limit in STOOD_AT:
        yield _said(limit, str(allowed), None, "not known yet")
    elif limit == "max_order_notional":
        yield _said(limit, str(allowed), None, PER_ORDER, unit=quote)
    elif view is None:
        yield _said(limit, _text(allowed), None, PER_ORDER if limit in _BY_ORDER else "not known yet")
    elif limit in _BY_ACCOUNT:
        yield _BY_ACCOUNT[limit](view, profile, quote)
    elif limit in _BY_INSTRUMENT:
        yield _BY_INSTRUMENT[limit](views, profile)
    else:
        yield _said(limit, _text(allowed), None, PER_ORDER)


def _text(allowed: object) -> str:
    return ", ".join(map(str, allowed)) if isinstance(allowed, tuple) else str(allowed)


def _said(limit: str, allowed: str, used: str | None, note: str, *, refuses: bool = False, unit: str | None = None) -> LimitState:
    """A state in words: nothing that a share of the limit could be told of."""
    code, usual = _MEANING[limit]
    return LimitState(limit, code, usual if unit is None else unit, allowed, used, None, None, refuses, note)


def _counted(limit: str, allowed: Decimal | int, part: int, whole: int = 1, *, refuses: bool, note: str = "") -> LimitState:
    code, unit = _MEANING[limit]
    use = use_of(limit, allowed, max(0, part), whole, stops=False)
    return LimitState(limit, code, unit, str(allowed), use.used, use.used_ratio, use.band, refuses, note)


def _volatility(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    limit, allowed = "target_volatility", profile.target_volatility
    assert allowed is not None
    restless = _restless(view)
    if restless is None or not view.equity or view.equity < 0:
        return _said(limit, str(allowed), None, "a volatility is not known yet")
    return _counted(limit, allowed, round(restless / view.equity * 10**9), 10**9, refuses=not allowed)


def _restless(view: AccountView) -> float | None:
    """Return what each position and its working buys are worth times its volatility; None while one of these is not known."""
    if view.commitment is not None:
        return None if isnan(view.commitment.restless) else view.commitment.restless
    total = 0.0
    for key in {**view.positions, **view.pending_buys}:
        lots = view.positions.get(key, 0) + view.pending_buys.get(key, 0)
        if lots > 0 and (key not in view.prices or key not in view.volatility):
            return None
        total += view.notional(key, view.prices[key], lots) * view.volatility[key] if lots > 0 else 0.0
    return total


def _costs(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    limit, allowed, share, costs = "max_cost_to_profit_ratio", profile.max_cost_to_profit_ratio, profile.cost_ratio, view.costs
    assert allowed is not None
    assert share is not None
    if costs is None:
        return _said(limit, str(allowed), None, "known after 30 days")
    if costs.profit <= 0:
        return _said(limit, str(allowed), "no profit" if costs.fees > 0 else "0", "of 30 days", refuses=costs.fees > 0)
    return _counted(
        limit, allowed, costs.fees, costs.profit, refuses=share.exceeded_by(costs.fees, costs.profit), note="of 30 days"
    )


def _message_rate(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    allowed, count = profile.max_orders_per_minute, _flow(view).allowed(view.now)
    assert allowed is not None
    return _counted("max_orders_per_minute", allowed, count, refuses=count >= allowed)


def _open_orders(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    allowed = profile.max_open_orders
    assert allowed is not None
    return _counted("max_open_orders", allowed, view.open_orders, refuses=view.open_orders >= allowed)


def _executions(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    allowed, flow = profile.repeated_execution_limit, _flow(view)
    assert allowed is not None
    (side, count), shut = flow.most_executed(view.now), sorted(f"{key} {side}" for key, side in flow.throttled)
    note = f"{SHUT}: {', '.join(shut)}" if shut else "" if side is None else f"{side[0]} {side[1]}"
    return _counted("repeated_execution_limit", allowed, count, refuses=bool(shut) or count >= allowed, note=note)


def _guard(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    allowed, fired = profile.stop_loss_guard_count, _flow(view).stops_since(view.now - profile.guard_ns)
    assert allowed is not None
    note = f"in {profile.stop_loss_guard_minutes} min"
    return _counted("stop_loss_guard_count", allowed, fired, refuses=fired >= allowed, note=note)


def _losses(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    allowed, flow = profile.max_consecutive_losses, _flow(view)
    assert allowed is not None
    losses = flow.losses_in_a_row if view.now // DAY <= flow.last_loss_day else 0
    return _counted("max_consecutive_losses", allowed, losses, refuses=losses >= allowed)


def _windows(view: AccountView, profile: RiskProfile, quote: str) -> LimitState:
    is_open = profile.week is None or bool(profile.week[minute_of_week(view.now)])
    return _said("trading_windows", ", ".join(profile.trading_windows), "open" if is_open else "closed", "", refuses=not is_open)


def _cooldown(views: Mapping[InstrumentId, AccountView], profile: RiskProfile) -> LimitState:
    span, allowed = profile.cooldown_ns, profile.cooldown_after_loss_minutes
    assert span is not None
    assert allowed is not None
    left = {
        key: lost + span - view.now
        for key, view in views.items()
        if (lost := _flow(view).loss_of(key)) is not None and view.now < lost + span
    }
    note = ", ".join(str(key) for key in sorted(left, key=str))
    return _counted("cooldown_after_loss_minutes", allowed, max(left.values(), default=0), MINUTE, refuses=bool(left), note=note)


def _locks(views: Mapping[InstrumentId, AccountView], profile: RiskProfile) -> LimitState:
    locked = sorted({key.symbol for key in views if key.symbol in profile.locks})
    note = ", ".join(locked)
    used = "locked here" if locked else "not traded here"
    return _said("symbol_locks", ", ".join(profile.symbol_locks), used, note, refuses=bool(locked))


def _stale(views: Mapping[InstrumentId, AccountView], profile: RiskProfile) -> LimitState:
    """The market that was heard of least recently; where only bars are heard, they may be so far apart."""
    limit, allowed, most = "stale_data_seconds", profile.stale_data_seconds, profile.stale_ns
    assert allowed is not None
    assert most is not None
    ages = {key: view.now - view.updated[key] - view.quiet_ns for key, view in views.items() if key in view.updated}
    if len(ages) < len(views):
        silent = ", ".join(str(key) for key in views if key not in ages)
        return _said(limit, str(allowed), None, f"nothing was heard of {silent}", refuses=True)
    oldest = max(ages, key=lambda key: ages[key])
    return _counted(limit, allowed, ages[oldest], SECOND, refuses=ages[oldest] > most, note=str(oldest))


def _flow(view: AccountView) -> OrderFlow:
    return OrderFlow() if view.flow is None else view.flow


_BY_ACCOUNT: Final = {
    "target_volatility": _volatility,
    "max_cost_to_profit_ratio": _costs,
    "max_orders_per_minute": _message_rate,
    "max_open_orders": _open_orders,
    "repeated_execution_limit": _executions,
    "stop_loss_guard_count": _guard,
    "max_consecutive_losses": _losses,
    "trading_windows": _windows,
}
_BY_INSTRUMENT: Final = {"cooldown_after_loss_minutes": _cooldown, "symbol_locks": _locks, "stale_data_seconds": _stale}
_BY_ORDER: Final = frozenset(_MEANING) - _BY_ACCOUNT.keys() - _BY_INSTRUMENT.keys()
