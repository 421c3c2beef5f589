"""Twenty secrets go through every way in; afterwards none of them stands in anything that was written, said or handed on.

What is searched with is written here, apart from what hides: raw, base64 at each alignment, hex, URL, reversed, and each of them
across line breaks and spaces.
"""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import psutil
import pytest

from golive.cli.main import main
from golive.model.redaction import harmless_environment
from golive.model.secret import Secret, StoredSecret
from golive.runtime.secret_admin import SecretAdmin
from golive.security.vault import LEAST
from support.golive_process import Home
from support.rehearsal import Rehearsal, rehearsal
from support.secret_places import given
from support.wall_clock import WallClock

pytestmark = pytest.mark.integration


def canary(name: str) -> str:
    """A value that nothing else has, with characters that every encoding changes."""
    return f"{name}+{secrets.token_hex(8)}/~{secrets.token_hex(4)}"


def forms(value: str) -> dict[str, bytes]:
    """How a value may stand in a file; of base64 what is the same whatever stands around it."""
    raw = value.encode()
    found = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(), "reversed": raw[::-1]}
    found |= {"url": quote(value, safe="").encode(), "url lower": quote(value, safe="").lower().encode()}
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")[(0, 2, 3)[before] :]
        text = text[:-1] if (before + len(raw)) % 3 else text
        found |= {f"base64 {before}": text.encode(), f"base64url {before}": text.replace("+", "-").replace("/", "_").encode()}
    return found


def hits(data: bytes, canaries: dict[str, str]) -> list[str]:
    """Name each canary that stands in `data`, and how; also where line breaks, spaces and escapes of them cut it."""
    joined = data.replace(b"\\n", b"")
    joined = joined.translate(None, b" \t\r\n")
    return [
        f"{name} ({form})"
        for name, value in canaries.items()
        for form, text in forms(value).items()
        if text in data or text in joined
    ]


@dataclass
class Planted:
    """An installation through which all canaries went."""

    home: Path
    canaries: dict[str, str] = field(default_factory=dict)
    sources: list[Path] = field(default_factory=list)
    """files in which an operator has put one: they hold it, of course"""
    said: dict[str, str] = field(default_factory=dict)
    """stdout and stderr of each command"""
    processes: dict[str, bytes] = field(default_factory=dict)
    """command lines of a session and its children, environment of the children"""

    def new(self, name: str) -> str:
        return self.canaries.setdefault(name, canary(name))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with rehearsal(tmp_path_factory.mktemp("canaries")) as at:
        made = Planted(at.home.path)
        key = at.venue.key
        made.canaries |= {"venue_key": key.api_key, "venue_secret": key.secret, "venue_password": key.password}
        made.sources.append(at.key_file)
        _store(made)
        _channels(made)
        _commands(made)
        _orders(made, at)
        _session(made)
        _say(made, "panic", "panic", "--reason", f"password={made.new('reason')}", "--json")
        _say(made, "show", "audit", "show", "logs/security_admin.log", "--json")
        _say(made, "bundle", "audit", "bundle", "--out", str(made.home / "handed_over"))
        yield made


def _store(made: Planted) -> None:
    vault = made.new("vault_passphrase")
    admin = SecretAdmin.of_home(
        made.home,
        WallClock(),
        passphrase=given(Secret(vault)),
        new_passphrase=given(Secret(vault)),
        backend=lambda: None,
        costs=LEAST,
    )
    values = [Secret(made.new(f"stored_{name}")) for name in ("key", "secret", "password")]
    admin.put("kraken_paper_trading", StoredSecret(values[0], values[1], values[2], "paper", ("read", "trade")))
    folder = made.home / "credentials"
    folder.mkdir()
    (folder / "golive-vault").write_text(vault)
    (folder / "golive-vault").chmod(0o400)
    made.sources.append(folder / "golive-vault")


def _channels(made: Planted) -> None:
    urls = {
        "alert_oem_live": f"json://user:{quote(made.new('channel_password'), safe='')}@127.0.0.1:9/x",
        "alert_sec_alerts": f"json://127.0.0.1:9/{quote(made.new('channel_path'), safe='')}",
    }
    file = made.home / "secrets/alert_urls.json"
    file.write_text(json.dumps({"urls": urls}))
    file.chmod(0o600)
    made.sources.append(file)


def _commands(made: Planted) -> None:
    """Say secrets where they belong, and where they do not."""
    right, wrong = made.new("operator_passphrase"), made.new("wrong_passphrase")
    _say(made, "add", "operator", "add", "ann", "--role", "secops", typed=f"{right}\n")
    _say(made, "wrong passphrase", "operator", "add", "bob", "--role", "risk", "--operator", "ann", typed=f"{wrong}\n{right}\n")
    _say(made, "misused option", "run", "--password", made.new("option_value"))
    _say(made, "misused equals", "doctor", f"--api-key={made.new('option_equals')}")
    _say(
        made,
        "url of an option",
        "metrics",
        "snapshot",
        "--prometheus",
        f"http://u:{quote(made.new('option_url'), safe='')}@127.0.0.1:9",
    )
    file = made.home / "config/core.yaml"
    sound = file.read_text()
    file.write_text(sound.replace("url_secret: alert_oem_live", f'url_secret: "slack://T0/{made.new("pasted_url")}"'))
    _say(made, "config check", "config", "check")
    _say(made, "config check json", "config", "check", "--json")
    _say(made, "doctor", "doctor")
    file.write_text(sound)
    with patch.dict("os.environ", {"GOLIVE__TRADING__API_SECRET": made.new("override")}):
        _say(made, "override", "config", "check")
        _say(made, "override run", "run", "--mode", "demo")
    _say(made, "doctor json", "doctor", "--json")
    with patch.dict("os.environ", {"CREDENTIALS_DIRECTORY": str(made.home / "credentials")}):
        _say(made, "list", "secrets", "list", "--json")
    _say(made, "selftest", "alerts", "selftest", "--wait", "1")


def _say(made: Planted, what: str, *words: str, typed: str = "") -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.StringIO(typed)):
        code = main([*words, "--home", str(made.home)])
    made.said[what] = f"{code}\n{out.getvalue()}\n{err.getvalue()}"


def _orders(made: Planted, at: Rehearsal) -> None:
    """Trade with the venue's key, then with one whose secret is not the venue's: the venue refuses the signature."""
    words = ("order", "buy", "0.01", at.symbol, "--entrypoint", at.entrypoint)
    done = at.home.golive(*words, "--credentials", str(at.key_file))
    made.said["order"] = f"{done.code}\n{done.stdout}\n{done.stderr}"
    forged = made.home / "forged.json"
    document = {**at.venue.key.document, "secret": made.new("forged_secret")}
    forged.write_text(json.dumps({"keys": [document]}))
    forged.chmod(0o600)
    made.sources.append(forged)
    done = at.home.golive(*words, "--credentials", str(forged))
    made.said["forged order"] = f"{done.code}\n{done.stdout}\n{done.stderr}"


def _session(made: Planted) -> None:
    """Run a demo session whose environment holds secrets, and look at its children while it runs."""
    home = Home.__new__(Home)
    home.path = made.home
    home.env = {
        **_environment(), "OKX_API_SECRET": made.new("variable_secret"), "TELEGRAM_BOT_TOKEN": made.new("variable_token"),
        "DATABASE_URL": f"postgresql://bot:{made.new('variable_url')}@127.0.0.1/x",
    }  # fmt: skip
    running = home.start("demo", "--entrypoint", "okx_desktop_paper", "--scope", "selected", "--speed", "1", "--max-runtime", "3")
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        try:
            mine = psutil.Process(running.pid)
            made.processes["session argv"] = " ".join(mine.cmdline()).encode()
            for child in mine.children(recursive=True):
                folder = Path(f"/proc/{child.pid}")
                made.processes[f"child {child.pid}"] = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except (psutil.Error, OSError):
            pass
        time.sleep(0.1)
    out, err = running.communicate(timeout=60)
    made.said["session"] = f"{running.returncode}\n{out}\n{err}"


def _environment() -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GOLIVE")}, "GOLIVE__OBSERVABILITY__PROMETHEUS__PORT": "0"}


def test_twenty_canaries_went_through_and_everything_answered(planted: Planted) -> None:
    assert len(planted.canaries) >= 20, sorted(planted.canaries)
    codes = {what: said.split("\n", 1)[0] for what, said in planted.said.items()}
    assert codes["add"] == "0", planted.said["add"]
    assert codes["wrong passphrase"] == "3", planted.said["wrong passphrase"]
    assert codes["session"] in ("0", "6"), planted.said["session"]
    assert '"reason"' in planted.said["panic"], planted.said["panic"]
    assert "Prometheus" in planted.said["url of an option"] or "address" in planted.said["url of an option"]
    assert '"kraken_paper_trading"' in planted.said["list"], planted.said["list"]
    assert codes["order"] == "0", planted.said["order"]
    assert codes["forged order"] in ("3", "4", "6"), planted.said["forged order"]


def test_no_canary_stands_in_what_commands_said(planted: Planted) -> None:
    assert {what: found for what, said in planted.said.items() if (found := hits(said.encode(), planted.canaries))} == {}


def test_no_canary_stands_in_any_file_that_was_written(planted: Planted) -> None:
    files = [path for path in planted.home.rglob("*") if path.is_file() and path not in planted.sources]
    kinds = {path.suffix for path in files}
    assert (planted.home / "handed_over/logs/logs/security_admin.log").is_file(), planted.said["bundle"]
    assert {".jsonl", ".json", ".md", ".html", ".log", ".sqlite", ".prom"} <= kinds, kinds
    found = {str(path.relative_to(planted.home)): hits(path.read_bytes(), planted.canaries) for path in files}
    assert {name: each for name, each in found.items() if each} == {}


def test_no_canary_stands_in_a_command_line_or_in_the_environment_of_a_child(planted: Planted) -> None:
    assert any(name.startswith("child") for name in planted.processes)
    assert {name: found for name, data in planted.processes.items() if (found := hits(data, planted.canaries))} == {}


def test_the_search_finds_what_it_is_for() -> None:
    value = canary("planted")
    for form, text in forms(value).items():
        assert hits(b"x" + text + b"y", {"c": value}), form
        assert hits(text[:9] + b"\n  " + text[9:], {"c": value}), form
    assert hits(base64.encodebytes(b"{" * 50 + value.encode() + b"}" * 50), {"c": value})
    assert hits(b"nothing", {"c": value}) == []


def test_a_child_is_handed_no_variable_that_is_named_like_a_secret_or_holds_one() -> None:
    given_ = {"PATH": "/bin", "API_KEY": "x", "DB": "postgres://u:p4ss@h/d", "PGPASSWORD": "x", "HELD": "a guarded value here"}
    Secret("guarded value")
    assert harmless_environment(given_) == {"PATH": "/bin"}
    assert harmless_environment(given_, keep=("PG",)) == {"PATH": "/bin", "PGPASSWORD": "x"}
