"""A licence that lapses while the engine runs: nothing is bought, what is held may go, its protection stands; and back."""

from __future__ import annotations

from collections.abc import Sequence

from golive.model.command import Cancel, Record, Submit
from golive.model.event import Durable, Operator
from golive.model.event import OperatorAction as A
from golive.model.json import JsonValue
from golive.model.order import Side
from support.scripted_session import Session
from support.trading import START, engine_for, process_durably, random_walk

PRICE = 400_000
LOST = Operator(A.LICENCE_LOST, "golive", "its issuer has taken it back", START)
BACK = Operator(A.LICENCE_BACK, "golive", "valid", START)


def codes(commands: Sequence[object]) -> set[JsonValue]:
    return {each.body.get("code") for each in commands if isinstance(each, Record)} - {None}


def test_nothing_is_bought_while_there_is_no_licence_and_what_waited_is_bought_when_it_is_back() -> None:
    session = Session([0.5] * 6, position_quantity=2.0)
    session.process(LOST)
    assert codes(session.flat(PRICE)) == {"LICENCE_REDUCE_ONLY"}
    session.flat(PRICE)
    assert (session.held, session.working) == (0, None)
    session.process(BACK)
    session.flat(PRICE)
    session.flat(PRICE)
    assert session.held > 0


def test_an_entry_that_works_is_canceled() -> None:
    session = Session([0.5] * 6, position_quantity=2.0, entry_ttl_bars=4.0)
    session.flat(PRICE)
    working = session.working
    assert working is not None
    before = len(session.commands)
    session.process(LOST)
    assert [c for c in session.commands[before:] if isinstance(c, Cancel)] == [Cancel(working.client_order_id)]
    assert not any(isinstance(command, Submit) for _ in range(3) for command in session.flat(PRICE))


def test_a_position_keeps_its_protection_and_may_be_sold() -> None:
    session = Session([0.5, 0.5, 1.0, 0.0, 0.0], position_quantity=2.0, stop_loss_pct=0.05)
    session.flat(PRICE)
    session.flat(PRICE)
    protection = session.working
    assert session.held > 0
    assert protection is not None
    session.process(LOST)
    assert "LICENCE_REDUCE_ONLY" in codes(session.flat(PRICE))
    assert session.working == protection, "what may not be bought costs no protection"
    session.flat(PRICE)
    session.flat(PRICE)
    assert session.held == 0


def test_an_approved_entry_that_has_not_left_does_not_leave_any_more() -> None:
    engine = engine_for()
    engine.process(Operator(A.CONFIRM, "anna", "test", START))
    for bar in random_walk(900):
        engine.process(bar)
        if engine.awaiting_durable:
            break
    [order] = engine.orders
    assert order.intent.side is Side.BUY
    engine.process(LOST)
    commands = engine.process(Durable(engine.record_seq, START))
    assert not any(isinstance(each, Submit) for each in commands)
    assert "LICENCE_REDUCE_ONLY" in codes(commands)


def test_a_licence_does_not_wake_an_auto_trader_that_is_off() -> None:
    session = Session([0.5] * 6, position_quantity=2.0)
    session.process(Operator(A.AUTO_TRADE_OFF, "anna", "test", START))
    session.process(LOST)
    session.process(BACK)
    assert codes(session.flat(PRICE)) == {"AUTO_TRADE_OFF"}
    assert session.working is None


def test_the_same_events_give_the_same_decisions() -> None:
    def run() -> list[object]:
        engine, said = engine_for(), list[object]()
        process_durably(engine, Operator(A.CONFIRM, "anna", "test", START))
        for number, bar in enumerate(random_walk(300)):
            if number in (100, 200):
                said += process_durably(engine, LOST if number == 100 else BACK)
            said += process_durably(engine, bar)
        return said

    assert run() == run()
