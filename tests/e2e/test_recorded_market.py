"""Sessions on really recorded markets trade, and repeat themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.forked_golive import ForkedHome

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.recorded]
FOLDER = os.environ.get("GOLIVE_RECORDED_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="GOLIVE_RECORDED_DATA names no folder with recorded market data")


@needs_data
@pytest.mark.parametrize(
    ("file", "words", "model"),
    [
        pytest.param("btc-perp_1m_2022-01.csv", ("--candles", "1000", "--volume-unit", "quote"), "bar", marks=pytest.mark.slow),
        ("binance-spot_btcusdt_2024-08-08_feed.gz", ("--timeframe", "1s", "--candles", "900"), "book"),
    ],
)
def test_paper_trades_on_recorded_data_and_repeats_itself(tmp_path: Path, file: str, words: tuple[str, ...], model: str) -> None:
    home, data = ForkedHome(tmp_path), str(Path(FOLDER or "") / file)
    assert home.run("demo", *words, "--data", data).code == 0
    reports = [home.run("paper", *words, "--data", data).report for _ in range(2)]
    for report in reports:
        assert report["status"] == "success"
        assert report["fill_model"] == report["outcome"]["market"]["fill_model"] == model
        assert len(report["outcome"]["fills"]) > 0
        assert report["outcome"]["market"]["data"] == file
    assert reports[0]["outcome_sha256"] == reports[1]["outcome_sha256"]


@needs_data
def test_bars_from_trades_need_trades(tmp_path: Path) -> None:
    data = str(Path(FOLDER or "") / "btc-perp_1m_2022-01.csv")
    done = ForkedHome(tmp_path).run("demo", "--timeframe", "1s", "--data", data)
    assert done.code == 2
    assert "Traceback" not in done.stderr
