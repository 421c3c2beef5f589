"""Killed before and after each step of writing a log or of replacing a file: no half file, and the logs repeat the journal whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.campaign import campaign, violations
from crash.file_bot import CREATING, points
from crash.report import Report

SEED = 24_680
KILLED, CLEAN = -9, 0
LEAST = {"file.temporary.after", "file.rename.after", "journal.append.after", "journal.sync.before", "journal.cut.after"}

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_a_kill_at_every_step_of_a_file_is_survived(tmp_path: Path) -> None:
    report = Report("file-failpoints", SEED)
    with campaign("okx", tmp_path, SEED, bot="file_bot") as field:
        said = field.run()
        field.bot = "bot"
        field.resolve()
        found = field.checked()
    report.parts |= {"killed_at": said, **field.said}
    report.write(tmp_path)
    codes = said["exit_codes"]
    assert {name.rpartition(":")[0] for name in codes} == set(points()) > LEAST
    spared = {name for name, (killed, _) in codes.items() if killed != KILLED}
    assert {name for name in spared if name.endswith(":1")} == set(), "each point is met"
    assert {name: after for name, (_, after) in codes.items() if after != CLEAN} == {}
    assert said["half_files"] == []
    assert violations(found) == {}, found["examples"]
    assert sum(killed == KILLED and not name.startswith(CREATING) for name, (killed, _) in codes.items()) > len(LEAST)


@pytest.mark.parametrize(("bug", "only"), [("in_place", "file.temporary.after"), ("uncut", "journal.cut.before")])
def test_a_planted_bug_is_found(bug: str, only: str, tmp_path: Path) -> None:
    report = Report(f"planted-{bug}", SEED)
    with campaign("okx", tmp_path, SEED, bot="faulty_bot") as field:
        said = field.run("--bug", bug, "--only", only)
        found = field.checked()
    report.parts |= {"bug": bug, "killed_at": said, "checked": found}
    report.write(tmp_path)
    assert {killed for killed, _ in said["exit_codes"].values()} >= {KILLED}
    if bug == "in_place":
        assert said["half_files"]
    else:
        assert "chain" in violations(found)
