import numpy as np
import pytest

from golive.backtest.sweep_refusals import refusal_notes, refusals_of
from golive.backtest.sweep_row import FIELD, FIELDS, REFUSALS, refusal_of, refused
from golive.model.decision import DecisionCode as Code


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ({}, (0, None)),
        ({Code.APPROVED: 9, Code.BELOW_MINIMUM: 4}, (0, None)),
        ({Code.APPROVED: 9, Code.RISK_DRAWDOWN: 4}, (4, Code.RISK_DRAWDOWN)),
        ({Code.RISK_MAX_POSITION: 3, Code.RISK_DAILY_LOSS: 3, Code.RISK_DRAWDOWN: 1}, (7, Code.RISK_DAILY_LOSS)),
        ({Code.COOLDOWN: 2, Code.RISK_TARGET_VOLATILITY: 1}, (3, Code.COOLDOWN)),
    ],
)
def test_refusals_are_counted_with_the_code_of_most(decisions: dict[Code, int], expected: tuple[int, Code | None]) -> None:
    count, number = refused(decisions)
    assert (count, refusal_of(number)) == expected


def number(code: Code) -> int:
    return 1 + REFUSALS.index(code)


def test_orders_of_all_sets_are_added_up() -> None:
    rows = np.zeros((4, len(FIELDS)), np.int64)
    rows[:, FIELD["refused"]] = 5, 0, 4, 3
    rows[:, FIELD["refusal"]] = number(Code.RISK_DAILY_LOSS), 0, *[number(Code.RISK_MAX_POSITION)] * 2
    found = refusals_of([rows[:2], rows[2:]])
    assert found == {"orders": 12, "sets": 3, "most_often": "RISK_MAX_POSITION"}
    (note,) = refusal_notes({"refused": found, "tried": 4, "terms": {"risk_profile": "balanced"}})
    assert note.startswith("risk profile balanced refused 12 orders of 3 of 4 sets, most often RISK_MAX_POSITION;")


def test_where_nothing_was_refused_nothing_is_said() -> None:
    found = refusals_of([np.zeros((2, len(FIELDS)), np.int64)])
    assert found == {"orders": 0, "sets": 0, "most_often": None}
    assert refusal_notes({"refused": found}) == []
