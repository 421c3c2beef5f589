"""Pages of backtests, sweeps and walk-forwards whose every name is hostile: all of it is shown as text, nothing of it is markup.

Names come from strategies, venues and files. Where chromium is installed it opens the pages, without the policy that would stop a
script that got in: so the escaping alone has to hold.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from golive.backtest import html as backtest_page
from golive.backtest import markdown as backtest_markdown
from golive.backtest import sweep_page, walk_forward_page
from golive.cli.main import main
from golive.market.store import CandleStore
from golive.runtime.page_script import backtest_script
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
MARK = "document.documentElement.dataset.ran=1"
HOSTILE = f"\"'><img src=x onerror={MARK}></script><script>{MARK}</script><!--&amp;\u2028`|[x](javascript:{MARK})"
WORDS = ("--strategy", "ema_cross", "--risk-profile", "none", "--fees", "1,2", "--param", "position_pct=0.5")
SPACE = ("--param", "fast_bars=3:9:3", "--param", "slow_bars=9:21:4", "--where", "fast_bars < slow_bars")
KINDS = {
    "backtest": ("backtest", *WORDS),
    "sweep": ("sweep", *WORDS, *SPACE),
    "walk-forward": ("walk-forward", *WORDS, *SPACE, "--train", "10h", "--test", "5h"),
}
_PAGES: dict[str, Callable[[Any], str]] = {
    "backtest": lambda document: backtest_page.html(document, backtest_script()),
    "sweep": sweep_page.html,
    "walk-forward": walk_forward_page.html,
}
_MARKDOWN: dict[str, Callable[[Any], str]] = {
    "backtest": backtest_markdown.markdown,
    "sweep": sweep_page.markdown,
    "walk-forward": walk_forward_page.markdown,
}
_SHAPED = re.compile(r"[-+]?\d[\d.,e+-]*|\d{4}-\d\d-\d\dT.*Z|nan|inf")
_CHOSEN = {"objective", "side", "method", "kind", "status"}
"""fields with a closed set of values, by which a page is laid out"""


def hostile(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Return a document with every free text replaced, and every name of a parameter, an asset or a code."""
    if isinstance(value, dict):
        renamed = path and path[-1] in ("parameters", "by_code", "inaction_bars", "start_balances", "terms_notes")
        return {(f"{key}{HOSTILE}" if renamed else key): hostile(each, (*path, key)) for key, each in value.items()}
    if isinstance(value, list):
        return [hostile(each, path) for each in value]
    is_free = (
        isinstance(value, str) and not _SHAPED.fullmatch(value) and path[-1] not in _CHOSEN and path[-2:] != ("sampling", "name")
    )
    is_free = isinstance(value, str) and (is_free or path[-1] in ("x_labels", "y_labels"))
    is_free = is_free and not (path[-1] == "fields" or "rows" in path or "points" in path)
    return HOSTILE if is_free else value


class Shape(HTMLParser):
    """Which elements and attributes a page has, and what it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.comments = 0
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "config", home / "config")
    candles = market(2000)
    CandleStore(home / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    made = {}
    for kind, words in KINDS.items():
        assert main([*words, "--home", str(home)]) == 0
        [newest] = (home / "logs").rglob(f"*{kind.replace('-', '_')}*.json")
        made[kind] = json.loads(newest.read_text())
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_changes_what_a_page_is_made_of(documents: dict[str, Any], kind: str) -> None:
    before, after = Shape(_PAGES[kind](documents[kind])), Shape(_PAGES[kind](hostile(documents[kind])))
    assert {"img"}.isdisjoint(after.tags)
    assert after.tags == before.tags
    assert after.attributes == before.attributes
    assert not {name for name in after.attributes if name.startswith("on")}
    assert (before.comments, after.comments) == (0, 0)
    assert after.text.count(f"<img src=x onerror={MARK}>") > 10, "it is shown"


def test_the_data_of_the_charts_is_one_block_that_reads_back_as_it_was(documents: dict[str, Any]) -> None:
    page = _PAGES["backtest"](hostile(documents["backtest"]))
    [block] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert "<" not in block
    assert json.loads(block)["asset"] == HOSTILE
    assert json.loads(block)["prices"][0]["label"] == HOSTILE


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_becomes_a_link_or_markup_of_a_markdown_report(documents: dict[str, Any], kind: str) -> None:
    text = _MARKDOWN[kind](hostile(documents[kind]))
    assert "img src" in text
    assert not re.search(r"(?<!\\)<|(?<!\\)\]\(|(?<!\\)`|\u2028", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    plain = [line for line in _MARKDOWN[kind](documents[kind]).splitlines() if line.startswith("|")]
    assert widths == {len(re.findall(r"(?<!\\)\|", line)) for line in plain}, "no cell more"


@pytest.mark.parametrize("kind", ["backtest", "sweep"])
def test_a_browser_runs_nothing_of_it(documents: dict[str, Any], kind: str, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is not installed")
    page = _PAGES[kind](hostile(documents[kind]))
    without_policy, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert count == 1
    assert HOSTILE not in without_policy
    path = tmp_path / "page.html"
    path.write_text(without_policy, encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=2000", "--dump-dom")
    command = [browser, *flags, f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    tree = Shape(shown)
    assert "data-ran" not in tree.attributes
    assert "img" not in tree.tags
    assert html.escape(f"<img src=x onerror={MARK}>", quote=False) in shown
    assert ("canvas" in tree.tags) == (kind == "backtest"), "our own script has run"
