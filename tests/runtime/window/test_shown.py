"""What the dashboards showed over a window: asked for all of it, kept in its archive, and told where there is nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from golive.model.clock import SECOND, from_iso
from golive.model.verdict import ExitCode
from golive.runtime.clock import SystemClock
from golive.runtime.prometheus_api import PrometheusApi
from golive.runtime.window.close import close_window
from golive.runtime.window.shown import shown_over
from support.live_window import PASSPHRASE, window_scene


class Prometheus:
    """Answers as one does that has these series and this rule; `asked` holds start and end of each query, in seconds."""

    def __init__(self) -> None:
        self.series: list[dict[str, Any]] = []
        self.asked: list[tuple[float, float]] = []
        prometheus = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer({"version": "3.0", "groups": [{"name": "golive_risk", "rules": [{}]}], "alerts": []})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                prometheus.asked.append((float(form["start"][0]), float(form["end"][0])))
                self.answer({"result": prometheus.series})

            def answer(self, data: dict[str, Any]) -> None:
                body = json.dumps({"status": "success", "data": data}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    made = Prometheus()
    yield made
    made.close()


def test_what_was_shown_over_the_whole_window_lies_in_its_archive(home: Path, prometheus: Prometheus) -> None:
    prometheus.series = [{"metric": {"exchange": "okx"}, "values": []}]
    done = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus=prometheus.url, wait_s=20)
    assert (done.exit_code, done.doubts) == (ExitCode.OK, ())
    archive = home / done.folder
    assert json.loads((archive / "manifest.json").read_text())["dashboards"] == "stored"
    assert sorted(each.suffix for each in (archive / "dashboards").iterdir()) == [".json", ".svg"]
    window = {name: from_iso(done.summary["window"][name]) / SECOND for name in ("opened_at", "closed_at")}
    assert prometheus.asked
    assert all(start <= window["opened_at"] and end >= window["closed_at"] - 1 for start, end in prometheus.asked)


def test_a_prometheus_that_has_nothing_of_ours_shows_nothing(traded: Path, prometheus: Prometheus) -> None:
    now = SystemClock().now()
    shown = shown_over(window_scene(traded, SystemClock()), now - 3600 * SECOND, now, PrometheusApi(prometheus.url), "olga")
    assert (shown.kind, shown.warning) == ("empty", f"the dashboards showed nothing: 0 series and 1 rules at {prometheus.url}")
    assert {round(end - start) for start, end in prometheus.asked} == {3600}
