"""Signals to targets: the table of what opens and what ends a position."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.strategy.freqtrade_form.position import Exits, Position, stop_distances
from golive.strategy.protocol import Bar

MINUTE = 60_000_000_000
BARE = Exits(roi=(), uses_signal=True, signal_profit=None, entry_spares_roi=False)

Row = tuple[str, float, float, float, float]
"""signals (e = enter, x = exit), open, high, low, close"""


def targets(rows: list[Row], rules: Exits = BARE) -> list[float]:
    position = Position()
    said = []
    for i, (signals, open_, high, low, close) in enumerate(rows):
        bar = Bar((i + 1) * MINUTE, open_, high, low, close, 1.0)
        said.append(position.move(bar, "e" in signals, "x" in signals, rules, MINUTE))
    return said


def flat(signals: str, price: float = 100.0) -> Row:
    return signals, price, price, price, price


def test_an_entry_holds_until_an_exit() -> None:
    assert targets([flat(""), flat("e"), flat(""), flat("e"), flat("x"), flat("x"), flat("e")]) == [0, 1, 1, 1, 0, 0, 1]


def test_both_signals_at_once_count_as_neither() -> None:
    assert targets([flat("ex"), flat("e"), flat("ex"), flat("x")]) == [0, 1, 1, 0]


def test_exit_signals_can_be_switched_off_or_asked_to_be_profitable() -> None:
    assert targets([flat("e"), flat("x")], BARE._replace(uses_signal=False)) == [1, 1]
    rows = [flat("e"), ("x", 100, 100, 99, 99.5), ("x", 100, 101, 100, 100.5), ("x", 100, 102, 100, 102)]
    assert targets(rows, BARE._replace(signal_profit=0.01)) == [1, 1, 1, 0]


def test_roi_falls_with_the_minutes_since_the_entry() -> None:
    rules = BARE._replace(roi=((0, 0.04), (3, 0.02), (5, 0.0)))
    rise = [flat("e", 90), flat("", 100), flat("", 103), flat("", 103)]
    assert targets(rise, rules) == [1, 1, 1, 0]  # 3 % is enough from the third minute on; the entry is the second bar's open
    assert targets([flat("e", 90), flat("", 100), flat("", 105)], rules) == [1, 1, 0]
    assert targets([flat("e", 90), flat("", 100), *[flat("", 100)] * 5], rules) == [1] * 7  # no profit is not above 0 %


def test_roi_begins_when_its_table_does() -> None:
    assert targets([flat("e", 90), flat("", 100), flat("", 150), flat("", 150)], BARE._replace(roi=((3, 0.01),))) == [1, 1, 1, 0]


def test_an_entry_signal_may_spare_a_position_from_roi() -> None:
    rows, rules = [flat("e", 100), flat("e", 100), flat("e", 110), flat("", 110)], BARE._replace(roi=((0, 0.05),))
    assert targets(rows, rules) == [1, 1, 0, 0]
    assert targets(rows, rules._replace(entry_spares_roi=True)) == [1, 1, 1, 0]


def test_a_stop_that_a_later_bar_reaches_ends_the_position() -> None:
    rules = BARE._replace(stop=0.05)
    assert targets([flat("e"), ("", 100, 101, 94, 96), ("", 96, 97, 95.5, 96), ("", 96, 97, 95, 96), flat("")], rules) == [
        1, 1, 1, 0, 0,
    ]  # fmt: skip


def test_a_trailing_stop_follows_the_best_price_since_it_rests() -> None:
    rules = BARE._replace(trail=0.05)
    rows: list[Row] = [flat("e"), ("", 100, 130, 90, 100), ("", 118, 120, 118, 119), ("", 119, 119, 115.5, 116), flat("", 115)]
    assert targets(rows, rules) == [1, 1, 1, 1, 0]


def test_a_trailing_stop_may_fire_inside_a_bar_wider_than_its_distance() -> None:
    assert targets([flat("e"), flat(""), ("", 100, 104, 99.5, 101)], BARE._replace(trail=0.05)) == [1, 1, 1]
    assert targets([flat("e"), flat(""), ("", 100, 104, 99, 101)], BARE._replace(trail=0.05)) == [1, 1, 0]


def test_a_take_profit_that_is_reached_ends_the_position() -> None:
    assert targets([flat("e"), flat(""), ("", 100, 110, 100, 101)], BARE._replace(take_profit=0.1)) == [1, 1, 0]


def test_an_entry_on_the_bar_of_the_stop_is_a_signal_of_its_own() -> None:
    rules = BARE._replace(stop=0.05)
    rows: list[Row] = [flat("e"), flat(""), ("e", 100, 100, 90, 91), flat("", 91), ("e", 91, 91, 80, 81), flat("x", 81)]
    said = targets(rows, rules)
    assert said[1] == 1.0
    assert 1.0 > said[2] > 0.999999
    assert said[3] == said[2]
    assert said[4] == 1.0  # again another number
    assert said[5] == 0.0


@pytest.mark.parametrize(
    ("stoploss", "trails", "expected"),
    [
        (-0.1, False, {"stop_loss_pct": 0.1}),
        (-0.1, True, {"trailing_stop_pct": 0.1}),
        (-0.99, False, {}),
        (-1.0, True, {}),
        (0.0, False, {}),
    ],
)
def test_stoploss_becomes_the_order_that_rests(stoploss: float, trails: bool, expected: dict[str, float]) -> None:
    cls: Any = SimpleNamespace(stoploss=stoploss, trailing_stop=trails)
    assert stop_distances(cls) == expected


@given(st.lists(st.tuples(st.sampled_from(["", "e", "x", "ex"]), st.integers(80, 120)), max_size=60), st.integers(1, 10))
def test_a_position_opens_only_on_an_entry_alone_and_the_past_decides_it(rows: list[tuple[str, int]], stop: int) -> None:
    rules = BARE._replace(stop=stop / 100, roi=((0, 0.1), (5, 0.02)))
    candles = [flat(signals, float(price)) for signals, price in rows]
    said = targets(candles, rules)
    for before, after, (signals, _) in zip([0.0, *said], said, rows, strict=False):
        if after and not before:
            assert signals == "e"
    for cut in range(0, len(rows), 7):
        assert targets(candles[:cut], rules) == said[:cut]
