"""The key rules of paper execution: never better than a venue would be, exact, and nothing changes when it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.execution import News, PaperExecution, RejectReason
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.model import MarketModel
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE
from golive.model.market import Book, MarketEvent
from golive.model.order import Fill, Liquidity, NewOrder, OrderUpdate, Side, TimeInForce
from golive.portfolio import Ledger
from support.trading import BALANCES, BTC, BTC_ID, START, approved, book, candle, client_order_id, order

CODES: dict[str, str] = {RejectReason.INSUFFICIENT_FUNDS: "51008", RejectReason.BELOW_MINIMUM: "51020"}


class Desk:
    """Paper execution with the account it should agree with, rebuilt from its fills alone."""

    def __init__(self, model: MarketModel, balances: dict[str, Decimal] = BALANCES, fees: FeeSchedule | None = None) -> None:
        self.recorder = MemoryRecorder()
        self.ledger = Ledger([BTC], balances)
        self.paper = PaperExecution(
            label="okx", models={BTC_ID: model}, account=Ledger([BTC], balances), codes=CODES, recorder=self.recorder,
            fees=fees or FeeSchedule(Decimal(8), Decimal(10)),
        )  # fmt: skip

    def take(self, news: Sequence[News]) -> list[News]:
        for item in news:
            if isinstance(item, Fill):
                self.ledger.apply(item)
        assert {a: b.total for a, b in self.ledger.balances.items()} == {
            a: b.total for a, b in self.paper.account.balances.items()
        }
        for balance in self.paper.account.balances.values():
            assert 0 <= balance.reserved <= balance.total
        return list(news)

    def submit(self, new: NewOrder, ts: int = START) -> list[News]:
        return self.take(self.paper.submit(approved(new), ts))

    def market(self, event: MarketEvent) -> list[News]:
        return self.take(self.paper.on_market(event))

    def balance(self, asset: str) -> str:
        return self.paper.account.text(asset, self.paper.account.balances[asset].total)


def book_desk(balances: dict[str, Decimal] = BALANCES, fees: FeeSchedule | None = None) -> Desk:
    desk = Desk(DepthModel(), balances, fees)
    desk.market(book(START, [("40000", "1"), ("39999", "2")], [("40001", "1"), ("40002", "2")]))
    return desk


def fills(news: Sequence[News]) -> list[Fill]:
    return [item for item in news if isinstance(item, Fill)]


def last_update(news: Sequence[News]) -> OrderUpdate:
    return [item for item in news if isinstance(item, OrderUpdate)][-1]


def test_a_buy_raises_base_and_lowers_quote_by_notional_with_the_fee_in_base() -> None:
    desk = book_desk()
    [fill] = fills(desk.submit(order(1, Side.BUY, "0.5")))
    assert (fill.fee_asset, fill.liquidity) == ("BTC", Liquidity.TAKER)
    assert desk.balance("USDT") == "79999.5"
    assert desk.balance("BTC") == "0.4995"


def test_a_venue_that_charges_quote_takes_the_fee_from_quote() -> None:
    desk = book_desk(fees=FeeSchedule(Decimal(25), Decimal(40), FeeAsset.QUOTE))
    desk.submit(order(1, Side.BUY, "0.5"))
    assert (desk.balance("BTC"), desk.balance("USDT")) == ("0.5", "79919.498")


def test_a_sell_is_charged_in_quote() -> None:
    desk = book_desk({"USDT": Decimal(0), "BTC": Decimal(1)})
    desk.submit(order(1, Side.SELL, "1"))
    assert (desk.balance("BTC"), desk.balance("USDT")) == ("0", "39960")


def test_a_short_is_refused_with_the_venues_code_and_nothing_changes() -> None:
    desk = book_desk()
    update = last_update(desk.submit(order(1, Side.SELL, "0.1")))
    assert (update.event, update.code) == ("rejected", "51008")
    assert (desk.balance("BTC"), desk.balance("USDT"), desk.paper.working) == ("0", "100000", 0)
    assert desk.recorder.value("paper_orders_rejected_total", exchange="okx", reason="INSUFFICIENT_FUNDS") == 1


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (order(1, Side.BUY, "0.00000001", "40000"), "51020"),
        (order(1, Side.BUY, "10000", "1"), "ABOVE_MAXIMUM"),
        (order(1, Side.BUY, "0.00002", "40000"), "NOTIONAL_BELOW_MINIMUM"),
        (order(1, Side.BUY, "3", "40000"), "51008"),
        (order(1, Side.BUY, "1", tif=TimeInForce.POST_ONLY), "PRICE_INVALID"),
    ],
)
def test_an_order_that_breaks_a_rule_is_rejected_and_changes_nothing(new: NewOrder, code: str) -> None:
    desk = book_desk()
    update = last_update(desk.submit(new))
    assert (update.event, update.code) == ("rejected", code)
    assert (desk.balance("USDT"), desk.paper.account.balances["USDT"].reserved, desk.paper.working) == ("100000", 0, 0)


def test_an_instrument_the_account_does_not_trade_is_rejected() -> None:
    from support.trading import instrument_named

    eth = instrument_named("okx:ETH/USDT")
    assert last_update(book_desk().submit(order(1, Side.BUY, "1", instrument=eth))).code == "UNKNOWN_INSTRUMENT"


def test_a_client_order_id_is_accepted_once() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "0.1"))
    assert last_update(desk.submit(order(1, Side.BUY, "0.1"))).code == "DUPLICATE_ID"


def test_open_orders_reserve_funds_and_cancel_releases_them() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "2", "39000"))
    assert desk.paper.account.text("USDT", desk.paper.account.balances["USDT"].reserved) == "78000"
    assert last_update(desk.submit(order(2, Side.BUY, "1", "39000"))).code == "51008"
    assert last_update(desk.take(desk.paper.cancel(client_order_id(1), START))).event == "canceled"
    assert desk.paper.account.balances["USDT"].reserved == 0
    assert desk.take(desk.paper.cancel(client_order_id(1), START)) == [], "a second cancel has nothing to say"


def test_slippage_in_bars_raises_buys_and_lowers_sells() -> None:
    desk = Desk(BarModel(), {"USDT": Decimal(100_000), "BTC": Decimal(1)})
    desk.submit(order(1, Side.BUY, "0.1"))
    desk.submit(order(2, Side.SELL, "0.1"))
    buy, sell = fills(desk.market(candle(0, "40000", "40100", "39900", "40000")))
    assert (BTC.price_text(buy.price), BTC.price_text(sell.price)) == ("40020", "39980")


def test_a_partly_filled_limit_keeps_the_reserve_of_its_rest() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "2", "40001"))
    reserved = desk.paper.account.balances["USDT"].reserved
    assert desk.paper.account.text("USDT", reserved) == "40001"
    [fill] = fills(desk.market(book(START + 1, [("39990", "1")], [("40000", "5")])))
    assert (fill.liquidity, BTC.price_text(fill.price)) == (Liquidity.MAKER, "40001")
    assert desk.paper.account.balances["USDT"].reserved == 0


def test_a_market_order_ends_where_the_money_ends() -> None:
    desk = Desk(BarModel(), {"USDT": Decimal(4000)})
    desk.market(candle(0, "39000", "39000", "39000", "39000"))
    desk.submit(order(1, Side.BUY, "0.1"), START + MINUTE)
    news = desk.market(candle(1, "41000", "41000", "41000", "41000"))
    [fill] = fills(news)
    assert fill.quantity < BTC.lots("0.1")
    assert last_update(news).code == "INSUFFICIENT_FUNDS"
    assert Decimal(desk.balance("USDT")) < Decimal("0.001")


def test_every_order_ends_in_exactly_one_counted_result() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "0.5"))
    desk.submit(order(2, Side.SELL, "9"))
    desk.submit(order(3, Side.BUY, "1", "39000"))
    desk.paper.cancel(client_order_id(3), START)
    desk.submit(order(4, Side.BUY, "1", "40001", tif=TimeInForce.IOC))
    counted = {
        r: desk.recorder.value("paper_orders_total", exchange="okx", result=r)
        for r in ("filled", "rejected", "canceled", "partial")
    }
    assert counted == {"filled": 1, "rejected": 1, "canceled": 1, "partial": 1}
    assert desk.recorder.value("paper_traded_notional_total", exchange="okx") == pytest.approx(40001.0)


prices = st.integers(399_000, 401_000)
sizes = st.integers(1, 2 * 10**8)
actions = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(Side), sizes, st.none() | prices, st.sampled_from(TimeInForce)),
    st.tuples(st.just("book"), prices, sizes, sizes),
    st.tuples(st.just("cancel"), st.integers(1, 12)),
)


@given(st.lists(actions, max_size=25), st.sampled_from([FeeAsset.RECEIVED, FeeAsset.QUOTE]))
def test_whatever_happens_the_account_is_exact_never_negative_and_limits_hold(
    steps: list[tuple[object, ...]], charged: FeeAsset
) -> None:
    desk = Desk(DepthModel(), {"USDT": Decimal(50_000), "BTC": Decimal(1)}, FeeSchedule(Decimal(8), Decimal(10), charged))
    orders: dict[str, NewOrder] = {}
    for n, step in enumerate(steps, 1):
        if step[0] == "order":
            _, side, size, price, tif = step
            assert isinstance(side, Side)
            assert isinstance(size, int)
            assert isinstance(tif, TimeInForce)
            new = order(n, side, BTC.quantity_text(size), None if price is None else BTC.price_text(int(str(price))), tif=tif)
            orders[new.client_order_id] = new
            news = desk.submit(new, START + n)
        elif step[0] == "book":
            _, mid, bid, ask = (step[0], *(int(str(v)) for v in step[1:]))
            news = desk.market(Book(BTC_ID, START + n, ((mid - 1, bid),), ((mid + 1, ask),)))
        else:
            news = desk.take(desk.paper.cancel(client_order_id(int(str(step[1]))), START + n))
        for fill in fills(news):
            limit = orders[fill.client_order_id].price
            assert limit is None or (limit - fill.price) * fill.side.sign >= 0
    assert desk.paper.working <= len(orders)


def test_equal_input_gives_equal_news() -> None:
    def run() -> list[News]:
        desk = book_desk()
        news = desk.submit(order(1, Side.BUY, "1.5", "40001"))
        news += desk.market(book(START + 5, [("39990", "1")], [("40000.5", "0.2")]))
        return news + desk.submit(order(2, Side.SELL, "0.7"))

    assert run() == run()
