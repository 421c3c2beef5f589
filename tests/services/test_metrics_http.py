"""The /metrics endpoint over real sockets, read back by prometheus_client's own parsers."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from urllib.request import Request, urlopen

import pytest
from prometheus_client import Metric as ParsedFamily
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import ConfigError, GoliveError
from golive.services.metrics_http import MetricsEndpoint, wants_openmetrics
from support.reports import adapter_recorder

LABELS = {"exchange": "okx", "environment": "okx_paper"}


@pytest.fixture
def recorder() -> MemoryRecorder:
    return adapter_recorder()


@pytest.fixture
def endpoint(recorder: MemoryRecorder) -> Iterator[MetricsEndpoint]:
    served = MetricsEndpoint(recorder)
    yield served
    served.close()


def fetch(url: str, accept: str = "") -> tuple[str, str]:
    with urlopen(Request(url, headers={"Accept": accept} if accept else {}), timeout=5) as response:
        return response.headers["Content-Type"], response.read().decode()


def samples(families: Iterable[ParsedFamily]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_every_series_stands_at_zero_before_the_first_call(endpoint: MetricsEndpoint) -> None:
    found = samples(parse_prometheus(fetch(endpoint.url)[1]))
    for severity in m.SEVERITIES:
        assert found[key("bot_exchange_errors_total", severity=severity, **LABELS)] == 0
    assert found[key("bot_exchange_rate_limited_total", **LABELS)] == 0
    assert found[key("bot_exchange_latency_seconds_bucket", le="+Inf", **LABELS)] == 0


def test_a_scrape_shows_what_was_recorded_a_moment_ago(endpoint: MetricsEndpoint, recorder: MemoryRecorder) -> None:
    recorder.count(m.EXCHANGE_ERRORS, 2, severity="warning", **LABELS)
    recorder.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    for seconds in (0.004, 0.2, 99.0):
        recorder.observe(m.EXCHANGE_LATENCY, seconds, **LABELS)
    found = samples(parse_prometheus(fetch(endpoint.url)[1]))
    assert found[key("bot_exchange_errors_total", severity="warning", **LABELS)] == 2
    assert found[key("bot_exchange_health_status", **LABELS)] == 1
    assert found[key("bot_exchange_latency_seconds_bucket", le="0.005", **LABELS)] == 1
    assert found[key("bot_exchange_latency_seconds_bucket", le="0.25", **LABELS)] == 2
    assert found[key("bot_exchange_latency_seconds_bucket", le="10.0", **LABELS)] == 2
    assert found[key("bot_exchange_latency_seconds_bucket", le="+Inf", **LABELS)] == 3
    assert found[key("bot_exchange_latency_seconds_count", **LABELS)] == 3
    assert found[key("bot_exchange_latency_seconds_sum", **LABELS)] == pytest.approx(99.204)


def test_open_metrics_is_served_when_asked_for(endpoint: MetricsEndpoint) -> None:
    content_type, text = fetch(endpoint.url, "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    families: Iterator[ParsedFamily] = parse_openmetrics(text)  # type: ignore[no-untyped-call]  # untyped in prometheus_client
    assert samples(families)[key("bot_exchange_rate_limited_total", **LABELS)] == 0


def test_plain_prometheus_text_is_served_otherwise(endpoint: MetricsEndpoint) -> None:
    content_type, text = fetch(endpoint.url, "text/plain")
    assert content_type.startswith("text/plain; version=0.0.4")
    assert "# TYPE bot_exchange_errors_total counter" in text
    assert "# EOF" not in text


PROMETHEUS_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
PROMETHEUS_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3"


@pytest.mark.parametrize(
    ("accept", "wants"),
    [
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        ("application/openmetrics-text", True),
        ('Application/OpenMetrics-Text; version="1.0.0"; charset=utf-8', True),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.3", True),
        ("application/openmetrics-text;q=0.2,text/plain;q=0.5", False),
        ("text/plain;version=0.0.4,application/openmetrics-text;q=0.9", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;q=much", False),
        ("text/plain", False),
        ("*/*", False),
        ("", False),
        (";;,=;q", False),
    ],
)  # fmt: skip
def test_the_format_is_the_one_the_scraper_likes_best(accept: str, wants: bool) -> None:
    assert wants_openmetrics(accept) is wants


def test_a_label_value_with_quotes_and_newlines_comes_back_unharmed(endpoint: MetricsEndpoint, recorder: MemoryRecorder) -> None:
    odd = 'a "quoted"\\ reason\nof two lines'
    recorder.set(m.BUILD_INFO, 1, version="1", revision=odd)
    found = samples(parse_prometheus(fetch(endpoint.url)[1]))
    assert found[key("golive_build_info", version="1", revision=odd)] == 1


def test_any_other_path_is_not_found(endpoint: MetricsEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=5)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (404, b"Only /metrics is served here.\n")
    connection.close()


def test_head_answers_without_a_body(endpoint: MetricsEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=5)
    connection.request("HEAD", "/metrics")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert int(response.headers["Content-Length"]) > 1000
    connection.close()


def test_a_configured_path_is_the_one_that_is_served(recorder: MemoryRecorder) -> None:
    served = MetricsEndpoint(recorder, path="/prom")
    assert served.url.endswith("/prom")
    assert "bot_exchange_errors_total" in fetch(served.url)[1]
    served.close()


def test_a_busy_port_is_one_clear_error(endpoint: MetricsEndpoint, recorder: MemoryRecorder) -> None:
    with pytest.raises(ConfigError, match=rf"cannot listen on 127\.0\.0\.1:{endpoint.port}: Address already in use") as caught:
        MetricsEndpoint(recorder, port=endpoint.port)
    assert isinstance(caught.value, GoliveError)
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_taken_is_one_clear_error(recorder: MemoryRecorder, host: str, port: int) -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        MetricsEndpoint(recorder, host=host, port=port)


def test_after_close_nothing_listens_and_no_thread_is_left(recorder: MemoryRecorder) -> None:
    served = MetricsEndpoint(recorder)
    fetch(served.url)
    served.close()
    served.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", served.port), timeout=2)
    assert "metrics-http" not in {thread.name for thread in threading.enumerate()}


def test_a_silent_client_holds_up_neither_a_scrape_nor_the_end(recorder: MemoryRecorder) -> None:
    served = MetricsEndpoint(recorder)
    silent = socket.create_connection(("127.0.0.1", served.port), timeout=2)
    assert "bot_exchange_errors_total" in fetch(served.url)[1]
    served.close()
    silent.close()
