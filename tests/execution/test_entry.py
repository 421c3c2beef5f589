"""What reaches paper execution from outside: orders that are none, and market events that come late."""

from __future__ import annotations

import pytest

from golive.matching.depth import DepthModel
from golive.model.market import Trade
from golive.model.order import Fill, OrderUpdate, Side
from support.paper_desk import PaperDesk
from support.trading import BTC, BTC_ID, START, approved, book, order


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "hold"},
        {"side": "buy"},
        {"type": "iceberg"},
        {"time_in_force": "xyz"},
        {"quantity": 100_000.5},
        {"quantity": True},
        {"price": 400_000.5},
    ],
)
def test_what_the_vocabulary_does_not_have_is_rejected_and_burns_no_id(wrong: dict[str, object]) -> None:
    desk = PaperDesk(DepthModel)
    desk.market(book(START, [("40000", "9")], [("40001", "9")]))
    good = order(1, Side.BUY, "0.1", "40000")
    [refused] = desk.paper.submit(approved(good._replace(**wrong)), START)  # type: ignore[arg-type]
    assert isinstance(refused, OrderUpdate)
    assert (refused.event, refused.code, desk.paper.working) == ("rejected", "ORDER_INVALID", 0)
    [accepted] = desk.submit(good, START)
    assert isinstance(accepted, OrderUpdate)
    assert accepted.event == "accepted"
    [kept] = desk.paper.amend(approved(good._replace(quantity=200_000.5)), START)  # type: ignore[arg-type]
    assert isinstance(kept, OrderUpdate)
    assert (kept.event, kept.code) == ("accepted", "ORDER_INVALID")


def test_a_trade_from_before_an_order_does_not_fill_it_however_late_it_is_told() -> None:
    desk = PaperDesk(DepthModel)
    desk.market(book(START, [("40000", "1")], [("40001", "9")]))
    desk.submit(order(1, Side.BUY, "0.5", "40000"), START + 100)
    early, late = (Trade(BTC_ID, START + at, BTC.ticks("39000"), BTC.lots("5"), Side.SELL, "1") for at in (99, 100))
    assert list(desk.paper.on_market(early)) == []
    assert [type(each) for each in desk.market(late)] == [Fill]


def test_no_fill_is_dated_before_its_order() -> None:
    desk = PaperDesk(DepthModel)
    desk.market(book(START, [("40000", "1")], [("40001", "9")]))
    desk.submit(order(1, Side.BUY, "0.5", "40000"), START + 100)
    [fill] = desk.market(book(START + 50, [("39000", "1")], [("39500", "9")]))
    assert isinstance(fill, Fill)
    assert fill.ts == START + 100
