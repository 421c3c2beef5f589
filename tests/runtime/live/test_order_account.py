"""What risk is shown of an account before an order by hand, and what it remembers between two commands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.model.balance import Balance
from golive.model.clock import DAY
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.market import Book
from golive.model.order import NewOrder, OrderStatus, OrderType, Side
from golive.orders import Order
from golive.portfolio import EquityTrack
from golive.risk import RiskEngine, RiskProfile
from golive.runtime.live.order_account import Holdings, judged_account, stored_track, track_body

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.0001", max_quantity="100")
ETH = Instrument.from_text("okx:ETH/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="1000")
EUR = Instrument.from_text("okx:BTC/EUR", tick_size="0.1", lot_size="0.0001", min_quantity="0.0001", max_quantity="100")
NOON = 20_000 * DAY + DAY // 2


def held(**amounts: str) -> dict[str, Balance]:
    """Half of each amount is locked by orders."""
    units = {asset: int(Decimal(text).scaleb(8)) for asset, text in amounts.items()}
    return {asset: Balance(asset, all_of - all_of // 2, all_of // 2, 8) for asset, all_of in units.items()}


def book(instrument: Instrument, bid: str, ask: str) -> Book:
    return Book(instrument.id, 1, ((instrument.ticks(bid), 1),), ((instrument.ticks(ask), 1),))


def holdings(**amounts: str) -> Holdings:
    books = {BTC.id: book(BTC, "50000", "50001"), ETH.id: book(ETH, "2000", "2001"), EUR.id: book(EUR, "40000", "40001")}
    return Holdings(balances=held(**amounts), instruments={each.id: each for each in (BTC, ETH, EUR)}, books=books)


def buy(quantity: str, price: str | None = None) -> NewOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    ticks = None if price is None else BTC.ticks(price)
    return NewOrder(ClientOrderId("a" * 32), BTC.id, Side.BUY, kind, BTC.lots(quantity), ticks)


def engine(position: str = "0.1") -> RiskEngine:
    return RiskEngine(RiskProfile("balanced", Decimal("0.015"), Decimal("0.1"), Decimal(position), 2))


def test_equity_is_cash_and_all_that_could_be_sold_for_it_locked_or_not() -> None:
    worth = holdings(USDT="1000", BTC="0.5", ETH="2", EUR="700", DOGE="9").equity(BTC)
    assert worth is not None
    assert BTC.quote_text(worth) == "30000"


def test_what_is_held_without_a_price_leaves_equity_unknown_and_the_order_refused() -> None:
    given = holdings(USDT="1000", ETH="1")
    blind = Holdings(balances=given.balances, instruments=given.instruments, books={BTC.id: given.books[BTC.id]})
    view = judged_account(buy("0.001"), blind, (), risk := engine(), NOON)
    assert view.equity is None
    refused = risk.decide(buy("0.001"), view, 1)
    assert isinstance(refused, Refused)
    assert refused.code is DecisionCode.RISK_MISSING_INPUT


def test_positions_are_whole_lots_and_prices_what_the_next_lot_costs_or_the_limit() -> None:
    view = judged_account(buy("0.001", "50100"), holdings(USDT="10000", BTC="0.00019"), (), engine(), NOON)
    assert view.positions == {BTC.id: 1, ETH.id: 0}
    assert view.prices == {BTC.id: BTC.ticks("50100"), ETH.id: ETH.ticks("2001")}


@pytest.mark.parametrize(("quantity", "allowed"), [("0.0199", True), ("0.02", False)])
def test_the_position_limit_counts_orders_that_still_work(quantity: str, allowed: bool) -> None:
    """A tenth of 10,000 is 1,000: 0.02 BTC at 50,001 would be more than that."""
    working = Order(buy("0.0001")._replace(client_order_id=ClientOrderId("b" * 32)), 1, 1, OrderStatus.UNKNOWN)
    for orders, wanted in (((), quantity), ((working,), str(Decimal(quantity) - Decimal("0.0001")))):
        view = judged_account(buy(wanted), holdings(USDT="10000"), orders, risk := engine(), NOON)
        assert isinstance(risk.decide(buy(wanted), view, 1), Approved) is allowed


def test_a_loss_is_remembered_from_one_command_to_the_next() -> None:
    first = engine()
    judged_account(buy("0.001"), holdings(USDT="10000"), (), first, NOON)
    notes = {"equity:USDT": track_body(first.track, "USDT", BTC.quote_scale)}
    second = engine()
    second.track = stored_track(notes, "USDT", BTC.quote_scale)
    assert second.track == first.track
    view = judged_account(buy("0.001"), holdings(USDT="9800"), (), second, NOON + 1)
    refused = second.decide(buy("0.001"), view, 1)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.value) == (DecisionCode.RISK_DAILY_LOSS, "0.02")


@pytest.mark.parametrize("notes", [{}, {"equity:USDT": {"subject": "USDT"}}, {"equity:EUR": {"subject": "EUR", "peak": "1"}}])
def test_nothing_remembered_begins_anew(notes: dict[str, dict[str, str]]) -> None:
    assert stored_track(notes, "USDT", 8) == EquityTrack()


@pytest.mark.parametrize(("scale", "peak"), [(10, 12300), (8, 123), (7, 13)])
def test_a_track_in_other_units_is_converted_and_never_flatters(scale: int, peak: int) -> None:
    track = EquityTrack()
    track.observe(123, NOON)
    assert stored_track({"equity:USDT": track_body(track, "USDT", 8)}, "USDT", scale).peak == peak


def test_a_memory_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(MalformedPayload, match="USDT"):
        stored_track({"equity:USDT": {"subject": "USDT", "peak": "many"}}, "USDT", 8)
