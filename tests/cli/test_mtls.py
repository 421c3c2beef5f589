"""`golive mtls` and `golive token`: what they ask for, what they print, exit codes; and the script that the checklists name."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.cli import main as command_line
from support.published import published

PASSPHRASE = "correct horse battery"
SCRIPT = Path(__file__).parents[2] / "scripts/generate_mtls_bundle.py"
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Say:
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path))

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = command_line.main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_bare_it_makes_a_bundle_and_from_then_on_verifies_it(say: Say) -> None:
    code, out, _ = say("mtls", typed=f"{PASSPHRASE}\n")
    assert (code, "core-oem-ca-key.pem away" in out) == (0, True)
    code, out, _ = say("mtls")
    assert (code, out.splitlines()[-1]) == (0, "bundle: ok")
    code, out, _ = say("mtls", "verify", "--json")
    assert (code, published(out)["status"]) == (0, "ok")
    code, _, err = say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    assert (code, "rotate renews" in err) == (2, True)
    assert say("audit", "verify", "--all")[0] == 0


def test_what_is_wrong_is_exit_4_and_what_cannot_be_told_exit_6(say: Say, tmp_path: Path) -> None:
    assert say("mtls", "verify")[0] == 6
    say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    assert say("mtls", "revoke", "client", "--reason", "lost")[0] == 0
    code, out, _ = say("mtls", "verify")
    assert (code, "breached  client.revocation" in out) == (4, True)
    assert say("mtls", "rotate", typed=f"{PASSPHRASE}\n")[0] == 0
    assert say("mtls", "verify")[0] == 0
    (tmp_path / "secrets/mtls/core-oem-client.pem").unlink()
    assert say("mtls", "verify")[0] == 6


def test_a_passphrase_comes_by_descriptor_or_credential_too(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{PASSPHRASE}\nmore\n".encode())
    os.close(writing)
    assert say("mtls", "generate", "--passphrase-fd", str(reading))[0] == 0
    os.close(reading)
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "ca").write_text(f"{PASSPHRASE}\n")
    (folder / "ca").chmod(0o600)
    code, _, err = say("mtls", "rotate", "--passphrase-credential", "ca")
    assert (code, "LoadCredential=ca" in err) == (2, True)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert say("mtls", "rotate", "--passphrase-credential", "ca")[0] == 0
    assert say("mtls", "rotate", "--passphrase-credential", "../ca")[0] == 2
    assert say("mtls", "rotate", "--passphrase-credential", "ca", "--passphrase-fd", "0")[0] == 2
    assert say("mtls", "rotate", "--passphrase-fd", "9999")[0] == 2
    assert say("mtls", "rotate", typed="a wrong passphrase\n")[0] == 2


def test_once_somebody_has_role_secops_they_do_it(say: Say) -> None:
    say("operator", "add", "sec", "--role", "secops", typed=f"{PASSPHRASE}\n")
    assert say("mtls", "generate", typed=f"{PASSPHRASE}\n")[0] == 3
    assert say("mtls", "generate", "--operator", "sec", typed=f"{PASSPHRASE}\nthe authority's own\n")[0] == 0
    assert say("mtls", "revoke", "client", "--reason", "lost")[0] == 3
    assert say("mtls", "verify")[0] == 0


def test_a_token_is_shown_once_listed_by_id_and_revoked(say: Say) -> None:
    say("operator", "add", "anna", "--role", "viewer", typed=f"{PASSPHRASE}\n")
    say("operator", "add", "bert", "--role", "risk", typed=f"{PASSPHRASE}\n")
    assert say("token", "issue", "--operator", "anna", typed=f"{PASSPHRASE}\n")[0] == 2, "there is no certificate yet"
    say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    code, token, err = say("token", "issue", "--operator", "anna", "--minutes", "5", typed=f"{PASSPHRASE}\n")
    assert (code, token.startswith("glv1."), "valid until" in err) == (0, True, True)
    assert say("token", "issue", "--operator", "anna", typed="not the passphrase\n")[0] == 3
    code, listed, _ = say("token", "list", "--json")
    [row] = published(listed)["tokens"]
    assert (code, row["operator"], row["scopes"]) == (0, "anna", ["health.read", "status.read"])
    assert token.strip() not in listed
    assert say("token", "revoke", row["id"], "--operator", "anna", typed="not the passphrase\n")[0] == 3
    assert say("token", "revoke", row["id"], "--operator", "bert", typed=f"{PASSPHRASE}\n")[0] == 3
    assert say("token", "revoke", row["id"], "--operator", "anna", typed=f"{PASSPHRASE}\n")[0] == 0
    assert say("token", "revoke", row["id"], "--operator", "anna", typed=f"{PASSPHRASE}\n")[0] == 2
    assert say("token", "list")[1] == "no valid tokens\n"
    say("token", "issue", "--operator", "anna", typed=f"{PASSPHRASE}\n")
    say("operator", "passphrase", "anna", typed=f"{PASSPHRASE}\nanother long passphrase\n")
    assert say("token", "list")[1] == "no valid tokens\n", "a new passphrase ends them"


def test_nobody_is_given_both_risk_and_activation(say: Say) -> None:
    code, _, err = say("operator", "add", "anna", "--role", "risk", "--role", "live_activator", typed=f"{PASSPHRASE}\n")
    assert (code, "never held by one person" in err) == (2, True)


def test_a_probe_without_a_bundle_or_a_server_says_so(say: Say) -> None:
    assert say("health", "probe", "localhost:1")[0] == 3
    say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    code, out, _ = say("health", "probe", "localhost:1")
    assert (code, out.startswith("no answer")) == (6, True)


def test_a_server_says_where_answers_a_probe_and_ends_in_order(say: Say, tmp_path: Path) -> None:
    say("mtls", "generate", typed=f"{PASSPHRASE}\n")
    command = [sys.executable, "-m", "golive.cli.main", "health", "serve", "--port", "0", "--home", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().removeprefix("serving on ").strip()
            assert say("health", "probe", address) == (0, "SERVING\n", "")
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
        finally:
            server.kill()
    assert say("audit", "verify", "--all")[0] == 0


def test_the_script_of_the_checklists_is_the_command(tmp_path: Path) -> None:
    environment = {**os.environ, "GOLIVE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], input=f"{PASSPHRASE}\n", capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, "bundle made" in done.stdout) == (0, True), done.stderr
    assert (tmp_path / "secrets/mtls/core-oem-server-key.pem").stat().st_mode & 0o777 == 0o600
