"""`golive keys`: who may make production keys, where they may be made, and what is said of them."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.cli.main import main
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.model.verdict import KeyClass, Verdict
from golive.runtime.clock import SystemClock
from golive.runtime.doctor.doctor import CHECKS
from golive.runtime.doctor.finding import Finding, Patient
from golive.runtime.operators import add_operator
from golive.runtime.options import RunOptions
from golive.runtime.plan import plan_run
from golive.runtime.production_keys import RECORD, KeyFacts, create_keys, key_facts
from golive.runtime.reporting import stage_record_of
from golive.storage.config_files import load_configuration
from golive.storage.keys import DIRECTORY, PRODUCTION_DIRECTORY, UNFINISHED, SigningKeys, installed_class
from golive.storage.production_keys import ARCHIVE
from golive.storage.public_keys import PUBLIC_DIRECTORY
from golive.storage.security_admin import PATH as ADMIN_LOG
from golive.storage.security_admin import admin_entries, record_admin_act
from golive.storage.stage_records import StageRecords
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.configuration import ROOT
from support.durable import signer_of, stage_record
from support.production import RECIPIENT, with_production_keys

PASSPHRASE = Secret("seven brown otters swim")


@pytest.fixture(scope="module")
def manned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("manned") / "home"
    shutil.copytree(ROOT / "config", home / "config")
    add_operator(home, "sec", ["secops"], PASSPHRASE, by=None)
    return home


@pytest.fixture(scope="module")
def produced(manned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("produced") / "home"
    shutil.copytree(manned, home)
    made(home)
    return home


@pytest.fixture
def home(manned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(manned, tmp_path / "home"))


def made(home: Path, recipient: str = RECIPIENT, passphrase: Secret = PASSPHRASE) -> KeyFacts:
    return create_keys(home, "sec", passphrase, recipient, Verifier(home, VerificationKeys.of_home(home)), SystemClock())


def test_the_record_says_who_made_them_for_whom_and_what_was_before(produced: Path) -> None:
    facts = key_facts(produced)
    assert facts.made is not None
    assert (facts.key_class, facts.faults) == (KeyClass.PRODUCTION, ())
    keys = SigningKeys.load(produced)
    [entry] = admin_entries(produced, keys)[1:]
    assert (entry.seq, entry.type, entry.operator, entry.body["key_class"]) == (2, RECORD, "sec", "production")
    assert (facts.made.made_by, facts.made.recipient, facts.made_at) == ("sec", RECIPIENT, entry.ts)
    before = produced / facts.made.archive
    old = admin_entries(before, SigningKeys.load(before))
    assert [each.type for each in old[1:]] == ["operator_added", "operator_authenticated"]
    assert (old[-1].seq, old[-1].mac) == (facts.made.people_seq, facts.made.people_mac)
    assert old[-1].body["purpose"] == "keys.create"


def test_they_are_made_once(produced: Path) -> None:
    with pytest.raises(PrerequisiteMissing, match="made once"):
        made(produced)


@pytest.mark.parametrize("recipient", ["", "AGE-SECRET-KEY-1QQQ", "age1notarecipient"])
def test_what_is_no_recipient_is_refused_before_anything_is_asked_or_written(home: Path, recipient: str) -> None:
    log = (home / ADMIN_LOG).read_bytes()
    with pytest.raises(ConfigError, match="--auditor takes a recipient") as refused:
        made(home, recipient)
    assert "AGE-SECRET" not in str(refused.value)
    assert (home / ADMIN_LOG).read_bytes() == log


def test_it_takes_somebody_of_role_secops(home: Path) -> None:
    with pytest.raises(PrerequisiteMissing, match="passphrase of the operator is wrong"):
        made(home, passphrase=Secret("seven brown otters sink"))
    sec = VerificationKeys.of_home(home)
    with pytest.raises(PrerequisiteMissing):
        create_keys(home, "olga", PASSPHRASE, RECIPIENT, Verifier(home, sec), SystemClock())
    assert installed_class(home) is KeyClass.DEVELOPMENT


def _a_stage_record(home: Path) -> None:
    StageRecords(home, signer_of(home), operator="test").append(stage_record())


def _an_act_of_another_kind(home: Path) -> None:
    record_admin_act(home, signer_of(home), "autotrade_on", {}, "olga")


def _a_session(home: Path) -> None:
    (home / "var/state/sessions").mkdir()
    (home / "var/state/sessions/odd.sqlite").write_bytes(b"")


def _an_archive_of_a_freeze(home: Path) -> None:
    (home / "var/audit/stage6/20260110T000000Z").mkdir(parents=True)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (_a_stage_record, "evidence of keys for development: var/audit/stage/okx_desktop_paper.jsonl"),
        (_an_act_of_another_kind, "is 'autotrade_on', signed for development"),
        (_a_session, r"odd\.sqlite"),
        (_an_archive_of_a_freeze, "evidence of keys for development: var/audit/stage6"),
    ],
)
def test_where_anything_else_was_signed_production_does_not_begin(home: Path, before, told: str) -> None:  # type: ignore[no-untyped-def]
    before(home)
    with pytest.raises(PrerequisiteMissing, match=told):
        made(home)
    assert installed_class(home) is KeyClass.DEVELOPMENT
    assert not (home / ARCHIVE).exists()


def test_a_sealed_first_key_that_is_gone_or_another_is_said(produced: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(produced, tmp_path / "home"))
    facts = key_facts(home)
    assert facts.made is not None
    sealed = home / facts.made.sealed_root
    sealed.write_bytes(sealed.read_bytes() + b"x")
    assert "is not the sealed first key that was recorded" in key_facts(home).faults[0]
    sealed.unlink()
    assert "cannot be read" in key_facts(home).faults[0]
    assert main(["keys", "show", "--home", str(home)]) == 3


def test_commands_make_show_and_name_them(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def golive(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*words, "--home", str(home), "--config", str(home / "config/runtime.yaml")])
        return code, *capsys.readouterr()

    create = ("keys", "create", "--auditor", RECIPIENT, "--operator", "sec")
    assert "class         development" in golive("keys", "show")[1]
    assert golive(*create, typed="wrong passphrase here\n")[0] == 3
    code, out, err = golive(*create, typed="seven brown otters swim\n")
    assert (code, err) == (0, "")
    assert f"for {RECIPIENT}" in out
    assert golive("keys", "show") == (0, out, "")
    document = json.loads(golive("keys", "show", "--json")[1])
    assert (document["schema"], document["key_class"], document["faults"]) == ("golive.keys.v1", "production", [])
    assert golive("audit", "verify", "--all")[0] == 0
    shown = golive("audit", "show", str(home / ADMIN_LOG))
    assert shown[0] == 0
    assert "signed        with keys for production\n" in shown[1]
    assert golive(*create, typed="seven brown otters swim\n")[0] == 3
    rows = {row["check"]: row for row in json.loads(golive("doctor", "--json")[1])["checks"]}
    assert rows["keys"]["measured"].startswith("production keys, made by sec")


def test_a_making_that_was_cut_off_is_finished_without_asking_again(
    produced: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Path(shutil.copytree(produced, tmp_path / "home"))
    facts = key_facts(home)
    assert facts.made is not None
    plan = dict(admin_entries(home, SigningKeys.load(home))[1].body)
    del plan["key_class"]
    (home / PRODUCTION_DIRECTORY / UNFINISHED).write_text(json.dumps(plan))
    assert main(["keys", "show", "--home", str(home)]) == 70
    assert "go on: golive keys create" in capsys.readouterr().err
    assert main(["keys", "create", "--auditor", RECIPIENT, "--operator", "sec", "--home", str(home)]) == 0
    assert key_facts(home) == facts
    assert [each.type for each in admin_entries(home, SigningKeys.load(home))].count(RECORD) == 1


def test_keys_of_another_root_than_the_recorded_one_are_said(produced: Path, tmp_path: Path) -> None:
    home, other = (Path(shutil.copytree(produced, tmp_path / name)) for name in ("home", "other"))
    shutil.rmtree(other)
    with_production_keys(other)
    shutil.copy(other / PRODUCTION_DIRECTORY / "root.key", home / PRODUCTION_DIRECTORY / "root.key")
    assert any("those that were made are of prod-log-" in fault for fault in key_facts(home).faults)


def test_what_is_left_of_the_keys_for_development_is_in_the_archive(produced: Path) -> None:
    assert [path.name.split("-")[0] for path in sorted((produced / PUBLIC_DIRECTORY).iterdir())] == ["prod", "prod"]
    assert not (produced / DIRECTORY).exists()
    facts = key_facts(produced)
    assert facts.made is not None
    archive = produced / facts.made.archive
    results = Verifier(archive, VerificationKeys.of_home(archive)).everything()
    assert [result.soundness for result in results] == [Soundness.CLEAN]


def test_a_report_and_its_stage_record_say_the_class_of_the_keys(produced: Path, manned: Path) -> None:
    report = {"endpoint_host": "127.0.0.1", "report_json": "r.json", "started_at": "", "finished_at": ""}
    for home, wanted in ((produced, KeyClass.PRODUCTION), (manned, KeyClass.DEVELOPMENT)):
        runtime = home / "config/runtime.yaml"
        options = RunOptions(mode="demo", entrypoint="okx_desktop_paper")
        plan = plan_run(options, load_configuration(runtime, {}), runtime, home)
        assert stage_record_of(plan, report, "0" * 64, "0" * 64, 0).key_class is wanted


def test_the_doctor_asks_for_production_keys_where_live_is_real_and_for_what_was_recorded(home: Path) -> None:
    runtime = home / "config/runtime.yaml"

    def looked() -> Finding:
        return CHECKS["keys"](Patient(home, SystemClock(), lambda: load_configuration(runtime, {})))

    assert looked().verdict is Verdict.OK
    runtime.write_text(runtime.read_text().replace("enable_live_mode: false", "enable_live_mode: true"))
    found = looked()
    assert (found.verdict, found.next_command.split(" --")[0]) == (Verdict.BLOCKED, "golive keys create")
    facts = made(home)
    assert looked().verdict is Verdict.OK
    assert facts.made is not None
    (home / facts.made.sealed_root).unlink()
    assert looked().verdict is Verdict.BLOCKED
