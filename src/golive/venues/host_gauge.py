"""The gauges of one adapter's rules as one process of the host keeps them: windows of its own calls, counters of everybody's.

What a window holds is forgotten a window later, so the log of calls may be tidied after that. A busy counter may never
have been empty since a call long gone: whoever tidies the log writes down the levels, those of all keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .gauge import Counter, Gauge, Window
from .profile import BudgetRule, DecayRule, RateRule

Charged = tuple[tuple[Gauge, int], ...]
"""gauges a call counts in, and its weight in each"""


class Level(NamedTuple):
    """How long one counter takes to decay, of the member (key or address) whose calls it adds up."""

    rule: str
    member: str
    ns: int


class HostGauges:
    """Whose calls add up is decided here: `key` and `address` are this process's own."""

    def __init__(self, rules: Sequence[RateRule], *, key: str, address: str) -> None:
        self._windows = tuple((rule, Window(rule)) for rule in rules if isinstance(rule, BudgetRule))
        self._decays = tuple(rule for rule in rules if isinstance(rule, DecayRule))
        self._counters: dict[tuple[DecayRule, str], Counter] = {}
        self._key = key
        self._address = address
        self._known: dict[tuple[str, str, str], Charged] = {}

    def charged(self, key: str, address: str, charges: str) -> Charged:
        """Return where a call with these charges counts; `charges` is JSON, scope → weight."""
        known = self._known.get((key, address, charges))
        if known is None:
            known = self._known[key, address, charges] = tuple(self._charged(key, address, json.loads(charges)))
        return known

    def _charged(self, key: str, address: str, scopes: dict[str, int]) -> Iterator[tuple[Gauge, int]]:
        for rule, window in self._windows:
            if rule.scope in scopes and (key == self._key if rule.per == "key" else address == self._address):
                yield window, scopes[rule.scope]
        for decay in self._decays:
            if decay.scope in scopes:
                yield self._counter(decay, key if decay.per == "key" else address), scopes[decay.scope]

    def _counter(self, rule: DecayRule, member: str) -> Counter:
        counter = self._counters.get((rule, member))
        if counter is None:
            counter = self._counters[rule, member] = Counter(rule)
        return counter

    def levels(self, now: int) -> list[Level]:
        """Return the counters that are not empty."""
        found = (Level(_name(rule), member, counter.level_ns(now)) for (rule, member), counter in self._counters.items())
        return [level for level in found if level.ns > 0]

    def raise_to(self, now: int, level: Level) -> None:
        """Heed a level that was written down at `now`; a counter that is up to date stays as it is."""
        for rule in self._decays:
            if _name(rule) == level.rule:
                self._counter(rule, level.member).raise_to(now, level.ns)

    def forget_names(self) -> None:
        """Drop what was only remembered to read charges faster."""
        self._known.clear()


def _name(rule: DecayRule) -> str:
    """Name the rule in the log; its limit may differ between versions, a level does not depend on it."""
    return f"{rule.scope} -{rule.per_second!r}/s per {rule.per}"
