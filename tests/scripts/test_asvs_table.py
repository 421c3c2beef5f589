"""The table of ASVS: every test it names is there, every requirement it names is in the catalogue, and the page is current."""

from __future__ import annotations

import os
from pathlib import Path

import asvs_table
import pytest

CATALOGUE = "owasp-asvs-5.0.0-en.csv"


def test_every_test_that_the_table_names_is_there() -> None:
    assert list(asvs_table.faults(None)) == []


def test_a_map_that_says_what_is_not_so_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        asvs_table, "TESTS", {"V1.1.1": "tests/nowhere.py::test_x", "V17.1.1": "tests/scripts/test_asvs_table.py::test_none"}
    )
    assert list(asvs_table.faults({"V17.1.1"}))[:3] == [
        "V1.1.1: there is no test tests/nowhere.py::test_x",
        "V17.1.1: there is no test tests/scripts/test_asvs_table.py::test_none",
        "V17.1.1: has a test and does not apply",
    ]


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SystemExit, match="not a catalogue of ASVS 5"):
        asvs_table.main([str(tmp_path / "x.csv")])


@pytest.mark.recorded
def test_the_page_is_what_the_script_writes(capsys: pytest.CaptureFixture[str]) -> None:
    folder = os.environ.get("GOLIVE_RECORDED_DATA")
    if folder is None or not (Path(folder) / CATALOGUE).exists():
        pytest.skip(f"needs {CATALOGUE} in GOLIVE_RECORDED_DATA")
    assert asvs_table.main([str(Path(folder) / CATALOGUE), "--check"]) == 0, capsys.readouterr().out
