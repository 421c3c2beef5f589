"""The time that one check of a strategy may take: an alarm of the system interrupts a strategy that does not come to an end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from golive.strategy.examination.subject import StrategyFailed
from golive.strategy.failure import told


class TimedOut(BaseException):
    """The time of a check is over; no `except Exception` of a strategy holds it up."""


@contextmanager
def within(seconds: float, name: str) -> Iterator[None]:
    """Interrupt what is done meanwhile after this time, and once more each second where a strategy goes on regardless.

    Raises StrategyFailed naming the line of strategy `name` at which it was. In the main thread only; 0 seconds are no limit.
    """
    rang = False

    def ring(signum: int, frame: FrameType | None) -> None:
        nonlocal rang
        rang = True
        raise TimedOut(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    except BaseException as exc:
        if rang:  # whatever the strategy made of it
            raise StrategyFailed(told(name, exc)) from exc
        raise
    if rang:
        raise StrategyFailed(f"longer than {seconds:g} s")
