"""A process that takes calls out of a host's request budget and tells, line by line, when each could have left.

Run as a module: `python -m support.budget_process <settings as JSON>`; the parent reads `begun`/`ended` host times.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from golive.venues.admission import NotAdmitted
from golive.venues.budget_file import host_now
from golive.venues.host_budget import HostBudget
from golive.venues.profile import BudgetRule, DecayRule, RateRule

_FORMS: Mapping[str, Callable[..., RateRule]] = {"BudgetRule": BudgetRule, "DecayRule": DecayRule}
TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Span:
    """One call: it may have been anywhere on the wire between these host times, ns; `ended` None when it was killed."""

    begun: int
    ended: int | None
    scopes: Mapping[str, int]


def budget_at(folder: Path, rules: Sequence[RateRule], *, key: str = "k", address: str = "a", **options: Any) -> HostBudget:
    return HostBudget(rules, folder, "test_spot", key=key, address=address, wall=time.time_ns, **options)


@dataclass
class Caller:
    """A running process of calls."""

    process: subprocess.Popen[str]

    def spans(self) -> list[Span]:
        """Wait for its end and return every call it reported."""
        assert self.process.stdout is not None
        limit = threading.Timer(30, self.process.kill)
        limit.start()
        lines = [json.loads(line) for line in self.process.stdout]
        limit.cancel()
        assert self.process.wait(5) == 0, "it did not end by itself"
        ended = {line["n"]: line["ended"] for line in lines if "ended" in line}
        return [Span(line["begun"], ended.get(line["n"]), line["scopes"]) for line in lines if "begun" in line]

    def wait_for_calls(self, count: int) -> list[dict[str, Any]]:
        """Return its first lines once it reported so many."""
        assert self.process.stdout is not None
        return [json.loads(self.process.stdout.readline()) for _ in range(count)]


@contextmanager
def caller(folder: Path, rules: Sequence[RateRule], **plan: Any) -> Iterator[Caller]:
    """Start a process that makes calls by `plan`: calls, concurrency, lengths_s, scopes, key, address, seed."""
    settings = {"folder": str(folder), "rules": [[type(rule).__name__, asdict(rule)] for rule in rules], **plan}
    process = subprocess.Popen(
        [sys.executable, "-m", "support.budget_process", json.dumps(settings)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))},
    )
    try:
        yield Caller(process)
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def _tell(**line: object) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


async def _run(settings: dict[str, Any]) -> None:
    rules = [_FORMS[form](**fields) for form, fields in settings["rules"]]
    rng = Random(settings.get("seed", 0))
    budget = budget_at(Path(settings["folder"]), rules, key=settings.get("key", "k"), address=settings.get("address", "a"))
    slots = asyncio.Semaphore(settings.get("concurrency", 3))

    async def call(n: int) -> None:
        scopes = rng.choice(settings["scopes"])
        async with slots:
            try:
                async with budget.take(scopes, patience_s=settings.get("patience_s", 60.0)):
                    _tell(n=n, begun=host_now(), scopes=scopes)
                    await asyncio.sleep(rng.uniform(*settings.get("lengths_s", (0.0, 0.0))))
                    _tell(n=n, ended=host_now())
            except NotAdmitted as exc:
                _tell(n=n, refused=exc.reason)

    await asyncio.gather(*(call(n) for n in range(settings["calls"])))
    await budget.close()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.argv[1])))
