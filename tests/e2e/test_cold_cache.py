"""A session on a machine that has never compiled the matching kernel: it says that it waits, and only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.matching.warm import ENTRIES
from support.golive_process import Home

pytestmark = [pytest.mark.integration, pytest.mark.e2e_demo_paper, pytest.mark.slow]


def compiled(cache: Path) -> dict[Path, int]:
    """Return every piece of compiled code and when it was written, in ns."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}


def test_the_kernel_is_compiled_before_the_first_session_and_never_again(tmp_path: Path) -> None:
    home, cache = Home(tmp_path / "home"), tmp_path / "cache"
    cold = {"GOLIVE_CACHE_DIR": str(cache)}
    first = home.run("demo", "--candles", "400", env=cold)
    assert (first.code, first.stderr.count("golive: compiling the matching kernel")) == (0, 1)
    [complete] = cache.glob("compiled/*/complete")
    made = compiled(cache)
    assert len(made) >= len(ENTRIES)
    late = [path.name for path, written in made.items() if written > complete.stat().st_mtime_ns]
    assert late == [], "the session, or its venue, compiled something itself"
    second = home.run("demo", "--candles", "400", env=cold)
    assert (second.code, second.stderr.count("compiling")) == (0, 0)
    assert compiled(cache) == made
    assert second.report["outcome_sha256"] == first.report["outcome_sha256"]
