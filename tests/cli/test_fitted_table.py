"""Which columns of a table a terminal shows."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from golive.cli.fitted_table import Fitted, chosen, drawn
from golive.observability.page import Cell, Column, Table

TITLES = ("#", "fast_bars", "stop_loss_pct", "Return", "Final equity", "Fills")
ROWS = (("1", "3", "0.25", "12.50 %", "112,500.00", "1,204"), ("10", "9", "0.5", "-1.00 %", "99,000.00", "7"))


def fitted(rows: tuple[tuple[str, ...], ...] = ROWS) -> Fitted:
    columns = tuple(Column(title, True) for title in TITLES)
    return Fitted(Table(columns, tuple(tuple(map(Cell, row)) for row in rows)), 4, range(1, 3))


def printed(width: int, rows: tuple[tuple[str, ...], ...] = ROWS) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width).print(drawn(fitted(rows), width, most=10))
    return stream.getvalue().splitlines()


def titles(width: int) -> list[str]:
    return [column.title for column in chosen(fitted(), width).columns]


def test_columns_come_by_their_order_as_far_as_they_fit() -> None:
    whole = len(printed(200)[0].rstrip())
    assert titles(whole) == list(TITLES)
    assert titles(whole - 1) == list(TITLES[:5])
    without = whole - len(" 1,204 │")
    assert titles(without) == list(TITLES[:5])
    assert titles(without - 1) == list(TITLES[:4])


def test_titles_take_several_lines_before_a_first_column_is_lost() -> None:
    assert titles(44) == list(TITLES[:4])
    assert titles(43) == titles(32) == ["#", "fast_\nbars", "stop_\nloss_\npct", "Return"]


def test_parameters_share_a_column_where_nothing_else_helps() -> None:
    assert titles(31) == ["#", "parameters"]
    lines = printed(31)
    assert max(map(len, lines)) <= 31
    told = [line.split("│")[2].strip() for line in lines if line.startswith("│")]
    assert told == ["fast_bars 3,", "stop_loss_pct 0.25", "fast_bars 9,", "stop_loss_pct 0.5"]


def test_parameters_that_share_a_column_are_never_broken() -> None:
    names = ("volatility_bars", "breakout_bars", "target_volatility", "entry_ttl_bars")
    columns = (Column("#", True), *(Column(name, True) for name in names), Column("Return", True), Column("Drawdown", True))
    row = tuple(map(Cell, ("1", "240", "14", "0.02", "3", "12.50 %", "3.10 %")))
    table = Fitted(Table(columns, (row,)), 7, range(1, 5))
    for width, first in ((45, ["#", "Return"]), (60, ["#", "Return", "Drawdown"])):
        found = chosen(table, width)
        assert [column.title for column in found.columns] == [*first, "parameters"]
        stream = io.StringIO()
        Console(file=stream, width=width).print(drawn(table, width, most=10))
        lines = [line.split("│")[len(first) + 1].strip() for line in stream.getvalue().splitlines() if line.startswith("│")]
        assert max(map(len, stream.getvalue().splitlines())) <= width
        assert " ".join(lines) == "volatility_bars 240, breakout_bars 14, target_volatility 0.02, entry_ttl_bars 3"
        assert all(line.removesuffix(",").split(", ")[0].count(" ") == 1 for line in lines)


@given(st.integers(45, 160), st.lists(st.tuples(*[st.text("0123456789", min_size=1, max_size=8)] * 6), min_size=1, max_size=4))
def test_every_row_takes_one_line_wherever_the_first_columns_fit(width: int, rows: list[tuple[str, ...]]) -> None:
    lines = printed(width, tuple(rows))
    assert max(map(len, lines)) <= width
    if "parameters" not in "".join(lines):
        assert sum("│" in line for line in lines) == len(rows)
