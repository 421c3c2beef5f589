"""All processes of a host together keep a venue's decaying counter below the limit, and agree on how full it is."""

from __future__ import annotations

import asyncio
import heapq
import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.clock import MILLISECOND, SECOND
from golive.venues.budget_file import host_now
from golive.venues.host_budget import Charges, HostBudget
from golive.venues.profile import BudgetRule, DecayRule, RateRule
from support.budget_process import Span, budget_at, caller
from support.venue_counter import Call, venue_peak

pytestmark = pytest.mark.integration

RULE = DecayRule("points", 6, 20.0)


def worst_level(spans: Sequence[Span], rule: DecayRule) -> float:
    """The highest the venue's counter can have been, wherever in its span it saw each call.

    That is the most, over all s up to t, that may have arrived in [s, t] less the decay since s; the worst t is the
    beginning of a call, the worst s is t itself or the end of a call.
    """
    calls = [(span.begun, span.begun if span.ended is None else span.ended, span.scopes.get(rule.scope, 0)) for span in spans]
    spells = [(s, t) for t, _, _ in calls for s in (t, *(ended for _, ended, _ in calls)) if s <= t]
    return max(
        sum(w for begun, ended, w in calls if begun <= t and ended >= s) - (t - s) / SECOND * rule.per_second for s, t in spells
    )


def test_four_processes_together_never_exceed_the_counter_and_use_what_it_gives(tmp_path: Path) -> None:
    scopes = [{"points": 1}, {"points": 2}, {"points": 4}]
    with ExitStack() as stack:
        callers = [
            stack.enter_context(caller(tmp_path, [RULE], calls=8, concurrency=2, scopes=scopes, lengths_s=(0.0, 0.03), seed=seed))
            for seed in range(4)
        ]
        spans = [span for each in callers for span in each.spans()]
    assert len(spans) == 32
    assert worst_level(spans, RULE) <= RULE.limit
    begun = [span.begun for span in spans]
    needed_s = (sum(span.scopes["points"] for span in spans) - RULE.limit) / RULE.per_second
    assert max(begun) - min(begun) < 3 * needed_s * SECOND, "and they do not wait much longer than they must"


def test_the_calls_of_a_killed_process_decay_from_when_its_death_was_noticed(tmp_path: Path) -> None:
    rule = DecayRule("points", 4, 10.0)
    with caller(tmp_path, [rule], calls=2, scopes=[{"points": 2}], lengths_s=(60.0, 60.0)) as doomed:
        doomed.wait_for_calls(2)
        with caller(tmp_path, [rule], calls=1, scopes=[{"points": 4}]) as heir:
            time.sleep(1.0)
            killed_at = host_now()
            os.kill(doomed.process.pid, signal.SIGKILL)
            (span,) = heir.spans()
    assert killed_at + 0.4 * SECOND <= span.begun < killed_at + 5 * SECOND


async def _take(budget: HostBudget, points: int) -> None:
    async with budget.take({"points": points}, patience_s=60.0):
        pass


async def _waits(budget: HostBudget, points: int) -> bool:
    """Whether such a call has to wait; it is given up then."""
    waiting = asyncio.create_task(_take(budget, points))
    await asyncio.sleep(0.05)
    has_to = not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return has_to


async def test_a_counter_that_never_gets_empty_is_still_known_when_the_calls_that_filled_it_are_tidied_away(
    tmp_path: Path,
) -> None:
    """One hour at just the pace of its decay: it stays as full as the first calls made it."""
    now = 10 * SECOND
    rules: list[RateRule] = [DecayRule("points", 20, 0.5), BudgetRule("*", 100, 1.0)]
    budget = budget_at(tmp_path, rules, now=lambda: now)
    await _take(budget, 18)
    for _ in range(1800):
        now += 2 * SECOND
        await _take(budget, 1)
    await budget.close()
    again = budget_at(tmp_path, rules, now=lambda: now)
    assert await _waits(again, 3), "eighteen are there, less nothing"
    assert not await _waits(again, 2)
    await again.close()


async def test_the_counter_of_another_key_outlives_a_tidying_too(tmp_path: Path) -> None:
    now = 10 * SECOND
    rules: list[RateRule] = [DecayRule("points", 400, 0.5), BudgetRule("*", 100, 1.0)]
    other = budget_at(tmp_path, rules, key="other", now=lambda: now)
    await _take(other, 400)
    await other.close()
    mine = budget_at(tmp_path, rules, key="mine", now=lambda: now)
    assert not await _waits(mine, 400), "counters of different keys do not add up"
    for _ in range(300):
        now += SECOND
        await _take(mine, 0)
    await mine.close()
    other = budget_at(tmp_path, rules, key="other", now=lambda: now)
    assert await _waits(other, 151), "400 less 300 s of 0.5"
    assert not await _waits(other, 150)
    await other.close()


async def test_after_a_restart_of_the_host_a_counter_is_full_at_most(tmp_path: Path) -> None:
    rules = [DecayRule("points", 10, 0.5)]
    now = 5 * SECOND
    before = budget_at(tmp_path, rules, boot=lambda: "first", now=lambda: now)
    for _ in range(20):
        await _take(before, 4)
        now += 8 * SECOND
    await before.close()
    now = 9 * SECOND  # the host's clock began anew: it says nothing about how long ago that was
    after = budget_at(tmp_path, rules, boot=lambda: "second", now=lambda: now)
    assert await _waits(after, 1)
    now += 8 * SECOND
    assert await _waits(after, 5)
    assert not await _waits(after, 4)
    await after.close()


STEP = st.tuples(
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 5, 60, 700, 90_000]),
    st.integers(1, 4),
    st.sampled_from([0, 4, 150, 600]),
    st.integers(0, 100),
    st.sampled_from(["", "", "", "dies", "tidies", "joins"]),
)
"""which process, ms before it, weight, length in ms, the percentage of it after which the venue counts it, what happens then"""


@given(st.lists(STEP, min_size=1, max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_calls_of_three_processes_never_exceed_a_counter_and_all_agree_on_its_level(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int, int, int, str]]
) -> None:
    asyncio.run(_Host(tmp_path_factory.mktemp("budget")).walk(steps))


class _Host:
    """Three budgets in one process, on a clock of their own; calls overlap."""

    def __init__(self, folder: Path) -> None:
        self.now = SECOND
        self.folder = folder
        self.budgets = [self.joined() for _ in range(3)]
        self.running: list[tuple[int, int, int, Charges]] = []
        """when it ends, which budget, its number, its charges"""
        self.calls: list[tuple[int, Call]] = []
        """by the budget that let it out"""

    def joined(self) -> HostBudget:
        return budget_at(self.folder, [RULE, BudgetRule("*", 50, 1.0)], now=lambda: self.now)

    async def walk(self, steps: list[tuple[int, int, int, int, int, str]]) -> None:
        for which, gap, weight, length, place, event in steps:
            self.go_to(self.now + gap * MILLISECOND)
            self.call(which, {"points": weight}, weight, length * MILLISECOND, place)
            if event == "dies":
                self.die(which)
            elif event == "tidies":
                self.budgets[which].log.until_tidy = 0
            elif event == "joins":
                await self.budgets[which].close()
                self.replace(which)
        assert venue_peak([call for _, call in self.calls], RULE.per_second) <= RULE.limit
        await self.agree()

    def go_to(self, moment: int) -> None:
        """Let time pass; calls end when they end."""
        while self.running and self.running[0][0] <= moment:
            ended, which, number, charges = heapq.heappop(self.running)
            self.now = max(self.now, ended)
            self.budgets[which].end(number, charges)
        self.now = max(self.now, moment)

    def call(self, which: int, scopes: dict[str, int], weight: int, length: int, place: int) -> None:
        budget = self.budgets[which]
        budget.opened()
        charges = budget.charges(scopes)
        while (lack := budget.attempt_here(charges, 60.0)) is not None:
            moments = [ended for ended, *_ in self.running[:1]] + ([] if lack.wait_ns is None else [self.now + lack.wait_ns])
            assert moments or any(other.log.waiting for other in self.budgets), "nobody runs, and still only an end could tell"
            self.go_to(min(moments, default=self.now))
            for other in self.budgets:
                other.log.flush()
        self.calls.append((which, Call(self.now, self.now + length * place // 100, self.now + length, weight)))
        heapq.heappush(self.running, (self.now + length, which, budget.log.number, charges))

    def die(self, which: int) -> None:
        """What a SIGKILL leaves: nothing written any more, its lock free."""
        budget = self.budgets[which]
        budget.log.lock.close()  # type: ignore[union-attr] # it was opened for the call
        budget.log.file.close()  # type: ignore[union-attr] # so was the file
        if budget.log._flush is not None:
            budget.log._flush.cancel()
        self.replace(which)

    def replace(self, which: int) -> None:
        """Another process takes the place of one that ended; what that had under way the venue saw by then."""
        self.running = [call for call in self.running if call[1] != which]
        heapq.heapify(self.running)
        self.calls = [
            (whose, Call(c.left, min(c.seen, max(c.left, self.now)), c.ended, c.weight) if whose == which else c)
            for whose, c in self.calls
        ]
        self.budgets[which] = self.joined()

    async def agree(self) -> None:
        """Those who followed from the beginning and one who reads the whole file now see the same."""
        self.go_to(max([self.now, *(ended for ended, *_ in self.running)]))
        everybody = [*self.budgets, self.joined()]
        for budget in everybody:
            budget.opened()
            await self.written_down(budget)
        for budget in everybody:
            assert budget.paused == (0.0, ""), "which reads the log"
        levels = [sorted(budget.log.gauges.levels(self.now)) for budget in everybody]
        assert levels == [levels[0]] * 4
        for budget in everybody:
            await budget.close()

    async def written_down(self, budget: HostBudget) -> None:
        """Wait until what happened there is in the file, which a tidying may hold for a moment."""
        for _ in range(5000):
            if budget.log.flush():
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the file was never free")


def test_the_measure_of_the_worst_level_is_the_worst_of_all_placings() -> None:
    spans = [Span(0, 5 * SECOND, {"x": 3}), Span(SECOND, 2 * SECOND, {"x": 2}), Span(4 * SECOND, 6 * SECOND, {"x": 1})]
    rule = DecayRule("x", 9, 0.5)
    placings = [(a, b, c) for a in range(6) for b in (1, 2) for c in (4, 5, 6)]
    peaks = []
    for placing in placings:
        calls = [Call(0, at * SECOND, 0, span.scopes["x"]) for at, span in zip(placing, spans, strict=True)]
        peaks.append(venue_peak(calls, 0.5))
    assert worst_level(spans, rule) == max(peaks) == Fraction(5)
