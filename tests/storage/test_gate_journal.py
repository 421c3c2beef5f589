"""The journal of a gate under every flip, cut and exchange: what is not what was written opens nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.model.clock import MINUTE, SECOND, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.readiness.gate_state import CLOSED, KEPT, OPENED, Opened, Shut, at
from golive.runtime.gate.standing import recorded_state
from golive.storage.gate_journal import DIRECTORY, GateJournal
from golive.storage.keys import DIRECTORY as KEYS
from golive.storage.keys import SigningKeys
from golive.storage.seal_copies import DIRECTORY as SEALS
from support.durable import START, ToldClock, signer_of

OTHER = "kraken_desktop_live"
NAME = "okx_desktop_live"
BODY: JsonObject = {
    "operators": [{"name": "lena", "roles": ["live_activator"]}, {"name": "carl", "roles": ["compliance"]}],
    "checked_at": to_iso(START), "expires_at": to_iso(START + 15 * MINUTE), "report": "r.json", "report_sha256": "0" * 64,
    "bound": {"code_version": "1"},
}  # fmt: skip


def kept(minutes: int) -> JsonObject:
    looked = START + minutes * MINUTE
    return {"opened_seq": 2, "checked_at": to_iso(looked), "expires_at": to_iso(looked + 15 * MINUTE)}


def is_open(home: Path, name: str = NAME, now: int = START + 11 * MINUTE) -> bool:
    return isinstance(at(recorded_state(home, name), now), Opened)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An open gate with two looks, and another one that is shut."""
    journal, signer = GateJournal(tmp_path, NAME), signer_of(tmp_path)
    journal.append(signer, OPENED, BODY, "lena")
    journal.append(signer, KEPT, kept(5), "golive")
    journal.append(signer, KEPT, kept(10), "golive")
    other = GateJournal(tmp_path, OTHER)
    other.append(signer, OPENED, BODY, "lena")
    other.append(signer, CLOSED, {"reason": "stop", "by": "olga"}, "olga")
    assert is_open(tmp_path)
    assert not is_open(tmp_path, OTHER)
    return tmp_path


def files(home: Path) -> list[Path]:
    return [home / DIRECTORY / f"{NAME}.jsonl", next((home / SEALS).glob(f"gate.{NAME}.*"))]


def test_no_flipped_bit_and_no_cut_leaves_it_open(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.storage.gate_journal.time.sleep", lambda _: None)  # nobody writes meanwhile
    journal, seals = (path.read_bytes() for path in files(home))
    newest = seals.rstrip(b"\n").rfind(b"\n") + 1
    for path, data, start in zip(files(home), (journal, seals), (0, newest), strict=True):
        for offset in range(start, len(data), 11):
            path.write_bytes(data[:offset] + bytes([data[offset] ^ 1 << offset % 8]) + data[offset + 1 :])
            assert not is_open(home), f"{path.name} at {offset}"
        for size in range(start, len(data), 13):
            path.write_bytes(data[:size])
            # Of the newest seal half a document is none: the one before holds, and behind it each record's own MAC.
            assert is_open(home) is (path == files(home)[1] and size > 0), f"{path.name} cut to {size}"
        path.write_bytes(data)
    assert is_open(home)


def _lines(home: Path) -> list[bytes]:
    return (home / DIRECTORY / f"{NAME}.jsonl").read_bytes().splitlines(keepends=True)


def _exchanged(home: Path) -> Iterator[bytes]:
    """Every journal of these records in which one is left out, twice there, exchanged with the next, or of the other gate."""
    lines, others = _lines(home), (home / DIRECTORY / f"{OTHER}.jsonl").read_bytes().splitlines(keepends=True)
    for n in range(len(lines)):
        yield b"".join(lines[:n] + lines[n + 1 :])
        yield b"".join([*lines[: n + 1], *lines[n:]])
        if n:
            yield b"".join([*lines[: n - 1], lines[n], lines[n - 1], *lines[n + 1 :]])
        if n < len(others):
            yield b"".join([*lines[:n], others[n], *lines[n + 1 :]])
    yield b"".join(others)


def test_no_record_left_out_doubled_exchanged_or_of_another_gate_leaves_it_open(home: Path) -> None:
    path, whole = home / DIRECTORY / f"{NAME}.jsonl", b"".join(_lines(home))
    for number, data in enumerate(_exchanged(home)):
        path.write_bytes(data)
        assert not is_open(home), f"case {number}"
        with pytest.raises(JournalError):
            GateJournal(home, NAME).append(signer_of(home), OPENED, BODY, "lena")
    path.write_bytes(whole)
    assert is_open(home)


def test_every_older_copy_is_refused_with_its_seal(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folder of the gate as it was behind each of five records, over the one behind the last."""
    journal, signer = GateJournal(home, NAME), signer_of(home)
    copies = []
    for step in range(5):
        copies.append(Path(shutil.copytree(home / DIRECTORY, tmp_path_factory.mktemp("copy") / "gate")))
        journal.append(signer, KEPT if step % 2 else CLOSED, kept(10) if step % 2 else {"reason": "stop", "by": "olga"}, "olga")
    assert isinstance(recorded_state(home, NAME), Shut)
    for number, copied in enumerate(copies):
        shutil.rmtree(home / DIRECTORY)
        shutil.copytree(copied, home / DIRECTORY)
        state = recorded_state(home, NAME)
        assert isinstance(state, Shut)
        assert "shorter than its newest seal" in state.because, number


def test_what_was_written_last_needs_no_seal_and_no_restart(home: Path) -> None:
    """As a kill between record and seal leaves it: the MAC of the record behind the newest seal is its own proof."""
    path, copies = files(home)
    beside = path.with_suffix(".seal.json").read_bytes()
    before = copies.read_bytes()
    GateJournal(home, NAME).append(signer_of(home), CLOSED, {"reason": "stop", "by": "olga"}, "olga")
    path.with_suffix(".seal.json").write_bytes(beside)
    copies.write_bytes(before)
    state = recorded_state(home, NAME)
    assert isinstance(state, Shut)
    assert state.because == "stop"


def test_what_no_key_at_hand_can_check_opens_nothing(home: Path) -> None:
    """Whoever takes the first key away could write what they like behind the newest seal."""
    copies = files(home)[1]
    sealed = copies.read_bytes()
    GateJournal(home, NAME).append(signer_of(home), KEPT, kept(11), "golive")
    copies.write_bytes(sealed)
    assert is_open(home)
    (home / KEYS / "first.key").write_text("ab" * 32 + "\n")
    state = recorded_state(home, NAME)
    assert isinstance(state, Shut)
    assert re.search("cannot be verified: .*the MAC key .* is not at hand", state.because)
    with pytest.raises(JournalError, match="cannot be verified"):
        GateJournal(home, NAME).append(signer_of(home), OPENED, BODY, "lena")


def test_its_key_moves_on_and_an_hour_of_looks_is_read_by_its_last(home: Path) -> None:
    clock = ToldClock(START + 10 * MINUTE)
    journal = GateJournal(home, NAME)
    for minute in range(11, 71):
        clock.time = START + minute * MINUTE
        journal.append(signer_of(home, clock=clock), KEPT, kept(minute), "golive")
    assert is_open(home, now=START + 71 * MINUTE)
    found = journal.entries(SigningKeys.load(home))
    assert [each.type for each in found if each.type.startswith("gate_")] == [OPENED, KEPT]
    assert sum(each.type == "key_evolved" for each in found) >= 3
    assert not is_open(home, now=START + 71 * MINUTE + 15 * SECOND * 60)


def test_a_record_that_is_being_written_is_read_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader may see the part of a record that lies on the page before."""
    path, copies = files(home)
    sealed = copies.read_bytes()
    GateJournal(home, NAME).append(signer_of(home), KEPT, kept(10), "golive")
    whole = path.read_bytes()
    copies.write_bytes(sealed)
    path.write_bytes(whole[:-100])
    assert not is_open(home), "nobody goes on with it"
    monkeypatch.setattr("golive.storage.gate_journal.time.sleep", lambda _: path.write_bytes(whole))
    assert is_open(home)


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "a b", "a.b", "-a", "ä"])
def test_what_is_no_name_of_an_entrypoint_has_no_journal(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match="no name of an entrypoint"):
        GateJournal(tmp_path, name)
