"""All processes of a host together never exceed a rule, whoever dies, sleeps or comes late."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.clock import SECOND
from golive.venues.admission import NotAdmitted
from golive.venues.budget_file import host_now
from golive.venues.host_budget import HostBudget
from golive.venues.profile import BudgetRule
from support.budget_process import Span, budget_at, caller

pytestmark = pytest.mark.integration

SCOPES = [{"*": 1, "GET light": 1}, {"*": 2, "POST heavy": 1}, {"*": 1, "POST heavy": 1, "engine": 3}]


def excess(spans: list[Span], rule: BudgetRule) -> int:
    """Return by how much the fullest window exceeds the rule, wherever in its span each call was seen by the venue.

    The fullest window begins the instant a call may have been seen last; a call that never ended may be seen for ever.
    """
    window = int(rule.window_s * SECOND)
    calls = [(s.begun, s.begun if s.ended is None else s.ended, s.scopes.get(rule.scope, 0)) for s in spans]
    fullest = max(sum(w for begun, ended, w in calls if begun <= start and ended > start - window) for start, _, _ in calls)
    return fullest - rule.limit


RULES = [BudgetRule("*", 12, 0.3), BudgetRule("*", 40, 1.5), BudgetRule("POST heavy", 4, 0.2), BudgetRule("engine", 7, 0.4)]


def test_four_processes_together_never_exceed_any_rule_in_any_window(tmp_path: Path) -> None:
    with ExitStack() as stack:
        callers = [
            stack.enter_context(caller(tmp_path, RULES, calls=25, concurrency=3, scopes=SCOPES, lengths_s=(0.0, 0.03), seed=seed))
            for seed in range(4)
        ]
        spans = [span for each in callers for span in each.spans()]
    assert len(spans) == 100
    assert all(span.ended is not None for span in spans)
    for rule in RULES:
        assert excess(spans, rule) <= 0, rule
    begun = [span.begun for span in spans]
    weight = sum(span.scopes["*"] for span in spans)
    assert max(begun) - min(begun) < 3 * weight / 40 * 1.5 * SECOND, "and does not wait much longer than it must"


def test_a_process_killed_in_mid_call_holds_its_tokens_until_a_window_after_its_death(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 3, 0.4)]
    with caller(tmp_path, rules, calls=3, scopes=[{"*": 1}], lengths_s=(60.0, 60.0)) as doomed:
        doomed.wait_for_calls(3)
        with caller(tmp_path, rules, calls=3, scopes=[{"*": 1}]) as heir:
            time.sleep(1.0)
            killed_at = host_now()
            os.kill(doomed.process.pid, signal.SIGKILL)
            spans = heir.spans()
    assert len(spans) == 3
    first = min(span.begun for span in spans)
    assert first >= killed_at + 0.4 * SECOND, "the killed calls may have been seen until the moment of the kill"
    assert first < killed_at + 5 * SECOND


async def test_different_keys_add_up_only_under_the_rules_of_the_address(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 5, 30.0), BudgetRule("GET public", 8, 0.5, per="address")]
    scopes = {"*": 1, "GET public": 1}
    one, two = budget_at(tmp_path, rules, key="one"), budget_at(tmp_path, rules, key="two")
    waits = [await _take(budget, scopes) for budget in (one, two) for _ in range(5)]
    assert max(waits[:8]) < 0.3, "no key has taken more than its five of thirty seconds"
    assert 0.3 < waits[8] < 5.0, "the ninth call waited for the address"
    await one.close()
    await two.close()


def test_another_endpoint_is_another_address(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 2, 30.0, per="address")]
    with (
        caller(tmp_path, rules, calls=2, scopes=[{"*": 1}], address="one") as one,
        caller(tmp_path, rules, calls=2, scopes=[{"*": 1}], address="two") as two,
    ):
        assert len(one.spans()) == len(two.spans()) == 2


async def _take(budget: HostBudget, scopes: dict[str, int] | None = None, patience_s: float = 60.0) -> float:
    async with budget.take(scopes or {"*": 1}, patience_s=patience_s) as waited:
        return waited


async def test_a_pause_told_to_one_process_holds_for_all(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 100, 1.0)]
    here, there, elsewhere = budget_at(tmp_path, rules), budget_at(tmp_path, rules), budget_at(tmp_path, rules, address="b")
    await _take(there)
    here.pause(0.3, "HTTP 429", ban=False)
    assert there.paused[1] == "HTTP 429"
    assert 0.0 < there.paused[0] <= 0.3
    with pytest.raises(NotAdmitted, match="HTTP 429") as caught:
        await _take(there, patience_s=0.1)
    assert caught.value.remaining_s is not None
    assert await _take(there) >= 0.2, "a patient call waits"
    assert await _take(elsewhere) < 0.1
    assert here.paused == (0.0, "")
    for budget in (here, there, elsewhere):
        await budget.close()


async def test_a_ban_is_waited_out_by_no_call_and_survives_a_restart_of_the_process(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 100, 1.0)]
    budget = budget_at(tmp_path, rules)
    await _take(budget)
    budget.pause(30.0, "lockout", ban=True)
    with pytest.raises(NotAdmitted, match="lockout"):
        await _take(budget, patience_s=60.0)
    with pytest.raises(NotAdmitted, match="lockout"):
        budget.refuse_if_paused(60.0)
    await budget.close()
    again = budget_at(tmp_path, rules)
    assert again.paused[1] == "lockout", "known before its first call"
    with pytest.raises(NotAdmitted, match="lockout"):
        await _take(again)
    await again.close()


async def test_a_restart_of_the_process_forgets_no_call(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 3, 0.5)]
    for _ in range(3):
        budget = budget_at(tmp_path, rules)
        await _take(budget)
        await budget.close()
    last = budget_at(tmp_path, rules)
    assert await _take(last) > 0.2
    await last.close()


async def test_a_restart_of_the_host_counts_remembered_calls_from_then_on(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 2, 10.0)]
    before = budget_at(tmp_path, rules, boot=lambda: "first", now=lambda: 5 * SECOND)
    await _take(before)
    await before.close()
    now = 40 * SECOND  # the host's clock began anew: it says nothing about how long ago that was
    after = budget_at(tmp_path, rules, boot=lambda: "second", now=lambda: now)
    await _take(after)
    waiting = asyncio.create_task(_take(after))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    now += 10 * SECOND
    assert await asyncio.wait_for(_take(after), 1.0) == 0
    await after.close()


async def test_a_ban_survives_a_restart_of_the_host_by_the_wall_clock(tmp_path: Path) -> None:
    def budget(boot: str, now_s: int, later_s: int) -> HostBudget:
        return HostBudget(
            [BudgetRule("*", 9, 1.0)], tmp_path, "test_spot", key="k", address="a",
            wall=lambda: (1_700_000_000 + later_s) * SECOND, now=lambda: now_s * SECOND, boot=lambda: boot,
        )  # fmt: skip

    before = budget("first", 50_000, 0)
    await _take(before)
    before.pause(100.0, "ban", ban=True)
    await before.close()
    after = budget("second", 7, 40)
    with pytest.raises(NotAdmitted):
        await _take(after)
    assert after.paused == (60.0, "ban"), "forty seconds of the hundred went by meanwhile"
    await after.close()


async def test_calls_within_a_process_are_served_in_the_order_they_came(tmp_path: Path) -> None:
    budget = budget_at(tmp_path, [BudgetRule("*", 2, 0.05)])
    order: list[int] = []

    async def call(n: int) -> None:
        async with budget.take({"*": 1}, patience_s=60):
            order.append(n)

    await asyncio.gather(*(call(n) for n in range(8)))
    assert order == sorted(order)
    await budget.close()


async def test_a_later_process_does_not_overtake_one_that_waits(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 4, 0.4)]
    first, second = budget_at(tmp_path, rules), budget_at(tmp_path, rules)
    await _take(first, {"*": 3})
    heavy = asyncio.create_task(_take(first, {"*": 4}))
    await asyncio.sleep(0.05)
    light = asyncio.create_task(_take(second, {"*": 1}))
    await asyncio.sleep(0.1)
    assert not light.done(), "there is room for it, but the heavy call came first"
    await asyncio.gather(heavy, light)
    await first.close()
    await second.close()


async def test_a_waiter_that_gives_up_leaves_the_turn_and_takes_nothing(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 10, 60.0), BudgetRule("GET slow", 1, 0.3)]
    first, second = budget_at(tmp_path, rules), budget_at(tmp_path, rules)
    await _take(first, {"*": 1, "GET slow": 1})
    waiting = asyncio.create_task(_take(first, {"*": 1, "GET slow": 1}))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for _ in range(9):
        assert await asyncio.wait_for(_take(second), 1.0) < 0.1
    await first.close()
    await second.close()


async def test_a_call_heavier_than_a_whole_rule_is_refused_instead_of_waiting_for_ever(tmp_path: Path) -> None:
    budget = budget_at(tmp_path, [BudgetRule("*", 2, 0.1)])
    with pytest.raises(NotAdmitted, match="weighs 3"):
        await _take(budget, {"*": 3})


async def test_a_file_held_by_a_stopped_process_does_not_block_the_event_loop(tmp_path: Path) -> None:
    budget = budget_at(tmp_path, [BudgetRule("*", 10, 1.0)])
    await _take(budget)
    with closing(sqlite3.connect(tmp_path / "test_spot.sqlite", isolation_level=None)) as stopped:
        stopped.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(_take(budget))
        longest, ended = 0.0, time.monotonic() + 0.3
        while time.monotonic() < ended:
            begun = time.monotonic()
            await asyncio.sleep(0)
            longest = max(longest, time.monotonic() - begun)
        assert not waiting.done(), "a call that cannot be counted does not leave"
        assert longest < 0.15
        stopped.execute("ROLLBACK")
    assert await asyncio.wait_for(waiting, 2.0) > 0.2
    await budget.close()


def test_processes_that_open_and_close_the_file_at_the_same_moment_do_not_lock_each_other_out(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 100, 1.0)]
    for n in range(3):
        with ExitStack() as stack:
            folder = tmp_path / str(n)
            callers = [stack.enter_context(caller(folder, rules, calls=1, scopes=[{"*": 1}])) for _ in range(6)]
            assert [len(each.spans()) for each in callers] == [1] * 6


async def test_a_file_that_is_no_database_lets_no_call_leave_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "test_spot.sqlite").write_bytes(b"not a database" * 100)
    budget = budget_at(tmp_path, [BudgetRule("*", 10, 1.0)])
    with pytest.raises(NotAdmitted, match=r"test_spot.sqlite, cannot be used .* delete it"):
        await _take(budget)
    await budget.close()


async def test_the_file_stays_small_and_tidying_loses_no_call_that_counts(tmp_path: Path) -> None:
    now = 10 * SECOND
    budget = budget_at(tmp_path, [BudgetRule("*", 1000, 1.0), BudgetRule("rare", 2, 300.0)], now=lambda: now)
    await _take(budget, {"*": 1, "rare": 1})
    for _ in range(1200):
        now += SECOND // 4
        await _take(budget)
    await budget.close()
    with closing(sqlite3.connect(tmp_path / "test_spot.sqlite")) as file:
        rows = file.execute("SELECT count(*) FROM event").fetchone()[0]
    assert rows < 2 * 4 * 360 + 600
    now = 310 * SECOND - 1  # the rare call ended at 10 s
    again = budget_at(tmp_path, [BudgetRule("rare", 1, 300.0)], now=lambda: now)
    waiting = asyncio.create_task(_take(again, {"rare": 1}))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    waiting.cancel()
    await again.close()


STEP = st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(1, 3), st.integers(0, 40), st.booleans())


@given(st.lists(STEP, min_size=1, max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_calls_of_three_budgets_of_one_host_never_exceed_a_rule(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int, int, bool]]
) -> None:
    """Step: which budget, gap before it, weight, length (ms), and whether its process dies in mid-call and comes back."""
    asyncio.run(_random_calls(tmp_path_factory.mktemp("budget"), steps))


async def _random_calls(folder: Path, steps: list[tuple[int, int, int, int, bool]]) -> None:
    rules = [BudgetRule("*", 6, 0.1), BudgetRule("*", 9, 0.25)]
    now = SECOND

    def clock() -> int:
        return now

    budgets = [budget_at(folder, rules, now=clock) for _ in range(3)]
    spans: list[Span] = []
    for which, gap, weight, length, dies in steps:
        now += gap * 1_000_000
        budget = budgets[which]
        charges = budget.charges({"*": weight})
        while budget.opened() and (lack := budget.attempt_here(charges, 60.0)) is not None:
            assert lack.wait_ns is not None, "nothing is running"
            now += lack.wait_ns
        begun = now
        now += length * 1_000_000
        if dies:
            budget.log.lock.close()  # type: ignore[union-attr] # the kernel's part of a SIGKILL
            budget.log.file.close()  # type: ignore[union-attr]
            budgets[which] = budget_at(folder, rules, now=clock)
            spans.append(Span(begun, now, {"*": weight}))
        else:
            budget.end(budget.log.number, charges)
            spans.append(Span(begun, now, {"*": weight}))
    for rule in rules:
        assert excess(spans, rule) <= 0
    for budget in budgets:
        await budget.close()


async def test_a_call_costs_one_statement_until_another_process_has_written(tmp_path: Path) -> None:
    rules = [BudgetRule("*", 4, 30.0)]
    ours, other = budget_at(tmp_path, rules), budget_at(tmp_path, rules)
    said: list[str] = []
    try:
        async with ours.take({"*": 1}, patience_s=1.0):
            pass
        assert ours.log.file is not None
        ours.log.file.set_trace_callback(said.append)
        async with ours.take({"*": 1}, patience_s=1.0):
            assert len(said) == 1, "the end of the last call and the beginning of this one"
        async with other.take({"*": 1}, patience_s=1.0):
            said.clear()
            async with ours.take({"*": 1}, patience_s=1.0):
                assert any("BEGIN" in statement for statement in said), "what the other did is read first"
            with pytest.raises(NotAdmitted):
                async with ours.take({"*": 1}, patience_s=0.0):
                    pass
    finally:
        await ours.close()
        await other.close()
