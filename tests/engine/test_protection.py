"""A held position is protected by one order at a time, which makes room for what the strategy wants and stays away once it fired."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.engine.protection import Protection
from golive.model.command import Alert, Cancel, Command, Record, Submit
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError
from golive.model.order import OrderStatus, OrderType, Side
from support.scripted_session import Session
from support.trading import BTC, BTC_ID


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
