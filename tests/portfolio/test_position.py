"""Average cost and FIFO lots: what is rounded, and that nothing is lost by it."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.portfolio import FifoLots, Lot, Position

Moves = list[tuple[int, int]]

moves = st.lists(
    st.tuples(st.integers(-1000, 1000), st.integers(0, 10**6)).map(lambda m: (m[0], -m[1] if m[0] > 0 else m[1])), max_size=40
)


def after(position: Position | FifoLots, steps: Moves) -> tuple[int, int, int]:
    for base, quote in steps:
        position.move(base, quote)
    return position.base_units, position.cost, position.realized


@pytest.mark.parametrize(
    ("steps", "average", "fifo"),
    [
        ([(10, -1000)], (10, 1000, 0), (10, 1000, 0)),
        ([(10, -1000), (10, -2000), (-10, 1800)], (10, 1500, 300), (10, 2000, 800)),
        ([(10, -1000), (10, -2000), (-15, 3000)], (5, 750, 750), (5, 1000, 1000)),
        ([(3, -100), (-1, 40)], (2, 67, 7), (2, 67, 7)),
        ([(3, -100), (-1, 40), (-1, 40)], (1, 34, 14), (1, 34, 14)),
        ([(3, -100), (-1, 40), (-1, 40), (-1, 40)], (0, 0, 20), (0, 0, 20)),
        ([(10, -1000), (0, -5)], (10, 1000, -5), (10, 1000, -5)),
        ([(-10, 1000)], (-10, -1000, 0), (-10, -1000, 0)),
        ([(-10, 1000), (4, -300)], (-6, -600, 100), (-6, -600, 100)),
        ([(10, -1000), (-15, 1800)], (-5, -600, 200), (-5, -600, 200)),
        ([(-10, 1000), (15, -1200)], (5, 400, 200), (5, 400, 200)),
        ([(4, -400), (4, -800), (-12, 1800)], (-4, -600, 0), (-4, -600, 0)),
    ],
)  # fmt: skip
def test_a_reduction_realises_proceeds_less_cost(steps: Moves, average: tuple[int, int, int], fifo: tuple[int, int, int]) -> None:
    assert after(Position(), steps) == average
    assert after(FifoLots(), steps) == fifo


@given(moves)
def test_cost_is_conserved_to_the_unit_and_both_methods_agree_in_total(steps: Moves) -> None:
    average, fifo = Position(), FifoLots()
    quote_total = base_total = 0
    for base, quote in steps:
        average.move(base, quote)
        fifo.move(base, quote)
        quote_total, base_total = quote_total + quote, base_total + base
        assert average.base_units == fifo.base_units == base_total
        assert average.realized - average.cost == fifo.realized - fifo.cost == quote_total
        if base_total == 0:
            assert (average.cost, fifo.cost) == (0, 0)
            assert average.realized == fifo.realized == quote_total


@given(moves)
def test_fifo_lots_stay_within_a_unit_per_reduction_of_exact_fractions(steps: Moves) -> None:
    fifo, lots, realized = FifoLots(), deque[tuple[int, Fraction]](), Fraction(0)
    for base, quote in steps:
        fifo.move(base, quote)
        left, money = base, Fraction(quote)
        while left and lots and lots[0][0] * left < 0:
            units, cost = lots.popleft()
            taken = min(abs(units), abs(left))
            share = money * taken / abs(left)
            realized += share - cost * taken / abs(units)
            if taken < abs(units):
                lots.appendleft((units + left, cost * (abs(units) - taken) / abs(units)))
            left, money = left + (taken if left < 0 else -taken), money - share
        if left:
            lots.append((left, -money))
        else:
            realized += money
    assert [lot.base_units for lot in fifo.lots] == [units for units, _ in lots]
    bound = 2 * sum(1 for base, _ in steps if base) + len(steps) + 1
    assert abs(fifo.realized - realized) <= bound
    for lot, (_, cost) in zip(fifo.lots, lots, strict=True):
        assert abs(lot.cost - cost) <= bound


def test_the_oldest_lot_is_sold_first() -> None:
    fifo = FifoLots()
    for base, quote in ((5, -50), (5, -100), (5, -150), (-7, 140)):
        fifo.move(base, quote)
    assert list(fifo.lots) == [Lot(3, 60), Lot(5, 150)]
    assert fifo.realized == 140 - 50 - 40
