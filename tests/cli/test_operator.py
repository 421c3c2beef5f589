"""`golive operator`: the passphrase comes from standard input, nothing secret is shown, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from golive.cli import main as command_line

PASSPHRASE = "correct horse battery"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> object:
    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = command_line.main(["operator", *words, "--home", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_person_is_added_listed_and_removed(say, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert say("list") == (0, "no operators yet: golive operator add NAME --role ROLE\n", "")
    assert say("add", "anna", "--role", "risk", "--role", "viewer", typed=f"{PASSPHRASE}\n") == (
        0,
        "anna added: risk, viewer\n",
        "",
    )
    code, out, _ = say("list", "--json")
    [row] = json.loads(out)["operators"]
    assert (code, row["name"], row["roles"]) == (0, "anna", ["risk", "viewer"])
    assert say("remove", "anna") == (0, "anna removed\n", "")
    assert command_line.main(["audit", "verify", "--all", "--home", str(tmp_path)]) == 0


def test_a_missing_or_short_passphrase_is_usage(say) -> None:  # type: ignore[no-untyped-def]
    code, out, err = say("add", "anna", "--role", "risk")
    assert (code, out) == (2, "")
    assert "one line of standard input" in err
    code, _, err = say("add", "anna", "--role", "risk", typed="short\n")
    assert code == 2
    assert "12 to 1024 characters" in err
    assert "short" not in err.split("12 to")[0]


def test_two_passphrases_are_two_lines(say) -> None:  # type: ignore[no-untyped-def]
    say("add", "sec", "--role", "secops", typed=f"{PASSPHRASE}\n")
    assert say("add", "bob", "--role", "operator", typed=f"{PASSPHRASE}\n")[0] == 3
    both = f"{PASSPHRASE}\nanother long passphrase\n"
    assert say("add", "bob", "--role", "operator", "--operator", "sec", typed=both)[0] == 0
    assert say("passphrase", "bob", typed=f"another long passphrase\n{PASSPHRASE}\n") == (0, "bob has a new passphrase\n", "")
    assert say("passphrase", "bob", typed=f"another long passphrase\n{PASSPHRASE}\n")[0] == 3
    assert say("remove", "bob", "--operator", "sec", typed="wrong passphrase\n")[0] == 3
