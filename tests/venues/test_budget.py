"""No window ever holds more calls than its rule; rules take all or nothing; callers are served in order."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.venues.budget import WindowBudget, _Window
from golive.venues.okx import PROFILE
from golive.venues.profile import BudgetRule
from support.wall_clock import WallClock


async def test_no_window_holds_more_calls_than_its_limit_however_long_they_last() -> None:
    budget = WindowBudget([BudgetRule("*", 5, 0.1)], WallClock())
    spans: list[tuple[float, float]] = []

    async def call(length: float) -> None:
        async with budget.take(("*",)):
            begun = time.monotonic()
            await asyncio.sleep(length)
            spans.append((begun, time.monotonic()))

    await asyncio.gather(*(call((i % 4) * 0.01) for i in range(20)))
    for begun, _ in spans:
        possible = [s for s in spans if s[0] <= begun and s[1] > begun - 0.1]
        assert len(possible) <= 5
    assert max(end for _, end in spans) - min(start for start, _ in spans) >= 0.3


async def test_the_next_call_waits_until_the_window_has_passed() -> None:
    budget = WindowBudget([BudgetRule("*", 3, 0.2)], WallClock())
    waits = []
    for _ in range(4):
        async with budget.take(("*",)) as waited:
            waits.append(waited)
    assert max(waits[:3]) < 0.05
    assert 0.15 <= waits[3] < 0.4


async def test_several_rules_take_all_or_nothing() -> None:
    budget = WindowBudget([BudgetRule("*", 10, 60.0), BudgetRule("GET slow", 1, 0.15)], WallClock())
    async with budget.take(("*", "GET slow")):
        pass
    waiting = asyncio.create_task(_take(budget, ("*", "GET slow")))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for _ in range(9):  # the cancelled call has taken nothing of rule "*"
        assert await asyncio.wait_for(_take(budget, ("*",)), 0.1) < 0.05


async def _take(budget: WindowBudget, scopes: tuple[str, ...]) -> float:
    async with budget.take(scopes) as waited:
        return waited


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_a_window_admits_as_soon_as_allowed_and_never_sooner(gaps: list[int], limit: int) -> None:
    window = _Window(BudgetRule("*", limit, 1e-7))  # 100 ns
    now, starts = 0, []
    for gap in gaps:
        now += gap
        wait = window.wait_ns(now)
        assert wait is not None
        now += wait
        assert window.wait_ns(now) == 0
        window.ended.append(now)
        starts.append(now)
        assert sum(start > now - 100 for start in starts) <= limit
        if wait:
            assert sum(start > now - 1 - 100 for start in starts[:-1]) >= limit


@pytest.mark.parametrize(
    ("scope", "limit", "window_s"),
    [
        ("*", 30, 1.0),
        ("*", 300, 60.0),
        ("POST trade/order", 60, 2.0),
        ("GET account/balance", 10, 2.0),
        ("GET public/time", 10, 2.0),
    ],
)
def test_the_okx_budget_holds_the_published_limits(scope: str, limit: int, window_s: float) -> None:
    assert BudgetRule(scope, limit, window_s) in PROFILE.budget
