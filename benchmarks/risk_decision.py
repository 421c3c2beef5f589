"""Time of one full risk decision: 20 positions, 50 open orders, the shipped `balanced` profile with every optional limit set.

Everything is real and nothing is I/O: ledger, orders, desks and the engine's memory of what was ordered. Each decision is about
another buy, a second after the one before, on books that have all moved since; every rule is asked and none objects. `decide` is
the rules alone, over a view that was gathered before; `view and decide` is what a session does.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from golive.config import SourceFile, parse_configuration
from golive.engine import Engine
from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.decision import Refused
from golive.model.event import Durable
from golive.model.ids import ClientOrderId, FillId
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, Side
from golive.risk import RiskProfile
from golive.runtime.risk_limits import risk_profile
from golive.strategy import Bar, Parameter, with_order_parameters

from .contender import measure
from .peer_environment import is_built, python_of, script

GOAL_US = 15.0
POSITIONS, OPEN_ORDERS = 20, 50
DECISIONS = 4_000
_CONFIG = Path(__file__).resolve().parent.parent / "config"
_EQUITY = 10_000_000


@dataclass
class _Holding:
    """A strategy that asks for nothing: what is held was bought before."""

    name: str = "holding"
    summary: str = "asks for nothing"
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: with_order_parameters({}))

    def initial(self, params: Any) -> None:
        return None

    def step(self, state: None, bar: Bar, params: Any) -> float:
        return 0.0

    def warm_up(self, params: Any) -> int:
        return 1


def full_profile(instruments: Sequence[Instrument]) -> RiskProfile:
    """Return `balanced` as it ships, with every optional limit set and counts that 20 positions and 50 orders stay within."""
    files = (SourceFile(name, (_CONFIG / name).read_bytes()) for name in ("runtime.yaml", "core.yaml"))
    shipped = risk_profile("balanced", parse_configuration(*files, {}).core.risk_profiles["balanced"])
    return dataclasses.replace(
        shipped, max_open_positions=POSITIONS, max_open_orders=OPEN_ORDERS + 1, max_order_notional=Decimal(1_000_000),
        max_order_quantity={each.base: Decimal(1000) for each in instruments}, cooldown_after_loss_minutes=Decimal(30),
        stop_loss_guard_count=5, max_consecutive_losses=5, symbol_locks=("OLD/USDT",),
        trading_windows=("sat-sun 10:00-12:00", "mon-sun 00:00-24:00"), max_orders_per_minute=100,
    )  # fmt: skip


class Desk:
    """An engine that holds 20 positions, each under its protective stop, with 30 entries working."""

    def __init__(self) -> None:
        self.instruments = [
            Instrument.from_text(
                f"okx:A{n:02}/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="99999"
            )
            for n in range(POSITIONS)
        ]
        strategy = _Holding()
        values = {name: each.default for name, each in strategy.parameters.items()} | {"stop_loss_pct": 0.05}
        self.engine = Engine(
            instruments=self.instruments, strategy=strategy, parameters=values, profile=full_profile(self.instruments),
            start_balances={"USDT": Decimal(_EQUITY)}, timeframe_ns=MINUTE, new_id=lambda n: ClientOrderId(f"e{n:031x}"),
        )  # fmt: skip
        self.rng = random.Random(5)
        self.prices = [100_000 + 500 * n for n in range(POSITIONS)]
        self._orders = 0
        self._bars(0)
        for instrument, price in zip(self.instruments, self.prices, strict=True):
            self._buy(instrument, price)
        self.ts = 31 * DAY
        self._bars(self.ts)
        self.ts += 40 * MINUTE
        for n in range(OPEN_ORDERS - POSITIONS):
            place = n % POSITIONS
            order = self._order(self.instruments[place], 10 + n, self.prices[place] - 50)
            self.engine.orders.plan(order, self.ts)
            self.engine.orders.sent(order.client_order_id)
            self.engine._account.changed(self.engine.desks[order.instrument])
        self.books()

    def _bars(self, at: int) -> None:
        for n in range(40):
            self._bar(at + n * MINUTE)

    def _bar(self, opened: int) -> None:
        for place, instrument in enumerate(self.instruments):
            before = self.prices[place]
            self.prices[place] = close = before + self.rng.choice((-1, 0, 1))
            high, low = max(before, close) + 1, min(before, close) - 1
            self.engine.process(Candle(instrument.id, opened, opened + MINUTE, before, high, low, close, 10**9))

    def _order(self, instrument: Instrument, lots: int, price: int | None = None) -> NewOrder:
        self._orders += 1
        name = ClientOrderId(f"{self._orders:032x}")
        return NewOrder(name, instrument.id, Side.BUY, OrderType.MARKET if price is None else OrderType.LIMIT, lots, price)

    def _buy(self, instrument: Instrument, price: int) -> None:
        """Have bought 3 % of the account; the engine asks for the stop that protects it."""
        order = self._order(instrument, instrument.lots_for(_EQUITY * 3 * 10**instrument.quote_scale // 100, price))
        self.engine.orders.plan(order, 40 * MINUTE)
        self.engine.orders.sent(order.client_order_id)
        paid = (Side.BUY, price, order.quantity, 0, "USDT", Liquidity.TAKER)
        self.engine.process(Fill(FillId("okx", order.client_order_id), order.client_order_id, instrument.id, 40 * MINUTE, *paid))
        while self.engine.awaiting_durable:
            self.engine.process(Durable(self.engine.record_seq, 40 * MINUTE))

    def books(self) -> None:
        """Let a second pass, in which every book has moved; at the end of a minute a bar closes too."""
        self.ts += SECOND
        if self.ts % MINUTE == 0:
            self._bar(self.ts - MINUTE)
        for place, instrument in enumerate(self.instruments):
            self.prices[place] = price = self.prices[place] + self.rng.choice((-1, 0, 1))
            self.engine.process(Book(instrument.id, self.ts, ((price, 10**6),), ((price + 1, 10**6),)))

    def decision(self, n: int) -> tuple[int, int]:
        """Take the n-th decision; return ns of the view, and of what risk says about it."""
        self.books()
        desk = self.engine.desks[self.instruments[n % POSITIONS].id]
        order = self._order(desk.instrument, 10 + n % 100, desk.ask)
        account, risk, now = self.engine._account, self.engine.risk, time.perf_counter_ns
        began = now()
        view = account.view(desk, order.price, self.ts)
        gathered = now()
        decision = risk.decide(order, view, n)
        ended = now()
        if isinstance(decision, Refused):
            raise RuntimeError(f"refused by {decision.code}: {decision.value} of {decision.limit}")
        return gathered - began, ended - gathered


def decisions_us(count: int = DECISIONS) -> tuple[list[float], list[float]]:
    """Return µs of the rules alone, and of view and rules, decision by decision."""
    desk = Desk()
    assert len(desk.engine.orders.unended) == OPEN_ORDERS
    gc.collect()
    gc.disable()
    try:
        rows = [desk.decision(n) for n in range(count)]
    finally:
        gc.enable()
    return [rules / 1000 for _, rules in rows], [(view + rules) / 1000 for view, rules in rows]


def _peer() -> dict[str, Any] | None:
    if not is_built("nautilus_trader"):
        return None
    return measure([python_of("nautilus_trader"), script("nautilus_risk"), str(DECISIONS)])


def print_risk_decision(*, peers: bool = False, as_json: bool = False) -> None:
    if peers:
        python_of("nautilus_trader")
    rules, whole = decisions_us()
    figures = {
        name: {"median": statistics.median(row), "p99": statistics.quantiles(row, n=100)[98]}
        for name, row in (("decide", rules), ("view and decide", whole))
    }
    peer = _peer()
    if as_json:
        print(json.dumps({"us": figures, "nautilus_trader": peer}))
        return
    for name, each in figures.items():
        beside = "" if peer is None else f"nautilus_trader {peer['us']['median']:.1f}"
        print(
            f"{f'risk: {name}, µs':<52} {each['median']:>16.1f}  {f'<= {GOAL_US:.0f}':>12}  {beside:>28}  p99 {each['p99']:.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="build the peer's environment first")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    print_risk_decision(peers=chosen.peers, as_json=chosen.json)


if __name__ == "__main__":
    main()
