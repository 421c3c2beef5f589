"""`python tests/mutation/campaign.py [--sample N] [--seed S] [--json FILE]`: are the tests of risk able to tell?

Every mutant of `src/golive/risk/` (or a seeded sample) is tried against `tests/risk/`. Prints a table and every survivor; exit 1
below 90 % killed. Mutants that change nothing anybody could see are listed by hand in `equivalent.py`, each with its reason, and
counted on neither side; one of that list that a test kills is an error of the list.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutation.equivalent import EQUIVALENT  # noqa: E402
from mutation.mutants import Mutant, mutants_of  # noqa: E402
from mutation.trial import JOBS, SURVIVED, TIMEOUT  # noqa: E402

GOAL: Final = 0.9
BLIND: Final = ("test_only_the_risk_room", "test_the_picture_shows")
"""tests that read sources and pictures: they see no mutant, and take seconds"""
SOURCES: Final = ROOT / "src/golive/risk"


def all_mutants(only: str = "") -> list[Mutant]:
    """Return every mutant of `risk/` that can be seen, those of modules whose name ends with `only`."""
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        module = ".".join(("golive", *path.relative_to(SOURCES.parent).with_suffix("").parts)).removesuffix(".__init__")
        if module.endswith(only):
            found += mutants_of(module, path)
    return found


def judge(mutants: Sequence[Mutant], tests: Sequence[str] = ("tests/risk",), workers: int = 0) -> dict[str, Any]:
    """Try the mutants; return the job with `results`: [name, line, `killed` | `survived` | `timeout`], in any order."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-x", "-q", *tests]
    command += ["-p", "mutation.trial", "--timeout=0", "-s", "-k", f"not ({' or '.join(BLIND)})"]
    source = os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")))
    rows = [dataclasses.asdict(each) | {"path": str(each.path)} for each in mutants]
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        job.write_text(json.dumps({"mutants": rows, "workers": workers or os.cpu_count() or 1, "command": command}))
        # The tests draw the same examples each time: a proof of theirs is none of ours.
        environment = {**os.environ, JOBS: str(job), "PYTHONPATH": source, "GOLIVE_PROOF": "0"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        judged: dict[str, Any] = json.loads(job.read_text())
    if "results" not in judged:
        raise RuntimeError(f"the tests do not run: {done.stdout[-3000:]}{done.stderr[-2000:]}")
    return judged


def report(mutants: Sequence[Mutant], judged: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Count: a mutant that changes nothing counts on neither side."""
    modules: dict[str, Counter[str]] = {}
    survivors, wrong, killed, counted = [], [], 0, 0
    for name, line, result in sorted(judged["results"]):
        row = modules.setdefault(name.partition(":")[0], Counter())
        dead = result != SURVIVED
        if name in EQUIVALENT:
            row["equivalent"] += 1
            if dead:
                wrong.append(name)
            continue
        counted += 1
        killed += dead
        row["killed" if dead else "survived"] += 1
        row["timeout"] += result == TIMEOUT
        if not dead:
            survivors.append(f"line {line}  {name}")
    return {
        "tried": len(mutants), "counted": counted, "killed": killed, "score": killed / counted if counted else 1.0,
        "seconds": round(seconds, 1), "suite_s": round(judged["suite_s"], 2), "limit_s": judged["limit_s"],
        "modules": {name: dict(row) for name, row in modules.items()}, "survivors": survivors, "wrongly_listed": wrong,
    }  # fmt: skip


def run(sample: int = 0, seed: int = 1, only: str = "", workers: int = 0) -> dict[str, Any]:
    """Try all mutants, or a seeded sample of so many; return the report."""
    mutants = all_mutants(only)
    if sample and sample < len(mutants):
        mutants = random.Random(seed).sample(mutants, sample)
    began = time.monotonic()
    judged = judge(mutants, workers=workers)
    return {"seed": seed, "sample": sample, **report(mutants, judged, time.monotonic() - began)}


def table(outcome: dict[str, Any]) -> str:
    lines = [f"{'module':<36} {'killed':>7} {'survived':>9} {'equivalent':>11}"]
    for name, row in outcome["modules"].items():
        lines.append(f"{name:<36} {row.get('killed', 0):>7} {row.get('survived', 0):>9} {row.get('equivalent', 0):>11}")
    lines += [f"survived: {each}" for each in outcome["survivors"]]
    lines += [f"listed as equivalent, and killed: {each}" for each in outcome["wrongly_listed"]]
    share = f"{outcome['killed']} of {outcome['counted']} = {outcome['score']:.1%}"
    lines.append(f"killed {share} in {outcome['seconds']} s (the tests alone: {outcome['suite_s']} s)")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="try so many, drawn by --seed; 0 = all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="of modules whose name ends so, such as rules.size")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the report there")
    chosen = parser.parse_args()
    outcome = run(chosen.sample, chosen.seed, chosen.only, chosen.workers)
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome, indent=1) + "\n")
    print(table(outcome))
    return 0 if outcome["score"] >= GOAL and not outcome["wrongly_listed"] else 1


if __name__ == "__main__":
    sys.exit(main())
