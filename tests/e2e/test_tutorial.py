"""The tutorial, line by line, as a newcomer would type it: from a download to a paper session of a strategy of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.golive_process import ROOT, Home
from support.tutorial import commands, yaml_blocks

pytestmark = pytest.mark.e2e_demo_paper

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.mark.timeout(600)
def test_every_command_of_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    said: dict[str, str] = {}
    for words in commands(PAGE):
        if words == ["config", "check"]:
            _trade_it(home)
        done = home.golive(*words, timeout_s=300)
        assert done.code == 0, f"golive {' '.join(words)} ended with {done.code}: {done.stderr or done.stdout}"
        said[" ".join(words[:2])] = done.stdout
    assert "43,200" in said["data show"]
    assert "nothing failed" in said["strategy check"]
    assert "my_trend" in said["backtest --strategy"]
    page = Path(said["report open"].strip())
    assert (tmp_path / page).read_text().startswith("<!doctype html>")
    paper = json.loads(max((tmp_path / "logs/e2e").glob("run_local_bot_paper_*.json")).read_text())
    assert (paper["status"], paper["validation"]["strategy"]) == ("success", "my_trend")
    assert paper["outcome"]["fills"], "the strategy traded"


def _trade_it(home: Home) -> None:
    """Do to the configuration what the page tells the reader to do."""
    [block] = yaml_blocks(PAGE)
    section = block.removeprefix("strategies:\n")
    assert section != block
    home.edit("core.yaml", "strategies:\n", "strategies:\n" + section)
    runtime = (home.path / "config" / "runtime.yaml").read_text()
    first = "strategy: multi_strategy_default"
    (home.path / "config" / "runtime.yaml").write_text(runtime.replace(first, "strategy: my_trend", 1))
