import numpy as np
import pytest

from golive.backtest.sweep_refusals import refusal_notes, refusals_of
from golive.backtest.sweep_row import FIELD, FIELDS, refused
from golive.model.decision import DecisionCode as Code


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ({}, (0, 0)),
        ({Code.APPROVED: 9, Code.BELOW_MINIMUM: 4}, (0, 0)),
        ({Code.APPROVED: 9, Code.RISK_DRAWDOWN: 4}, (4, 2)),
        ({Code.RISK_MAX_POSITION: 3, Code.RISK_DAILY_LOSS: 3, Code.RISK_DRAWDOWN: 1}, (7, 1)),
    ],
)
def test_refusals_are_counted_with_the_code_of_most(decisions: dict[Code, int], expected: tuple[int, int]) -> None:
    assert refused(decisions) == expected


def test_orders_of_all_sets_are_added_up() -> None:
    rows = np.zeros((4, len(FIELDS)), np.int64)
    rows[:, FIELD["refused"]] = 5, 0, 4, 3
    rows[:, FIELD["refusal"]] = 1, 0, 3, 3
    found = refusals_of([rows[:2], rows[2:]])
    assert found == {"orders": 12, "sets": 3, "most_often": "RISK_MAX_POSITION"}
    (note,) = refusal_notes({"refused": found, "tried": 4, "terms": {"risk_profile": "balanced"}})
    assert note.startswith("risk profile balanced refused 12 orders of 3 of 4 sets, most often RISK_MAX_POSITION;")


def test_where_nothing_was_refused_nothing_is_said() -> None:
    found = refusals_of([np.zeros((2, len(FIELDS)), np.int64)])
    assert found == {"orders": 0, "sets": 0, "most_often": None}
    assert refusal_notes({"refused": found}) == []
