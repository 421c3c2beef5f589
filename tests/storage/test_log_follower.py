"""Following a log: every record once, over files and while lines are half written; nothing behind one that was changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.storage.daily_journal import DailyJournal
from golive.storage.live_segments import DIRECTORY, LiveSegments
from golive.storage.log_follower import LogFollower, Seen
from golive.storage.register_file import RegisterFile
from support.durable import ToldClock, keys_of, signer_of


def live(home: Path, *notes: int, segment_bytes: int = 2000) -> None:
    log = LiveSegments(home / DIRECTORY, signer_of(home), segment_bytes)
    for n in notes:
        log.append([("note", {"n": n}, "anna")])
    log.close()


def follower(home: Path) -> LogFollower:
    return LogFollower(home / DIRECTORY / "live_execution.jsonl", keys_of(home).logs)


def notes(seen: list[Seen]) -> list[object]:
    assert [each.unsound for each in seen if each.unsound is not None] == []
    return [each.entry.body["n"] for each in seen if each.entry is not None and each.entry.type == "note"]


def test_each_record_comes_once_over_all_files(tmp_path: Path) -> None:
    following = follower(tmp_path)
    assert list(following.news()) == []
    told = []
    for start in range(0, 40, 4):
        live(tmp_path, *range(start, start + 4))
        told += notes(list(following.news()))
    assert told == list(range(40))
    assert len(list((tmp_path / DIRECTORY).glob("*-????.jsonl"))) > 3
    assert list(following.news()) == []
    assert following.unknown_keys == frozenset()
    assert notes(list(follower(tmp_path).news())) == told


def test_half_a_line_is_waited_for_and_one_that_is_cut_off_is_not_missed(tmp_path: Path) -> None:
    live(tmp_path, 1)
    path = tmp_path / DIRECTORY / "live_execution.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    following = follower(tmp_path)
    assert notes(list(following.news())) == []
    path.write_bytes(whole)
    assert notes(list(following.news())) == [1]
    path.write_bytes(whole + b'{"body":{')
    assert list(following.news()) == []
    live(tmp_path, 2)
    assert notes(list(following.news())) == [2]


def changed(path: Path) -> None:
    live(path.parents[2], 2)
    path.write_bytes(path.read_bytes().replace(b'"n":2', b'"n":7'))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").rename(path)


def removed(path: Path) -> None:
    path.unlink()


def repeated(path: Path) -> None:
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])


def no_record(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}\n")


@pytest.mark.parametrize("change", [changed, cut, replaced, removed, repeated, no_record])
def test_what_is_not_sound_is_named_and_ends_it(tmp_path: Path, change: Callable[[Path], None]) -> None:
    live(tmp_path, 1, segment_bytes=10**6)
    following = follower(tmp_path)
    assert notes(list(following.news())) == [1]
    path = tmp_path / DIRECTORY / "live_execution.jsonl"
    change(path)
    last = list(following.news())[-1]
    assert last.path == path
    assert last.unsound is not None


def test_a_file_that_is_gone_between_others_is_named(tmp_path: Path) -> None:
    live(tmp_path, *range(30))
    second = tmp_path / DIRECTORY / "live_execution-0002.jsonl"
    second.unlink()
    last = list(follower(tmp_path).news())[-1]
    assert (last.path, last.unsound is not None) == (second, True)


def test_a_daily_log_goes_on_the_next_day(tmp_path: Path) -> None:
    clock, told = ToldClock(), []
    following: LogFollower | None = None
    for n in range(3):
        journal = DailyJournal(tmp_path / "audit/decisions", "decisions", signer_of(tmp_path, clock))
        journal.append([("note", {"n": n}, "anna")])
        journal.close()
        following = following or LogFollower(journal.path, keys_of(tmp_path).logs)
        told += notes(list(following.news()))
        clock.next_day()
    assert told == [0, 1, 2]


def test_a_register_is_followed_though_it_is_replaced_each_time(tmp_path: Path) -> None:
    register = RegisterFile(tmp_path / "var/security/tls_rotation.json", "tls_rotation")
    following, told = LogFollower(register.path, keys_of(tmp_path).logs), []
    for n in range(3):
        register.append(signer_of(tmp_path), [("note", {"n": n}, "anna")])
        told += notes(list(following.news()))
    assert told == [0, 1, 2]
    register.path.write_bytes(register.path.read_bytes().replace(b'"n":1', b'"n":7'))
    assert [each.unsound is not None for each in following.news()] == [True]
