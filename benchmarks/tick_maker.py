"""A market maker on two million quotes and trades: our kernel, the floor, and with `--peers` hftbacktest and nautilus_trader.

Contenders run in fresh processes, in turn, on the same events; rates are events per CPU second of the run itself (all of them
use one thread), so that a busy machine strikes none of them more. From process start to result: CPU seconds of the whole process.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import peer_environment
from .contender import measure, module
from .tick_data import write_ticks

_START_EVENTS = 200_000
_QUOTES_AGREE, _FILLS_AGREE = 0.005, 0.12
"""share by which quotes and fills may be apart: clocks begin a little apart, and queue models differ"""


@dataclass
class Contender:
    """A command that takes a file, a number of events and a number of runs; and what its processes reported."""

    name: str
    command: Callable[[], Sequence[str | Path]]
    events: int
    runs: int
    results: list[dict[str, Any]] = field(default_factory=list)

    def run(self, ticks: Path, environment: Mapping[str, str]) -> None:
        words = [*self.command(), str(ticks), str(self.events), str(self.runs)]
        self.results.append(measure(words, environment))

    @property
    def rate(self) -> float:
        """Events a second, median over processes; the first run of a process may have compiled and does not count."""
        seconds = [statistics.median(result["seconds"][1:] or result["seconds"]) for result in self.results]
        return self.events / statistics.median(seconds)


def _ours(events: int, runs: int) -> Contender:
    return Contender("our kernel", lambda: module("tick_kernel"), events, runs)


def _floor(events: int, runs: int) -> Contender:
    return Contender("floor: one loop, floats, no book", lambda: module("tick_floor"), events, runs)


def _peer(name: str, file: str, events: int, runs: int) -> Contender:
    command = lambda: [peer_environment.python_of(name), peer_environment.script(file)]  # noqa: E731
    return Contender(name, command, events, runs)


def _print_rates(contenders: Sequence[Contender]) -> None:
    ours = contenders[0]
    print(f"{'tick maker':<36} {'events':>10} {'events/s':>14} {'quotes':>9} {'fills':>9} {'filled':>9} {'ours to it':>11}")
    for each in contenders:
        last = each.results[-1]
        filled = f"{last['filled']:.0f}" if "filled" in last else ""
        row = f"{each.events:>10,} {each.rate:>14,.0f} {last['quotes']:>9,} {last['fills']:>9,} {filled:>9}"
        print(f"{each.name:<36} {row} {ours.rate / each.rate:>10.2f}x")


def _print_agreement(contenders: Sequence[Contender]) -> None:
    """Compare what each did with what the floor did on as many events."""
    ours, floor = contenders[0].results[-1], contenders[1].results[-1]
    for each in contenders:
        result = each.results[-1]
        if each.events != floor["events"]:
            continue
        quotes, filled = result["quotes"] / floor["quotes"] - 1, result["filled"] / floor["filled"] - 1
        verdict = "agrees" if abs(quotes) <= _QUOTES_AGREE and abs(filled) <= _FILLS_AGREE else "DIFFERS"
        print(f"{each.name:<36} quotes {quotes:+.2%}, filled quantity {filled:+.2%} to the floor: {verdict}")
    print(f"{'our books':<36} position {ours['position']:.3f}, fees {ours['fees']:.4f}: equal to Decimal, fill by fill")


def compare_rates(ticks: Path, environment: Mapping[str, str], *, rounds: int, peers: bool, quick: bool) -> None:
    """Run everybody in turn and print rates, ratios and agreement."""
    events = 400_000 if quick else 2_000_000
    contenders = [_ours(events, 9), _floor(events, 9)]
    if peers:
        contenders.append(_peer("hftbacktest", "tick_hftbacktest", events, 3))
    for each in contenders:
        each.run(ticks, environment)  # compiles what can be kept
        each.results.clear()
    if peers:
        contenders.append(_peer("nautilus_trader", "tick_nautilus", 50_000 if quick else 200_000, 1))
    for n in range(rounds):
        for each in contenders[:: 1 if n % 2 == 0 else -1]:
            each.run(ticks, environment)
    _print_rates(contenders)
    _print_agreement(contenders)


def compare_starts(ticks: Path, *, rounds: int, peers: bool) -> None:
    """Print what a whole process takes: compiling everything first, with compiled code kept, and theirs."""
    contenders = [_ours(_START_EVENTS, 1)]
    if peers:
        contenders.append(_peer("hftbacktest", "tick_hftbacktest", _START_EVENTS, 1))
    with tempfile.TemporaryDirectory() as empty:
        cold = _ours(_START_EVENTS, 1)
        cold.run(ticks, {"GOLIVE_CACHE_DIR": empty})
        for _ in range(rounds):
            for each in contenders:
                each.run(ticks, {"GOLIVE_CACHE_DIR": empty})
    cpu = {each.name: statistics.median(result["process_cpu_s"] for result in each.results) for each in contenders}
    wall = {each.name: statistics.median(result["process_s"] for result in each.results) for each in contenders}
    ours = contenders[0].name
    print(f"{'process start to result, 200,000 events':<44} {'CPU s':>8} {'wall s':>8}")
    print(
        f"{'our kernel, nothing compiled yet':<44} {cold.results[0]['process_cpu_s']:>8.2f} {cold.results[0]['process_s']:>8.2f}"
    )
    for each in contenders:
        ratio = "" if each.name == ours else f"   ours to it: CPU {cpu[ours] / cpu[each.name]:.2f} (goal <= 0.20)"
        print(f"{each.name:<44} {cpu[each.name]:>8.2f} {wall[each.name]:>8.2f}{ratio}")


def print_tick_maker(*, rounds: int = 3, peers: bool = False, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ticks = write_ticks(Path(folder))
        compare_rates(ticks, {}, rounds=1 if quick else rounds, peers=peers, quick=quick)
        compare_starts(ticks, rounds=1 if quick else rounds, peers=peers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="build the peers' environments and run them too")
    parser.add_argument("--quick", action="store_true", help="fewer events, one round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print_tick_maker(rounds=chosen.rounds, peers=chosen.peers, quick=chosen.quick)


if __name__ == "__main__":
    main()
