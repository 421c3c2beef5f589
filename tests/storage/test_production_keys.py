"""Production keys: whole or not at all, the first one nowhere on the host, and nothing of development believed beside them."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.audit import NO_KEYS, Chain, MacKeys, Report, Soundness, decode_entry, encode_signed, verify_file
from golive.audit.ratchet import FirstKey
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.model.verdict import KeyClass, Stage
from golive.runtime.clock import SystemClock
from golive.storage.failpoint import arm
from golive.storage.freeze_archive import FreezeArchive
from golive.storage.gate_journal import GateJournal
from golive.storage.journal_file import JournalFile, Signer
from golive.storage.keys import DIRECTORY, PRODUCTION_DIRECTORY, UNFINISHED, SigningKeys, installed_class
from golive.storage.log_writing import KEY_AGE_NS
from golive.storage.production_keys import ARCHIVE, MadeKeys, finish, make_production_keys, unfinished
from golive.storage.public_keys import PUBLIC_DIRECTORY
from golive.storage.register_file import RegisterFile
from golive.storage.security_admin import PATH as ADMIN_LOG
from golive.storage.security_admin import admin_entries, record_admin_act
from golive.storage.stage_records import StageRecords
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import ENTRYPOINT, ToldClock, signer_of, stage_record
from support.production import RECIPIENT, auditors_keys, first_key, keys_of_production, with_production_keys
from support.second_verifier import exit_code


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("production") / "home"
    with_production_keys(home)
    return home


@pytest.fixture(scope="module")
def developed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was signed with keys for development: a stage record, registers, people's acts, an open gate."""
    home = tmp_path_factory.mktemp("development") / "home"
    records_of(home).append(stage_record())
    RegisterFile(home / "var/audit/compliance/register.json", "compliance").append(signer_of(home), [("document", {}, "carla")])
    RegisterFile(home / "var/audit/stage6/register.json", "freezes").append(signer_of(home), [("freeze", {}, "rita")])
    record_admin_act(home, signer_of(home), "operator_added", {"name": "mallory"}, "mallory")
    GateJournal(home, "okx_desktop_live").append(signer_of(home), "gate_opened", {"entrypoint": "okx_desktop_live"}, "mallory")
    return home


@pytest.fixture
def home(produced: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(produced, tmp_path / "home"))


def records_of(home: Path) -> StageRecords:
    return StageRecords(home, signer_of(home), operator="test")


def a_log(home: Path, clock: ToldClock, steps: int) -> Path:
    """A log whose key moved on `steps` times."""
    path = home / "log.jsonl"
    log = JournalFile.open(path, "log", signer_of(home, clock), seal_path=path.with_suffix(".seal.json"))
    for step in range(steps + 1):
        log.append("note", {"step": step}, "test")
        clock.time += KEY_AGE_NS + SECOND
    log.close()
    return path


def verdict(path: Path, macs: MacKeys, keys: SigningKeys, *, seal: bool = True) -> Report:
    beside = path.with_suffix(".seal.json").read_bytes() if seal else None
    return verify_file(path.read_bytes(), Chain(macs), seal=beside, seal_keys=keys.seal_keys)


def test_everything_from_then_on_is_signed_by_production_keys(home: Path) -> None:
    keys = SigningKeys.load_or_create(home)
    assert (keys.key_class, installed_class(home)) == (KeyClass.PRODUCTION, KeyClass.PRODUCTION)
    assert keys == SigningKeys.load(home)
    assert keys.seal_key_id.startswith("prod-seal-")
    records_of(home).append(replace(stage_record(), key_class=KeyClass.PRODUCTION))
    found = records_of(home).latest(ENTRYPOINT, Stage.DEMO)
    assert found is not None
    assert found.key_class is KeyClass.PRODUCTION
    with pytest.raises(JournalError, match="cannot be signed by production keys"):
        records_of(home).append(stage_record())


def test_keys_are_private_and_the_first_one_is_nowhere_on_the_host(tmp_path: Path) -> None:
    made = with_production_keys(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / PRODUCTION_DIRECTORY).rglob("*") if path.is_file()} == {0o600}
    assert (tmp_path / PRODUCTION_DIRECTORY).stat().st_mode & 0o777 == 0o700
    first = first_key(tmp_path, made)
    assert len(first) == 65
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert first.strip() not in data, path
            assert bytes.fromhex(first.decode()) not in data, path


def test_the_auditor_checks_every_mac_from_the_first_record_and_the_host_what_is_left(tmp_path: Path) -> None:
    made, clock = with_production_keys(tmp_path), ToldClock()
    keys, first = keys_of_production(tmp_path), auditors_keys(tmp_path, made)
    path = a_log(tmp_path, clock, steps=3)
    assert verdict(path, first, keys, seal=False).soundness is Soundness.CLEAN
    assert verdict(path, keys.logs, keys).soundness is Soundness.CLEAN
    assert verdict(path, keys.logs, keys, seal=False).soundness is Soundness.CANNOT_SAY
    assert verdict(path, NO_KEYS, keys).soundness is Soundness.CANNOT_SAY  # the tail behind the newest seal
    lines = path.read_bytes().split(b"\n")
    forged = lines[1].replace(b'"step":0', b'"step":9')
    assert forged != lines[1]
    path.write_bytes(b"\n".join([lines[0], forged, *lines[2:]]))
    assert verdict(path, first, keys, seal=False).soundness is Soundness.TAMPERED
    assert str(verdict(path, first, keys, seal=False).faults[0]).startswith("line 2 (seq 2): bad mac")


def test_the_second_verifier_reads_the_key_that_the_auditor_opened(tmp_path: Path) -> None:
    made, clock = with_production_keys(tmp_path), ToldClock()
    path = a_log(tmp_path, clock, steps=1)
    key = tmp_path / PUBLIC_DIRECTORY / f"{keys_of_production(tmp_path).seal_key_id}.json"
    first = bytes.fromhex(first_key(tmp_path, made).decode())
    assert exit_code([path], key, first=first) == 0
    assert exit_code([path], key, first=bytes(32)) == 6


@pytest.mark.parametrize("claims", [KeyClass.DEVELOPMENT, KeyClass.PRODUCTION])
def test_a_record_that_says_another_class_than_its_key_is_found(
    produced: Path, developed: Path, tmp_path: Path, claims: KeyClass
) -> None:
    """Who has the keys of one class signs a record of the other; both verifiers find it."""
    home = Path(shutil.copytree(developed if claims is KeyClass.PRODUCTION else produced, tmp_path / "home"))
    path = a_log(home, ToldClock(), steps=0)
    keys = SigningKeys.load(home)
    assert keys is not None
    lines = path.read_bytes().split(b"\n")
    last = decode_entry(lines[-2])[0]
    key = keys.logs.get(last.key_id)
    assert key is not None
    fields = json.loads(lines[-2])
    del fields["mac"]
    lines[-2] = encode_signed(key, {**fields, "body": {**last.body, "key_class": str(claims)}})[0]
    path.write_bytes(b"\n".join(lines))
    [fault] = verdict(path, keys.logs, keys).faults
    assert fault.soundness is Soundness.TAMPERED
    assert "body.key_class is not" in str(fault)
    public = home / PUBLIC_DIRECTORY / f"{keys.seal_key_id}.json"
    assert exit_code([path], public) == 1


def test_evidence_of_development_is_never_believed_where_production_keys_are(home: Path, developed: Path) -> None:
    """All of it is put where production looks: stage records, freezes, the register of sign-offs, people's acts, a gate."""
    for name in (
        "var/audit/gate",
        "var/audit/stage",
        "var/audit/stage6",
        "var/audit/compliance",
        "var/audit/keys",
        "var/audit/seals",
        "logs",
    ):
        shutil.copytree(developed / name, home / name, dirs_exist_ok=True)
    keys = keys_of_production(home)
    looked: list[Callable[[], object]] = [
        lambda: records_of(home).latest(ENTRYPOINT, Stage.DEMO),
        lambda: RegisterFile(home / "var/audit/compliance/register.json", "compliance").entries(keys),
        lambda: FreezeArchive(home).registered(keys),
        lambda: admin_entries(home, keys),
        lambda: GateJournal(home, "okx_desktop_live").entries(keys),
        lambda: record_admin_act(home, signer_of(home), "operator_added", {}, "mallory"),
        lambda: records_of(home).append(replace(stage_record(), key_class=KeyClass.PRODUCTION)),
    ]
    for look in looked:
        with pytest.raises(JournalError):
            look()
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    assert {result.soundness for result in results if result.records} <= {Soundness.CANNOT_SAY, Soundness.TAMPERED}
    assert len([result for result in results if result.records]) == 5


def test_the_keys_of_development_do_not_come_back_where_production_was(home: Path, developed: Path) -> None:
    """Without its folder the installation signs nothing, also where somebody puts keys for development there."""
    shutil.rmtree(home / PRODUCTION_DIRECTORY)
    shutil.copytree(developed / DIRECTORY, home / DIRECTORY)
    assert installed_class(home) is KeyClass.PRODUCTION
    assert SigningKeys.load(home) is None
    with pytest.raises(JournalError, match="production keys are gone; restore them from a backup"):
        SigningKeys.load_or_create(home)


@pytest.mark.parametrize("name", ["hmac.key", "ed25519.key", "id.key", "root.key"])
def test_a_missing_production_key_is_named_and_never_made_anew(home: Path, name: str) -> None:
    (home / PRODUCTION_DIRECTORY / name).unlink()
    for use in (SigningKeys.load, SigningKeys.load_or_create):
        with pytest.raises(JournalError, match=name.replace(".", r"\.")):
            use(home)
    assert not (home / PRODUCTION_DIRECTORY / name).exists()


def test_without_its_private_keys_seals_and_order_are_verifiable_still(home: Path) -> None:
    records_of(home).append(replace(stage_record(), key_class=KeyClass.PRODUCTION))
    shutil.rmtree(home / PRODUCTION_DIRECTORY)
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    assert [result.soundness for result in results] == [Soundness.CLEAN]


def test_a_copy_of_the_keys_that_is_as_old_as_the_logs_goes_on(home: Path, tmp_path: Path) -> None:
    a_log(home, ToldClock(), steps=1)
    shutil.copytree(home, tmp_path / "backup")
    shutil.rmtree(home / PRODUCTION_DIRECTORY)
    shutil.copytree(tmp_path / "backup" / PRODUCTION_DIRECTORY, home / PRODUCTION_DIRECTORY)
    a_log(home, ToldClock(), steps=0)
    assert verdict(home / "log.jsonl", keys_of_production(home).logs, keys_of_production(home)).soundness is Soundness.CLEAN


POINTS = ("file.rename.after", "file.directory.after", "journal.append.after")


def _make(home: Path) -> MadeKeys:
    if (made := unfinished(home)) is None:
        made = make_production_keys(home, "sec", RECIPIENT, lambda root: root[::-1], "20260110T000000Z")

    def record(keys: SigningKeys) -> None:
        if not any(entry.type == "made" for entry in admin_entries(home, keys)):
            record_admin_act(home, Signer(keys, SystemClock(), "0.1.0+test", "a" * 96), "made", {}, "sec")

    finish(home, made, record)
    return made


def _state(home: Path) -> str:
    if (home / PRODUCTION_DIRECTORY / UNFINISHED).exists():
        with pytest.raises(JournalError, match="go on: golive keys create"):
            SigningKeys.load_or_create(home)
        return "unfinished"
    return str(SigningKeys.load_or_create(home).key_class)


def test_killed_at_any_point_it_is_development_or_unfinished_and_is_finished_by_the_next(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    record_admin_act(begun, signer_of(begun), "operator_added", {"name": "sec"}, "test")
    seen = set()
    for point in POINTS:
        for visit in range(1, 12):
            home = tmp_path / f"{point}-{visit}"
            shutil.copytree(begun, home)
            child = os.fork()
            if child == 0:
                arm(point, visit)
                _make(home)
                os._exit(0)
            killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
            if not killed:
                break
            seen.add(_state(home))
            for stale in (home / ARCHIVE).glob("development-*"):
                if unfinished(home) is None:
                    shutil.rmtree(stale)  # the next one has another second in its name
            _make(home)
            assert SigningKeys.load_or_create(home).key_class is KeyClass.PRODUCTION
            for place in (home, next((home / ARCHIVE).glob("development-*"))):
                results = Verifier(place, VerificationKeys.of_home(place)).everything()
                assert [(result.path.name, result.soundness) for result in results] == [(ADMIN_LOG.name, Soundness.CLEAN)]
    assert seen == {"development", "unfinished"}


def test_a_log_of_peoples_acts_that_is_not_what_was_written_makes_no_keys(tmp_path: Path) -> None:
    record_admin_act(tmp_path, signer_of(tmp_path), "operator_added", {"name": "sec"}, "test")
    log = tmp_path / ADMIN_LOG
    log.write_bytes(log.read_bytes().replace(b'"sec"', b'"sex"'))
    with pytest.raises(JournalError, match="nothing was made"):
        _make(tmp_path)
    assert not (tmp_path / PRODUCTION_DIRECTORY).exists()
    assert not (tmp_path / ARCHIVE).exists()


@pytest.mark.parametrize("name", ["", "hmac.key", "ed25519.key", "id.key", "root.key"])
def test_production_keys_that_others_may_read_are_refused(home: Path, name: str) -> None:
    path = home / PRODUCTION_DIRECTORY / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(JournalError, match="chmod"):
        SigningKeys.load_or_create(home)


def test_a_first_key_of_another_installation_opens_nothing(tmp_path: Path) -> None:
    with_production_keys(tmp_path)
    path = a_log(tmp_path, ToldClock(), steps=0)
    keys = keys_of_production(tmp_path)
    assert verdict(path, FirstKey(bytes(32)), keys, seal=False).soundness is Soundness.CANNOT_SAY
