"""Every field of a seal counts, beside a log and kept elsewhere; what keeps seals keeps only those of its log, whole and synced."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.audit import Chain, Seal, Soundness, verify_file, verify_seal
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.storage.journal_file import JournalFile
from golive.storage.keys import SigningKeys
from golive.storage.log_writing import KEY_AGE_NS
from golive.storage.public_keys import PUBLIC_DIRECTORY
from golive.storage.seal_collection import KEYS, collect, collection_keys
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.seal_copies import copies_path, keep_copy, read_copies
from golive.storage.segments import segment_end
from golive.storage.verified import Result, VerificationKeys, of_file, verify_journal
from support.durable import ToldClock, keys_of, signer_of

ALTERED: dict[str, Callable[[Seal], Seal]] = {
    "log_id": lambda seal: replace(seal, log_id="log/0000000000000000"),
    "size": lambda seal: replace(seal, size=seal.size - 1),
    "last_seq": lambda seal: replace(seal, last_seq=seal.last_seq - 1),
    "head_mac": lambda seal: replace(seal, head_mac="0" * 64),
    "content_sha256": lambda seal: replace(seal, content_sha256="0" * 64),
    "merkle_root": lambda seal: replace(seal, merkle_root="0" * 64),
}


def open_log(home: Path, clock: ToldClock | None = None, name: str = "log", *, held: bool = True) -> JournalFile:
    path = home / f"{name}.jsonl"
    return JournalFile.open(path, name, signer_of(home, clock), seal_path=path.with_suffix(".seal.json"), held=held)


def write(home: Path, count: int = 3, name: str = "log") -> Path:
    log = open_log(home, name=name)
    for n in range(count):
        log.append("note", {"n": n}, "test")
    log.seal()
    log.close()
    return log.path


def verified(home: Path, path: Path) -> Result:
    keys = VerificationKeys.of_home(home)
    return verify_journal(path, keys, Chain(keys.mac))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("written") / "home"
    write(home)
    write(home, name="other")
    return home


@pytest.fixture
def home(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "home"))


def of_log(home: Path, name: str = "log") -> tuple[Path, Seal, SigningKeys]:
    keys = keys_of(home)
    return home / f"{name}.jsonl", verify_seal((home / f"{name}.seal.json").read_bytes(), keys.public_key), keys


@pytest.mark.parametrize("field", ALTERED)
def test_a_signed_seal_that_says_anything_else_is_not_the_logs(home: Path, field: str) -> None:
    path, seal, keys = of_log(home)
    altered = ALTERED[field](seal)
    document = keys.seal(altered)
    data = path.read_bytes()
    beside = verify_file(data, Chain(keys.logs), seal=document, seal_keys=keys.seal_keys)
    assert (beside.soundness, beside.sealed_seq) == (Soundness.TAMPERED, None)
    if field != "log_id":  # kept seals are asked for by their log
        assert verify_file(data, Chain(keys.logs), seal_keys=keys.seal_keys, copies=[altered]).soundness is Soundness.TAMPERED
    (home / "log.seal.json").write_bytes(document)
    with pytest.raises(JournalError, match="does not match its seal"):
        open_log(home)


def test_a_seal_that_is_not_kept_where_all_are_is_said(home: Path) -> None:
    path, seal, _ = of_log(home)
    kept = copies_path(home / SEALS, seal.log_id)
    assert verified(home, path).soundness is Soundness.CLEAN
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:-1]))
    [fault] = verified(home, path).faults
    assert (fault.soundness, "is not among those kept there" in str(fault)) == (Soundness.TAMPERED, True)
    kept.unlink()
    [fault] = verified(home, path).faults
    assert (fault.soundness, "is not among those kept there" in str(fault)) == (Soundness.CANNOT_SAY, True)


def test_what_is_kept_of_a_log_and_is_none_of_its_seals_is_said(home: Path) -> None:
    path, seal, keys = of_log(home)
    kept = copies_path(home / SEALS, seal.log_id)
    sound = kept.read_bytes()
    another = (home / "other.seal.json").read_bytes()
    unsigned = keys.seal(seal).replace(b'"signature":"', b'"signature":"0', 1)
    forged = keys.seal(seal)
    forged = forged.replace(f'"last_seq":{seal.last_seq}'.encode(), f'"last_seq":{seal.last_seq + 1}'.encode())
    for line, told in ((another, "it is one of 'other/"), (unsigned, "signature is not"), (forged, "does not hold")):
        kept.write_bytes(sound + line)
        [fault] = verified(home, path).faults
        assert fault.soundness is Soundness.TAMPERED
        assert told in str(fault)
    stranger = home / "stranger"
    kept.write_bytes(sound + keys_of(stranger).seal(replace(seal, key_id=keys_of(stranger).seal_key_id)))
    [fault] = verified(home, path).faults
    assert (fault.soundness, "is not at hand" in str(fault)) == (Soundness.CANNOT_SAY, True)


def test_half_a_seal_that_a_crash_left_is_cut_before_the_next(home: Path) -> None:
    _, seal, keys = of_log(home)
    place, document = home / SEALS, keys.seal(seal)
    before = read_copies(place, seal.log_id)
    with copies_path(place, seal.log_id).open("ab") as file:
        file.write(document[: len(document) // 2])
    assert read_copies(place, seal.log_id) == before
    keep_copy(place, seal.log_id, document)
    assert read_copies(place, seal.log_id) == (*before, document)


def test_a_key_is_replaced_when_all_that_it_signed_is_synced_sealed_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system was asked for, in order; a key file is moved into place last."""
    asked: list[str] = []

    def noted(call: Callable[[int], None]) -> Callable[[int], None]:
        def sync(descriptor: int) -> None:
            asked.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            call(descriptor)

        return sync

    clock = ToldClock()
    log = open_log(home, clock)
    clock.time += KEY_AGE_NS + SECOND
    monkeypatch.setattr(os, "fsync", noted(os.fsync))
    monkeypatch.setattr(os, "fdatasync", noted(os.fdatasync))
    log.append("note", {}, "test")
    log.close()
    random = log.log_id.rpartition("/")[2]
    wanted = ["log.jsonl", f"log.{random}.seals", ".log.seal.json", f".{random}.key", "log.jsonl"]
    files = [name for name in asked if name.endswith((".jsonl", ".seals", ".tmp"))]
    assert [name.rsplit(".", 2)[0] if name.endswith(".tmp") else name for name in files] == wanted


def test_an_end_of_a_segment_that_is_open_or_not_what_was_written_is_refused(home: Path) -> None:
    path = home / "log.jsonl"
    with pytest.raises(JournalError, match="is not closed, yet a later file exists"):
        segment_end(path, keys_of(home).logs)
    log = open_log(home)
    log.close_segment("log-0002.jsonl")
    log.close()
    assert segment_end(path, keys_of(home).logs).closed
    path.write_bytes(path.read_bytes().replace(b"log-0002.jsonl", b"log-0003.jsonl"))
    with pytest.raises(JournalError, match="bad mac"):
        segment_end(path, keys_of(home).logs)


def test_a_place_outside_goes_on_with_the_keys_it_took_first(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    first = collection_keys(home, outside)
    shutil.rmtree(home / PUBLIC_DIRECTORY)
    shutil.rmtree(home / "var/state/keys")
    SigningKeys.load_or_create(home)
    assert collection_keys(home, outside).seal == first.seal
    assert len(list((outside / KEYS).iterdir())) == 1


def test_nothing_is_taken_of_a_log_that_is_tampered_with(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    keys = collection_keys(home, outside)
    path, seal, _ = of_log(home)
    result = verified(home, path)
    [taken] = collect(home, outside, [result.with_faults(of_file(Soundness.TAMPERED, "changed"))], keys)
    assert (taken.taken, taken.soundness) == (0, Soundness.TAMPERED)
    assert read_copies(outside, seal.log_id) == ()
    [taken] = collect(home, outside, [result], keys)
    assert taken.taken == len(read_copies(home / SEALS, seal.log_id)) == len(read_copies(outside, seal.log_id)) > 0


def test_two_collections_into_one_place_do_not_mix(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    keys = collection_keys(home, outside)
    other = os.open(outside, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(JournalError, match="another collection is writing here"):
            collect(home, outside, [], keys)
    finally:
        os.close(other)
    assert collect(home, outside, [], keys) == []


@pytest.mark.parametrize("file", ["root.key", "log"])
def test_a_key_file_of_another_installation_or_log_is_refused(home: Path, file: str) -> None:
    folder = home / "var/state/keys/dev"
    if file == "root.key":
        stranger = home / "stranger"
        write(stranger, 1)
        shutil.copy(stranger / "var/state/keys/dev/root.key", folder / "root.key")
        with pytest.raises(JournalError, match="is not the root of dev-log-"):
            write(home, 1, "third")
    else:
        one, other = (of_log(home, name)[1].log_id.rpartition("/")[2] for name in ("log", "other"))
        shutil.copy(folder / f"logs/{one}.key", folder / f"logs/{other}.key")
        with pytest.raises(JournalError, match=f"not one of log '{other}'"):
            keys_of(home).logs.held(other)
