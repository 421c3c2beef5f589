"""The tests of risk tell a falsified rule from a true one: a seeded sample here, every mutant in `make proof`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mutation.basis import Basis
from mutation.campaign import GOAL, all_mutants, judge, run, table
from mutation.equivalent import EQUIVALENT
from mutation.mutants import difference, mutants_of
from mutation.trial import KILLED

PROOF = os.environ.get("GOLIVE_PROOF") == "1"
SAMPLE = 0 if PROOF else 5


def test_every_kind_of_mutant_is_made(tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text('LIMIT = 5\nRULES = (f, g)\nKEYS = {"a": f, "b": g}\n\n\ndef f(a: int, b: int) -> bool:\n    """Say."""\n    a += 1\n    if a < b and not a:\n        g(a)\n'
                      "    a.limit = max(a, b)\n    return a is None\n")  # fmt: skip
    said = [(each.function, each.before, each.after) for each in mutants_of("source", source)]
    assert said == [
        ("", "5", "6"),
        ("", "f", "left out"),
        ("", "g", "left out"),
        ("", "'a': f", "left out"),
        ("", "'b': g", "left out"),
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


def test_a_difference_shows_what_stood_there_and_what_stands_there() -> None:
    mutant = next(each for each in all_mutants("risk.band") if each.before == "part > 0" and each.after == "part >= 0")
    removed, added = difference(mutant).splitlines()
    assert (removed[0], added[0]) == ("-", "+")
    assert removed[1:].replace("part > 0", "part >= 0", 1) == added[1:]


def test_a_result_rests_on_all_that_could_have_made_it_another_one(tmp_path: Path) -> None:
    one, other, shared = tmp_path / "test_one.py", tmp_path / "test_other.py", tmp_path / "tests/conftest.py"
    limits = tmp_path / "config/core.yaml"
    for path in (one, other, shared, limits, tmp_path / "pyproject.toml"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("before")

    def digests() -> tuple[str, str, str]:
        basis = Basis(tmp_path, [one, other])
        return basis.of_kill("test_one.py::test[a]"), basis.of_kill("test_other.py::test"), basis.of_all()

    def changed_by(path: Path) -> tuple[bool, ...]:
        before = digests()
        path.write_text("after")
        return tuple(now != then for now, then in zip(digests(), before, strict=True))

    assert digests() == digests()
    assert changed_by(one) == (True, False, True), (
        "a kill rests on the test that saw it; that nobody saw anything, on all of them"
    )
    assert changed_by(shared) == changed_by(limits) == (True, True, True)


def test_an_interrupted_campaign_goes_on_and_tries_again_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")  # of the outer run, and none of the trials' business
    mutants, kept = all_mutants("risk.costs"), tmp_path / "trials.jsonl"
    chosen = [next(each for each in mutants if each.after == wanted) for wanted in ("31", "return None", "days[-1][0] < day")]
    first = judge(chosen, ("tests/risk/test_costs.py",), 2, kept)
    assert (first["reused"], sorted(each["result"] for each in first["results"])) == (0, [KILLED] * 3)
    assert all(each["by"].startswith("tests/risk/test_costs.py::") for each in first["results"])
    whole, half, stale = kept.read_text().splitlines()
    row = json.loads(stale) | {"basis": "of other sources"}
    kept.write_text("\n".join((whole, json.dumps(row), half[: len(half) // 2])))
    second = judge(chosen, ("tests/risk/test_costs.py",), 2, kept)
    assert second["reused"] == 1
    assert {each["name"]: each["result"] for each in second["results"]} == dict.fromkeys((each.name for each in chosen), KILLED)


def test_tests_that_fail_without_a_mutant_prove_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("def test_broken() -> None:\n    raise AssertionError\n")
    with pytest.raises(RuntimeError, match="the tests fail without any mutant"):
        judge(all_mutants("risk.costs")[:1], (str(tmp_path),), 1)


@pytest.mark.timeout(3600 if PROOF else 600)
def test_the_tests_of_risk_kill_mutants_of_risk() -> None:
    outcome = run(sample=SAMPLE, seed=1)
    if folder := os.environ.get("GOLIVE_PROOF_REPORTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "risk_mutants.json").write_text(json.dumps(outcome, indent=1) + "\n")
    # A sample may have bad luck with the few that the goal leaves; all of them may not.
    assert outcome["score"] >= (GOAL if PROOF else 0.8), table(outcome)
    assert not outcome["wrongly_listed"], table(outcome)
