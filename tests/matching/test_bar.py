"""The bar model: what happens at an open, what inside a bar, and what never."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.bar import BarModel
from golive.matching.model import Ended, MarketModel, Match, Triggered
from golive.matching.slippage import ConstantSlippage, DrawnSlippage
from golive.model.clock import MINUTE
from golive.model.market import Candle
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from support.market_play import START, Move, bar, new, orders, trade

O = OrderType  # noqa: E741
T = TimeInForce
BUY, SELL = Side.BUY, Side.SELL
FREE = ConstantSlippage(Decimal(0))


def one_percent() -> BarModel:
    return BarModel(slippage=ConstantSlippage(Decimal(100)))


def shape(effects: object) -> list[tuple[object, ...]]:
    """(number, price, quantity, m/t) of a match, (number, !price) of a trigger, (number, reason) of an end."""
    rows: list[tuple[object, ...]] = []
    assert isinstance(effects, list | tuple)
    for e in effects:
        n = int(e.order.client_order_id, 16)
        if isinstance(e, Match):
            rows.append((n, e.price, e.quantity, e.liquidity[0]))
        else:
            rows.append((n, f"!{e.price}") if isinstance(e, Triggered) else (n, e.reason.value))
    return rows


def met(order: NewOrder | list[NewOrder], *bars: Candle, model: MarketModel | None = None) -> list[tuple[object, ...]]:
    """What orders that arrive before the first bar do in the bars; slippage is one percent."""
    model = model or one_percent()
    for each in order if isinstance(order, list) else [order]:
        assert shape(model.submit(each, START)) == []
    return [row for each in bars for row in shape(model.on_market(each))]


FLAT = bar(0, 1000, 1000, 1000, 1000)


# ── the open ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_decided_on_a_bar_acts_from_the_next_open_with_slippage() -> None:
    model = one_percent()
    model.on_market(FLAT)
    assert shape(model.submit(new(1, BUY, 5), FLAT.ts)) == []
    model.submit(new(2, SELL, 5), FLAT.ts)
    assert shape(model.on_market(bar(1, 2000, 2100, 1900, 2000))) == [(1, 2020, 5, "t"), (2, 1980, 5, "t")]


def test_an_order_that_arrives_inside_a_bar_does_not_act_in_it() -> None:
    for order in (new(1, BUY, 5), new(1, BUY, 5, 1100), new(1, BUY, 5, type=O.STOP, trigger=900)):
        model = one_percent()
        model.submit(order, START + MINUTE // 2)
        assert shape(model.on_market(bar(0, 1000, 1200, 800, 1000))) == [], "its open was over"
        assert shape(model.on_market(bar(1, 1000, 1000, 1000, 1000)))[-1] == (1, 1010, 5, "t")


def test_a_limit_marketable_at_the_open_takes_there_but_never_beyond_its_limit() -> None:
    assert met(new(1, BUY, 5, 1050), FLAT) == [(1, 1010, 5, "t")]
    assert met(new(1, BUY, 5, 1004), FLAT) == [(1, 1004, 5, "t")]
    assert met(new(1, SELL, 5, 1000), FLAT) == [(1, 1000, 5, "t")]


def test_a_limit_that_rested_fills_at_the_open_of_a_gap_as_maker() -> None:
    assert met(new(1, BUY, 5, 950), FLAT, bar(1, 900, 900, 900, 900)) == [(1, 900, 5, "m")]
    assert met(new(1, SELL, 5, 1050), FLAT, bar(1, 1100, 1100, 1100, 1100)) == [(1, 1100, 5, "m")]
    assert met(new(1, BUY, 5, 950), FLAT, bar(1, 950, 960, 950, 950)) == [], "an open at the limit is no gap"


def test_post_only_is_refused_where_it_would_take() -> None:
    assert met(new(1, BUY, 5, 1000, tif=T.POST_ONLY), FLAT) == [(1, "POST_ONLY_WOULD_CROSS")]
    assert met(new(1, BUY, 5, 999, tif=T.POST_ONLY), FLAT, bar(1, 1000, 1000, 998, 999)) == [(1, 999, 5, "m")]


def test_ioc_and_fok_end_at_the_open() -> None:
    thin = bar(0, 1000, 1000, 900, 1000, volume=40)
    assert met(new(1, BUY, 5, 1050, tif=T.IOC), thin) == [(1, 1010, 4, "t"), (1, "NO_LIQUIDITY")]
    assert met(new(1, BUY, 5, 1050, tif=T.FOK), thin) == [(1, "NOT_FILLED_AT_ONCE")]
    assert met(new(1, BUY, 4, 1050, tif=T.FOK), thin) == [(1, 1010, 4, "t")]
    assert met(new(1, BUY, 4, 950, tif=T.IOC), thin) == [(1, "NO_LIQUIDITY")]
    assert met(new(1, BUY, 4, 950, tif=T.FOK), thin) == [(1, "NOT_FILLED_AT_ONCE")]


# ── inside a bar ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_resting_limit_needs_a_trade_beyond_it() -> None:
    assert met(new(1, BUY, 5, 950), bar(0, 1000, 1000, 950, 960)) == [], "touching is not enough"
    assert met(new(1, BUY, 5, 950), bar(0, 1000, 1000, 949, 960)) == [(1, 950, 5, "m")]
    assert met(new(1, SELL, 5, 1050), bar(0, 1000, 1051, 1000, 1000)) == [(1, 1050, 5, "m")]


def test_a_stop_fires_at_its_trigger_and_pays_slippage() -> None:
    falls = bar(0, 1000, 1000, 900, 950)
    assert met(new(1, SELL, 5, type=O.STOP, trigger=900), falls) == [(1, "!900"), (1, 891, 5, "t")]
    assert met(new(1, SELL, 5, type=O.STOP, trigger=899), falls) == []
    assert met(new(1, BUY, 5, type=O.STOP, trigger=1100), bar(0, 1000, 1200, 1000, 1000)) == [(1, "!1100"), (1, 1111, 5, "t")]


def test_a_gap_beyond_a_trigger_fires_at_the_open() -> None:
    gap = bar(1, 800, 850, 700, 800)
    assert met(new(1, SELL, 5, type=O.STOP, trigger=900), FLAT, gap) == [(1, "!800"), (1, 792, 5, "t")]
    assert met(new(1, BUY, 5, type=O.TAKE_PROFIT, trigger=900), FLAT, gap) == [(1, "!800"), (1, 808, 5, "t")]
    two = [new(1, SELL, 60, type=O.STOP, trigger=900), new(2, SELL, 60, type=O.STOP, trigger=950)]
    assert met(two, FLAT, gap)[:3] == [(2, "!800"), (2, 792, 60, "t"), (1, "!800")], "the price passed 950 first"


def test_a_take_profit_fires_where_the_bar_touches_its_trigger_and_pays_slippage() -> None:
    rises = bar(0, 1000, 1100, 1000, 1000)
    assert met(new(1, SELL, 5, type=O.TAKE_PROFIT, trigger=1100), rises) == [(1, "!1100"), (1, 1089, 5, "t")]
    assert met(new(1, SELL, 5, 1050, type=O.TAKE_PROFIT_LIMIT, trigger=1100), rises) == [(1, "!1100"), (1, 1089, 5, "t")]


def test_stop_and_target_in_one_bar_the_stop_first() -> None:
    both = [
        new(1, SELL, 90, 1010),
        new(2, SELL, 90, type=O.TAKE_PROFIT, trigger=1005),
        new(3, SELL, 90, type=O.STOP, trigger=900),
    ]
    wild = bar(0, 1000, 1100, 900, 1000)  # lets us have 100 lots
    assert met(both, wild) == [
        (3, "!900"), (3, 891, 90, "t"),
        (2, "!1005"), (2, 994, 10, "t"), (2, "NO_LIQUIDITY"),
    ]  # fmt: skip


def test_of_several_the_nearest_to_the_open_comes_first_then_the_oldest() -> None:
    falls = bar(0, 1000, 1000, 900, 900)
    three = [new(1, BUY, 60, 950), new(2, BUY, 60, 970), new(3, BUY, 60, 970)]
    assert met(three, falls) == [(2, 970, 60, "m"), (3, 970, 40, "m")]
    stops = [new(1, SELL, 60, type=O.STOP, trigger=950), new(2, SELL, 60, type=O.STOP, trigger=970)]
    assert met(stops, falls) == [(2, "!970"), (2, 960, 60, "t"), (1, "!950"), (1, 940, 40, "t"), (1, "NO_LIQUIDITY")]


def test_a_stop_limit_takes_only_within_its_limit_and_else_rests_from_the_next_bar_on() -> None:
    falls = bar(0, 1000, 1000, 900, 950)
    roomy = new(1, SELL, 5, 880, type=O.STOP_LIMIT, trigger=900)
    tight = new(1, SELL, 5, 895, type=O.STOP_LIMIT, trigger=900)
    assert met(roomy, falls) == [(1, "!900"), (1, 891, 5, "t")]
    assert met(tight, falls) == [(1, "!900")], "the bar traded above 895, but when?"
    assert met(tight, falls, bar(1, 890, 896, 890, 890)) == [(1, "!900"), (1, 895, 5, "m")]
    assert met(tight, FLAT, bar(1, 800, 800, 800, 800)) == [(1, "!800")], "a gap through both does not fill it"
    ioc = new(1, SELL, 5, 895, type=O.STOP_LIMIT, trigger=900, tif=T.IOC)
    assert met(ioc, falls) == [(1, "!900"), (1, "NO_LIQUIDITY")]
    post_only = new(1, SELL, 5, 880, type=O.STOP_LIMIT, trigger=900, tif=T.POST_ONLY)
    assert met(post_only, falls) == [(1, "!900"), (1, "POST_ONLY_WOULD_CROSS")]


def test_a_stop_limit_fired_at_the_open_rests_in_that_bar() -> None:
    order = new(1, SELL, 5, 950, type=O.STOP_LIMIT, trigger=900)
    assert met(order, FLAT, bar(1, 880, 951, 880, 880)) == [(1, "!880"), (1, 950, 5, "m")]


def test_a_trailing_stop_begins_at_its_first_open_and_follows_bar_by_bar() -> None:
    order = new(1, SELL, 5, type=O.TRAILING_STOP, trail=100)
    assert met(order, bar(0, 1000, 1050, 990, 1040), bar(1, 1040, 1060, 961, 1000)) == []
    assert met(order, bar(0, 1000, 1050, 990, 1040), bar(1, 1040, 1040, 950, 1000)) == [(1, "!950"), (1, 940, 5, "t")]
    assert met(order, bar(0, 1000, 1050, 990, 1040), bar(1, 900, 900, 900, 900)) == [(1, "!900"), (1, 891, 5, "t")]
    assert met(new(1, BUY, 5, type=O.TRAILING_STOP, trail=100), bar(0, 1000, 1000, 900, 950), bar(1, 950, 1000, 950, 950)) == [
        (1, "!1000"), (1, 1010, 5, "t"),
    ]  # fmt: skip


def test_a_trailing_stop_narrower_than_the_bar_fires_at_its_far_end() -> None:
    order = new(1, SELL, 5, type=O.TRAILING_STOP, trail=30)
    assert met(order, bar(0, 1000, 1040, 980, 1030)) == [(1, "!980"), (1, 970, 5, "t")], "up to 1010 and then down to 980?"


def test_a_bar_without_trades_fires_nothing() -> None:
    assert met(new(1, SELL, 5, type=O.STOP, trigger=1000), bar(0, 900, 900, 900, 900, volume=0)) == []
    assert met(new(1, SELL, 5), bar(0, 900, 900, 900, 900, volume=0)) == [(1, "NO_LIQUIDITY")]


# ── volume, time, amendments ────────────────────────────────────────────────────────────────────────────────────────


def test_our_fills_take_at_most_a_tenth_of_the_bar_together() -> None:
    model = one_percent()
    for n in range(3):
        model.submit(new(n, BUY, 40, 1100), START)
    model.submit(new(3, BUY, 40), START)
    assert shape(model.on_market(FLAT)) == [(0, 1010, 40, "t"), (1, 1010, 40, "t"), (2, 1010, 20, "t"), (3, "NO_LIQUIDITY")]
    assert shape(model.on_market(bar(1, 1000, 1000, 1000, 1000))) == [(2, 1010, 20, "t")], "still a taker: it never rested"


def test_participation_is_whole_lots() -> None:
    model = BarModel(slippage=FREE, participation=(1, 3))
    assert met(new(1, BUY, 90), bar(0, 1000, 1000, 1000, 1000, volume=20), model=model) == [
        (1, 1000, 6, "t"),
        (1, "NO_LIQUIDITY"),
    ]


def test_a_gtd_order_ends_at_its_time_and_does_not_act_in_a_bar_it_does_not_live_through() -> None:
    order = new(1, BUY, 5, 990, tif=T.GTD, expires_at=START + 3 * MINUTE)
    assert met(order, FLAT, bar(1, 1000, 1000, 989, 1000)) == [(1, 990, 5, "m")]
    assert met(order, FLAT, bar(2, 1000, 1000, 900, 1000)) == [(1, "EXPIRED")]
    model = one_percent()
    model.submit(order, START)
    model.submit(new(2, SELL, 5, type=O.STOP, trigger=900, tif=T.GTD, expires_at=START + 2 * MINUTE), START)
    assert shape(model.on_time(START + 2 * MINUTE - 1)) == []
    assert shape(model.on_time(START + 2 * MINUTE)) == [(2, "EXPIRED")]
    assert shape(model.on_market(trade(START + 3 * MINUTE, 1000, 1, BUY))) == [(1, "EXPIRED")]
    assert not model.cancel(order)


def test_an_amended_order_keeps_its_place_only_when_it_shrinks() -> None:
    model = one_percent()
    for n in (1, 2):
        model.submit(new(n, BUY, 80, 950), START)
    model.on_market(FLAT)
    assert model.amend(new(1, BUY, 70, 950), START + MINUTE) == ()
    assert shape(model.on_market(bar(1, 1000, 1000, 940, 1000))) == [(1, 950, 70, "m"), (2, 950, 30, "m")]
    assert model.amend(new(2, BUY, 90, 950), START + 2 * MINUTE) == ()
    model.submit(new(3, BUY, 60, 950), START + 2 * MINUTE)
    assert shape(model.on_market(bar(2, 1000, 1000, 940, 1000))) == [(2, 950, 60, "m"), (3, 950, 40, "m")]
    model.submit(new(4, BUY, 10, 950), START + 3 * MINUTE)
    assert model.amend(new(3, BUY, 61, 950), START + 3 * MINUTE) == ()
    assert shape(model.on_market(bar(3, 1000, 1000, 940, 1000))) == [(4, 950, 10, "m"), (3, 950, 21, "m")]
    assert model.amend(new(3, BUY, 70, 950), START + 4 * MINUTE) is None


def test_an_amended_price_meets_the_next_open_anew() -> None:
    model = one_percent()
    model.submit(new(1, BUY, 5, 950), START)
    model.on_market(FLAT)
    assert model.amend(new(1, BUY, 5, 1050), START + MINUTE) == ()
    assert shape(model.on_market(bar(1, 1000, 1000, 1000, 1000))) == [(1, 1010, 5, "t")], "a taker, not a gap"


def test_amending_to_what_is_filled_takes_the_order_out() -> None:
    model = one_percent()
    model.submit(new(1, BUY, 150, 950), START)
    assert shape(model.on_market(bar(0, 1000, 1000, 940, 1000))) == [(1, 950, 100, "m")]
    assert model.amend(new(1, BUY, 100, 950), START + MINUTE) == ()
    assert not model.cancel(new(1, BUY, 100, 950))


def test_a_sleeping_order_is_amended_and_canceled_asleep() -> None:
    model = one_percent()
    order = new(1, SELL, 5, type=O.TRAILING_STOP, trail=50)
    model.submit(order, START)
    model.on_market(bar(0, 1000, 1040, 1000, 1040))
    assert model.amend(new(1, SELL, 9, type=O.TRAILING_STOP, trail=50), START + MINUTE) == ()
    assert shape(model.on_market(bar(1, 1000, 1000, 990, 1000))) == [(1, "!990"), (1, 980, 9, "t")], "1040 was remembered"
    stop = new(2, SELL, 5, 890, type=O.STOP_LIMIT, trigger=900)
    model.submit(stop, START + 2 * MINUTE)
    assert model.amend(new(2, SELL, 5, 880, type=O.STOP_LIMIT, trigger=900), START + 2 * MINUTE) == ()
    assert shape(model.on_market(bar(2, 1000, 1000, 900, 900))) == [(2, "!900"), (2, 891, 5, "t")]
    model.submit(new(3, SELL, 5, type=O.STOP, trigger=900), START + 3 * MINUTE)
    assert model.cancel(new(3, SELL, 5))
    assert shape(model.on_market(bar(3, 800, 800, 800, 800))) == []


def test_a_fired_stop_limit_is_amended_as_the_limit_it_became() -> None:
    model = one_percent()
    model.submit(new(1, SELL, 5, 895, type=O.STOP_LIMIT, trigger=900), START)
    assert shape(model.on_market(bar(0, 1000, 1000, 900, 900))) == [(1, "!900")]
    assert model.amend(new(1, SELL, 5, 850, type=O.STOP_LIMIT, trigger=900), START + MINUTE) == ()
    assert shape(model.on_market(bar(1, 1000, 1000, 1000, 1000))) == [(1, 990, 5, "t")]


def test_a_restored_order_that_had_rested_is_a_maker_and_any_other_is_not() -> None:
    model = one_percent()
    model.on_market(FLAT)
    model.restore(new(1, BUY, 5, 950), 3, START)
    model.restore(new(2, BUY, 5, 950), 2, START + MINUTE)
    model.restore(new(3, BUY, 5, 1000), 4, START)
    assert shape(model.on_market(bar(1, 900, 900, 900, 900))) == [(1, 900, 3, "m"), (2, 909, 2, "t"), (3, 909, 4, "t")]


def test_the_reference_is_the_last_close_with_slippage() -> None:
    model = one_percent()
    assert model.reference_price(new(1, BUY, 5)) is None
    model.on_market(bar(0, 900, 1000, 900, 1000))
    assert (model.reference_price(new(1, BUY, 5)), model.reference_price(new(1, SELL, 5))) == (1010, 990)


def test_each_order_draws_its_own_slippage_again_and_again_the_same() -> None:
    def run() -> list[tuple[object, ...]]:
        model = BarModel(slippage=DrawnSlippage((Decimal(0), Decimal(100), Decimal(200)), seed=5))
        return met([new(n, BUY, 1) for n in range(20)], FLAT, model=model)

    assert run() == run()
    assert {row[1] for row in run()} == {1000, 1010, 1020}


# ── what holds for any bars ─────────────────────────────────────────────────────────────────────────────────────────

points = st.tuples(*[st.integers(85, 115)] * 4)


@settings(deadline=None)
@given(orders(), points, points, points, st.integers(0, 5000))
def test_nothing_of_the_bar_that_was_decided_on_but_its_time_matters(
    order: NewOrder, decided: tuple[int, ...], other: tuple[int, ...], after: tuple[int, ...], volume: int
) -> None:
    def run(seen: tuple[int, ...]) -> list[tuple[object, ...]]:
        model = BarModel()
        model.on_market(bar(0, seen[0], max(seen), min(seen), seen[1], volume))
        model.submit(order, START + MINUTE)
        return shape(model.on_market(bar(1, after[0], max(after), min(after), after[1])))

    assert run(decided) == run(other)


@settings(deadline=None)
@given(st.lists(orders(), min_size=1, max_size=6), st.lists(points, min_size=1, max_size=4), st.integers(1, 500))
def test_makers_fill_inside_the_bar_and_takers_no_better_than_it(
    news: list[NewOrder], path: list[tuple[int, ...]], volume: int
) -> None:
    model = BarModel(slippage=FREE)
    for n, order in enumerate(news):
        model.submit(
            new(n, order.side, order.quantity, order.price, type=order.type, trigger=order.trigger, trail=order.trail), START
        )
    for n, p in enumerate(path):
        move = Move(p[0], max(p), min(p), p[1], volume, BUY)
        effects = model.on_market(move.as_bar(n)[0])
        assert sum(e.quantity for e in effects if isinstance(e, Match)) <= volume // 10
        for e in effects:
            if isinstance(e, Match | Triggered):
                assert move.low <= e.price <= move.high, "without slippage nothing happens outside the bar"
            else:
                assert isinstance(e, Ended)


@pytest.mark.parametrize("kind", [O.STOP, O.TRAILING_STOP])
def test_a_stop_that_finds_too_little_volume_loses_its_rest_like_any_market_order(kind: OrderType) -> None:
    order = new(1, SELL, 500, type=kind, trigger=950 if kind is O.STOP else None, trail=50 if kind is O.TRAILING_STOP else None)
    assert met(order, bar(0, 1000, 1000, 950, 950)) == [(1, "!950"), (1, 940, 100, "t"), (1, "NO_LIQUIDITY")]
