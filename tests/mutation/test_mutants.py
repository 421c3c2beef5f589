"""The tests of risk tell a falsified rule from a true one: a seeded sample here, every mutant in `make proof`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mutation.campaign import GOAL, all_mutants, run, table
from mutation.equivalent import EQUIVALENT
from mutation.mutants import mutants_of

PROOF = os.environ.get("GOLIVE_PROOF") == "1"
SAMPLE = 0 if PROOF else 10


def test_every_kind_of_mutant_is_made(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text('LIMIT = 5\n\n\ndef f(a: int, b: int) -> bool:\n    """Say."""\n    a += 1\n    if a < b and not a:\n        g(a)\n'
                      "    a.limit = max(a, b)\n    return a is None\n")  # fmt: skip
    said = [(each.function, each.before, each.after) for each in mutants_of("source", source)]
    assert said == [
        ("", "5", "6"),
        ("f", "a += 1", "a -= 1"),
        ("f", "a += 1", "pass"),
        ("f", "1", "2"),
        ("f", "if a < b and (not a): …", "if not (a < b and (not a)): …"),
        ("f", "a < b and (not a)", "a < b or not a"),
        ("f", "a < b", "a <= b"),
        ("f", "a < b", "a >= b"),
        ("f", "not a", "a"),
        ("f", "g(a)", "pass"),
        ("f", "a.limit = max(a, b)", "pass"),
        ("f", "max(a, b)", "min(a, b)"),
        ("f", "return a is None", "return None"),
        ("f", "a is None", "a is not None"),
    ]


def test_what_is_listed_as_equivalent_is_a_mutant_and_has_a_reason() -> None:
    names = {each.name for each in all_mutants()}
    assert set(EQUIVALENT) <= names
    assert all(EQUIVALENT.values())


@pytest.mark.timeout(3600 if PROOF else 600)
def test_the_tests_of_risk_kill_mutants_of_risk() -> None:
    outcome = run(sample=SAMPLE, seed=1)
    if folder := os.environ.get("GOLIVE_PROOF_REPORTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "risk_mutants.json").write_text(json.dumps(outcome, indent=1) + "\n")
    # A sample may have bad luck with the few that the goal leaves; all of them may not.
    assert outcome["score"] >= (GOAL if PROOF else 0.8), table(outcome)
    assert not outcome["wrongly_listed"], table(outcome)
