"""A session on a machine that has never compiled anything: it trades at once, on the plain book, and compiles nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.golive_process import ALONE, Home

pytestmark = [pytest.mark.integration, pytest.mark.e2e_demo_paper]


def test_a_session_needs_no_compiler(tmp_path: Path) -> None:
    home, cache = Home(tmp_path / "home"), tmp_path / "cache"
    first = home.run("demo", "--candles", "200", *ALONE, env={"GOLIVE_CACHE_DIR": str(cache)})
    assert (first.code, first.stderr.count("compiling")) == (0, 0)
    assert first.report["outcome"]["fills"], "it traded"
    assert not [*cache.rglob("*.nbc")]
