"""Backtests for tests: a swinging market and terms that trade it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from golive.backtest.spec import OPEN_PROFILE, BacktestSpec
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeSchedule
from golive.model.clock import MINUTE, from_iso
from golive.model.instrument import Instrument
from golive.strategy import resolve_parameters, strategy_named

START = from_iso("2024-01-01T00:00:00Z")


def instrument(name: str = "okx:BTC/USDT") -> Instrument:
    return Instrument.from_text(name, tick_size="0.1", lot_size="0.00001", min_quantity="0.00001", max_quantity="1000")


def market(count: int, *, name: str = "okx:BTC/USDT", seed: int = 3, timeframe_ns: int = MINUTE) -> CandleColumns:
    """Prices around 42,000 that swing over 200 bars and jitter."""
    draw, place = np.random.default_rng(seed), np.arange(count)
    close = np.rint(420_000 + 9_000 * np.sin(place / 32) + np.cumsum(draw.normal(0, 120, count))).astype(np.int64)
    open_ = np.concatenate([close[:1], close[:-1]])
    reach = draw.integers(1, 200, (2, count))
    return CandleColumns(
        instrument(name), timeframe_ns, START + place * timeframe_ns, open_, np.maximum(open_, close) + reach[0],
        np.minimum(open_, close) - reach[1], close, draw.integers(0, 900_000, count),
    )  # fmt: skip


def spec(strategy: str = "ema_cross", given: Mapping[str, object] | None = None, **changes: Any) -> BacktestSpec:
    one = strategy_named(strategy)
    terms: dict[str, Any] = {
        "timeframe_ns": MINUTE,
        "profile": OPEN_PROFILE,
        "fees": FeeSchedule(Decimal(8), Decimal(10)),
        "start_balances": {"USDT": Decimal(100_000)},
    }
    parameters = resolve_parameters(one.name, one.parameters, {"position_pct": 0.5, **(given or {})})
    return BacktestSpec(strategy=one, parameters=parameters, **{**terms, **changes})
