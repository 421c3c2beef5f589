import math

import pytest

from golive.backtest.search import Axis, Space
from golive.backtest.sweep_heat import Cell, chosen_pairs, heat_map, stability
from golive.backtest.sweep_svg import colour, heat_svg
from golive.model.errors import ConfigError

A = Axis("a", 1, 3, (1.0, 2.0, 3.0))
B = Axis("b", 10, 20, (20.0, 10.0))
C = Axis("c", 5, 5, (5.0,))
D = Axis("d", 0, 1)
SPACE = Space((A, B, D))
SETS = [(1.0, 10.0, 0.1), (1.0, 10.0, 0.9), (3.0, 20.0, 0.5), (2.0, 20.0, 0.0)]


def test_a_cell_holds_the_best_of_its_sets() -> None:
    shown = heat_map(SPACE, (A, B), SETS, [0.5, 0.7, math.nan, -1.0])
    assert shown.cells == (Cell(0, 0, 0.7, 1, 2), Cell(1, 1, -1.0, 3, 1))
    assert (shown.x_labels, shown.y_labels) == (("1", "2", "3"), ("10", "20"))


def test_numbers_without_steps_are_cut_into_cells() -> None:
    shown = heat_map(SPACE, (D, A), [(1.0, 10.0, 0.0), (1.0, 10.0, 1.0), (1.0, 10.0, 0.5)], [1.0, 2.0, 3.0])
    assert [(cell.x, cell.y) for cell in shown.cells] == [(0, 0), (6, 0), (11, 0)]
    assert (len(shown.x_labels), shown.x_labels[6]) == (12, "0.5")


def test_many_values_share_cells_in_their_order() -> None:
    wide = Axis("w", 1, 100, tuple(float(n) for n in range(1, 101)))
    shown = heat_map(Space((wide,)), (wide, None), [(float(n),) for n in range(1, 101)], [float(n) for n in range(100)])
    assert len(shown.x_labels) == len(shown.cells) == 24
    assert [cell.objective for cell in shown.cells] == sorted(cell.objective for cell in shown.cells)
    assert sum(cell.sets for cell in shown.cells) == 100
    for cell in shown.cells:
        assert float(shown.x_labels[cell.x]) == cell.number + 1 - cell.sets + 1


def test_the_first_pairs_are_drawn_unless_told() -> None:
    assert chosen_pairs(Space((A, C, B)), ()) == [(A, B)]
    assert chosen_pairs(Space((A, C)), ()) == [(A, None)]
    assert chosen_pairs(Space((A, B, D)), ()) == [(A, B), (A, D), (B, D)]
    assert chosen_pairs(Space((A, B, D)), ("d,a",)) == [(D, A)]
    for wrong in ("a", "a,a", "a,x", "a,b,d"):
        with pytest.raises(ConfigError, match="--heat-map"):
            chosen_pairs(Space((A, B, D)), (wrong,))


def test_the_neighbours_of_the_best_are_one_step_away() -> None:
    space = Space((A, B))
    sets = [(a, b) for a in A.values for b in B.values]
    found = stability(space, sets, [1.0, 2.0, 9.0, 4.0, 5.0, math.nan], 0)
    assert (found.neighbours, found.mean, found.worst) == (3, 5.0, 2.0)
    found = stability(space, sets, [1.0, 2.0, math.nan, 4.0, 5.0, 6.0], 0)
    assert (found.neighbours, found.mean, found.worst) == (2, 3.0, 2.0)
    assert stability(space, sets, [1.0, math.nan, math.nan, math.nan, 5.0, 6.0], 0).neighbours == 0
    assert stability(SPACE, SETS, [1.0] * 4, 0).neighbours == 0


def test_colours_go_from_dark_to_light() -> None:
    assert (colour(0), colour(1), colour(-5), colour(9)) == ("#00204d", "#ffea46", "#00204d", "#ffea46")

    def luminance(text: str) -> float:
        red, green, blue = (int(text[place : place + 2], 16) for place in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [luminance(colour(n / 50)) for n in range(51)]
    assert shades == sorted(shades)


def test_a_drawing_names_every_cell_and_escapes_names() -> None:
    odd = Axis("a<b", 1, 2, (1.0, 2.0))
    drawn = heat_svg(heat_map(Space((odd,)), (odd, None), [(1.0,), (2.0,)], [0.25, 0.5]), "sharpe")
    assert "<title>a&lt;b 2: sharpe 0.5 (set 1)</title>" in drawn
    assert drawn.count("<g>") == 2
    assert drawn.count('stroke="#d0342c"') == 1
    assert "a<b" not in drawn
