from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND
from golive.model.errors import JournalError
from golive.storage import indicator_store
from golive.storage.indicator_store import (
    Batch,
    IndicatorStore,
    SampleRow,
    SpanRow,
    append,
    entrypoints_measured,
    read_indicator,
)

NAME = "okx_desktop_paper"
NOW = 1_800_000_000 * SECOND


def opened(home: Path, now: int = NOW, *, stage: str = "paper") -> IndicatorStore:
    return IndicatorStore.open(home, NAME, stage=stage, exchange="okx", run_id="ab" * 16, now=now)


def sample(value: int, at: int = NOW, *, exchange: str = "okx", indicator: str = "fill_ratio") -> SampleRow:
    return SampleRow(indicator, exchange, at, value)


def span(began: int, ended: int, is_up: bool) -> SpanRow:
    return SpanRow("risk_service_up", "okx", NOW + began * SECOND, NOW + ended * SECOND, is_up)


def values(home: Path, since: int = 0, **labels: str) -> list[int]:
    return sorted(value for _, value in read_indicator(home, NAME, "fill_ratio", since, **labels).samples)


def test_values_are_found_by_indicator_label_and_time(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.write(Batch(NOW, [sample(1), sample(2, NOW + 1), sample(3, exchange="kraken"), sample(9, indicator="trade_cost_bps")]))
    store.close(NOW + 2)
    demo = opened(tmp_path, stage="demo")
    demo.write(Batch(NOW, [sample(4)]))
    demo.close(NOW + 3)
    assert entrypoints_measured(tmp_path) == (NAME,)
    assert values(tmp_path) == [1, 2, 3, 4]
    assert values(tmp_path, NOW) == [2], "a window begins after its start"
    assert values(tmp_path, exchange="kraken") == [3]
    assert values(tmp_path, stage="demo") == [4]
    assert values(tmp_path, exchange="okx", stage="paper") == [1, 2]


def test_a_state_that_goes_on_is_one_row(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for second in range(100):
        store.write(Batch(NOW + second * SECOND, [], [span(second, second + 1, True)]))
    store.write(Batch(NOW + 101 * SECOND, [], [span(100, 101, False), span(101, 102, True), span(105, 106, True)]))
    store.close(NOW)
    found = read_indicator(tmp_path, NAME, "risk_service_up", 0)
    assert [((began - NOW) // SECOND, (ended - NOW) // SECOND, up) for began, ended, up in found.spans] == [
        (0, 100, True), (100, 101, False), (101, 102, True), (105, 106, True),
    ]  # fmt: skip


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.write(Batch(NOW, [sample(1)], [span(0, 1, True)]))
    store._connection.execute("CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT raise(ABORT, 'disk full'); END")
    with pytest.raises(JournalError, match="disk full"):
        store.write(Batch(NOW, [sample(2)], [span(1, 2, True)]))
    store._connection.execute("DROP TRIGGER full")
    store.write(Batch(NOW, [sample(3)], [span(1, 2, True), span(2, 3, True)]))
    store.close(NOW)
    assert values(tmp_path) == [1, 3]
    found = read_indicator(tmp_path, NAME, "risk_service_up", 0)
    assert [ended - began for began, ended, _ in found.spans] == [3 * SECOND]


def _measure_until_killed(home: Path) -> None:
    store = opened(home)
    second = 0
    while True:
        store.write(Batch(NOW + second * SECOND, [sample(second, NOW + second)]))
        second += 1
        if second == 50:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_all_it_kept_and_that_it_did_not_end(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_measure_until_killed, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    found = read_indicator(tmp_path, NAME, "fill_ratio", 0)
    assert len(found.samples) == 50
    assert [(run.seen - NOW, run.in_order) for run in found.runs] == [(49 * SECOND, False)]
    opened(tmp_path, NOW + DAY).close(NOW + DAY)
    assert [run.in_order for run in read_indicator(tmp_path, NAME, "fill_ratio", 0).runs] == [False, True]


def test_what_a_command_measures_is_no_run(tmp_path: Path) -> None:
    append(tmp_path, NAME, stage="rehearsal", batch=Batch(NOW, [sample(5)], lost=3))
    found = read_indicator(tmp_path, NAME, "fill_ratio", 0)
    assert (found.runs, found.lost) == ((), 3)


def test_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicator_store, "MOST_VALUES", 10)
    store = opened(tmp_path)
    store.write(Batch(NOW, [sample(n, NOW + n) for n in range(30)]))
    store.prune(NOW)
    store.close(NOW)
    found = read_indicator(tmp_path, NAME, "fill_ratio", 0)
    assert len(found.samples) == 10
    assert found.kept_since == NOW + 19, "older ones were dropped, and that is known"
    opened(tmp_path, NOW + 32 * DAY).close(NOW + 32 * DAY)
    assert values(tmp_path) == [], "31 days are kept"


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "var/state/slo" / f"{NAME}.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, and long enough to be taken for one" * 30)
    for act in (lambda: opened(tmp_path), lambda: read_indicator(tmp_path, NAME, "fill_ratio", 0)):
        with pytest.raises(JournalError, match=NAME):
            act()


def test_a_full_disk_is_named_and_what_was_kept_stays(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.write(Batch(NOW, [sample(1)]))
    store._connection.execute("PRAGMA max_page_count = 1")  # as many pages as it has: sqlite never takes less
    with pytest.raises(JournalError, match="is full"):
        store.write(Batch(NOW, [sample(value) for value in range(10_000)]))
    assert values(tmp_path) == [1]
