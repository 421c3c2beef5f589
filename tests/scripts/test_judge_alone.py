"""The second judgement of what failed beside others: alone, of few, and never a green light for what fails again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/judge_alone.py"
TESTS = "def test_sound():\n    pass\n\n\ndef test_broken():\n    assert False\n"


def judged(root: Path, listed: str | None) -> tuple[int, str]:
    (root / "scripts").mkdir()
    shutil.copy(SCRIPT, root / "scripts")
    (root / "test_it.py").write_text(TESTS)
    if listed is not None:
        (root / ".pytest_cache/v/cache").mkdir(parents=True)
        (root / ".pytest_cache/v/cache/lastfailed").write_text(listed)
    done = subprocess.run([sys.executable, root / "scripts/judge_alone.py"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def names(*tests: str) -> str:
    return json.dumps({f"test_it.py::{name}": True for name in tests})


def test_what_passes_alone_is_named_and_does_not_fail_the_run(tmp_path: Path) -> None:
    code, said = judged(tmp_path, names("test_sound"))
    assert (code, "UNSTEADY: failed beside others, passed alone: test_it.py::test_sound" in said) == (0, True)


def test_what_fails_again_fails_the_run(tmp_path: Path) -> None:
    code, said = judged(tmp_path, names("test_sound", "test_broken"))
    assert (code, "UNSTEADY" in said) == (1, False)


@pytest.mark.parametrize("listed", [None, "{", "{}", names(*(f"test_{n}" for n in range(6))), names("test_gone")])
def test_no_list_or_a_long_one_gives_no_second_judgement(tmp_path: Path, listed: str | None) -> None:
    assert judged(tmp_path, listed)[0] == 1
