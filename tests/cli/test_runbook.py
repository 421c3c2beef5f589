"""`golive runbook`: what it prints, asks for and writes, and its exit codes; each in a home of its own."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.cli import main as command_line
from support.configuration import ROOT
from support.published import published

Say = Callable[..., tuple[int, str, str]]
PASSPHRASE = "a router of nine green lamps"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Say:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path))

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = command_line.main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_runbooks_are_listed_and_shown_and_nothing_is_written(say: Say, tmp_path: Path) -> None:
    code, out, _ = say("runbook", "list", "--json")
    assert code == 0
    names = {each["name"] for each in published(out)["runbooks"]}
    assert {"okx_go_live", "PAPER_TO_LIVE_RUNBOOK", "DEMO_PAPER_LIVE_CHECKLIST"} <= names
    assert "okx_go_live" in say("runbook", "list")[1]
    code, out, _ = say("runbook", "show", "okx_go_live")
    assert code == 6
    assert "unknown: 0 of 16 of okx_go_live ticked" in out
    assert "okx-3 (3.)" in out
    code, out, _ = say("runbook", "show", "PAPER_TO_LIVE_RUNBOOK", "--json")
    document = published(out)
    assert (code, document["entrypoint"], document["signature"]) == (6, "okx_desktop_paper", "")
    assert document["items"][1]["bound"][0]["said"] == "waits for a person who signs as compliance"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config"]


def test_a_run_ends_blocked_before_unknown_and_a_person_confirms(say: Say, tmp_path: Path) -> None:
    assert say("operator", "add", "olga", "--role", "runtime", typed=f"{PASSPHRASE}\n")[0] == 0
    run = ("runbook", "run", "LIVE_EXECUTION_CHECKLIST")
    code, out, err = say(*run, "--json")
    assert code == 3  # without a licence
    document = published(out)
    [stored] = (tmp_path / "var/audit/runbooks").glob("*.json")
    assert json.loads(stored.read_text()) == document
    by_id = {each["id"]: each for each in document["items"]}
    assert {by_id[name]["status"] for name in ("live-labs", "live-router-ok")} == {"unknown"}
    assert {by_id[name]["status"] for name in ("live-cloud", "live-ui")} == {"not_applicable"}
    assert "Paper Labs are not part of this version" in err
    assert "the cloud service" in err
    code, out, err = say(*run, "--operator", "olga", "--confirm", "live-router-ok", typed=f"{PASSPHRASE}\n")
    assert (code, "ok             live-router-ok  signoff runtime – confirmed by olga as runtime" in err) == (3, True)
    assert "3 of 25 of LIVE_EXECUTION_CHECKLIST ticked" in out
    code, _, err = say(*run, "--operator", "olga", "--confirm", "live-mtls-ok", typed=f"{PASSPHRASE}\n")
    assert (code, "takes the sign-off security, which olga may not give" in err) == (3, True)
    code, _, err = say(*run, "--operator", "olga", "--confirm", "live-daemon-ok", typed="another one\n")
    assert (code, "name or passphrase of the operator is wrong" in err) == (3, True)
    code, out, _ = say("audit", "verify", "--all")
    assert code == 0, out


def test_what_is_asked_for_wrongly_is_a_usage_error(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, said in (
        (["show", "okx"], "there is no runbook 'okx'; there is"),
        (["show", "../gates/README"], "there is no runbook"),
        (["run", "okx_go_live", "--confirm", "okx-1"], "--confirm takes --operator NAME"),
        (["show", "okx_go_live", "--entrypoint", "kraken_desktop_paper"], "is about okx_desktop_paper"),
        (["show", "PAPER_TO_LIVE_RUNBOOK", "--entrypoint", "nobody"], "nobody"),
    ):
        code, _, err = say("runbook", *words)
        assert (code, said in err) == (2, True), err
    monkeypatch.setenv("GOLIVE__IO_QUEUE__EXCHANGES__OKX_SPOT__BURST", "8")
    code, _, err = say("runbook", "show", "okx_go_live")
    assert (code, "runbooks judge the files alone: unset GOLIVE__IO_QUEUE" in err) == (2, True)
