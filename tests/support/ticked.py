"""Every box of every runbook of one exchange, before and after a rehearsed window: ticked, unknown and why, or blocked."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.walk import RUNBOOKS, STAGES, STEPS, Walk, walking

TRADING_S: Final = 25
"""long enough for the observation, whatever else this machine does"""
GOOD: Final = ("ok", "not_applicable")
QUICK: Final = (
    "{position_pct: 0.04, fast_bars: 2, slow_bars: 4, reversion_bars: 4, breakout_bars: 2, volatility_bars: 5,"
    " target_volatility: 5, target_step: 0.1, entry_ttl_bars: 0}"
)
"""of the shipped strategy: warm within the seconds that a session has here"""


@dataclass(frozen=True)
class Open:
    """What keeps a box from its tick."""

    runbook: str
    box: str
    bound: str
    status: str
    why: str


def books(walk: Walk) -> tuple[str, ...]:
    """Return the books that somebody goes through who takes this exchange live, in order."""
    return (f"{walk.dialect}_go_live", *RUNBOOKS, *STAGES)


def still_open(walk: Walk, names: Sequence[str]) -> Iterator[Open]:
    """Yield what is not ticked."""
    for name in names:
        for item in walk.shown(name)["items"]:
            for bound in item["bound"]:
                if bound["status"] not in GOOD:
                    yield Open(name, item["id"], f"{bound['kind']} {bound['name']}", bound["status"], _why(bound))


def prepare(walk: Walk) -> None:
    """Say in the configuration what the books name beside a rehearsal's own: shipped strategy, allocation, cost of the venue."""
    walk.home.edit("runtime.yaml", "strategy: flip", "strategy: multi_strategy_default")
    shipped = "  multi_strategy_default:\n    timeframe: 1m\n    parameters: {}"
    walk.home.edit("core.yaml", shipped, f'  multi_strategy_default:\n    timeframe: "1s"\n    parameters: {QUICK}')
    walk.home.edit("core.yaml", "target: 12\n", "target: 60\n")  # the fees of Kraken alone are 40
    core = walk.path / "config/core.yaml"
    core.write_text(f'{core.read_text()}\nportfolio:\n  targets:\n    "{walk.dialect}:{walk.symbol}": 0.02\n')


def drill(walk: Walk) -> None:
    """Make what the books of stage 6 look at."""
    walk.golive("drill", "run")
    walk.golive("reconcile", "--entrypoint", walk.live)
    walk.golive("portfolio", "check", "--entrypoint", walk.live, code=None)


def _why(bound: dict[str, object]) -> str:
    return str(bound["said"] or f"waits for {bound['name']}")


def rehearse(walk: Walk) -> None:
    """Go the whole way on a machine where nothing is done yet: to the gate, behind it, the window's end, and every book again."""
    prepare(walk)
    for step in STEPS:
        step(walk)
    walk.runbooks(("PAPER_TO_LIVE_RUNBOOK",))  # its dry run looks at the other book
    told(walk, RUNBOOKS, "before the window")
    walk.open_gate()
    walk.trade(TRADING_S)
    walk.close_window()
    drill(walk)
    walk.runbooks(books(walk))


def main() -> None:
    """Walk in the folder that is named with the exchange that is named, and print what is open."""
    with walking(Path(sys.argv[1]), sys.argv[2]) as walk:
        try:
            rehearse(walk)
            told(walk, books(walk), "after the window")
            for words in sys.argv[3:]:
                done = walk.golive(*words.split(), code=None)
                print(f"$ golive {words}: {done.code}\n{done.stdout}\n{done.stderr}")
        finally:
            print("\n".join(f"{took:6.2f} {words}" for took, words in walk.took))


def told(walk: Walk, names: Sequence[str], when: str) -> None:
    print(f"== {when}")
    for each in still_open(walk, names):
        print(f"{each.status:8} {each.runbook:27} {each.box:22} {each.bound:27} {each.why}")


if __name__ == "__main__":
    main()
