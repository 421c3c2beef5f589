"""Which of an installation's reports is the newest of a kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.run_reports import newest_report


def write(folder: Path, mode: str, second: int, run: str, **fields: object) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"run_local_bot_{mode}_20260101T0000{second:02d}Z_{run[:8]}.json"
    path.write_text(json.dumps({"run_id": run, "status": "success", "entrypoint": "okx_desktop_paper", **fields}))


def run_id(found: object) -> object:
    return found["run_id"] if isinstance(found, dict) else found


def test_it_is_the_one_that_began_last_of_those_that_fit(tmp_path: Path) -> None:
    write(tmp_path, "demo", 1, "a" * 32)
    write(tmp_path, "paper", 2, "b" * 32)
    write(tmp_path, "demo", 3, "c" * 32, entrypoint="kraken_desktop_paper")
    (tmp_path / "notes.json").write_text("no report")
    assert run_id(newest_report(tmp_path)) == "c" * 32
    assert run_id(newest_report(tmp_path, mode="paper")) == "b" * 32
    assert run_id(newest_report(tmp_path, entrypoint="okx_desktop_paper")) == "b" * 32
    assert run_id(newest_report(tmp_path, run_id="aa")) == "a" * 32
    assert newest_report(tmp_path, run_id="d") is None


def test_a_refused_run_hides_no_session_and_is_found_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "paper", 1, "a" * 32)
    write(tmp_path, "paper", 2, "b" * 32, status="blocked")
    assert run_id(newest_report(tmp_path)) == "a" * 32
    assert run_id(newest_report(tmp_path, run_id="b" * 8)) == "b" * 32


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_report_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, "demo", 1, "a" * 32)
    [path] = tmp_path.glob("*.json")
    path.write_text(text)
    with pytest.raises(JournalError, match=path.name):
        newest_report(tmp_path)
