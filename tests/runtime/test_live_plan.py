"""From the configuration to a live desk: which stages open, which accounts and routes follow, and what is refused before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.config.configuration import Configuration
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.verdict import Stage
from golive.runtime.live.plan import LivePlan
from golive.runtime.live_plan import Surroundings, live_plan, stage_of
from golive.runtime.risk_limits import risk_profile_of
from golive.runtime.routes import accounts_of
from support.adapters import KeptEvents
from support.configuration import CORE, RUNTIME, changed, parse
from support.wall_clock import WallClock

AROUND = Surroundings(
    clock=WallClock(),
    recorder=MemoryRecorder(),
    guardrails=KeptEvents(),
    alert=lambda alert: None,
    judge=lambda order: Approved(order, 1),
    operator="ada",
)
KEY = {"apiKey": "key-1", "secret": "c2VjcmV0", "password": "phrase"}


def configuration(
    endpoints: Mapping[str, str], *, kind: str = "live", routes: str = "", environ: Mapping[str, str] | None = None
) -> Configuration:
    """The shipped configuration with a live entrypoint for each venue, at its endpoint."""
    runtime, core = RUNTIME, CORE
    for dialect, endpoint in endpoints.items():
        environment = f"""environments:
  {dialect}_live:
    exchange: {dialect}_spot
    environment: {kind}
    endpoint: {endpoint}
    keychain_key: {dialect}_live_trading
    permission_profile: trading_default
    instrument_universe: spot_core
"""
        entrypoint = f"""  entrypoints:
    {dialect}_desktop_live:
      environment: {dialect}_live
      strategy: multi_strategy_default
      risk_profile: balanced
      tags: [live]
"""
        core = changed(core, "environments:\n", environment)
        runtime = changed(runtime, "  entrypoints:\n", entrypoint)
    if routes:
        core = changed(core, "    routes: []", f"    routes: {routes}")
    return parse(runtime, core, environ)


def planned(config: Configuration, home: Path, *keys: Mapping[str, str], name: str = "okx_desktop_live") -> LivePlan:
    path = home / "keys.json"
    path.write_text(json.dumps({"keys": list(keys or (KEY,))}))
    path.chmod(0o600)
    return live_plan(config, name, home=home, key_file=path, around=AROUND)


def test_a_loopback_venue_is_a_rehearsal_on_the_entrypoints_own_account(tmp_path: Path) -> None:
    config = configuration({"okx": "http://127.0.0.1:8080"})
    plan = planned(config, tmp_path)
    [account] = plan.accounts
    assert (plan.stage, plan.entrypoint, plan.operator) == (Stage.REHEARSAL, "okx_desktop_live", "ada")
    assert (account.adapter, account.account, account.symbols) == ("okx_spot", "okx_live_trading", ("BTC/USDT",))
    assert account.settings.credentials is not None
    assert account.settings.credentials.fields["password"].reveal() == "phrase"
    assert account.settings.url == "http://127.0.0.1:8080"
    assert plan.risk_profile_digest == risk_profile_of(config.resolve("okx_desktop_live")).digest
    assert [(route.name, route.adapters) for route in plan.routes] == [("default", ("okx_spot",))]
    assert plan.dead_man_switch_seconds == 60


@pytest.mark.parametrize("endpoint", ["production"])
def test_production_is_closed_until_its_gate_is_there(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(PrerequisiteMissing, match="gate"):
        planned(configuration({"okx": endpoint}), tmp_path)


def test_a_pass_opens_the_production_of_its_own_entrypoint_alone() -> None:
    config = configuration({"okx": "production"})
    entrypoint = config.resolve("okx_desktop_live")
    assert stage_of(config, entrypoint, cast(Any, SimpleNamespace(entrypoint="okx_desktop_live"))) is Stage.LIVE
    with pytest.raises(PrerequisiteMissing, match="leads to production"):
        stage_of(config, entrypoint, cast(Any, SimpleNamespace(entrypoint="bybit_desktop_live")))


def test_a_venues_sandbox_waits_for_a_secret_store(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing, match="secret store"):
        planned(configuration({"okx": "sandbox"}, kind="testnet"), tmp_path)


def test_paper_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="never sent"):
        planned(configuration({}), tmp_path, name="okx_desktop_paper")


def test_a_value_from_the_environment_is_refused_by_its_name(tmp_path: Path) -> None:
    environ = {"GOLIVE__IO_QUEUE__BURST": "20"}
    with pytest.raises(ConfigError, match="GOLIVE__IO_QUEUE__BURST"):
        planned(configuration({"okx": "http://127.0.0.1:8080"}, environ=environ), tmp_path)


def test_keys_are_asked_for_by_name_and_must_be_whole(tmp_path: Path) -> None:
    config = configuration({"okx": "http://127.0.0.1:8080"})
    with pytest.raises(ConfigError, match="--credentials"):
        live_plan(config, "okx_desktop_live", home=tmp_path, key_file=None, around=AROUND)
    with pytest.raises(ConfigError, match="okx_live_trading lacks password"):
        planned(config, tmp_path, {"apiKey": "a", "secret": "b"})
    with pytest.raises(ConfigError, match='"account": "okx_live_trading"'):
        planned(config, tmp_path, KEY, {**KEY, "apiKey": "key-2"})


def test_a_route_that_falls_back_brings_the_other_venues_account(tmp_path: Path) -> None:
    routes = "[{name: main, adapters: [okx_spot, bybit_spot], symbols: [BTC/USDT], allow_fallback: true, attempt_budget_ms: 900}]"
    config = configuration({"okx": "http://127.0.0.1:8080", "bybit": "http://127.0.0.1:8081"}, routes=routes)
    plan = planned(config, tmp_path)
    assert [account.adapter for account in plan.accounts] == ["okx_spot", "bybit_spot"]
    [route] = plan.routes
    assert (route.attempt_budget_ms, route.symbols, route.allow_fallback) == (900, frozenset({"BTC/USDT"}), True)
    own = live_plan(
        config, "okx_desktop_live", home=tmp_path, key_file=tmp_path / "keys.json", around=AROUND, falls_back=False
    )  # fmt: skip
    assert ([account.adapter for account in own.accounts], [each.allow_fallback for each in own.routes]) == (
        ["okx_spot"],
        [False],
    )
    alone = planned(configuration({"okx": "http://127.0.0.1:8080"}, routes=routes.replace("true", "false")), tmp_path)
    assert [account.adapter for account in alone.accounts] == ["okx_spot"]


def test_orders_are_listed_at_each_account_that_the_routes_lead_to() -> None:
    routes = "[{name: main, adapters: [okx_spot, bybit_spot], allow_fallback: true}]"
    config = configuration({"okx": "http://127.0.0.1:8080", "bybit": "production", "kraken": "production"}, routes=routes)
    found = accounts_of(config, config.resolve("okx_desktop_live"))
    assert [(each.adapter, each.keychain_key) for each in found] == [
        ("okx_spot", "okx_live_trading"), ("bybit_spot", "bybit_live_trading"),
    ]  # fmt: skip
    assert [each.name for each in accounts_of(config, config.resolve("okx_desktop_paper"))] == ["okx_desktop_paper"]


def test_a_route_to_a_venue_without_a_live_environment_is_named(tmp_path: Path) -> None:
    routes = "[{name: main, adapters: [okx_spot, bybit_spot], allow_fallback: true}]"
    with pytest.raises(ConfigError, match=r"bybit_spot.*there are: none"):
        planned(configuration({"okx": "http://127.0.0.1:8080"}, routes=routes), tmp_path)
    two = configuration({"okx": "http://127.0.0.1:8080", "bybit": "http://127.0.0.1:8081"}, routes=routes)
    environments = {**two.core.environments, "bybit_two": two.core.environments["bybit_live"]}
    trading = two.runtime.trading
    second = replace(trading.entrypoints["bybit_desktop_live"], environment="bybit_two")
    runtime = replace(two.runtime, trading=replace(trading, entrypoints={**trading.entrypoints, "bybit_two": second}))
    with pytest.raises(ConfigError, match=r"bybit_spot.*there are: bybit_live, bybit_two"):
        planned(replace(two, core=replace(two.core, environments=environments), runtime=runtime), tmp_path)


def test_a_fallback_into_production_stays_closed(tmp_path: Path) -> None:
    routes = "[{name: main, adapters: [okx_spot, bybit_spot], allow_fallback: true}]"
    config = configuration({"okx": "http://127.0.0.1:8080", "bybit": "production"}, routes=routes)
    with pytest.raises(PrerequisiteMissing, match="production"):
        planned(config, tmp_path)
