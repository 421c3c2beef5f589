"""One case for both drivers of the engine: candles, targets and terms, drawn from a seed, and what each driver makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from golive.backtest.event_driver import EventDriver
from golive.engine import Engine
from golive.engine.columns import ColumnRun, Terms, run_columns
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE
from golive.model.command import Command
from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from golive.strategy import Bar, Parameter, with_order_parameters
from golive.strategy.targets import TargetChanges, changes_of

GRIDS = (("0.1", "0.00000001"), ("0.01", "0.001"), ("0.000000001", "1"), ("1", "1"), ("0.5", "0.0001"), ("0.00001", "0.1"))
OPEN_PROFILE = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 10)


@dataclass
class Case:
    """What both drivers are given."""

    candles: list[CandleColumns]
    targets: list[list[float]]
    terms: Terms
    detail: list[CandleColumns] | None = None

    @property
    def changes(self) -> list[TargetChanges]:
        return [changes_of(np.array(targets)) for targets in self.targets]


class Written:
    """A strategy that says what was written down for it, instrument by instrument."""

    name, summary = "written", "says what was written down"
    parameters: Mapping[str, Parameter] = with_order_parameters({})

    def __init__(self, targets: Sequence[Sequence[float]]) -> None:
        self._targets = iter(targets)

    def initial(self, params: Any) -> Any:
        return SimpleNamespace(targets=iter(next(self._targets)))

    def step(self, state: Any, bar: Bar, params: Any) -> float:
        return float(next(state.targets))

    def warm_up(self, params: Any) -> int:
        return 0


def by_events(case: Case) -> tuple[Engine, EventDriver, list[Command]]:
    """Run a case through engine and paper execution, event by event."""
    terms = case.terms
    instruments = [each.instrument for each in case.candles]
    engine = Engine(
        instruments=instruments, strategy=Written(case.targets), parameters=terms.parameters, profile=terms.profile,
        start_balances=terms.start_balances, timeframe_ns=terms.timeframe_ns, new_id=terms.new_id,
    )  # fmt: skip
    models = {
        i.id: BarModel(slippage=ConstantSlippage(terms.slippage_bps), participation=terms.participation) for i in instruments
    }
    paper = PaperExecution(
        label=terms.label, models=models, account=Ledger(instruments, terms.start_balances), fees=terms.fees, codes=terms.codes,
        recorder=MemoryRecorder(),
    )  # fmt: skip
    commands: list[Command] = []
    driver = EventDriver(engine, paper, on_commands=commands.extend)
    driver.run(case.candles, case.detail)
    return engine, driver, commands


def assert_equal_runs(case: Case) -> ColumnRun | None:
    """Run a case both ways and compare everything either says; return the run over columns.

    None for a case in which an amount leaves the exact range: then both must say so.
    """
    try:
        engine, driver, commands = by_events(case)
    except MagnitudeError:
        with pytest.raises(MagnitudeError):
            run_columns(case.candles, case.changes, case.terms, case.detail)
        return None
    run = run_columns(case.candles, case.changes, case.terms, case.detail)
    for number, (seen, expected) in enumerate(zip(run.commands(), commands, strict=False)):
        assert seen == expected, f"command {number}:\n  columns {seen}\n  events  {expected}"
    assert len(list(run.commands())) == len(commands)
    fills = run.fills
    assert list(zip(*(column.tolist() for column in fills), strict=True)) == list(_rows_of(engine, case))
    assert run.decisions == dict(engine.decisions)
    assert list(run.runs()) == list(engine.runs())
    assert run.breaches == engine.breaches
    assert run.balances == {asset: balance.total for asset, balance in engine.ledger.balances.items()}
    assert run.fees == engine.ledger.fees
    assert run.traded_notional == engine.ledger.traded_notional
    assert run.equity_ts.tolist() == driver.equity_ts.tolist()
    assert run.equity.tolist() == driver.equity.tolist()
    assert run.uses() == engine.risk.uses()
    assert run.worst_drawdown == engine.risk.track.worst_drawdown
    return run


def _rows_of(engine: Engine, case: Case) -> Iterator[tuple[int, ...]]:
    instruments = [each.instrument for each in case.candles]
    numbers = {instrument.id: number for number, instrument in enumerate(instruments)}
    intents = {case.terms.new_id(n): n for n in range(1, 1 + sum(engine.decisions.values()))}
    for fill, position in engine.fills:
        number = numbers[fill.instrument]
        closed = case.candles[number].opened_at + case.candles[number].timeframe_ns
        bar = int(np.searchsorted(closed, fill.ts))
        yield (
            fill.ts, bar, intents[fill.client_order_id], number, int(fill.side == "buy"), fill.price, fill.quantity, fill.fee,
            int(fill.fee_asset == instruments[number].base), int(fill.liquidity == "maker"), position,
        )  # fmt: skip


def drawn_case(seed: int, *, instruments: int | None = None, with_detail: bool | None = None) -> Case:
    """Draw a case; the same seed draws the same."""
    draw = Random(seed)
    count = instruments or draw.choice((1, 1, 1, 2, 3, 4))
    specs = [_instrument(draw, f"okx:C{n}/USDT") for n in range(count)]
    has_detail = draw.random() < 0.25 if with_detail is None else with_detail
    length = draw.choice((MINUTE, 15 * MINUTE, 240 * MINUTE))
    candles, targets, detail = [], [], []
    bars = draw.randint(20, 160)
    start = 1_704_067_200_000_000_000 - draw.randint(0, 20) * length
    for spec in specs:
        if has_detail:
            fine = _walk(draw, spec, bars * 5, start, length)
            coarse = _joined(fine, 5, start)
            detail.append(_thinned(draw, fine) if draw.random() < 0.4 else fine)
        else:
            coarse = _walk(draw, spec, bars, start, length)
        candles.append(coarse)
        targets.append(_targets(draw, len(coarse)))
    timeframe = 5 * length if has_detail else length
    return Case(candles, targets, _terms(draw, specs, candles, timeframe), detail if has_detail else None)


def _instrument(draw: Random, name: str) -> Instrument:
    tick, lot = draw.choice(GRIDS)
    least = draw.choice((1, 1, 10))
    return Instrument.from_text(
        name, tick_size=tick, lot_size=lot, min_quantity=f"{Decimal(lot) * least:f}",
        max_quantity=f"{Decimal(lot) * draw.choice((200, 10**5, 10**10)):f}",
        min_notional=draw.choice(("0", "1", "10")),
    )  # fmt: skip


def _walk(draw: Random, spec: Instrument, bars: int, start: int, length: int) -> CandleColumns:
    """Prices with jumps and gaps, also in time; volumes with zeros."""
    close = draw.choice((30, 2_000, 400_000, 30_000_000))
    width = draw.choice((0.0005, 0.004, 0.03))
    volumes = (0, 3, 10**4, 10**7, 10**12)[: draw.randint(2, 5)]
    missing = draw.choice((0.0, 0.0, 0.1))
    rows = []
    for n in range(bars):
        open_ = close if draw.random() < 0.7 else max(1, round(close * (1 + draw.gauss(0, width))))
        jump = 0.2 if draw.random() < 0.01 else 0.0
        close = max(1, round(open_ * (1 + draw.gauss(0, width) + draw.choice((-jump, jump)))))
        wick = draw.randint(0, max(1, round(close * width)))
        row = (start + n * length, open_, max(open_, close) + wick, max(1, min(open_, close) - wick), close, draw.choice(volumes))
        if draw.random() >= missing or n == 0:
            rows.append(row)
    return _columns(spec, length, rows)


def _columns(spec: Instrument, length: int, rows: Sequence[Sequence[int]]) -> CandleColumns:
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    return CandleColumns(spec, length, *(np.ascontiguousarray(table[:, n]) for n in range(6)))


def _thinned(draw: Random, fine: CandleColumns) -> CandleColumns:
    """Leave out some candles, and perhaps all before or in some stretch."""
    first = draw.choice((0, 0, draw.randrange(len(fine))))
    hole = draw.randrange(len(fine))
    rows = [
        row
        for n, row in enumerate(zip(*(column.tolist() for column in fine.columns), strict=True))
        if n >= first and not hole <= n < hole + 40 and draw.random() < 0.9
    ]
    return _columns(fine.instrument, fine.timeframe_ns, rows)


def _joined(fine: CandleColumns, parts: int, start: int) -> CandleColumns:
    length = fine.timeframe_ns * parts
    groups: dict[int, list[list[int]]] = {}
    for row in zip(*(column.tolist() for column in fine.columns), strict=True):
        groups.setdefault((row[0] - start) // length, []).append(list(row))
    rows = [
        (start + n * length, g[0][1], max(r[2] for r in g), min(r[3] for r in g), g[-1][4], sum(r[5] for r in g))
        for n, g in sorted(groups.items())
    ]
    return _columns(fine.instrument, length, rows)


def _targets(draw: Random, bars: int) -> list[float]:
    steps = draw.choice(((0.0, 1.0), (0.0, 0.3, 0.5, 1.0), (0.0, 1.0, math.nan), (0.25, 0.75)))
    stay = draw.choice((1, 4, 15))
    out = [math.nan] * draw.choice((0, 0, 3))
    while len(out) < bars:
        out += [draw.choice(steps)] * draw.randint(1, 2 * stay)
    return out[:bars]


def _terms(draw: Random, specs: Sequence[Instrument], candles: Sequence[CandleColumns], timeframe: int) -> Terms:
    parameters = {
        "position_pct": draw.choice((0.04, 0.3, 0.9, 1.0)), "position_quantity": 0.0,
        "entry_ttl_bars": float(draw.choice((0, 0, 1, 3))), "stop_loss_pct": 0.0, "trailing_stop_pct": 0.0, "take_profit_pct": 0.0,
    }  # fmt: skip
    if draw.random() < 0.25:
        parameters["position_quantity"] = float(max(spec.lot_size for spec in specs) * draw.choice((1, 30, 5000)))
    if draw.random() < 0.5:
        parameters[draw.choice(("stop_loss_pct", "trailing_stop_pct", "take_profit_pct"))] = draw.choice((0.001, 0.01, 0.05))

    def share(*values: str) -> Decimal:
        return Decimal(draw.choice(values))

    profile = draw.choice((
        OPEN_PROFILE,
        RiskProfile("drawn", share("0.005", "0.03", "1"), share("0.01", "0.1", "1"), share("0.05", "0.5", "1"), draw.randint(0, 4)),
        RiskProfile("none", Decimal(0), Decimal(0), Decimal(0), 0),
    ))  # fmt: skip
    fees = FeeSchedule(share("-1", "0", "8", "25"), share("-2", "0", "10", "40"), draw.choice(tuple(FeeAsset)))
    price = float(candles[0].close[0]) * float(specs[0].tick_size)
    balances = {"USDT": Decimal(draw.choice((1, 50, 10_000, 100_000)))}
    if draw.random() < 0.3 and price < 10**6:
        balances["USDT"] = Decimal(round(price * float(specs[0].lot_size) * draw.choice((20, 3000)) + 1))
    if draw.random() < 0.2:
        balances[specs[-1].base] = specs[-1].lot_size * draw.choice((5, 1000)) + Decimal("0.00000001")
    return Terms(
        parameters, profile, fees, balances, timeframe, share("0", "5", "100"), draw.choice(((1, 1), (1, 10), (3, 1000))),
        codes={"INSUFFICIENT_FUNDS": "51008"}, label="okx",
    )  # fmt: skip
