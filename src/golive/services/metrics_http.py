"""The `/metrics` endpoint: a recorder's samples as Prometheus or OpenMetrics text over HTTP, whichever is asked for."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from http import HTTPStatus
from typing import Any, Final

from golive.metrics.exposition import openmetrics_text, prometheus_text
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import ConfigError

from .request_head import END, MOST_BYTES, NotTaken, RequestHead, is_loopback, read_head

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_OPENMETRICS_NAME: Final = "application/openmetrics-text"
OPENMETRICS: Final = f"{_OPENMETRICS_NAME}; version=1.0.0; charset=utf-8"
_VERSIONS: Final = {_OPENMETRICS_NAME: ("1.0.0", "0.0.1"), "text/plain": ("1.0.0", "0.0.4")}
"""1.0.0 stands for none said"""
_PLAIN: Final = "text/plain; charset=utf-8"
REQUEST_SECONDS: Final = 5.0
"""from the connection on: until the request is there, and the answer taken"""
_LEAST_SECONDS: Final = 0.5
"""for the answer to a request that came at the last moment"""
_PARTING_SECONDS: Final = 0.25
_MOST_BLOCKS_LEFT: Final = 16
MOST_CONNECTIONS: Final = 64
"""at once; those beyond are closed"""


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
    """Serves one recorder on `host:port` from a daemon thread; port 0 takes a free one. A request has `request_s` seconds in all.

    Raises ConfigError when the address cannot be taken (in use, not ours, no right to it).
    """

    def __init__(
        self,
        recorder: MemoryRecorder,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = "/metrics",
        request_s: float = REQUEST_SECONDS,
    ) -> None:
        handler = _handler(recorder, path, request_s, is_local=is_loopback(host))
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


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False  # a scraper that sends nothing must not hold up the end of a run
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[socketserver.BaseRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread of its own; who finds no place is cut off unheard, so that threads and memory are bounded."""
        if self._places.acquire(blocking=False):
            try:
                super().process_request(request, client_address)
            except BaseException:  # no thread could be had
                self._places.release()
                raise
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about a scraper that went away; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _handler(recorder: MemoryRecorder, path: str, request_s: float, *, is_local: bool) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        request: socket.socket

        def handle(self) -> None:
            deadline = time.monotonic() + request_s
            head = None
            try:
                head = read_head(self._received(deadline))
                status, content_type, body = self._answer(head)
            except NotTaken as exc:
                status, content_type, body = exc.status, _PLAIN, f"{exc}\n".encode()
            sent = _head_of(status, content_type, len(body))
            self.request.settimeout(max(deadline - time.monotonic(), _LEAST_SECONDS))
            self.request.sendall(sent if head is not None and head.method == "HEAD" else sent + body)
            self._part(deadline)

        def _received(self, deadline: float) -> bytes:
            """Return the bytes up to the empty line; what comes behind is a body, or another request, and is not looked at."""
            data = b""
            while (end := data.find(END)) < 0 and len(data) <= MOST_BYTES:
                left = deadline - time.monotonic()
                try:
                    if left <= 0:
                        raise TimeoutError
                    self.request.settimeout(left)
                    block = self.request.recv(MOST_BYTES)
                except TimeoutError:
                    raise NotTaken(HTTPStatus.REQUEST_TIMEOUT, f"A request takes {request_s:g} s at most.") from None
                if not block:
                    break
                data += block
            return data if end < 0 else data[: end + len(END)]

        def _answer(self, head: RequestHead) -> tuple[HTTPStatus, str, bytes]:
            if is_local and not all(is_loopback(host) for host in head.all("host")):
                raise NotTaken(HTTPStatus.MISDIRECTED_REQUEST, "This address answers to localhost only.")
            if head.method not in ("GET", "HEAD"):
                raise NotTaken(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are served here.")
            if head.path != path:
                raise NotTaken(HTTPStatus.NOT_FOUND, f"Only {path} is served here.")
            if wants_openmetrics(", ".join(head.all("accept"))):
                return HTTPStatus.OK, OPENMETRICS, openmetrics_text(recorder.snapshot()).encode()
            return HTTPStatus.OK, PROMETHEUS, prometheus_text(recorder.snapshot()).encode()

        def _part(self, deadline: float) -> None:
            """Take a little of what the peer still sends, else it may lose our answer: closing on unread bytes is a reset."""
            self.request.shutdown(socket.SHUT_WR)
            for _ in range(_MOST_BLOCKS_LEFT):
                self.request.settimeout(min(max(deadline - time.monotonic(), 0.01), _PARTING_SECONDS))
                if not self.request.recv(65536):
                    return

    return Handler


def _head_of(status: HTTPStatus, content_type: str, length: int) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {length}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join([*lines, "", ""]).encode("ascii")
