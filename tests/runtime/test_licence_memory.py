"""What an installation remembers of lists and licences: nothing that was taken back, rolled back or put away comes alive again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from golive.model.clock import DAY, MINUTE, Nanos, to_iso
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.runtime.licence.issuance import IssuerDesk, make_signing_key, read_request
from golive.runtime.licence.memory import CLOCK_ACCEPTED
from golive.runtime.licence.renewal import install, install_fingerprint, request_fingerprint, sync
from golive.runtime.licence.verification import examine
from golive.runtime.operators import record_act
from golive.runtime.options import RunOptions
from golive.runtime.plan import plan_run
from golive.runtime.session_licence import SessionLicence
from golive.security.licence.fault import Document, FaultCode
from golive.security.licence.issuer_key import IssuerKey
from golive.storage.config_files import load_configuration
from golive.storage.files import write_atomic
from golive.storage.licence_files import EXPECTED, MARKS
from golive.storage.security_admin import PATH as ADMIN_LOG
from support.golive_process import ROOT
from support.licensed_home import OLGA, PAPER, World

ROLLED_BACK = {(Document.REVOCATIONS, FaultCode.ROLLED_BACK)}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def later(world: World) -> None:
    world.clock.time = Nanos(world.clock.time + MINUTE)


def taken(world: World, issuer: IssuerDesk, licences: list[str], keys: list[str]) -> None:
    """Let the issuer make a list, and take it."""
    later(world)
    place = world.out.parent / "list"
    issuer.issue_list(licences, keys, place)
    sync(world.desk, str(place / "revocations.json"))


def without_marks(world: World) -> None:
    (world.home / MARKS).unlink()


def in_a_backup(world: World) -> Path:
    shutil.copy(world.home / EXPECTED, world.out.parent / EXPECTED.name)
    return Path(shutil.copytree(world.home / "var/licenses/active", world.out.parent / "backup"))


def restored(world: World, backup: Path) -> None:
    shutil.copytree(backup, world.home / "var/licenses/active", dirs_exist_ok=True)
    shutil.copy(backup.parent / EXPECTED.name, world.home / EXPECTED)


def revoked_licence(world: World) -> Path:
    """Take back the licence that is installed; return the documents from before."""
    backup = in_a_backup(world.installed())
    licence = world.desk.check(PAPER, "test").licence
    assert licence is not None
    taken(world, world.issuer, [licence.license_id], [])
    return backup


@pytest.mark.parametrize("forgets", [False, True], ids=["marks", "log alone"])
def test_a_key_that_was_taken_back_signs_neither_list_nor_licence_again(world: World, tmp_path: Path, *, forgets: bool) -> None:
    key_id, public = make_signing_key(tmp_path / "second.key")
    second = IssuerDesk(tmp_path / "second", tmp_path / "second.key", world.clock)
    forgetful = IssuerDesk(tmp_path / "other", world.signing_key, world.clock)
    world.desk = world.with_issuers(*world.desk.issuers, IssuerKey("dudzian", bytes.fromhex(public)))
    world.installed()
    taken(world, world.issuer, [], [key_id])
    if forgets:
        without_marks(world)
    for issuer, keys, why in (
        (second, [], "a key that an earlier one took back"),
        (second, [key_id], "a key that an earlier one took back"),
        (forgetful, [], f"no longer names {key_id}"),
    ):
        with pytest.raises(PrerequisiteMissing, match=why):
            taken(world, issuer, [], keys)
    first, world.issuer = world.issuer, IssuerDesk(tmp_path / "third", tmp_path / "second.key", world.clock)
    world.issue()
    for _ in range(2):
        with pytest.raises(PrerequisiteMissing, match=f"has taken the key {key_id} back"):
            install(world.desk, world.out, OLGA)
        first.issue_list([], [key_id], world.out)
    taken(world, first, ["lic-of-another"], [key_id])
    assert examine(world.desk).is_valid


def test_a_licence_that_was_taken_back_stays_so_whatever_is_put_away(world: World) -> None:
    backup = revoked_licence(world)
    restored(world, backup)
    without_marks(world)
    assert not examine(world.desk).is_valid, "the record of the list that was taken says it"
    assert world.codes() == {*ROLLED_BACK, (Document.LICENCE, FaultCode.REVOKED)}
    for path in (world.home / ADMIN_LOG, (world.home / ADMIN_LOG).with_suffix(".seal.json")):
        path.unlink()
    without_marks(world)
    for _ in range(2):  # the refusal that is recorded first says nothing of what was seen
        assert world.codes() == {(Document.CLOCK, FaultCode.MARKS)}
    with pytest.raises(PrerequisiteMissing, match="restore the log and its seal"):
        world.desk.accept_clock("olga")
    shutil.rmtree(world.home / "var/licenses/active")
    assert (Document.LICENCE, FaultCode.MISSING) in world.codes(), "nor is one made for development"


def test_marks_from_before_a_list_was_taken_forget_nothing_of_it(world: World) -> None:
    world.installed()
    before = (world.home / MARKS).read_bytes()
    backup = in_a_backup(world)
    later(world)
    world.issuer.issue_list(["lic-of-another"], [], world.out.parent / "list")
    sync(world.desk, str(world.out.parent / "list/revocations.json"))
    restored(world, backup)
    write_atomic(world.home / MARKS, before)
    assert world.codes() == ROLLED_BACK


@pytest.mark.parametrize("state", ["whole", "gone", "bent"])
def test_accepting_the_clock_accepts_no_older_list(world: World, state: str) -> None:
    backup = revoked_licence(world)
    if state == "gone":
        without_marks(world)
    elif state == "bent":
        write_atomic(world.home / MARKS, (world.home / MARKS).read_bytes().replace(b"2026", b"2027", 1))
    later(world)
    marks = world.desk.accept_clock("olga")
    assert marks.clock == world.clock.time
    restored(world, backup)
    expected = {*ROLLED_BACK, (Document.LICENCE, FaultCode.REVOKED)}
    assert world.codes() == expected
    without_marks(world)
    assert world.codes() == expected, "so does the record of it"
    body: JsonObject = {"clock": to_iso(world.clock.time), "lists": {}}
    record_act(world.home, CLOCK_ACCEPTED, body, "olga", clock=world.clock)
    assert world.codes() == expected, "and one that names no list takes none away"


@pytest.mark.parametrize("forgets", ["nothing", "marks", "marks and log"])
def test_none_is_made_for_development_once_one_was_installed_even_if_it_was_never_looked_at(world: World, forgets: str) -> None:
    world.installed()
    shutil.rmtree(world.home / "var/licenses/active")
    if forgets != "nothing":
        without_marks(world)
    if forgets == "marks and log":
        shutil.rmtree(world.home / "logs")
    expected = {(each, FaultCode.MISSING) for each in (Document.LICENCE, Document.FINGERPRINT, Document.REVOCATIONS)}
    if forgets == "marks and log":
        expected.add((Document.CLOCK, FaultCode.MARKS))
    for _ in range(2):
        assert world.codes() == expected
    assert not world.desk.paths[Document.LICENCE].exists()


def test_what_an_issuer_issues_on_their_machine_keeps_it_from_no_demo(world: World) -> None:
    world.issuer = IssuerDesk(world.home, world.signing_key, world.clock)
    world.issue()
    assert world.desk.demand(PAPER, "start").development


def test_an_older_fingerprint_of_this_very_machine_is_not_taken(world: World, tmp_path: Path) -> None:
    world.installed()
    signed = []
    for name in ("older", "newer"):
        world.clock.time = Nanos(world.clock.time + DAY)
        request = request_fingerprint(world.desk, OLGA)
        assert isinstance(request, Path)
        world.issuer.issue_fingerprint(read_request(request), tmp_path / name)
        signed.append(tmp_path / name / "fingerprint.json")
    install_fingerprint(world.desk, signed[1], OLGA)
    with pytest.raises(PrerequisiteMissing, match="before the one that is here"):
        install_fingerprint(world.desk, signed[0], OLGA)
    assert world.desk.paths[Document.FINGERPRINT].read_bytes() == signed[1].read_bytes()


def test_a_session_only_reduces_while_its_licence_cannot_be_known(world: World) -> None:
    (world.home / "config").mkdir()
    for name in ("runtime.yaml", "core.yaml"):
        (world.home / "config" / name).write_bytes((ROOT / "config" / name).read_bytes())
    path, told = world.home / "config/runtime.yaml", list[str]()
    plan = plan_run(RunOptions(mode="demo"), load_configuration(path, {}), path, world.home)
    licence = SessionLicence(plan, world.clock, alert=lambda alert: told.append(alert.body), desk=world.installed().desk)
    licence.demand()
    assert licence.lapse is None
    log = world.home / ADMIN_LOG
    log.rename(log.with_suffix(".away"))
    licence._look()
    assert licence.lapse is not None
    assert "not known" in licence.lapse
    assert told == [licence.lapse]


def test_a_licence_that_was_taken_back_before_the_next_one_came_does_not_revive_with_the_files_of_its_time(world: World) -> None:
    backup = in_a_backup(world.installed())
    before = (world.home / MARKS).read_bytes()
    licence = world.desk.check(PAPER, "test").licence
    assert licence is not None
    later(world)
    world.issuer.issue_list([licence.license_id], [], world.out.parent / "list")
    later(world)
    world.installed()
    restored(world, backup)
    write_atomic(world.home / MARKS, before)
    assert world.codes() == {*ROLLED_BACK, (Document.LICENCE, FaultCode.REVOKED)}
    assert not examine(world.desk).is_valid
    assert (world.home / MARKS).read_bytes() != before, "the marks are raised again to what the log says"


def test_the_registry_knows_the_least_version_of_a_list_when_marks_are_older_and_the_log_is_gone(world: World) -> None:
    backup = in_a_backup(world.installed())
    before = (world.home / MARKS).read_bytes()
    later(world)
    world.installed()
    restored(world, backup)
    write_atomic(world.home / MARKS, before)
    shutil.rmtree(world.home / "logs")
    assert world.codes() == ROLLED_BACK


@pytest.mark.parametrize("accepted", [False, True])
def test_the_clock_does_not_go_back_with_an_older_file_of_marks(world: World, *, accepted: bool) -> None:
    world.installed()
    start, before = world.clock.time, (world.home / MARKS).read_bytes()
    world.clock.time = Nanos(start + 30 * DAY)
    world.codes()
    world.clock.time = start
    if accepted:
        world.desk.accept_clock("olga")
    write_atomic(world.home / MARKS, before)
    assert world.codes() == (set() if accepted else {(Document.CLOCK, FaultCode.ROLLED_BACK)})


def test_a_list_by_a_key_that_was_taken_back_teaches_nothing(world: World, tmp_path: Path) -> None:
    key_id, public = make_signing_key(tmp_path / "second.key")
    thief = IssuerDesk(tmp_path / "second", tmp_path / "second.key", world.clock)
    world.desk = world.with_issuers(*world.desk.issuers, IssuerKey("dudzian", bytes.fromhex(public)))
    licence = world.installed().desk.check(PAPER, "test").licence
    assert licence is not None
    taken(world, world.issuer, [], [key_id])
    path = world.desk.paths[Document.REVOCATIONS]
    good = path.read_bytes()
    later(world)
    thief.issue_list([licence.license_id], [], tmp_path / "stolen")
    write_atomic(path, (tmp_path / "stolen/revocations.json").read_bytes())
    assert (Document.REVOCATIONS, FaultCode.KEY_REVOKED) in world.codes()
    write_atomic(path, good)
    assert world.codes() == set(), "what the thief took back, and the version of their list, are not remembered"
