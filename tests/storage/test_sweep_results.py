import os
import subprocess
import sys
from pathlib import Path

import pytest

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.storage.sweep_results import SweepResults


def test_rows_are_there_again_after_the_process(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from golive.storage.sweep_results import SweepResults
results = SweepResults(Path({str(tmp_path)!r}))
results.part("whole").keep([(3, (1.5, 2.0), b"abc"), (1, (0.1,), b"")])
results.part("other").keep([(3, (9.0,), b"x")])
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    with SweepResults(tmp_path) as results:
        assert results.part("whole").known() == {1: ((0.1,), b""), 3: ((1.5, 2.0), b"abc")}
        assert results.part("other").known() == {3: ((9.0,), b"x")}
        results.part("whole").keep([(3, (7.0,), b"new")])
        assert results.part("whole").known()[3] == ((7.0,), b"new")


def test_a_fresh_start_forgets(tmp_path: Path) -> None:
    with SweepResults(tmp_path) as results:
        results.part("whole").keep([(0, (1.0,), b"abc")])
    with SweepResults(tmp_path, is_fresh=True) as results:
        assert results.part("whole").known() == {}


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with SweepResults(tmp_path), pytest.raises(PrerequisiteMissing, match="running already"):
        SweepResults(tmp_path)
    SweepResults(tmp_path).__exit__(None, None, None)


def test_a_broken_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "results.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match="--fresh"):
        SweepResults(tmp_path)
    with SweepResults(tmp_path, is_fresh=True) as results:
        assert results.part("whole").known() == {}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "file").write_text("")
        with pytest.raises(JournalError):
            SweepResults(tmp_path / "file" / "sweep")
