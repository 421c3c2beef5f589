"""`golive report divergence` as a process: what a session's shadow tells, and when there is nothing to tell."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from support.forked_golive import ForkedHome
from support.published import published

pytestmark = pytest.mark.integration


def bars(path: Path) -> Path:
    """Candles that go up and down enough for the strategy to trade."""
    rows = ["timestamp,open,high,low,close,volume"]
    price = 40_000
    for n in range(400):
        after = price + (60 if n // 40 % 2 == 0 else -60)
        day, minute = divmod(n, 1440)
        stamp = f"2024-01-{day + 1:02d} {minute // 60:02d}:{minute % 60:02d}:00"
        rows.append(f"{stamp},{price},{max(price, after) + 5},{min(price, after) - 5},{after},50")
        price = after
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_session_on_bars_lost_its_slippage_to_an_optimist(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    data = str(bars(tmp_path / "bars.csv"))
    run = ("run", "--mode", "demo", "--data", data, "--volume-unit", "base", "--json")
    report = json.loads(home.golive(*run).stdout)
    assert report["status"] == "success"
    shown = home.golive("report", "divergence", "--json")
    assert (shown.code, shown.stderr) == (0, "")
    document = published(shown.stdout)
    assert document["schema"] == "golive.divergence.v1"
    assert {name: document[name] for name in report["divergence"]} == report["divergence"]
    assert document["compared"] == len(report["outcome"]["orders"]) > 0
    [total] = document["totals"]
    parts = ("price_gap", "time_gap", "fill_gap", "fee_gap")
    assert Decimal(total["total"]) == sum(Decimal(total[part]) for part in parts)
    assert Decimal(total["total"]) == sum(Decimal(row["gaps"]["total"]) for row in document["orders"])
    notional = {"buy": Decimal(0), "sell": Decimal(0)}
    for fill in report["outcome"]["fills"]:
        notional[fill["side"]] += Decimal(fill["price"]) * Decimal(fill["quantity"])
    slipped = {side: amount * Decimal("0.0005") for side, amount in notional.items()}
    # Sells at market pay 5 bps; buys are held to their limit, so they pay less.
    assert slipped["sell"] <= Decimal(total["price_gap"]) < sum(slipped.values())

    table = home.golive("report", "divergence", "--run", report["run_id"][:6], "--orders", "1")
    assert (table.code, table.stderr) == (0, "")
    assert f"{document['compared']} orders compared, 1 shown" in table.stdout

    alone = json.loads(home.golive(*run, "--shadow", "none").stdout)
    assert alone["divergence"] is None
    assert alone["outcome_sha256"] == report["outcome_sha256"], "the shadow changes nothing"
    silent = home.golive("report", "divergence")
    assert (silent.code, silent.stdout) == (6, "")
    assert f"session {alone['run_id']} had no shadow" in silent.stderr


def test_without_a_session_nothing_can_be_said(tmp_path: Path) -> None:
    done = ForkedHome(tmp_path).golive("report", "divergence")
    assert (done.code, done.stdout) == (6, "")
    assert "there is no report of such a session" in done.stderr


def test_a_report_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    folder = home.path / "logs/e2e"
    folder.mkdir(parents=True)
    (folder / "run_local_bot_demo_20240101T000000Z_0123abcd.json").write_text("{")
    done = home.golive("report", "divergence")
    assert done.code != 0
    assert "run_local_bot_demo_20240101T000000Z_0123abcd.json: the run report cannot be read" in done.stderr
