"""`core.yaml: execution`: the routes of live orders, what ties them to the rest of the configuration, and where mistakes stand."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from jsonschema import Draft202012Validator

from golive.config.json_schema import json_schema
from support.configuration import CORE, RUNTIME, changed, only_problem, parse, place, problems

ROUTE = "{name: spot, adapters: [okx_spot, bybit_spot], symbols: [BTC/USDT], risk_profiles: [balanced], allow_fallback: true}"


def routes(*texts: str) -> str:
    return changed(CORE, "routes: []", f"routes: [{', '.join(texts)}]")


def test_routes_are_read_in_their_order_with_their_defaults() -> None:
    live = parse(core=routes(ROUTE, "{name: rest, adapters: [kraken_spot], attempt_budget_ms: 500}")).core.execution.live_router
    first, second = live.routes
    assert (first.name, first.adapters, first.symbols) == ("spot", ("okx_spot", "bybit_spot"), ("BTC/USDT",))
    assert (first.risk_profiles, first.allow_fallback, first.attempt_budget_ms) == (("balanced",), True, 3000)
    assert (second.symbols, second.risk_profiles, second.allow_fallback, second.attempt_budget_ms) == ((), (), False, 500)


def test_a_file_without_the_section_has_no_routes_and_the_defaults() -> None:
    start = CORE.index("\nexecution:")
    execution = parse(core=CORE[:start] + CORE[CORE.index("\nreadiness:") :]).core.execution
    live = execution.live_router
    assert (live.routes, live.max_queue_size, live.max_queue_wait_seconds) == ((), 1024, Decimal(5))
    assert (live.degrade, live.degrade_after_seconds, live.dead_man_switch_seconds) == ("alert", Decimal(30), 60)
    assert (live.metrics.latency_alert_threshold_ms, live.metrics.fallback_alert_threshold) == (350, 3)
    assert (live.metrics.export_path, execution.order_journal.url) == ("metrics/live_router.prom", None)
    assert parse().core.execution == execution, "what is shipped are the defaults"


@pytest.mark.parametrize(
    ("route", "message", "at"),
    [
        ("{name: a, adapters: [okex_spot]}", "okex_spot is not one of the allowed values", "okex_spot"),
        ("{name: a, adapters: []}", "execution.live_router.routes.0.adapters is empty", "[]}"),
        ("{name: a, adapters: [okx_spot, okx_spot]}", "okx_spot stands twice", "okx_spot]}"),
        ("{name: a, adapters: [okx_spot], symbols: [BTCUSDT]}", "is not a symbol such as BTC/USDT", "BTCUSDT]}"),
        ("{name: a, adapters: [okx_spot], symbols: [BTC/EUR]}", "no universe trades BTC/EUR at okx_spot", "BTC/EUR]}"),
        ("{name: a, adapters: [okx_spot], symbols: [BTC/USD]}", "no universe trades BTC/USD at okx_spot", "BTC/USD]}"),
        ("{name: a, adapters: [okx_spot], risk_profiles: [balancd]}", "there is no risk profile balancd", "balancd]}"),
        ("{name: a, adapters: [okx_spot], allow_fallback: true}", "the route has one venue only", "true}]"),
        ("{name: a, adapters: [okx_spot], atempt_budget_ms: 3}", "unknown key atempt_budget_ms", "atempt"),
        ("{name: a, adapters: [okx_spot], attempt_budget_ms: 0}", "0 is out of range", "0}]"),
        ("{adapters: [okx_spot]}", "missing key name in execution.live_router.routes.0", "{adapters"),
        ("okx_spot", "expected a section (key: value), found text", "okx_spot]"),
    ],
)
def test_a_mistake_in_a_route_is_one_problem_at_its_place(route: str, message: str, at: str) -> None:
    core = routes(route)
    problem = only_problem(core=core)
    assert message in str(problem)
    assert str(problem.position) == place(core, at, "core.yaml", after=core.index("routes: ["))


def test_two_routes_of_one_name_are_an_error_at_the_second() -> None:
    core = routes("{name: a, adapters: [okx_spot]}", "{adapters: [kraken_spot], name: a}")
    problem = only_problem(core=core)
    assert "a is the name of another route" in problem.message
    assert str(problem.position) == place(core, "a}]", "core.yaml", after=core.index("routes: ["))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dead_man_switch_seconds: 60", "dead_man_switch_seconds: 9", "9 is shorter than the venues take"),
        ("dead_man_switch_seconds: 60", "dead_man_switch_seconds: 121", "121 is out of range"),
        ("degrade: alert", "degrade: paper", "paper is not one of the allowed values"),
        ("max_queue_size: 1024", "max_queue_size: 0", "0 is out of range"),
        ("max_queue_wait_seconds: 5", "max_queue_wait_seconds: 0", "0 is out of range"),
        ("export_path: metrics/live_router.prom", "export_path: ../live.prom", "is not a file in the folder metrics"),
        ("  live_router:", "  live_ruter:", "unknown key live_ruter in execution"),
    ],
)
def test_wrong_values_of_the_router_are_errors(old: str, new: str, message: str) -> None:
    assert any(message in str(each) for each in problems(core=changed(CORE, old, new)))


@pytest.mark.parametrize(
    "path",
    [
        "audit/decision_logs/live_execution.jsonl", "config/core.yaml", "logs/risk_decisions.jsonl", "metrics", "metrics/",
        "metrics/live.jsonl", "metrics/.prom", "metrics/../audit/x.prom", "metrics/../metrics/x.prom", "audit/x.prom", "live.prom",
        "metrics//x.prom", "metrics/x.prom/",
    ],
)  # fmt: skip
def test_what_is_replaced_again_and_again_has_a_folder_of_its_own(path: str) -> None:
    core = changed(CORE, "export_path: metrics/live_router.prom", f"export_path: {path}")
    problem = only_problem(core=core)
    assert "is not a file in the folder metrics whose name ends in .prom" in problem.message
    assert str(problem.position) == place(core, path, "core.yaml", after=core.index("export_path"))


def test_the_export_may_have_another_name() -> None:
    core = changed(CORE, "export_path: metrics/live_router.prom", "export_path: metrics/textfile/desk-1.prom")
    assert parse(core=core).core.execution.live_router.metrics.export_path == "metrics/textfile/desk-1.prom"


@pytest.mark.parametrize("seconds", ["0", "10", "120"])
def test_the_switch_may_be_off_or_what_every_venue_takes(seconds: str) -> None:
    core = changed(CORE, "dead_man_switch_seconds: 60", f"dead_man_switch_seconds: {seconds}")
    assert parse(core=core).core.execution.live_router.dead_man_switch_seconds == int(seconds)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("postgresql://golive@db.example:5432/orders", True),
        ("postgresql:///orders?host=/run/postgresql", True),
        ("postgresql://golive:secret@db.example/orders", False),
        ("postgresql://db.example/orders?password=secret", False),
        ("mysql://golive@db.example/orders", False),
    ],
)
def test_the_journals_database_is_postgresql_and_its_url_holds_no_password(url: str, is_taken: bool) -> None:
    core = changed(CORE, "  live_router:  ", f"  order_journal:\n    url: {url!r}\n  live_router:  ")
    assert (not problems(core=core)) is is_taken
    if is_taken:
        assert parse(core=core).core.execution.order_journal.url == url


def test_the_editors_schema_knows_routes() -> None:
    def errors(core: str) -> list[str]:
        return [error.message for error in Draft202012Validator(json_schema("core")).iter_errors(yaml.safe_load(core))]

    assert errors(routes(ROUTE)) == []
    assert errors(routes("{name: a, adapters: [okex_spot]}"))
    assert errors(routes("{adapters: [okx_spot]}"))


def test_both_execution_sections_can_be_overridden() -> None:
    environ = {
        "GOLIVE__EXECUTION__LIVE_ROUTER__DEGRADE": "auto",
        "GOLIVE__EXECUTION__REFERENCE_WINDOW_SECONDS": "60",
        "GOLIVE__EXECUTION__PAPER_PROFILES__OKX_PAPER__LATENCY_MS": "5",
    }
    configuration = parse(environ=environ)
    assert configuration.core.execution.live_router.degrade == "auto"
    assert configuration.runtime.execution.reference_window_seconds == 60
    assert configuration.runtime.execution.paper_profiles["okx_paper"].latency_ms == 5
    assert {o.path[1] for o in configuration.overrides} == {"live_router", "reference_window_seconds", "paper_profiles"}


def test_a_route_cannot_be_overridden_by_number() -> None:
    problem = only_problem(core=routes(ROUTE), environ={"GOLIVE__EXECUTION__LIVE_ROUTER__ROUTES__0__NAME": "x"})
    assert "execution.live_router.routes is a single value and has no 0" in problem.message


def test_the_effective_values_show_each_route_with_its_place() -> None:
    settings = {".".join(each.path): each for each in parse(RUNTIME, routes(ROUTE)).settings()}
    assert settings["execution.live_router.routes.0.name"].value == "spot"
    assert settings["execution.live_router.routes.0.name"].origin.startswith("core.yaml:")
    assert settings["execution.live_router.routes.0.attempt_budget_ms"].origin == "default"
