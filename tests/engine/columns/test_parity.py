"""The two drivers of the engine: the same commands, fills, equity and books over the same candles, whatever these are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.model.command import Record
from support.column_parity import assert_equal_runs, drawn_case


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_the_columns_say_what_the_events_say(first: int) -> None:
    for seed in range(first, first + 20):
        assert_equal_runs(drawn_case(seed))


@pytest.mark.parametrize("seed", [500_017, 500_110, 500_181, 500_691])
def test_an_order_given_while_detail_is_missing_is_valued_at_the_last_detail_in_both(seed: int) -> None:
    assert_equal_runs(drawn_case(seed, with_detail=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=1_000, max_value=2**32), st.sampled_from((1, 2, 4)), st.booleans())
def test_the_drivers_agree_on_any_case(seed: int, instruments: int, with_detail: bool) -> None:
    assert_equal_runs(drawn_case(seed, instruments=instruments, with_detail=with_detail))


def test_the_drawn_cases_see_everything_that_can_happen() -> None:
    seen: Counter[str] = Counter()
    for seed in range(120):
        run = assert_equal_runs(drawn_case(seed))
        for command in run.commands() if run is not None else ():
            seen[command.event if isinstance(command, Record) else type(command).__name__] += 1
        if run is not None:
            seen.update(map(str, run.decisions))
    for name in (
        "signal_received", "signal_neutral", "inaction", "risk_check_passed", "risk_rejected", "order_submitted",
        "order_executed", "order_partially_executed", "order_canceled", "order_failed", "SetTimer", "Cancel", "Alert", "Submit",
        "RISK_DAILY_LOSS", "RISK_DRAWDOWN", "RISK_MAX_POSITION", "RISK_MAX_OPEN_POSITIONS", "BELOW_MINIMUM", "SUPERSEDED",
    ):  # fmt: skip
        assert seen[name], name
