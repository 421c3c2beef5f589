"""What is done to a journal's files is found, and two verifiers that share no line of code say the same of it.

Attacked are the log in several files, the seals beside them and the copies in the second place, by everything that needs no key of
this host. Rolling all three back together shows only in a place that this host cannot write: there is a test for that, too.
"""

from __future__ import annotations

import functools
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from golive.audit import Soundness
from golive.audit.verify import worst
from golive.model.clock import SECOND
from golive.storage.keys import DIRECTORY as KEYS
from golive.storage.live_segments import LiveSegments, log_files
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.verified import VerificationKeys, lost_logs, verify_series
from support.durable import ToldClock, keys_of, signer_of
from support.second_verifier import exit_code

CODES: Final = {Soundness.CLEAN: 0, Soundness.TAMPERED: 1, Soundness.TORN_TAIL: 6, Soundness.CANNOT_SAY: 6}
CASES: Final = 2000
PARTS: Final = 20
State = dict[str, bytes]
"""file name → bytes: log files, seals beside them, and `copies`"""


@dataclass(frozen=True)
class World:
    """A log of this installation at several moments, another one beside it, and what verifies them."""

    home: Path
    moments: tuple[State, ...]
    """oldest first, the last is the present"""
    other: State
    log_id: str

    @property
    def present(self) -> State:
        return self.moments[-1]


def write_log(home: Path, folder: str, records: int, clock: ToldClock) -> Iterator[State]:
    """Write a log of several files, keys and seals; yield its files after every few records."""
    directory = home / folder
    directory.mkdir()
    log = LiveSegments(directory, signer_of(home, clock), segment_bytes=3000)
    for n in range(records):
        log.append([("note", {"n": n, "share": n / 8, "text": f"note {n}"}, "anna" if n % 3 else "eve")])
        clock.time += 290 * SECOND
        if n % 3 == 2:
            log.seal()
            yield _state(home, directory)
    log.close()
    yield _state(home, directory)


def _state(home: Path, directory: Path) -> State:
    files = {path.name: path.read_bytes() for path in sorted(directory.iterdir())}
    log_id = next(iter(log_files(directory))).read_bytes().partition(b'"log_id":"live_execution/')[2][:16].decode()
    return {**files, "copies": (home / SEALS / f"live_execution.{log_id}.seals").read_bytes()}


@functools.cache
def world() -> World:
    home = Path(tempfile.mkdtemp(prefix="golive-attacks-"))
    clock = ToldClock()
    moments = tuple(write_log(home, "log", 16, clock))
    *_, other = write_log(home, "other", 16, clock)
    log_id = moments[-1]["live_execution.jsonl"].partition(b'"log_id":"')[2].partition(b'"')[0].decode()
    return World(home, moments, other, log_id)


def verdicts(
    state: Mapping[str, bytes], folder: Path, *, has_first: bool = True, outside: bytes | None = None
) -> tuple[int, int]:
    """Return what ours and the second verifier say of files like these; with `outside` the copies there count instead."""
    home = world().home
    folder.mkdir(exist_ok=True)
    place = folder / "place"
    place.mkdir(exist_ok=True)
    copies = place / f"{world().log_id.replace('/', '.')}.seals"
    for name, data in state.items():
        (copies if name == "copies" else folder / name).write_bytes(data)
    if outside is not None:
        copies.write_bytes(outside)
    try:
        keys = keys_of(home)
        files = log_files(folder)
        own = (
            VerificationKeys(keys.logs, keys.seal_keys, keys, (place,))
            if has_first
            else VerificationKeys(seal=keys.seal_keys, places=(place,))
        )
        results = list(verify_series(files, own))
        found = [fault for result in (*results, *lost_logs(own, results)) for fault in result.faults]
        public = home / "var/audit/keys" / f"{keys.seal_key_id}.json"
        first = bytes.fromhex((home / KEYS / "first.key").read_text()) if has_first else None
        return CODES[worst(found)], exit_code(files, public, copies, first)
    finally:
        for path in (*folder.glob("live_execution*"), *place.iterdir()):
            path.unlink()


def logs(state: State) -> list[str]:
    """The files of the log, oldest first."""
    return sorted((name for name in state if name.endswith(".jsonl")), key=lambda name: (len(name), name))


def whole(state: State) -> list[str]:
    """Those of them that still have records to attack."""
    return [name for name in logs(state) if lines(state[name])]


def lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


def joined(parts: list[bytes]) -> bytes:
    return b"".join(part + b"\n" for part in parts)


def flip(state: State, dice: random.Random) -> None:
    name = dice.choice(sorted(name for name in state if state[name]))
    data = bytearray(state[name])
    at = dice.randrange(len(data) * 8)
    data[at // 8] ^= 1 << at % 8
    state[name] = bytes(data)


def cut_bytes(state: State, dice: random.Random) -> None:
    name = dice.choice(sorted(name for name in state if state[name]))
    state[name] = state[name][: dice.randrange(len(state[name]))]


def cut_records(state: State, dice: random.Random) -> None:
    name = dice.choice(whole(state))
    kept = lines(state[name])
    state[name] = joined(kept[: dice.randrange(len(kept))])


def delete_record(state: State, dice: random.Random) -> None:
    name = dice.choice(whole(state))
    kept = lines(state[name])
    del kept[dice.randrange(len(kept))]
    state[name] = joined(kept)


def swap_records(state: State, dice: random.Random) -> None:
    name = dice.choice(whole(state))
    kept = lines(state[name])
    if len(kept) < 2:
        return
    one, two = dice.sample(range(len(kept)), 2)
    kept[one], kept[two] = kept[two], kept[one]
    state[name] = joined(kept)


def repeat_record(state: State, dice: random.Random) -> None:
    source, name = dice.choice(whole(state)), dice.choice(whole(state))
    kept = lines(state[name])
    kept.insert(dice.randrange(len(kept) + 1), dice.choice(lines(state[source])))
    state[name] = joined(kept)


def splice(state: State, dice: random.Random) -> None:
    """Put a record of another log of the same installation in the place of one."""
    other, name = world().other, dice.choice(whole(state))
    kept = lines(state[name])
    kept[dice.randrange(len(kept))] = dice.choice(lines(other[dice.choice(logs(other))]))
    state[name] = joined(kept)


def replace_file(state: State, dice: random.Random) -> None:
    """Put a file of the other log in the place of one, its seal with it or not."""
    other, name = world().other, dice.choice(logs(state))
    if name in other:
        state[name] = other[name]
        if dice.random() < 0.5:
            seal = name.replace(".jsonl", ".seal.json")
            state[seal] = other[seal]


def roll_back(state: State, dice: random.Random) -> None:
    """Put log and seals back as they were some time ago; the second place stays, or goes alone."""
    then = dice.choice(world().moments[:-1])
    copies = state["copies"]
    if dice.random() < 0.8:
        state.clear()
        state.update(then)
        state["copies"] = copies
    else:
        state["copies"] = then["copies"]


def older_seal(state: State, dice: random.Random) -> None:
    """Cut a log where a kept seal was made, and lay that seal beside it."""
    name = logs(state)[-1]
    seal = name.replace(".jsonl", ".seal.json")
    older = [then for then in world().moments[:-1] if name in then and then[name] != state[name]]
    if older:
        then = dice.choice(older)
        state[name], state[seal] = then[name], then[seal]


def delete_file(state: State, dice: random.Random) -> None:
    names = [name for name in sorted(state) if name != "copies" and (len(logs(state)) > 1 or not name.endswith(".jsonl"))]
    del state[dice.choice(names)]


def delete_segment(state: State, dice: random.Random) -> None:
    if len(logs(state)) > 1:
        name = dice.choice(logs(state))
        del state[name]
        state.pop(name.replace(".jsonl", ".seal.json"), None)


def edit(state: State, dice: random.Random) -> None:
    """Change what a record says, its form kept."""
    name = dice.choice(whole(state))
    kept = lines(state[name])
    at = dice.randrange(len(kept))
    old, new = dice.choice([(b"anna", b"eve"), (b"eve", b"anna"), (b"note ", b"nope "), (b"development", b"production"), (b'"seq":', b'"seq":1'),
                            (b'"epoch":1', b'"epoch":2'), (b"2026-01", b"2026-02"), (b'"text":"', b'"text":"\\u0041'), (b'"v":1', b'"v":2')])  # fmt: skip
    kept[at] = kept[at].replace(old, new)
    state[name] = joined(kept)


def add(state: State, dice: random.Random) -> None:
    """Append what no key of the log has signed."""
    name = whole(state)[-1]
    last = lines(state[name])[-1]
    forged = re.sub(rb'"seq":(\d+)', lambda found: b'"seq":%d' % (int(found[1]) + 1), last)
    state[name] += dice.choice([forged, last, b"{}", b"[]", b"", b"null", b'{"v":1}', bytes([dice.randrange(256)]) * 9]) + b"\n"


ATTACKS: Final[tuple[Callable[[State, random.Random], None], ...]] = (
    flip, cut_bytes, cut_records, delete_record, swap_records, repeat_record, splice, replace_file, roll_back, older_seal, delete_file,
    delete_segment, edit, add,
)  # fmt: skip


def without_copies(state: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in state.items() if name != "copies"}


def test_the_log_that_is_attacked_has_files_keys_and_seals_and_both_find_it_clean(tmp_path: Path) -> None:
    present = world().present
    assert len(logs(present)) >= 3
    assert b'"type":"key_evolved"' in b"".join(present[name] for name in logs(present))
    assert len(lines(present["copies"])) >= 8
    assert verdicts(present, tmp_path / "log") == (0, 0)
    assert verdicts(present, tmp_path / "log", has_first=False) == (0, 0)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_attack_is_found_and_both_verifiers_say_the_same(tmp_path: Path, part: int) -> None:
    """2,000 attacks in all; an attack on the copies alone may leave nothing to find, for the log is as it was."""
    disagreements, unseen = [], []
    for case in range(part, CASES, PARTS):
        dice = random.Random(case)
        state = dict(world().present)
        names = []
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            attack = dice.choice(ATTACKS)
            if whole(state):
                attack(state, dice)
                names.append(attack.__name__)
        has_first = case % 4 > 0
        ours, theirs = verdicts(state, tmp_path / "log", has_first=has_first)
        if ours != theirs:
            disagreements.append((case, names, has_first, ours, theirs))
        if ours == 0 and without_copies(state) != without_copies(world().present):
            unseen.append((case, names))
    assert (disagreements, unseen) == ([], [])


def test_every_bit_of_a_small_log_counts_for_both(tmp_path: Path) -> None:
    small = {name: data for name, data in world().moments[0].items() if name != "copies"}
    name = logs(small)[0]
    first_two = joined(lines(small[name])[:2])
    wrong = []
    for at in range(len(first_two) * 8):
        flipped = bytearray(first_two)
        flipped[at // 8] ^= 1 << at % 8
        ours, theirs = verdicts({name: bytes(flipped)}, tmp_path / "log")
        if ours != theirs or ours == 0:
            wrong.append((at, ours, theirs))
    assert not wrong


def test_every_cut_of_a_small_log_is_found_by_both(tmp_path: Path) -> None:
    state = world().moments[0]
    name = logs(state)[0]
    for end in range(len(state[name])):
        ours, theirs = verdicts({**state, name: state[name][:end]}, tmp_path / "log")
        assert (ours, theirs) == (1, 1), end


def test_all_rolled_back_together_shows_where_this_host_cannot_write(tmp_path: Path) -> None:
    then = world().moments[2]
    assert verdicts(then, tmp_path / "log") == (0, 0)
    assert verdicts(then, tmp_path / "log", outside=world().present["copies"]) == (1, 1)
