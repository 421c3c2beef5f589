"""A real Prometheus and a real Alertmanager on this machine, and a small server that takes what Alertmanager sends."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode

import pytest

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("prometheus-alertmanager") is None,
    reason="prometheus and prometheus-alertmanager (Debian packages of these names) are not both installed",
)


@dataclass
class Webhook:
    """Every alert that was received, oldest first; one that ended is received again with status `resolved`."""

    url: str
    alerts: list[dict[str, Any]] = field(default_factory=list)

    def received(self, name: str, status: str = "firing") -> list[dict[str, Any]]:
        return [each for each in list(self.alerts) if each["labels"]["alertname"] == name and each["status"] == status]


@dataclass(frozen=True)
class RunningPrometheus:
    url: str

    def ask(self, path: str, **query: str) -> Any:
        """Return the data of one answer of the HTTP API."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urlencode(query)}", timeout=10) as response:
            answer = json.loads(response.read())
        assert answer["status"] == "success", answer
        return answer["data"]

    def value(self, expression: str) -> float | None:
        """Return the value of the only series; None for none."""
        found = self.ask("query", query=expression)["result"]
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[tuple[str, str | None]]:
        """Return name and environment of every alert that fires."""
        alerts = self.ask("alerts")["alerts"]
        return {(a["labels"]["alertname"], a["labels"].get("environment")) for a in alerts if a["state"] == "firing"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(holds: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.1)


@contextlib.contextmanager
def webhook() -> Iterator[Webhook]:
    port = free_port()
    taken = Webhook(f"http://127.0.0.1:{port}/alerts")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.alerts.extend(json.loads(body)["alerts"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """The test says what it expects."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def alertmanager(place: Path, configuration: str) -> Iterator[str]:
    """Run an Alertmanager with this configuration; yield its `host:port`."""
    place.mkdir(parents=True)
    (place / "alertmanager.yml").write_text(configuration)
    address = f"127.0.0.1:{free_port()}"
    words = [
        "prometheus-alertmanager", f"--config.file={place / 'alertmanager.yml'}", f"--storage.path={place / 'data'}",
        f"--web.listen-address={address}", "--cluster.listen-address=",
    ]  # fmt: skip
    with _served(words, place, f"http://{address}/-/ready"):
        yield address


@contextlib.contextmanager
def prometheus(place: Path, configuration: Path) -> Iterator[RunningPrometheus]:
    """Run a Prometheus with this configuration file; its data are kept in `place`."""
    place.mkdir(parents=True)
    address = f"127.0.0.1:{free_port()}"
    words = [
        "prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={place / 'data'}", f"--web.listen-address={address}",
    ]  # fmt: skip
    with _served(words, place, f"http://{address}/-/ready"):
        yield RunningPrometheus(f"http://{address}")


@contextlib.contextmanager
def _served(words: list[str], place: Path, ready: str) -> Iterator[None]:
    with (place / "log").open("w") as log, subprocess.Popen(words, stdout=log, stderr=log, cwd=place) as process:
        try:
            wait(lambda: process.poll() is not None or _answers(ready), f"{words[0]} is ready")
            assert process.poll() is None, (place / "log").read_text()
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False
