"""Bars per second of the engine alone, beside its floor: the strategy's own step in an empty loop."""

from __future__ import annotations

import random
import time
from decimal import Decimal

from golive.engine import Engine
from golive.model.clock import MINUTE
from golive.model.event import Operator, OperatorAction
from golive.model.ids import derive_client_order_id
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.risk import RiskProfile
from golive.strategy import Bar, bound, resolve_parameters, strategy_named

BARS = 20_000
INSTRUMENT = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
)
STRATEGY = strategy_named("multi_strategy_default")
PARAMETERS = resolve_parameters(STRATEGY.name, STRATEGY.parameters, {})


def _candles() -> list[Candle]:
    rng, price, out = random.Random(3), 400_000, []
    for n in range(BARS):
        close = max(1000, round(price * (1 + rng.gauss(0, 0.0006))))
        out.append(
            Candle(INSTRUMENT.id, n * MINUTE, (n + 1) * MINUTE, price, max(price, close) + 9, min(price, close) - 9, close, 10**9)
        )
        price = close
    return out


def bars_per_second() -> float:
    """Process bars with orders left unanswered at the durable point; the cost of a bar without an order dominates."""
    engine = Engine(
        instruments=[INSTRUMENT],
        strategy=STRATEGY,
        parameters=PARAMETERS,
        profile=RiskProfile("balanced", Decimal("0.015"), Decimal("0.10"), Decimal("0.05"), 5),
        start_balances={"USDT": Decimal(100_000)},
        timeframe_ns=MINUTE,
        new_id=lambda n: derive_client_order_id(b"k" * 32, venue="okx", account="a", epoch=1, strategy="s", sequence=n),
    )
    engine.process(Operator(OperatorAction.START, "bench", "session_start", 0))
    engine.process(Operator(OperatorAction.CONFIRM, "bench", "session_command", 0))
    candles = _candles()
    began = time.perf_counter()
    for candle in candles:
        engine.process(candle)
    return BARS / (time.perf_counter() - began)


def floor_bars_per_second() -> float:
    bars = [Bar(c.ts, c.open, c.high, c.low, c.close, c.volume) for c in _candles()]
    params = bound(PARAMETERS)
    state = STRATEGY.initial(params)
    began = time.perf_counter()
    for bar in bars:
        STRATEGY.step(state, bar, params)
    return BARS / (time.perf_counter() - began)
