"""The pre-trade check of nautilus_trader, in its own environment: `nautilus_risk.py DECISIONS`.

`RiskEngine.execute(SubmitOrder)` up to the door of its execution engine, where a function takes the order and does nothing:
trading state, precision and quantity of the instrument, notional per order, free balance, rate of submission. It has none of the
limits on loss, exposure, volatility, cost, pace or price that ours asks for; 20 positions and 50 open orders lie in its cache all
the same.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import nautilus_trader
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OrderSide
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.identifiers import AccountId, InstrumentId, PositionId, StrategyId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import AccountBalance, Currency, Money, Price, Quantity
from nautilus_trader.model.position import Position
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.risk.engine import RiskEngine
from nautilus_trader.test_kit.stubs.events import TestEventStubs

POSITIONS, OPEN_ORDERS = 20, 50
TRADER, STRATEGY, VENUE = TraderId("BENCH-001"), StrategyId("S-001"), Venue("OKX")
ACCOUNT = AccountId("OKX-001")


def instrument(n):
    base = Currency(f"A{n:02}", 8, 0, f"A{n:02}", 1)
    symbol = Symbol(f"A{n:02}/USDT")
    return CurrencyPair(
        InstrumentId(symbol, VENUE), symbol, base, USDT, 2, 3, Price.from_str("0.01"), Quantity.from_str("0.001"), 0, 0,
        max_quantity=Quantity.from_str("99999.000"), min_quantity=Quantity.from_str("0.001"),
    )  # fmt: skip


def main():
    count = int(sys.argv[1])
    clock = TestClock()
    bus = MessageBus(TRADER, clock)
    cache = Cache()
    portfolio = Portfolio(bus, cache, clock)
    notional = {}
    instruments = [instrument(n) for n in range(POSITIONS)]
    for each in instruments:
        cache.add_instrument(each)
        notional[str(each.id)] = 1_000_000
    balance = AccountBalance(Money(10_000_000, USDT), Money(0, USDT), Money(10_000_000, USDT))
    state = AccountState(ACCOUNT, AccountType.CASH, None, True, [balance], [], {}, UUID4(), 0, 0)
    portfolio.update_account(state)
    config = RiskEngineConfig(max_order_submit_rate="1000000/00:00:01", max_notional_per_order=notional)
    risk = RiskEngine(portfolio, bus, cache, clock, config)
    sent = []
    bus.register("ExecEngine.execute", lambda command: sent.append(1))
    bus.register("ExecEngine.process", sent.append)
    risk.start()
    orders = OrderFactory(TRADER, STRATEGY, clock)
    for n, each in enumerate(instruments):
        price = Price.from_str(f"{1000 + 5 * n}.00")
        cache.add_quote_tick(
            QuoteTick(each.id, price, price, Quantity.from_str("1.000"), Quantity.from_str("1.000"), 0, 0)
        )  # fmt: skip
        order = orders.market(each.id, OrderSide.BUY, Quantity.from_str("100.000"))
        fill = TestEventStubs.order_filled(order, each, account_id=ACCOUNT, position_id=PositionId(f"P-{n}"), last_px=price)
        cache.add_position(Position(each, fill), 1)
    for n in range(OPEN_ORDERS):
        each = instruments[n % POSITIONS]
        order = orders.limit(each.id, OrderSide.BUY, Quantity.from_str("0.010"), Price.from_str("999.00"))
        order.apply(TestEventStubs.order_submitted(order, account_id=ACCOUNT))
        order.apply(TestEventStubs.order_accepted(order, account_id=ACCOUNT))
        cache.add_order(order)
        cache.update_order(order)
    assert (len(cache.positions_open()), len(cache.orders_open())) == (POSITIONS, OPEN_ORDERS)
    took = []
    for n in range(count):
        each = instruments[n % POSITIONS]
        order = orders.limit(each.id, OrderSide.BUY, Quantity.from_str(f"0.{10 + n % 100:03}"), Price.from_str("1000.00"))
        cache.add_order(order)
        command = SubmitOrder(TRADER, STRATEGY, order, UUID4(), 0)
        began = time.perf_counter_ns()
        risk.execute(command)
        took.append((time.perf_counter_ns() - began) / 1000)
    assert sent == [1] * count, sent[:3]
    figures = {
        "name": "nautilus_trader", "version": nautilus_trader.__version__,
        "us": {"median": statistics.median(took), "p99": statistics.quantiles(took, n=100)[98]},
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
