from __future__ import annotations

import pytest

from golive.config import ConfigErrors
from support.configuration import CORE, RUNTIME, changed, only_problem, parse, place, problems


@pytest.mark.parametrize(
    ("old", "new", "fragment", "message", "allowed"),
    [
        (
            "max_concurrency: 6",
            "max_concurrency: six",
            "six",
            "expected an integer, found text six",
            "at least 1 and at most 1000",
        ),
        ("max_concurrency: 6", "max_concurrency: 6.0", "6.0", "expected an integer, found a decimal number 6.0", "at least 1"),
        ("max_concurrency: 6", "max_concurrency: true", "true", "expected an integer, found a boolean true", "at least 1"),
        ("max_concurrency: 6", "max_concurrency: 0 ", "0 ", "0 is out of range", "at least 1 and at most 1000 (calls)"),
        ("max_concurrency: 6", "max_concurrency: ", None, "expected an integer, found nothing", ""),
        ("rate_limit_warning_seconds: 0.75", "rate_limit_warning_seconds: 0", "0\n", "0 is out of range", "greater than 0"),
        ("host: 127.0.0.1", "host: 127", "127\n", "expected text, found an integer 127", ""),
        ("host: 127.0.0.1", "host: a/b", "a/b", "'a/b' is not an IP address or host name", "an IP address"),
        ("host: 127.0.0.1", 'host: ""', '""', "'' is not an IP address", ""),
        ("enabled: true", 'enabled: "true"', '"true"', "expected true or false, found text true", ""),
        ("port: 9177", "port: 65536", "65536", "65536 is out of range", "at least 0 and at most 65535"),
        ("log_directory: logs/guardrails", "log_directory: ../logs", "../logs", "is not a relative path", ""),
        ("log_directory: logs/guardrails", "log_directory: /var/log", "/var/log", "is not a relative path", ""),
        ("exchange: okx\n", "exchange: okex\n", "okex\n", "okex is not one of the allowed values", "bybit, kraken, okx"),
        ("guardrails: [paper_exchange_metrics, io_queue]", "guardrails: []", "[]", "is empty", ""),
        ("guardrails: [paper_exchange_metrics, io_queue]", "guardrails: io_queue", None, "expected a list such as", ""),
        ("guardrails: [paper_exchange_metrics, io_queue]", "guardrails: [io_queue, io_queue]", None, "stands twice", ""),
        ("guardrails: [paper_exchange_metrics, io_queue]", "guardrails: [[io_queue]]", "[io_queue]", "found a list", ""),
        ("rate_limit_max: 0 ", "rate_limit_max: -1 ", "-1", "-1 is out of range", "at least 0 (events)"),
        ("rate_limit_max: 0 ", "rate_limit_max: true ", None, "expected a number, found a boolean true", "at least 0"),
        ("rate_limit_max: 0 ", 'rate_limit_max: "" ', '"" ', "expected a number, found text", "at least 0"),
        ("rate_limit_max: 0 ", "rate_limit_max: .nan ", ".nan", ".nan is not a finite number", ""),
        ("USDT: 100000", "usdt: 100000", "usdt: 100000", "usdt is not a valid name here", "an asset in capital letters"),
        ("USDT: 100000", "USDT: -1", "-1", "-1 is out of range", "at least 0"),
        (
            "io_queue: okx_spot\n",
            "io_queue: okx_spot\n      latency_ms: -1\n",
            "-1\n",
            "-1 is out of range",
            "at least 0 and at most",
        ),
        ("io_queue: okx_spot\n", "io_queue: okx_spot\n      latency_ms: 60001\n", "60001\n", "60001 is out of range", "60000"),
        ("io_queue: okx_spot\n", 'io_queue: okx_spot\n      latency_ms: "5"\n', '"5"', "expected a number, found text 5", ""),
        ("rate_limit: bot_", "rate_limit: bott_", "bott_", "is not one of the allowed values", "bot_exchange_rate_limited_total"),
    ],
)
def test_a_wrong_value_is_reported_at_its_place_with_what_is_allowed(
    old: str, new: str, fragment: str | None, message: str, allowed: str
) -> None:
    runtime = changed(RUNTIME, old, new)
    problem = only_problem(runtime)
    assert message in problem.message
    assert allowed in problem.allowed
    if fragment is not None:
        assert str(problem.position) == place(runtime, fragment, "runtime.yaml", after=RUNTIME.index(old))


def test_an_unknown_key_is_reported_with_the_nearest_known_one() -> None:
    runtime = changed(RUNTIME, "  burst: 16", "  bursts: 16")
    missing, unknown = problems(runtime)
    assert str(unknown.position) == place(runtime, "bursts", "runtime.yaml")
    assert unknown.message == "unknown key bursts in io_queue"
    assert unknown.fix == "did you mean burst?"
    assert missing.message == "missing key burst in io_queue"
    assert str(missing.position) == place(runtime, "\nio_queue", "runtime.yaml", 1)


@pytest.mark.parametrize("key", ["alert_routes", "decision_journal"])
def test_a_key_that_this_version_does_not_consume_is_an_error(key: str) -> None:
    core = changed(CORE, "    exchange: okx_spot", f"    {key}: []\n    exchange: okx_spot")
    assert only_problem(core=core).message == f"unknown key {key} in environments.okx_paper"


@pytest.mark.parametrize("key", ["rate_limit_max", "network_errors_max", "health_min"])
def test_each_missing_threshold_is_an_error(key: str) -> None:
    lines = RUNTIME.splitlines()
    lines.remove(next(line for line in lines if f" {key}:" in line))
    problem = only_problem("\n".join(lines))
    assert problem.message == f"missing key {key} in execution.paper_profiles.okx_paper.metrics.thresholds"
    assert str(problem.position) == place("\n".join(lines), "thresholds:  ", "runtime.yaml")


def test_the_message_shows_the_line_a_caret_the_allowed_values_and_the_fix() -> None:
    runtime = changed(RUNTIME, "risk_profile: balanced", "risk_profile: balancd")
    with pytest.raises(ConfigErrors) as caught:
        parse(runtime)
    first, line, caret, allowed, fix, total = str(caught.value).splitlines()
    assert first == (
        f"{place(runtime, 'balancd', 'runtime.yaml')}: "
        "trading.entrypoints.okx_desktop_paper.risk_profile: there is no risk profile balancd"
    )
    assert line[caret.index("^") :].startswith("balancd")
    assert allowed.strip() == "allowed: aggressive, balanced, conservative, manual"
    assert fix.strip() == "fix: did you mean balanced?"
    assert total == "1 problem in the configuration; nothing was started"


def test_a_long_line_is_shown_around_the_caret() -> None:
    runtime = changed(RUNTIME, "tags: [desktop, paper, okx]", "tags: [" + "desktop_paper_okx_tag, " * 30 + "12]")
    found = next(p for p in problems(runtime) if "integer 12" in p.message)
    _, line, caret, *_ = str(found).splitlines()
    assert line[caret.index("^") :].startswith("12")
    assert len(line) < 140


def test_a_value_that_looks_like_a_secret_is_never_shown() -> None:
    core = changed(CORE, "    exchange: okx_spot", "    api_secret: hunter2\n    exchange: okx_spot")
    problem = only_problem(core=core)
    assert "hunter2" not in str(problem)
    assert "secret store" in problem.fix
    core = changed(CORE, "endpoint: embedded", "endpoint: https://me:hunter2@venue.example")
    assert "hunter2" not in str(only_problem(core=core))


def test_problems_of_every_kind_and_of_both_files_come_together_in_order() -> None:
    runtime = changed(RUNTIME, "strategy: multi_strategy_default", "strategy: multi_strategy_defalt")
    runtime = changed(runtime, "USDT: 100000", "USDT: lots")
    runtime = changed(runtime, "  path: core.yaml", "  pth: core.yaml")
    core = changed(CORE, "instrument_universe: spot_core", "instrument_universe: spot_cor")
    core = changed(core, "demo_max_age_days: 7", "demo_max_age_days: 0")
    found = problems(runtime, core)
    assert [str(p.position) for p in found] == [
        place(runtime, "pth:", "runtime.yaml"),
        place(runtime, "multi_strategy_defalt", "runtime.yaml"),
        place(runtime, "lots", "runtime.yaml"),
        place(core, "spot_cor\n", "core.yaml"),
        place(core, "demo_max_age_days: 0", "core.yaml", len("demo_max_age_days: ")),
    ]


@pytest.mark.parametrize(
    ("address", "words"),
    [("203.0.113.7", ""), ("203.0.113.0/28", ""), ("2001:db8::1", ""), ("203.0.113.5/28", "host bits set"), ("999.1.1.1", "999")],
)
def test_an_allow_list_holds_addresses_and_networks(address: str, words: str) -> None:
    core = changed(CORE, "    exchange: okx_spot", f'    ip_allowlist: ["{address}"]\n    exchange: okx_spot')
    found = problems(core=core)
    assert [words in each.message and each.message.startswith("environments.okx_paper.ip_allowlist") for each in found] == (
        [True] if words else []
    )
