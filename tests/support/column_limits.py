"""Risk profiles with every limit that the compiled driver holds, drawn so that each of them binds in some case."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, Final

import numpy as np

from golive.engine.columns import Terms
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import MINUTE, SECOND
from golive.model.instrument import Instrument
from golive.risk import RiskProfile

from .column_parity import OPEN_PROFILE, Case, drawn_case

Draw = Callable[[Random, Case], Any]


def _of(*values: object) -> Draw:
    return lambda draw, case: draw.choice(values)


def _shares(*values: str) -> Draw:
    return lambda draw, case: Decimal(draw.choice(values))


def _window(draw: Random, case: Case) -> tuple[str, ...]:
    hour, days = draw.randrange(20), draw.choice(("mon-fri", "sat-sun", "wed", "sun-tue"))
    return (f"{days} {hour:02d}:30-{draw.randrange(24):02d}:{draw.choice(('00', '59'))}", "thu 23:00-01:00")


def _quantities(draw: Random, case: Case) -> Mapping[str, Decimal]:
    return {each.instrument.base: each.instrument.lot_size * draw.choice((1, 7, 400)) for each in case.candles[:2]}


def _minutes(*bars: float) -> Draw:
    return lambda draw, case: Decimal(draw.choice(bars)) * case.terms.timeframe_ns / MINUTE


def _duplicates(draw: Random, case: Case) -> Decimal:
    return Decimal(case.terms.timeframe_ns) / SECOND * draw.choice((0, 1))


LIMITS: Final[Mapping[str, Draw]] = {
    "weekly_loss_pct": _shares("0", "0.0005", "0.003", "0.02", "1"),
    "portfolio_exposure_pct": _shares("0", "0.04", "0.05", "0.3", "0.9"),
    "target_volatility": _shares("0", "0.05", "0.2", "0.5", "3"),
    "stop_loss_atr_multiple": _shares("0", "0.3", "1.5", "4"),
    "trade_risk_pct": _shares("0", "0.0001", "0.002", "0.01"),
    "max_cost_to_profit_ratio": _shares("0", "0.25", "3"),
    "price_collar_pct": _shares("0", "0.02"),
    "max_order_quantity": _quantities,
    "max_order_notional": _shares("0", "1", "40", "1000.5", "30000"),
    "max_orders_per_minute": _of(0, 1, 2, 3, 60),
    "duplicate_window_seconds": _duplicates,
    "max_open_orders": _of(0, 1, 2, 20),
    "repeated_execution_limit": _of(0, 1, 2, 10),
    "cooldown_after_loss_minutes": _minutes(0, 1, 2.5, 20),
    "stop_loss_guard_count": _of(1, 2, 5),
    "stop_loss_guard_minutes": _minutes(1, 10, 60),
    "max_consecutive_losses": _of(1, 2, 3),
    "symbol_locks": _of((), ("C0/USDT",), ("C1/USDT", "C2/USDT")),
    "trading_windows": _window,
    "stale_data_seconds": _shares("0.001", "60"),
}
ALWAYS: Final = ("max_daily_loss_pct", "hard_drawdown_pct", "max_position_pct")


def limited_case(seed: int, *, instruments: int | None = None, with_detail: bool | None = None) -> Case:
    """Draw a case of `column_parity` under one to all of the limits, or under one alone."""
    case = drawn_case(seed, instruments=instruments, with_detail=with_detail)
    draw = Random(~seed)
    names = draw.sample(sorted(LIMITS), draw.choice((1, 1, 2, 4, len(LIMITS))))
    return replace(case, terms=replace(case.terms, profile=limited_profile(draw, case, names)))


def busy_case(seed: int, *, instruments: int | None = None, bars: int | None = None) -> Case:
    """Draw a case that trades often, with gains and losses, for minutes, weeks or months, under a few limits or all."""
    draw = Random(seed)
    count = instruments or draw.choice((1, 1, 2, 3, 5))
    length = draw.choice((MINUTE, 60 * MINUTE, 240 * MINUTE, 1440 * MINUTE))
    start = 1_704_067_200_000_000_000 - draw.randint(0, 30) * length
    total = bars or draw.choice((120, 400))
    missing = draw.choice((0.0, 0.0, 0.03))
    candles, targets = [], []
    for n in range(count):
        candles.append(_market(draw, f"okx:C{n}/USDT", total, start, length, missing))
        said: list[float] = [math.nan] * draw.choice((0, 25))
        while len(said) < total:
            said += [draw.choice((0.0, 0.0, 0.4, 1.0, 1.0))] * draw.randint(1, draw.choice((3, 12)))
        targets.append(said[: len(candles[-1])])
    case = Case(candles, targets, _terms(draw, length))
    pool = [*LIMITS, *("max_cost_to_profit_ratio",) * 3, *("stop_loss_guard_count", "max_orders_per_minute") * 2]
    names = draw.sample(pool, draw.choice((1, 1, 1, 2, 4, len(LIMITS))))
    return replace(case, terms=replace(case.terms, profile=limited_profile(draw, case, names)))


def _market(draw: Random, name: str, bars: int, start: int, length: int, missing: float) -> CandleColumns:
    spec = Instrument.from_text(
        name, tick_size="0.01", lot_size="0.001", min_quantity=draw.choice(("0.001", "0.05")),
        max_quantity=draw.choice(("2", "100000")), min_notional="1",
    )  # fmt: skip
    close, width = draw.choice((3_000, 200_000)), draw.choice((0.002, 0.01, 0.03))
    drift = draw.choice((-0.2, 0.0, 0.2)) * width
    rows = []
    for n in range(bars):
        open_ = close
        close = max(10, round(open_ * (1 + draw.gauss(drift, width))))
        wick = draw.randint(0, max(1, round(close * width)))
        row = (
            start + n * length,
            open_,
            max(open_, close) + wick,
            max(1, min(open_, close) - wick),
            close,
            draw.choice((10**5, 10**8)),
        )
        if n == 0 or draw.random() >= missing:
            rows.append(row)
    table = np.array(rows, np.int64)
    return CandleColumns(spec, length, *(np.ascontiguousarray(table[:, n]) for n in range(6)))


def _terms(draw: Random, timeframe_ns: int) -> Terms:
    parameters = {
        "position_pct": draw.choice((0.05, 0.2, 0.9)), "position_quantity": 0.0, "entry_ttl_bars": float(draw.choice((0, 0, 1, 4))),
        "stop_loss_pct": 0.0, "trailing_stop_pct": 0.0, "take_profit_pct": 0.0,
    }  # fmt: skip
    if draw.random() < 0.6:
        name = draw.choice(("stop_loss_pct", "stop_loss_pct", "trailing_stop_pct", "take_profit_pct"))
        parameters[name] = draw.choice((0.003, 0.02))
    fees = FeeSchedule(Decimal(draw.choice(("-1", "8"))), Decimal(draw.choice(("-2", "10", "40"))), draw.choice(tuple(FeeAsset)))
    balances = {"USDT": Decimal(100_000)}
    if draw.random() < 0.3:
        balances["C0"] = Decimal(draw.choice(("3", "0.0123")))
    return Terms(parameters, OPEN_PROFILE, fees, balances, timeframe_ns, Decimal(draw.choice(("0", "5"))), (1, 10))


def limited_profile(draw: Random, case: Case, names: list[str]) -> RiskProfile:
    values = {name: LIMITS[name](draw, case) for name in names}
    if draw.random() < 0.3:
        values |= {name: Decimal(draw.choice(("0.01", "0.1", "1"))) for name in ALWAYS}
        values["max_open_positions"] = draw.choice((0, 1, 2, 10))
    return replace(OPEN_PROFILE, name="limited", **values)
