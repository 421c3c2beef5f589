"""The candle store: merges exactly, changes all at once, is found undamaged after a crash, says what is wrong with a file."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.market import column_file, durable, part_file
from golive.market import store as store_module
from golive.market.contents import Contents
from golive.market.series import Gap
from golive.market.store import CandleStore
from golive.model.clock import MINUTE, from_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import InstrumentId
from support.candles import LATER, START, Row, btc, columns_of, rows_of, walk

BTC = InstrumentId.parse("okx:BTC/USDT")


def append(store: CandleStore, rows: list[Row], *, now: int = LATER, replace: bool = False) -> store_module.AppendResult:
    return store.append(btc(), "1m", columns_of(rows), source="test", now=now, replace=replace)


def stored(store: CandleStore) -> list[Row]:
    return rows_of(store.read(BTC, "1m"))


def folder(store: CandleStore) -> Path:
    return store.root / "candles" / "okx" / "BTC-USDT" / "1m"


def test_what_was_appended_is_read_across_months(tmp_path: Path) -> None:
    store, rows = CandleStore(tmp_path), walk(300)
    result = append(store, rows)
    assert (result.added, result.known, result.was_sorted, result.rows) == (300, 0, True, 300)
    assert stored(CandleStore(tmp_path)) == rows
    (entry,) = store.series()
    assert (entry.rows, entry.first, entry.last, entry.gaps) == (300, rows[0][0], rows[-1][0], 0)
    assert entry.instrument == btc()
    names = sorted(path.name.split(".")[0] for path in folder(store).glob("*.parquet"))
    assert names == ["2024-01", "2024-02"]


def test_a_period_is_found_by_time(tmp_path: Path) -> None:
    store, rows = CandleStore(tmp_path), walk(10)
    append(store, rows)
    assert rows_of(store.read(BTC, "1m", rows[3][0], rows[6][0])) == rows[3:6]
    assert rows_of(store.read(BTC, "1m", rows[3][0] + 1)) == rows[4:]
    assert rows_of(store.read(BTC, "1m", until=rows[0][0])) == []
    assert rows_of(store.read(BTC, "1m", rows[6][0], rows[3][0])) == []


def test_columns_are_mapped_and_read_only(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, walk(5))
    candles = store.read(BTC, "1m")
    assert all(column.dtype == np.int64 and not column.flags.writeable for column in candles.columns)


ROWS = walk(60)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ROWS), max_size=25), max_size=5))
def test_any_order_and_overlap_ends_as_one_sorted_set(tmp_path_factory: pytest.TempPathFactory, batches: list[list[Row]]) -> None:
    store = CandleStore(tmp_path_factory.mktemp("store"))
    added = sum(append(store, batch).added for batch in batches)
    expected = sorted({row for batch in batches for row in batch})
    assert added == len(expected)
    if expected:
        assert stored(store) == expected
        times = [row[0] for row in expected]
        gaps = [Gap(a + MINUTE, b, (b - a) // MINUTE - 1) for a, b in itertools.pairwise(times) if b - a > MINUTE]
        assert store.gaps(BTC, "1m") == gaps
        (entry,) = store.series()
        assert (entry.gaps, entry.missing_rows) == (len(gaps), sum(gap.missing for gap in gaps))
    else:
        assert store.series() == []


def test_unsorted_rows_are_sorted_and_reported(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    assert not append(store, [ROWS[2], ROWS[0]]).was_sorted
    assert append(store, [ROWS[0], ROWS[1]]).known == 1
    assert stored(store) == ROWS[:3]


def test_a_differing_candle_is_refused_unless_replaced(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:10])
    other = (*ROWS[4][:5], ROWS[4][5] + 1)
    with pytest.raises(ConfigError, match=r"two different candles of 2024-01-31T22:04:00Z.*--replace"):
        append(store, [other, ROWS[12]])
    assert stored(store) == ROWS[:10]
    result = append(store, [other, ROWS[12]], replace=True)
    assert (result.added, result.replaced, result.known) == (1, 1, 0)
    assert stored(store) == [*ROWS[:4], other, *ROWS[5:10], ROWS[12]]


def test_a_candle_that_has_not_ended_is_left_out(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    result = append(store, ROWS[:4], now=ROWS[3][0] + MINUTE - 1)
    assert (result.added, result.unclosed) == (3, 1)
    assert append(store, ROWS[:4], now=ROWS[3][0] + MINUTE).added == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({0: ROWS[3][0] + 1}, "multiple of its timeframe"),
        ({1: 0}, "zero or less"),
        ({5: -1}, "below zero"),
        ({2: ROWS[3][3] - 1}, "contradict"),
        ({3: ROWS[3][2] + 1}, "contradict"),
        ({2: 1 << 62}, "exact range"),
    ],
)
def test_an_impossible_row_is_refused_by_number(tmp_path: Path, change: dict[int, int], words: str) -> None:
    bad = [change.get(i, value) for i, value in enumerate(ROWS[3])]
    with pytest.raises(ConfigError, match=f"row 4 .*{words}"):
        append(CandleStore(tmp_path), [*ROWS[:3], bad, *ROWS[4:8]])  # type: ignore[list-item]
    assert CandleStore(tmp_path).series() == []


def test_rows_of_another_grid_are_taken_exactly_or_not_at_all(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:2])
    coarse = btc(tick="1", lot="0.001")
    store.append(coarse, "1m", columns_of([(ROWS[2][0], 5, 6, 4, 5, 7)], instrument=coarse), source="coarse", now=LATER)
    assert stored(store)[-1] == (ROWS[2][0], 50, 60, 40, 50, 700)
    assert store.index(BTC, "1m").instrument == btc()
    fine = btc(tick="0.01")
    whole = columns_of([(ROWS[3][0], 500, 600, 400, 500, 7)], instrument=fine)
    store.append(fine, "1m", whole, source="fine", now=LATER)
    assert stored(store)[-1] == (ROWS[3][0], 50, 60, 40, 50, 7)
    odd = columns_of([(ROWS[4][0], 501, 600, 400, 500, 7)], instrument=fine)
    with pytest.raises(ConfigError, match=r"open price 5\.01 of 2024-01-31T22:04:00Z is not a multiple of 0\.1"):
        store.append(fine, "1m", odd, source="fine", now=LATER)


def test_the_index_says_where_rows_came_from(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    for source, rows in (("a", ROWS[:3]), ("b", ROWS[2:5]), ("a", ROWS[5:7])):
        store.append(btc(), "1m", columns_of(rows), source=source, now=LATER)
    index = json.loads((folder(store) / "index.json").read_text())
    assert {s["name"]: s["rows"] for s in index["sources"]} == {"a": 5, "b": 2}


def test_a_part_that_was_changed_is_named_with_the_fix(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:5])
    (part,) = folder(store).glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(ConfigError, match=rf"{part.name}: its SHA-256 .*golive data remove"):
        append(store, ROWS[5:7])


def test_columns_that_are_lost_or_cut_are_made_again(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS)
    (columns,) = folder(store).glob("columns.*")
    (columns / "close.i64").write_bytes(b"12345678")
    assert stored(store) == ROWS
    for file in columns.iterdir():
        file.unlink()
    columns.rmdir()
    assert stored(store) == ROWS


def test_a_missing_series_names_what_is_stored(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:2])
    with pytest.raises(ConfigError, match=r"no candles of okx:BTC/USDT 1s; stored: okx:BTC/USDT 1m"):
        store.read(BTC, "1s")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "golive.candles.v2"}', "null"])
def test_an_index_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:2])
    (folder(store) / "index.json").write_text(text)
    (damaged,) = store.contents().damaged
    assert "index.json: not an index of candles" in damaged.fault
    with pytest.raises(ConfigError, match=r"index\.json: not an index of candles"):
        store.read(BTC, "1m")


STEPS = ("write_part", "write_columns", "write_atomic")


@pytest.mark.parametrize("broken", STEPS)
def test_a_failure_at_any_step_leaves_the_old_state(tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:20])

    def fail(*_: object, **__: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store_module, broken, fail)
        with pytest.raises(JournalError, match="disk is full"):
            append(store, walk(4000))
    assert stored(store) == ROWS[:20]
    append(store, walk(4000))
    assert stored(store) == walk(4000)
    assert len(list(folder(store).glob("columns.*"))) == 1
    assert not [path for path in folder(store).iterdir() if durable.is_temporary(path)]


def test_a_rename_that_fails_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:5])

    def refuse(self: Path, target: object) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(JournalError, match=r"2024-01\..*No space left"):
            append(store, ROWS[5:9])
    assert stored(store) == ROWS[:5]
    assert not [path for path in folder(store).iterdir() if durable.is_temporary(path)]


@pytest.mark.parametrize("writer", ["only_writer", "write_columns"])
def test_a_store_that_cannot_be_written_is_read_from_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    store = CandleStore(tmp_path)
    append(store, walk(300))
    shutil.rmtree(next(folder(store).glob("columns.*")))

    def refuse(*_: object) -> None:
        raise JournalError("Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(store_module, writer, refuse)
        assert stored(store) == walk(300)
        assert not any(column.flags.writeable for column in store.read(BTC, "1m").columns)
        assert not list(folder(store).glob("columns.*"))
    assert stored(store) == walk(300)
    assert list(folder(store).glob("columns.*"))


def test_a_first_append_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CandleStore(tmp_path)

    def refuse(*_: object) -> None:
        raise JournalError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(store_module, "write_columns", refuse)
        with pytest.raises(JournalError, match="no space left"):
            append(store, walk(300))
    assert [path.name for path in folder(store).iterdir()] == [".lock"]
    assert store.contents() == Contents((), ())


KILLED_FIRST = """
import os
import sys
from pathlib import Path
from golive.market import store as module
from support.candles import LATER, btc, columns_of, walk
setattr(module, sys.argv[2], lambda *_: os.kill(os.getpid(), 9))
module.CandleStore(Path(sys.argv[1])).append(btc(), "1m", columns_of(walk(300)), source="killed", now=LATER)
"""


@pytest.mark.parametrize("step", ["write_columns", "_write_index"])
def test_a_first_append_that_is_killed_is_no_series_and_the_next_one_clears_it_away(tmp_path: Path, step: str) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", KILLED_FIRST, str(tmp_path), step], check=False, env=env)
    store = CandleStore(tmp_path)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(folder(store).glob("*.parquet"))) == 2
    assert store.contents() == Contents((), ())
    append(store, walk(60))
    assert stored(store) == walk(60)
    assert len(list(folder(store).glob("*.parquet"))) == 1
    assert not [path for path in folder(store).iterdir() if durable.is_temporary(path)]


def test_parts_that_lost_their_index_are_damaged_and_can_be_removed(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, walk(60))
    (folder(store) / "index.json").unlink()
    (damaged,) = store.contents().damaged
    assert (damaged.name, "no index.json, but parts" in damaged.fault) == ("okx/BTC-USDT/1m", True)
    parts = sorted(folder(store).glob("*.parquet"))
    for call in (lambda: append(store, walk(90)), lambda: store.read(BTC, "1m"), lambda: store.index(BTC, "1m")):
        with pytest.raises(ConfigError, match=r"no index\.json, but parts; `golive data remove`"):
            call()
    assert sorted(folder(store).glob("*.parquet")) == parts, "nothing of them was removed"
    assert store.remove(BTC, "1m") is None
    assert [path.name for path in folder(store).iterdir()] == [".lock"]
    with pytest.raises(ConfigError, match="nothing is stored"):
        store.remove(BTC, "1m")


def test_a_damaged_series_hides_no_other_and_can_be_removed(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, walk(60))
    ether = InstrumentId.parse("okx:ETH/USDT")
    store.append(btc("okx:ETH/USDT"), "1m", columns_of(walk(60), instrument=btc("okx:ETH/USDT")), source="test", now=LATER)
    (folder(store) / "index.json").write_text("{")
    assert [entry.instrument.id for entry in store.series()] == [ether]
    assert [each.path for each in store.contents().damaged] == [folder(store)]
    assert len(store.read(ether, "5m")) == 12
    with pytest.raises(ConfigError, match="not an index of candles"):
        store.read(BTC, "1m")
    with pytest.raises(ConfigError, match=r"no candles of okx:BTC/USDT 1h; stored: okx:ETH/USDT 1m, okx/BTC-USDT/1m \(damaged\)"):
        store.read(BTC, "1h")
    assert store.remove(BTC, "1m") is None
    append(store, walk(60))
    assert stored(store) == walk(60)


KILLED_WRITER = """
import sys
import time
from pathlib import Path
from golive.market.store import CandleStore
from support.candles import LATER, btc, columns_of, walk
store = CandleStore(Path(sys.argv[1]))
rows = walk(50_000)
print("ready", flush=True)
for end in range(1_000, len(rows), 1_000):
    store.append(btc(), "1m", columns_of(rows[end - 1_000:end]), source="killed", now=LATER)
    print(end, flush=True)
"""


@pytest.mark.parametrize(("after", "pause_s"), [(2, 0.0), (3, 0.002), (5, 0.005), (8, 0.009)])
def test_a_writer_killed_at_work_leaves_a_whole_state(tmp_path: Path, after: int, pause_s: float) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED_WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert writer.stdout is not None
    done = 0
    for line in writer.stdout:
        done = int(line) if line.strip().isdigit() else 0
        if done >= after * 1_000:
            time.sleep(pause_s)  # so that the signal meets different steps of the next append
            os.kill(writer.pid, signal.SIGKILL)
            break
    writer.wait()
    writer.stdout.close()
    store, rows = CandleStore(tmp_path), walk(50_000)
    found = stored(store)
    assert len(found) % 1_000 == 0
    assert len(found) >= done
    assert found == rows[: len(found)]
    store.append(btc(), "1m", columns_of(rows), source="after", now=LATER)
    assert stored(store) == rows


def _write(root: str, part: int) -> None:
    rows = walk(2_000)
    for at in range(part, len(rows), 200):
        append(CandleStore(Path(root)), rows[at : at + 100])


def test_two_writers_and_a_reader_do_not_disturb_each_other(tmp_path: Path) -> None:
    append(CandleStore(tmp_path), walk(2_000)[:1])
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(tmp_path), part)) for part in (0, 100)]
    for writer in writers:
        writer.start()
    whole, seen = set(walk(2_000)), 0
    while any(writer.is_alive() for writer in writers):
        found = stored(CandleStore(tmp_path))
        assert set(found) <= whole
        assert len(found) >= seen
        seen = len(found)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert stored(CandleStore(tmp_path)) == walk(2_000)


def test_a_part_is_plain_parquet_that_anyone_can_read(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    append(store, ROWS[:5])
    (part,) = folder(store).glob("*.parquet")
    frame = pl.read_parquet(part)
    assert frame.columns == ["opened_at", "open", "high", "low", "close", "volume"]
    assert set(frame.dtypes) == {pl.Int64}
    assert frame.rows() == ROWS[:5]


def test_reading_does_not_load_the_parquet_library(tmp_path: Path) -> None:
    append(CandleStore(tmp_path), ROWS)
    code = (
        "import sys; from pathlib import Path; from golive.market.store import CandleStore; "
        "from golive.model.ids import InstrumentId\n"
        f"c = CandleStore(Path({str(tmp_path)!r})).read(InstrumentId.parse('okx:BTC/USDT'), '1m')\n"
        "assert len(c) == 60 and 'polars' not in sys.modules, sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_months_are_those_of_utc() -> None:
    times = np.array([from_iso("2024-01-31T23:59:00Z"), from_iso("2024-02-01T00:00:00Z"), START + 3 * 31 * 86_400 * 10**9])
    assert part_file.months_of(np.sort(times)) == [("2024-01", 0, 1), ("2024-02", 1, 2), ("2024-05", 2, 3)]
    assert column_file.columns_folder(Path("x"), "d") == Path("x/columns.d")
