"""The table of statistics: its parts put together, holding beside it, and nothing made up where nothing happened."""

from __future__ import annotations

import numpy as np
import pytest

from golive.backtest.drawdowns import Drawdown
from golive.backtest.event_run import run_events
from golive.backtest.returns import Undefined
from golive.backtest.statistics import hold_curve, statistics_of, told
from golive.model.clock import MINUTE
from support.backtests import market, spec


def test_statistics_agree_with_the_account_they_are_of() -> None:
    result = run_events(spec(), [market(3000)])
    found = statistics_of(result)
    start, end = int(result.equity[0]), int(result.equity[-1])
    assert found.values["total_return"] == pytest.approx(end / start - 1)
    assert isinstance(found.drawdown, Drawdown)
    assert found.values["max_drawdown"] == found.drawdown.depth == pytest.approx(
        max(1 - value / peak for value, peak in zip(result.equity, np.maximum.accumulate(result.equity), strict=True))
    )  # fmt: skip
    profit = int(result.trades.profit.sum())
    dust = result.instruments[0].notional(int(result.candles[0].close[-1]), 1)
    assert abs(profit - (end - start)) <= dust * (1 + len(result.trades))
    profits = [int(each) for each in result.trades.profit[result.trades.closed()]]
    assert found.sums == {
        "best_trade": max(profits),
        "worst_trade": min(profits),
        "traded_notional": int(result.money.notional.sum()),
        "fees": int(result.money.fee.sum()),
    }
    held = sum(int(trade) for trade in result.trades.closed_at - result.trades.opened_at) / MINUTE / len(result.equity)
    assert found.values["exposure"] == pytest.approx(held, abs=len(result.trades) / len(result.equity))
    assert found.sampling.name == "hourly"


def test_holding_buys_at_the_first_close_in_equal_parts() -> None:
    one, other = market(600), market(600, name="okx:ETH/USDT", seed=4)
    result = run_events(spec(), [one, other])
    gained = (one.close[-1] / one.close[0] + other.close[-1] / other.close[0]) / 2
    assert hold_curve(result)[1][-1] == pytest.approx(100_000 * gained)
    assert statistics_of(result).hold["total_return"] == pytest.approx(gained - 1)


def test_a_run_that_never_traded_has_reasons_instead_of_numbers() -> None:
    found = statistics_of(run_events(spec(given={"position_pct": 0}), [market(600)]))
    reasons = found.reasons()
    for name in ("sharpe", "sortino", "win_rate", "profit_factor", "sqn", "mean_trade_s", "cagr", "calmar", "recovery_s"):
        assert found.told()[name] is None
        assert reasons[name]
    assert found.told()["total_return"] == found.told()["exposure"] == found.told()["trades"] == 0


def test_what_cannot_be_told_is_null() -> None:
    assert told(Undefined("why")) is None
    assert told(float("inf")) is None
    assert told(1 / 3) == 0.333333333333
    assert told(7) == 7


def test_two_bars_are_one_return_and_no_spread() -> None:
    found = statistics_of(run_events(spec(), [market(2)]))
    assert found.reasons()["sharpe"] == found.reasons()["volatility"] == "fewer than two periods"
    assert isinstance(found.hold["sharpe"], Undefined)
    assert found.told()["total_return"] is not None
    assert statistics_of(run_events(spec(), [market(3)])).periods == 3
