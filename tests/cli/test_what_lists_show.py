"""Lists of people, sessions and secrets show what was asked for: never a hash, a salt, or what else is kept of the same thing."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from golive.cli import main as command_line
from golive.model.errors import PrerequisiteMissing
from golive.model.secret import Secret
from golive.runtime.operators import authenticate, operators

PASSPHRASE = "correct horse battery"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path))

    def run(*words: str, typed: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert command_line.main(list(words)) == 0
        return capsys.readouterr().out

    return run


def test_a_list_has_its_fields_and_none_of_what_proves_somebody(say: Callable[..., str], tmp_path: Path) -> None:
    say("operator", "add", "anna", "--role", "viewer", typed=f"{PASSPHRASE}\n")
    say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    token = say("token", "issue", "--operator", "anna", typed=f"{PASSPHRASE}\n").strip()
    shown = {
        words: say(*words)
        for words in (("operator", "list", "--json"), ("token", "list", "--json"), ("operator", "list"), ("token", "list"))
    }
    [person] = json.loads(shown["operator", "list", "--json"])["operators"]
    assert set(person) == {"name", "roles", "added_at", "changed_at"}
    [session] = json.loads(shown["token", "list", "--json"])["tokens"]
    assert set(session) == {"id", "operator", "roles", "scopes", "certificate_sha256", "issued_at", "expires_at"}
    [kept] = json.loads((tmp_path / "var/security/operators.json").read_text())["operators"]
    with closing(sqlite3.connect(tmp_path / "var/security/session_tokens.sqlite")) as connection:
        [(digest,)] = connection.execute("SELECT digest FROM token").fetchall()
    for text in shown.values():
        assert not [secret for secret in (kept["salt"], kept["scrypt"], digest.hex(), token, PASSPHRASE) if secret in text]


def test_nobody_is_there_from_the_start(say: Callable[..., str], tmp_path: Path) -> None:
    """No account of the product's own: no name opens a new installation, and none comes with the sources."""
    assert json.loads(say("operator", "list", "--json"))["operators"] == []
    assert json.loads(say("token", "list", "--json"))["tokens"] == []
    assert operators(tmp_path) == ()
    for name in ("admin", "root", "golive", "secops"):
        with pytest.raises(PrerequisiteMissing, match="there are no operators yet"):
            authenticate(tmp_path, name, Secret(name), purpose="test")
    repository = Path(__file__).resolve().parents[2]
    assert [path for folder in ("config", "src", "deploy") for path in (repository / folder).rglob("*operators.json")] == []
