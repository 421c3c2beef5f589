from __future__ import annotations

import pytest

from support.configuration import CORE, RUNTIME, changed, only_problem, parse, problems

BURST = "GOLIVE__IO_QUEUE__EXCHANGES__OKX_SPOT__BURST"


def test_an_override_replaces_the_value_of_the_file_and_is_listed() -> None:
    configuration = parse(environ={BURST: "9", "GOLIVE_HOME": "/elsewhere", "PATH": "/bin"})
    assert configuration.resolve("okx_desktop_paper").io.burst == 9
    assert [(o.variable, o.path) for o in configuration.overrides] == [(BURST, ("io_queue", "exchanges", "okx_spot", "burst"))]
    assert configuration.position(("io_queue", "exchanges", "okx_spot", "burst")) == f"{BURST}:1:1"


def test_an_override_reaches_core_by_its_section_and_beats_a_default() -> None:
    core = changed(CORE, "endpoint: embedded", "#")
    assert parse(core=core).resolve("okx_desktop_paper").endpoint == "embedded"
    environ = {"GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT": "public", "golive__risk_profiles__BALANCED__max_open_positions": "2"}
    resolved = parse(core=core, environ=environ).resolve("okx_desktop_paper")
    assert (resolved.endpoint, resolved.risk.max_open_positions) == ("public", 2)


def test_an_override_repairs_a_wrong_value_of_the_file() -> None:
    runtime = changed(RUNTIME, "      burst: 6", "      burst: 1")
    assert problems(runtime)
    assert problems(runtime, environ={BURST: "6"}) == ()


def test_an_override_can_set_a_key_in_a_section_that_is_left_out() -> None:
    runtime = changed(RUNTIME, "risk:\n  decision_log:\n    path: logs/risk_decisions.jsonl\n", "")
    configuration = parse(runtime, environ={"GOLIVE__RISK__DECISION_LOG__PATH": "logs/r.jsonl"})
    assert configuration.resolve("okx_desktop_paper").decision_log_path == "logs/r.jsonl"


def test_names_given_by_the_operator_keep_their_spelling() -> None:
    runtime = RUNTIME.replace("okx_desktop_paper", "Okx-Desktop")
    environ = {"GOLIVE__TRADING__ENTRYPOINTS__OKX_DESKTOP__RISK_PROFILE": "manual"}
    assert parse(runtime, environ=environ).resolve("Okx-Desktop").risk_profile == "manual"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("GOLIVE__IO_QUEU__BURST", "9", "there is no section io_queu to override"),
        ("GOLIVE__IO_QUEUE__BURTS", "9", "io_queue has no burts to override"),
        ("GOLIVE__IO_QUEUE__EXCHANGES__OKEX_SPOT__BURST", "9", "io_queue.exchanges has no okex_spot to override"),
        ("GOLIVE__IO_QUEUE__BURST__MAX", "9", "io_queue.burst is a single value and has no max"),
        ("GOLIVE__IO_QUEUE", "9", "io_queue is not a single value"),
        ("GOLIVE__IO_QUEUE__EXCHANGES", "9", "io_queue.exchanges is not a single value"),
        (
            "GOLIVE__TRADING__ENTRYPOINTS__OKX_DESKTOP_PAPER__TAGS",
            "a",
            "trading.entrypoints.okx_desktop_paper.tags is not a single",
        ),
        ("GOLIVE__", "9", "there is no section (empty) to override"),
        ("GOLIVE__IO_QUEUE____BURST", "9", "io_queue has no (empty) to override"),
        (BURST, "010", "010 has a leading zero"),
        (BURST, "", "expected an integer, found nothing"),
        (BURST, "6.5", "expected an integer, found a decimal number 6.5"),
        (BURST, "'6'", "expected an integer, found text 6"),
        (BURST, "2", "2 is less than max_concurrency 3"),
        (BURST, "&a 6", "anchor &a is not allowed"),
        (BURST, "[6]", "only single values can be overridden"),
        (BURST, "{", "this is not YAML"),
        (BURST, "6\x00", "U+0000 is not printable"),
        (BURST, "6" * 5000, "longer than 4096 characters"),
        ("GOLIVE__OBSERVABILITY__PROMETHEUS__ENABLED", "no", "no is a boolean to some readers"),
        ("GOLIVE__TRADING__DEFAULT_ENTRYPOINT", "nobody", "there is no entrypoint nobody"),
    ],
)
def test_a_bad_override_is_an_error_that_names_the_variable(variable: str, value: str, message: str) -> None:
    problem = only_problem(environ={variable: value})
    assert (problem.position.file, problem.position.line) == (variable, 1)
    assert message in problem.message


def test_the_value_of_an_unknown_variable_is_not_shown() -> None:
    assert "hunter2" not in str(only_problem(environ={"GOLIVE__OKX__SECRET": "hunter2"}))


def test_two_variables_for_one_key_are_an_error() -> None:
    assert "sets the same key as" in only_problem(environ={BURST: "9", BURST.lower(): "8"}).message


def test_overrides_of_a_section_that_cannot_be_read_add_no_noise() -> None:
    runtime = changed(RUNTIME, "io_queue:\n", "io_queue: [\n")
    assert all("io_queue" not in p.message for p in problems(runtime, environ={BURST: "9"}))
