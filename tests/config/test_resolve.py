from __future__ import annotations

import dataclasses
import re
from decimal import Decimal

import pytest

from golive.config import KNOWN_ADAPTERS, ResolvedEntrypoint
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from support.configuration import CORE, RUNTIME, changed, parse, place

VENUES = [
    ("okx", "USDT", "BTC/USDT", (8, 10), 1),
    ("kraken", "USD", "BTC/USD", (25, 40), 0),
    ("bybit", "USDT", "BTC/USDT", (10, 10), 0),
]
"""label, quote asset, instrument, fees in basis points, network_errors_max"""


def shipped(label: str = "okx") -> ResolvedEntrypoint:
    return parse().resolve(f"{label}_desktop_paper")


@pytest.mark.parametrize(("label", "quote", "symbol", "fees", "errors"), VENUES)
def test_each_shipped_entrypoint_is_what_the_operators_documents_say(
    label: str, quote: str, symbol: str, fees: tuple[int, int], errors: int
) -> None:
    found = shipped(label)
    assert (found.environment, found.environment_type, found.exchange, found.adapter) == (
        f"{label}_paper", "paper", label, f"{label}_spot",
    )  # fmt: skip
    assert (found.endpoint, found.evidence_class, found.sandbox_mode, found.base_url) == ("embedded", "embedded", False, None)
    assert (found.keychain_key, found.tags) == (f"{label}_paper_trading", ("desktop", "paper", label))
    assert (found.required_permissions, found.forbidden_permissions) == (("read", "trade"), ("withdraw",))
    assert found.instruments == (InstrumentId.parse(f"{label}:{symbol}"),)
    assert (found.strategy, found.timeframe, dict(found.parameters)) == ("multi_strategy_default", "1m", {})
    assert (found.risk_profile, found.paper_profile, found.trading_profile) == ("balanced", f"{label}_paper", f"{label}_desktop")
    assert (found.io.queue, found.io.max_concurrency, found.io.burst) == (f"{label}_spot", 3, 6)
    assert (found.io.rate_limit_warning_seconds, found.io.timeout_warning_seconds) == (0.75, 12.0)
    assert found.guardrails == ("paper_exchange_metrics", "io_queue")
    assert (found.enable_auto_trade, found.trusted_auto_confirm) == (True, False)
    assert (found.reference_window_seconds, found.probe_interval_seconds, found.stale_after_seconds) == (3600, 30.0, 90.0)
    assert found.demo_max_age_days == 7
    assert found.paper is not None
    assert dict(found.paper.start_balances) == {quote: Decimal(100_000)}
    assert found.paper.fees is not None
    assert (found.paper.fees.maker_bps, found.paper.fees.taker_bps) == tuple(map(Decimal, fees))
    assert {key: str(value) for key, value in found.thresholds.items()} == {
        "health_min": "1.0",
        "network_errors_max": str(errors),
        "rate_limit_max": "0",
    }
    assert found.metric_names == {
        "health": "bot_exchange_health_status",
        "network_errors": "bot_exchange_errors_total",
        "rate_limit": "bot_exchange_rate_limited_total",
    }


@pytest.mark.parametrize(("label", "quote", "symbol", "fees", "errors"), VENUES)
def test_each_trading_profile_carries_what_the_contract_asks_for(
    label: str, quote: str, symbol: str, fees: tuple[int, int], errors: int
) -> None:
    profile = parse().runtime.execution.trading_profiles[f"{label}_desktop"]
    assert (profile.entrypoint, profile.adapter, profile.io_queue) == (
        f"{label}_desktop_paper", f"{label}_spot", f"{label}_spot",
    )  # fmt: skip
    assert (profile.tags, profile.guardrails) == (("desktop", "paper", label), ("paper_exchange_metrics", "io_queue"))


def test_the_default_entrypoint_and_the_monitored_ones() -> None:
    configuration = parse()
    assert configuration.runtime.trading.default_entrypoint == "okx_desktop_paper"
    assert [each.name for each in configuration.paper_entrypoints()] == sorted(f"{row[0]}_desktop_paper" for row in VENUES)


@pytest.mark.parametrize(
    ("name", "daily_loss", "drawdown", "position", "open_positions"),
    [
        ("conservative", ".01", ".05", ".03", 3),
        ("balanced", ".015", ".10", ".05", 5),
        ("aggressive", ".03", ".20", ".10", 10),
        ("manual", "0", "0", "0", 0),
    ],
)
def test_the_shipped_risk_profiles(name: str, daily_loss: str, drawdown: str, position: str, open_positions: int) -> None:
    profile = parse().core.risk_profiles[name]
    assert profile.max_daily_loss_pct == Decimal(daily_loss)
    assert profile.hard_drawdown_pct == Decimal(drawdown)
    assert profile.max_position_pct == Decimal(position)
    assert profile.max_open_positions == open_positions


def test_what_is_left_out_has_its_documented_default() -> None:
    runtime = RUNTIME
    for line in ("      enable_auto_trade: true", "      trusted_auto_confirm: false", "  reference_window_seconds: 3600"):
        runtime = "\n".join(each for each in runtime.splitlines() if not each.startswith(line)) + "\n"
    for block in (
        "core:\n  path: core.yaml                  # relative to this file\n",
        "        rate_limit: bot_exchange_rate_limited_total\n",
        "        network_errors: bot_exchange_errors_total\n",
        "        health: bot_exchange_health_status\n",
        "      fees:                        # basis points: 8 = 0.08 %\n        maker_bps: 8\n        taker_bps: 10\n",
        "risk:\n  decision_log:\n    path: logs/risk_decisions.jsonl\n",
    ):
        runtime = changed(runtime, block, "")
    core = CORE[: CORE.index("\nreadiness:\n") + 1]  # the last section
    core = changed(core, "    adapter_settings:\n      sandbox_mode: auto ", "    #")
    core = changed(core, "    parameters: {} ", "    #")
    assert parse(runtime, core).resolve("okx_desktop_paper") == shipped()


@pytest.mark.parametrize(("written", "read"), [("", None), ("      latency_ms: 0\n", "0"), ("      latency_ms: 12.5\n", "12.5")])
def test_the_latency_of_paper_orders_stays_as_it_was_written(written: str, read: str | None) -> None:
    runtime = changed(RUNTIME, "      io_queue: okx_spot\n", "      io_queue: okx_spot\n" + written)
    paper = parse(runtime).resolve("okx_desktop_paper").paper
    assert paper is not None
    assert paper.latency_ms == (None if read is None else Decimal(read))


@pytest.mark.parametrize(("label", "quote", "symbol", "fees", "errors"), VENUES)
def test_fees_that_are_left_out_are_the_venues(label: str, quote: str, symbol: str, fees: tuple[int, int], errors: int) -> None:
    lines = [line for line in RUNTIME.splitlines() if not re.match(r" +(fees|maker_bps|taker_bps):", line)]
    paper = parse("\n".join(lines)).resolve(f"{label}_desktop_paper").paper
    assert paper is not None
    assert paper.fees is not None
    assert (paper.fees.maker_bps, paper.fees.taker_bps) == tuple(map(Decimal, fees))


def test_a_queue_follows_its_profile_and_only_instruments_of_the_venue_are_traded() -> None:
    core = changed(CORE, '"okx:BTC/USDT", "kraken:BTC/USD"', '"kraken:BTC/USD", "okx:ETH/USDT", "okx:BTC/USDT"')
    instruments = parse(core=core).resolve("okx_desktop_paper").instruments
    assert [str(each) for each in instruments] == ["okx:ETH/USDT", "okx:BTC/USDT"]


def test_a_resolved_entrypoint_cannot_be_changed() -> None:
    okx = shipped()
    with pytest.raises(dataclasses.FrozenInstanceError):
        okx.timeframe = "5m"  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        okx.thresholds["health_min"] = 0  # type: ignore[index]  # the point of the test


def test_an_unknown_entrypoint_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean okx_desktop_paper"):
        parse().resolve("okx_desktop_papre")


def test_strategy_parameters_keep_their_kinds_and_positions_for_rooms_that_judge_them() -> None:
    core = changed(CORE, "parameters: {} ", "parameters: {fast: 12, weight: 0.50, on_close: true, mode: mean} ")
    configuration = parse(core=core)
    parameters = configuration.resolve("okx_desktop_paper").parameters
    assert {k: (type(v), str(v)) for k, v in parameters.items()} == {
        "fast": (int, "12"),
        "weight": (Decimal, "0.50"),
        "on_close": (bool, "True"),
        "mode": (str, "mean"),
    }
    path = ("strategies", "multi_strategy_default", "parameters", "fast")
    assert configuration.position(path) == place(core, "12", "core.yaml")
    assert configuration.key_position(path) == place(core, "fast", "core.yaml")
    error = configuration.error(path, "must be below slow", fix="lower it")
    assert str(error.problems[0]).startswith(f"{place(core, '12', 'core.yaml')}: {'.'.join(path)}: must be below slow\n")
    assert "fast: 12" in str(error)


def test_every_effective_value_is_listed_with_its_origin() -> None:
    runtime = changed(RUNTIME, "      enable_auto_trade: true      # false: signals and decisions only, no orders\n", "")
    environ = {"GOLIVE__IO_QUEUE__BURST": "20"}
    origins = {".".join(s.path): (s.value, s.origin) for s in parse(runtime, environ=environ).settings()}
    line = place(runtime, "max_concurrency: 6", "runtime.yaml").rpartition(":")[0]
    assert origins["io_queue.max_concurrency"] == (6, line)
    assert origins["io_queue.burst"] == (20, "environment GOLIVE__IO_QUEUE__BURST")
    assert origins["trading.entrypoints.okx_desktop_paper.enable_auto_trade"] == (True, "default")
    assert all(origin for _, origin in origins.values())


def test_the_adapter_table_knows_which_venue_has_no_sandbox() -> None:
    assert [name for name, facts in KNOWN_ADAPTERS.items() if not facts.has_sandbox] == ["kraken_spot"]
