"""Opening a gate: who may, over what, what is written, and that nothing but all of it lets anybody through."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.audit.signed_document import decode_signed_document
from golive.config.rbac import Role
from golive.model.clock import MINUTE
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.verdict import Stage
from golive.readiness.check_table import CHECKS
from golive.readiness.finding import Status
from golive.readiness.gate_state import OPENED, GateState, Shut
from golive.runtime.gate import GatePass, NotGreen, close_gate, open_gate, opening
from golive.runtime.gate.look import look
from golive.runtime.gate.report import report_faults, write_report
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.readiness.scene import scene_of
from golive.security.operators import OperatorIdentity
from golive.storage import failpoint
from golive.storage.config_files import load_configuration
from golive.storage.gate_journal import DIRECTORY
from golive.storage.keys import SigningKeys
from golive.storage.log_series import records_of
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.configuration import ROOT
from support.gates import CARL, ENTRYPOINT, LENA, LEO, OLGA, Gate, bad
from support.sources import called, calls_naming


def verdict(home: Path) -> list[str]:
    results = Verifier(home, VerificationKeys.of_home(home)).logs()
    return [str(fault) for result in results for fault in result.faults]


def test_two_people_of_different_roles_open_it_over_an_all_green_checklist(gate: Gate) -> None:
    assert gate.state() == "it was never opened"
    found = gate.open()
    assert (gate.state(), tuple(found.operators)) == ("open", ("lena", "carl"))
    assert verdict(gate.home) == []
    passed = gate.demand()
    assert (passed.operators, passed.stage, passed.entrypoint) == (("lena", "carl"), Stage.REHEARSAL, ENTRYPOINT)
    assert gate.checks.times == 2, "all of it again at activation"


def test_the_report_says_all_of_it_and_is_signed(gate: Gate) -> None:
    found = gate.open()
    data = (gate.home / found.report).read_bytes()
    assert hashlib.sha256(data).hexdigest() == found.report_sha256
    keys = SigningKeys.load(gate.home)
    assert keys is not None
    document = decode_signed_document(data, "golive.live_readiness_checklist.v1", keys.seal_keys)
    assert document["bound"] == found.bound
    assert document["operators"] == [{"name": "lena", "roles": ["live_activator"]}, {"name": "carl", "roles": ["compliance"]}]
    items = document["items"]
    assert isinstance(items, list)
    assert [row["id"] for row in items if isinstance(row, dict)] == list(CHECKS)
    schema = json.loads((ROOT / "docs/schemas/golive.live_readiness_checklist.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(data))


PAIRS = {
    "the same person twice": (LENA, LENA),
    "two of one role": (LENA, LEO),
    "nobody who activates": (CARL, OLGA),
    "two operators": (OLGA, OperatorIdentity("otto", frozenset({Role.OPERATOR}))),
    "a role that has no say": (LENA, OperatorIdentity("vera", frozenset({Role.VIEWER}))),
    "who sets the limits": (LENA, OperatorIdentity("rita", frozenset({Role.RISK}))),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_who_may_not_are_refused_before_anything_is_looked_at(gate: Gate, pair: str) -> None:
    with pytest.raises(PrerequisiteMissing, match="two people of different roles, one of them live_activator"):
        gate.open(*PAIRS[pair])
    assert gate.checks.times == 0
    assert not (gate.home / DIRECTORY).exists()


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.UNKNOWN])
def test_checks_that_are_not_green_keep_it_shut_and_are_all_named(gate: Gate, status: Status) -> None:
    gate.checks.said |= {id_: bad(id_, status) for id_ in ("mtls", "paper_gate")}
    with pytest.raises(PrerequisiteMissing) as refused:
        gate.open()
    for id_ in ("mtls", "paper_gate"):
        assert f"{id_} is {status}: it is not as it must be" in str(refused.value)
    assert gate.state() == "it was never opened"
    assert not (gate.home / DIRECTORY).exists()


def test_a_rehearsal_does_not_ask_for_parts_that_are_not_there(gate: Gate) -> None:
    gate.checks.said |= {id_: bad(id_, Status.UNKNOWN) for id_, row in CHECKS.items() if row.needs}
    gate.open()
    assert gate.state() == "open"


def _missing(gate: Gate) -> None:
    gate.checks.said["mtls"] = replace(bad("mtls"), id="io_queue")


def _crashes(gate: Gate) -> None:
    def crash() -> None:
        raise KeyError("no such column")

    gate.checks.also = crash


def _edited_meanwhile(gate: Gate) -> None:
    gate.checks.also = lambda: gate.edit("core.yaml", "demo_max_age_days: 7", "demo_max_age_days: 8")


def _other_code(gate: Gate) -> None:
    def replaced() -> None:
        gate.code = "1.0+ffffffffffff"

    gate.checks.also = replaced


UNSURE = {
    "a check of which nothing was said": (_missing, "mtls is unknown: nothing was said of it"),
    "a check that crashes": (_crashes, "a check crashed: KeyError"),
    "a file that is edited meanwhile": (_edited_meanwhile, "core.yaml was changed since this process read it"),
    "code that is replaced meanwhile": (_other_code, "the code was changed"),
}


@pytest.mark.parametrize("what", UNSURE)
def test_what_cannot_be_told_keeps_it_shut(gate: Gate, what: str) -> None:
    act, says = UNSURE[what]
    act(gate)
    with pytest.raises(PrerequisiteMissing, match=says.replace("+", r"\+")):
        gate.open()
    assert gate.state() == "it was never opened"


def test_what_cannot_be_bound_keeps_it_shut(gate: Gate) -> None:
    section = gate.scene.configuration.runtime.licensing.license
    (gate.home / section.license_path).unlink()
    place = BundlePlace.of(gate.home, gate.scene.configuration.core.execution.mtls)
    place.certificates["server"].write_bytes(b"no certificate")
    with pytest.raises(PrerequisiteMissing) as refused:
        gate.open()
    for says in ("cannot be bound", "the licence: ", "there is no readable one for", "server"):
        assert says in str(refused.value)
    assert not (gate.home / DIRECTORY).exists()


def test_values_of_the_environment_keep_it_shut(gate: Gate) -> None:
    runtime, scene = gate.home / "config/runtime.yaml", gate.scene
    configuration = load_configuration(runtime, {"GOLIVE__IO_QUEUE__BURST": "20"})
    with pytest.raises(PrerequisiteMissing, match="unset GOLIVE__IO_QUEUE__BURST"):
        open_gate(scene_of(gate.home, runtime, configuration, ENTRYPOINT, gate.clock, scene.store), LENA, CARL, gate.looks)


def test_production_takes_no_development_keys(gate: Gate) -> None:
    gate.edit("core.yaml", "endpoint: http://127.0.0.1:8080", "endpoint: production")
    with pytest.raises(PrerequisiteMissing, match="signed with production keys"):
        gate.open()


def test_production_is_asked_for_what_a_rehearsal_is_not(gate: Gate) -> None:
    gate.edit("core.yaml", "endpoint: http://127.0.0.1:8080", "endpoint: production")
    gate.checks.said["paper_labs"] = bad("paper_labs", Status.UNKNOWN)
    with pytest.raises(NotGreen, match="paper_labs is unknown"):
        look(gate.scene, gate.looks)


def test_what_was_looked_at_is_as_old_as_the_look_began(gate: Gate) -> None:
    began = gate.clock.now()
    gate.checks.also = lambda: gate.later(10)
    found = gate.open()
    assert found.looked_at - began < MINUTE
    assert found.expires_at - began < 16 * MINUTE


def test_a_report_that_a_record_names_is_held_against_its_signature_and_what_it_is_about(gate: Gate) -> None:
    found, keys = gate.open(), SigningKeys.load(gate.home)
    assert keys is not None
    path = gate.home / found.report
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert report_faults(gate.home, keys, found.report, digest, {"entrypoint": ENTRYPOINT}) == ()
    other = report_faults(gate.home, keys, found.report, digest, {"entrypoint": "kraken_desktop_live"})
    assert other == (f"its report {found.report} is about another entrypoint",)
    forged = data.replace(b"lena", b"olga")
    path.write_bytes(forged)
    assert len(report_faults(gate.home, keys, found.report, hashlib.sha256(forged).hexdigest(), {})) == 1


def test_a_report_of_the_same_moment_replaces_none(gate: Gate) -> None:
    found, keys = gate.open(), SigningKeys.load(gate.home)
    assert keys is not None
    path, _ = write_report(gate.scene, keys, gate.checks(gate.scene), found.looked_at)
    assert path != found.report
    assert hashlib.sha256((gate.home / found.report).read_bytes()).hexdigest() == found.report_sha256


def test_two_openings_at_once_keep_a_report_each(gate: Gate) -> None:
    together, now = threading.Barrier(2), gate.clock.now()
    gate.checks.also = lambda: together.wait(10)
    gate.clock.now = lambda: now  # type: ignore[method-assign]
    openings = [threading.Thread(target=gate.open, args=two) for two in ((LENA, CARL), (LEO, OLGA))]
    for thread in openings:
        thread.start()
    for thread in openings:
        thread.join()
    found = {each.body["report"]: each.body["report_sha256"] for each in records_of(gate.journal.path) if each.type == OPENED}
    assert len(found) == 2
    for path, digest in found.items():
        assert hashlib.sha256((gate.home / str(path)).read_bytes()).hexdigest() == digest
    assert verdict(gate.home) == []


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full once a record is written: no seal can be put in its place."""
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if target.name == f"{ENTRYPOINT}.seal.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)


def test_an_opening_that_cannot_be_sealed_leaves_nothing_open(opened: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    close_gate(opened.home, ENTRYPOINT, "done for today", opened.clock, by="carl")
    fill_disk(monkeypatch)
    with pytest.raises(JournalError, match="No space left on device; the gate is shut"):
        opened.open()
    assert "its opening failed" in opened.state()
    monkeypatch.undo()
    assert opened.open()
    assert verdict(opened.home) == []


def test_who_closes_it_while_two_are_opening_it_is_heard(gate: Gate) -> None:
    gate.open()
    close_gate(gate.home, ENTRYPOINT, "done for today", gate.clock, by="carl")
    said: list[GateState] = []
    gate.checks.also = lambda: said.append(close_gate(gate.home, ENTRYPOINT, "strange fills", gate.clock, by="olga"))
    with pytest.raises(PrerequisiteMissing, match=r"closed while it was being opened: strange fills \(by olga\)"):
        gate.open()
    assert gate.state() == "strange fills"
    assert isinstance(said[0], Shut)
    assert said[0].because == "done for today; an opening that was under way is refused"
    gate.checks.also = lambda: None
    assert gate.open().operators.keys() == {"lena", "carl"}
    assert gate.demand()


def test_who_closes_it_in_the_moment_of_its_record_is_heard(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def report(*args: Any, **options: Any) -> tuple[str, str]:
        close_gate(gate.home, ENTRYPOINT, "strange fills", gate.clock, by="olga")
        return write_report(*args, **options)

    monkeypatch.setattr(opening, "write_report", report)
    with pytest.raises(PrerequisiteMissing, match="closed while it was being opened"):
        gate.open()
    assert "strange fills" in gate.state()


def test_a_pass_is_made_by_its_package_alone(opened: Gate) -> None:
    passed = opened.demand()
    fields = {"entrypoint": passed.entrypoint, "stage": passed.stage, "opened": passed.opened, "bound": passed.bound}
    for marks in ({}, {"maker": None}, {"maker": object()}):
        with pytest.raises(TypeError):
            GatePass(**fields, **marks)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError)):
        replace(passed, entrypoint="kraken_desktop_live")  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        passed.entrypoint = "kraken_desktop_live"  # type: ignore[misc]
    assert copy.copy(passed).bound == passed.bound
    makers = {path for path, node in calls_naming("GatePass", "made_pass") if called(node)[1] in ("GatePass", "made_pass")}
    assert makers == {"runtime/gate/gate_pass.py", "runtime/gate/demand.py"}


@pytest.mark.parametrize(
    ("point", "count", "is_open"),
    [
        ("gate.report.after", 1, False),
        ("gate.record.before", 1, False),
        ("journal.append.before", 2, False),
        ("journal.append.after", 2, True),
        ("gate.record.after", 1, True),
        ("seal_copy.before", 2, True),
        ("seal_copy.after", 2, True),
    ],
)
def test_an_opening_that_was_killed_is_open_with_both_names_or_shut(gate: Gate, point: str, count: int, is_open: bool) -> None:
    scene = gate.scene
    pid = os.fork()
    if pid == 0:
        failpoint.arm(point, count)

        open_gate(scene, LENA, CARL, gate.looks)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (gate.state() == "open") is is_open, gate.state()
    if is_open:
        assert gate.demand().operators == ("lena", "carl")
        close_gate(gate.home, ENTRYPOINT, "after the kill", gate.clock, by="olga")
    else:
        with pytest.raises(PrerequisiteMissing, match="is shut: it was never opened"):
            gate.demand()
        gate.open()
    assert (gate.state() == "open") is not is_open
    assert [each for each in verdict(gate.home) if "gate" in each] == []


@pytest.mark.parametrize(("point", "is_open"), [("journal.append.before", True), ("journal.append.after", False)])
def test_a_closing_that_was_killed_is_shut_or_open(opened: Gate, point: str, is_open: bool) -> None:
    pid = os.fork()
    if pid == 0:
        failpoint.arm(point)
        close_gate(opened.home, ENTRYPOINT, "stop", opened.clock, by="olga")
        os._exit(0)
    os.waitpid(pid, 0)
    assert opened.state() == ("open" if is_open else "stop")
    close_gate(opened.home, ENTRYPOINT, "again", opened.clock, by="olga")
    assert opened.state() == ("again" if is_open else "stop")
    assert verdict(opened.home) == []


def test_a_journal_that_cannot_be_written_opens_nothing(gate: Gate) -> None:
    folder = gate.home / DIRECTORY
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")
    with pytest.raises(JournalError):
        gate.open()
    assert gate.state() != "open"
