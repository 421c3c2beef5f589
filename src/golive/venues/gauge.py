"""What is in use of a rule: calls in a window, or points in a counter that decays. Time is an argument, in ns.

A call counts in full from the moment it may leave, and after its end for as long as the venue may remember it, because
the venue sees it somewhere in between: no placing of the calls on the wire can exceed a limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Protocol

from golive.model.clock import SECOND

from .profile import BudgetRule, DecayRule, RateRule


class Gauge(Protocol):
    """How full one rule is; `running` is the weight of the calls that have begun and not ended."""

    running: int

    def wait_ns(self, now: int, weight: int) -> int | None:
        """Return ns until there may be room, 0 when there is, None when only the end of a running call can tell."""
        ...

    def end(self, now: int, weight: int) -> None:
        """A running call of this weight ended at `now`."""
        ...


class Window:
    """The calls of one rule that still count: until a full window after they ended."""

    def __init__(self, rule: BudgetRule) -> None:
        self.limit = rule.limit
        self.length = int(rule.window_s * SECOND)
        self.running = 0
        self.counted = 0
        """weight of the calls that ended less than a window ago"""
        self.ended: deque[tuple[int, int]] = deque()
        """(when, weight)"""

    def wait_ns(self, now: int, weight: int) -> int | None:
        while self.ended and self.ended[0][0] + self.length <= now:
            self.counted -= self.ended.popleft()[1]
        if self.running + self.counted + weight <= self.limit:
            return 0
        return self.ended[0][0] + self.length - now if self.ended else None

    def end(self, now: int, weight: int) -> None:
        self.running -= weight
        self.counted += weight
        self.ended.append((now, weight))


class Counter:
    """An upper bound of a venue's counter that rises by the weight of each call and decays all the time.

    A call is added when it ended, and counts in full while it runs. At any time t the venue's counter is the most, over
    all s up to t, that arrived in [s, t] less what decayed since s. Each of those calls either ended in [s, t], so it was
    added here no earlier than there, or still runs at t; so level + running is never below the venue's counter. Ends may
    be told out of order: that only makes the level higher. All numbers are whole ns, the time in which points decay.
    """

    __slots__ = ("_empty_at", "_full_ns", "_latest", "_point_ns", "running")

    def __init__(self, rule: DecayRule) -> None:
        self._point_ns = ceil(SECOND / rule.per_second)
        self._full_ns = rule.limit * self._point_ns
        self._empty_at = self._latest = 0
        self.running = 0

    def level_ns(self, now: int) -> int:
        """Return how long it takes until all that has ended is gone."""
        return max(0, self._empty_at - now)

    def wait_ns(self, now: int, weight: int) -> int | None:
        level = self.level_ns(now)
        over = level + (self.running + weight) * self._point_ns - self._full_ns
        if over <= 0:
            return 0
        return over if over <= level else None

    def end(self, now: int, weight: int) -> None:
        """Add a call; never beyond the limit, which the venue's counter has not passed either."""
        self.running -= weight
        self._latest = max(self._latest, now)
        self._empty_at = min(max(self._empty_at, now) + weight * self._point_ns, self._latest + self._full_ns)

    def raise_to(self, now: int, level_ns: int) -> None:
        """At `now` the level was at least this."""
        self._latest = max(self._latest, now)
        self._empty_at = max(self._empty_at, now + level_ns)


def gauge(rule: RateRule) -> Gauge:
    """Return an empty gauge of the rule."""
    return Window(rule) if isinstance(rule, BudgetRule) else Counter(rule)


def impossible(rules: Sequence[RateRule], scopes: Mapping[str, int]) -> str:
    """Return why a call that weighs more than a whole rule would wait for ever; '' when it would not."""
    for rule in rules:
        if scopes.get(rule.scope, 0) > rule.limit:
            return f"the call weighs {scopes[rule.scope]} of {rule.scope!r}, the whole rule is {rule.limit}"
    return ""
