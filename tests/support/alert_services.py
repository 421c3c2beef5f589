"""Real servers for alerts: a webhook over HTTP and a mail server, both on loopback, both able to fail and to be slow."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Webhook:
    """Takes what Apprise's `json://` posts. `status` and `delay_s` can be set while it runs."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.delay_s = 0.0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(hook.delay_s)
                if hook.status == 200:
                    hook.received.append(json.loads(body))
                try:
                    self.send_response(hook.status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass  # who asked has gone

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook?cto=5&rto=5"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Mails:
    """The messages that a mail server has taken."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def _take(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(envelope.content.decode())
        return "250 OK"

    handle_DATA = _take  # noqa: N815 (the library's name)


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    hook = Webhook(port)
    try:
        yield hook
    finally:
        hook.close()


@contextmanager
def mail_server(port: int) -> Iterator[tuple[Mails, str]]:
    """Yield the mails and the channel's URL."""
    mails = Mails()
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mails, f"mailto://127.0.0.1:{port}?from=golive@example.org&to=oncall@example.org&mode=insecure"
    finally:
        controller.stop()


def keep_urls(home: Path, **urls: str) -> None:
    """Write the secrets of the channels."""
    path = home / "secrets/alert_urls.json"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"urls": urls}))


def until(condition: Any, seconds: float = 20.0) -> None:
    """Wait for a condition with a bound."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
