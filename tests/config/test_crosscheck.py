from __future__ import annotations

import pytest

from golive.config.endpoint import is_loopback_host, parse_endpoint
from support.configuration import CORE, RUNTIME, changed, only_problem, parse, place, problems

LIVE_ENTRYPOINT = """\
    okx_desktop_live:
      environment: okx_live
      strategy: multi_strategy_default
      risk_profile: balanced
      tags: [desktop, live, okx]

execution:"""
LIVE_ENVIRONMENT = """\
  okx_live:
    exchange: okx_spot
    environment: live
    endpoint: production
    keychain_key: okx_live_trading
    permission_profile: trading_default
    instrument_universe: spot_core

permission_profiles:"""
SECOND_PAPER = """\
    okx_second:
      environment: okx_paper
      strategy: multi_strategy_default
      risk_profile: balanced
      tags: [desktop, paper, okx]

execution:"""

RUNTIME_CASES = [
    ("default_entrypoint: okx_desktop_paper", "default_entrypoint: okx_desktop_papr", "okx_desktop_papr", "no entrypoint okx_desktop_papr"),
    ("environment: okx_paper  ", "environment: okx_papr  ", "okx_papr", "there is no environment okx_papr"),
    ("strategy: multi_strategy_default", "strategy: other", "other", "there is no strategy other"),
    ("risk_profile: balanced", "risk_profile: wild", "wild", "there is no risk profile wild"),
    ("trusted_auto_confirm: false", "trusted_auto_confirm: true ", "true", "true is not allowed in a paper environment"),
    ("      environment: okx_paper\n      exchange", "      environment: okx_live\n      exchange", "okx_live", "okx_live"),
    ("exchange: okx\n", "exchange: bybit\n", "bybit", "bybit is not the label of okx_spot"),
    ("      io_queue: okx_spot\n      start", "      io_queue: other_spot\n      start", "other_spot", "other_spot is not one of the allowed values"),
    ("    okx_spot:\n      max_concurrency: 3 ", "    bybit_spot:\n      max_concurrency: 3 ", None, "there is no I/O queue okx_spot"),
    ("      adapter: okx_spot\n      io_queue: okx_spot\n      tags", "      adapter: bybit_spot\n      io_queue: okx_spot\n      tags",
     "bybit_spot", "bybit_spot differs from environments.okx_paper.exchange"),
    ("USDT: 100000", "USDT: 0", "USDT", "nothing to trade with"),
    ("USDT: 100000", "USD: 100000", "USD:", "USD is no asset of the instruments of okx_paper"),
    ("tags: [desktop, paper, okx]  #", "tags: [desktop, paper]  #", "[desktop, paper]", "differ from those of okx_desktop_paper"),
    ("burst: 16", "burst: 5", "5", "5 is less than max_concurrency 6"),
    ("burst: 6 ", "burst: 2 ", "2", "2 is less than max_concurrency 3"),
    ("stale_after_seconds: 90", "stale_after_seconds: 30", "30", "30 is not 1 s above probe_interval_seconds 30"),
    ("stale_after_seconds: 90", "stale_after_seconds: 30.9", "30.9", "30.9 is not 1 s above probe_interval_seconds 30"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fragment", "message"), RUNTIME_CASES)
def test_a_key_of_runtime_that_contradicts_another_is_reported_at_its_place(
    old: str, new: str, fragment: str | None, message: str
) -> None:
    runtime = changed(RUNTIME, old, new)
    matching = [p for p in problems(runtime) if message in p.message]
    assert matching, problems(runtime)
    if fragment is not None:
        assert str(matching[0].position) == place(runtime, fragment, "runtime.yaml", after=RUNTIME.index(old))


CORE_CASES = [
    ("permission_profile: trading_default", "permission_profile: other", "other", "there is no permission profile other"),
    ("instrument_universe: spot_core", "instrument_universe: other", "other", "there is no instrument universe other"),
    ("okx:BTC/USDT", "kraken:ETH/USD", None, "universe spot_core holds no instrument of okx"),
    ('["okx:BTC/USDT"', '["okx:BTC/USDT", "okex:BTC/USDT"', '"okex', "there is no venue okex"),
    ('["okx:BTC/USDT"', '["okx:btc/usdt"', '"okx', "is not an instrument such as okx:BTC/USDT"),
    ("keychain_key: kraken_paper_trading", "keychain_key: okx_paper_trading", "okx_paper_trading",
     "okx_paper_trading is the key of okx_paper, which is another venue (okx_spot)"),
    ("forbidden_permissions: [withdraw]", "forbidden_permissions: [withdraw, read]", "read", "read is both required and forbidden"),
    ("endpoint: embedded ", "endpoint: production ", "production", "endpoint production is not allowed in an environment of type paper"),
    ("endpoint: embedded ", "endpoint: embeded ", "embeded", "is neither a named endpoint nor a base URL"),
    ("endpoint: embedded ", "endpoint: http://venue.example ", "http:", "is unencrypted"),
    ("endpoint: embedded ", "endpoint: ftp://venue.example ", "ftp:", "is not a base URL"),
    ("endpoint: embedded ", "endpoint: https://venue.example:99999 ", "https:", "is not a base URL"),
    ("endpoint: embedded ", "endpoint: https://venue.example/?a=b ", "https:", "has a query"),
    ("endpoint: embedded ", "endpoint: https://u:p@venue.example ", "https:", "carries a user or password"),
    ("sandbox_mode: auto", "sandbox_mode: maybe", "maybe", "maybe is not one of the allowed values"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fragment", "message"), CORE_CASES)
def test_a_key_of_core_that_contradicts_another_is_reported_at_its_place(
    old: str, new: str, fragment: str | None, message: str
) -> None:
    core = changed(CORE, old, new)
    problem = only_problem(core=core)
    assert message in problem.message
    if fragment is not None:
        assert str(problem.position) == place(core, fragment, "core.yaml", after=CORE.index(old))


def test_what_requires_demo_mode_may_not_lead_anywhere_else() -> None:
    in_paper = changed(
        RUNTIME, "      trusted_auto_confirm: false  #", "      require_demo_mode: true\n      trusted_auto_confirm: false  #"
    )
    assert parse(in_paper, CORE).resolve("okx_desktop_paper").require_demo_mode is True
    entrypoint = LIVE_ENTRYPOINT.replace("risk_profile:", "require_demo_mode: true\n      risk_profile:", 1)
    assert entrypoint != LIVE_ENTRYPOINT
    runtime = changed(RUNTIME, "\nexecution:", entrypoint)
    [problem] = problems(runtime, changed(CORE, "\npermission_profiles:", LIVE_ENVIRONMENT))
    assert "okx_desktop_live may never run outside demo and paper, and okx_live is of type live" in problem.message


def test_an_entrypoint_may_not_be_called_summary() -> None:
    runtime = RUNTIME.replace("okx_desktop_paper", "summary")
    problem = only_problem(runtime)
    assert problem.message == "an entrypoint may not be called summary"
    assert str(problem.position) == place(runtime, "    summary:", "runtime.yaml", 4)


def test_each_paper_entrypoint_needs_exactly_one_profile_of_each_kind() -> None:
    runtime = changed(RUNTIME, "\nexecution:", SECOND_PAPER)
    found = problems(runtime)
    assert [p.message for p in found] == [
        "paper entrypoint okx_second has no paper profile",
        "paper entrypoint okx_second has no trading profile",
    ]
    assert str(found[0].position) == place(runtime, "okx_second", "runtime.yaml")

    profile = RUNTIME[RUNTIME.index("    okx_desktop:\n") : RUNTIME.index("    kraken_desktop:\n")]
    doubled = changed(RUNTIME, profile, profile + profile.replace("okx_desktop:", "okx_again:"))
    problem = only_problem(doubled)
    assert problem.message == "okx_desktop_paper has two trading profiles, okx_desktop and okx_again"


def test_a_live_entrypoint_needs_no_paper_profile_and_may_not_have_one() -> None:
    runtime = changed(RUNTIME, "\nexecution:", LIVE_ENTRYPOINT)
    core = changed(CORE, "\npermission_profiles:", LIVE_ENVIRONMENT)
    live = parse(runtime, core).resolve("okx_desktop_live")
    assert (live.paper, live.enable_auto_trade, live.environment_type) == (None, False, "live")
    assert [each.name for each in parse(runtime, core).paper_entrypoints()] == [
        "bybit_desktop_paper",
        "kraken_desktop_paper",
        "okx_desktop_paper",
    ]

    profile = RUNTIME[RUNTIME.index("    okx_paper:\n") : RUNTIME.index("    kraken_paper:\n      entrypoint")]
    second = profile.replace("okx_paper", "okx_live").replace("okx_desktop_paper", "okx_desktop_live")
    problem = only_problem(changed(runtime, profile, profile + second), core)
    assert "whose environment okx_live is of type live" in problem.message


@pytest.mark.parametrize(
    ("kind", "endpoint", "allowed"),
    [
        ("paper", "embedded", True),
        ("paper", "sandbox", True),
        ("paper", "public", True),
        ("paper", "production", False),
        ("paper", "https://venue.example", True),
        ("paper", "http://127.0.0.1:8080", True),
        ("testnet", "sandbox", True),
        ("testnet", "embedded", False),
        ("testnet", "public", False),
        ("testnet", "production", False),
        ("testnet", "http://127.0.0.1:8080", False),
        ("live", "production", True),
        ("live", "http://127.0.0.2:8080/", True),
        ("live", "http://[::1]:8080", True),
        ("live", "http://localhost:8080", True),
        ("live", "https://venue.example", False),
        ("live", "embedded", False),
        ("live", "sandbox", False),
        ("live", "public", False),
    ],
)
def test_which_endpoint_an_environment_type_allows(kind: str, endpoint: str, allowed: bool) -> None:
    environment = LIVE_ENVIRONMENT.replace("environment: live", f"environment: {kind}").replace("production", endpoint)
    core = changed(CORE, "\npermission_profiles:", environment)
    assert [p.message for p in problems(core=core)] == (
        [] if allowed else [f"endpoint {endpoint} is not allowed in an environment of type {kind}"]
    )


@pytest.mark.parametrize(
    ("endpoint", "mode", "effective"),
    [
        ("embedded", "auto", False),
        ("embedded", "true", True),
        ("embedded", "false", False),
        ("sandbox", "auto", True),
        ("sandbox", "true", True),
        ("sandbox", "false", None),
        ("public", "auto", False),
        ("public", "true", None),
        ("http://127.0.0.1:1", "auto", False),
        ("http://127.0.0.1:1", "true", True),
    ],
)
def test_the_sandbox_follows_the_endpoint_unless_it_is_said_without_contradiction(
    endpoint: str, mode: str, effective: bool | None
) -> None:
    core = changed(CORE, "endpoint: embedded ", f"endpoint: {endpoint} ")
    core = changed(core, "sandbox_mode: auto", f"sandbox_mode: {mode}")
    if effective is None:
        assert "contradicts endpoint" in only_problem(core=core).message
    else:
        assert parse(core=core).resolve("okx_desktop_paper").sandbox_mode is effective


@pytest.mark.parametrize(("endpoint", "mode"), [("sandbox", "auto"), ("embedded", "true"), ("public", "true")])
def test_a_sandbox_of_a_venue_that_has_none_is_fatal_and_explained(endpoint: str, mode: str) -> None:
    begin = CORE.index("  kraken_paper:")
    kraken = changed(CORE[begin:], "endpoint: embedded", f"endpoint: {endpoint}")
    core = CORE[:begin] + changed(kraken, "sandbox_mode: auto", f"sandbox_mode: {mode}")
    problem = only_problem(core=core)
    assert "Kraken offers no sandbox for spot trading" in problem.message
    where = f"sandbox_mode: {mode}" if mode == "true" else f"endpoint: {endpoint}"
    assert str(problem.position) == place(core, where, "core.yaml", where.index(":") + 2, after=begin)


def test_dangling_names_are_not_reported_twice_when_their_section_is_broken() -> None:
    core = CORE.replace("risk_profiles:  ", "risk_profiles: [  ")
    assert all("there is no risk profile" not in p.message for p in problems(core=core))


@pytest.mark.parametrize(("host", "loopback"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("LOCALHOST", True),
                                                ("128.0.0.1", False), ("localhost.example", False), ("0.0.0.0", False)])  # fmt: skip  # noqa: S104 (refused here)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert is_loopback_host(host) is loopback


def test_a_base_url_loses_a_trailing_slash() -> None:
    endpoint = parse_endpoint("https://venue.example:8443/")
    assert (endpoint.base_url, endpoint.host, endpoint.is_loopback) == ("https://venue.example:8443", "venue.example", False)


def with_endpoint(environment: str, endpoint: str, mode: str = "auto") -> str:
    """Return the shipped core with another endpoint and sandbox mode of one environment."""
    begin = CORE.index(f"  {environment}:")
    rest = changed(CORE[begin:], "endpoint: embedded", f"endpoint: {endpoint}")
    return CORE[:begin] + changed(rest, "sandbox_mode: auto", f"sandbox_mode: {mode}")


@pytest.mark.parametrize(
    ("environment", "url", "message", "fix"),
    [
        ("okx_paper", "https://www.okx.com", "www.okx.com is a host of okx itself", "embedded, sandbox or public"),
        ("okx_paper", "https://EEA.okx.com.", "is a host of okx itself: its streams are on other hosts", "sandbox"),
        ("okx_paper", "https://api.bybit.com", "api.bybit.com is a host of bybit itself", "sandbox"),
        ("kraken_paper", "https://api.kraken.com:443/", "api.kraken.com is a host of kraken itself", "use endpoint embedded or public"),
        ("bybit_paper", "https://api.bytick.com", "api.bytick.com is a host of bybit itself", "sandbox"),
        ("bybit_paper", "https://api-demo.bybit.com", "demo trading is not supported: its private streams are on another host", "sandbox"),
        ("bybit_paper", "https://openapi.venue.example", "contains 'openapi', which breaks the signatures of bybit", "another host name"),
        ("bybit_paper", "https://OpenAPI.venue.example", "contains 'openapi'", "another host name"),
        ("okx_paper", "https://venue.example/base", "has a path, which would become part of what is signed", ""),
    ],
)  # fmt: skip
def test_a_base_url_that_cannot_work_is_refused_before_anything_is_sent(
    environment: str, url: str, message: str, fix: str
) -> None:
    core = with_endpoint(environment, url)
    problem = only_problem(core=core)
    assert message in problem.message
    assert fix in problem.fix
    assert str(problem.position) == place(core, f"endpoint: {url}", "core.yaml", len("endpoint: "))


@pytest.mark.parametrize(
    "url", ["https://notokx.com", "https://okx.com.example", "https://openapi.example", "http://127.0.0.1:8080"]
)
def test_a_host_that_only_looks_like_a_venues_own_is_allowed(url: str) -> None:
    assert parse(core=with_endpoint("okx_paper", url)).resolve("okx_desktop_paper").base_url == url


@pytest.mark.parametrize("endpoint", ["embedded", "http://127.0.0.1:1"])
def test_a_sandbox_that_is_a_host_cannot_be_rehearsed_on_another_one(endpoint: str) -> None:
    core = with_endpoint("bybit_paper", endpoint, "true")
    problem = only_problem(core=core)
    assert f"sandbox_mode true contradicts endpoint {endpoint}: the sandbox of bybit is its testnet" in problem.message
    assert parse(core=with_endpoint("bybit_paper", "sandbox", "true")).resolve("bybit_desktop_paper").sandbox_mode is True


def test_both_profiles_of_an_entrypoint_name_the_same_queue() -> None:
    runtime = changed(RUNTIME, "      io_queue: okx_spot\n      start", "      io_queue: kraken_spot\n      start")
    problem = only_problem(runtime)
    assert "io_queue: kraken_spot differs from execution.trading_profiles.okx_desktop.io_queue" in problem.message
    assert problem.fix == "write okx_spot"
    assert str(problem.position) == place(runtime, "kraken_spot\n      start", "runtime.yaml")
