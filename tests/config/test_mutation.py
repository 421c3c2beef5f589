"""Whatever is done to the shipped files, the answer is a valid configuration or problems with true positions."""

from __future__ import annotations

import os
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.config import ConfigErrors, Configuration
from support.configuration import CORE, RUNTIME, parse

PROOF = 10 if os.environ.get("GOLIVE_PROOF") == "1" else 1

WORDS = ("x", "balanced", "okx_paper", "0", "-1", "1.5", "010", "yes", ".nan", "~", "", "[]", "{}", "[a, b]", "{a: 1}", "&a b",
         "*a", "!!int 3", "'quoted'", '"', "{", "]", "a: b", "|", "\t", "\x00", "\u20ac", "1" * 50, "#", "---", "%YAML 1.1")  # fmt: skip


def paths(node: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(node, dict):
        return []
    return [p for key, value in node.items() for p in ((*prefix, key), *paths(value, (*prefix, key)))]


def outcome(runtime: str, core: str) -> Configuration | ConfigErrors:
    try:
        return parse(runtime, core)
    except ConfigErrors as errors:
        return errors


def judge(runtime: str, core: str) -> None:
    """Parse; on errors check that every problem stands at a place that exists in its source."""
    texts = {"runtime.yaml": runtime, "core.yaml": core}
    result = outcome(runtime, core)
    if isinstance(result, Configuration):
        assert all(result.resolve(name).instruments for name in result.runtime.trading.entrypoints)
        assert all(each.thresholds for each in result.paper_entrypoints())
        return
    assert result.problems
    assert list(result.problems) == sorted(result.problems)
    for problem in result.problems:
        lines = texts[problem.position.file].splitlines() or [""]
        assert 1 <= problem.position.line <= len(lines) + 1
        line = lines[problem.position.line - 1] if problem.position.line <= len(lines) else ""
        assert 1 <= problem.position.column <= len(line) + 2
        assert problem.message
        assert str(problem).startswith(f"{problem.position}: {problem.message}")


def mutated_tree(tree: Any, path: tuple[Any, ...], action: str, value: Any) -> Any:
    parent = tree
    for key in path[:-1]:
        parent = parent[key]
    if action == "drop":
        del parent[path[-1]]
    elif action == "rename":
        parent[str(path[-1]) + "x"] = parent.pop(path[-1])
    else:
        parent[path[-1]] = value
    return tree


scalars = st.one_of(st.none(), st.booleans(), st.integers(-10, 10**6), st.sampled_from([0.5, -1.5, 1e9]), st.text(max_size=8))
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=5), scalars, max_size=2))


@settings(max_examples=60 * PROOF, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_dropping_renaming_or_retyping_any_key_never_surprises(data: st.DataObject) -> None:
    texts = {"runtime": RUNTIME, "core": CORE}
    file = data.draw(st.sampled_from(sorted(texts)))
    tree = yaml.safe_load(texts[file])
    for _ in range(data.draw(st.integers(1, 3))):
        if not (known := paths(tree)):
            break
        path, action = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(["drop", "rename", "retype"]))
        tree = mutated_tree(tree, path, action, data.draw(values))
    texts[file] = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    judge(texts["runtime"], texts["core"])


@settings(max_examples=100 * PROOF, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_edit_of_the_text_is_judged_at_a_true_position(data: st.DataObject) -> None:
    texts = {"runtime": RUNTIME, "core": CORE}
    file = data.draw(st.sampled_from(sorted(texts)))
    lines = texts[file].splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        action = data.draw(st.sampled_from(["drop", "double", "value", "insert", "dedent", "indent", "cut"]))
        head, _, _ = lines[index].partition(":")
        word = data.draw(st.sampled_from(WORDS))
        lines[index : index + 1] = {
            "drop": [],
            "double": [lines[index]] * 2,
            "value": [f"{head}: {word}"],
            "insert": [word, lines[index]],
            "dedent": [lines[index].removeprefix("  ")],
            "indent": ["  " + lines[index]],
            "cut": [lines[index][: data.draw(st.integers(0, 12))]],
        }[action]
        lines = lines or [""]
    texts[file] = "\n".join(lines)
    judge(texts["runtime"], texts["core"])


@settings(max_examples=100 * PROOF, deadline=None)
@given(st.text(max_size=200))
def test_arbitrary_text_is_refused_without_a_trace(text: str) -> None:
    result = outcome(text.encode("utf-8", errors="ignore").decode(), CORE)
    assert isinstance(result, ConfigErrors), "arbitrary text passed for a configuration"
    assert any(problem.position.file == "runtime.yaml" for problem in result.problems)
