"""What came out of a backtest, the same whichever driver ran it: fills, round trips, equity, decisions, breaches, balances."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

from golive.engine.opening import opening_of
from golive.matching.columns import CandleColumns, IntColumn
from golive.model.decision import DecisionCode
from golive.model.instrument import Instrument
from golive.portfolio import Ledger

from .fills import FillColumns, MoneyColumns, TradeColumns, money_of, round_trips
from .spec import BacktestSpec

Driver = Literal["columns", "events"]


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A loss limit was reached at market time `ts`; limit and value as decimal texts."""

    limit: str
    ts: int
    allowed: str
    used: str


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestResult:
    """The outcome of one backtest. Money in smallest units of the quote asset, `scale` decimals; times ns UTC."""

    spec: BacktestSpec
    candles: Sequence[CandleColumns]
    driver: Driver
    why_driver: str
    fills: FillColumns
    equity_ts: IntColumn
    equity: IntColumn
    orders: int
    signals: int
    decisions: Mapping[DecisionCode, int]
    inaction: Mapping[DecisionCode, int]
    """bars on which nothing was done, by reason"""
    breaches: Sequence[BreachRow]
    balances: Mapping[str, int]
    """at the end, in smallest units of each asset"""

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        return tuple(each.instrument for each in self.candles)

    @cached_property
    def ledger(self) -> Ledger:
        """Return a ledger of the account as it began: units and scales."""
        return Ledger(self.instruments, self.spec.start_balances)

    @property
    def quote(self) -> str:
        return self.ledger.quote

    @property
    def whole(self) -> int:
        """How many smallest units one of the quote asset is."""
        return int(10 ** self.ledger.scales[self.quote])

    @cached_property
    def money(self) -> MoneyColumns:
        return money_of(self.fills, self.instruments, self.ledger)

    @cached_property
    def trades(self) -> TradeColumns:
        marks = [int(each.close[-1]) if len(each) else 0 for each in self.candles]
        last = int(self.equity_ts[-1]) if len(self.equity_ts) else 0
        opening = opening_of(self.ledger, self.candles)
        return round_trips(self.fills, self.money, self.instruments, self.ledger, opening, last, marks)

    @cached_property
    def fills_sha256(self) -> str:
        """Digest of every fill, exact."""
        return _digest([getattr(self.fills, field.name) for field in fields(FillColumns)])

    @cached_property
    def equity_sha256(self) -> str:
        """Digest of the whole equity curve, exact."""
        return _digest([self.equity_ts, self.equity])


def _digest(columns: Sequence[IntColumn]) -> str:
    import numpy as np

    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column, dtype="<i8").data)
    return digest.hexdigest()
