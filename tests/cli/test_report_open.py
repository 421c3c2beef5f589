"""`golive report open --kind`: the page of the command that was named, else of whichever began last."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.market.store import CandleStore
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
TRADE = ("--strategy", "ema_cross", "--risk-profile", "none")
MADE = {
    "backtest": ("reports/backtest", ("backtest", *TRADE)),
    "sweep": ("reports/sweep", ("sweep", *TRADE, "--param", "fast_bars=3,6")),
    "walk-forward": (
        "reports/walk_forward", ("walk-forward", *TRADE, "--param", "fast_bars=3,6", "--train", "500", "--test", "400"),
    ),
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    candles = market(1000)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


def shown(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Path | None:
    capsys.readouterr()
    code = main(["report", "open", "--no-browser", *words, "--home", str(home)])
    out = capsys.readouterr().out.strip()
    assert code == (0 if out else 6)
    return Path(out) if out else None


def test_each_kind_has_its_page_and_without_one_the_newest_of_all_is_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, (folder, words) in MADE.items():
        assert shown(home, capsys, "--kind", kind) is None
        assert main([*words, "--home", str(home)]) == 0
        [page] = (home / folder).glob("*.html")
        assert shown(home, capsys, "--kind", kind) == page
        assert shown(home, capsys, "--run", page.stem[-8:]) == page
    for second, (kind, folder, stem) in enumerate(
        (
            ("run", "e2e", "run_local_bot_paper"),
            ("walk-forward", "walk_forward", "walk_forward_a"),
            ("sweep", "sweep", "sweep_a"),
            ("backtest", "backtest", "backtest_a"),
        )
    ):
        later = home / f"reports/{folder}/{stem}_29990101T00000{second}Z_0123abcd.html"
        later.parent.mkdir(parents=True, exist_ok=True)
        later.touch()
        os.utime(later, (0, 0))
        assert shown(home, capsys) == shown(home, capsys, "--kind", kind) == later
