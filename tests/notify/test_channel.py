"""What people read, and what is never told of a URL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.errors import ConfigError
from golive.model.secret import Secret
from golive.notify.channel import AppriseChannel, NotDelivered, masked, text_of
from golive.security.alert_urls import AlertUrlFile
from support.alert_services import keep_urls, webhook
from support.killed import SOURCES

MESSAGE = AlertMessage("id-1", "risk", AlertSeverity.ERROR, "Zażółć", "gęślą", 0, "k", {"entrypoint": "e", "list": [1]})


def channel(url: str | None) -> AppriseChannel:
    return AppriseChannel("chat", "chat_url", lambda name: None if url is None else Secret(url))


def test_the_text_says_where_it_comes_from_and_what_to_acknowledge() -> None:
    assert text_of(MESSAGE).splitlines() == [
        "gęślą",
        "",
        "entrypoint: e",
        "category: risk",
        "at: 1970-01-01T00:00:00Z",
        "alert: id-1",
    ]


def test_a_message_arrives_letter_for_letter() -> None:
    with webhook() as hook:
        channel(hook.url).check()
        channel(hook.url).deliver(MESSAGE)
        assert hook.titles == ["[ERROR] Zażółć"]
        assert hook.received[0]["type"] == "failure"


@pytest.mark.parametrize(("url", "why"), [(None, "there is no secret chat_url"), ("nonsense", "no URL that Apprise knows")])
def test_what_is_no_url_is_told_by_the_name_of_its_secret(url: str | None, why: str) -> None:
    for attempt in (channel(url).check, lambda: channel(url).deliver(MESSAGE)):
        with pytest.raises(NotDelivered, match=why):
            attempt()


def test_no_part_of_a_url_is_told() -> None:
    url = Secret("jsons://user:hush-hush@hook.example.org:8443/token-1234/x?key=value-5678")
    text = masked("cannot reach hook.example.org with token-1234, value-5678, hush-hush over jsons", url)
    assert text == "cannot reach *** with ***, ***, *** over jsons"
    assert len(masked("a" * 1000, url)) == 300


def test_urls_are_read_from_a_private_file(tmp_path: Path) -> None:
    urls = AlertUrlFile(tmp_path)
    assert urls.url("a") is None
    keep_urls(tmp_path, a="json://x/secret")
    assert urls.url("a") == Secret("json://x/secret")
    assert urls.url("b") is None
    path = tmp_path / "secrets/alert_urls.json"
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may use it"):
        urls.url("a")
    path.chmod(0o600)
    for text in ("json://x/secret", json.dumps({"urls": {"a": 3}}), "[]"):
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            urls.url("a")
        assert "secret" not in str(caught.value).replace("secrets/", "")


def test_apprise_is_imported_by_nothing_but_a_delivery() -> None:
    code = (
        "import sys, golive.runtime.alerts.delivery, golive.runtime.session, golive.cli.main\n"
        "sys.exit([m for m in ('apprise', 'requests_oauthlib') if m in sys.modules] != [])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
