"""What was ordered, executed, lost and stopped a moment ago."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.order import Side
from golive.risk import OrderFlow
from support.risk_case import NOW, A, B, buy, sell


def test_approvals_are_kept_for_ten_minutes() -> None:
    flow = OrderFlow()
    flow.approved(buy(1), NOW)
    flow.approved(buy(2), NOW + 10 * MINUTE)
    assert flow.repeats(buy(1), 10 * MINUTE + 1, NOW + 10 * MINUTE), "just as old as they may be"
    flow.approved(buy(3), NOW + 10 * MINUTE + 1)
    assert not flow.repeats(buy(1), 60 * MINUTE, NOW + 10 * MINUTE + 1)
    assert flow.repeats(buy(2), 60 * MINUTE, NOW + 10 * MINUTE + 1)
    assert flow.allowed(NOW + 10 * MINUTE + 1) == 2
    assert flow.repeats(buy(4), 60 * MINUTE, NOW + 10 * MINUTE + 1) is False
    assert flow.repeats(buy(3), 1, NOW + 10 * MINUTE + 2) is False


@given(st.lists(st.integers(0, 3 * MINUTE), max_size=12), st.integers(0, 6), st.integers(0, MINUTE))
def test_the_minute_is_counted_as_from_the_whole_list(steps: list[int], count: int, later: int) -> None:
    flow, times, now = OrderFlow(), [], NOW
    for step in steps:
        now += step
        times.append(now)
        flow.approved(buy(), now)
        flow.executed(buy(), now)
    now += later
    recent = sum(ts > now - MINUTE for ts in times)
    assert flow.allowed(now) == flow.executions(buy(), now) == recent
    assert flow.has_allowed(count, now) is flow.has_executed(count, buy(), now) is (recent >= count)
    assert flow.executions(sell(), now) == flow.executions(buy(instrument=B), now) == 0


def test_a_loss_is_remembered_by_instrument_and_counted_by_day() -> None:
    flow = OrderFlow()
    assert (flow.loss_of(A), flow.losses_in_a_row, flow.last_loss_day) == (None, 0, -1)
    flow.closed(A, -1, NOW)
    flow.closed(B, -1, NOW + 1)
    assert (flow.loss_of(A), flow.loss_of(B), flow.losses_in_a_row, flow.last_loss_day) == (NOW, NOW + 1, 2, NOW // DAY)
    flow.closed(A, 0, NOW + 2)
    assert (flow.loss_of(A), flow.losses_in_a_row, flow.last_loss_day) == (NOW, 0, NOW // DAY), "a win ends the row, not the rest"
    flow.closed(A, -1, NOW + 3)
    flow.closed(A, -1, NOW + DAY)
    assert (flow.losses_in_a_row, flow.last_loss_day) == (1, NOW // DAY + 1), "each day counts its own"
    flow.closed(A, 5, NOW + DAY)
    assert flow.losses_in_a_row == 0


def test_re_arming_lets_go_on_what_was_executed_and_lost_and_on_nothing_else() -> None:
    flow = OrderFlow()
    flow.throttled.add((A, Side.BUY))
    flow.executed(buy(), NOW)
    flow.approved(buy(), NOW)
    flow.closed(A, -1, NOW)
    flow.stopped(NOW)
    flow.rearm()
    assert (flow.throttled, flow.executions(buy(), NOW), flow.losses_in_a_row) == (set(), 0, 0)
    assert (flow.allowed(NOW), flow.loss_of(A), flow.stops_within(SECOND, NOW)) == (1, NOW, 1)


@given(st.lists(st.integers(0, 90), max_size=10), st.integers(1, 120))
def test_stops_are_counted_within_their_span(steps: list[int], span: int) -> None:
    flow, times, now = OrderFlow(), [], NOW
    for step in steps:
        now += step
        times.append(now)
        flow.stopped(now)
        assert flow.stops_within(span, now) == sum(ts > now - span for ts in times)
