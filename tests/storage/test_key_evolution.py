"""Keys of logs in time: when they move, what a crash in between leaves, what one who takes the present key cannot do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golive.audit import Chain, Entry, Soundness, decode_entry, encode_signed, verify_file
from golive.audit.entry import KEY_EVOLVED, without_mac
from golive.audit.ratchet import KeyName, evolve
from golive.audit.register import journal_of
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.storage.failpoint import arm
from golive.storage.journal_file import Draft, JournalFile, Signer
from golive.storage.keys import DIRECTORY, SigningKeys
from golive.storage.log_keys import LogKeys
from golive.storage.log_writing import KEY_AGE_NS, KEY_RECORDS
from golive.storage.register_file import RegisterFile
from support.durable import ToldClock, keys_of, signer_of


def without_first(home: Path) -> SigningKeys:
    """Keys as a production host has them: the first root is elsewhere, so a key that was erased is gone."""
    kept = keys_of(home)
    name = KeyName.read(_any_name(home))
    assert name is not None
    return replace(kept, logs=LogKeys(home / DIRECTORY, name.root, None, ("none", b"")))


def _any_name(home: Path) -> str:
    log = open_log(home, "any")
    log.close()
    return entries(home, "any")[0].key_id


def open_log(home: Path, name: str = "log", clock: ToldClock | None = None, signer: Signer | None = None) -> JournalFile:
    path = home / f"{name}.jsonl"
    signer = signer or signer_of(home, clock)
    return JournalFile.open(path, name, signer, seal_path=path.with_suffix(".seal.json"), held=False)


def entries(home: Path, name: str = "log") -> list[Entry]:
    return [decode_entry(line)[0] for line in (home / f"{name}.jsonl").read_bytes().split(b"\n")[:-1]]


def verdict(home: Path, keys: SigningKeys, name: str = "log", *, sealed: bool = True) -> Soundness:
    seal = (home / f"{name}.seal.json").read_bytes() if sealed else None
    return verify_file((home / f"{name}.jsonl").read_bytes(), Chain(keys.logs), seal=seal, seal_keys=keys.seal_keys).soundness


def indices(found: list[Entry]) -> list[int]:
    names = [KeyName.read(entry.key_id) for entry in found]
    return [name.index for name in names if name is not None]


def test_a_key_moves_on_after_a_quarter_of_an_hour_and_not_before(tmp_path: Path) -> None:
    clock = ToldClock()
    log = open_log(tmp_path, clock=clock)
    log.append("note", {}, "anna")
    clock.time += KEY_AGE_NS - SECOND
    log.append("note", {}, "anna")
    clock.time += SECOND
    log.append("note", {}, "anna")
    log.append("note", {}, "anna")
    log.close()
    found = entries(tmp_path)
    assert [entry.type for entry in found] == ["header", "note", "note", KEY_EVOLVED, "note", "note"]
    assert indices(found) == [0, 0, 0, 0, 1, 1]
    assert verdict(tmp_path, keys_of(tmp_path)) is Soundness.CLEAN
    assert verdict(tmp_path, keys_of(tmp_path), sealed=False) is Soundness.CLEAN


def test_a_key_moves_on_after_its_records_whoever_wrote_them(tmp_path: Path) -> None:
    one, two = open_log(tmp_path), open_log(tmp_path)
    half: list[Draft] = [("note", {}, "anna")] * (KEY_RECORDS // 2)
    one.append_all(half, durable=False)
    two.append_all(half, durable=False)
    one.append("note", {}, "anna")
    two.append("note", {}, "anna")
    evolutions = [entry.seq for entry in entries(tmp_path) if entry.type == KEY_EVOLVED]
    assert evolutions == [KEY_RECORDS + 1]
    assert verdict(tmp_path, keys_of(tmp_path), sealed=False) is Soundness.CLEAN


def test_a_reopened_log_keeps_its_key_and_its_age(tmp_path: Path) -> None:
    clock = ToldClock()
    for _ in range(3):
        log = open_log(tmp_path, clock=clock)
        log.append("note", {}, "anna")
        log.seal()
        log.close()
        clock.time += KEY_AGE_NS // 2
    assert indices(entries(tmp_path)) == [0, 0, 0, 0, 1]


def test_the_key_before_is_not_on_the_disk(tmp_path: Path) -> None:
    clock = ToldClock()
    log = open_log(tmp_path, clock=clock)
    name = KeyName.read(entries(tmp_path)[0].key_id)
    assert name is not None
    first = keys_of(tmp_path).logs.get(str(name))
    assert first is not None
    path = tmp_path / DIRECTORY / "logs" / f"{name.log}.key"
    assert first.hex() in path.read_text()
    clock.time += KEY_AGE_NS
    log.append("note", {}, "anna")
    assert path.stat().st_mode & 0o777 == 0o600
    elsewhere = [other for other in (tmp_path / "var").rglob("*") if other.is_file() and other.name != "first.key"]
    assert not [other for other in elsewhere if first.hex() in other.read_text()]
    assert evolve(first).hex() in path.read_text()


def test_who_takes_the_present_key_forges_nothing_of_before(tmp_path: Path) -> None:
    keys, clock = without_first(tmp_path), ToldClock()
    signer = replace(signer_of(tmp_path, clock), keys=keys)
    log = open_log(tmp_path, signer=signer)
    log.append("note", {"text": "before"}, "anna")
    clock.time += KEY_AGE_NS
    log.append("note", {"text": "after"}, "anna")
    log.seal()
    log.close()
    assert verdict(tmp_path, keys) is Soundness.CLEAN
    old, new = (entry.key_id for entry in entries(tmp_path)[1:4:2])
    assert keys.logs.get(old) is None
    taken = keys.logs.get(new)
    assert taken is not None
    path = tmp_path / "log.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1]
    entry, _ = decode_entry(lines[1])
    body = {**entry.body, "text": "forged"}
    fields = {name: value for name, value in entry._asdict().items() if name != "mac"}
    forged, _ = encode_signed(taken, {**fields, "body": body})
    path.write_bytes(b"\n".join([lines[0], forged, *lines[2:], b""]))
    assert verdict(tmp_path, keys) is Soundness.TAMPERED
    assert verdict(tmp_path, keys_of(tmp_path), sealed=False) is Soundness.TAMPERED  # the auditor, by the first key


def test_an_auditor_with_the_first_key_checks_every_mac(tmp_path: Path) -> None:
    keys, clock = without_first(tmp_path), ToldClock()
    log = open_log(tmp_path, signer=replace(signer_of(tmp_path, clock), keys=keys))
    for _ in range(5):
        log.append("note", {}, "anna")
        clock.time += KEY_AGE_NS
    log.close()
    assert max(indices(entries(tmp_path))) == 4
    assert verdict(tmp_path, keys_of(tmp_path), sealed=False) is Soundness.CLEAN
    assert verdict(tmp_path, keys, sealed=False) is Soundness.CANNOT_SAY


@pytest.mark.parametrize(
    "change",
    [
        lambda body: {**body, "successor": body["successor"][:-1] + "7"},
        lambda body: {**body, "countersign": "0" * 64},
        lambda body: {"successor": body["successor"]},
        lambda body: {"countersign": body["countersign"]},
    ],
)
def test_a_step_that_the_next_key_did_not_sign_is_found(
    tmp_path: Path, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    clock = ToldClock()
    log = open_log(tmp_path, clock=clock)
    clock.time += KEY_AGE_NS
    log.append("note", {}, "anna")
    log.close()
    keys = keys_of(tmp_path)
    path = tmp_path / "log.jsonl"
    header, step, _ = path.read_bytes().split(b"\n")[:-1]
    entry, _ = decode_entry(step)
    key = keys.logs.get(entry.key_id)
    assert key is not None
    fields = {name: value for name, value in entry._asdict().items() if name != "mac"}
    forged, _ = encode_signed(key, {**fields, "body": change(dict(entry.body))})  # type: ignore[arg-type]  # bodies of texts
    path.write_bytes(header + b"\n" + forged + b"\n")
    assert verdict(tmp_path, keys, sealed=False) is Soundness.TAMPERED


def test_a_record_signed_by_a_key_that_is_not_the_logs_is_found(tmp_path: Path) -> None:
    for name in ("one", "two"):
        log = open_log(tmp_path, name)
        log.append("note", {}, "anna")
        log.close()
    keys = keys_of(tmp_path)
    lines = (tmp_path / "one.jsonl").read_bytes().split(b"\n")[:-1]
    entry, _ = decode_entry(lines[1])
    other = entries(tmp_path, "two")[0].key_id
    key = keys.logs.get(other)
    assert key is not None
    forged, _ = encode_signed(key, {**{k: v for k, v in entry._asdict().items() if k != "mac"}, "key_id": other})
    (tmp_path / "one.jsonl").write_bytes(lines[0] + b"\n" + forged + b"\n")
    assert verdict(tmp_path, keys, "one", sealed=False) is Soundness.TAMPERED


def killed_at(point: str, count: int, work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            arm(point, count)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{point} was not reached"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _points() -> Iterator[tuple[str, int]]:
    yield "journal.append.before", 1
    yield "journal.append.after", 1
    yield "journal.sync.before", 1
    yield "journal.sync.after", 1
    yield "seal_copy.before", 1
    yield "seal_copy.after", 1
    for point in ("file.temporary.before", "file.temporary.after", "file.rename.after", "file.name_durable.after"):
        yield point, 1  # of the seal
        yield point, 2  # of the key
    yield "log_key.before", 1
    yield "journal.append.before", 2
    yield "journal.append.after", 2


@pytest.mark.parametrize("has_first", [True, False])
@pytest.mark.parametrize(("point", "count"), list(_points()))
def test_killed_at_any_point_of_a_step_the_log_goes_on_and_is_clean(
    tmp_path: Path, point: str, count: int, *, has_first: bool
) -> None:
    clock = ToldClock()
    keys = keys_of(tmp_path) if has_first else without_first(tmp_path)
    signer = replace(signer_of(tmp_path, clock), keys=keys)
    log = open_log(tmp_path, signer=signer)
    log.append("note", {"n": 0}, "anna")
    log.seal()
    clock.time += KEY_AGE_NS
    killed_at(point, count, lambda: log.append("note", {"n": 1}, "anna"))
    log.close()
    again = open_log(tmp_path, signer=signer)
    again.append("note", {"n": 2}, "anna")
    again.seal()
    again.close()
    assert verdict(tmp_path, keys) is Soundness.CLEAN
    assert verdict(tmp_path, keys_of(tmp_path), sealed=False) is Soundness.CLEAN
    assert entries(tmp_path)[-1].body["n"] == 2


def test_a_register_moves_on_too(tmp_path: Path) -> None:
    clock = ToldClock()
    register = RegisterFile(tmp_path / "var/security/tls_rotation.json", "tls_rotation")
    for n in range(3):
        register.append(signer_of(tmp_path, clock), [("tls_rotated", {"n": n}, "anna")])
        clock.time += KEY_AGE_NS
    assert [entry.body["n"] for entry in register.entries(keys_of(tmp_path))] == [0, 1, 2]
    kept = [decode_entry(line)[0] for line in journal_of(register.path.read_bytes()).split(b"\n")[:-1]]
    assert [entry.type for entry in kept[1:]] == ["tls_rotated", KEY_EVOLVED, "tls_rotated", KEY_EVOLVED, "tls_rotated"]
    assert indices(kept[1:]) == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("text", ["", "{}", '{"key":"00"}', "nothing"])
def test_a_damaged_key_file_is_named(tmp_path: Path, text: str) -> None:
    keys = without_first(tmp_path)
    signer = replace(signer_of(tmp_path), keys=keys)
    open_log(tmp_path, signer=signer).close()
    name = KeyName.read(entries(tmp_path)[0].key_id)
    assert name is not None
    path = tmp_path / DIRECTORY / "logs" / f"{name.log}.key"
    path.write_text(text)
    with pytest.raises(JournalError, match=rf"{name.log}\.key"):
        open_log(tmp_path, signer=signer)


def test_a_root_that_is_gone_begins_no_log(tmp_path: Path) -> None:
    keys = without_first(tmp_path)
    (tmp_path / DIRECTORY / "root.key").unlink()
    with pytest.raises(JournalError, match=r"root\.key"):
        open_log(tmp_path, "new", signer=replace(signer_of(tmp_path), keys=keys))


def test_the_root_moves_on_with_each_log(tmp_path: Path) -> None:
    steps = []
    for name in ("one", "two", "three"):
        open_log(tmp_path, name).close()
        found = KeyName.read(entries(tmp_path, name)[0].key_id)
        assert found is not None
        steps.append(found.step)
        assert verdict(tmp_path, keys_of(tmp_path), name) is Soundness.CLEAN
    assert steps == [0, 1, 2]


def test_the_mac_of_a_record_is_the_named_keys(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append("note", {}, "anna")
    line = (tmp_path / "log.jsonl").read_bytes().split(b"\n")[1]
    entry, unsigned = decode_entry(line)
    assert unsigned == without_mac(line, entry.mac)
    key = keys_of(tmp_path).logs.get(entry.key_id)
    assert key is not None
    assert encode_signed(key, {k: v for k, v in entry._asdict().items() if k != "mac"})[1] == entry.mac
