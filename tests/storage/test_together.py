from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.together import write_together


def test_all_files_are_written(tmp_path: Path) -> None:
    files = {tmp_path / "logs/a.json": b"a", tmp_path / "reports/a.html": b"b"}
    write_together(files)
    assert {path: path.read_bytes() for path in files} == files


def test_a_folder_that_cannot_be_made_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(JournalError, match="reports"):
        write_together({tmp_path / "logs/a.json": b"a", tmp_path / "reports/a.html": b"b"})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "reports"]


def test_a_file_that_cannot_be_written_takes_those_before_it_along(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    (tmp_path / "a.html/full").touch()
    with pytest.raises(JournalError, match="cannot write"):
        write_together({tmp_path / "a.json": b"a", tmp_path / "a.csv": b"b", tmp_path / "a.html": b"c"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html"]
