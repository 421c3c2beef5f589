"""`golive secrets`: secrets come from standard input or a descriptor, nothing secret is shown, exit codes."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.cli import main as command_line
from support.configuration import ROOT
from support.published import published
from support.secret_places import PASSPHRASE
from support.venue_process import VenueKey, new_key, venue_process

NAME = "okx_paper_trading"
VAULT = PASSPHRASE.reveal()
KEY = "key-id-0001-abcd\nSECRET-OF-THE-KEY\nPHRASE-OF-THE-KEY\n"
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path) -> Say:
    def run(*words: str, typed: str = "", vault: str | None = VAULT) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        given: list[str] = []
        if vault is not None:
            reading, writing = os.pipe()
            os.write(writing, f"{vault}\n".encode())
            os.close(writing)
            given = ["--passphrase-fd", str(reading)]
        code = command_line.main(["secrets", *words, *given, "--home", str(home)])
        if vault is not None:
            os.close(reading)
        said = capsys.readouterr()
        assert "SECRET" not in said.out + said.err
        assert "PHRASE-OF" not in said.out + said.err
        return code, said.out, said.err

    return run


def test_a_key_is_set_listed_and_removed(say: Say, home: Path) -> None:
    assert say("list", vault=None) == (0, "no secrets: golive secrets set NAME\n", "")
    code, out, err = say("set", NAME, typed=KEY)
    assert (code, err) == (0, "")
    assert out == f"{NAME} is kept in the vault; nothing uses it yet: endpoint embedded makes its keys itself\n"
    assert say("set", "alert_oem_live", typed="json://127.0.0.1/hook/SECRET\n")[0] == 0
    code, out, _ = say("list")
    assert (code, out.splitlines()) == (
        0,
        [f"{'alert_oem_live':<32}  text", f"{NAME:<32}  …abcd  paper    read, trade", "2 in the vault"],
    )
    code, out, _ = say("list", "--json")
    assert [(row["name"], row["key_id"]) for row in published(out)["secrets"]] == [("alert_oem_live", ""), (NAME, "…abcd")]
    assert say("remove", NAME) == (0, f"{NAME} removed from the vault\n", "")
    assert say("remove", NAME)[0] == 2
    assert command_line.main(["audit", "verify", "--all", "--home", str(home)]) == 0


def test_what_is_missing_or_wrong_has_its_exit_code_and_changes_nothing(say: Say, home: Path) -> None:
    code, _, err = say("set", NAME, typed=KEY, vault=None)
    assert code == 3
    assert "is not there yet; give the passphrase that it shall have with --passphrase-fd N" in err
    code, _, err = say("set", NAME, typed=KEY, vault="short")
    assert (code, "12 to 1024 characters" in err) == (2, True)
    code, _, err = say("set", NAME, typed="key-id-0001-abcd\n")
    assert (code, "secret of okx_paper_trading is missing" in err) == (2, True)
    code, _, err = say("set", NAME, typed="key-id-\udcff\n")
    assert (code, "key id of okx_paper_trading is not UTF-8 text" in err) == (2, True)
    code, _, err = say("set", "okx", typed=KEY)
    assert (code, "the configuration uses no secret 'okx'" in err) == (2, True)
    code, _, err = say("set", NAME, "--environment", "live", typed=KEY)
    assert (code, "give --environment, one of paper" in err) == (2, True)
    assert not (home / "secrets/vault.json").exists()
    assert say("set", NAME, typed=KEY)[0] == 0
    before = (home / "secrets/vault.json").read_bytes()
    code, _, err = say("set", NAME, typed=KEY, vault="incorrect horse battery")
    assert (code, "the passphrase of the vault is wrong" in err) == (3, True)
    code, _, err = say("list", vault=None)
    assert (code, "is locked: give its passphrase with --passphrase-fd N" in err) == (3, True)
    code, _, err = say("rotate", NAME, typed=KEY)
    assert (code, "endpoint embedded makes its keys itself" in err) == (2, True)
    assert (home / "secrets/vault.json").read_bytes() == before


def test_all_of_it_can_be_lines_of_standard_input(say: Say) -> None:
    assert say("set", NAME, "--passphrase-fd", "0", typed=f"{VAULT}\n{KEY}", vault=None)[0] == 0
    code, out, _ = say("list", "--passphrase-fd", "0", typed=f"{VAULT}\n", vault=None)
    assert (code, "…abcd" in out) == (0, True)
    code, _, err = say("list", "--passphrase-fd", "97", vault=None)
    assert (code, err) == (2, "--passphrase-fd 97: cannot be read: Bad file descriptor\n")


def test_systemd_hands_the_passphrase_over_as_a_credential(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    credential = folder / "golive-vault"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert say("set", NAME, typed=KEY, vault=None)[0] == 3, "none of that name"
    credential.write_text(f"{VAULT}\n")
    credential.chmod(0o644)
    code, _, err = say("set", NAME, typed=KEY, vault=None)
    assert (code, "is no credential of this process alone (mode 0644)" in err) == (2, True)
    credential.chmod(0o400)
    assert say("set", NAME, typed=KEY, vault=None)[0] == 0
    assert say("list", vault=None)[0] == 0


def test_an_export_is_written_where_it_is_told(say: Say, home: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    say("set", NAME, typed=KEY)
    out = home / "backup.age"
    code, told, _ = say("export", "--age", str(identity.to_public()), "--out", str(out))
    assert (code, told) == (0, f"{out}: {NAME}; age --decrypt --identity FILE reads it\n")
    secrets = json.loads(pyrage.decrypt(out.read_bytes(), [identity]))["secrets"]
    assert secrets[NAME] == {
        "key_id": "key-id-0001-abcd", "secret": "SECRET-OF-THE-KEY", "passphrase": "PHRASE-OF-THE-KEY", "environment": "paper",
        "permissions": ["read", "trade"],
    }  # fmt: skip


def test_a_rotation_asks_the_venue_and_says_what_came_of_it(say: Say, home: Path) -> None:
    reads = new_key(permissions=("read",))
    with venue_process("--no-limits", keys=[key := new_key(ip_allowlist=("127.0.0.1",)), reads], speed="1") as venue:
        core = home / "config/core.yaml"
        core.write_text(core.read_text().replace("endpoint: embedded", f"endpoint: {venue.rest}", 1))

        def lines(key: VenueKey) -> str:
            return f"{key.api_key}\n{key.secret}\n{key.password}\n"

        code, out, err = say("rotate", NAME, "--ip", "127.0.0.1", typed=lines(key))
        assert (code, err) == (0, "")
        assert out.splitlines() == [
            f"{NAME} is rotated: …{key.api_key[-4:]} is kept in the vault; the venue tells read, trade",
            "var/data/okx_paper/security/rotation_log.json says so",
        ]
        code, out, _ = say("rotation", vault=None)
        assert (code, out.splitlines()[-1]) == (0, "ok")
        for typed, told in ((lines(reads), "lacks trade"), (lines(new_key()), "the venue refuses the new key")):
            code, out, err = say("rotate", NAME, typed=typed)
            assert (code, out, told in err) == (4, "", True)
    code, out, err = say("rotate", NAME, typed=lines(key))
    assert (code, "so it is none to rotate to" in err) == (2, True)
    code, out, err = say("rotate", NAME, typed=lines(reads))
    assert (code, "could not be asked with the new key" in err) == (6, True)
    assert command_line.main(["audit", "verify", "--all", "--home", str(home)]) == 0


def test_rotation_is_shown_without_any_passphrase(say: Say) -> None:
    code, out, _ = say("rotation", vault=None)
    assert code == 0
    assert out.splitlines()[-1] == "not_applicable"
    assert "okx_paper" in out
    code, out, _ = say("rotation", "--json", vault=None)
    assert (code, published(out)["exit_code"]) == (0, 0)


def test_what_was_exported_is_imported_where_nothing_is_and_the_passphrase_changed(say: Say, home: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity, out, key = pyrage.x25519.Identity.generate(), home / "backup.age", home / "identity"
    key.touch(mode=0o600)
    key.write_text(f"{identity}\n")
    say("set", NAME, typed=KEY)
    assert say("export", "--age", str(identity.to_public()), "--out", str(out))[0] == 0
    other = "a new battery for the horse"
    assert say("passphrase", vault="incorrect horse battery", typed=f"{other}\n")[0] == 3
    code, told, _ = say("passphrase", "--passphrase-fd", "0", vault=None, typed=f"{VAULT}\n{other}\n")
    assert (code, told.startswith("the vault of 1 secret has another passphrase;")) == (0, True)
    code, _, err = say("list")
    assert (code, "the passphrase of the vault is wrong" in err) == (3, True)
    words = ("import", str(out), "--age-identity", str(key))
    assert say(*words, vault=other) == (0, f"{NAME} was there already\n", "")
    assert say("set", NAME, vault=other, typed=KEY.replace("0001", "0002"))[0] == 0
    code, _, err = say(*words, vault=other)
    assert (code, f"another secret under {NAME}; nothing was imported" in err) == (3, True)
    assert say(*words, "--replace", vault=other) == (0, f"{NAME} replaced in the vault\n", "")
    (home / "secrets/vault.json").unlink()
    assert say(*words) == (0, f"{NAME} kept in the vault\n", "")
    assert command_line.main(["audit", "verify", "--all", "--home", str(home)]) == 0


@pytest.mark.parametrize("secret", ["\ud800", "a\nb", "a\x00b", "\x7f"])
def test_an_export_that_holds_what_no_secret_holds_is_refused_and_leaves_no_record(say: Say, home: Path, secret: str) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity, out, key = pyrage.x25519.Identity.generate(), home / "hostile.age", home / "identity"
    key.touch(mode=0o600)
    key.write_text(f"{identity}\n")
    say("set", NAME, typed=KEY)
    assert say("export", "--age", str(identity.to_public()), "--out", str(out))[0] == 0
    document = json.loads(pyrage.decrypt(out.read_bytes(), [identity]))
    document["secrets"][NAME]["secret"] = secret
    out.write_bytes(pyrage.encrypt(json.dumps(document).encode(), [identity.to_public()]))
    log = (home / "logs/security_admin.log").read_bytes()
    code, _, err = say("import", str(out), "--age-identity", str(key), "--replace")
    assert (code, "Traceback" in err) == (3, False)
    assert (home / "logs/security_admin.log").read_bytes() == log
