"""A call waits only for the rules it uses, orders before reads, never beyond its patience, in one process or in several."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golive.venues.admission import NotAdmitted
from golive.venues.budget import ProcessBudget, RequestBudget
from golive.venues.okx import PROFILE as OKX
from golive.venues.profile import BudgetRule, RateRule
from golive.venues.reserve import READS, as_read, with_reserve
from support.budget_process import TESTS, budget_at
from support.wall_clock import WallClock

Make = Callable[[list[RateRule], Path], RequestBudget]
MAKES: list[Make] = [
    lambda rules, folder: ProcessBudget(rules, WallClock()),
    lambda rules, folder: budget_at(folder, rules),
]
both = pytest.mark.parametrize("make", MAKES, ids=["process", "host"])
SLOW = {"*": 1, "GET slow": 1}
ORDER = {"*": 1, "POST order": 1}


async def _take(budget: RequestBudget, scopes: dict[str, int], patience_s: float = 60.0) -> float:
    async with budget.take(scopes, patience_s=patience_s) as waited:
        return waited


@both
async def test_a_call_that_waits_for_one_rule_holds_up_nobody_who_does_not_use_it(make: Make, tmp_path: Path) -> None:
    budget = make([BudgetRule("*", 50, 1.0), BudgetRule("GET slow", 1, 0.6)], tmp_path)
    await _take(budget, SLOW)
    reads = [asyncio.create_task(_take(budget, SLOW)) for _ in range(2)]
    await asyncio.sleep(0.05)
    for _ in range(5):
        assert await _take(budget, ORDER) < 0.05
    assert not any(read.done() for read in reads)
    first, second = await asyncio.gather(*reads)
    assert 0.4 < first < second
    await budget.close()


@both
async def test_those_who_wait_for_the_same_rule_are_served_in_the_order_they_came(make: Make, tmp_path: Path) -> None:
    budget = make([BudgetRule("*", 2, 0.1)], tmp_path)
    order: list[int] = []

    async def call(n: int, weight: int) -> None:
        async with budget.take({"*": weight}, patience_s=60):
            order.append(n)

    await asyncio.gather(*(call(n, 1 + n % 2) for n in range(8)))
    assert order == list(range(8))
    await budget.close()


@both
async def test_an_order_goes_before_reads_that_wait_for_the_same_rule(make: Make, tmp_path: Path) -> None:
    budget = make([BudgetRule("*", 1, 0.3)], tmp_path)
    await _take(budget, ORDER)
    ended: list[str] = []

    async def call(name: str, scopes: dict[str, int]) -> None:
        await _take(budget, scopes)
        ended.append(name)

    reads = [asyncio.create_task(call("read", {"*": 1, READS: 1})) for _ in range(2)]
    await asyncio.sleep(0.05)
    await asyncio.gather(*reads, call("order", ORDER))
    assert ended == ["order", "read", "read"]
    await budget.close()


@both
async def test_reads_never_take_the_last_fifth(make: Make, tmp_path: Path) -> None:
    budget = make(list(with_reserve([BudgetRule("*", 10, 2.0)])), tmp_path)
    for _ in range(8):
        assert await _take(budget, dict(as_read(ORDER))) < 0.5
    with pytest.raises(NotAdmitted, match="'reads' 8/2 s"):
        await _take(budget, dict(as_read(ORDER)), patience_s=0.2)
    for _ in range(2):
        assert await _take(budget, ORDER) < 0.5
    with pytest.raises(NotAdmitted, match=r"'\*' 10/2 s"):
        await _take(budget, ORDER, patience_s=0.2)
    await budget.close()


def test_the_reserve_follows_from_the_venues_own_shared_rules() -> None:
    reserve = [(rule.limit, rule) for rule in with_reserve(OKX.budget) if rule.scope == READS]
    assert [(limit, str(rule)) for limit, rule in reserve] == [(24, "24/1 s"), (240, "240/60 s")]
    assert with_reserve([BudgetRule("*", 2, 1.0)]) == (BudgetRule("*", 2, 1.0),), "nothing to leave of so little"


@both
async def test_patience_bounds_the_whole_wait_and_is_not_waited_out_in_vain(make: Make, tmp_path: Path) -> None:
    budget = make([BudgetRule("*", 1, 2.0)], tmp_path)
    await _take(budget, {"*": 1})
    begun = time.monotonic()
    with pytest.raises(NotAdmitted, match=r"cannot leave within 0\.5 s") as caught:
        await _take(budget, {"*": 1}, patience_s=0.5)
    assert time.monotonic() - begun < 0.4, "there is surely no room before 2 s"
    assert caught.value.remaining_s is not None
    assert 1.5 < caught.value.remaining_s <= 2.0
    async with budget.take({}, patience_s=1.0):
        pass
    await budget.close()


@both
async def test_a_call_stuck_behind_a_running_one_is_refused_when_its_patience_ends(make: Make, tmp_path: Path) -> None:
    budget = make([BudgetRule("*", 1, 0.1)], tmp_path)
    async with budget.take({"*": 1}, patience_s=1.0):
        waiting = [asyncio.create_task(_take(budget, {"*": 1}, patience_s=0.2)) for _ in range(3)]
        begun = time.monotonic()
        refusals = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(refusal) for refusal in refusals] == [NotAdmitted] * 3
        assert 0.15 < time.monotonic() - begun < 3.0
    assert await _take(budget, {"*": 1}) < 0.3, "those who gave up left nothing behind"
    await budget.close()


_NEXT_IN_LINE = """
import asyncio, sys
from pathlib import Path
from golive.venues.profile import BudgetRule
from support.budget_process import budget_at

async def main():
    budget = budget_at(Path(sys.argv[1]), [BudgetRule("*", 50, 1.0), BudgetRule("slow", 1, 1.5)])
    async with budget.take({"*": 1, "slow": 1}, patience_s=60):
        pass
    waiting = asyncio.create_task(budget.wait(budget.charges({"*": 1, "slow": 1}), 60))
    await asyncio.sleep(0.1)
    print("waits", flush=True)
    await waiting

asyncio.run(main())
"""


@contextmanager
def next_in_line(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a stopped process that is next at the rule `slow`."""
    path = os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen(
        [sys.executable, "-c", _NEXT_IN_LINE, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@pytest.mark.integration
async def test_a_stopped_process_that_is_next_at_a_rule_delays_only_that_rule_and_is_named(tmp_path: Path) -> None:
    with next_in_line(tmp_path) as stopped:
        budget = budget_at(tmp_path, [BudgetRule("*", 50, 1.0), BudgetRule("slow", 1, 1.5)])
        assert await _take(budget, {"*": 1}, patience_s=1.0) < 0.1
        begun = time.monotonic()
        with pytest.raises(NotAdmitted) as caught:
            await _take(budget, {"*": 1, "slow": 1}, patience_s=2.0)
        assert 1.9 < time.monotonic() - begun < 5.0
        assert f"process {stopped.pid} (stopped) is before it at 'slow' 1/1.5 s" in caught.value.reason
        assert f"{tmp_path}/test_spot.lock" in caught.value.reason
        stopped.kill()
        assert await _take(budget, {"*": 1, "slow": 1}, patience_s=5.0) < 2.0
        await budget.close()


@pytest.mark.integration
@pytest.mark.parametrize("damage", ["garbage", "a folder instead of the lock", "not a database"])
async def test_a_budget_that_cannot_be_used_names_its_file_and_the_fix(tmp_path: Path, damage: str) -> None:
    if damage == "a folder instead of the lock":
        (tmp_path / "test_spot.lock").mkdir()
    else:
        (tmp_path / "test_spot.sqlite").write_bytes(b"\xff" * 9000 if damage == "garbage" else b"SQLite format 3\0" + b"?" * 900)
    budget = budget_at(tmp_path, [BudgetRule("*", 5, 1.0)])
    with pytest.raises(NotAdmitted, match="check its disk, or stop all Golive processes and delete it") as caught:
        await _take(budget, {"*": 1})
    assert str(tmp_path / "test_spot.") in caught.value.reason
    await budget.close()
