"""`golive gate status | open | close`: what they print, their exit codes, and who they ask first."""

from __future__ import annotations

import errno
import io
import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from golive.cli.gate_table import gate_line, print_status
from golive.cli.main import main
from golive.model.verdict import ExitCode
from golive.readiness.check_table import CHECKS
from golive.readiness.finding import Status
from golive.runtime.gate.status import gate_status
from golive.storage.gate_journal import DIRECTORY
from support.configuration import ROOT
from support.gates import ENTRYPOINT, PASSPHRASE, Gate, bad, gate_home

SECRET = PASSPHRASE.reveal()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = gate_home(tmp_path_factory.mktemp("gate") / "home")
    Gate(home).open()
    return home


class Person:
    """Types commands, and passphrases when asked."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._monkeypatch, self._capsys = home, monkeypatch, capsys

    def types(self, *words: str, passphrases: tuple[str, ...] = (SECRET, SECRET)) -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in passphrases)))
        code = main(["gate", *words, "--home", str(self.home)])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def person(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    return Person(Path(shutil.copytree(made, tmp_path / "home")), monkeypatch, capsys)


def validate(document: dict[str, object]) -> None:
    schema = json.loads((ROOT / f"docs/schemas/{document['schema']}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)


def test_status_shows_every_check_and_the_gate_and_writes_nothing(person: Person) -> None:
    before = sorted(person.home.rglob("*"))
    code, out, _ = person.types("status", "--env", "okx_live")
    assert code == ExitCode.BLOCKED
    rows = {line.split()[0] for line in out.splitlines() if line[:1].isalpha()}
    assert rows >= set(CHECKS)
    assert "next: golive freeze --operator NAME" in out
    code, out, _ = person.types("status", "--entrypoint", "okx_desktop_paper", "--json")
    document = json.loads(out)
    validate(document)
    assert (code, document["exit_code"], document["entrypoint"], document["stage"]) == (3, 3, ENTRYPOINT, "rehearsal")
    assert [row["id"] for row in document["items"] if not row["asked"]] == [id_ for id_, row in CHECKS.items() if row.needs]
    assert document["gate"]["state"] == "shut", "it was opened for code of another version"
    assert "the code was changed" in document["gate"]["because"]
    assert document["gate"]["since"] is None, "when it was opened is not when it was shut"
    assert sorted(person.home.rglob("*")) == before


def test_status_keeps_a_signed_report_when_it_is_asked_to(person: Person) -> None:
    _, out, _ = person.types("status", "--write", "--json")
    document = json.loads(out)
    report = json.loads((person.home / document["written"]).read_bytes())
    validate(report)
    assert (report["operators"], report["bound"], report["items"]) == ([], None, document["items"])


@pytest.mark.parametrize(("status", "code"), [(Status.OK, 0), (Status.BLOCKED, 3), (Status.UNKNOWN, 6)])
def test_the_exit_code_is_the_worst_of_what_is_asked(person: Person, status: Status, code: int) -> None:
    gate = Gate(person.home)
    gate.checks.said["paper_labs"] = bad("paper_labs", Status.BLOCKED)  # not asked in a rehearsal
    if status is not Status.OK:
        gate.checks.said["mtls"] = bad("mtls", status)
    if status is Status.BLOCKED:
        gate.checks.said["io_queue"] = bad("io_queue", Status.UNKNOWN)
    found = gate_status(gate.scene, gate.looks)
    assert (found.status, found.exit_code) == (status, code)
    assert gate_line(found.gate).startswith("open until ")
    assert gate_line(found.gate).endswith(f"by lena and carl ({found.gate.report})")
    shown = io.StringIO()
    print_status(found, shown)
    assert f"(exit {code})" in shown.getvalue()
    assert "  12 s" in shown.getvalue(), "age of evidence"


REFUSED: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "the same person": (("lena", "lena"), (SECRET, SECRET), "lena has spoken already"),
    "a wrong passphrase": (
        ("lena", "carl"),
        (SECRET, "ocean lantern seven green"),
        "name or passphrase of the operator is wrong",
    ),
    "nobody of that name": (("lena", "zoe"), (SECRET, SECRET), "name or passphrase of the operator is wrong"),
    "one role": (("lena", "leo"), (SECRET, SECRET), "the same role"),
    "nobody who activates": (("olga", "carl"), (SECRET, SECRET), "has the role 'live_activator'"),
    "what is not green": (("carl", "lena"), (SECRET, SECRET), "config_freeze is blocked"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_open_is_refused_and_says_why(person: Person, why: str) -> None:
    names, passphrases, says = REFUSED[why]
    journal = person.home / DIRECTORY / f"{ENTRYPOINT}.jsonl"
    before = journal.read_bytes()
    code, out, err = person.types(
        "open", "--env", "okx_live", "--operator", names[0], "--second", names[1], passphrases=passphrases
    )  # fmt: skip
    assert (code, out) == (ExitCode.BLOCKED, "")
    assert says in err
    assert journal.read_bytes() == before
    assert len(list((person.home / DIRECTORY).iterdir())) == 3, "journal, seal, the report of the fixture's opening"


def test_anybody_who_is_proved_closes_it_once_even_with_a_broken_configuration(person: Person) -> None:
    words = ("close", "--entrypoint", ENTRYPOINT, "--operator", "olga", "--reason", "strange fills")
    assert person.types(*words, passphrases=("ocean lantern seven green",))[0] == ExitCode.BLOCKED
    (person.home / "config/core.yaml").write_text("nothing: here")
    assert person.types(*words)[:2] == (0, f"the gate of {ENTRYPOINT} is shut, by olga\n")
    assert person.types(*words)[:2] == (0, f"the gate of {ENTRYPOINT} was shut already: strange fills\n")
    assert person.types("close", "--env", "okx_live", "--operator", "olga")[0] == ExitCode.USAGE


def test_a_closing_that_cannot_be_finished_says_how_the_gate_stands(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    words, rename = ("close", "--entrypoint", ENTRYPOINT, "--operator", "olga"), Path.rename

    def full(self: Path, target: Path) -> Path:
        if target.name == f"{ENTRYPOINT}.seal.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    code, _, err = person.types(*words)
    assert (code, "No space left on device; the gate is shut" in " ".join(err.split())) == (70, True), err


def test_wrong_usage_is_2(person: Person) -> None:
    for words in (("--env", "okx_live", "--entrypoint", ENTRYPOINT), ("--env", "mars"), ("--entrypoint", "mars")):
        assert person.types("status", *words)[0] == ExitCode.USAGE
