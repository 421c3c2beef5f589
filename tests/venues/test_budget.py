"""No window ever holds more calls than its rule; rules take all or nothing; callers are served in order."""

from __future__ import annotations

import asyncio
import time

import pytest

from golive.venues.admission import NotAdmitted
from golive.venues.budget import ProcessBudget
from golive.venues.okx import PROFILE
from golive.venues.profile import BudgetRule
from support.wall_clock import WallClock


async def test_no_window_holds_more_calls_than_its_limit_however_long_they_last() -> None:
    budget = ProcessBudget([BudgetRule("*", 5, 0.1)], WallClock())
    spans: list[tuple[float, float]] = []

    async def call(length: float) -> None:
        async with budget.take({"*": 1}, patience_s=60):
            begun = time.monotonic()
            await asyncio.sleep(length)
            spans.append((begun, time.monotonic()))

    await asyncio.gather(*(call((i % 4) * 0.01) for i in range(20)))
    for begun, _ in spans:
        possible = [s for s in spans if s[0] <= begun and s[1] > begun - 0.1]
        assert len(possible) <= 5
    assert max(end for _, end in spans) - min(start for start, _ in spans) >= 0.3


async def test_the_next_call_waits_until_the_window_has_passed() -> None:
    budget = ProcessBudget([BudgetRule("*", 3, 0.2)], WallClock())
    waits = []
    for _ in range(4):
        async with budget.take({"*": 1}, patience_s=60) as waited:
            waits.append(waited)
    assert max(waits[:3]) < 0.05
    assert 0.15 <= waits[3] < 0.4


async def test_several_rules_take_all_or_nothing() -> None:
    budget = ProcessBudget([BudgetRule("*", 10, 60.0), BudgetRule("GET slow", 1, 0.15)], WallClock())
    async with budget.take({"*": 1, "GET slow": 1}, patience_s=60):
        pass
    waiting = asyncio.create_task(_take(budget, {"*": 1, "GET slow": 1}))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for _ in range(9):  # the cancelled call has taken nothing of rule "*"
        assert await asyncio.wait_for(_take(budget, {"*": 1}), 0.1) < 0.05


async def _take(budget: ProcessBudget, scopes: dict[str, int], patience_s: float = 60.0) -> float:
    async with budget.take(scopes, patience_s=patience_s) as waited:
        return waited


async def test_weights_add_up_and_a_light_call_does_not_overtake_a_heavy_one() -> None:
    budget = ProcessBudget([BudgetRule("*", 4, 0.15)], WallClock())
    order: list[int] = []

    async def call(weight: int) -> None:
        async with budget.take({"*": weight}, patience_s=60):
            order.append(weight)

    await asyncio.gather(call(3), call(2), call(1))
    assert order == [3, 2, 1]


@pytest.mark.parametrize(
    "rule",
    [
        BudgetRule("*", 30, 1.0),
        BudgetRule("*", 300, 60.0),
        BudgetRule("POST trade/order", 60, 2.0),
        BudgetRule("GET account/balance", 10, 2.0),
        BudgetRule("GET public/time", 10, 2.0, per="address"),
        BudgetRule("GET market/books", 40, 2.0, per="address"),
    ],
)
def test_the_okx_budget_holds_the_published_limits(rule: BudgetRule) -> None:
    assert rule in PROFILE.budget


async def test_a_pause_holds_patient_calls_back_and_refuses_the_others_at_once() -> None:
    budget = ProcessBudget([], WallClock())
    budget.pause(0.2, "429", ban=False)
    budget.pause(0.05, "a shorter one changes nothing", ban=False)
    with pytest.raises(NotAdmitted, match="429") as caught:
        await _take(budget, {"*": 1}, patience_s=0.1)
    assert caught.value.remaining_s is not None
    assert 0.1 < caught.value.remaining_s <= 0.2
    assert await _take(budget, {"*": 1}) > 0.1
    assert budget.paused == (0.0, "")


async def test_a_ban_is_waited_out_by_nobody() -> None:
    budget = ProcessBudget([], WallClock())
    budget.pause(0.1, "lockout", ban=True)
    with pytest.raises(NotAdmitted, match="lockout"):
        await _take(budget, {"*": 1})
    with pytest.raises(NotAdmitted, match="lockout"):
        budget.refuse_if_paused(60.0)
    await asyncio.sleep(0.11)
    assert await _take(budget, {"*": 1}) < 0.05


async def test_a_pause_that_begins_while_a_call_waits_for_room_holds_it_too() -> None:
    budget = ProcessBudget([BudgetRule("*", 1, 0.1)], WallClock())
    await _take(budget, {"*": 1})
    waiting = asyncio.create_task(_take(budget, {"*": 1}))
    await asyncio.sleep(0.02)
    budget.pause(0.3, "429", ban=False)
    assert await waiting > 0.25


async def test_a_call_heavier_than_a_whole_rule_is_refused_instead_of_waiting_for_ever() -> None:
    with pytest.raises(NotAdmitted, match="weighs 3"):
        await _take(ProcessBudget([BudgetRule("*", 2, 1.0)], WallClock()), {"*": 3})
