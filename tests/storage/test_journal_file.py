"""A journal on disk: what it refuses to continue, what a crash leaves, who may write."""

from __future__ import annotations

import fcntl
import resource
import signal
from pathlib import Path

import pytest

from golive.audit import Chain, Entry, Soundness, decode_entry, read_seal, verify_file
from golive.audit.entry import TAIL_CUT
from golive.model.errors import JournalError
from golive.storage.journal_file import JournalFile
from golive.storage.journal_seal import RECORDS_PER_SEAL, SEAL_AGE_NS
from support.durable import ToldClock, keys_of, signer_of
from support.killed import kill_after, start


def open_log(home: Path, *, held: bool = True, sealed: bool = False) -> JournalFile:
    seal = home / "log.seal.json" if sealed else None
    return JournalFile.open(home / "log.jsonl", "log", signer_of(home), seal_path=seal, held=held)


def entries(home: Path) -> list[Entry]:
    return [decode_entry(line)[0] for line in (home / "log.jsonl").read_bytes().split(b"\n")[:-1]]


def soundness(home: Path) -> Soundness:
    keys, seal = keys_of(home), home / "log.seal.json"
    document = seal.read_bytes() if seal.exists() else None
    data = (home / "log.jsonl").read_bytes()
    return verify_file(data, Chain(keys.logs), seal=document, seal_keys=keys.seal_keys).soundness


def write(home: Path, *texts: str, sealed: bool = False) -> None:
    log = open_log(home, sealed=sealed)
    for text in texts:
        log.append("note", {"text": text}, "anna")
    if sealed:
        log.seal()
    log.close()


def test_the_first_record_is_the_header_and_every_record_says_its_key_class(tmp_path: Path) -> None:
    write(tmp_path, "one", "two")
    header, one, two = entries(tmp_path)
    assert header.type == "header"
    assert header.body["code_version"] == "0.1.0+test"
    assert header.body["config_sha384"] == "a" * 96
    assert str(header.body["log_id"]).startswith("log/")
    assert {entry.body["key_class"] for entry in (header, one, two)} == {"development"}
    assert (one.operator, one.epoch, one.prev, two.prev) == ("anna", 1, header.mac, one.mac)
    assert soundness(tmp_path) is Soundness.CLEAN


def test_a_reopened_journal_goes_on_where_it_ended(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two")
    assert [entry.seq for entry in entries(tmp_path)] == [1, 2, 3]
    assert soundness(tmp_path) is Soundness.CLEAN


def test_a_tail_torn_at_any_byte_is_cut_off_with_a_record(tmp_path: Path) -> None:
    write(tmp_path, "one", "two")
    path = tmp_path / "log.jsonl"
    data = path.read_bytes()
    start_of_last = data[:-1].rfind(b"\n") + 1
    for end in [*range(start_of_last + 1, len(data), 37), len(data) - 1]:
        path.write_bytes(data[:end])
        open_log(tmp_path).close()
        last = entries(tmp_path)[-1]
        assert (last.type, last.body["bytes"]) == (TAIL_CUT, end - start_of_last)
        assert soundness(tmp_path) is Soundness.CLEAN


def test_a_torn_header_is_written_anew(tmp_path: Path) -> None:
    write(tmp_path, "one")
    path = tmp_path / "log.jsonl"
    path.write_bytes(path.read_bytes()[:50])
    write(tmp_path, "two")
    assert [entry.type for entry in entries(tmp_path)] == ["header", "note"]


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_journal_with_a_changed_byte_is_not_continued(tmp_path: Path, at: float) -> None:
    write(tmp_path, "one", "two")
    path = tmp_path / "log.jsonl"
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalError, match=r"log\.jsonl: .*line \d"):
        open_log(tmp_path)
    assert path.read_bytes() == data


def test_a_journal_cut_behind_its_seal_is_not_continued(tmp_path: Path) -> None:
    write(tmp_path, "one", "two", sealed=True)
    path = tmp_path / "log.jsonl"
    data = path.read_bytes()
    for end in (data[:-1].rfind(b"\n") + 1, len(data) - 10, 0):
        path.write_bytes(data[:end])
        with pytest.raises(
            JournalError, match=r"seal(?s:.*)golive audit verify --all tells where; put the file and its seal back"
        ):
            open_log(tmp_path, sealed=True)


def test_a_journal_of_another_name_or_of_unknown_keys_is_not_continued(tmp_path: Path) -> None:
    write(tmp_path, "one")
    with pytest.raises(JournalError, match="not 'other'"):
        JournalFile.open(tmp_path / "log.jsonl", "other", signer_of(tmp_path))
    (tmp_path / "var/state/keys/dev/first.key").write_text("7" * 64 + "\n")
    with pytest.raises(JournalError, match="MAC key"):
        open_log(tmp_path)


def test_a_second_writer_is_refused_while_the_first_holds_the_journal(tmp_path: Path) -> None:
    first = open_log(tmp_path)
    with pytest.raises(JournalError, match="another process"):
        open_log(tmp_path)
    with pytest.raises(JournalError, match="another process"):
        open_log(tmp_path, held=False)
    first.close()
    open_log(tmp_path).close()


def test_a_second_process_is_refused_while_the_first_writes(tmp_path: Path) -> None:
    process = start("journal_process", "journal", str(tmp_path))
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(JournalError, match="another process"):
        open_log(tmp_path)
    kill_after(process, 1)


def test_writers_that_share_a_journal_leave_one_sound_chain(tmp_path: Path) -> None:
    one, two = open_log(tmp_path, held=False, sealed=True), open_log(tmp_path, held=False, sealed=True)
    for turn in range(6):
        for log in (one, two, two):
            log.append("note", {"turn": turn}, "anna")
        (one if turn % 2 else two).seal()
    one.close()
    two.close()
    assert [entry.seq for entry in entries(tmp_path)] == list(range(1, 20))
    assert soundness(tmp_path) is Soundness.CLEAN


def test_a_shared_journal_cut_under_its_writer_breaks_it(tmp_path: Path) -> None:
    log = open_log(tmp_path, held=False)
    log.append("note", {}, "anna")
    path = tmp_path / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(JournalError, match="cut it"):
        log.append("note", {}, "anna")
    with pytest.raises(JournalError, match="unusable"):
        log.append("note", {}, "anna")


def test_a_stalled_lock_is_an_error_after_a_quarter_of_a_second(tmp_path: Path) -> None:
    log = open_log(tmp_path, held=False)
    with (tmp_path / "log.jsonl").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(JournalError, match="another process"):
            log.append("note", {}, "anna")


@pytest.mark.parametrize("lines", [1, 7, 60])
def test_a_writer_killed_in_the_act_loses_nothing_acknowledged(tmp_path: Path, lines: int) -> None:
    told = kill_after(start("journal_process", "journal", str(tmp_path)), lines)
    open_log(tmp_path).close()
    kept = [entry.seq for entry in entries(tmp_path) if entry.type == "note"]
    assert kept[: len(told)] == [int(line) for line in told]
    assert soundness(tmp_path) is Soundness.CLEAN


def test_a_full_disk_breaks_the_journal_for_good_and_the_next_opening_mends_it(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append("note", {"text": "kept"}, "anna")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.size + 100, before[1]))
        with pytest.raises(JournalError, match="cannot be written"):
            log.append("note", {"text": "x" * 500}, "anna")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    with pytest.raises(JournalError, match="unusable since a write failed"):
        log.append("note", {}, "anna")
    assert soundness(tmp_path) is Soundness.TORN_TAIL
    open_log(tmp_path).close()
    assert [entry.type for entry in entries(tmp_path)] == ["header", "note", TAIL_CUT]


def test_a_place_that_cannot_be_written_is_a_journal_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError):
        JournalFile.open(tmp_path / "file" / "log.jsonl", "log", signer_of(tmp_path))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError):
        open_log(tmp_path)


def test_a_body_that_cannot_be_written_breaks_the_journal_without_a_trace(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with pytest.raises(JournalError, match="2\\^53"):
        log.append("note", {"amount": 2**60}, "anna")
    assert len(entries(tmp_path)) == 1
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o640


def test_a_sealed_beginning_is_taken_by_its_seal_whatever_its_length(tmp_path: Path) -> None:
    log = open_log(tmp_path, sealed=True)
    log.append_all([("note", {"text": "x" * 90_000}, "anna") for _ in range(99)], durable=False)
    log.seal()
    log.append("note", {"text": "after the seal"}, "anna")
    log.close()
    assert (tmp_path / "log.jsonl").stat().st_size > 2 * (1 << 22)
    (tmp_path / "var/state/keys/dev/first.key").write_text("7" * 64 + "\n")
    with pytest.raises(JournalError, match="MAC key"):
        open_log(tmp_path, sealed=True)
    sealed = (tmp_path / "log.jsonl").read_bytes().rpartition(b'{"body":{"key_class":"development","text":"after the seal"')[0]
    (tmp_path / "log.jsonl").write_bytes(sealed)
    reopened = open_log(tmp_path, sealed=True)
    assert reopened.head.seq == 100
    with pytest.raises(JournalError, match=r"key .* is gone"):
        reopened.append("note", {"text": "more"}, "anna")


@pytest.mark.parametrize("at", [0.1, 0.5, 0.999])
def test_a_changed_byte_before_the_seal_is_found_at_opening(tmp_path: Path, at: float) -> None:
    write(tmp_path, *"abcdefgh", sealed=True)
    data = bytearray((tmp_path / "log.jsonl").read_bytes())
    data[int(len(data) * at)] ^= 1
    (tmp_path / "log.jsonl").write_bytes(data)
    with pytest.raises(JournalError, match=r"log\.jsonl"):
        open_log(tmp_path, sealed=True)


def test_a_seal_is_signed_after_its_records_or_a_minute_whatever_comes_first(tmp_path: Path) -> None:
    clock = ToldClock()

    def sealed() -> int:
        return read_seal((tmp_path / "log.seal.json").read_bytes())[0].last_seq

    log = JournalFile.open(
        tmp_path / "log.jsonl", "log", signer_of(tmp_path, clock), seal_path=tmp_path / "log.seal.json", held=False
    )
    log.append_all([("note", {}, "anna")] * (RECORDS_PER_SEAL - 1))
    assert sealed() == 1
    log.append("note", {}, "anna")
    assert sealed() == RECORDS_PER_SEAL + 1
    log.append("note", {}, "anna")
    clock.time += SEAL_AGE_NS - 1
    log.sync()
    assert sealed() == RECORDS_PER_SEAL + 1
    clock.time += 1
    log.sync()
    assert sealed() == RECORDS_PER_SEAL + 2
    clock.time += SEAL_AGE_NS
    log.append("note", {}, "anna")
    assert sealed() == RECORDS_PER_SEAL + 2, "its own minute has just begun"
    clock.time += SEAL_AGE_NS
    log.append("note", {}, "anna")
    assert sealed() == RECORDS_PER_SEAL + 4
    log.close()
