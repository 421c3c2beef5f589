"""A held position is protected by one order at a time, which makes room for what the strategy wants and stays away once it fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.engine import Engine
from golive.engine.protection import Protection
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE
from golive.model.command import Alert, Cancel, Command, Record, Submit
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError
from golive.model.event import Durable, Event
from golive.model.market import Candle
from golive.model.order import NewOrder, OrderStatus, OrderType, OrderUpdate, Side
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from golive.strategy import Bar, Parameter, with_order_parameters
from support.trading import BTC, BTC_ID, START, client_order_id, confirm

OPEN = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 10)


@dataclass
class Script:
    """A strategy that says what it was told to say."""

    targets: Sequence[float]
    name: str = "script"
    summary: str = "for tests"
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: with_order_parameters({}))

    def initial(self, params: Any) -> list[int]:
        return [0]

    def step(self, state: list[int], bar: Bar, params: Any) -> float:
        state[0] += 1
        return self.targets[state[0] - 1]

    def warm_up(self, params: Any) -> int:
        return 1


class Session:
    """Engine and paper execution over bars, everything durable at once; keeps what was asked for, bar by bar."""

    def __init__(self, targets: Sequence[float], refusing: bool = False, **parameters: float) -> None:
        strategy = Script(targets)
        values = {name: each.default for name, each in strategy.parameters.items()}
        self.engine = Engine(
            instruments=(BTC,), strategy=strategy, parameters={**values, "position_quantity": 1.0, **parameters}, profile=OPEN,
            start_balances={"USDT": Decimal(1_000_000)}, timeframe_ns=MINUTE, new_id=client_order_id,
        )  # fmt: skip
        self.paper = PaperExecution(
            label="okx", models={BTC_ID: BarModel(slippage=ConstantSlippage(Decimal(0)), participation=(1, 1))},
            account=Ledger((BTC,), {"USDT": Decimal(1_000_000)}), fees=FeeSchedule(Decimal(0), Decimal(0), FeeAsset.QUOTE),
            codes={}, recorder=MemoryRecorder(),
        )  # fmt: skip
        self.refusing = refusing
        self.ts = START
        self.commands: list[Command] = []
        self._process(confirm())

    def bar(self, open_: int, high: int, low: int, close: int, volume: int = 10**12) -> list[Command]:
        """Take the next one-minute bar, prices in ticks; return the commands it led to."""
        before = len(self.commands)
        candle = Candle(BTC_ID, self.ts, self.ts + MINUTE, open_, high, low, close, volume)
        self.ts += MINUTE
        for news in self.paper.on_market(candle):
            self._process(news)
        self._process(candle)
        while self.engine.awaiting_durable:
            self._process(Durable(self.engine.record_seq, self.ts))
        return self.commands[before:]

    def flat(self, price: int) -> list[Command]:
        return self.bar(price, price, price, price)

    def _process(self, event: Event) -> None:
        commands = self.engine.process(event)
        self.commands += commands
        for command in commands:
            if isinstance(command, Submit):
                order = command.approved.order
                if self.refusing and order.type.sleeps:
                    self._process(OrderUpdate(order.client_order_id, self.ts, "rejected", code="no triggers here"))
                    continue
                for news in self.paper.submit(command.approved, self.ts):
                    self._process(news)
            elif isinstance(command, Cancel):
                for news in self.paper.cancel(command.client_order_id, self.ts):
                    self._process(news)

    @property
    def working(self) -> NewOrder | None:
        order = self.engine.orders.working(BTC_ID)
        return None if order is None else order.intent

    @property
    def held(self) -> int:
        return self.engine.ledger.total_lots(BTC_ID)


def submitted(commands: Sequence[Command]) -> list[OrderType]:
    return [command.approved.order.type for command in commands if isinstance(command, Submit)]


def test_what_was_bought_is_protected_in_the_step_that_bought_it() -> None:
    session = Session([1.0] * 9, stop_loss_pct=0.01)
    session.flat(400_000)
    assert submitted(session.flat(400_000)) == [OrderType.STOP]
    assert session.working is not None
    assert (session.working.side, session.working.quantity, session.working.trigger) == (Side.SELL, session.held, 396_000)


def test_a_stop_fires_inside_the_bar_and_nothing_is_bought_until_the_target_changes() -> None:
    session = Session([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0], stop_loss_pct=0.01)
    session.flat(400_000)
    session.flat(400_000)
    session.bar(400_000, 400_000, 390_000, 391_000)
    assert (session.held, session.engine.fills[-1][0].price) == (0, 396_000)
    assert session.engine.desks[BTC_ID].standing is DecisionCode.STOPPED_OUT
    assert submitted(session.flat(391_000)) == submitted(session.flat(391_000)) == []
    session.flat(391_000)
    session.flat(391_000)
    assert submitted(session.flat(391_000)) == [OrderType.STOP]
    assert session.held > 0


def test_an_exit_takes_the_protective_order_out_and_sells_at_the_next_open_all_the_same() -> None:
    session = Session([1.0, 1.0, 0.0, 0.0], stop_loss_pct=0.01)
    session.flat(400_000)
    session.flat(400_000)
    commands = session.flat(401_000)
    assert any(isinstance(command, Cancel) for command in commands)
    assert submitted(commands) == [OrderType.MARKET]
    session.flat(402_000)
    assert (session.held, session.working) == (0, None)
    assert session.engine.fills[-1][0].price == 402_000
    signals = [c.body["signal_id"] for c in session.commands if isinstance(c, Record) and c.event == "signal_received"]
    assert len(signals) == len(set(signals)) == 2


def test_a_smaller_target_sells_a_part_and_protects_the_rest_from_the_same_entry() -> None:
    session = Session([1.0, 1.0, 0.5, 0.5, 0.5], stop_loss_pct=0.01)
    for price in (400_000, 400_000, 410_000, 410_000):
        session.flat(price)
    assert session.working is not None
    assert session.working.type is OrderType.STOP
    assert (session.working.quantity, session.working.trigger) == (session.held, 396_000)
    assert session.held == BTC.lots("0.5")


def test_a_second_buy_moves_the_stop_to_the_average_price() -> None:
    session = Session([0.5, 0.5, 1.0, 1.0], stop_loss_pct=0.1)
    for price in (400_000, 400_000, 500_000, 500_000):
        session.flat(price)
    assert session.working is not None
    assert session.working.trigger == 450_000 * 9 // 10


def test_a_trailing_stop_and_a_take_profit_do_what_their_names_say() -> None:
    trailing = Session([1.0] * 9, trailing_stop_pct=0.01)
    for price in (400_000, 400_000, 420_000):
        trailing.flat(price)
    trailing.bar(420_000, 420_000, 410_000, 410_000)
    assert trailing.engine.fills[-1][0].price == 420_000 - 4_000
    taking = Session([1.0] * 9, take_profit_pct=0.01)
    taking.flat(400_000)
    taking.flat(400_000)
    taking.bar(400_000, 405_000, 399_000, 400_000)
    assert (taking.held, taking.engine.fills[-1][0].price) == (0, 404_000)


def test_what_a_thin_bar_left_of_a_fired_stop_is_sold_at_the_next_open() -> None:
    session = Session([1.0] * 9, stop_loss_pct=0.01)
    session.flat(400_000)
    session.flat(400_000)
    part = session.held // 4
    session.bar(400_000, 400_000, 390_000, 390_000, volume=part)
    assert session.held == BTC.lots("1") - part
    session.flat(389_000)
    assert (session.held, session.engine.fills[-1][0].price) == (0, 389_000)


def test_a_venue_that_refuses_to_protect_is_asked_once_and_a_person_is_told() -> None:
    session = Session([1.0] * 9, refusing=True, stop_loss_pct=0.01)
    for _ in range(6):
        session.flat(400_000)
    stops = [order for order in session.engine.orders if order.intent.type is OrderType.STOP]
    assert [order.status for order in stops] == [OrderStatus.REJECTED]
    assert [c.title for c in session.commands if isinstance(c, Alert)] == ["the position in okx:BTC/USDT has no protective order"]


def test_two_protective_orders_are_one_too_many() -> None:
    with pytest.raises(ConfigError, match="stop_loss_pct and take_profit_pct"):
        Session([1.0], stop_loss_pct=0.01, take_profit_pct=0.02)


def test_a_fixed_quantity_below_a_lot_is_refused() -> None:
    with pytest.raises(ConfigError, match="position_quantity"):
        Session([1.0], position_quantity=1e-9)


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 950_000))
def test_a_stop_lies_below_and_a_target_above_what_was_paid(price: int, lots: int, distance: int) -> None:
    stop = Protection(OrderType.STOP, distance).level(price * lots, lots)
    target = Protection(OrderType.TAKE_PROFIT, distance).level(price * lots, lots)
    trail = Protection(OrderType.TRAILING_STOP, distance).level(price * lots, lots)
    exact = price * distance / 10**6
    assert stop == max(1, price * (10**6 - distance) // 10**6)
    assert price < target <= price + exact + 1
    assert exact <= trail < exact + 1


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(-30, 30), st.integers(0, 40)), min_size=5, max_size=60))
def test_never_two_orders_work_and_never_more_is_sold_than_held(rows: list[tuple[float, int, int]]) -> None:
    session, price = Session([row[0] for row in rows], stop_loss_pct=0.005), 10_000
    for _, move, wick in rows:
        opened, price = price, max(100, price + move)
        session.bar(opened, max(opened, price) + wick, max(1, min(opened, price) - wick), price)
        working = [order for order in session.engine.orders if order.remaining]
        assert len(working) <= 1
        assert sum(order.remaining for order in working if order.intent.side is Side.SELL) <= session.held
        desk = session.engine.desks[BTC_ID]
        if session.held and not desk.wants_action:
            assert working, "a position stands without protection"
    assert {a: b.total for a, b in session.engine.ledger.balances.items()} == {
        a: b.total for a, b in session.paper.account.balances.items()
    }
