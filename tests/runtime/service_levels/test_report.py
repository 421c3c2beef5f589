"""The report over stores as sessions leave them: side by side, cut off, filtered, with clocks that were set back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from golive.config import Configuration
from golive.config.slo_section import Slo
from golive.model.clock import DAY, MINUTE, SECOND
from golive.model.errors import ConfigError
from golive.model.indicator import BILLION
from golive.model.verdict import ExitCode
from golive.observability.slo import SloResult
from golive.runtime.service_levels.report import document, slo_report
from golive.storage.indicator_store import DIRECTORY, Batch, IndicatorStore, SampleRow, SpanRow
from support.configuration import parse
from support.published import published

OKX, KRAKEN = "okx_desktop_paper", "kraken_desktop_paper"
NOW = 1_800_000_000 * SECOND


def promising(*objectives: Slo) -> Configuration:
    configuration = parse()
    observability = dataclasses.replace(configuration.core.observability, slo=objectives)
    return dataclasses.replace(configuration, core=dataclasses.replace(configuration.core, observability=observability))


def objective(indicator: str, aggregation: str, comparison: str, target: str, **rest: object) -> Slo:
    fixed = {"name": "it", "severity": "error", "window_minutes": 60, **rest}
    return Slo(indicator=indicator, aggregation=aggregation, comparison=comparison, target=Decimal(target), **fixed)  # type: ignore[arg-type]


AVAILABLE = objective("risk_service_up", "ratio", ">=", "0.999")
FILLED = objective("fill_ratio", "average", ">=", "0.94")


def keep(
    home: Path, entrypoint: str, *, began: int, seconds: int, stage: str = "paper", in_order: bool = True,
    values: Sequence[tuple[int, float]] = (), is_up: bool = True,
) -> None:  # fmt: skip
    """Leave what a session leaves that began so many seconds before now; `values`: (seconds before now, fill ratio)."""
    exchange = entrypoint.partition("_")[0]
    start, end = NOW - began * SECOND, NOW - (began - seconds) * SECOND
    store = IndicatorStore.open(home, entrypoint, stage=stage, exchange=exchange, run_id="ab" * 16, now=start)
    rows = [SampleRow("fill_ratio", exchange, NOW - ago * SECOND, round(value * BILLION)) for ago, value in values]
    store.write(Batch(end, rows, [SpanRow("risk_service_up", exchange, start, end, is_up)]))
    if in_order:
        store.close(end)
    else:
        store._connection.close()


def judged(home: Path, slo: Slo, **options: object) -> SloResult:
    return slo_report(home, promising(slo), NOW, **options).results[0]  # type: ignore[arg-type]


def test_a_window_that_begins_in_the_middle_of_a_session_counts_its_rest(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=7200, seconds=7000, values=[(3600 + n, 0) for n in range(20)] + [(3599 - n, 1) for n in range(10)])
    assert judged(tmp_path, AVAILABLE).sample_size == 3400
    assert (judged(tmp_path, FILLED).value, judged(tmp_path, FILLED).sample_size) == (Fraction(1), 10)
    assert judged(tmp_path, FILLED, window_minutes=120).sample_size == 30


def test_two_sessions_side_by_side_are_added_up(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=2000, seconds=2000, values=[(n, 1) for n in range(1, 11)])
    keep(tmp_path, KRAKEN, began=1500, seconds=1000, values=[(n, 0.5) for n in range(1, 11)], is_up=False)
    both = judged(tmp_path, AVAILABLE)
    assert (both.sample_size, both.value, both.status) == (3000, Fraction(2, 3), "breach")
    assert judged(tmp_path, FILLED).value == Decimal("0.75")
    for filters in ({"entrypoint": OKX}, {"exchange": "okx"}):
        assert judged(tmp_path, AVAILABLE, filters=filters).status == "ok"
        assert judged(tmp_path, dataclasses.replace(FILLED, label_filters=filters)).value == 1
    assert (
        judged(tmp_path, dataclasses.replace(FILLED, label_filters={"exchange": "okx"}), filters={"exchange": "kraken"}).status
        == "unknown"
    )


def test_stages_are_told_apart(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=3000, seconds=1000, stage="demo", is_up=False)
    keep(tmp_path, OKX, began=1500, seconds=1400, stage="paper")
    assert judged(tmp_path, AVAILABLE).status == "breach"
    assert judged(tmp_path, AVAILABLE, filters={"stage": "paper"}).status == "ok"
    assert judged(tmp_path, AVAILABLE, filters={"stage": "live"}).status == "unknown"
    keep(tmp_path, OKX, began=90, seconds=10, stage="demo", in_order=False)
    keep(tmp_path, OKX, began=60, seconds=60, stage="paper")
    assert judged(tmp_path, AVAILABLE, filters={"stage": "paper"}).status == "ok"
    assert judged(tmp_path, AVAILABLE, filters={"stage": "demo"}).sample_size == 1030, "the next run is whichever"


def test_time_between_sessions_is_not_watched(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=3000, seconds=1000)
    keep(tmp_path, OKX, began=500, seconds=400)
    assert (judged(tmp_path, AVAILABLE).sample_size, judged(tmp_path, AVAILABLE).value) == (1400, Fraction(1))


def test_a_session_that_was_cut_off_is_down_until_the_next(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=3000, seconds=2000, in_order=False)
    assert judged(tmp_path, AVAILABLE).sample_size == 3000, "until now, while there is none"
    keep(tmp_path, OKX, began=990, seconds=500)
    result = judged(tmp_path, AVAILABLE)
    assert (result.sample_size, result.status) == (2510, "breach")
    assert result.budget.used is not None
    assert result.budget.used * 2510 == 10


def test_a_session_that_runs_is_not_held_for_cut_off(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=2000, seconds=1998, in_order=False)
    assert (judged(tmp_path, AVAILABLE).sample_size, judged(tmp_path, AVAILABLE).status) == (1998, "ok")


def test_a_clock_that_was_set_back_leaves_a_doubt(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=2000, seconds=2000, values=[(n, 1) for n in range(1, 20)] + [(-3600, 1)])
    result = judged(tmp_path, FILLED)
    assert (result.status, result.sample_size) == ("unknown", 19)
    assert "clock was set back" in result.reason
    keep(tmp_path, OKX, began=2000, seconds=2000, values=[(n, 0) for n in range(1, 20)])
    assert judged(tmp_path, FILLED).status == "breach", "that it is broken is certain"


def test_a_store_that_cannot_be_read_is_a_doubt(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=2000, seconds=2000)
    (tmp_path / DIRECTORY / f"{KRAKEN}.sqlite").write_bytes(b"not a database" * 100)
    result = judged(tmp_path, AVAILABLE)
    assert (result.status, result.value) == ("unknown", Fraction(1))
    assert f"{KRAKEN}.sqlite" in result.reason
    assert judged(tmp_path, AVAILABLE, filters={"entrypoint": OKX}).status == "ok"


@pytest.mark.parametrize(
    ("filled", "code"), [([1] * 10, ExitCode.OK), ([0] * 10, ExitCode.BREACHED), ([1] * 9, ExitCode.UNKNOWN)]
)
def test_the_exit_code_is_that_of_the_worst(tmp_path: Path, filled: list[float], code: ExitCode) -> None:
    keep(tmp_path, OKX, began=2000, seconds=2000, values=list(enumerate(filled, 1)))
    report = slo_report(tmp_path, promising(dataclasses.replace(AVAILABLE, name="up"), FILLED), NOW)
    assert report.exit_code is code
    said = published(json.dumps(document(report)))
    assert said["summary"]["evaluated"] == 2
    assert said["summary"]["status_counts"]["ok"] == (2 if code is ExitCode.OK else 1)
    assert said["summary"]["breached"] == (["it"] if code is ExitCode.BREACHED else [])


def test_a_breach_outweighs_what_is_unknown(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=500, seconds=500, values=[(n, 0) for n in range(1, 11)])
    report = slo_report(tmp_path, promising(dataclasses.replace(AVAILABLE, name="up"), FILLED), NOW)
    assert [each.status for each in report.results] == ["unknown", "breach"]
    assert report.exit_code is ExitCode.BREACHED


def test_a_promise_of_nothing_says_nothing(tmp_path: Path) -> None:
    assert slo_report(tmp_path, promising(), NOW).exit_code is ExitCode.UNKNOWN
    with pytest.raises(ConfigError, match="no objective other"):
        slo_report(tmp_path, promising(FILLED), NOW, names=["other"])


def test_the_document_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    keep(tmp_path, OKX, began=2000, seconds=2000)
    row = published(json.dumps(document(slo_report(tmp_path, promising(AVAILABLE), NOW))))["results"]["it"]
    assert {
        "indicator", "value", "target", "comparison", "status", "severity", "error_budget", "sample_size", "window_start",
        "window_end", "reason",
    } <= set(row)  # fmt: skip
    assert row["error_budget"] == {"allowed": 0.001, "used": 0.0, "remaining": 0.001}
    assert (row["value"], row["sample_size"], row["target"]) == (1.0, 2000, 0.999)


def test_windows_longer_than_the_objectives_are_read_too(tmp_path: Path) -> None:
    assert DAY // MINUTE == 1440
    keep(tmp_path, OKX, began=90_000, seconds=5000)
    assert judged(tmp_path, AVAILABLE).sample_size == 0
    assert judged(tmp_path, AVAILABLE, window_minutes=1440).sample_size == 1400
    assert judged(tmp_path, AVAILABLE, window_minutes=2880).sample_size == 5000
