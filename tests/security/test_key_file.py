"""A key file opens a simulated venue on this machine and nothing else, and tells nobody what is in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from golive.model.errors import ConfigError
from golive.security import KeyFileStore

KEY = {"apiKey": "key-1", "secret": "THE-SECRET", "password": "THE-PHRASE"}
HOSTS = ["127.0.0.1"]


def written(path: Path, *keys: dict[str, Any], mode: int = 0o600, text: str | None = None) -> Path:
    path.write_text(json.dumps({"keys": list(keys)}) if text is None else text)
    path.chmod(mode)
    return path


def test_the_only_trading_key_of_the_file_serves_every_keychain_key(tmp_path: Path) -> None:
    demo, reading = {**KEY, "apiKey": "demo", "demo": True}, {**KEY, "apiKey": "read", "permissions": ["read"]}
    store = KeyFileStore(written(tmp_path / "keys.json", demo, reading, KEY), HOSTS)
    found = store.credentials("okx_live_trading")
    assert found is not None
    assert {name: secret.reveal() for name, secret in found.fields.items()} == KEY
    assert store.source == "key_file"
    assert "SECRET" not in f"{store!r}{found!r}"


def test_a_key_without_a_passphrase_has_none(tmp_path: Path) -> None:
    found = KeyFileStore(written(tmp_path / "keys.json", {"apiKey": "a", "secret": "b"}), HOSTS).credentials("k")
    assert found is not None
    assert set(found.fields) == {"apiKey", "secret"}


def test_of_several_keys_the_account_of_that_name_is_taken_and_never_guessed(tmp_path: Path) -> None:
    first, second = {**KEY, "account": "okx_live"}, {**KEY, "apiKey": "key-2", "account": "bybit_live"}
    store = KeyFileStore(written(tmp_path / "keys.json", first, second), HOSTS)
    found = store.credentials("bybit_live")
    assert found is not None
    assert found.fields["apiKey"].reveal() == "key-2"
    assert store.credentials("kraken_live") is None


@pytest.mark.parametrize("host", ["www.okx.com", "10.0.0.1", "localhost.example", "0.0.0.0"])  # noqa: S104 (refused here)
def test_a_key_file_is_not_for_a_venue_elsewhere(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match=host):
        KeyFileStore(written(tmp_path / "keys.json", KEY), [*HOSTS, host])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_has_several_names(tmp_path: Path, host: str) -> None:
    assert KeyFileStore(written(tmp_path / "keys.json", KEY), [host]).credentials("k") is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_touch_is_refused_with_the_fix(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "keys.json", KEY, mode=mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        KeyFileStore(path, HOSTS)


def test_links_directories_pipes_and_missing_files_are_refused(tmp_path: Path) -> None:
    real = written(tmp_path / "keys.json", KEY)
    link, pipe = tmp_path / "link.json", tmp_path / "pipe"
    link.symlink_to(real)
    os.mkfifo(pipe, 0o600)
    for path in (link, pipe, tmp_path, tmp_path / "missing.json"):
        with pytest.raises(ConfigError, match=str(path)):
            KeyFileStore(path, HOSTS)
    with pytest.raises(ConfigError, match="a symbolic link; give the file itself"):
        KeyFileStore(link, HOSTS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "keys.json", KEY)
    os.chown(path, 65534, -1)
    with pytest.raises(ConfigError, match="another user"):
        KeyFileStore(path, HOSTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"keys": [{"apiKey": "a", "secret": "THE-SECRET"', "not JSON"),
        ('"THE-SECRET"', "field 'keys'"),
        ('{"keys": []}', "field 'keys'"),
        ('{"keys": ["THE-SECRET"]}', r"keys\[0\] must be an object"),
        ('{"keys": [{"apiKey": "a", "secret": 5}]}', "field 'secret'"),
        ('{"keys": [{"apiKey": "", "secret": "THE-SECRET"}]}', "field 'apiKey'"),
        ('{"keys": [{"apiKey": "a", "secret": "THE-SECRET", "key": 1}]}', "unknown field 'key'"),
        ("THE-SECRET" * 10_000, "longer than"),
    ],
)
def test_another_document_is_refused_and_not_quoted(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        KeyFileStore(written(tmp_path / "keys.json", text=text), HOSTS)
    assert "THE-SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None
