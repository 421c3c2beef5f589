"""Who has work for the event loop goes on a few at a time, so that a bunch of answers does not hold up everything else."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 4
"""on one round of the loop; each has some tenths of a millisecond to do"""


class Turnstile:
    """Lets `at_once` through on each round of the loop, first come, first served. Use within one loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = self._left = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_turning = False

    async def through(self) -> None:
        """Go on at once, or on the next round that has room."""
        if self._left == 0:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
            return
        self._left -= 1
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """A new round: let the next ones through."""
        self._left = self._at_once
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who was canceled takes nobody's place
                turn.set_result(None)
                self._left -= 1
        self._is_turning = self._left < self._at_once
        if self._is_turning:
            asyncio.get_running_loop().call_soon(self._turn)
