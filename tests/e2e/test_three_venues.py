"""Three monitored venues: each can be the one that trades, and whatever another one does is said and holds nobody up."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.forked_golive import ForkedHome
from support.golive_process import ROOT, Home, venue_of, wait_for_file
from support.runbook_names import FinishedRun, entries_for, report_paths, unmet, without
from support.venue_process import venue_process

pytestmark = pytest.mark.e2e_demo_paper
SHORT = ("--candles", "400")
LABELS = ("okx", "kraken", "bybit")
MONITORED = sorted(f"{label}_desktop_paper" for label in LABELS)
QUOTES = {"okx": "USDT", "kraken": "USD", "bybit": "USDT"}
KRAKEN_ENDPOINT = "GOLIVE__ENVIRONMENTS__KRAKEN_PAPER__ENDPOINT"
RATES = {"okx": (8, 10), "kraken": (25, 40), "bybit": (10, 10)}
"""maker and taker, basis points"""


@dataclass(frozen=True)
class Walk:
    """A home in which demo and paper of one venue have passed."""

    label: str
    home: Home
    demo: dict[str, Any]
    paper: dict[str, Any]

    @property
    def entrypoint(self) -> str:
        return f"{self.label}_desktop_paper"


@pytest.fixture(scope="module", params=LABELS)
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    home, label = ForkedHome(tmp_path_factory.mktemp(request.param)), request.param
    reports = []
    for mode in ("demo", "paper"):
        done = home.run(mode, "--entrypoint", f"{label}_desktop_paper", *SHORT)
        assert done.code == 0, done.stderr + done.stdout[-2000:]
        reports.append(done.report)
    return Walk(label, home, *reports)


def test_the_reference_run_is_all_clear_for_all_three(walk: Walk) -> None:
    for report in (walk.demo, walk.paper):
        section = report["paper_exchange_metrics"]
        summary = section["summary"]
        assert sorted(section) == sorted([*MONITORED, "summary"])
        assert (summary["status"], summary["phase"], summary["entrypoints"]) == ("ok", "stable", 3)
        assert [summary[f"{kind}_entrypoints"] for kind in ("ok", "breached", "unknown")] == [3, 0, 0]
        assert summary["ok_entrypoint_names"] == summary["monitored_entrypoint_names"] == MONITORED
        assert summary["breached_entrypoint_names"] == summary["unknown_entrypoint_names"] == []
        for name in ("total_breaches", "missing_metrics", "invalid_thresholds", "missing_error_severities"):
            assert summary[name] == 0, name
        for name in (
            "missing_metrics_entrypoints", "invalid_thresholds_entrypoints", "breached_thresholds_entrypoints",
            "breach_counts_by_metric", "threshold_breach_counts", "missing_metric_counts", "invalid_threshold_counts",
            "missing_error_severity_counts", "missing_error_severity_entrypoints",
        ):  # fmt: skip
            assert summary[name] == {}, name
        for name in ("metric_coverage", "threshold_coverage", "network_error_severity_coverage"):
            assert set(summary[f"{name}_ratio"].values()) == {1.0}, name
            assert all(names == MONITORED for names in summary[f"{name}_entrypoints"].values()), name
            assert len(summary[f"{name}_entrypoints"]) == 3, name
        assert summary["metric_coverage_score"] == summary["threshold_coverage_score"] == 1.0
        assert summary["network_error_severity_totals"] == {"critical": 0, "error": 0, "warning": 0}
        for name in MONITORED:
            entry = section[name]
            assert (entry["status"], entry["breaches"], entry["health_status"]) == ("ok", [], 1.0)
            assert (entry["rate_limited_events"], entry["network_errors"]) == (0, 0)
        assert {name: section[name]["thresholds"]["network_errors_max"] for name in MONITORED} == {
            "bybit_desktop_paper": 0, "kraken_desktop_paper": 0, "okx_desktop_paper": 1,
        }  # fmt: skip
        assert (report["status"], report["exit_code"], report["errors"], report["warnings"]) == ("success", 0, [], [])
        failover = report["measured"]["failover_status"]
        assert (failover["reconnect_required"], sorted(failover["adapters"])) == (0, MONITORED)
        assert not any(status["throttle_active"] for status in failover["adapters"].values())
        assert {row["queue"]: row["severity"] for row in report["guardrails"]["summaries"]} == {
            f"{label}_spot": "normal" for label in LABELS
        }


def test_a_passed_session_traded_and_its_books_balance(walk: Walk) -> None:
    outcome, quote = walk.paper["outcome"], QUOTES[walk.label]
    assert outcome["market"]["candles"] == 400
    assert len(outcome["fills"]) > 0
    pnl = {
        name: Decimal(value)
        for name, value in outcome["pnl"].items()
        if name not in ("quote_asset", "return_ratio", "max_drawdown_ratio")
    }
    assert outcome["pnl"]["quote_asset"] == quote
    assert pnl["start_equity"] == 100_000
    assert pnl["net"] == pnl["end_equity"] - pnl["start_equity"] == pnl["realized"] + pnl["unrealized"]
    held = sum(Decimal(p["value"]) for p in outcome["positions"])
    assert Decimal(outcome["balances"][quote]["end"]) + held == pytest.approx(pnl["end_equity"], abs=Decimal("0.01"))
    assert all(row["reserved"] == "0" for row in outcome["balances"].values())
    spent = Decimal(0)
    for fill in outcome["fills"]:
        sign = 1 if fill["side"] == "sell" else -1
        spent += sign * Decimal(fill["quantity"]) * Decimal(fill["price"])
        spent -= Decimal(fill["fee"]) if fill["fee_asset"] == quote else 0
    assert Decimal(outcome["balances"][quote]["end"]) - Decimal(outcome["balances"][quote]["start"]) == spent


def test_fills_are_charged_as_the_venue_charges(walk: Walk) -> None:
    quote = QUOTES[walk.label]
    maker, taker = RATES[walk.label]
    for fill in walk.paper["outcome"]["fills"]:
        buys_base = fill["side"] == "buy" and walk.label != "kraken"
        assert fill["fee_asset"] == ("BTC" if buys_base else quote)
        charged = Decimal(fill["quantity"]) * (1 if buys_base else Decimal(fill["price"]))
        rate = Decimal(maker if fill["liquidity"] == "maker" else taker) / 10_000
        assert Decimal(fill["fee"]) == pytest.approx(charged * rate, abs=Decimal("0.00000001"))


def test_the_report_obeys_its_schema_and_stands_in_three_files(walk: Walk) -> None:
    report = walk.paper
    schema = json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(report)
    assert json.loads((walk.home.path / report["report_json"]).read_text()) == report
    for name in ("report_markdown", "report_html"):
        text = (walk.home.path / report[name]).read_text()
        assert all(monitored in text for monitored in MONITORED)
        assert report["outcome"]["pnl"]["end_equity"].split(".")[0][-3:] in text.replace(",", "").replace("\u202f", "")


def test_the_stage_record_binds_what_was_traded(walk: Walk) -> None:
    lines = (walk.home.path / f"var/audit/stage/{walk.entrypoint}.jsonl").read_text().splitlines()
    bodies = [json.loads(line)["body"] for line in lines if json.loads(line)["type"] == "stage_record"]
    assert [b["stage"] for b in bodies] == ["demo", "paper"]
    for body, report in zip(bodies, (walk.demo, walk.paper), strict=True):
        assert body["environment"] == f"{walk.label}_paper"
        assert body["trading_digest"] == report["trading_digest"]
        assert body["outcome_sha256"] == report["outcome_sha256"]
        assert (body["evidence_class"], body["key_class"], body["ok_window_seconds"]) == ("embedded", "development", 0)


def test_every_journal_the_session_left_verifies(walk: Walk) -> None:
    done = walk.home.golive("audit", "verify", "--all")
    assert done.code == 0, done.stdout + done.stderr


def test_the_key_was_examined_and_the_venue_is_the_right_one(walk: Walk) -> None:
    validation = walk.paper["validation"]
    assert (validation["credentials_validated"], validation["observed_permissions"]) == (True, ["read", "trade"])
    assert (validation["secret_source"], validation["sandbox_mode"]) == ("embedded", False)
    assert walk.paper["outcome"]["market"]["instruments"][0]["instrument"] == f"{walk.label}:BTC/{QUOTES[walk.label]}"


def test_three_venues_cost_little(walk: Walk) -> None:
    for report in (walk.demo, walk.paper):
        assert report["measured"]["memory_mib"] < 300
        assert report["measured"]["startup_seconds"] < 15, "two cores shared with others; alone it is below 2 s"


def test_a_demo_of_one_venue_does_not_open_paper_on_another(walk: Walk) -> None:
    other = LABELS[LABELS.index(walk.label) - 1]
    done = walk.home.run("paper", "--entrypoint", f"{other}_desktop_paper", *SHORT)
    assert done.code == 3
    assert f"golive run --mode demo --entrypoint {other}_desktop_paper" in done.report["errors"][0]


# -- what the operators' documents name


def test_every_path_and_value_that_the_runbooks_name_holds_on_a_real_run(walk: Walk) -> None:
    run = FinishedRun(walk.home.path, walk.paper)
    assert [f"{entry['at']}: {text}" for entry in entries_for(walk.label) for text in unmet(entry, run)] == []


def test_a_path_that_the_runbooks_name_is_missed_when_it_is_gone_or_says_something_else(walk: Walk) -> None:
    cases = [(entry, path) for entry in entries_for(walk.label) for path in report_paths(entry)]
    assert len(cases) > 50
    for entry, path in cases:
        for spoiled in (without(walk.paper, path), without(walk.paper, path, {"another": "value"})):
            assert unmet(entry, FinishedRun(walk.home.path, spoiled)), (entry["at"], path)


# -- what another venue does


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the demo of the default entrypoint has passed."""
    home = ForkedHome(tmp_path_factory.mktemp("home"))
    assert home.run("demo", *SHORT).code == 0
    return home


def traded_all_the_same(report: dict[str, Any]) -> dict[str, Any]:
    """Check that the traded venue's market was seen to its end, and return the entry of the hostile one."""
    assert report["outcome"]["market"]["candles"] == 400
    assert len(report["outcome"]["fills"]) > 0
    section = report["paper_exchange_metrics"]
    assert {name: section[name]["status"] for name in ("okx_desktop_paper", "bybit_desktop_paper")} == {
        "okx_desktop_paper": "ok",
        "bybit_desktop_paper": "ok",
    }
    assert report["stage_record"]["stage"] == "demo", "a session that did not pass leaves no record"
    assert report["measured"]["startup_seconds"] < 10, "nobody waits for a venue that is only monitored"
    entry = section["kraken_desktop_paper"]
    assert isinstance(entry, dict)
    return entry


def test_a_monitored_venue_that_is_down_breaches_and_holds_nobody_up(passed: Home) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        done = passed.run("paper", *SHORT, env={KRAKEN_ENDPOINT: f"http://127.0.0.1:{unused.getsockname()[1]}"})
    assert done.code == 5, done.stderr
    entry = traded_all_the_same(done.report)
    assert (entry["status"], entry["health_status"]) == ("breached", 0)
    summary = done.report["paper_exchange_metrics"]["summary"]
    assert (summary["status"], summary["phase"], summary["breached_entrypoint_names"]) == (
        "breached", "stable", ["kraken_desktop_paper"],
    )  # fmt: skip
    assert summary["metric_coverage_score"] == 1.0, "it was measured: it is down"
    assert any(w.startswith("[paper:kraken_desktop_paper]") and "health_min" in w for w in done.report["warnings"])
    failover = done.report["measured"]["failover_status"]
    assert (failover["reconnect_required"], sorted(failover["adapters"])) == (1, MONITORED)
    assert failover["adapters"]["kraken_desktop_paper"]["reconnect_reason"]
    assert any(w.startswith("[venue:kraken_desktop_paper] a connection must be rebuilt") for w in done.report["warnings"])


def test_a_monitored_venue_that_banned_this_host_breaches_and_is_named(passed: Home) -> None:
    """Kraken answers every call with 429 and half an hour: it is asked no more, the report says so, nobody waits."""
    with venue_process(dialect="kraken", speed="1") as venue:
        venue.add_fault("http_429", retry_after=1800)
        done = passed.run("paper", *SHORT, env={KRAKEN_ENDPOINT: venue.rest})
        asked = len(venue.requests())
    assert done.code == 5, done.stderr
    entry = traded_all_the_same(done.report)
    assert (entry["status"], entry["health_status"], entry["rate_limited_events"]) == ("breached", 0, 1)
    assert asked == 1, "a venue that wants to be left alone is left alone"
    failover = done.report["measured"]["failover_status"]
    told = failover["adapters"]["kraken_desktop_paper"]
    assert (failover["reconnect_required"], told["throttle_active"], told["reconnect_required"]) == (0, True, False)
    assert 1700 < told["throttle_remaining_seconds"] <= 1800
    assert "429" in told["throttle_reason"]
    assert any(w.startswith("[venue:kraken_desktop_paper] is to be left alone for 1") for w in done.report["warnings"])
    jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())).validate(
        done.report
    )


@pytest.fixture
def silent() -> Iterator[str]:
    """A venue that takes connections and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_monitored_venue_that_hangs_breaches_within_bounds(passed: Home, silent: str) -> None:
    began = time.monotonic()
    done = passed.run("paper", *SHORT, env={KRAKEN_ENDPOINT: silent})
    assert done.code == 5, done.stderr
    assert time.monotonic() - began < 45
    entry = traded_all_the_same(done.report)
    assert (entry["status"], entry["health_status"]) == ("breached", 0)


def test_refusals_of_a_monitored_venue_are_its_own_breach(passed: Home) -> None:
    with venue_process("--fault", "http_429,count=2,retry_after=0.1", dialect="kraken", speed="1") as venue:
        done = passed.run("paper", *SHORT, env={KRAKEN_ENDPOINT: venue.rest})
    assert done.code == 5, done.stderr
    entry = traded_all_the_same(done.report)
    assert (entry["status"], entry["health_status"]) == ("breached", 1.0)
    assert entry["rate_limited_events"] in (1, 2), "the answer to one probe may be on its way when the market ends"
    assert "rate_limit_max" in {breach["threshold"] for breach in entry["breaches"]}
    assert any(w.startswith("[paper:kraken_desktop_paper]") and "rate_limit_max" in w for w in done.report["warnings"])


def test_a_monitored_venue_that_does_not_come_up_is_unknown_and_said(passed: Home) -> None:
    too_fine = {"GOLIVE__EXECUTION__PAPER_PROFILES__KRAKEN_PAPER__START_BALANCES__USD": "0.123456789012345"}
    done = passed.run("paper", *SHORT, env=too_fine)
    assert done.code == 6, done.stderr
    entry = traded_all_the_same(done.report)
    assert (entry["status"], entry["health_status"], len(entry["missing_metrics"])) == ("unknown", None, 3)
    summary = done.report["paper_exchange_metrics"]["summary"]
    assert summary["unknown_entrypoint_names"] == ["kraken_desktop_paper"]
    assert summary["metric_coverage_ratio"]["bot_exchange_health_status"] == 0.6667
    assert any("kraken_desktop_paper could not be opened" in w and "decimals" in w for w in done.report["warnings"])


def test_a_session_that_ends_or_is_killed_takes_all_its_venues_along(tmp_path: Path) -> None:
    for signum in (signal.SIGTERM, signal.SIGKILL):
        home, ready = ForkedHome(tmp_path / signum.name), tmp_path / f"{signum.name}.json"
        process = home.start("demo", "--candles", "200000", "--ready-file", str(ready))
        wait_for_file(ready)
        children = psutil.Process(process.pid).children()
        assert len(children) == 3
        process.send_signal(signum)
        process.communicate(timeout=30)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive


# -- the page of metrics


def exposition(url: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read a metrics page: (name, sorted labels) → value."""
    with urllib.request.urlopen(url, timeout=10) as response:
        text = response.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def settled(url: str, ready: Callable[[dict[Any, float]], bool]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the page until it is ready; the monitored venues are probed while the session already trades."""
    deadline = time.monotonic() + 30
    while not ready(page := exposition(url)):
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
    return page


def test_the_metrics_page_shows_three_healthy_venues(tmp_path: Path) -> None:
    home, ready = ForkedHome(tmp_path), tmp_path / "ready.json"
    process = home.start("demo", "--candles", "200000", "--ready-file", str(ready))
    try:
        wait_for_file(ready)
        document = json.loads(ready.read_text())
        assert (document["schema"], document["event"], document["pid"], document["stage"]) == (
            "golive.ready.v1", "ready", process.pid, "demo",
        )  # fmt: skip
        labels = {label: (("environment", f"{label}_paper"), ("exchange", label)) for label in LABELS}
        health = {("bot_exchange_health_status", labels[label]) for label in LABELS}
        page = settled(document["metrics_url"], lambda p: all(p.get(each) == 1 for each in health))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    for label in LABELS:
        assert page["bot_exchange_rate_limited_total", labels[label]] == 0
        assert page["bot_exchange_reconnect_required", (("exchange", label),)] == 0
        for severity in ("warning", "error", "critical"):
            assert page["bot_exchange_errors_total", (*labels[label], ("severity", severity))] == 0
        assert page["bot_exchange_requests_total", (*labels[label], ("status", "ok"))] > 0
        queue = (("environment", f"{label}_paper"), ("queue", f"{label}_spot"))
        assert page["exchange_io_inflight", queue] <= 3
        assert page["exchange_io_pending", queue] <= 3
    names = {name for name, _ in page}
    assert {"golive_build_info", "risk_decisions_total"} <= names


def test_a_monitored_venue_that_dies_turns_its_gauges_and_its_entry_and_no_others(tmp_path: Path) -> None:
    home, ready = ForkedHome(tmp_path), tmp_path / "ready.json"
    quick = {
        "GOLIVE__OBSERVABILITY__HEALTH__PROBE_INTERVAL_SECONDS": "0.5",
        "GOLIVE__OBSERVABILITY__HEALTH__STALE_AFTER_SECONDS": "20",
    }
    process = home.start("demo", "--candles", "200000", "--ready-file", str(ready), env=quick)
    gauges = {label: ("bot_exchange_health_status", (("environment", f"{label}_paper"), ("exchange", label))) for label in LABELS}
    reconnect = {label: ("bot_exchange_reconnect_required", (("exchange", label),)) for label in LABELS}
    try:
        wait_for_file(ready)
        url = json.loads(ready.read_text())["metrics_url"]
        settled(url, lambda page: all(page.get(gauge) == 1 for gauge in gauges.values()))
        venue_of(process, "kraken").kill()
        page = settled(url, lambda page: page[gauges["kraken"]] == 0 and page[reconnect["kraken"]] == 1)
    finally:
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=60)
    assert (page[gauges["okx"]], page[gauges["bybit"]]) == (1, 1)
    assert (page[reconnect["okx"]], page[reconnect["bybit"]]) == (0, 0)
    assert process.returncode == 5, stderr
    report = json.loads(stdout)
    section = report["paper_exchange_metrics"]
    assert section["summary"]["breached_entrypoint_names"] == ["kraken_desktop_paper"]
    assert section["kraken_desktop_paper"]["health_status"] == 0
    assert section["kraken_desktop_paper"]["network_errors"] > 0
    assert report["outcome"]["market"]["candles"] > 100, "the traded market went on"
    assert report["errors"] == []
