"""Which data-quality report is the newest, and what a report holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.market.quality import check_quality
from golive.market.quality_report import FOLDER, Dataset, load_latest_data_quality_report, report_document, write_report
from golive.model.clock import MINUTE, SECOND, from_iso
from golive.model.errors import JournalError
from support.candles import columns_of, walk

NOW = from_iso("2024-03-01T12:00:00Z")


def written(home: Path, now: int) -> Path:
    dataset = Dataset("okx:BTC/USDT", "1m", "candles.csv", "0" * 64)
    rows = walk(20)
    quality = check_quality(columns_of([*rows[:5], *rows[8:]]), MINUTE)
    return write_report(home, report_document(quality, dataset, source="test", tags=["here"], now=now), now)


def test_a_report_has_the_fields_that_auditors_read(tmp_path: Path) -> None:
    report = json.loads(written(tmp_path, NOW).read_bytes())
    assert set(report) == {
        "schema", "report_id", "generated_at", "job_name", "model_id", "dataset_sha256", "sign_off", "source", "tags", "summary",
        "issues", "dataset",
    }  # fmt: skip
    assert set(report["summary"]) == {
        "status", "observed_rows", "expected_rows", "missing_rows", "total_gaps", "missing_ratio", "ok_ratio",
        "frequency_seconds", "first_timestamp", "last_timestamp",
    }  # fmt: skip
    assert (report["summary"]["total_gaps"], report["summary"]["missing_rows"]) == (1, 3)
    assert all(set(issue) == {"code", "message", "severity", "details"} for issue in report["issues"])
    assert set(report["sign_off"]) == {"risk", "compliance"}
    assert all(set(each) == {"status", "signed_by", "timestamp", "notes"} for each in report["sign_off"].values())


def test_the_newest_report_is_the_one_with_the_latest_name(tmp_path: Path) -> None:
    for now in (NOW, NOW + 2 * SECOND, NOW + SECOND):
        written(tmp_path, now)
    (tmp_path / FOLDER / "notes.json").write_text("{}")
    found = load_latest_data_quality_report(tmp_path / FOLDER.parent)
    assert found is not None
    assert found["generated_at"] == "2024-03-01T12:00:02Z"


def test_two_reports_of_one_moment_are_both_kept(tmp_path: Path) -> None:
    assert written(tmp_path, NOW) != written(tmp_path, NOW)


def test_without_a_root_the_working_directory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_latest_data_quality_report() is None
    written(tmp_path, NOW)
    assert load_latest_data_quality_report() is not None


@pytest.mark.parametrize("text", ["[]", "null", '"ok"'])
def test_what_is_no_object_is_a_type_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, NOW)
    path.write_text(text)
    with pytest.raises(TypeError, match=path.name):
        load_latest_data_quality_report(tmp_path / FOLDER.parent)


def test_what_is_no_json_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, NOW)
    path.write_text("{")
    with pytest.raises(JournalError, match=path.name):
        load_latest_data_quality_report(tmp_path / FOLDER.parent)
