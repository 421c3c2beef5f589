"""`golive doctor`: every check is broken once, is named with what to do, and never says ok of what it could not look at."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golive.cli.main import main
from golive.model.alert import AlertMessage, AlertOutcome, AlertRow, AlertSeverity
from golive.model.errors import JournalError
from golive.model.secret import Secret
from golive.model.verdict import Verdict
from golive.runtime.doctor import machine
from golive.runtime.doctor.doctor import CHECKS, examine_all
from golive.runtime.doctor.finding import DoctorReport, Finding, Patient, overall
from golive.runtime.doctor.next_command import of_licence
from golive.security.licence.fault import Document, Fault, FaultCode
from golive.security.operators import OperatorBook, encode_book, new_entry
from golive.storage.alert_audit import FileAlertAuditLog, alert_files
from golive.storage.config_files import load_configuration
from golive.storage.vault_file import VaultFile
from support.durable import START, ToldClock, signer_of

CONFIG = Path(__file__).resolve().parents[3] / "config"
SCHEMA = json.loads((CONFIG.parent / "docs/schemas/golive.doctor.v1.json").read_text())
DOCTOR = CONFIG.parent / "src/golive/runtime/doctor"
COMMAND = re.compile(r"golive ((?:[a-z-]+ )?[a-z][a-z-]+)(?= NAME| --| DIR| SOURCE|\"| \{)")
"""words of a command of golive in a text"""
CHEAP = {name: check for name, check in CHECKS.items() if name not in ("libraries", "clock")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir(mode=0o755)
    for file in CONFIG.glob("*.yaml"):
        shutil.copyfile(file, tmp_path / "config" / file.name)
        (tmp_path / "config" / file.name).chmod(0o644)
    _set(tmp_path, "port: 9177", "port: 0")
    return tmp_path


def _set(home: Path, text: str, by: str, name: str = "runtime.yaml") -> None:
    file = home / "config" / name
    assert text in file.read_text()
    file.write_text(file.read_text().replace(text, by, 1))


def looked(home: Path, name: str) -> Finding:
    patient = Patient(home, ToldClock(2_000_000_000 * 10**9), lambda: load_configuration(home / "config/runtime.yaml", {}))
    return CHECKS[name](patient)


def report(home: Path) -> DoctorReport:
    return examine_all(home, home / "config/runtime.yaml", ToldClock(2_000_000_000 * 10**9), CHEAP)


def test_a_new_installation_has_nothing_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "umask", lambda _: 0o077)  # that of the command; the tests have their own
    monkeypatch.setitem(CHEAP, "process", lambda _: Finding(Verdict.OK, "as the command has it"))
    found = report(home)
    assert {row.check: row.verdict for row in found.checks if row.verdict not in ("ok", "not_applicable")} == {}
    assert (found.verdict, found.exit_code, found.not_ok) == (Verdict.OK, 0, 0)
    assert sorted(home.iterdir()) == [home / "config"], "it writes nothing"


def test_a_configuration_that_cannot_be_used_is_exit_2_and_the_rest_is_looked_at(home: Path) -> None:
    _set(home, "port: 0", "port: nowhere")
    found = report(home)
    rows = {row.check: row for row in found.checks}
    assert found.exit_code == 2
    assert (rows["configuration"].verdict, rows["configuration"].next_command) == (Verdict.UNKNOWN, "golive config check")
    assert rows["disk"].verdict is Verdict.OK
    assert {rows[name].verdict for name in ("secrets", "rotation", "licences", "journals", "ports")} == {Verdict.UNKNOWN}


def _secret_for_all(home: Path) -> None:
    (home / "secrets").mkdir(mode=0o700)
    (home / "secrets/vault.json").touch()
    (home / "secrets/vault.json").chmod(0o644)  # whatever the umask


def _foreign_rules(home: Path) -> None:
    (home / "config/core.yaml").chmod(0o666)


def _journal_changed(home: Path) -> None:
    (home / "var/audit/decisions").mkdir(parents=True)
    (home / "logs").mkdir()
    (home / "logs/security_admin.log").write_text('{"not": "a record"}\n')


def _book_unreadable(home: Path) -> None:
    (home / "var/security").mkdir(parents=True, mode=0o700)
    (home / "var/security/operators.json").touch(mode=0o600)


def _book_unmanaged(home: Path) -> None:
    _book_unreadable(home)
    entry = new_entry("ann", ["operator"], Secret("a passphrase of some length"), "2026-01-01T00:00:00Z")
    (home / "var/security/operators.json").write_bytes(encode_book(OperatorBook({"ann": entry})))


def _no_key(home: Path) -> None:
    _set(home, "endpoint: embedded", "endpoint: sandbox", "core.yaml")


def _vault_broken(home: Path) -> None:
    _no_key(home)
    VaultFile(home).path.parent.mkdir(mode=0o700)
    VaultFile(home).path.write_text("{}")
    VaultFile(home).path.chmod(0o600)


def _licence_forged(home: Path) -> None:
    (home / "var/licenses/active").mkdir(parents=True)
    (home / "var/licenses/active/license.json").write_text("{}")


def _half_a_bundle(home: Path) -> None:
    (home / "secrets/mtls").mkdir(parents=True, mode=0o700)
    (home / "secrets").chmod(0o700)
    (home / "secrets/mtls/core-oem-ca.pem").touch(mode=0o600)


def _linked_secret(home: Path) -> None:
    (home / "secrets").mkdir(mode=0o700)
    (home / "kept").touch(mode=0o600)
    (home / "secrets/x").symlink_to("../kept")


def _pipe(home: Path) -> None:
    (home / "secrets").mkdir(mode=0o700)
    os.mkfifo(home / "secrets/pipe", 0o600)


def _of_the_future(home: Path) -> None:
    (home / "logs").mkdir()
    (home / "logs/x").touch()
    os.utime(home / "logs/x", (2_500_000_000, 2_500_000_000))


BROKEN: list[tuple[str, Callable[[Path], None], Verdict, str, str]] = [
    ("permissions", _secret_for_all, Verdict.BLOCKED, "secrets/vault.json: others may use it (mode 0644)", "chmod 600 secrets/vault.json"),
    ("permissions", _foreign_rules, Verdict.BLOCKED, "config/core.yaml: others may change it (mode 0666)", "chmod 644"),
    ("journals", _journal_changed, Verdict.BLOCKED, "security_admin.log", "golive audit verify --all"),
    ("operators", _book_unreadable, Verdict.BLOCKED, "cannot read the operators", ".old && golive operator add NAME --role secops"),
    ("operators", _book_unmanaged, Verdict.BREACHED, "none of role secops", "golive operator add NAME --role secops"),
    ("rotation", _vault_broken, Verdict.UNKNOWN, "bybit_live: ", "golive secrets rotation"),
    ("secrets", _vault_broken, Verdict.BLOCKED, "vault", ".old && golive secrets set"),
    ("secrets", _no_key, Verdict.BLOCKED, "no key", "golive secrets set"),
    ("licences", _licence_forged, Verdict.BLOCKED, "licence", "golive provision --install DIR"),
    ("certificates", _half_a_bundle, Verdict.BLOCKED, "server.chain: is missing", "golive mtls generate"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "breaks", "verdict", "measured", "command"), BROKEN, ids=lambda each: getattr(each, "__name__", None)
)
def test_what_is_broken_is_named_with_the_next_command(
    name: str, breaks: Callable[[Path], None], verdict: Verdict, measured: str, command: str, home: Path
) -> None:
    before = looked(home, name)
    assert before.verdict in (Verdict.OK, Verdict.NOT_APPLICABLE)
    breaks(home)
    found = looked(home, name)
    assert found.verdict is verdict, found
    assert measured in found.measured
    assert command in found.next_command


def test_the_audit_of_alerts_is_looked_at_where_the_configuration_has_it(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("directory: alerts", "directory: told"))
    message = AlertMessage("id-1", "risk", AlertSeverity.ERROR, "t", "b", START, "k", {})
    audit = FileAlertAuditLog(home, signer_of(home), Path("told"))
    audit.append([AlertRow(message, "chat", AlertOutcome.DELIVERED, 1)])
    audit.close()
    assert looked(home, "journals").verdict is Verdict.OK
    (path,) = alert_files(home / "told")
    path.write_bytes(path.read_bytes().replace(b'"id-1"', b'"id-2"'))
    assert looked(home, "journals").verdict is Verdict.BLOCKED


def test_a_taken_port_is_named_and_a_free_one_is_ok(home: Path) -> None:
    assert looked(home, "ports").verdict is Verdict.OK
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        _set(home, "port: 0", f"port: {other.getsockname()[1]}")
        found = looked(home, "ports")
    assert found.verdict is Verdict.BREACHED
    assert "taken by another program" in found.measured


def test_a_clock_that_was_set_back_is_seen_by_what_was_written(home: Path) -> None:
    assert looked(home, "clock").verdict is Verdict.OK
    (home / "logs").mkdir()
    (home / "logs/x").touch()
    os.utime(home / "logs/x", (2_000_000_060, 2_000_000_060))
    found = looked(home, "clock")
    assert (found.verdict, found.measured) == (
        Verdict.BREACHED,
        f"files here are dated 60 s in the future of this clock: {home / 'logs/x'}",
    )
    assert found.next_command == "timedatectl set-ntp true; find logs -newermt now -exec touch {} +"


def test_a_full_disk_and_another_python_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1 << 60)
    monkeypatch.setattr(machine, "SUPPORTED", (3, 99))
    assert looked(home, "disk").verdict is Verdict.BREACHED
    assert looked(home, "python").verdict is Verdict.BLOCKED
    monkeypatch.setattr(machine, "SUPPORTED", (3, 1))
    assert looked(home, "python").verdict is Verdict.UNKNOWN


def test_live_is_refused_to_root_and_without_people_or_certificates(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert looked(home, "user").verdict is Verdict.OK
    monkeypatch.setattr(Patient, "trades_live", True)
    assert {looked(home, name).verdict for name in ("user", "operators", "certificates", "licences")} == {Verdict.BLOCKED}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert looked(home, "user").verdict is Verdict.OK


def test_a_check_that_cannot_look_is_unknown_and_keeps_no_other_from_looking(home: Path) -> None:
    def cannot(_: Patient) -> Finding:
        raise JournalError("no way in\nat all")

    found = examine_all(home, home / "config/runtime.yaml", ToldClock(1), {"first": cannot, "disk": CHECKS["disk"]})
    assert [(row.verdict, row.measured) for row in found.checks[:1]] == [(Verdict.UNKNOWN, "could not be looked at: no way in")]
    assert (found.checks[1].verdict, found.exit_code) == (Verdict.OK, 6)


@pytest.mark.parametrize(
    ("verdicts", "gravest"),
    [([], "unknown"), (["not_applicable"], "unknown"), (["ok", "not_applicable"], "ok"), (["ok", "unknown"], "unknown"),
     (["unknown", "breached"], "breached"), (["breached", "blocked", "unknown"], "blocked")],
)  # fmt: skip
def test_the_gravest_verdict_is_that_of_all(verdicts: list[str], gravest: str) -> None:
    assert overall(Verdict(each) for each in verdicts) == gravest


def test_the_command_shows_a_table_and_a_document_of_the_published_schema(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--home", str(home)])
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(document)
    assert code == document["exit_code"]
    assert [row["check"] for row in document["checks"]] == list(CHECKS)
    assert main(["doctor", "--home", str(home)]) == code
    shown = capsys.readouterr().out
    assert "operators: golive operator add NAME --role secops" in shown
    assert f"(exit {code})" in shown


MENDED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a_file_in_place_of_a_folder": ("writable", lambda home: (home / "var").touch()),
    "a_linked_secret": ("permissions", _linked_secret),
    "open_rules": ("permissions", _foreign_rules),
    "a_pipe_among_secrets": ("permissions", _pipe),
    "a_file_of_the_future": ("clock", _of_the_future),
}


@pytest.mark.parametrize("case", MENDED)
def test_the_next_command_mends_the_finding(case: str, home: Path) -> None:
    name, breaks = MENDED[case]
    breaks(home)
    found = looked(home, name)
    assert found.verdict not in (Verdict.OK, Verdict.NOT_APPLICABLE)
    for _ in range(2):
        command = looked(home, name).next_command.replace("timedatectl set-ntp true; ", "")
        subprocess.run(["sh", "-c", command or "true"], cwd=home, check=True)
    assert looked(home, name).verdict is Verdict.OK


def test_a_full_disk_and_one_without_room_for_names_are_found_on_a_real_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = home / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=100", "tmpfs", str(small)], check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    try:
        shutil.copytree(home / "config", small / "config")
        (small / "filling").write_bytes(bytes(900_000))
        found = looked(small, "disk")
        assert (found.verdict, found.measured) == (Verdict.BREACHED, "0.0 GiB free, wanted is 1")
        monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1)
        found = looked(small, "disk")
        assert "files can still be made" in found.measured
        for command in (found.next_command,):
            shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
            assert str(small) in shown.stdout
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        refused = looked(small, "writable")
        assert (refused.verdict, refused.next_command) == (Verdict.BLOCKED, f"mount -o remount,rw {small}")
        subprocess.run(["sh", "-c", refused.next_command], check=True)
        assert looked(small, "writable").verdict is Verdict.OK
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize(
    ("document", "code", "development", "command"),
    [
        (Document.LICENCE, FaultCode.EXPIRED, False, "golive provision --install DIR"),
        (Document.LICENCE, FaultCode.EXPIRED, True, "golive run"),
        (Document.REVOCATIONS, FaultCode.STALE, False, "golive licence sync SOURCE"),
        (Document.FINGERPRINT, FaultCode.OTHER_MACHINE, False, "golive licence refresh-fingerprint --operator NAME"),
        (Document.EXPECTED, FaultCode.MISSING, False, "golive provision --install DIR"),
        (Document.CLOCK, FaultCode.ROLLED_BACK, True, "golive licence accept-clock --operator NAME"),
        (Document.REGISTRY, FaultCode.MALFORMED, True, "golive audit verify --all"),
        (Document.REGISTRY, FaultCode.NOT_REGISTERED, True, "mv var/licenses var/licenses.old && golive run"),
        (Document.REGISTRY, FaultCode.NOT_REGISTERED, False, "golive provision --install DIR"),
    ],
)
def test_each_fault_of_a_licence_has_a_command(
    document: Document, code: FaultCode, development: bool, command: str, home: Path
) -> None:
    assert of_licence([Fault(document, code, "")], home, "golive run", development=development) == command


def test_every_next_command_is_one_of_golive_or_of_the_machine(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {found for path in DOCTOR.rglob("*.py") for found in COMMAND.findall(path.read_text())}
    assert len(told) >= 12
    for words in sorted(told):
        assert main([*words.split(), "--help"]) == 0, words
        assert f"golive {words} " in capsys.readouterr().out


def test_a_package_that_is_gone_is_named_without_a_trace(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert main(["doctor", "--home", str(home)]) == 3
    assert capsys.readouterr().err == "rich.console is not installed; put the pinned packages back: make -B setup\n"
