"""The key rules of paper execution: never better than a venue would be, exact, and nothing changes when it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.execution import News, RejectReason
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.latency import DrawnLatency
from golive.model.clock import MINUTE
from golive.model.ids import FillId
from golive.model.order import Liquidity, NewOrder, OrderStatus, OrderUpdate, Side, TimeInForce
from golive.portfolio import Entry
from golive.venues import PROFILES
from support.paper_desk import OKX_FEES, PaperDesk, fills, updates
from support.trading import BALANCES, BTC, BTC_ID, START, approved, book, candle, client_order_id, order


def book_desk(balances: Mapping[str, Decimal] = BALANCES, fees: FeeSchedule = OKX_FEES) -> PaperDesk:
    desk = PaperDesk(DepthModel, balances=balances, fees=fees)
    desk.market(book(START, [("40000", "1"), ("39999", "2")], [("40001", "1"), ("40002", "2")]))
    return desk


def last_update(news: Sequence[News]) -> OrderUpdate:
    return updates(news)[-1]


def test_a_buy_raises_base_and_lowers_quote_by_notional_with_the_fee_in_base() -> None:
    desk = book_desk()
    [fill] = fills(desk.submit(order(1, Side.BUY, "0.5"), START))
    assert (fill.fee_asset, fill.liquidity) == ("BTC", Liquidity.TAKER)
    assert desk.balance("USDT") == "79999.5"
    assert desk.balance("BTC") == "0.4995"


def test_a_venue_that_charges_quote_takes_the_fee_from_quote() -> None:
    desk = book_desk(fees=FeeSchedule(Decimal(25), Decimal(40), FeeAsset.QUOTE))
    desk.submit(order(1, Side.BUY, "0.5"), START)
    assert (desk.balance("BTC"), desk.balance("USDT")) == ("0.5", "79919.498")


def test_a_sell_is_charged_in_quote() -> None:
    desk = book_desk({"USDT": Decimal(0), "BTC": Decimal(1)})
    desk.submit(order(1, Side.SELL, "1"), START)
    assert (desk.balance("BTC"), desk.balance("USDT")) == ("0", "39960")


def test_a_short_is_refused_with_the_venues_code_and_nothing_changes() -> None:
    desk = book_desk()
    update = last_update(desk.submit(order(1, Side.SELL, "0.1"), START))
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
        (order(1, Side.BUY, "1", tif=TimeInForce.POST_ONLY), "TIME_IN_FORCE_INVALID"),
    ],
)
def test_an_order_that_breaks_a_rule_is_rejected_and_changes_nothing(new: NewOrder, code: str) -> None:
    desk = book_desk()
    update = last_update(desk.submit(new, START))
    assert (update.event, update.code) == ("rejected", code)
    assert (desk.balance("USDT"), desk.paper.account.balances["USDT"].reserved, desk.paper.working) == ("100000", 0, 0)


def test_an_instrument_the_account_does_not_trade_is_rejected() -> None:
    from support.trading import instrument_named

    eth = instrument_named("okx:ETH/USDT")
    assert last_update(book_desk().submit(order(1, Side.BUY, "1", instrument=eth), START)).code == "UNKNOWN_INSTRUMENT"


def test_a_client_order_id_is_accepted_once() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "0.1"), START)
    assert last_update(desk.paper.submit(approved(order(1, Side.BUY, "0.1")), START)).code == "DUPLICATE_ID"


def test_open_orders_reserve_funds_and_cancel_releases_them() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "2", "39000"), START)
    assert desk.reserved("USDT") == "78000"
    assert last_update(desk.submit(order(2, Side.BUY, "1", "39000"), START)).code == "51008"
    assert last_update(desk.cancel(client_order_id(1), START)).event == "canceled"
    assert desk.paper.account.balances["USDT"].reserved == 0
    assert desk.cancel(client_order_id(1), START) == [], "a second cancel has nothing to say"


def test_slippage_in_bars_raises_buys_and_lowers_sells() -> None:
    desk = PaperDesk(BarModel, balances={"USDT": Decimal(100_000), "BTC": Decimal(1)})
    desk.submit(order(1, Side.BUY, "0.1"), START)
    desk.submit(order(2, Side.SELL, "0.1"), START)
    buy, sell = fills(desk.market(candle(0, "40000", "40100", "39900", "40000")))
    assert (BTC.price_text(buy.price), BTC.price_text(sell.price)) == ("40020", "39980")


def test_a_partly_filled_limit_keeps_the_reserve_of_its_rest() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "2", "40001"), START)
    assert desk.reserved("USDT") == "40001"
    [fill] = fills(desk.market(book(START + 1, [("39990", "1")], [("40000", "5")])))
    assert (fill.liquidity, BTC.price_text(fill.price)) == (Liquidity.MAKER, "40001")
    assert desk.paper.account.balances["USDT"].reserved == 0


def test_a_market_order_ends_where_the_money_ends() -> None:
    desk = PaperDesk(BarModel, balances={"USDT": Decimal(4000)})
    desk.market(candle(0, "39000", "39000", "39000", "39000"))
    desk.submit(order(1, Side.BUY, "0.1"), START + MINUTE)
    news = desk.market(candle(1, "41000", "41000", "41000", "41000"))
    [fill] = fills(news)
    assert fill.quantity < BTC.lots("0.1")
    assert last_update(news).code == "51008"
    assert Decimal(desk.balance("USDT")) < Decimal("0.001")


def test_every_order_ends_in_exactly_one_counted_result() -> None:
    desk = book_desk()
    desk.submit(order(1, Side.BUY, "0.5"), START)
    desk.submit(order(2, Side.SELL, "9"), START)
    desk.submit(order(3, Side.BUY, "1", "39000"), START)
    desk.cancel(client_order_id(3), START)
    desk.submit(order(4, Side.BUY, "1", "40001", tif=TimeInForce.IOC), START)
    counted = {
        r: desk.recorder.value("paper_orders_total", exchange="okx", result=r)
        for r in ("filled", "rejected", "canceled", "partial")
    }
    assert counted == {"filled": 1, "rejected": 1, "canceled": 1, "partial": 1}
    assert desk.recorder.value("paper_traded_notional_total", exchange="okx") == pytest.approx(40001.0)


@given(
    st.sampled_from(Side),
    st.integers(399_900, 400_100),
    st.lists(st.tuples(st.integers(399_950, 400_050), st.integers(1, 10**8)), min_size=1, max_size=8),
)
def test_a_limit_never_fills_worse_than_its_limit(side: Side, limit: int, moves: list[tuple[int, int]]) -> None:
    desk = book_desk({"USDT": Decimal(100_000), "BTC": Decimal(2)})
    news = desk.submit(order(1, side, "0.9", BTC.price_text(limit)), START)
    for n, (mid, depth) in enumerate(moves, 1):
        levels = [(BTC.price_text(price), BTC.quantity_text(depth)) for price in (mid - 1, mid + 1)]
        news += desk.market(book(START + n, levels[:1], levels[1:]))
    assert all((limit - fill.price) * side.sign >= 0 for fill in fills(news))


def test_a_fill_tells_everything_that_its_ledger_entry_needs() -> None:
    desk = book_desk({"USDT": Decimal(100_000), "BTC": Decimal(1)})
    desk.submit(order(1, Side.BUY, "0.5"), START + 3)
    [entry] = desk.ledger.entries()
    assert isinstance(entry, Entry)
    assert entry.ts == START + 3
    assert entry.fill_id == FillId("okx", "paper-1")
    assert entry.client_order_id == client_order_id(1)
    assert (entry.instrument, entry.side, entry.liquidity) == (BTC_ID, Side.BUY, Liquidity.TAKER)
    assert (entry.quantity, entry.price) == (BTC.lots("0.5"), BTC.ticks("40001"))
    assert (entry.fee, entry.fee_asset) == (50_000, "BTC")
    assert entry.position_after == BTC.lots("1.4995")


def test_after_a_kill_the_news_that_were_kept_give_the_same_account_again() -> None:
    desk = book_desk({"USDT": Decimal(100_000), "BTC": Decimal(1)})
    desk.submit(order(1, Side.BUY, "1.4"), START)
    desk.submit(order(2, Side.BUY, "0.5", "39000"), START)
    desk.submit(order(3, Side.SELL, "0.25", "41000"), START)
    before = {asset: (b.total, b.reserved) for asset, b in desk.paper.account.balances.items()}
    killed = desk.paper
    assert desk.restart(START + 1) == []
    assert desk.paper is not killed
    assert {asset: (b.total, b.reserved) for asset, b in desk.paper.account.balances.items()} == before
    assert desk.paper.working == 2
    [fill] = fills(desk.market(book(START + 2, [("38000", "1")], [("38900", "9")])))
    assert (fill.client_order_id, fill.fill_id.trade_id) == (client_order_id(2), "paper-3")
    assert desk.orders[client_order_id(2)].status is OrderStatus.FILLED


@pytest.mark.parametrize("seed", [1, 2])
def test_equal_seeds_give_equal_news_at_equal_times(seed: int) -> None:
    def run(seed: int) -> list[News]:
        desk = PaperDesk(DepthModel, latency=DrawnLatency((10, 1_000, 77, 40_000), seed))
        for n in range(1, 30):
            desk.market(book(START + n * 1_000, [("40000", "1")], [(f"4000{n % 7 + 1}", "0.01")]))
            desk.submit(order(n, Side.BUY, "0.02"), START + n * 1_000)
        desk.drain()
        return desk.news

    assert run(seed) == run(seed)
    assert run(seed) != run(seed + 2)


@pytest.mark.parametrize("adapter", PROFILES)
def test_every_venue_has_a_code_of_its_own_for_every_rejection(adapter: str) -> None:
    """OKX accepts a post-only order that would take and cancels it; no code says so."""
    profile = PROFILES[adapter]
    assert set(RejectReason) - profile.reject_codes.keys() <= ({"POST_ONLY_WOULD_CROSS"} if adapter == "okx_spot" else set())
    assert profile.reject_codes.keys() <= set(RejectReason)
    assert all(profile.reject_codes.values())


def test_equal_input_gives_equal_news() -> None:
    def run() -> list[News]:
        desk = book_desk()
        news = desk.submit(order(1, Side.BUY, "1.5", "40001"), START)
        news += desk.market(book(START + 5, [("39990", "1")], [("40000.5", "0.2")]))
        return news + desk.submit(order(2, Side.SELL, "0.7"), START)

    assert run() == run()
