"""Signed results on a real home: what our own commands leave is ok, and whatever is changed, taken or older is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from golive.cli.main import main
from golive.config.rbac import Role
from golive.model.clock import DAY, MINUTE, SECOND, to_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.verdict import Stage
from golive.readiness.checks.live_checklist import RUNBOOKS
from golive.readiness.finding import Finding, Status
from golive.readiness.named_tests import NAMED, Outcome
from golive.readiness.runbook import Kind
from golive.runtime.alerts.policy import audit_place
from golive.runtime.code_version import code_version
from golive.runtime.live.plan import AccountPlan
from golive.runtime.live.reconcile_record import FOLDER as RECONCILED
from golive.runtime.live.reconcile_record import keep_result as keep_reconciliation
from golive.runtime.live.reconcile_run import AccountFound, Reconciliation
from golive.runtime.named_tests.junit import JUnitError, read_junit
from golive.runtime.named_tests.result import CODE_VERSION, REVISION, read_result
from golive.runtime.named_tests.result import FOLDER as TESTED
from golive.runtime.named_tests.result import keep_result as keep_tests
from golive.runtime.operators import add_operator
from golive.runtime.readiness.checklist import examine
from golive.runtime.readiness.live_checklist import box_evidence
from golive.runtime.readiness.reconciliation import reconciliation_evidence
from golive.runtime.readiness.scene import Scene
from golive.runtime.runbook.documents import read_runbook
from golive.runtime.runbook.place import Place, ok
from golive.runtime.runbook.record import record
from golive.runtime.runbook.run import basis_of
from golive.storage.alert_audit import FileAlertAuditLog
from golive.storage.decision_step import record_step, recorded_steps
from golive.storage.verified import VerificationKeys
from golive.venues import AdapterSettings
from support.adapters import unhurried
from support.configuration import ROOT
from support.durable import START, ToldClock, signer_of
from support.live_window import PASSPHRASE
from support.published import published
from support.readiness_scene import LIVE, rehearsal_scene

Harm = Callable[[Path], None]
PROPERTIES = {CODE_VERSION: code_version(), REVISION: "f" * 40}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    rehearsal_scene(tmp_path)
    return tmp_path


def look(home: Path, id_: str, now: int = START) -> Finding:
    return examine(rehearsal_scene(home, clock=ToldClock(now)), id_)


def junit(*left_out: str, properties: dict[str, str] = PROPERTIES, bad: str = "") -> bytes:
    """A JUnit file as pytest writes it, with a case for each named test but those left out."""
    told = "".join(f"<property name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in properties.items())
    rows = []
    for test in NAMED:
        if test not in left_out:
            path, _, name = test.partition("::")
            inside = '<failure message="no"/>' if test == bad else ""
            classname = path.removesuffix(".py").replace("/", ".")
            rows.append(f'<testcase classname="{classname}" name="{name or "test_it"}">{inside}</testcase>')
    return f"<testsuites><testsuite><properties>{told}</properties>{''.join(rows)}</testsuite></testsuites>".encode()


def in_folder(home: Path, folder: Path) -> Path:
    (path,) = (home / folder).glob("*.json")
    return path


def changed(folder: Path) -> Harm:
    def harm(home: Path) -> None:
        path = in_folder(home, folder)
        path.write_bytes(path.read_bytes().replace(b'"operator":"anna"', b'"operator":"carl"'))

    return harm


def gone(folder: Path) -> Harm:
    return lambda home: in_folder(home, folder).unlink()


def no_log(home: Path) -> None:
    for path in (home / "audit/decision_logs").iterdir():
        path.unlink()


def unpublished(home: Path) -> None:
    """Without the keys that signed: neither log nor result can be believed."""
    shutil.rmtree(home / "var/state/keys")
    shutil.rmtree(home / "var/audit/keys")


def reconciled(home: Path, *, problem: str = "", now: int = START) -> None:
    scene = rehearsal_scene(home, clock=ToldClock(now))
    account = AccountPlan(
        profile=unhurried("okx"),
        settings=AdapterSettings(exchange="okx", environment="okx_live", queue="okx_spot", endpoint="http://127.0.0.1:9"),
        account="okx_live_trading",
        symbols=("BTC/USDT",),
    )
    seen = AccountFound(account=account, problem=problem)
    found = Reconciliation(entrypoint=LIVE, stage=Stage.REHEARSAL, accounts=(seen,))
    path = keep_reconciliation(home, found, scene.live, scene.clock, "anna", 0)
    published(path.read_bytes())


def test_a_reconciliation_counts_while_it_is_the_newest_whole_and_fresh(home: Path) -> None:
    assert look(home, "reconciliation").status is Status.UNKNOWN
    reconciled(home)
    found = look(home, "reconciliation", START + DAY)
    assert (found.status, found.reasons) == (Status.OK, ())
    (file,) = found.evidence
    assert (file.path.startswith(RECONCILED.as_posix()), file.age_seconds) == (True, DAY / SECOND)
    assert look(home, "reconciliation", START + DAY + SECOND).status is Status.UNKNOWN
    reconciled(home, problem="no answer", now=START + MINUTE)
    assert "no answer" in look(home, "reconciliation", START + MINUTE).reasons[0]
    (newest,) = (home / RECONCILED).glob("*0001*.json")
    newest.unlink()
    assert look(home, "reconciliation", START + MINUTE).status is Status.BLOCKED


@pytest.mark.parametrize("harm", [changed(RECONCILED), gone(RECONCILED), no_log, unpublished])
def test_a_changed_or_lost_reconciliation_is_not_believed(home: Path, harm: Harm) -> None:
    reconciled(home)
    harm(home)
    found = look(home, "reconciliation")
    assert found.status in (Status.BLOCKED, Status.UNKNOWN)
    assert found.reasons


def test_named_tests_count_at_their_code_version_once_all_have_passed(home: Path) -> None:
    assert look(home, "named_tests").status is Status.UNKNOWN
    kept = keep_tests(home, [junit(bad=NAMED[3])], ToldClock(), "anna", 0)
    assert (kept.exit_code, [each.test for each in kept.tests if each.bad]) == (4, [NAMED[3]])
    assert look(home, "named_tests").reasons == (f"named test {NAMED[3]}: failed",)
    kept = keep_tests(home, [junit(*NAMED[4:]), junit(*NAMED[:4])], ToldClock(START + MINUTE), "anna", 0)
    document = published(kept.path.read_bytes())
    assert (kept.exit_code, document["revision"], len(document["junit"])) == (0, "f" * 40, 2)
    found = look(home, "named_tests")
    assert (found.status, [each.path for each in found.evidence]) == (Status.OK, [f"{TESTED}/{kept.path.name}"])
    for properties in ({}, {CODE_VERSION: "0.1.0+000000000000"}):
        with pytest.raises(ConfigError, match="code version"):
            keep_tests(home, [junit(properties=properties)], ToldClock(), "anna", 0)
    kept.path.write_bytes(kept.path.read_bytes().replace(b"passed", b"failed", 1))
    assert look(home, "named_tests").status is Status.BLOCKED


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><testsuites>&b;</testsuites>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuites/>', "document type"),
        (b"<testsuites>", "no XML"),
        (b"", "no XML"),
        (b"<html/>", "its root is 'html'"),
        (b"<testsuites>" + b"<a>" * 20 + b"</a>" * 20 + b"</testsuites>", "elements in each other"),
        (b"<testsuite><testcase name='a'><testcase name='b'/></testcase></testsuite>", "a case in a case"),
        (b"\xff\xfe\x00", "no XML"),
    ],
)
def test_what_is_no_plain_junit_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(JUnitError, match=says):
        read_junit(data)


def test_a_junit_file_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"<testsuite></testsuite>"
    monkeypatch.setattr("golive.runtime.named_tests.junit.MOST_BYTES", len(data))
    assert read_junit(data).cases == []
    with pytest.raises(JUnitError, match="longer than"):
        read_junit(data + b" ")


def test_the_account_of_live_is_asked_for(home: Path) -> None:
    accounts = reconciliation_evidence(rehearsal_scene(home)).accounts
    assert [(each.adapter, each.keychain_key) for each in accounts] == [("okx_spot", "okx_live_trading")]


def test_a_case_that_failed_stays_so_and_says_nothing_of_its_suite() -> None:
    rows = b"<failure/><properties><property name='golive.code_version' value='9'/></properties><skipped/>"
    found = read_junit(b"<testsuite><testcase classname='tests.test_x' name='test_y'>" + rows + b"</testcase></testsuite>")
    assert ([each.outcome for each in found.cases], found.properties) == ([Outcome.FAILED], {})


def test_a_result_that_none_of_our_keys_signed_is_tampered_with(home: Path) -> None:
    kept = keep_tests(home, [junit(bad=NAMED[3])], ToldClock(), "anna", 0)
    [step] = recorded_steps(home, "live")
    assert (step.body["step"], step.body["status"]) == ("named_tests", "blocked")
    path, keys = f"{TESTED}/{kept.path.name}", VerificationKeys.of_home(home).seal
    assert read_result(home, path, keys)["exit_code"] == 4
    kept.path.write_bytes(kept.path.read_bytes().replace(b"failed", b"passed", 1))
    with pytest.raises(JournalError, match="tampered"):
        read_result(home, path, keys)


def test_the_commands_take_a_file_and_show_what_stands(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--home", str(home))
    assert main(["named-tests", "show", *given]) == 6
    file = home / "junit.xml"
    file.write_bytes(junit(NAMED[8]))
    assert main(["named-tests", "run", "--junit", str(file), *given]) == 4
    assert f"missing  {NAMED[8]} (0 cases)" in capsys.readouterr().out
    assert main(["named-tests", "show", *given]) == 3
    file.write_bytes(junit())
    assert main(["named-tests", "run", "--junit", str(file), *given]) == 0
    assert main(["named-tests", "show", *given]) == 0
    assert main(["named-tests", "run", "--junit", str(home), *given]) == 2


def test_every_named_test_is_there() -> None:
    for test in NAMED:
        path, _, name = test.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {name or 'test_'}" in text
    assert "pytest.mark.e2e_demo_paper" in (ROOT / NAMED[-1]).read_text(encoding="utf-8")


def announced(home: Path, *, outcome: str = "delivered", channel: str = "oem-live", alert: str = "a" * 32) -> None:
    add_operator(home, "cora", [Role.ONCALL], PASSPHRASE, by=None)
    body = {"alert_id": alert, "channel": channel, "outcome": outcome, "category": "go_live"}
    audit = FileAlertAuditLog(home, signer_of(home, ToldClock()), audit_place(rehearsal_scene(home).configuration).directory)
    audit.record([("alert", body, "anna")])
    audit.close()
    document = home / "communications/announcements/x.md"
    document.parent.mkdir(parents=True)
    document.write_text("start")
    record_step(
        home, signer_of(home, ToldClock()), "announcement", "ok", 1, [document],
        facts={
            "entrypoint": LIVE, "operators": ["cora"], "starts_at": to_iso(START + MINUTE),
            "alert": {"alert_id": "a" * 32, "channel": "oem-live", "delivered_at": to_iso(START)},
        },
    )  # fmt: skip


def test_an_announcement_counts_that_its_channel_took(home: Path) -> None:
    assert look(home, "incident_comms").status is Status.UNKNOWN
    announced(home)
    found = look(home, "incident_comms")
    assert (found.status, found.reasons) == (Status.OK, ())
    (file,) = (home / "alerts").glob("*.jsonl")
    data = file.read_bytes()
    file.write_bytes(data.replace(b"delivered", b"suppressd"))
    assert "tampered" in look(home, "incident_comms").reasons[0]
    file.unlink()
    assert look(home, "incident_comms").status is not Status.OK
    file.write_bytes(data)
    (home / "communications/announcements/x.md").write_text("another start")
    assert look(home, "incident_comms").status is Status.BLOCKED


@pytest.mark.parametrize("row", [{"outcome": "failed"}, {"channel": "sec-alerts"}, {"alert": "b" * 32}])
def test_another_row_of_the_audit_is_no_delivery(home: Path, row: dict[str, str]) -> None:
    announced(home, **row)
    found = look(home, "incident_comms")
    assert (found.status, "no row that oem-live took" in found.reasons[0]) == (Status.BLOCKED, True)


def tick(scene: Scene, entrypoint: str = "") -> None:
    """Record an ok for everything that the two runbooks are bound to."""
    chosen = scene.configuration.resolve(entrypoint) if entrypoint else scene.paper
    place = Place(
        home=scene.home, runtime_file=scene.runtime_file, configuration=scene.configuration, entrypoint=chosen,
        clock=scene.clock, store=scene.store, operator="anna", walk=lambda mode, name: pytest.fail("nothing is run"),
    )  # fmt: skip
    for name in RUNBOOKS:
        written = read_runbook(name)
        basis = basis_of(place, written)
        for item in written.book.items:
            for binding in item.bindings:
                if not item.number and binding.kind is not Kind.SIGNOFF:
                    record(place, written.book, basis, item, binding, ok("by hand"), 0)


def test_boxes_are_ticked_by_the_log_and_open_again_with_another_configuration(home: Path) -> None:
    scene = rehearsal_scene(home)
    tick(scene)
    evidence = box_evidence(scene)
    open_now = [lack for box in evidence.boxes for lack in box.lacks]
    assert open_now
    assert all(lack.startswith("signoff ") for lack in open_now)
    assert len([box for box in evidence.boxes if not box.lacks]) > 15
    found = examine(scene, "live_checklist")
    assert (found.status, found.owner) == (Status.UNKNOWN, ("compliance",))
    assert found.reasons[-1].startswith("and ")
    later = replace(scene, clock=ToldClock(START + DAY))
    assert all(box.lacks for box in box_evidence(later).boxes)
    core = home / "config/core.yaml"
    core.write_text(core.read_text() + "# changed\n")
    assert all(box.lacks for box in box_evidence(rehearsal_scene(home)).boxes)
    no_log(home)
    assert examine(scene, "live_checklist").reasons[0].startswith("var/audit/seals/")
