from __future__ import annotations

import dataclasses
import hashlib
import json
from decimal import Decimal

import pytest

from golive.config import trading_digest
from golive.model.ids import InstrumentId
from support.configuration import CORE, RUNTIME, changed, parse

CODE = "0.1.0+abc"
EXECUTION = (
    '{"live_router":{"dead_man_switch_seconds":"60","degrade":["alert"],"degrade_after_seconds":"30","max_queue_size":"1024",'
    '"max_queue_wait_seconds":"5","metrics":{"export_path":["metrics/live_router.prom"],"fallback_alert_threshold":"3",'
    '"latency_alert_threshold_ms":"350"},"routes":[]},"mtls":{"bundle_directory":["secrets/mtls"],"ca_certificate":["core-oem-ca.pem"],'
    '"client_certificate":["core-oem-client.pem"],"client_key":["core-oem-client-key.pem"],'
    '"rotation_registry":["var/security/tls_rotation.json"],"server_certificate":["core-oem-server.pem"],'
    '"server_key":["core-oem-server-key.pem"]}}'
)
"""the section of the shipped core.yaml, in its canonical form"""


def digest(runtime: str = RUNTIME, core: str = CORE, code: str = CODE) -> str:
    return trading_digest(parse(runtime, core).resolve("okx_desktop_paper"), code)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("parameters: {} ", "parameters: {fast: 12} "),
        ("timeframe: 1m", "timeframe: 5m"),
        ('"okx:BTC/USDT"', '"okx:ETH/USDT"'),
        ('"okx:BTC/USDT"', '"okx:BTC/USDT", "okx:ETH/USDT"'),
        ("max_daily_loss_pct: 0.015", "max_daily_loss_pct: 0.0150001"),
        ("max_open_positions: 5", "max_open_positions: 4"),
        ("hard_drawdown_pct: 0.10", "hard_drawdown_pct: 0.11"),
    ],
)
def test_the_trading_digest_changes_with_what_is_traded_and_how(old: str, new: str) -> None:
    assert digest(core=changed(CORE, old, new)) != digest()


def test_the_trading_digest_changes_with_the_code_the_profile_and_an_override() -> None:
    assert digest(code="0.1.0+abd") != digest()
    assert digest(changed(RUNTIME, "risk_profile: balanced", "risk_profile: conservative")) != digest()
    environ = {"GOLIVE__RISK_PROFILES__BALANCED__MAX_OPEN_POSITIONS": "4"}
    assert trading_digest(parse(environ=environ).resolve("okx_desktop_paper"), CODE) != digest()


def test_the_trading_digest_follows_values_that_a_session_replaced() -> None:
    resolved = parse().resolve("okx_desktop_paper")
    other = dataclasses.replace(resolved, instruments=(InstrumentId("okx", "ETH", "USDT"),))
    assert trading_digest(other, CODE) != trading_digest(resolved, CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("endpoint: embedded", "endpoint: sandbox"),
        ("endpoint: embedded", "endpoint: http://127.0.0.1:8080"),
        ("# The trading domain", "# A comment"),
        ("hard_drawdown_pct: 0.10", "hard_drawdown_pct: 0.1000"),
        ("max_open_positions: 3", "max_open_positions: 2"),
        ("keychain_key: okx_paper_trading", "keychain_key: another"),
        ("demo_max_age_days: 7", "demo_max_age_days: 8"),
        ('"okx:BTC/USDT"', '"okx:BTC/USDT", "kraken:ETH/USD"'),
    ],
)
def test_the_trading_digest_stays_when_the_trading_stays(old: str, new: str) -> None:
    assert digest(core=changed(CORE, old, new)) == digest()


def test_the_order_of_parameters_and_instruments_does_not_matter_but_their_kind_does() -> None:
    def with_parameters(text: str) -> str:
        return digest(core=changed(CORE, "parameters: {} ", f"parameters: {{{text}}} "))

    assert with_parameters("a: 1, b: 2.50") == with_parameters("b: 2.5, a: 1.0")
    assert with_parameters("a: 1") != with_parameters("a: '1'")
    assert with_parameters("a: 1") != with_parameters("a: true")
    one = digest(core=changed(CORE, '"okx:BTC/USDT"', '"okx:BTC/USDT", "okx:ETH/USDT"'))
    assert one == digest(core=changed(CORE, '"okx:BTC/USDT"', '"okx:ETH/USDT", "okx:BTC/USDT"'))


def test_the_trading_digest_is_stable_across_releases_of_this_format() -> None:
    values: dict[str, object] = {
        "hard_drawdown_pct": "0.1", "max_daily_loss_pct": "0.015", "max_open_positions": "5", "max_position_pct": "0.05",
        "weekly_loss_pct": "0.07", "portfolio_exposure_pct": "0.65", "target_volatility": "0.11", "stop_loss_atr_multiple": "1.5",
        "trade_risk_pct": "0.01", "max_cost_to_profit_ratio": "0.25", "price_collar_pct": "0.02", "reference_max_age_seconds": "5",
        "max_order_quantity": {}, "max_order_notional": None, "max_orders_per_minute": "60", "duplicate_window_seconds": "2",
        "max_open_orders": "20", "repeated_execution_limit": "10", "cooldown_after_loss_minutes": None,
        "stop_loss_guard_count": None, "stop_loss_guard_minutes": "60", "max_consecutive_losses": None, "symbol_locks": [],
        "trading_windows": [], "stale_data_seconds": "60",
    }  # fmt: skip
    document = {
        "adapter": "okx_spot", "code_version": "0.1.0+abc", "format": "golive.trading_digest.v1",
        "instruments": ["okx:BTC/USDT"], "risk_profile": {"name": "balanced", "values": values},
        "strategy": {"name": "multi_strategy_default", "parameters": {}, "timeframe": "1m"},
    }  # fmt: skip
    expected = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert digest() == hashlib.sha256(expected.encode()).hexdigest()
    assert parse().core.risk_profiles["balanced"].hard_drawdown_pct == Decimal("0.10")


def test_the_file_digest_is_that_of_the_bytes_whatever_is_overridden() -> None:
    files = parse(environ={"GOLIVE__IO_QUEUE__BURST": "20"}).file_digest
    assert files.as_json() == {
        "runtime_sha256": hashlib.sha256(RUNTIME.encode()).hexdigest(),
        "core_sha256": hashlib.sha256(CORE.encode()).hexdigest(),
        "execution_sha384": hashlib.sha384(EXECUTION.encode()).hexdigest(),
    }
    commented = parse(RUNTIME + "# more\n").file_digest
    assert commented.runtime_sha256 != files.runtime_sha256
    assert commented.core_sha256 == files.core_sha256


@pytest.mark.parametrize(
    ("old", "new", "is_the_same"),
    [
        ("max_queue_wait_seconds: 5 ", "max_queue_wait_seconds: 5.0 ", True),
        ("    degrade: alert  ", "    degrade: 'alert'  ", True),
        ("max_queue_size: 1024", "max_queue_size: 1024  # as many", True),
        ("max_queue_size: 1024", "max_queue_size: 1025", False),
        ("routes: []", "routes: [{name: a, adapters: [okx_spot]}]", False),
        ("demo_max_age_days: 7", "demo_max_age_days: 8", True),
    ],
)
def test_the_digest_of_the_execution_section_follows_its_meaning(old: str, new: str, is_the_same: bool) -> None:
    section = parse(core=changed(CORE, old, new)).file_digest.execution_sha384
    assert (section == parse().file_digest.execution_sha384) is is_the_same


def test_a_file_without_the_section_has_the_digest_of_nothing() -> None:
    start = CORE.index("\nexecution:")
    without = CORE[:start] + CORE[CORE.index("\nreadiness:") :]
    assert parse(core=without).file_digest.execution_sha384 == hashlib.sha384(b"{}").hexdigest()
    environ = {"GOLIVE__EXECUTION__LIVE_ROUTER__MAX_QUEUE_SIZE": "7"}
    assert parse(environ=environ).file_digest == parse().file_digest
