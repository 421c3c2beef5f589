"""What every market model keeps, whatever orders and markets come: one suite for the book model and the bar model."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.bar import BarModel
from golive.matching.book import SelfTrade
from golive.matching.depth import DepthModel
from golive.matching.model import Ended, EndReason, MarketModel, Match, Triggered
from golive.matching.slippage import DrawnSlippage
from golive.model.clock import MINUTE
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Liquidity, NewOrder, OrderType, Side, TimeInForce
from support.market_play import START, Act, Answer, Move, Step, effects_of, filled, new, orders, play, plays

T = TimeInForce
SLIPPAGES = tuple(Decimal(n) for n in (0, 40, 300))


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], MarketModel]
    as_events: Callable[[Move, int], list[MarketEvent]]

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("book", DepthModel, Move.as_book),
    Case("book that cancels the arriving order", lambda: DepthModel(self_trade=SelfTrade.CANCEL_ARRIVING), Move.as_book),
    Case("book that cancels both", lambda: DepthModel(self_trade=SelfTrade.CANCEL_BOTH), Move.as_book),
    Case("bar", BarModel, Move.as_bar),
    Case("bar with drawn slippage", lambda: BarModel(slippage=DrawnSlippage(SLIPPAGES, 7)), Move.as_bar),
]
every_model = pytest.mark.parametrize("case", CASES, ids=str)
many = settings(max_examples=500 if os.environ.get("GOLIVE_PROOF") == "1" else 50, deadline=None)


def fires_upwards(order: NewOrder) -> bool:
    stop = order.type in (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
    return stop is (order.side is Side.BUY)


@every_model
@many
@given(steps=plays)
def test_matches_keep_limit_quantity_and_how_the_order_may_meet_the_market(case: Case, steps: list[Step]) -> None:
    log = play(case.make(), steps, case.as_events)
    most: dict[ClientOrderId, int] = defaultdict(int)
    for _, effect in effects_of(log):
        order = effect.order
        most[order.client_order_id] = max(most[order.client_order_id], order.quantity)
        if isinstance(effect, Match):
            assert effect.quantity > 0
            assert effect.price > 0
            assert order.price is None or (order.price - effect.price) * order.side.sign >= 0, "worse than its limit"
            if order.price is None:
                assert effect.liquidity is Liquidity.TAKER, "a market order never rests"
            if order.time_in_force is T.POST_ONLY:
                assert effect.liquidity is Liquidity.MAKER
            if order.time_in_force in (T.IOC, T.FOK):
                assert effect.liquidity is Liquidity.TAKER
    for _, answer in log:
        if isinstance(answer, Answer) and answer.kind == "amend":
            name = answer.order.client_order_id
            most[name] = max(most[name], answer.order.quantity)
    for name, quantity in most.items():
        assert filled(log, name) <= quantity


@every_model
@many
@given(steps=plays)
def test_an_order_sleeps_fires_works_and_ends_once_in_that_order(case: Case, steps: list[Step]) -> None:
    log = play(case.make(), steps, case.as_events)
    fired: set[ClientOrderId] = set()
    gone: set[ClientOrderId] = set()
    whole: dict[ClientOrderId, int] = {}
    done: dict[ClientOrderId, int] = defaultdict(int)
    for _, entry in log:
        order, name = entry.order, entry.order.client_order_id
        if isinstance(entry, Answer):
            if name in gone:
                assert not entry.granted, f"{entry.kind} of an order that is gone"
            elif entry.granted and entry.kind == "cancel":
                gone.add(name)
            elif entry.granted:
                whole[name] = order.quantity
                if order.quantity <= done[name]:
                    gone.add(name)
            continue
        assert name not in gone, "an order that ended, filled or was canceled does nothing"
        if isinstance(entry, Triggered):
            assert order.type.sleeps
            assert name not in fired
            fired.add(name)
            if order.trigger is not None:
                distance = entry.price - order.trigger
                assert distance >= 0 if fires_upwards(order) else distance <= 0
        elif isinstance(entry, Match):
            assert not order.type.sleeps or name in fired, "a sleeping order fills only after it fired"
            done[name] += entry.quantity
            if done[name] == whole.get(name, order.quantity):
                gone.add(name)
        else:
            if entry.reason is not EndReason.EXPIRED:
                assert not order.type.sleeps or name in fired
            gone.add(name)


@every_model
@many
@given(steps=plays)
def test_the_same_play_has_the_same_effects(case: Case, steps: list[Step]) -> None:
    assert play(case.make(), steps, case.as_events) == play(case.make(), steps, case.as_events)


@every_model
@many
@given(steps=plays, other=plays, cut=st.integers(0, 16))
def test_what_comes_later_changes_nothing_before(case: Case, steps: list[Step], other: list[Step], cut: int) -> None:
    known = steps[:cut]
    one, two = (play(case.make(), known + rest, case.as_events) for rest in (steps[cut:], other))
    before = len(known)
    assert [row for row in one if row[0] < before] == [row for row in two if row[0] < before]


@every_model
@many
@given(steps=plays)
def test_an_expired_order_does_nothing_more(case: Case, steps: list[Step]) -> None:
    minutes = [sum(isinstance(s, Move) for s in steps[:n]) for n in range(len(steps) + 1)]
    for n, effect in effects_of(play(case.make(), steps, case.as_events)):
        expires_at = effect.order.expires_at
        if expires_at is not None and expires_at <= START + minutes[n] * MINUTE and isinstance(steps[n], Move):
            assert isinstance(effect, Ended)
            assert effect.reason is EndReason.EXPIRED


@every_model
@many
@given(order=orders().map(lambda o: new(0, o.side, o.quantity, o.price or 100, tif=T.FOK)), steps=plays)
def test_fill_or_kill_fills_all_or_nothing(case: Case, order: NewOrder, steps: list[Step]) -> None:
    moves = [s for s in steps if isinstance(s, Move)]
    log = play(case.make(), [Act("submit", order), *moves], case.as_events)
    assert filled(log, ClientOrderId(f"{0:032x}")) in (0, order.quantity)


@every_model
@many
@given(steps=plays)
def test_orders_of_one_side_filled_by_the_market_never_outrun_the_market(case: Case, steps: list[Step]) -> None:
    """In no minute do our fills exceed what the market showed or traded in it: no quantity is used twice."""
    taken: dict[int, int] = defaultdict(int)
    log = effects_of(play(case.make(), steps, case.as_events))
    for n, effect in log:
        if isinstance(effect, Match) and isinstance(steps[n], Move):
            taken[n] += effect.quantity
    for n, quantity in taken.items():
        move = steps[n]
        assert isinstance(move, Move)
        part = max(1, move.volume // 4)
        visible = 2 * sum(2 * (part + extra) for extra in range(3)) + 6
        assert quantity <= (move.volume // 10 if case.as_events is Move.as_bar else visible + 2 * part)


@every_model
@many
@given(order=orders(), remaining=st.integers(1, 40), steps=plays)
def test_a_restored_order_works_as_one_that_was_never_away(
    case: Case, order: NewOrder, remaining: int, steps: list[Step]
) -> None:
    if order.time_in_force in (T.IOC, T.FOK) or order.type is OrderType.MARKET:
        return
    part = order.quantity if order.type.sleeps else min(remaining, order.quantity)
    model = case.make()
    moves = [s for s in steps if isinstance(s, Move)]
    play(model, moves[:1], case.as_events)
    model.restore(order, part, START + MINUTE)
    total = 0
    for minute, move in enumerate(moves[1:], 1):
        for event in case.as_events(move, minute):
            for effect in model.on_market(event):
                assert effect.order == order
                total += effect.quantity if isinstance(effect, Match) else 0
    assert total <= part
