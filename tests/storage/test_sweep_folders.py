import os
from pathlib import Path

import pytest

from golive.model.clock import DAY
from golive.storage.sweep_folders import columns_folder, forget_unused
from golive.storage.sweep_results import SweepResults

NOW = 1_900_000_000_000_000_000
FAR = 1 << 62


def used(folder: Path, days_ago: float) -> Path:
    """A folder with results, last used so long before NOW."""
    folder.mkdir(parents=True)
    ago = NOW - int(days_ago * DAY)
    for path in (folder / "results.sqlite", folder / "lock", folder):
        if path != folder:
            path.touch()
        os.utime(path, ns=(ago, ago))
    return folder


def test_what_was_not_used_for_long_is_removed(tmp_path: Path) -> None:
    old, recent = used(tmp_path / "a", 30.1), used(tmp_path / "b", 29.9)
    assert forget_unused(tmp_path, NOW) == []
    assert [path.exists() for path in (old, recent)] == [False, True]


def test_candles_of_a_killed_sweep_go_with_the_next_one_and_those_of_a_running_one_stay(tmp_path: Path) -> None:
    killed = used(tmp_path / "columns.a", 0.001)
    running, lock = columns_folder(tmp_path)
    assert running.name.startswith("columns.")
    assert forget_unused(tmp_path, FAR) == []
    assert [path.exists() for path in (killed, running)] == [False, True]
    os.close(lock)
    forget_unused(tmp_path, FAR)
    assert not running.exists()


def test_what_another_process_uses_stays(tmp_path: Path) -> None:
    folder = used(tmp_path / "a", 99)
    with SweepResults(folder):
        for path in (*folder.iterdir(), folder):
            os.utime(path, ns=(0, 0))
        assert forget_unused(tmp_path, NOW) == []
        assert folder.exists()
    for path in (*folder.iterdir(), folder):
        os.utime(path, ns=(0, 0))
    forget_unused(tmp_path, NOW)
    assert not folder.exists()


def test_a_run_counts_as_use(tmp_path: Path) -> None:
    folder = used(tmp_path / "a", 99)
    with SweepResults(folder):
        pass
    assert (folder / "lock").stat().st_mtime_ns != NOW - 99 * DAY


def test_no_folder_is_nothing_to_forget(tmp_path: Path) -> None:
    assert forget_unused(tmp_path / "none", NOW) == []


def test_what_cannot_be_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = used(tmp_path / "a", 99)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("golive.storage.sweep_folders.shutil.rmtree", refuse)
    assert forget_unused(tmp_path, NOW) == [f"{folder}: unused, but cannot be removed: Permission denied"]
