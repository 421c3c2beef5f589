"""The book model: walking levels, waiting in a queue, sleeping, and never trading with ourselves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.book import OrderBook, SelfTrade
from golive.matching.depth import DepthModel
from golive.matching.kernel_book import KernelBook
from golive.matching.model import Match, Triggered
from golive.model.market import Level
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from support.market_play import START, Move, Step, bar, new, play, plays, snapshot, trade

O = OrderType  # noqa: E741
T = TimeInForce
BUY, SELL = Side.BUY, Side.SELL
BIDS, ASKS = [(99, 10), (98, 20)], [(101, 10), (102, 20)]


class Market:
    """A model and the time of its events."""

    def __init__(self, bids: Sequence[Level] = BIDS, asks: Sequence[Level] = ASKS, model: DepthModel | None = None) -> None:
        self.model = model or DepthModel()
        self.ts = START
        if bids or asks:
            assert self.book(bids, asks) == []

    def book(self, bids: Sequence[Level] = BIDS, asks: Sequence[Level] = ASKS) -> list[tuple[object, ...]]:
        self.ts += 1
        return shape(self.model.on_market(snapshot(self.ts, bids, asks)))

    def trade(self, price: int, quantity: int, side: Side) -> list[tuple[object, ...]]:
        self.ts += 1
        return shape(self.model.on_market(trade(self.ts, price, quantity, side)))

    def submit(self, order: NewOrder) -> list[tuple[object, ...]]:
        return shape(self.model.submit(order, self.ts))

    def amend(self, order: NewOrder) -> list[tuple[object, ...]] | None:
        effects = self.model.amend(order, self.ts)
        return None if effects is None else shape(effects)


def shape(effects: Sequence[object]) -> list[tuple[object, ...]]:
    """(number, price, quantity, m/t) of a match, (number, !price) of a trigger, (number, reason) of an end."""
    rows: list[tuple[object, ...]] = []
    for e in effects:
        n = int(e.order.client_order_id, 16)  # type: ignore[attr-defined]
        if isinstance(e, Match):
            rows.append((n, e.price, e.quantity, e.liquidity[0]))
        else:
            rows.append((n, f"!{e.price}") if isinstance(e, Triggered) else (n, e.reason.value))  # type: ignore[attr-defined]
    return rows


# ── taking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_market_order_walks_the_levels_best_first_and_never_rests() -> None:
    assert Market().submit(new(1, BUY, 20)) == [(1, 101, 10, "t"), (1, 102, 10, "t")]
    assert Market().submit(new(1, SELL, 99)) == [(1, 99, 10, "t"), (1, 98, 20, "t"), (1, "NO_LIQUIDITY")]


def test_what_trades_since_the_snapshot_took_is_offered_to_nobody() -> None:
    market = Market()
    market.trade(101, 4, BUY)
    assert market.submit(new(1, BUY, 8, 101, tif=T.IOC)) == [(1, 101, 6, "t"), (1, "NO_LIQUIDITY")]
    market.trade(102, 5, BUY)
    assert market.submit(new(2, BUY, 16)) == [(2, 102, 15, "t"), (2, "NO_LIQUIDITY")], "101 was swept before 102 could trade"
    assert market.model.reference_price(new(3, BUY, 1)) is None
    market.book(asks=[(101, 10), (102, 20)])
    assert market.submit(new(4, BUY, 1)) == [(4, 101, 1, "t")], "the next snapshot tells anew"


def test_a_trade_of_the_other_side_leaves_the_quantity_at_its_price() -> None:
    market = Market()
    market.trade(101, 4, SELL)
    assert market.submit(new(1, BUY, 10)) == [(1, 101, 10, "t")]
    market.trade(98, 1, SELL)
    assert market.submit(new(2, SELL, 30)) == [(2, 98, 19, "t"), (2, "NO_LIQUIDITY")]


def test_liquidity_taken_once_is_not_offered_again_only_growth_is() -> None:
    market = Market()
    market.submit(new(1, BUY, 10))
    assert market.book() == []
    assert market.submit(new(2, BUY, 5)) == [(2, 102, 5, "t")]
    market.book(asks=[(101, 15), (102, 20)])
    assert market.submit(new(3, BUY, 10)) == [(3, 101, 5, "t"), (3, 102, 5, "t")]
    market.book(asks=[(102, 12)])
    market.book(asks=[(101, 10), (102, 12)])
    assert market.submit(new(4, BUY, 99)) == [(4, 101, 10, "t"), (4, 102, 2, "t"), (4, "NO_LIQUIDITY")]


def test_levels_no_longer_named_are_gone() -> None:
    market = Market()
    market.book(bids=[(98, 20)], asks=[(102, 20)])
    assert market.submit(new(1, BUY, 5)) == [(1, 102, 5, "t")]
    market.book(bids=[], asks=[])
    assert market.submit(new(2, SELL, 5)) == [(2, "NO_LIQUIDITY")]


def test_times_in_force() -> None:
    assert Market().submit(new(1, BUY, 15, 101)) == [(1, 101, 10, "t")]
    assert Market().submit(new(1, BUY, 15, 101, tif=T.IOC)) == [(1, 101, 10, "t"), (1, "NO_LIQUIDITY")]
    assert Market().submit(new(1, BUY, 31, 102, tif=T.FOK)) == [(1, "NOT_FILLED_AT_ONCE")]
    assert Market().submit(new(1, BUY, 30, 102, tif=T.FOK)) == [(1, 101, 10, "t"), (1, 102, 20, "t")]
    assert Market().submit(new(1, BUY, 5, 101, tif=T.POST_ONLY)) == [(1, "POST_ONLY_WOULD_CROSS")]
    assert Market().submit(new(1, BUY, 5, 100, tif=T.POST_ONLY)) == []


def test_without_a_book_limits_rest_and_others_end() -> None:
    market = Market([], [])
    for n, tif in enumerate((T.GTC, T.GTD, T.POST_ONLY)):
        assert market.submit(new(n, BUY, 5, 100, tif=tif, expires_at=START + 99 if tif is T.GTD else None)) == []
    assert market.submit(new(4, BUY, 5)) == [(4, "NO_LIQUIDITY")]
    assert market.submit(new(5, BUY, 5, 100, tif=T.IOC)) == [(5, "NO_LIQUIDITY")]
    assert market.submit(new(6, BUY, 5, 100, tif=T.FOK)) == [(6, "NOT_FILLED_AT_ONCE")]
    assert market.model.reference_price(new(7, BUY, 5)) is None


# ── resting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trade_at_the_price_fills_after_the_queue_and_a_trade_through_it_at_once() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 99))
    assert market.trade(99, 8, SELL) == [], "ten stood before it"
    assert market.trade(99, 4, SELL) == [(1, 99, 2, "m")]
    assert market.trade(99, 9, BUY) == [], "a buyer's trade does not use up bids"
    assert market.trade(98, 2, SELL) == [(1, 99, 2, "m")], "at its own price, up to the trade's size"
    assert market.trade(98, 2, SELL) == [(1, 99, 1, "m")]


def test_what_leaves_the_level_shortens_the_queue_at_most_to_what_is_left() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 99))
    market.book(bids=[(99, 3), (98, 20)])
    market.book(bids=[(99, 30), (98, 20)])
    assert market.trade(99, 4, SELL) == [(1, 99, 1, "m")]


def test_the_opposite_side_coming_to_the_price_fills_as_maker() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 100))
    assert market.book(bids=[(97, 1)], asks=[(100, 3), (102, 20)]) == [(1, 100, 3, "m")]
    assert market.book(bids=[(97, 1)], asks=[(99, 9), (100, 3), (102, 20)]) == [(1, 100, 2, "m")]


def test_our_orders_fill_in_price_time_priority() -> None:
    market = Market()
    for n, price in ((1, 99), (2, 100), (3, 100)):
        market.submit(new(n, BUY, 5, price))
    assert market.trade(98, 12, SELL) == [(2, 100, 5, "m"), (3, 100, 5, "m"), (1, 99, 2, "m")]


def test_out_of_sight_the_queue_is_unknown() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 95))
    assert market.trade(95, 100, SELL) == [], "who knows how many stand there"
    assert market.trade(94, 1, SELL) == [(1, 95, 1, "m")], "it went through"


def test_an_order_joins_the_end_of_the_queue_it_finds_when_its_level_comes_into_sight() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 95))
    market.book(bids=[(96, 1), (95, 30)])
    assert market.trade(95, 30, SELL) == []
    assert market.trade(95, 1, SELL) == [(1, 95, 1, "m")]
    market.book()
    market.book(bids=[(95, 7)])
    assert market.trade(95, 7, SELL) == [], "after it was out of sight it stands behind those it meets"
    assert market.trade(95, 9, SELL) == [(1, 95, 4, "m")]


def test_a_gtd_order_ends_at_its_time_before_what_the_market_does_then() -> None:
    market = Market()
    for n, kind in ((1, O.LIMIT), (2, O.STOP_LIMIT)):
        trigger = 90 if kind is O.STOP_LIMIT else None
        market.submit(new(n, BUY if n == 1 else SELL, 5, 100, type=kind, trigger=trigger, tif=T.GTD, expires_at=START + 3))
    assert shape(market.model.on_time(START + 2)) == []
    assert sorted(shape(market.model.on_market(trade(START + 3, 90, 99, SELL)))) == [(1, "EXPIRED"), (2, "EXPIRED")]
    market.submit(new(3, BUY, 5, 100, tif=T.GTD, expires_at=START + 5))
    assert shape(market.model.on_market(bar(0, 1, 1, 1, 1))) == [(3, "EXPIRED")], "a candle is a clock to this model, no more"


# ── ourselves ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "effects", "still_rests"),
    [
        (SelfTrade.CANCEL_RESTING, [(1, "SELF_TRADE"), (2, 101, 8, "t")], False),
        (SelfTrade.CANCEL_ARRIVING, [(2, "SELF_TRADE")], True),
        (SelfTrade.CANCEL_BOTH, [(1, "SELF_TRADE"), (2, "SELF_TRADE")], False),
    ],
)
def test_our_orders_never_trade_with_each_other(policy: SelfTrade, effects: list[tuple[object, ...]], still_rests: bool) -> None:
    market = Market(model=DepthModel(self_trade=policy))
    market.submit(new(1, SELL, 5, 100))
    assert market.submit(new(2, BUY, 8)) == effects
    assert market.model.cancel(new(1, SELL, 5)) is still_rests


def test_a_book_model_that_lets_us_trade_with_ourselves_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="never trade with each other"):
        DepthModel(self_trade=SelfTrade.ALLOW)


# ── amending and canceling ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_to_less_keeps_the_place_and_any_other_goes_to_the_end() -> None:
    market = Market()
    for n in (1, 2):
        market.submit(new(n, BUY, 9, 100))
    assert market.amend(new(1, BUY, 6, 100)) == []
    assert market.trade(99, 4, SELL) == [(1, 100, 4, "m")]
    assert market.amend(new(1, BUY, 7, 100)) == [], "three are left now, more than before: to the end"
    assert market.trade(99, 10, SELL) == [(2, 100, 9, "m"), (1, 100, 1, "m")]
    assert market.amend(new(1, BUY, 5, 100)) == [], "as many are filled already"
    assert market.amend(new(1, BUY, 9, 100)) is None
    assert not market.model.cancel(new(1, BUY, 9, 100))


def test_an_amended_price_may_take_and_a_new_place_has_a_new_queue() -> None:
    market = Market()
    market.submit(new(1, BUY, 15, 98))
    assert market.amend(new(1, BUY, 15, 99)) == []
    assert market.trade(99, 10, SELL) == []
    assert market.trade(99, 1, SELL) == [(1, 99, 1, "m")]
    assert market.amend(new(1, BUY, 15, 101)) == [(1, 101, 10, "t")]
    assert market.trade(100, 9, SELL) == [(1, 101, 4, "m")]
    market.submit(new(2, BUY, 5, 98, tif=T.POST_ONLY))
    assert market.amend(new(2, BUY, 5, 102, tif=T.POST_ONLY)) == [(2, "POST_ONLY_WOULD_CROSS")]
    assert market.amend(new(2, BUY, 5, 98, tif=T.POST_ONLY)) is None


def test_a_canceled_order_is_gone() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 100))
    market.submit(new(2, BUY, 5, type=O.STOP, trigger=105))
    assert market.model.cancel(new(1, BUY, 5, 100))
    assert market.model.cancel(new(2, BUY, 5))
    assert market.trade(90, 99, SELL) == market.trade(110, 99, BUY) == []
    assert not market.model.cancel(new(1, BUY, 5, 100))


# ── sleeping ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stop_fires_on_the_last_traded_price_and_takes_at_once() -> None:
    market = Market()
    market.submit(new(1, BUY, 15, type=O.STOP, trigger=103))
    assert market.book(asks=[(104, 10), (105, 20)]) == [], "a quote is no trade"
    assert market.trade(103, 1, BUY) == [(1, "!103"), (1, 104, 10, "t"), (1, 105, 5, "t")]


def test_a_stop_submitted_beyond_its_trigger_fires_at_once() -> None:
    market = Market()
    market.trade(100, 1, BUY)
    assert market.submit(new(1, SELL, 5, type=O.STOP, trigger=100)) == [(1, "!100"), (1, 99, 5, "t")]


def test_a_stop_limit_becomes_a_limit_order() -> None:
    market = Market()
    market.submit(new(1, BUY, 15, 101, type=O.STOP_LIMIT, trigger=101))
    assert market.trade(101, 1, BUY) == [(1, "!101"), (1, 101, 9, "t")], "one of ten went to the trade"
    assert market.amend(new(1, BUY, 14, 101, type=O.STOP_LIMIT, trigger=101)) == []
    assert market.trade(100, 9, SELL) == [(1, 101, 5, "m")]


def test_a_fired_order_finds_nothing_that_the_trade_before_it_took() -> None:
    market = Market()
    market.submit(new(1, SELL, 25, type=O.STOP, trigger=98))
    assert market.trade(98, 14, SELL) == [(1, "!98"), (1, 98, 6, "t"), (1, "NO_LIQUIDITY")], "99 is gone, and 14 of 98"
    assert market.book() == []
    assert market.submit(new(2, SELL, 99)) == [(2, 99, 10, "t"), (2, 98, 14, "t"), (2, "NO_LIQUIDITY")], "less our six"


def test_a_stop_limit_fired_beyond_its_limit_rests() -> None:
    market = Market()
    market.submit(new(1, SELL, 5, type=O.STOP, trigger=98))
    market.submit(new(2, SELL, 5, 97, type=O.STOP_LIMIT, trigger=98))
    assert market.trade(96, 30, SELL) == [(1, "!96"), (1, "NO_LIQUIDITY"), (2, "!96")]
    assert market.book(bids=[(97, 3), (96, 4)]) == [(2, 97, 3, "m")]


def test_a_resting_order_fills_before_a_sleeping_one_wakes() -> None:
    market = Market()
    market.submit(new(1, BUY, 5, 100))
    market.submit(new(2, SELL, 5, type=O.STOP, trigger=98))
    assert market.trade(98, 3, SELL) == [(1, 100, 3, "m"), (2, "!98"), (1, "SELF_TRADE"), (2, 98, 5, "t")]


def test_a_trailing_stop_starts_at_the_last_trade_and_an_amendment_keeps_it_asleep() -> None:
    market = Market()
    market.trade(100, 1, BUY)
    market.submit(new(1, SELL, 5, type=O.TRAILING_STOP, trail=2))
    assert market.trade(99, 1, BUY) == market.trade(105, 1, BUY) == []
    assert market.amend(new(1, SELL, 7, type=O.TRAILING_STOP, trail=2)) == []
    assert market.trade(104, 1, BUY) == []
    assert market.trade(103, 1, BUY) == [(1, "!103"), (1, 99, 7, "t")]


# ── restarting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_restored_order_waits_for_the_market_and_stands_at_the_end() -> None:
    market = Market([], [])
    market.model.restore(new(1, BUY, 9, 99), 4, START)
    assert market.trade(99, 50, SELL) == []
    market.book()
    assert market.trade(99, 11, SELL) == [(1, 99, 1, "m")]
    market.model.restore(new(2, SELL, 5, type=O.STOP, trigger=99), 5, START)
    assert market.trade(99, 1, BUY) == [(2, "!99"), (1, "SELF_TRADE"), (2, 98, 5, "t")], "what stood at 99 was traded away before"


def test_what_a_restored_order_could_take_it_took_before() -> None:
    market = Market()
    market.model.restore(new(1, BUY, 15, 101), 5, START)
    assert market.book(asks=[(101, 10), (102, 20)]) == []
    assert market.book(asks=[(101, 12), (102, 20)]) == [(1, 101, 2, "m")]


@pytest.mark.parametrize(
    "order",
    [
        new(2, SELL, 5, 100), new(2, SELL, 5, 99, tif=T.POST_ONLY), new(2, BUY, 5), new(2, BUY, 5, 101, tif=T.IOC),
        new(2, BUY, 5, 101, tif=T.FOK),
    ],
)  # fmt: skip
def test_what_cannot_have_rested_is_not_restored_and_changes_nothing(order: NewOrder) -> None:
    market = Market()
    market.model.restore(new(1, BUY, 5, 100), 5, START)
    with pytest.raises(ValueError, match="cannot have rested"):
        market.model.restore(order, 5, START)
    assert not market.model.cancel(order)
    assert market.submit(new(3, BUY, 99)) == [(3, 101, 10, "t"), (3, 102, 20, "t"), (3, "NO_LIQUIDITY")]
    assert market.trade(99, 9, SELL) == [(1, 100, 5, "m")]


# ── what holds for any book ─────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=200, deadline=None)
@given(plays)
def test_the_compiled_book_has_the_same_effects_as_the_plain_one(steps: list[Step]) -> None:
    compiled = DepthModel(lambda: KernelBook(remembers_taken=True, estimates_queue=True))
    assert play(compiled, steps, Move.as_book) == play(DepthModel(), steps, Move.as_book)


sides = st.dictionaries(st.integers(90, 110), st.integers(1, 30), max_size=6)


@settings(deadline=None)
@given(sides, sides, st.sampled_from(Side), st.integers(1, 60), st.integers(90, 110), st.sampled_from(T))
def test_taking_conserves_quantity_and_respects_the_limit(
    bids: dict[int, int], asks: dict[int, int], side: Side, lots: int, limit: int, tif: TimeInForce
) -> None:
    market = Market(sorted(bids.items(), reverse=True), sorted(asks.items()))
    effects = market.model.submit(new(1, side, lots, limit, tif=tif), START)
    matches = [e for e in effects if isinstance(e, Match)]
    offered = asks if side is BUY else bids
    within = {p: q for p, q in offered.items() if (limit - p) * side.sign >= 0}
    taken = sum(m.quantity for m in matches)
    expected = min(lots, sum(within.values()))
    if tif is T.POST_ONLY or (tif is T.FOK and expected < lots):
        expected = 0
    assert taken == expected
    assert [m.price for m in matches] == sorted((m.price for m in matches), key=lambda p: p * side.sign)
    assert all(m.quantity <= within[m.price] for m in matches)


@settings(deadline=None)
@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=12), st.lists(st.integers(1, 20), min_size=12, max_size=12))
def test_a_stream_of_snapshots_says_what_whole_statements_say(
    stream: list[tuple[dict[int, int], dict[int, int]]], lots: list[int]
) -> None:
    """The model tells its book only what changed; a book told everything each time answers the same."""
    from golive.matching.book import BookOrder

    market, whole = Market([], []), OrderBook(remembers_taken=True, estimates_queue=True)
    for n, (bids, asks) in enumerate(stream):
        levels = sorted(bids.items(), reverse=True), sorted(asks.items())
        market.book(*levels)
        whole.replace_depth(*levels)
        side = (BUY, SELL)[n % 2]
        placement = whole.submit(BookOrder(n + 1, "us", side, None, lots[n]))
        taken = [row for row in market.submit(new(n, side, lots[n])) if len(row) == 4]
        assert [(row[1], row[2]) for row in taken] == [(e.price, e.quantity) for e in placement.executions]
