"""What waits for a venue: who leaves first, who does not get in, and who has waited for too long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from golive.execution.live.dispatch_queue import ORDER, DispatchQueue
from golive.model.live_order import Priority


def queue(max_size: int = 10, max_wait_ns: int = 100) -> DispatchQueue[str]:
    return DispatchQueue(max_size=max_size, max_wait_ns=max_wait_ns)


def popped(waiting: DispatchQueue[str], now: int) -> list[str]:
    items = []
    while (turn := waiting.pop(now)) is not None:
        items.append(turn.item)
    return items


def test_reductions_leave_before_cancels_and_cancels_before_entries_each_in_their_order() -> None:
    waiting = queue()
    for n, priority in enumerate((Priority.ENTRY, Priority.CANCEL, Priority.REDUCE) * 2):
        assert waiting.offer(f"{priority}{n}", priority, n)
    assert waiting.depth == 6
    assert popped(waiting, 10) == ["reduce2", "reduce5", "cancel1", "cancel4", "entry0", "entry3"]
    assert waiting.depth == 0


def test_a_full_queue_takes_no_order_but_still_a_cancel() -> None:
    waiting = queue(max_size=2)
    assert waiting.offer("a", Priority.ENTRY, 0)
    assert waiting.offer("b", Priority.ENTRY, 0)
    assert not waiting.offer("c", Priority.REDUCE, 0)
    assert waiting.offer("d", Priority.CANCEL, 0)
    assert popped(waiting, 0) == ["d", "a", "b"]


def test_what_waited_too_long_does_not_leave_but_a_cancel_waits_for_as_long_as_it_takes() -> None:
    waiting = queue(max_wait_ns=100)
    waiting.offer("old", Priority.ENTRY, 0)
    waiting.offer("cancel", Priority.CANCEL, 0)
    waiting.offer("young", Priority.ENTRY, 50)
    assert waiting.expire(100) == []
    assert popped(waiting, 101) == ["cancel"], "what is late is not popped, nor what stands behind it"
    [late] = waiting.expire(101)
    assert (late.item, late.priority, late.waited_ns) == ("old", Priority.ENTRY, 101)
    turn = waiting.pop(120)
    assert turn is not None
    assert (turn.item, turn.waited_ns) == ("young", 70)


@given(st.lists(st.tuples(st.sampled_from(ORDER), st.integers(0, 50)), max_size=40), st.integers(1, 20), st.integers(0, 300))
def test_nothing_is_lost_and_nothing_comes_twice(arrivals: list[tuple[Priority, int]], size: int, later: int) -> None:
    waiting: DispatchQueue[int] = DispatchQueue(max_size=size, max_wait_ns=100)
    now, taken = 0, []
    for n, (priority, pause) in enumerate(arrivals):
        now += pause
        if waiting.offer(n, priority, now):
            taken.append(n)
    now += later
    late = [turn.item for turn in waiting.expire(now)]
    left = []
    while (turn := waiting.pop(now)) is not None:
        assert turn.waited_ns <= 100 or turn.priority is Priority.CANCEL
        left.append(turn.item)
    assert sorted(late + left) == taken
    kinds = [arrivals[n][0] for n in left]
    assert kinds == sorted(kinds, key=ORDER.index)
    for priority in ORDER:
        mine = [n for n in left if arrivals[n][0] is priority]
        assert mine == sorted(mine)
