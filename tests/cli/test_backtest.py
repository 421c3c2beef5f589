"""`golive backtest` and `golive report open` as the operator uses them: a store in a home, options, files, exit codes."""

from __future__ import annotations

import json
import re
import shutil
import webbrowser
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from golive.cli.main import main
from golive.market.resample import resample
from golive.market.store import CandleStore
from golive.matching.columns import CandleColumns
from golive.model.clock import MINUTE
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
TRADE = ("--strategy", "ema_cross", "--risk-profile", "none", "--param", "position_pct=0.5")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with 2,000 stored minutes of BTC/USDT, ten of them missing."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    whole = market(2000)
    keep = np.flatnonzero((np.arange(2000) < 700) | (np.arange(2000) >= 710))
    candles = CandleColumns(whole.instrument, MINUTE, *(column[keep] for column in whole.columns))
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


def backtest(home: Path, *words: str) -> int:
    return main(["backtest", *words, "--home", str(home)])


def printed(home: Path, capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> dict[str, Any]:
    assert backtest(home, "--json", *words) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_a_backtest_writes_three_files_of_one_document(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(home, capsysbinary, *TRADE)
    schema = json.loads((ROOT / "docs/schemas/golive.backtest.v1.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    run, outcome = document["run"], document["outcome"]
    assert json.loads((home / run["report_json"]).read_text()) == document
    assert outcome["fills"]["count"] == len(outcome["fills"]["rows"]) > 4
    assert outcome["data"][0]["missing"] == 10
    assert any("10 1m candles are missing in 1 gap," in note for note in run["notes"])
    assert "# ema_cross · backtest" in (home / run["report_markdown"]).read_text()
    assert sorted(path.name for path in home.glob("logs/backtest/*")) == [Path(run["report_json"]).name]


@pytest.mark.parametrize(("harm", "told"), [("{", "not an index of candles"), (None, "no index.json, but parts")])
def test_a_damaged_series_is_named_also_beside_a_sound_one(
    home: Path, capsys: pytest.CaptureFixture[str], harm: str | None, told: str
) -> None:
    candles = resample(market(900), "15m")
    CandleStore(home / "var/data/okx_paper").append(candles.instrument, "15m", candles, source="test", now=1 << 62)
    index = next(home.glob("var/data/okx_paper/candles/okx/BTC-USDT/1m/index.json"))
    index.unlink() if harm is None else index.write_text(harm)
    for words in ((), ("--symbol", "BTC/USDT")):
        assert backtest(home, *TRADE, "--timeframe", "1m", *words) == 2
        error = capsys.readouterr().err
        assert told in error
        assert "golive data remove" in error
    assert backtest(home, *TRADE, "--timeframe", "15m", "--param", "slow_bars=10", "--param", "fast_bars=5", "--no-report") == 0


def test_the_page_needs_nothing_from_outside(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    page = (home / printed(home, capsysbinary, *TRADE)["run"]["report_html"]).read_text()
    assert re.findall(r"https?://[^\s\"'<>)]+", page) == ["https://github.com/leeoniya/uPlot"]  # in the notice of its licence
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert "default-src 'none'" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert policy[1].count("'sha256-") == len(re.findall(r"<style>", page)) + len(re.findall(r"<script>", page)) == 5
    assert " style=" not in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert data is not None
    assert len(json.loads(data[1])["equity"][0]) > 100
    for name in ("price-0", "equity", "underwater", "distribution"):
        assert f'id="{name}"' in page
    assert '<table class="months">' in page


def test_the_statistics_stand_on_the_page_without_a_box_that_scrolls(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    page = (home / printed(home, capsysbinary, *TRADE)["run"]["report_html"]).read_text()
    section = re.search(r"<h2>Statistics</h2>.*?</section>", page, re.DOTALL)
    assert section is not None
    assert section[0].count("<tr>") > 30
    assert re.findall(r'<div class="(scroll[^"]*)"', section[0]) == ["scroll"]
    styles = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    limited = re.findall(r"([^{}]*)\{[^{}]*max-height:\d[^{}]*\}", styles)
    assert [rule.strip() for rule in limited if "scroll" in rule] == [".scroll.long"]


def test_equal_inputs_give_equal_outcomes_whatever_drives_them(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    runs = [
        printed(home, capsysbinary, *TRADE, "--no-report", *words)
        for words in ((), (), ("--driver", "events"), ("--seed", "8"), ("--param", "fast_bars=21"))
    ]
    digests = [run["outcome_sha256"] for run in runs]
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests)) == 3
    assert [run["run"]["driver"] for run in runs[:3]] == ["columns", "columns", "events"]
    assert not list(home.glob("reports/backtest/*"))


def test_a_limit_that_columns_do_not_hold_is_kept_by_events_and_said(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("  balanced:\n", "  balanced:\n    duplicate_window_seconds: 90\n"))
    words = (*TRADE[:2], "--risk-profile", "balanced", "--no-report")
    run = printed(home, capsysbinary, *words)["run"]
    assert run["driver"] == "events"
    assert run["why_driver"].startswith("limits: ")
    assert "duplicate_window_seconds" in run["why_driver"]
    assert backtest(home, *words, "--driver", "columns") == 2
    assert "duplicate_window_seconds; take --driver events" in capsysbinary.readouterr().err.decode()


def test_options_change_the_terms(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(
        home, capsysbinary, *TRADE, "--no-report", "--fees", "1,2.5,quote", "--slippage-bps", "7", "--participation", "0.25",
        "--latency-ms", "1500", "--balance", "5000", "--since", "2024-01-01T06:00", "--until", "2024-01-02",
    )  # fmt: skip
    terms, data = document["outcome"]["terms"], document["outcome"]["data"][0]
    assert (terms["maker_bps"], terms["taker_bps"], terms["fee_asset"]) == ("1", "2.5", "quote")
    assert (terms["slippage_bps"], terms["participation"], terms["latency_ms"]) == ("7", "1/4", 1500)
    assert terms["start_balances"] == {"USDT": "5000"}
    assert (data["first"], data["last"]) == ("2024-01-01T06:00:00Z", "2024-01-02T00:00:00Z")
    assert document["run"]["driver"] == "events"
    assert {row[6] for row in document["outcome"]["fills"]["rows"]} == {"USDT"}


def test_longer_candles_are_made_of_stored_ones_and_detail_meets_orders_inside(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = (*TRADE, "--timeframe", "5m", "--no-report", "--param", "stop_loss_pct=0.003")
    plain, inside = (printed(home, capsysbinary, *words, *more) for more in ((), ("--detail", "1m")))
    assert [each["timeframe"] for each in plain["run"]["stored"]] == ["1m"]
    assert plain["outcome"]["data"][0]["candles"] == 398
    assert inside["outcome"]["detail"][0]["timeframe"] == "1m"
    assert inside["outcome"]["fills"]["rows"] != plain["outcome"]["fills"]["rows"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--strategy", "nonesuch"), "nonesuch"),
        (("--symbol", "BTC"), "give a symbol like BTC/USDT"),
        (("--symbol", "ETH/USDT"), "no candles of okx:ETH/USDT 1m"),
        (("--timeframe", "7m"), "timeframe '7m'"),
        (("--param", "nothing=1"), "unknown parameter 'nothing'"),
        (("--param", "fast_bars"), "give name=value"),
        (("--param", "fast_bars=0"), "outside"),
        (("--since", "yesterday"), "--since yesterday"),
        (("--since", "2025-01-01"), "no candle from 2025-01-01"),
        (("--since", "2024-01-02", "--until", "2024-01-01"), "not before"),
        (("--until", "2024-01-01T00:30"), "too few"),
        (("--fees", "1"), "--fees 1"),
        (("--fees", "1,2,gold"), "--fees 1,2,gold: give maker,taker[,quote|received]"),
        (("--slippage-bps", "-1"), "--slippage-bps -1"),
        (("--participation", "3/2"), "participation"),
        (("--participation", "a/b"), "--participation a/b"),
        (("--latency-ms", "x"), "--latency-ms"),
        (("--balance", "0"), "--balance"),
        (("--risk-profile", "brave"), "--risk-profile brave"),
        (("--detail", "1h"), "--detail 1h"),
        (("--entrypoint", "nobody"), "nobody"),
        (("--driver", "columns", "--latency-ms", "5"), "--driver columns"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line_and_nothing_is_written(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert backtest(home, *TRADE, *words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (home / "logs").exists()
    assert not (home / "reports").exists()


def test_without_any_candles_the_way_to_get_some_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    assert backtest(tmp_path, *TRADE) == 2
    assert "golive data download" in capsys.readouterr().err


def test_the_terminal_shows_what_came_out_and_where_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(home, *TRADE) == 0
    shown = capsys.readouterr().out
    for text in ("Net P&L", "Sharpe ratio", "Deepest drawdown", "note: ", "report: reports/backtest/backtest_ema_cross_"):
        assert text in shown


def test_report_open_shows_the_newest_page(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def show(uri: str) -> bool:
        opened.append(uri)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    assert main(["report", "open", "--home", str(home)]) == 6
    assert "no such report" in capsys.readouterr().err
    assert backtest(home, *TRADE, "--open") == 0
    [page] = home.glob("reports/backtest/*.html")
    assert opened == [page.resolve().as_uri()]
    capsys.readouterr()
    assert main(["report", "open", "--home", str(home), "--kind", "backtest", "--no-browser"]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    run = page.stem[-8:]
    assert main(["report", "open", "--home", str(home), "--run", run[:4]]) == 0
    assert len(opened) == 2
    assert main(["report", "open", "--home", str(home), "--kind", "run"]) == 6
    assert main(["report", "open", "--home", str(home), "--run", "zz"]) == 6


def test_money_is_decimal_text_in_the_rows_too(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    outcome = printed(home, capsysbinary, *TRADE, "--no-report")["outcome"]
    trades, fills, account = outcome["trades"], outcome["fills"], outcome["account"]
    closed = [dict(zip(trades["fields"], row, strict=True)) for row in trades["rows"]]
    paid = [dict(zip(fills["fields"], row, strict=True)) for row in fills["rows"]]
    assert all(isinstance(row[name], str) for row in closed for name in ("cost", "fees", "profit"))
    fees = sum((Decimal(row["fee"]) for row in paid if row["fee_asset"] == "USDT"), Decimal(0))
    assert 0 < fees <= Decimal(account["fees"])
    assert sum((Decimal(row["fees"]) for row in closed), Decimal(0)) == Decimal(account["fees"])
    statistics, gained = outcome["statistics"], [Decimal(row["profit"]) for row in closed if not row["is_open"]]
    assert statistics["fees"] == account["fees"]
    assert (Decimal(statistics["best_trade"]), Decimal(statistics["worst_trade"])) == (max(gained), min(gained))
    sizes = Decimal(outcome["data"][0]["tick_size"]) * Decimal(outcome["data"][0]["lot_size"])
    traded = sum((row["price_ticks"] * row["quantity_lots"] * sizes for row in paid), Decimal(0))
    assert Decimal(statistics["traded_notional"]) == traded
    assert outcome["equity"]["points"][-1][1] == account["end_equity"]
    profits = sum((Decimal(row["profit"]) for row in closed), Decimal(0))
    assert abs(profits - Decimal(account["net"])) < 1, "but for what is held and too little to sell"
    assert abs(Decimal(outcome["equity"]["hold"][0]) - Decimal(account["start_equity"])) < 1


def test_the_identity_of_the_data_is_that_of_the_candles_traded(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    words = (*TRADE, "--no-report", "--until", "2024-01-02")
    before = printed(home, capsysbinary, *words)
    later = market(60, seed=2)
    shifted = CandleColumns(later.instrument, MINUTE, later.opened_at + 5000 * MINUTE, *later.columns[1:])
    CandleStore(home / "var/data/okx_paper").append(shifted.instrument, "1m", shifted, source="test", now=1 << 62)
    after = printed(home, capsysbinary, *words)
    assert before["run"]["stored"][0]["digest"] != after["run"]["stored"][0]["digest"]
    assert before["outcome_sha256"] == after["outcome_sha256"]
    other = printed(home, capsysbinary, *TRADE, "--no-report", "--until", "2024-01-01T23:59:00Z")
    assert other["outcome"]["data"][0]["sha256"] != before["outcome"]["data"][0]["sha256"]


def test_sums_of_money_are_shown_in_cents_and_are_null_without_a_trade(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    document = printed(home, capsysbinary, *TRADE)
    best = Decimal(document["outcome"]["statistics"]["best_trade"])
    assert f"| Best trade | {best:,.2f} USDT |" in (home / document["run"]["report_markdown"]).read_text()
    idle = printed(home, capsysbinary, "--strategy", "ema_cross", "--param", "position_pct=0", "--no-report")["outcome"]
    assert [idle["statistics"][name] for name in ("best_trade", "worst_trade", "fees")] == [None, None, "0"]
    assert idle["undefined"]["worst_trade"] == "no trade was closed"


def test_the_distance_to_holding_is_in_percentage_points(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(home, capsysbinary, *TRADE)
    own, held = document["outcome"]["statistics"]["total_return"], document["outcome"]["hold"]["total_return"]
    better = "more" if own > held else "less"
    assert f": {abs(own - held) * 100:.2f} percentage points {better}." in (home / document["run"]["report_html"]).read_text()
