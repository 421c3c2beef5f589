"""The event driver: the order of events of a session, detail candles, latency, and what both drivers agree on."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from golive.backtest.column_run import needs_events, run_over_columns
from golive.backtest.document import outcome_of, outcome_sha256
from golive.backtest.event_driver import EventDriver
from golive.backtest.event_run import run_events
from golive.backtest.result import BacktestResult
from golive.backtest.spec import client_order_id
from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.columns import CandleColumns
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE, SECOND
from golive.model.command import Command, Record, SetTimer, Submit
from golive.model.errors import ConfigError
from golive.model.event import Event, Timer
from golive.model.market import Candle
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from support.backtests import START, market, spec

LIMITS = RiskProfile("t", Decimal("0.01"), Decimal("0.02"), Decimal(1), 1)


def digest(result: BacktestResult) -> str:
    return outcome_sha256(outcome_of(result, timeframe="1m", seed=1))


def coarse(candles: CandleColumns, of: int) -> CandleColumns:
    count = len(candles) // of * of
    rows = [column[:count].reshape(-1, of) for column in candles.columns]
    return CandleColumns(
        candles.instrument, candles.timeframe_ns * of, rows[0][:, 0], rows[1][:, 0], rows[2].max(axis=1), rows[3].min(axis=1),
        rows[4][:, -1], rows[5].sum(axis=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({}, {}),
        ({"entry_ttl_bars": 3}, {"participation": (1, 100)}),
        ({"stop_loss_pct": 0.002}, {"slippage_bps": Decimal(0)}),
        ({"trailing_stop_pct": 0.003, "position_pct": 0.9}, {"profile": LIMITS}),
    ],
)  # fmt: skip
def test_both_drivers_leave_the_same_outcome_to_the_byte(given: dict[str, object], changes: dict[str, Any]) -> None:
    terms, candles = spec(given=given, **changes), [market(1500), market(1500, name="okx:ETH/USDT", seed=9)]
    by_events, by_columns = run_events(terms, candles), run_over_columns(terms, candles)
    assert len(by_events.fills) > 3
    assert digest(by_events) == digest(by_columns)
    assert (by_events.driver, by_columns.driver) == ("events", "columns")


def test_detail_lets_a_stop_act_inside_the_bar_and_both_drivers_agree() -> None:
    fine = market(6000)
    candles = [coarse(fine, 15)]
    terms = spec(given={"stop_loss_pct": 0.004, "fast_bars": 3, "slow_bars": 9}, timeframe_ns=15 * MINUTE)
    plain, inside = run_events(terms, candles), run_events(terms, candles, [fine])
    assert digest(inside) == digest(run_over_columns(terms, candles, [fine]))
    assert any(ts % (15 * MINUTE) for ts in (inside.fills.ts - START).tolist())
    assert not any(ts % (15 * MINUTE) for ts in (plain.fills.ts - START).tolist())


def test_detail_of_the_same_length_changes_nothing() -> None:
    """It is refused by the terms of a backtest; the driver itself must not care."""
    terms, candles = spec(given={"entry_ttl_bars": 2}), [market(800)]
    assert digest(run_events(terms, candles)) == digest(run_events(terms, candles, candles))


def test_an_order_leaves_only_after_its_decision_was_recorded() -> None:
    seen: list[Command] = []
    run_events(spec(), [market(600)], on_commands=seen.extend)
    decided: set[str] = set()
    submitted = 0
    for command in seen:
        if isinstance(command, Record) and command.event == "risk_check_passed":
            decided.add(str(command.body["client_order_id"]))
        elif isinstance(command, Submit):
            submitted += 1
            assert command.approved.order.client_order_id in decided
    assert submitted > 3


def test_latency_makes_orders_meet_a_later_bar() -> None:
    candles = [market(900)]
    at_once, late = run_events(spec(), candles), run_events(spec(latency_ns=90 * SECOND), candles)
    assert late.fills.ts[0] > at_once.fills.ts[0]
    assert needs_events(late.spec, late.candles) is not None
    with pytest.raises(ConfigError, match="travel"):
        run_over_columns(late.spec, candles)


def test_a_timer_comes_due_before_the_candle_that_passes_it_though_its_order_has_ended() -> None:
    seen: list[Event] = []

    class Noting(Engine):
        def process(self, event: Event) -> list[Command]:
            seen.append(event)
            return super().process(event)

    terms, candles = spec(given={"entry_ttl_bars": 7}), market(600)
    engine = Noting(
        instruments=[candles.instrument], strategy=terms.strategy, parameters=terms.parameters, profile=terms.profile,
        start_balances=terms.start_balances, timeframe_ns=MINUTE, new_id=client_order_id,
    )  # fmt: skip
    execution = PaperExecution(
        label="okx", models={candles.instrument.id: BarModel()}, account=Ledger([candles.instrument], terms.start_balances),
        fees=terms.fees, codes={}, recorder=MemoryRecorder(),
    )  # fmt: skip
    told: list[Command] = []
    EventDriver(engine, execution, on_commands=told.extend).run([candles])
    end = int(candles.opened_at[-1]) + MINUTE
    due = [each.due for each in told if isinstance(each, SetTimer) and each.due < end]
    assert [event.ts for event in seen if isinstance(event, Timer) and event.ts < end] == due
    times = [event.ts for event in seen if isinstance(event, Candle | Timer)]
    assert times == sorted(times)
    assert len(times) > 603


def test_a_quiet_execution_is_shown_its_market_before_an_order_comes() -> None:
    """What an order without a price is valued at is the newest close, though no candle before was met by anything."""
    poor = spec(given={"position_pct": 1}, start_balances={"USDT": Decimal(100)})
    result = run_events(poor, [market(600)])
    assert len(result.fills) > 0
    assert digest(result) == digest(run_over_columns(poor, [market(600)]))


def test_gaps_of_one_instrument_do_not_stop_the_others() -> None:
    one, other = market(900), market(900, name="okx:ETH/USDT", seed=8)
    keep = np.flatnonzero((np.arange(900) < 300) | (np.arange(900) > 420))
    gapped = CandleColumns(other.instrument, MINUTE, *(column[keep] for column in other.columns))
    result = run_events(spec(), [one, gapped])
    assert len(result.equity) == 900
    assert digest(result) == digest(run_over_columns(spec(), [one, gapped]))


def test_what_cannot_be_traded_is_refused_with_its_reason() -> None:
    with pytest.raises(ConfigError, match="too few"):
        spec().check([market(20)])
    with pytest.raises(ConfigError, match="twice"):
        spec().check([market(500), market(500)])
    with pytest.raises(ConfigError, match="one quote asset"):
        spec().check([market(500), market(500, name="okx:ETH/EUR")])
    with pytest.raises(ConfigError, match="participation"):
        spec(participation=(2, 1))
    with pytest.raises(ConfigError, match="slippage"):
        spec(slippage_bps=Decimal(-1))
    with pytest.raises(ConfigError, match="without money"):
        spec(start_balances={"USDT": Decimal(0)})
    with pytest.raises(ConfigError, match="shorter"):
        spec().check([market(500)], [market(500)])
    assert dataclasses.replace(spec(), latency_ns=1).latency is not None
