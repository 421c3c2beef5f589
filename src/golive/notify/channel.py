"""One alert channel: an Apprise URL, which is a secret. Apprise is imported when the first message is sent, not before."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import to_iso
from golive.model.errors import GoliveError
from golive.model.secret import Secret

KINDS: Final = {
    AlertSeverity.INFO: "info",
    AlertSeverity.WARNING: "warning",
    AlertSeverity.ERROR: "failure",
    AlertSeverity.CRITICAL: "failure",
}
"""Apprise's names, which choose colours and pictures"""
LONGEST_PROBLEM: Final = 300
_SECRET_PART: Final = re.compile(r"[^/:@?&=,#\s]{4,}")
_PLAIN: Final = frozenset({"json", "jsons", "http", "https", "mailto", "mailtos", "localhost", "127.0.0.1", "insecure"})
_TOLD: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})


class NotDelivered(GoliveError):
    """The channel did not take the message; the text holds nothing of its URL."""


class AppriseChannel:
    """Sends to the URL that `url` returns at that moment, so a secret that was set meanwhile is used by the next attempt."""

    def __init__(self, name: str, url_secret: str, url: Callable[[str], Secret | None]) -> None:
        """`url` looks a secret up by its name: None when there is none; it may raise GoliveError."""
        self.name = name
        self._url_secret = url_secret
        self._url = url

    def deliver(self, message: AlertMessage) -> None:
        """Send one message and wait for the service's answer; NotDelivered with the reason when it did not take it. Blocks."""
        url = self._known_url()
        apprise = _apprise()
        service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Golive", app_desc="Golive", app_url=""))
        if not service.add(url.reveal()):
            raise NotDelivered(f"secret {self._url_secret} is no URL that Apprise knows")
        title = f"[{message.severity.upper()}] {message.title}"
        kind, plain = KINDS[message.severity], apprise.NotifyFormat.TEXT
        result = service.notify(body=text_of(message), title=title, notify_type=kind, body_format=plain)
        if not result:
            told = [entry.message for entry in result.logs() if entry.level in _TOLD]
            raise NotDelivered(masked("; ".join(told) or "the service did not take it", url))

    def check(self) -> None:
        """See, without sending, whether there is a URL that Apprise knows; NotDelivered when not."""
        url = self._known_url()
        apprise = _apprise()
        if not apprise.Apprise().add(url.reveal()):
            raise NotDelivered(f"secret {self._url_secret} is no URL that Apprise knows")

    def _known_url(self) -> Secret:
        url = self._url(self._url_secret)
        if url is None:
            name = self._url_secret
            raise NotDelivered(f"there is no secret {name}: golive secrets set {name}, or its URL in secrets/alert_urls.json")
        return url


def _apprise() -> Any:
    """Import Apprise; what it logs is taken from its results, with secrets hidden, and goes nowhere else."""
    import apprise

    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return apprise


def text_of(message: AlertMessage) -> str:
    """Return what people read below the title: the text, where it comes from, and the id by which it is acknowledged."""
    lines = [message.body, ""] if message.body else []
    lines += [f"{name}: {value}" for name, value in sorted(message.context.items()) if isinstance(value, str | int | bool)]
    return "\n".join([*lines, f"category: {message.category}", f"at: {to_iso(message.ts)}", f"alert: {message.alert_id}"])


def masked(text: str, *urls: Secret) -> str:
    """Return a text, shortened, in which no part of the URLs is left but the kind of service and this machine's own names."""
    for part in sorted(set(_parts(urls)), key=len, reverse=True):
        text = text.replace(part, "***")
    return text if len(text) <= LONGEST_PROBLEM else text[: LONGEST_PROBLEM - 1] + "…"


def _parts(urls: Iterable[Secret]) -> Iterable[str]:
    for url in urls:
        yield from (part for part in _SECRET_PART.findall(url.reveal()) if part.lower() not in _PLAIN)
