"""The alert rules in `deploy/prometheus/`: they follow from the configuration, and each fires beyond its limit and not at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from golive.config import Configuration
from golive.model.clock import SECOND
from golive.observability import alert_rules as rules
from golive.observability.alert_rules import counted, duration
from golive.risk import RiskEngine
from golive.risk.band import WARN_SHARE
from golive.risk.limit_state import STOOD_AT
from golive.runtime.monitoring import differing, rule_files
from golive.security.rotation import WARNING_NS
from golive.storage.writer import LONGEST_WAIT_S
from support.configuration import CORE, ROOT, RUNTIME, changed, parse
from support.promtool import firing, needs_promtool, promtool
from support.risk_case import profile

FOLDER = ROOT / "deploy/prometheus"
FILES = sorted(FOLDER.glob("*.rules.yml"))
OKX, KRAKEN = '{exchange="okx",environment="okx_paper"}', '{exchange="kraken",environment="kraken_paper"}'
QUEUE = '{queue="okx_spot",environment="okx_paper"}'


class Case(NamedTuple):
    """Values every 15 s of some series, and what fires of this alert at that time."""

    alert: str
    what: str
    series: Mapping[str, str]
    at: str
    severity: str | None


def errors(**by_severity: str) -> dict[str, str]:
    return {
        f'bot_exchange_errors_total{{exchange="okx",environment="okx_paper",severity="{severity}"}}': values
        for severity, values in {"warning": "0x400", "error": "0x400", "critical": "0x400", **by_severity}.items()
    }


def latencies(within: int, beyond: int) -> dict[str, str]:
    """So many answers per 15 s within 350 ms, and so many between that and half a second."""
    start = 'live_execution_latency_seconds_bucket{exchange="okx",route="spot",result="accepted",le='
    counts = {"0.25": 0, "0.35": within, "0.5": within + beyond, "1.0": within + beyond, "+Inf": within + beyond}
    return {f'{start}"{bound}"}}': f"0+{count}x40" for bound, count in counts.items()}


def fallbacks(never_sent: str, queue_full: str) -> dict[str, str]:
    start = 'live_orders_fallback_total{route="spot",from_exchange="okx",to_exchange="bybit",reason='
    return {f'{start}"never_sent"}}': never_sent, f'{start}"queue_full"}}': queue_full}


def used(limit: str, values: str) -> dict[str, str]:
    return {f'risk_used_ratio{{entrypoint="okx_desktop_paper",limit="{limit}"}}': values}


def waits(seconds: str, count: str) -> dict[str, str]:
    return {
        f"exchange_io_rate_limit_wait_seconds_sum{QUEUE}": seconds,
        f"exchange_io_rate_limit_wait_seconds_count{QUEUE}": count,
    }


def undelivered(failed: str, sent: str, channel: str = "mail") -> dict[str, str]:
    labels = f'{{entrypoint="okx_desktop_paper",channel="{channel}",severity='
    failures = {
        f'alerts_failed_total{labels}"{severity}"}}': values for severity, values in (("info", "0x90"), ("critical", failed))
    }
    return failures | ({f'alerts_sent_total{labels}"critical"}}': sent} if sent else {})


def rotation_due(values: str) -> dict[str, str]:
    return {'golive_rotation_due_seconds{key="okx_live_trading",entrypoint="okx_desktop_live"}': values}


LIMITED, HEALTH = f"bot_exchange_rate_limited_total{OKX}", f"bot_exchange_health_status{OKX}"
SESSION = '{entrypoint="okx_desktop_paper"}'
CASES = (
    Case("ExchangeRateLimited", "none", {LIMITED: "0x400"}, "80m", None),
    Case("ExchangeRateLimited", "one", {LIMITED: "0x20 1x400"}, "6m", "error"),
    Case("ExchangeRateLimited", "one before the first scrape", {LIMITED: "1x400"}, "1m", "error"),
    Case("ExchangeRateLimited", "one an hour ago", {LIMITED: "0x20 1x400"}, "80m", None),
    Case("ExchangeRateLimited", "many of an earlier process", {LIMITED: "0x20 7x20 0x100"}, "15m", None),
    Case("ExchangeRateLimited", "one after a restart", {LIMITED: "0x20 7x20 0x10 1x100"}, "20m", "error"),
    Case("ExchangeRateLimited", "one after a restart, fewer than an hour ago", {LIMITED: "7x250 0x10 1x100"}, "70m", "error"),
    Case("ExchangeErrors", "as many as allowed", errors(warning="0x20 1x300"), "10m", None),
    Case("ExchangeErrors", "as many as allowed, scraped twice", errors(warning="0 1x300"), "15s", None),
    Case("ExchangeErrors", "two of one severity", errors(warning="0x20 2x300"), "10m", "error"),
    Case("ExchangeErrors", "two of two severities", errors(warning="0x20 1x300", error="0x10 1x300"), "10m", "error"),
    Case("ExchangeErrors", "one on a venue that allows none",
         {'bot_exchange_errors_total{exchange="kraken",environment="kraken_paper",severity="warning"}': "0x20 1x300"}, "10m", "error"),
    Case("ExchangeErrors", "many elsewhere",
         {'bot_exchange_errors_total{exchange="kraken",environment="kraken_live",severity="warning"}': "0x20 9x300"}, "10m", None),
    Case("ExchangeHealthLow", "at the limit", {HEALTH: "1x40"}, "10m", None),
    Case("ExchangeHealthLow", "until the first probe is done", {HEALTH: "0x2 1x40"}, "15s", None),
    Case("ExchangeHealthLow", "below it", {HEALTH: "1x10 0x30"}, "5m", "critical"),
    Case("ExchangeHealthLow", "just below it", {HEALTH: "1x10 0.999x30"}, "5m", "critical"),
    Case("ExchangeHealthLow", "another venue", {f"bot_exchange_health_status{KRAKEN}": "0x30"}, "5m", "critical"),
    Case("ExchangeCriticalError", "errors that are none", errors(error="0x4 9x100"), "3m", None),
    Case("ExchangeCriticalError", "one", errors(critical="0x4 1x100"), "3m", "critical"),
    Case("ExchangeCriticalError", "one on a venue with a live environment",
         {'bot_exchange_errors_total{exchange="okx",environment="okx_live",severity="critical"}': "0x4 1x100"}, "3m", "critical"),
    Case("ExchangeCriticalError", "one long ago", errors(critical="0x4 1x100"), "7m", None),
    Case("ExchangeReconnectRequired", "no", {'bot_exchange_reconnect_required{exchange="okx"}': "0x9"}, "1m", None),
    Case("ExchangeReconnectRequired", "yes", {'bot_exchange_reconnect_required{exchange="okx"}': "0 1x9"}, "1m", "error"),
    Case("IoQueueTimeouts", "none", {f"exchange_io_timeout_total{QUEUE}": "0x40"}, "5m", None),
    Case("IoQueueTimeouts", "one", {f"exchange_io_timeout_total{QUEUE}": "0x4 1x40"}, "5m", "error"),
    Case("IoQueueWaitsLong", "no waits", waits("0x40", "0x40"), "5m", None),
    Case("IoQueueWaitsLong", "below a second on average", waits("0x4 1.9x40", "0x4 2x40"), "3m", None),
    Case("IoQueueWaitsLong", "a second on average", waits("0x4 2x40", "0x4 2x40"), "3m", "warning"),
    Case("LiveExecutionLatencyHigh", "no orders", latencies(0, 0), "8m", None),
    Case("LiveExecutionLatencyHigh", "one in twenty slow", latencies(95, 5), "8m", None),
    Case("LiveExecutionLatencyHigh", "more than one in twenty", latencies(94, 6), "8m", "warning"),
    Case("LiveOrdersFallback", "two", fallbacks("0x4 1x90", "0x8 1x90"), "10m", None),
    Case("LiveOrdersFallback", "three", fallbacks("0x4 1x90", "0x8 2x90"), "10m", "warning"),
    Case("LiveOrdersFallback", "three a quarter of an hour ago", fallbacks("0x4 1x90", "0x8 2x90"), "20m", None),
    Case("LiveOrderUnknown", "none", {'live_orders_unknown{exchange="okx"}': "0x9"}, "1m", None),
    Case("LiveOrderUnknown", "one", {'live_orders_unknown{exchange="okx"}': "0 1x9"}, "1m", "critical"),
    Case("LiveBreakerOpen", "closed", {'live_breaker_open{exchange="okx"}': "0x9"}, "2m", None),
    Case("LiveBreakerOpen", "for a moment", {'live_breaker_open{exchange="okx"}': "0 1x9"}, "30s", None),
    Case("LiveBreakerOpen", "for half a minute", {'live_breaker_open{exchange="okx"}': "0 1x9"}, "45s", "error"),
    Case("LiveLogStalled", "as long as allowed", {'live_journal_stalled_seconds{exchange="okx"}': "0 0.25x9"}, "1m", None),
    Case("LiveLogStalled", "longer, for one export", {'live_journal_stalled_seconds{exchange="okx"}': "0 0.26 0x9"}, "1m", "critical"),
    Case("LiveDeskSilent", "alive", {'live_heartbeat_timestamp_seconds{exchange="okx"}': "1+15x40"}, "5m", None),
    Case("LiveDeskSilent", "ended in order", {'live_heartbeat_timestamp_seconds{exchange="okx"}': "1+15x4 0x40"}, "5m", None),
    Case("LiveDeskSilent", "a minute", {'live_heartbeat_timestamp_seconds{exchange="okx"}': "150x40"}, "3m30s", None),
    Case("LiveDeskSilent", "longer", {'live_heartbeat_timestamp_seconds{exchange="okx"}': "150x40"}, "3m45s", "critical"),
    Case("RiskLimitBreached", "nearly", used("max_daily_loss_pct", "0.9999x9"), "1m", None),
    Case("RiskLimitBreached", "a stop reached", used("max_daily_loss_pct", "1x9"), "1m", "critical"),
    Case("RiskLimitBreached", "a size grown past its limit", used("max_position_pct", "1.2x9"), "1m", None),
    Case("RiskLimitNear", "below", used("max_position_pct", "0.7999x9"), "1m", None),
    Case("RiskLimitNear", "at", used("max_position_pct", "0.8x9"), "1m", "warning"),
    Case("EmergencyMode", "off", {'risk_emergency_mode{profile="balanced"}': "0x9"}, "1m", None),
    Case("EmergencyMode", "on", {'risk_emergency_mode{profile="balanced"}': "0 1x9"}, "1m", "critical"),
    Case("LogStalled", "as long as allowed", {f"golive_journal_stalled_seconds{SESSION}": "0 0.25x9"}, "1m", None),
    Case("LogStalled", "longer, for a moment", {f"golive_journal_stalled_seconds{SESSION}": "0 0.26 0x9"}, "1m", "critical"),
    Case("LogStalled", "longer, a while ago", {f"golive_journal_stalled_seconds{SESSION}": "0 0.26 0x9"}, "2m", None),
    Case("SessionSilent", "alive", {f"golive_heartbeat_timestamp_seconds{SESSION}": "1+15x40"}, "5m", None),
    Case("SessionSilent", "before its first turn", {f"golive_heartbeat_timestamp_seconds{SESSION}": "0x40"}, "5m", None),
    Case("SessionSilent", "half a minute", {f"golive_heartbeat_timestamp_seconds{SESSION}": "150x40"}, "3m", None),
    Case("SessionSilent", "longer", {f"golive_heartbeat_timestamp_seconds{SESSION}": "150x40"}, "3m15s", "critical"),
    Case("AlertsNotDelivered", "nothing to be told", undelivered("0x90", "0x90"), "10m", None),
    Case("AlertsNotDelivered", "delivered by the next attempt", undelivered("0x4 1x90", "0x5 1x90"), "10m", None),
    Case("AlertsNotDelivered", "less than a minute ago", undelivered("0x4 1x90", "0x90"), "2m", None),
    Case("AlertsNotDelivered", "not delivered", undelivered("0x4 1x90", "0x90"), "2m30s", "error"),
    Case("AlertsNotDelivered", "delivered by another channel",
         undelivered("0x4 1x90", "0x90") | undelivered("0x90", "0x4 1x90", "chat"), "10m", "error"),
    Case("AlertsNotDelivered", "a quarter of an hour ago", undelivered("0x4 1x90", "0x90"), "20m", None),
    Case("AlertsNotDelivered", "there is no channel", undelivered("0x4 1x90", "", "__no_channel__"), "10m", "error"),
    Case("AlertChannelUnusable", "it can be used", {'alert_healthcheck_errors_total{channel="mail"}': "0x90"}, "10m", None),
    Case("AlertChannelUnusable", "once", {'alert_healthcheck_errors_total{channel="mail"}': "0x4 1x90"}, "10m", "error"),
    Case("KeyRotationDue", "in a fortnight and a bit", rotation_due("1209615+0x9"), "1m", None),
    Case("KeyRotationDue", "in a fortnight", rotation_due("1209600x9"), "1m", "warning"),
    Case("KeyRotationDue", "in a moment", rotation_due("1x9"), "1m", "warning"),
    Case("KeyRotationDue", "overdue", rotation_due("-1x9"), "1m", None),
    Case("KeyRotationOverdue", "in a moment", rotation_due("1x9"), "1m", None),
    Case("KeyRotationOverdue", "since a second", rotation_due("-1x9"), "1m", "critical"),
    Case("KeyRotationOverdue", "never rotated", rotation_due("0x9"), "1m", "critical"),
    Case("AlertChannelUnusable", "until a while ago", {'alert_healthcheck_errors_total{channel="mail"}': "0x4 3x90"}, "20m", None),
)  # fmt: skip


@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.what}")
def test_an_alert_fires_beyond_its_limit_and_not_at_it(case: Case, tmp_path: Path) -> None:
    assert firing(FILES, case.series, case.at, tmp_path).get(case.alert) == case.severity


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    alerts = {rule["alert"] for rule in committed()}
    assert {case.alert for case in CASES if case.severity} == {case.alert for case in CASES if not case.severity} == alerts


def test_the_committed_files_are_what_the_shipped_configuration_makes() -> None:
    assert differing(FOLDER, rule_files(parse())) == []
    assert {path.name for path in FOLDER.iterdir()} == set(rule_files(parse()))


@needs_promtool
def test_promtool_takes_rules_and_configuration() -> None:
    promtool("check", "rules", *FILES)
    promtool("check", "config", FOLDER / "prometheus.yml")


@pytest.mark.parametrize(
    ("runtime", "core", "alert", "before", "after"),
    [
        (("rate_limit_max: 0", "rate_limit_max: 2"), None, "ExchangeRateLimited", "> 0", "> 2"),
        (("network_errors_max: 1", "network_errors_max: 4"), None, "ExchangeErrors", "> 1", "> 4"),
        (("health_min: 1.0", "health_min: 0.5"), None, "ExchangeHealthLow", "< 1.0", "< 0.5"),
        (("window_seconds: 3600", "window_seconds: 90"), None, "ExchangeErrors", "[1h]", "[90s]"),
        (("window_seconds: 3600", "window_seconds: 90"), None, "ExchangeRateLimited", "[1h]", "[90s]"),
        (("window_seconds: 3600", "window_seconds: 90"), None, "IoQueueTimeouts", "[1h]", "[90s]"),
        (("probe_interval_seconds: 30", "probe_interval_seconds: 0.5"), None, "ExchangeHealthLow", "for 30s", "for 500ms"),
        (None, ("latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 500"), "LiveExecutionLatencyHigh", "> 0.35", "> 0.5"),
        (None, ("fallback_alert_threshold: 3", "fallback_alert_threshold: 1"), "LiveOrdersFallback", ">= 3", ">= 1"),
    ],
)  # fmt: skip
def test_a_changed_threshold_changes_the_rule(
    runtime: tuple[str, str] | None, core: tuple[str, str] | None, alert: str, before: str, after: str
) -> None:
    configuration = parse(changed(RUNTIME, *runtime) if runtime else RUNTIME, changed(CORE, *core) if core else CORE)
    assert any(before in text for text in texts(parse(), alert))
    assert any(after in text for text in texts(configuration, alert))
    assert differing(FOLDER, rule_files(configuration)), "and the committed files are no longer right"


def texts(configuration: Configuration, alert: str) -> list[str]:
    every = [rule for file in rules.alert_rules(configuration) for rule in file.rules]
    return [
        f"{rule.expression} for {duration(rule.hold_s)}"
        for rule in every
        if rule.alert == alert and "bybit" not in rule.expression
    ]


def test_a_breached_limit_is_told_for_every_limit_of_risk_that_stops() -> None:
    limits = {each: 0 if each == "max_open_positions" else Decimal(0) for each in STOOD_AT}
    uses = RiskEngine(profile(**limits)).uses()
    assert {each.limit for each in uses} == set(STOOD_AT)
    assert {each.limit for each in uses if each.band == "breach"} == set(rules.STOPS)
    [expression] = [each["expr"] for each in committed() if each["alert"] == "RiskLimitBreached"]
    assert all(limit in expression for limit in rules.STOPS)


def test_prometheus_reads_a_session_by_one_job_alone() -> None:
    text = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    assert [each["job_name"] for each in yaml.safe_load(text)["scrape_configs"]] == ["golive"]
    _, other = text.split("# - job_name: ")
    jobs = yaml.safe_load("".join(line.removeprefix("# ") for line in f"# - job_name: {other}".splitlines(keepends=True)))
    assert [each["job_name"] for each in jobs] == ["golive_files"]


def test_limits_that_are_written_down_twice_agree() -> None:
    assert rules.NEAR_SHARE == WARN_SHARE
    assert rules.STALLED_S == LONGEST_WAIT_S
    assert rules.ROTATION_WARNING_S * SECOND == WARNING_NS


def test_a_time_is_written_as_promql_reads_it() -> None:
    assert [duration(s) for s in (0.25, 1, 90, 300, 3600, 86_400, 90_000)] == ["250ms", "1s", "90s", "5m", "1h", "1d", "25h"]
    assert counted("x", 60) == "(x - x offset 1m unless resets(x[1m]) > 0 or x)"


def committed() -> Iterator[dict[str, str]]:
    for path in FILES:
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def test_every_alert_says_how_grave_it_is_and_what_to_do() -> None:
    for rule in rules.alert_rules(parse()):
        for each in rule.rules:
            assert each.severity in ("warning", "error", "critical")
            assert each.summary
            assert each.action.endswith((".", "?"))
