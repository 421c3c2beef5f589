"""When an order fills: the book model and the bar model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.model import Ended, MarketModel, Match
from golive.model.clock import MINUTE
from golive.model.market import Trade
from golive.model.order import Liquidity, Side, TimeInForce
from support.trading import BTC, BTC_ID, START, book, candle, order

T = TimeInForce


def depth() -> DepthModel:
    model = DepthModel()
    model.on_market(book(1, [("40000", "1"), ("39999", "2")], [("40001", "1"), ("40002", "2")]))
    return model


def shape(results: object) -> list[tuple[str, ...]]:
    assert isinstance(results, list | tuple)
    return [
        (BTC.price_text(r.price), BTC.quantity_text(r.quantity), r.liquidity.value) if isinstance(r, Match) else (r.reason,)
        for r in results
    ]


def test_a_market_order_walks_the_levels_best_first_and_never_rests() -> None:
    assert shape(depth().submit(order(1, Side.BUY, "2"), 1)) == [("40001", "1", "taker"), ("40002", "1", "taker")]
    assert shape(depth().submit(order(1, Side.BUY, "9"), 1)) == [
        ("40001", "1", "taker"),
        ("40002", "2", "taker"),
        ("NO_LIQUIDITY",),
    ]


def test_liquidity_taken_once_is_not_offered_again_until_its_level_changes() -> None:
    model = depth()
    model.submit(order(1, Side.BUY, "1"), 1)
    model.on_market(book(2, [("40000", "1")], [("40001", "1"), ("40002", "2")]))
    assert shape(model.submit(order(2, Side.BUY, "1"), 2)) == [("40002", "1", "taker")]
    model.on_market(book(3, [("40000", "1")], [("40001", "1.5"), ("40002", "2")]))
    assert shape(model.submit(order(3, Side.BUY, "1"), 3)) == [("40001", "1", "taker")]


def test_a_limit_takes_up_to_its_price_and_the_rest_fills_only_when_traded_through() -> None:
    model = depth()
    assert shape(model.submit(order(1, Side.BUY, "3", "40001"), 1)) == [("40001", "1", "taker")]
    at_price = Trade(BTC_ID, 2, BTC.ticks("40001"), BTC.lots("5"), Side.SELL, "a")
    assert shape(model.on_market(at_price)) == [], "a trade at our price may have filled others in the queue"
    through = Trade(BTC_ID, 3, BTC.ticks("40000.9"), BTC.lots("0.5"), Side.SELL, "b")
    assert shape(model.on_market(through)) == [("40001", "0.5", "maker")]
    model.on_market(book(4, [("39990", "1")], [("40000.5", "4")]))
    assert model.cancel(order(1, Side.BUY, "3", "40001")) is False, "the crossing book filled the rest"


def test_post_only_refuses_to_take_and_fok_takes_all_or_nothing() -> None:
    assert shape(depth().submit(order(1, Side.BUY, "1", "40001", tif=T.POST_ONLY), 1)) == [("POST_ONLY_WOULD_CROSS",)]
    assert shape(depth().submit(order(1, Side.BUY, "1", "40000", tif=T.POST_ONLY), 1)) == []
    assert shape(depth().submit(order(1, Side.BUY, "9", "40002", tif=T.FOK), 1)) == [("NOT_FILLED_AT_ONCE",)]
    assert shape(depth().submit(order(1, Side.SELL, "9", "39999", tif=T.IOC), 1)) == [
        ("40000", "1", "taker"), ("39999", "2", "taker"), ("NO_LIQUIDITY",),
    ]  # fmt: skip


def test_without_a_book_nothing_fills() -> None:
    assert shape(DepthModel().submit(order(1, Side.BUY, "1"), 1)) == [("NO_LIQUIDITY",)]


def bar_fills(model: MarketModel, *bars: object) -> list[tuple[str, ...]]:
    return [row for bar in bars for row in shape(model.on_market(bar))]  # type: ignore[arg-type]


def test_an_order_decided_on_a_bar_acts_from_the_next_open_with_slippage() -> None:
    model = BarModel()
    decided = candle(0, "40000", "40100", "39900", "40000")
    model.on_market(decided)
    assert shape(model.submit(order(1, Side.BUY, "1"), decided.ts)) == []
    assert bar_fills(model, candle(1, "40010", "40020", "40000", "40005")) == [("40030.1", "1", "taker")]
    model.submit(order(2, Side.SELL, "1"), START + 2 * MINUTE)
    assert bar_fills(model, candle(2, "40010", "40020", "40000", "40005")) == [("39989.9", "1", "taker")]


def test_an_order_that_arrives_inside_a_bar_does_not_fill_in_that_bar() -> None:
    model = BarModel()
    model.submit(order(1, Side.BUY, "1"), START + MINUTE // 2)
    assert bar_fills(model, candle(0, "40000", "40010", "39990", "40000")) == [], "its open was over"
    assert bar_fills(model, candle(1, "40010", "40020", "40000", "40005")) == [("40030.1", "1", "taker")]


def test_a_resting_limit_needs_a_trade_beyond_it_and_a_gap_fills_at_the_open() -> None:
    model = BarModel()
    model.submit(order(1, Side.BUY, "1", "39950"), START)
    assert bar_fills(model, candle(0, "40000", "40010", "39950", "40000")) == [], "touching is not enough"
    assert bar_fills(model, candle(1, "40000", "40010", "39949.9", "40000")) == [("39950", "1", "maker")]
    model.submit(order(2, Side.BUY, "1", "39950"), START + 2 * MINUTE)
    assert bar_fills(model, candle(2, "40000", "40010", "39990", "40000")) == []
    assert bar_fills(model, candle(3, "39900", "39920", "39890", "39910")) == [("39900", "1", "maker")]


def test_our_fills_take_at_most_a_tenth_of_the_bar_and_a_market_order_loses_its_rest() -> None:
    model = BarModel()
    model.submit(order(1, Side.BUY, "3"), START)
    assert bar_fills(model, candle(0, "40000", "40010", "39990", "40000", "10")) == [("40020", "1", "taker"), ("NO_LIQUIDITY",)]
    model.submit(order(2, Side.BUY, "3", "40100"), START + MINUTE)
    assert bar_fills(model, candle(1, "40000", "40010", "39990", "40000", "10")) == [("40020", "1", "taker")]


limits = st.integers(BTC.ticks("39900"), BTC.ticks("40100"))


@given(limits, st.sampled_from(Side), st.lists(st.tuples(limits, limits, limits, limits), min_size=1, max_size=8))
def test_a_limit_order_never_fills_worse_than_its_limit_in_bars(
    limit: int, side: Side, bars: list[tuple[int, int, int, int]]
) -> None:
    model = BarModel()
    model.submit(order(1, side, "1", BTC.price_text(limit)), START)
    for n, (o, a, b, c) in enumerate(bars):
        low, high = min(o, a, b, c), max(o, a, b, c)
        texts = [BTC.price_text(p) for p in (o, high, low, c)]
        for result in model.on_market(candle(n, texts[0], texts[1], texts[2], texts[3], "1")):
            if isinstance(result, Match):
                assert (limit - result.price) * side.sign >= 0
                assert low <= result.price <= high or result.liquidity is Liquidity.TAKER


levels = st.lists(st.tuples(st.integers(399_000, 401_000), st.integers(1, 10**8)), max_size=6)


@given(levels, levels, st.sampled_from(Side), st.integers(1, 3 * 10**8), limits, st.sampled_from(TimeInForce))
def test_the_book_model_conserves_quantity_and_respects_the_limit(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], side: Side, lots: int, limit: int, tif: TimeInForce
) -> None:
    from golive.model.market import Book

    model = DepthModel()
    bid_levels = tuple(sorted(dict(bids).items(), reverse=True))
    ask_levels = tuple(sorted(dict(asks).items()))
    model.on_market(Book(BTC_ID, 1, bid_levels, ask_levels))
    results = model.submit(order(1, side, BTC.quantity_text(lots), BTC.price_text(limit), tif=tif), 1)
    taken = sum(r.quantity for r in results if isinstance(r, Match))
    assert taken <= lots
    offered = dict(ask_levels if side is Side.BUY else bid_levels)
    for r in results:
        if isinstance(r, Match):
            assert (limit - r.price) * side.sign >= 0
            assert r.quantity <= offered[r.price]
    if tif is T.FOK:
        assert taken in (0, lots)
    if any(isinstance(r, Ended) for r in results):
        assert tif is not T.GTC or not (bid_levels or ask_levels)
