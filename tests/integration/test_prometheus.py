"""A real Prometheus scrapes a session of ours; the venue breaks; the alert fires there and arrives by Alertmanager."""

from __future__ import annotations

import hashlib
import json
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from golive.config.runtime_file import Prometheus
from golive.metrics.declaration import DECLARED, Metric, MetricType
from golive.observability.scrape_text import scrape_text
from support import alert_services
from support.alert_services import keep_urls
from support.forked_golive import ForkedHome
from support.golive_process import Home
from support.prometheus import RunningPrometheus, Webhook, alertmanager, needs_prometheus, prometheus, wait, webhook
from support.published import published
from support.running_paper import PaperSession, opened, paper_session, tidal
from support.venue_process import VenueProcess, venue_process

pytestmark = [pytest.mark.integration, needs_prometheus]
OKX = 'exchange="okx",environment="okx_paper"'
ALERTMANAGER = """
route: {{receiver: test, group_by: [alertname, environment], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: test, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


@dataclass(frozen=True)
class Stand:
    home: Home
    session: PaperSession
    venue: VenueProcess
    prometheus: RunningPrometheus
    webhook: Webhook


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A paper session at speed 1 that is scraped every second by a Prometheus with the rules of its configuration."""
    place = tmp_path_factory.mktemp("stand")
    home = ForkedHome(place / "home")
    tidal(home)
    home.edit("runtime.yaml", "reference_window_seconds: 3600", "reference_window_seconds: 120")
    home.edit("runtime.yaml", "probe_interval_seconds: 30", "probe_interval_seconds: 1")
    home.edit("runtime.yaml", "stale_after_seconds: 90", "stale_after_seconds: 10")
    opened(home)
    made = home.golive("metrics", "rules", "--to", str(place / "rules"))
    assert made.code == 0, made.stderr
    with (
        alert_services.webhook() as channel,
        venue_process("--steps", "100000", speed="1") as venue,
        paper_session(home, venue.rest) as session,
        webhook() as hook,
        alertmanager(place / "alertmanager", ALERTMANAGER.format(url=hook.url)) as manager,
    ):
        keep_urls(home.path, alert_oem_live=channel.url, alert_sec_alerts=channel.url)
        session.start()
        served = urlsplit(json.loads((home.path / "ready.json").read_text())["metrics_url"])
        assert served.hostname
        assert served.port
        where = Prometheus(enabled=True, host=served.hostname, port=served.port, path=served.path)
        rules = sorted(path.name for path in (place / "rules").glob("*.rules.yml"))
        scraped = place / "rules/prometheus.yml"
        scraped.write_text(scrape_text(where, rules, scrape_s=1, alertmanager=manager))
        with prometheus(place / "prometheus", scraped) as running:
            wait(lambda: running.value('up{job="golive"}') == 1, "the session is scraped")
            yield Stand(home, session, venue, running, hook)


def test_a_session_is_scraped_without_fault_and_nothing_fires(stand: Stand) -> None:
    [target] = [each for each in stand.prometheus.ask("targets")["activeTargets"] if each["labels"]["job"] == "golive"]
    assert (target["health"], target["lastError"]) == ("up", "")
    wait(lambda: stand.prometheus.value(f"bot_exchange_health_status{{{OKX}}}") == 1, "the first probe has passed")
    wait(lambda: (stand.prometheus.value("golive_heartbeat_timestamp_seconds") or 0) > 0, "the session lives")
    groups = stand.prometheus.ask("rules")["groups"]
    assert {group["name"] for group in groups} == {
        "golive_exchanges",
        "golive_live_router",
        "golive_risk",
        "golive_security",
        "golive_sessions",
    }
    wait(lambda: all(rule["health"] == "ok" for group in stand.prometheus.ask("rules")["groups"] for rule in group["rules"]),
         "every rule was evaluated")  # fmt: skip
    assert stand.prometheus.firing() == set()
    assert stand.webhook.alerts == []


@pytest.mark.parametrize(
    "declared", [each for each in DECLARED.values() if not each.name.startswith("live_")], ids=lambda each: each.name
)
def test_every_series_of_a_session_exists_from_the_start(stand: Stand, declared: Metric) -> None:
    name = f"{declared.name}_bucket" if declared.type is MetricType.HISTOGRAM else declared.name
    found = stand.prometheus.ask("query", query=name)["result"]
    labels = {*declared.labels, *(["le"] if declared.buckets else [])}
    assert found
    assert {frozenset(each["metric"]) for each in found} == {frozenset({"__name__", "instance", "job", *labels})}
    for label, values in declared.closed.items():
        assert {each["metric"][label] for each in found} == set(values)


def test_a_venue_that_breaks_is_told_and_so_is_its_recovery(stand: Stand) -> None:
    stand.venue.add_fault("http_429", match="/api/v5/public/time")
    expected = {("ExchangeRateLimited", "okx_paper"), ("ExchangeErrors", "okx_paper"), ("ExchangeHealthLow", "okx_paper")}
    wait(lambda: expected <= stand.prometheus.firing(), "the alerts fire in Prometheus")
    others = {(name, environment) for name, environment in stand.prometheus.firing() if environment != "okx_paper"}
    assert others == set(), "the other venues are well"
    wait(lambda: all(stand.webhook.received(name) for name, _ in expected), "the alerts arrive by Alertmanager")
    [health, *_] = stand.webhook.received("ExchangeHealthLow")
    assert health["labels"]["severity"] == "critical"
    assert health["labels"]["exchange"] == "okx"
    assert health["annotations"]["summary"] == "okx_paper: health is 0"
    assert "golive venue check" in health["annotations"]["action"]
    stand.venue.clear_faults()
    wait(lambda: bool(stand.webhook.received("ExchangeHealthLow", "resolved")), "its recovery arrives", 40)
    assert ("ExchangeRateLimited", "okx_paper") in stand.prometheus.firing(), "the window still holds the refusals"
    assert (stand.prometheus.value(f"bot_exchange_rate_limited_total{{{OKX}}}") or 0) > 0


def test_a_snapshot_keeps_what_the_dashboards_show(stand: Stand) -> None:
    words = ("metrics", "snapshot", "--prometheus", stand.prometheus.url, "--minutes", "2", "--json")
    done = stand.home.golive(*words)
    assert done.code == 0, done.stderr
    document = published(done.stdout)
    folder = stand.home.path / "var/audit/metrics"
    [stored] = folder.glob("dashboards_*.json")
    assert stored.read_text() == done.stdout
    drawing = (folder / document["picture"]).read_bytes()
    assert hashlib.sha256(drawing).hexdigest() == document["picture_sha256"]
    assert [each["name"] for each in document["dashboards"]] == ["exchanges", "live_router", "risk", "readiness"]
    [health] = document["dashboards"][0]["panels"][0]["queries"]
    values = {each["legend"]: [value for value in each["values"] if value is not None] for each in health["series"]}
    assert set(values["okx_paper"]) == {"0", "1"}, "it was broken and recovered"
    assert values["kraken_paper"][-1] == "1"
    lengths = {
        len(each["values"]) for d in document["dashboards"] for p in d["panels"] for q in p["queries"] for each in q["series"]
    }
    assert lengths == {121}
    assert all(expression.count("live_") for expression in document["empty_queries"] if "paper" not in expression
               and "bucket" not in expression and "refused" not in expression), document["empty_queries"]  # fmt: skip
    assert document["rules"] > 20
    assert {each["alert"] for each in document["alerts"]} >= {"ExchangeRateLimited"}
    texts = [each.text or "" for each in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 (drawn by us)
    assert any(text.startswith("ExchangeRateLimited firing since") for text in texts)
    assert "okx_paper: 0 to 1" in texts
    assert not any("live_orders" in text for text in texts)


def test_the_file_of_a_running_session_shows_what_is_now(stand: Stand) -> None:
    text = (stand.home.path / "metrics/session_okx_desktop_paper.prom").read_text()
    assert 'golive_heartbeat_timestamp_seconds{entrypoint="okx_desktop_paper"} 1' in text
    assert f'bot_exchange_health_status{{entrypoint="okx_desktop_paper",{OKX}}}' in text


def test_a_session_that_ends_takes_its_gauges_out_of_the_file(stand: Stand) -> None:
    stand.session.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
    stand.session.process.communicate(timeout=60)  # type: ignore[union-attr]
    text = (stand.home.path / "metrics/session_okx_desktop_paper.prom").read_text()
    kinds = set(re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE))
    assert kinds == {"golive_build_info"}
    assert 'bot_exchange_rate_limited_total{entrypoint="okx_desktop_paper",exchange="okx"' in text
