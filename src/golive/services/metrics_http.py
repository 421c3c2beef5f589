"""The `/metrics` endpoint: a recorder's samples as Prometheus or OpenMetrics text over HTTP, whichever is asked for."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from golive.metrics.exposition import openmetrics_text, prometheus_text
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import ConfigError

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_OPENMETRICS_NAME: Final = "application/openmetrics-text"
OPENMETRICS: Final = f"{_OPENMETRICS_NAME}; version=1.0.0; charset=utf-8"
_VERSIONS: Final = {_OPENMETRICS_NAME: ("1.0.0", "0.0.1"), "text/plain": ("1.0.0", "0.0.4")}
"""1.0.0 stands for none said"""
_REQUEST_SECONDS: Final = 5.0
"""how long one request may keep a thread waiting for bytes"""


def wants_openmetrics(accept: str) -> bool:
    """Return whether an `Accept` header names OpenMetrics and likes it no less than plain text; a bare `*/*` names nothing.

    Source: RFC 9110, 12.5.1.
    """
    likes = {_OPENMETRICS_NAME: 0.0, "text/plain": 0.0}
    for item in accept.split(","):
        name, *words = (word.strip().lower() for word in item.split(";"))
        parameters = dict(word.split("=", 1) for word in words if "=" in word)
        if name not in likes or parameters.get("version", "1.0.0").strip('"') not in _VERSIONS[name]:
            continue
        try:
            likes[name] = max(likes[name], float(parameters.get("q", "1")))
        except ValueError:
            continue
    return likes[_OPENMETRICS_NAME] > 0 and likes[_OPENMETRICS_NAME] >= likes["text/plain"]


class MetricsEndpoint:
    """Serves one recorder on `host:port` from a daemon thread; port 0 takes a free one.

    Raises ConfigError when the address cannot be taken (in use, not ours, no right to it).
    """

    def __init__(self, recorder: MemoryRecorder, *, host: str = "127.0.0.1", port: int = 0, path: str = "/metrics") -> None:
        handler = _handler(recorder, path)
        try:
            self._server = _Server((host, port), handler)
        except (OSError, OverflowError) as exc:
            reason = getattr(exc, "strerror", None) or str(exc)
            raise ConfigError(
                f"observability.prometheus: cannot listen on {host}:{port}: {reason}; "
                "choose another port (0 = any free one) or set enabled: false"
            ) from exc
        self.host, self.port = host, int(self._server.server_address[1])
        self._path = path
        self._closed = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="metrics-http", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self._path}"

    def close(self) -> None:
        """Stop listening and end the thread; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a scraper that sends nothing must not hold up the end of a run
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking a name server what we are called, which HTTPServer does and may wait long for."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about a scraper that went away; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler(recorder: MemoryRecorder, path: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "golive"
        sys_version = ""
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:
            if urlsplit(self.path).path != path:
                self._answer(404, "text/plain; charset=utf-8", f"Only {path} is served here.\n".encode())
                return
            if wants_openmetrics(", ".join(self.headers.get_all("Accept", []))):
                self._answer(200, OPENMETRICS, openmetrics_text(recorder.snapshot()).encode())
            else:
                self._answer(200, PROMETHEUS, prometheus_text(recorder.snapshot()).encode())

        do_HEAD = do_GET  # noqa: N815  # the name http.server looks for

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not logged: one every few seconds for as long as a run lasts."""

    return Handler
