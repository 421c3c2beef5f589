from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.event_log import PATH, EventLog
from golive.storage.giving_way import KEPT


def _write(home: Path, who: int, count: int, largest: int) -> None:
    log = EventLog(home, largest=largest)
    for n in range(count):
        log.append(json.dumps({"who": who, "n": n, "pad": "x" * 300}).encode() + b"\n")


def lines(home: Path) -> list[tuple[int, int]]:
    found = []
    for path in sorted(home.glob(f"{PATH}*")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            found.append((row["who"], row["n"]))
    return found


def test_lines_of_several_processes_never_mix_also_while_files_give_way(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, who, 120, 30_000)) for who in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
        assert each.exitcode == 0
    assert sorted(lines(tmp_path)) == [(who, n) for who in range(3) for n in range(120)]
    assert len(list(tmp_path.glob(f"{PATH}*"))) > 2


def test_a_bounded_number_of_files_is_kept(tmp_path: Path) -> None:
    _write(tmp_path, 0, 100, 1000)
    assert len(list(tmp_path.glob(f"{PATH}*"))) == KEPT + 1
    assert lines(tmp_path)[-1] != (0, 0)


def test_a_file_that_was_moved_away_begins_anew(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(b'{"who":0,"n":0}\n')
    (tmp_path / PATH).rename(tmp_path / "kept")
    log.append(b'{"who":0,"n":1}\n')
    assert lines(tmp_path) == [(0, 1)]
    assert (tmp_path / PATH).stat().st_mode & 0o777 == 0o640


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match=r"golive\.jsonl"):
        EventLog(tmp_path).append(b"{}\n")
    assert not (tmp_path / "elsewhere").exists()
