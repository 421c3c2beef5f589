"""The thread that delivers: turn after turn, begun anew after any failure. Nothing of it reaches who raises alerts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

from golive.model.errors import GoliveError

LOOK_S: Final = 0.25
"""how often the outbox is looked at for what other processes have put into it"""
PAUSES_S: Final = (0.25, 5.0)
"""the first and the longest pause after a failure"""
STANDBY_S: Final = 0.5
"""how often it is asked whether the process that delivers has gone"""


class Round(Protocol):
    """One process's turn as the one that delivers."""

    def step(self) -> bool:
        """Do what is due; say whether anything was done. May raise anything: the turn is over then."""
        ...

    def close(self) -> None: ...


class DeliveryWorker:
    """Runs turns on a daemon thread. `open_round` returns None while another process delivers; it may raise anything."""

    def __init__(self, open_round: Callable[[], Round | None], say: Callable[[str], None]) -> None:
        """`say` is told each failure, and what failed before only once."""
        self._open_round = open_round
        self._say = say
        self._woken = threading.Event()
        self._is_closing = False
        self._last_said = ""
        self._thread = threading.Thread(target=self._run, name="alert delivery", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something was put into the outbox, or an attempt has ended. From any thread; never waits."""
        self._woken.set()

    def close(self, timeout_s: float) -> bool:
        """End the turn; False when the thread did not end in time (it holds up nothing). Blocks."""
        self._is_closing = True
        self._woken.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause_s = PAUSES_S[0]
        while not self._is_closing:
            try:
                turn = self._open_round()
                if turn is None:
                    self._rest(STANDBY_S)
                    continue
                try:
                    while not self._is_closing:
                        if not turn.step():
                            self._rest(LOOK_S)
                        pause_s = PAUSES_S[0]
                finally:
                    turn.close()
            except BaseException as exc:  # noqa: BLE001 (the outermost frame of the thread: it goes on whatever happened)
                why = str(exc) if isinstance(exc, GoliveError) else f"{type(exc).__name__}: {exc}"
                self._tell(f"alerts are not delivered: {why}")
                self._rest(pause_s)
                pause_s = min(2 * pause_s, PAUSES_S[1])

    def _rest(self, seconds: float) -> None:
        self._woken.wait(seconds)
        self._woken.clear()

    def _tell(self, text: str) -> None:
        if text != self._last_said:
            self._last_said = text
            self._say(text)
