"""`python tests/mutation/campaign.py [--sample N] [--seed S] [--only MODULE] [--json FILE]`: are the tests of risk able to tell?

Every mutant of `src/golive/risk/` (or a seeded sample) is tried against `tests/risk/`. Prints a table and every survivor; exit 1
below 90 % killed. Mutants that change nothing anybody could see are listed by hand in `equivalent.py`, each with its reason, and
counted on neither side; one of that list that a test kills is an error of the list. A campaign that was interrupted goes on where
it was (`--trials FILE`): a result holds as long as nothing it rests on has changed (`basis.py`); `--anew` tries all once more.
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
from mutation.mutants import Mutant, difference, mutants_of  # noqa: E402
from mutation.trial import ERROR, JOBS, KILLED, TIMEOUT  # noqa: E402

GOAL: Final = 0.9
BLIND: Final = ("tests/risk/test_only_door.py", "tests/risk/test_bands_picture.py")
"""tests that read sources and pictures: they see no mutant, and take seconds"""
SOURCES: Final = ROOT / "src/golive/risk"
TRIALS: Final = ROOT / "reports/mutation/trials.jsonl"


def all_mutants(only: str = "") -> list[Mutant]:
    """Return every mutant of `risk/` that can be seen, those of modules whose name ends with `only`."""
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        module = ".".join(("golive", *path.relative_to(SOURCES.parent).with_suffix("").parts)).removesuffix(".__init__")
        if module.endswith(only):
            found += mutants_of(module, path)
    return found


def judge(
    mutants: Sequence[Mutant], tests: Sequence[str] = ("tests/risk",), workers: int = 0, trials: Path | None = None
) -> dict[str, Any]:
    """Try the mutants; return the job with `results`: each with name, line, result and the test that killed it, in any order.

    What `trials` has of them already is not tried again, as long as it holds.
    """
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-x", "-q", *tests]
    command += ["-p", "mutation.trial", "--timeout=0", "-s", *(f"--ignore={each}" for each in BLIND)]
    source = os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")))
    rows = [dataclasses.asdict(each) | {"path": str(each.path)} for each in mutants]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        kept = trials or Path(folder) / "trials.jsonl"
        kept.parent.mkdir(parents=True, exist_ok=True)
        job = {"mutants": rows, "workers": workers or os.cpu_count() or 1, "command": command, "trials": str(kept)}
        path.write_text(json.dumps(job | {"root": str(ROOT), "sources": str(SOURCES)}))
        # The tests draw the same examples each time: a proof of theirs is none of ours. Options of the outer run are not these.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment |= {JOBS: str(path), "PYTHONPATH": source, "GOLIVE_PROOF": "0"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        judged: dict[str, Any] = json.loads(path.read_text())
    if done.returncode or "results" not in judged:
        raise RuntimeError(f"the campaign is void: {done.stdout[-3000:]}{done.stderr[-2000:]}")
    return judged


def report(mutants: Sequence[Mutant], judged: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Count: a mutant that changes nothing counts on neither side, a trial that went wrong as survived."""
    by_name = {each.name: each for each in mutants}
    modules: dict[str, Counter[str]] = {}
    survivors, equivalent, wrong, killed, counted = [], {}, [], 0, 0
    for trial in sorted(judged["results"], key=lambda each: (each["name"].partition(":")[0], each["line"], each["name"])):
        name, result = trial["name"], trial["result"]
        row = modules.setdefault(name.partition(":")[0], Counter())
        row["mutants"] += 1
        dead = result in (KILLED, TIMEOUT)
        if name in EQUIVALENT:
            row["equivalent"] += 1
            equivalent[name] = EQUIVALENT[name]
            if dead:
                wrong.append(f"{name} ({trial['by'] or result})")
            continue
        counted += 1
        killed += dead
        row["killed" if dead else "survived"] += 1
        row[result] += result in (TIMEOUT, ERROR)
        if not dead:
            survivors.append({"name": name, "line": trial["line"], "result": result, "difference": difference(by_name[name])})
    return {
        "tried": len(mutants), "counted": counted, "killed": killed, "score": killed / counted if counted else 1.0,
        "seconds": round(seconds, 1), "suite_s": round(judged["suite_s"], 2), "reused": judged["reused"],
        "modules": {name: dict(row) for name, row in modules.items()}, "survivors": survivors, "equivalent": equivalent,
        "wrongly_listed": wrong,
    }  # fmt: skip


def run(sample: int = 0, seed: int = 1, only: str = "", workers: int = 0, trials: Path | None = None) -> dict[str, Any]:
    """Try all mutants, or a seeded sample of so many; return the report."""
    mutants = all_mutants(only)
    if sample and sample < len(mutants):
        mutants = random.Random(seed).sample(mutants, sample)
    began = time.monotonic()
    judged = judge(mutants, workers=workers, trials=trials)
    return {"seed": seed, "sample": sample, **report(mutants, judged, time.monotonic() - began)}


def table(outcome: dict[str, Any]) -> str:
    columns = ("mutants", "killed", "survived", "equivalent")
    rows = [*outcome["modules"].items(), ("all", Counter())]
    for row in outcome["modules"].values():
        rows[-1][1].update({name: row.get(name, 0) for name in columns})
    lines = [f"{'module':<36}" + "".join(f"{each:>11}" for each in columns)]
    lines += [f"{name:<36}" + "".join(f"{row.get(each, 0):>11}" for each in columns) for name, row in rows]
    for each in outcome["survivors"]:
        lines += [f"{each['result']}: line {each['line']}  {each['name']}", each["difference"]]
    lines += [f"changes nothing: {name}: {reason}" for name, reason in outcome["equivalent"].items()]
    lines += [f"listed as equivalent, and killed: {each}" for each in outcome["wrongly_listed"]]
    late = sum(row.get(TIMEOUT, 0) for row in outcome["modules"].values())
    share = f"{outcome['killed']} of {outcome['counted']} = {outcome['score']:.1%}"
    lines.append(f"killed {share}, {late} of them because they did not end, in {outcome['seconds']:.0f} s, {outcome['reused']} "
                 f"results of an earlier run (the tests alone, watched: {outcome['suite_s']} s)")  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="try so many, drawn by --seed; 0 = all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="of modules whose name ends so, such as rules.size")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the report there")
    parser.add_argument("--trials", type=Path, default=TRIALS, help="where each result is kept as soon as it is there")
    parser.add_argument("--anew", action="store_true", help="try all, whatever is kept")
    chosen = parser.parse_args()
    if chosen.anew:
        chosen.trials.unlink(missing_ok=True)
    outcome = run(chosen.sample, chosen.seed, chosen.only, chosen.workers, chosen.trials)
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome, indent=1) + "\n")
    print(table(outcome))
    return 0 if outcome["score"] >= GOAL and not outcome["wrongly_listed"] else 1


if __name__ == "__main__":
    sys.exit(main())
