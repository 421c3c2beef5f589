"""Request budgets: never more calls than a venue publishes, wherever they are on the wire; none while it wants to be left alone.

How full each rule is says `gauge.py`. Several rules take all or nothing. `ProcessBudget` lives in one process; the one
shared by all processes of a host stands behind the same port (`host_budget.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from golive.model.clock import SECOND, Clock

from .admission import NotAdmitted
from .gauge import Gauge, gauge, impossible
from .line import Line, Shortage, Use, shortage
from .profile import RateRule
from .reserve import READS


@dataclass(frozen=True, slots=True)
class Pause:
    """The venue told us to be quiet until `until` (ns of the budget's clock); a ban is not waited out by any call."""

    until: int
    reason: str
    ban: bool

    def remaining_s(self, now: int) -> float:
        return max(0.0, (self.until - now) / SECOND)

    def wait_ns(self, now: int, patience_s: float) -> int:
        """Nanoseconds a call must still wait; raise NotAdmitted when that is a ban or more than its patience."""
        remaining = self.remaining_s(now)
        if remaining > 0 and (self.ban or remaining > patience_s):
            raise NotAdmitted(f"the venue wants to be left alone for {remaining:.1f} s more ({self.reason}): not sent", remaining)
        return max(0, self.until - now)


NO_PAUSE = Pause(0, "", False)


def longer(first: Pause, second: Pause) -> Pause:
    """Return the pause that ends later."""
    return first if first.until >= second.until else second


class RequestBudget(Protocol):
    """Where calls ask whether they may leave."""

    def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AbstractAsyncContextManager[float]:
        """Wait until every rule named in `scopes` has room for its weight; yield the seconds waited.

        Raises NotAdmitted when that takes longer than `patience_s`, and at once when it surely will: when the venue is to
        be left alone for longer or banned us, when there is no room before; also when a shared budget cannot be used.
        """
        ...

    def refuse_if_paused(self, patience_s: float) -> None:
        """Raise NotAdmitted as `take` would for a pause that is known here; costs next to nothing."""
        ...

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        """Let no call leave for `seconds`, here and wherever the budget is shared."""
        ...

    @property
    def paused(self) -> tuple[float, str]:
        """Seconds for which no call may leave, and why; (0, '') when calls may."""
        ...

    async def close(self) -> None: ...


def refuse_impossible(rules: Sequence[RateRule], scopes: Mapping[str, int]) -> None:
    """Raise NotAdmitted for a call that weighs more than a whole rule: it would wait for ever."""
    if reason := impossible(rules, scopes):
        raise NotAdmitted(reason, None)


def use_of(rules: Sequence[RateRule], scopes: Mapping[str, int]) -> Use:
    """Return which of the rules a call in these scopes uses."""
    return Use(frozenset(at for at, rule in enumerate(rules) if rule.scope in scopes), READS in scopes)


def named(rules: Sequence[RateRule], positions: Iterable[int]) -> str:
    """Return the rules at these positions, for people."""
    return ", ".join(f"{rules[at].scope!r} {rules[at]}" for at in sorted(positions))


class ProcessBudget:
    """All rules of one venue within this process; who is served when says `Line`."""

    def __init__(self, rules: Sequence[RateRule], clock: Clock) -> None:
        self._clock = clock
        self._rules = tuple(rules)
        self._gauges = tuple(gauge(rule) for rule in rules)
        self._line = Line(now=clock.monotonic, describe=self._describe, changed=lambda: None)
        self._pause = NO_PAUSE

    @asynccontextmanager
    async def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AsyncIterator[float]:
        begun = self._clock.monotonic()
        refuse_impossible(self._rules, scopes)
        use = use_of(self._rules, scopes)
        charged = [(at, self._gauges[at], scopes[self._rules[at].scope]) for at in use.rules]

        def attempt(left_s: float) -> Shortage | None:
            return self._admit(use, charged, left_s)

        if self._line.holds_up(use) or attempt(patience_s) is not None:
            await self._line.wait(use, patience_s, attempt, None)
        try:
            yield (self._clock.monotonic() - begun) / SECOND
        finally:
            now = self._clock.monotonic()
            for _, each, weight in charged:
                each.end(now, weight)
            self._line.wake()

    def _admit(self, use: Use, charged: Sequence[tuple[int, Gauge, int]], left_s: float) -> Shortage | None:
        now = self._clock.monotonic()
        quiet = self._pause.wait_ns(now, left_s)
        if quiet:
            return Shortage(use.rules, quiet)
        lack = shortage(charged, now)
        if lack is None:
            for _, each, weight in charged:
                each.running += weight
        return lack

    def _describe(self, lack: Shortage) -> str:
        return f"no room in {named(self._rules, lack.rules)}"

    def refuse_if_paused(self, patience_s: float) -> None:
        self._pause.wait_ns(self._clock.monotonic(), patience_s)

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        until = self._clock.monotonic() + int(seconds * SECOND)
        self._pause = longer(self._pause, Pause(until, reason, ban))

    @property
    def paused(self) -> tuple[float, str]:
        remaining = self._pause.remaining_s(self._clock.monotonic())
        return (remaining, self._pause.reason) if remaining else (0.0, "")

    async def close(self) -> None:
        """Nothing to give back."""
