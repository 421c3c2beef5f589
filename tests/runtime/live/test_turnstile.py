"""A few at a time on each round of the loop, first come, first served, and nobody is forgotten."""

from __future__ import annotations

import asyncio

from golive.runtime.live.turnstile import Turnstile


class Rounds:
    """Counts the loop's rounds while it runs."""

    def __init__(self) -> None:
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._next)

    def _next(self) -> None:
        self.count += 1
        self._loop.call_soon(self._next)


async def test_no_more_than_so_many_go_through_on_one_round_and_in_order() -> None:
    turnstile, rounds, came = Turnstile(3), Rounds(), list[tuple[int, int]]()

    async def go(n: int) -> None:
        await turnstile.through()
        came.append((n, rounds.count))

    await asyncio.gather(*(go(n) for n in range(20)))
    assert [n for n, _ in came] == list(range(20))
    by_round = [sum(at == each for _, at in came) for each in {at for _, at in came}]
    assert max(by_round) == 3
    assert len(by_round) == 7


async def test_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile(2)
    for _ in range(5):
        step = turnstile.through()
        try:
            step.send(None)
        except StopIteration:
            pass
        else:
            raise AssertionError("it waited")
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_who_gives_up_takes_nobodys_place() -> None:
    turnstile, came = Turnstile(1), list[int]()

    async def go(n: int) -> None:
        await turnstile.through()
        came.append(n)

    tasks = [asyncio.create_task(go(n)) for n in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[2].cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert came == [0, 3]
