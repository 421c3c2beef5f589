"""A register: what is added stays, what was changed is found, and the auditor's command reads it as a journal."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.errors import JournalError
from golive.storage import failpoint
from golive.storage.register_file import RegisterFile
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import keys_of, signer_of

PLACE = Path("var/security/tls_rotation.json")


def filled(home: Path, count: int = 3) -> RegisterFile:
    register = RegisterFile(home / PLACE, "tls_rotation")
    for n in range(count):
        register.append(signer_of(home), [("rotated", {"serial": str(n)}, "anna")])
    return register


def test_what_is_added_stands_in_order_as_one_json_document(tmp_path: Path) -> None:
    register = filled(tmp_path)
    assert [entry.body["serial"] for entry in register.entries(keys_of(tmp_path))] == ["0", "1", "2"]
    document = json.loads(register.path.read_bytes())
    assert document["schema"] == "golive.register.v1"
    assert [entry["type"] for entry in document["entries"]] == ["header", "rotated", "rotated", "rotated"]
    assert register.path.stat().st_mode & 0o777 == 0o640


def test_a_register_that_is_not_there_has_no_entries(tmp_path: Path) -> None:
    register = RegisterFile(tmp_path / PLACE, "tls_rotation")
    assert register.entries(None) == ()
    assert register.entries(keys_of(tmp_path)) == ()


@pytest.mark.parametrize("before", [0, 2])
def test_a_kill_between_a_register_and_its_seal_is_survived(tmp_path: Path, before: int) -> None:
    register, signer = filled(tmp_path, before), signer_of(tmp_path)
    child = os.fork()
    if child == 0:
        failpoint.arm("register.written")
        register.append(signer, [("rotated", {"serial": "cut"}, "anna")])
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    register.append(signer_of(tmp_path), [("rotated", {"serial": "next"}, "anna")])
    told = [entry.body["serial"] for entry in register.entries(keys_of(tmp_path))]
    assert told in (["0", "1", "cut", "next"][2 - before :], ["0", "1", "next"][2 - before :])


def test_every_byte_that_is_changed_is_found(tmp_path: Path) -> None:
    register = filled(tmp_path, 2)
    whole, keys = register.path.read_bytes(), keys_of(tmp_path)
    for position in range(0, len(whole), 3):
        register.path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(JournalError, match="tls_rotation"):
            register.entries(keys)
    register.path.write_bytes(whole)
    assert len(register.entries(keys)) == 2


def test_records_cut_off_are_found_with_and_without_the_seal(tmp_path: Path) -> None:
    register = filled(tmp_path)
    lines = register.path.read_bytes().split(b"\n")
    register.path.write_bytes(b"\n".join([*lines[:3], lines[3].rstrip(b","), *lines[5:]]))
    with pytest.raises(JournalError, match=r"cut short|cut off|not sound"):
        register.append(signer_of(tmp_path), [("rotated", {}, "anna")])
    register.seal_path.unlink()
    with pytest.raises(JournalError, match="seal"):
        register.entries(keys_of(tmp_path))


def test_a_register_that_is_gone_beside_its_seal_is_no_empty_one(tmp_path: Path) -> None:
    register = filled(tmp_path)
    register.path.unlink()
    with pytest.raises(JournalError, match="restore"):
        register.entries(keys_of(tmp_path))
    with pytest.raises(JournalError, match="gone"):
        register.entries(None)


def test_a_first_writing_that_was_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    register = filled(tmp_path, 0)
    register.append(signer_of(tmp_path), [])
    register.seal_path.unlink()
    register.append(signer_of(tmp_path), [("rotated", {"serial": "7"}, "anna")])
    assert [entry.body["serial"] for entry in register.entries(keys_of(tmp_path))] == ["7"]


def test_a_register_readable_by_others_or_of_another_name_is_refused(tmp_path: Path) -> None:
    register = filled(tmp_path)
    with pytest.raises(JournalError, match="not 'rotation_log'"):
        RegisterFile(register.path, "rotation_log").entries(keys_of(tmp_path))
    register.path.chmod(0o644)
    with pytest.raises(JournalError, match="chmod"):
        register.entries(keys_of(tmp_path))


def test_the_auditor_reads_registers_with_everything_else(tmp_path: Path) -> None:
    register = filled(tmp_path)
    rotation = RegisterFile(tmp_path / "var/data/okx_paper/security/rotation_log.json", "rotation_log")
    rotation.append(signer_of(tmp_path), [("rotated", {}, "anna")])
    verifier = Verifier(tmp_path, VerificationKeys.of_home(tmp_path))
    found = {result.path.name: result.soundness for result in verifier.everything()}
    assert found == {"tls_rotation.json": Soundness.CLEAN, "rotation_log.json": Soundness.CLEAN}
    assert verifier.one(register.path).sealed_seq == 4
    register.path.write_bytes(register.path.read_bytes().replace(b'"anna"', b'"bert"', 1))
    assert verifier.one(register.path).soundness is Soundness.TAMPERED
    rotation.path.unlink()
    assert any(result.path == rotation.seal_path for result in verifier.everything())


def only_one(home: Path) -> RegisterFile:
    return RegisterFile(home / PLACE, "tls_rotation", seals=home / SEALS)


def test_an_older_register_put_back_with_its_seal_is_not_believed_and_not_gone_on_with(tmp_path: Path) -> None:
    register = filled(tmp_path, 1)
    older = register.path.read_bytes(), register.seal_path.read_bytes()
    filled(tmp_path, 1)
    assert len(only_one(tmp_path).entries(keys_of(tmp_path))) == 2
    register.path.write_bytes(older[0])
    register.seal_path.write_bytes(older[1])
    with pytest.raises(JournalError, match=r"cut short after seq 2: the seal of .* in a second place covers seq 3"):
        only_one(tmp_path).entries(keys_of(tmp_path))
    with pytest.raises(JournalError, match="in a second place covers seq 3"):
        only_one(tmp_path).append(signer_of(tmp_path), [("rotated", {"serial": "fork"}, "anna")])
    filled(tmp_path, 1)  # a fork of the same length
    with pytest.raises(JournalError, match="not what was sealed"):
        only_one(tmp_path).entries(keys_of(tmp_path))


@pytest.mark.parametrize("with_keys", [True, False])
def test_a_register_that_went_with_its_seal_is_missed(tmp_path: Path, with_keys: bool) -> None:
    register = filled(tmp_path, 1)
    register.path.unlink()
    register.seal_path.unlink()
    with pytest.raises(JournalError, match=r"is gone, yet tls_rotation\.[0-9a-f]+\.seals in seals/ seals records of it"):
        only_one(tmp_path).entries(keys_of(tmp_path) if with_keys else None)


@pytest.mark.parametrize("point", ["register.written", "seal_copy.before", "seal_copy.after"])
def test_a_first_writing_that_was_cut_off_leaves_no_trace_of_another_log(tmp_path: Path, point: str) -> None:
    signer = signer_of(tmp_path)
    child = os.fork()
    if child == 0:
        failpoint.arm(point)
        only_one(tmp_path).append(signer, [("rotated", {"serial": "cut"}, "anna")])
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert only_one(tmp_path).entries(keys_of(tmp_path)) == ()
    only_one(tmp_path).append(signer_of(tmp_path), [("rotated", {"serial": "next"}, "anna")])
    assert [entry.body["serial"] for entry in only_one(tmp_path).entries(keys_of(tmp_path))] == ["next"]
    found = Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything()
    assert [(each.path.name, each.soundness) for each in found] == [(PLACE.name, Soundness.CLEAN)]
