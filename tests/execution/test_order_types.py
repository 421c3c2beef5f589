"""What paper execution makes of sleeping orders, expiry and times in force: news, funds and codes (fills: the market models)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import MINUTE
from golive.model.market import Trade
from golive.model.order import OrderStatus, OrderType, Side, TimeInForce
from support.paper_desk import KRAKEN_FEES, PaperDesk, fills, updates
from support.trading import BTC, BTC_ID, START, book, candle, client_order_id, order

BOTH = {"USDT": Decimal(100_000), "BTC": Decimal(1)}


@pytest.fixture
def desk() -> PaperDesk:
    desk = PaperDesk(DepthModel, balances=BOTH)
    desk.market(book(START, [("40000", "1"), ("39990", "2")], [("40001", "1"), ("40002", "2")]))
    desk.market(trade(START, "40000"))
    return desk


def trade(ts: int, price: str) -> Trade:
    return Trade(BTC_ID, ts, BTC.ticks(price), BTC.lots("0.00001"), Side.SELL, "1")


def test_a_stop_holds_its_funds_while_it_sleeps_and_deals_once_it_is_triggered(desk: PaperDesk) -> None:
    stop = order(1, Side.SELL, "0.5")._replace(type=OrderType.STOP, trigger=BTC.ticks("39990"))
    assert [u.event for u in updates(desk.submit(stop, START))] == ["accepted"]
    assert desk.reserved("BTC") == "0.5"
    assert desk.market(trade(START + 1, "39991")) == []
    triggered, fill = desk.market(trade(START + 2, "39990"))
    assert [triggered] == updates([triggered])
    assert (updates([triggered])[0].event, fills([fill])[0].quantity) == ("triggered", BTC.lots("0.5"))
    assert (desk.reserved("BTC"), desk.paper.working) == ("0", 0)


def test_a_buy_stop_holds_its_notional_at_the_trigger_and_ends_where_the_money_ends() -> None:
    desk = PaperDesk(BarModel, balances={"USDT": Decimal(4_200)})
    stop = order(1, Side.BUY, "0.1")._replace(type=OrderType.STOP, trigger=BTC.ticks("41000"))
    desk.submit(stop, START)
    assert desk.reserved("USDT") == "4100"
    news = desk.market(candle(0, "43000", "43000", "43000", "43000"))
    [fill] = fills(news)
    assert 0 < fill.quantity < BTC.lots("0.1")
    assert (updates(news)[-1].event, updates(news)[-1].code) == ("canceled", "51008")
    assert desk.paper.account.balances["USDT"].free >= 0


def test_a_trailing_buy_holds_what_it_would_pay_from_here_and_says_at_which_price(desk: PaperDesk) -> None:
    trailing = order(1, Side.BUY, "0.5")._replace(type=OrderType.TRAILING_STOP, trail=BTC.ticks("100"))
    [accepted] = updates(desk.submit(trailing, START))
    assert accepted.price == BTC.ticks("40101")
    assert desk.reserved("USDT") == "20050.5"


def test_a_venue_that_charges_quote_holds_the_larger_fee_too() -> None:
    desk = PaperDesk(DepthModel, balances=BOTH, fees=KRAKEN_FEES)
    desk.market(book(START, [("40000", "1")], [("40001", "1")]))
    desk.submit(order(1, Side.BUY, "1", "39000"), START)
    assert desk.reserved("USDT") == "39156"


def test_fees_that_round_up_twice_never_make_a_balance_negative() -> None:
    """Each half's fee ends in .6 of the smallest unit and that of the whole in .2: together one unit more than was held."""
    half = 10_000_150
    new = order(1, Side.BUY, "0.1", "40000.1")._replace(quantity=2 * half)
    held = 400_001 * 2 * half * 1004 // 1000
    desk = PaperDesk(
        DepthModel, balances={"USDT": Decimal(held).scaleb(-9)}, fees=FeeSchedule(Decimal(40), Decimal(40), FeeAsset.QUOTE)
    )
    desk.submit(new, START)
    assert desk.paper.account.balances["USDT"].free == 0
    desk.market(Trade(BTC_ID, START + 1, 400_000, half, Side.SELL, "1"))
    desk.market(Trade(BTC_ID, START + 2, 400_000, half, Side.SELL, "2"))
    assert desk.orders[client_order_id(1)].status is OrderStatus.CANCELED
    assert [fill.quantity for fill in fills(desk.news)] == [half], "what cannot be held any more ends"


def test_a_post_only_order_that_would_take_ends_with_the_venues_code(desk: PaperDesk) -> None:
    news = desk.submit(order(1, Side.BUY, "0.1", "40001", tif=TimeInForce.POST_ONLY), START)
    assert [(u.event, u.code) for u in updates(news)] == [("accepted", ""), ("canceled", "31")]
    assert not fills(news)


def test_fill_or_kill_is_all_or_nothing(desk: PaperDesk) -> None:
    news = desk.submit(order(1, Side.BUY, "1.1", "40001", tif=TimeInForce.FOK), START)
    assert (fills(news), updates(news)[-1].code) == ([], "NOT_FILLED_AT_ONCE")
    assert sum(f.quantity for f in fills(desk.submit(order(2, Side.BUY, "1", "40001", tif=TimeInForce.FOK), START))) == 10**8


def test_an_order_until_a_date_ends_by_time_alone_and_gives_its_funds_back(desk: PaperDesk) -> None:
    until = order(1, Side.BUY, "0.1", "39000", tif=TimeInForce.GTD)._replace(expires_at=START + 10)
    desk.submit(until, START)
    assert desk.time(START + 9) == []
    [expired] = updates(desk.time(START + 10))
    assert (expired.event, expired.ts, desk.reserved("USDT")) == ("expired", START + 10, "0")


def test_our_own_orders_do_not_trade_with_each_other(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "0.1", "40000.5"), START)
    desk.submit(order(2, Side.SELL, "0.1", "40000.5"), START)
    assert desk.orders[client_order_id(1)].status is OrderStatus.CANCELED
    assert desk.orders[client_order_id(1)].code == "SELF_TRADE"
    assert (desk.reserved("USDT"), desk.reserved("BTC")) == ("0", "0.1")


def test_a_smaller_amended_quantity_that_is_filled_already_completes_the_order(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "2", "40001"), START)
    desk.amend(order(1, Side.BUY, "1", "40001"), START)
    assert desk.orders[client_order_id(1)].status is OrderStatus.FILLED
    assert (desk.reserved("USDT"), desk.paper.working) == ("0", 0)


def test_a_larger_amended_quantity_needs_the_money_for_the_difference(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "2", "39000"), START)
    assert updates(desk.amend(order(1, Side.BUY, "3", "39000"), START))[-1].code == "51008"
    assert desk.reserved("USDT") == "78000"
    assert updates(desk.amend(order(1, Side.BUY, "2.5", "39000"), START))[-1].event == "amended"
    assert desk.reserved("USDT") == "97500"


# -- restart: what only the kind of an order decides ------------------------------------------------------------------


def test_a_sleeping_order_sleeps_on_after_a_restart(desk: PaperDesk) -> None:
    stop = order(1, Side.SELL, "0.5")._replace(type=OrderType.STOP, trigger=BTC.ticks("39990"))
    desk.submit(stop, START)
    desk.restart(START + 1)
    assert desk.reserved("BTC") == "0.5"
    assert len(fills(desk.market(trade(START + 2, "39990")))) == 1


def test_a_triggered_stop_limit_is_awake_after_a_restart_and_can_be_amended(desk: PaperDesk) -> None:
    stop = order(1, Side.SELL, "0.5", "41000")._replace(type=OrderType.STOP_LIMIT, trigger=BTC.ticks("39990"))
    desk.submit(stop, START)
    assert [u.event for u in updates(desk.market(trade(START + 1, "39990")))] == ["triggered"]
    desk.restart(START + 2)
    assert updates(desk.amend(stop._replace(price=BTC.ticks("40500")), START + 2))[-1].event == "amended"
    [fill] = fills(desk.market(book(START + 3, [("40600", "9")], [("40700", "9")])))
    assert BTC.price_text(fill.price) == "40500"


def test_a_trailing_order_keeps_the_price_its_funds_are_held_at(desk: PaperDesk) -> None:
    trailing = order(1, Side.BUY, "0.5")._replace(type=OrderType.TRAILING_STOP, trail=BTC.ticks("100"))
    desk.submit(trailing, START)
    desk.market(book(START + 1, [("30000", "1")], [("30001", "1")]))
    desk.restart(START + 2)
    assert desk.reserved("USDT") == "20050.5"


def test_a_restored_order_until_a_date_still_ends_then(desk: PaperDesk) -> None:
    until = order(1, Side.BUY, "0.1", "39000", tif=TimeInForce.GTD)._replace(expires_at=START + 10)
    desk.submit(until, START)
    desk.restart(START + 5)
    assert [u.event for u in updates(desk.time(START + 20))] == ["expired"]


def test_a_market_order_that_waited_for_a_bar_waits_on(desk: PaperDesk) -> None:
    bars = PaperDesk(BarModel)
    bars.market(candle(0, "40000", "40000", "40000", "40000"))
    bars.submit(order(1, Side.BUY, "0.1"), START + MINUTE)
    before = bars.reserved("USDT")
    bars.restart(START + MINUTE)
    assert bars.reserved("USDT") == before == "4002"
    [fill] = fills(bars.market(candle(1, "40000", "40000", "40000", "40000")))
    assert BTC.price_text(fill.price) == "40020"


def test_an_order_whose_end_was_not_stored_is_lost_and_leaves_the_book_alone(desk: PaperDesk) -> None:
    """Killed before the news of its fill: an IOC order never rests, so it cannot be waiting."""
    desk.submit(order(1, Side.BUY, "0.5", "40001", tif=TimeInForce.IOC), START)
    desk.restart(START + 1, stored=1)
    assert desk.orders[client_order_id(1)].code == "LOST_AT_RESTART"
    assert (desk.reserved("USDT"), desk.balance("USDT")) == ("0", "100000")
    assert sum(f.quantity for f in fills(desk.submit(order(2, Side.BUY, "1", "40001"), START + 1))) == BTC.lots("1")


def test_a_stop_that_fired_without_news_of_its_fill_is_lost(desk: PaperDesk) -> None:
    stop = order(1, Side.SELL, "0.5")._replace(type=OrderType.STOP, trigger=BTC.ticks("39990"))
    desk.submit(stop, START)
    desk.market(trade(START + 1, "39990"))
    desk.restart(START + 2, stored=2)
    assert desk.orders[client_order_id(1)].code == "LOST_AT_RESTART"
    assert desk.balance("BTC") == "1"


def test_a_stop_that_fired_in_a_bar_does_not_fire_again_at_the_next_open() -> None:
    desk = PaperDesk(BarModel, balances=BOTH)
    desk.submit(order(1, Side.SELL, "0.5")._replace(type=OrderType.STOP, trigger=BTC.ticks("39990")), START)
    desk.market(candle(0, "39990", "39990", "39990", "39990"))
    desk.restart(START + MINUTE, stored=2)
    desk.market(candle(1, "39990", "39990", "39990", "39990"))
    assert [u.event for u in updates(desk.news)] == ["accepted", "triggered", "canceled"]
    assert desk.balance("BTC") == "1"


def test_of_two_orders_that_crossed_at_the_restart_one_works_on(desk: PaperDesk) -> None:
    """Killed between the news of the newer one's acceptance and the older one's end."""
    desk.submit(order(1, Side.BUY, "0.1", "40000.5"), START)
    desk.submit(order(2, Side.SELL, "0.1", "40000.5"), START)
    assert [u.event for u in updates(desk.news)] == ["accepted", "accepted", "canceled"]
    desk.restart(START + 1, stored=2)
    [working] = desk.open
    assert desk.orders[client_order_id(2)].code == "LOST_AT_RESTART"
    assert updates(desk.cancel(working.intent.client_order_id, START + 2))[-1].event == "canceled"
