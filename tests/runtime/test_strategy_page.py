"""The strategies that docs/strategies.md shows are whole: written into a file as they stand they pass every check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from golive.runtime.strategy_check import check_strategy
from golive.runtime.strategy_folder import find_strategy

PAGE = Path(__file__).parents[2] / "docs/strategies.md"
SHOWN = {
    found[1]: block
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    if (found := re.search(r'^    name = "(\w+)"$', block, re.MULTILINE))
}


def test_the_page_shows_a_strategy_of_each_form_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    for name, text in SHOWN.items():
        (tmp_path / f"strategies/{name}.py").write_text(text)
    assert [find_strategy(name, tmp_path).form for name in SHOWN] == ["step", "callbacks", "signals"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_strategy_of_the_page_passes_every_check(name: str, tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / f"strategies/{name}.py").write_text(SHOWN[name])
    findings = check_strategy(name, tmp_path).findings
    assert [each for each in findings if each.status == "failed"] == []
    assert len([each for each in findings if each.status == "ok"]) >= 6
