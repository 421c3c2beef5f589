"""Contenders on the same bars: run in fresh processes in turn, compared with each other and with the oracle.

A ratio counts only where both sides made the same trades: the fills and the P&L of the `Decimal` oracle.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import peer_environment
from .contender import measure, module

Words = Sequence[str | Path]
_CENTS = 0.005
"""P&L of floats may be apart by less than a cent in all"""


@dataclass
class Contender:
    """A command that reports `seconds` (CPU of each run), `wall`, `fills`, `pnl` and `peak_mib`; and what it reported.

    `work` is the number of bars, or bars times parameter sets, that a run goes through. `extra_fills` are known and explained.
    """

    name: str
    command: Callable[[], Words]
    work: int
    clock: Literal["seconds", "wall"] = "seconds"
    extra_fills: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> None:
        self.results.append(measure(self.command(), {"PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": ""}))

    @property
    def seconds(self) -> float:
        """Seconds of a run, the median over processes of the medians of their runs."""
        return statistics.median(statistics.median(result[self.clock]) for result in self.results)

    @property
    def rate(self) -> float:
        return self.work / self.seconds

    @property
    def peak_mib(self) -> float:
        return float(statistics.median(result["peak_mib"] for result in self.results))

    def differs_from(self, oracle: dict[str, Any]) -> str:
        """Return what is not as the oracle says; an empty text when all is.

        Exact contenders state a digest of all their fills, and P&L and fees as decimal texts: those must be equal.
        """
        for result in self.results:
            if result["fills"] != oracle["fills"] + self.extra_fills:
                return f"{result['fills']} fills"
            if abs(float(result["pnl"]) - float(oracle["pnl"])) > _CENTS:
                return f"P&L {result['pnl']}"
            for name in ("pnl", "fees", "fills_digest"):
                if "fills_digest" in result and name in oracle and result[name] != oracle[name]:
                    return f"{name} {result[name]}"
        return ""


def ours(name: str, file: str, *words: object, work: int, clock: Literal["seconds", "wall"] = "seconds") -> Contender:
    """Return a contender of our own environment: a module of this package and its words."""
    return Contender(name, lambda: [*module(file), *map(str, words)], work, clock)


def peer(
    name: str, file: str, *words: object, work: int, clock: Literal["seconds", "wall"] = "seconds", extra_fills: int = 0
) -> Contender:
    """Return a contender of a peer's environment."""
    command = lambda: [peer_environment.python_of(name), peer_environment.script(file), *map(str, words)]  # noqa: E731
    return Contender(name, command, work, clock, extra_fills)


def available(peers: Sequence[str], *, builds: bool) -> list[str]:
    """Return which of the peers can run; say how to get the others."""
    found = [name for name in peers if builds or peer_environment.is_built(name)]
    if missing := [peer_environment.PINNED[name] for name in peers if name not in found]:
        print(f"not beside {', '.join(missing)}: `make bench-peers` builds their environments")
    return found


def run_in_turn(contenders: Sequence[Contender], *, rounds: int, warm: bool = True) -> None:
    """Run everybody `rounds` times, every second round backwards; a round before it, not counted, compiles what can be kept."""
    if warm:
        for each in contenders:
            each.run()
            each.results.clear()
    for n in range(rounds):
        for each in contenders[:: 1 if n % 2 == 0 else -1]:
            each.run()


def print_rates(title: str, contenders: Sequence[Contender], oracle: dict[str, Any], unit: str) -> None:
    print(f"{title:<56} {'s':>9} {unit:>14} {'peak MiB':>9} {'fills':>8} {'P&L':>16}  agrees")
    for each in contenders:
        last = each.results[-1]
        verdict = each.differs_from(oracle)
        print(
            f"{each.name:<56} {each.seconds:>9.4f} {each.rate:>14,.0f} {each.peak_mib:>9.0f} {last['fills']:>8,} "
            f"{float(last['pnl']):>16,.6f}  {f'NO: {verdict}' if verdict else 'yes'}"
        )


def doubts(oracle: dict[str, Any], *contenders: Contender) -> list[str]:
    """Return why a comparison of these does not count; nothing when it does."""
    return [f"{each.name}: {difference}" for each in contenders if (difference := each.differs_from(oracle))]


def print_ratio(what: str, ratio: float, goal: float | None = None, *, at_most: bool = False, doubts: Sequence[str] = ()) -> None:
    """Print a ratio, and beside it its goal if it has one."""
    verdict = ""
    if goal is not None:
        is_met = ratio <= goal if at_most else ratio >= goal
        verdict = f"goal {'<=' if at_most else '>='} {goal:<6.4g} {'met' if is_met else 'MISSED'}"
    if doubts:
        verdict = f"does not count: {'; '.join(doubts)}"
    print(f"  {what:<76} {ratio:>9.4g}x  {verdict}")
