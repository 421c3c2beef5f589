"""The quality check finds every planted fault, and nothing in sound candles; its report has the published shape."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from golive.market.quality import Issue, Quality, Status, check_quality
from golive.market.quality_report import Dataset, report_document, write_report
from golive.market.raw_candles import RawCandles, raw_of
from golive.model.clock import MINUTE, SECOND, from_iso
from support.candles import LATER, Row, columns_of, walk

ROWS = walk(200)
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "golive.data_quality.v1.json"


def judged(rows: list[Row], *, fresh_at: int | None = None) -> Quality:
    return check_quality(columns_of(rows), MINUTE, fresh_at=fresh_at)


def issue(quality: Quality, code: str) -> Issue:
    (found,) = [issue for issue in quality.issues if issue.code == code]
    return found


def codes(quality: Quality) -> list[str]:
    return [issue.code for issue in quality.issues]


def test_sound_candles_are_ok() -> None:
    quality = judged(ROWS)
    summary = quality.summary
    assert (summary.status, quality.issues) == (Status.OK, ())
    assert (summary.observed_rows, summary.expected_rows, summary.missing_rows, summary.total_gaps) == (200, 200, 0, 0)
    assert (summary.missing_ratio, summary.ok_ratio, summary.frequency_seconds) == (0.0, 1.0, 60.0)
    assert (summary.first_timestamp, summary.last_timestamp) == (ROWS[0][0], ROWS[-1][0])


def test_no_rows_are_no_data() -> None:
    summary = judged([]).summary
    assert (summary.status, summary.observed_rows, summary.ok_ratio) == (Status.NO_DATA, 0, 0.0)
    assert summary.first_timestamp is None


@given(st.sets(st.integers(1, 198), max_size=60))
def test_every_missing_candle_is_counted_and_the_status_follows(missing: set[int]) -> None:
    quality = judged([row for i, row in enumerate(ROWS) if i not in missing])
    runs = sum(1 for i in missing if i - 1 not in missing)
    summary = quality.summary
    assert (summary.missing_rows, summary.total_gaps, summary.expected_rows) == (len(missing), runs, 200)
    assert summary.missing_ratio == len(missing) / 200
    assert summary.ok_ratio == 1 - len(missing) / 200
    expected = Status.CRITICAL if len(missing) >= 10 else Status.WARNING if missing else Status.OK
    assert summary.status == expected
    if missing:
        details = issue(quality, "gap").details
        assert (details["count"], quality.issues[0].severity) == (runs, str(expected))


def test_the_longest_gap_is_told_in_minutes() -> None:
    quality = judged([*ROWS[:50], *ROWS[51:100], *ROWS[104:]])
    details: Any = issue(quality, "gap").details
    assert details["longest_gap_minutes"] == 4
    assert details["longest"][0] == {"first_missing": "2024-01-31T23:40:00Z", "missing_rows": 4}


IMPOSSIBLE: list[tuple[str, Callable[[list[int]], object]]] = [
    ("non_positive", lambda row: row.__setitem__(3, 0)),
    ("non_positive", lambda row: row.__setitem__(1, -5)),
    ("non_positive", lambda row: row.__setitem__(5, -1)),
    ("ohlc_inconsistent", lambda row: row.__setitem__(2, row[3])),
    ("ohlc_inconsistent", lambda row: row.__setitem__(3, row[2])),
]


@pytest.mark.parametrize(("code", "spoil"), IMPOSSIBLE)
def test_one_impossible_row_is_critical_and_named(code: str, spoil: Callable[[list[int]], object]) -> None:
    row = [*ROWS[17][:1], 420_000, 420_010, 419_990, 420_005, 7]
    spoil(row)
    quality = judged([*ROWS[:17], tuple(row), *ROWS[18:]])  # type: ignore[list-item]
    found: Any = issue(quality, code)
    assert (quality.summary.status, found.severity) == (Status.CRITICAL, "critical")
    assert found.details["rows"] == [{"row": 18, "opened_at": "2024-01-31T22:17:00Z"}]
    assert quality.is_impossible.nonzero()[0].tolist() == [17]
    assert quality.summary.ok_ratio == 199 / 200


def test_a_number_that_is_none_is_critical() -> None:
    raw = raw_of(columns_of(ROWS))
    finite = raw.is_finite.copy()
    finite[3] = False
    zero: Any = np.where(finite, raw.open, 0)
    raw = RawCandles(raw.opened_at, zero, raw.high, raw.low, raw.close, raw.volume, finite)
    quality = check_quality(raw, MINUTE)
    assert codes(quality) == ["not_finite"]
    assert quality.summary.status == Status.CRITICAL


def test_duplicates_are_counted_and_compared() -> None:
    other = (*ROWS[5][:5], ROWS[5][5] + 1)
    quality = judged([*ROWS[:6], ROWS[5], other, *ROWS[6:]])
    details = issue(quality, "duplicate").details
    assert (details["count"], details["differing"]) == (2, 1)
    assert (codes(quality), quality.summary.status) == (["duplicate"], Status.WARNING)
    assert (quality.summary.observed_rows, quality.summary.missing_rows, quality.summary.ok_ratio) == (202, 0, 1.0)


def test_rows_that_stand_too_late_are_named() -> None:
    quality = judged([ROWS[0], ROWS[3], ROWS[1], ROWS[2], *ROWS[4:]])
    details: Any = issue(quality, "out_of_order").details
    assert [row["row"] for row in details["rows"]] == [3, 4]
    assert codes(quality) == ["out_of_order"]


def test_an_unaligned_row_is_neither_there_nor_sound() -> None:
    quality = judged([*ROWS[:5], (ROWS[5][0] + 1, *ROWS[5][1:]), *ROWS[6:]])
    assert codes(quality) == ["gap", "unaligned"]
    assert (quality.summary.missing_rows, quality.summary.ok_ratio) == (1, 199 / 200)


def test_staleness_is_judged_only_when_asked() -> None:
    ended = ROWS[-1][0] + MINUTE
    assert codes(judged(ROWS, fresh_at=ended + 2 * MINUTE)) == []
    assert codes(judged(ROWS, fresh_at=ended + 2 * MINUTE + 1)) == ["stale"]
    assert codes(judged(ROWS)) == []


def spoiled(at: int, **values: int) -> list[Row]:
    names = ("opened_at", "open", "high", "low", "close", "volume")
    row = tuple(values.get(name, value) for name, value in zip(names, ROWS[at], strict=True))
    return [*ROWS[:at], row, *ROWS[at + 1 :]]  # type: ignore[list-item]


def test_a_print_that_comes_back_is_an_outlier_and_a_move_that_stays_is_none() -> None:
    spike = spoiled(90, high=440_000, close=440_000)
    details: Any = issue(judged(spike), "outlier").details
    assert [row["row"] for row in details["rows"]] == [91]
    moved = [(t, o + 20_000, h + 20_000, lo + 20_000, c + 20_000, v) for t, o, h, lo, c, v in ROWS[90:]]
    assert judged([*ROWS[:90], *moved]).issues == ()
    wick = spoiled(90, low=380_000)
    assert codes(judged(wick)) == ["outlier"]


def test_a_move_across_a_gap_is_no_outlier() -> None:
    moved = [(t, 430_000, 430_000, 430_000, 430_000, v) for t, *_, v in ROWS[90:91]]
    assert codes(judged([*ROWS[:80], *moved, *ROWS[100:]])) == ["gap"]
    assert codes(judged([*ROWS[:80], *moved, *ROWS[91:]])) == ["gap"], "the first candle after a gap may be anywhere"


@pytest.mark.parametrize("bad", [(90,), (90, 91), (90, 91, 92)])
def test_a_few_wrong_rows_in_a_row_are_outliers_together(bad: tuple[int, ...]) -> None:
    rows = [(t, *(3 * p for p in prices), v) if n in bad else (t, *prices, v) for n, (t, *prices, v) in enumerate(ROWS)]
    (found,) = judged(rows).issues  # type: ignore[arg-type]
    assert found.code == "outlier"
    assert [place["row"] for place in found.details["rows"]] == [n + 1 for n in bad]  # type: ignore[union-attr, index, call-overload]
    moved = [(t, *(3 * p for p in prices), v) if n >= 90 else (t, *prices, v) for n, (t, *prices, v) in enumerate(ROWS)]
    assert judged(moved).issues == ()  # type: ignore[arg-type]


def test_messages_count_in_plain_words() -> None:
    (gap,) = judged([*ROWS[:5], *ROWS[6:]]).issues
    assert gap.message == "1 candle missing in 1 gap; the longest lasts 1 min"
    far = [*ROWS[:5], *walk(5, start=ROWS[0][0] + 1_324_465 * MINUTE)]
    assert judged(far).issues[0].message == "1,324,460 candles missing in 1 gap; the longest lasts 1,324,460 min"
    seconds = check_quality(columns_of([(n * SECOND, 1, 1, 1, 1, 1) for n in (0, 1, 3)], timeframe_ns=SECOND), SECOND)
    assert seconds.issues[0].message == "1 candle missing in 1 gap; the longest lasts 0.02 min"
    assert [issue.message for issue in judged([ROWS[0], ROWS[2], ROWS[1]]).issues] == ["1 row after a later one"]


def test_prices_that_never_move_have_no_outliers() -> None:
    assert judged([(row[0], 5, 5, 5, 5, 0) for row in ROWS]).issues == ()


def document(quality: Quality) -> dict[str, Any]:
    dataset = Dataset("okx:BTC/USDT", "1m", "candles.csv", "0" * 64)
    report: Any = report_document(quality, dataset, source="import", tags=["x"], now=LATER + 123_456_789)
    return json.loads(json.dumps(report))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "rows", [[], ROWS, [*ROWS[:5], ROWS[3], (ROWS[6][0] + 1, 0, 1, 2, 3, -4), *ROWS[20:]]], ids=["none", "sound", "spoiled"]
)
def test_the_report_has_the_published_shape(rows: list[Row]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    report = document(judged(rows, fresh_at=LATER))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(report)] == []
    for key in report:
        assert list(Draft202012Validator(schema).iter_errors({k: v for k, v in report.items() if k != key})), key
    assert list(Draft202012Validator(schema).iter_errors({**report, "other": 1}))


def test_a_report_is_always_written_under_a_name_of_its_own(tmp_path: Path) -> None:
    now = from_iso("2026-01-10T10:00:00Z") + 7_000
    report = document(judged(ROWS))
    first, second = write_report(tmp_path, report, now), write_report(tmp_path, report, now)
    assert first == tmp_path / "audit/ai_decision/data_quality/20260110T100000000007Z.json"
    assert second.name == "20260110T100000000008Z.json"
    assert json.loads(first.read_text())["sign_off"]["risk"]["status"] == "pending"


@pytest.mark.recorded
@pytest.mark.skipif("GOLIVE_RECORDED_DATA" not in os.environ, reason="GOLIVE_RECORDED_DATA names no folder of recorded data")
def test_a_recorded_month_holds_no_outlier() -> None:
    import polars as pl

    frame = pl.read_csv(Path(os.environ["GOLIVE_RECORDED_DATA"], "btc-perp_1m_2022-01.csv"), try_parse_dates=True)
    times = frame["timestamp"].cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy()
    open_, high, low, close = ((frame[name] * 2).cast(pl.Int64).to_numpy() for name in ("open", "high", "low", "close"))
    raw = RawCandles(
        times, open_, high, low, close, frame["volume"].cast(pl.Int64).to_numpy(), np.ones(len(times), dtype=np.bool_)
    )
    assert check_quality(raw, MINUTE).summary.status == Status.OK
