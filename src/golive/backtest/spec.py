"""What a backtest is: strategy, terms and account; everything that changes its outcome, beside the candles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency, LatencyModel
from golive.matching.slippage import ConstantSlippage
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.ids import ClientOrderId
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from golive.strategy import Strategy, bound
from golive.strategy.failure import FAILURES, failed_to_start

OPEN_PROFILE: Final = RiskProfile("none", Decimal(1), Decimal(1), Decimal(1), 1 << 20)
"""limits that nothing short of losing everything reaches, and no position above the whole account"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSpec:
    """The terms of a backtest. `parameters` are resolved; `start_balances` by asset; latency is each way.

    Raises ConfigError naming the field when a term does not make sense.
    """

    strategy: Strategy
    parameters: Mapping[str, float]
    timeframe_ns: int
    profile: RiskProfile
    fees: FeeSchedule
    start_balances: Mapping[str, Decimal]
    slippage_bps: Decimal = Decimal(5)
    participation: tuple[int, int] = (1, 10)
    """the share of a bar's volume that our fills take at most, as a fraction"""
    latency_ns: int = 0

    def __post_init__(self) -> None:
        try:
            ConstantSlippage(self.slippage_bps)
        except MagnitudeError as exc:
            raise ConfigError(f"slippage_bps: {exc}") from exc
        share, whole = self.participation
        if not 0 < share <= whole:
            raise ConfigError(f"participation: {share}/{whole} is not a share above 0 and at most 1 of a bar's volume")
        if self.latency_ns < 0:
            raise ConfigError(f"latency: {self.latency_ns} ns is negative")
        if self.timeframe_ns <= 0:
            raise ConfigError(f"timeframe: {self.timeframe_ns} ns is not positive")
        if not any(amount > 0 for amount in self.start_balances.values()):
            raise ConfigError("start_balances: an account without money cannot trade")

    @property
    def slippage(self) -> ConstantSlippage:
        return ConstantSlippage(self.slippage_bps)

    @property
    def latency(self) -> LatencyModel | None:
        return ConstantLatency(self.latency_ns, self.latency_ns) if self.latency_ns else None

    def check(self, candles: Sequence[CandleColumns], detail: Sequence[CandleColumns] | None = None) -> None:
        """Raise ConfigError when the candles cannot be traded by these terms; the message says what is missing.

        Raises StrategyError when the strategy fails to say how long it warms up.
        """
        if not candles:
            raise ConfigError("a backtest needs candles of at least one instrument")
        quotes = {each.instrument.quote for each in candles}
        if len(quotes) > 1:
            raise ConfigError(f"instruments quote in {' and '.join(sorted(quotes))}: a backtest's account has one quote asset")
        if len({each.instrument.id for each in candles}) < len(candles):
            raise ConfigError("an instrument is given twice")
        for each in candles:
            if each.timeframe_ns != self.timeframe_ns:
                raise ConfigError(
                    f"{each.instrument.id}: candles of {each.timeframe_ns} ns, the backtest's are {self.timeframe_ns}"
                )
        try:
            Ledger([each.instrument for each in candles], self.start_balances)
        except MagnitudeError as exc:
            raise ConfigError(str(exc)) from exc
        longest, warm_up = max(len(each) for each in candles), self._warm_up()
        if longest <= warm_up:
            raise ConfigError(
                f"{longest:,} candles are too few: strategy {self.strategy.name} needs {warm_up:,} to warm up and one to trade "
                "on; take a longer span or a shorter warm-up"
            )
        if detail is not None and [d.instrument.id for d in detail] != [c.instrument.id for c in candles]:
            raise ConfigError("detail: candles must be of the same instruments in the same order")
        for coarse, fine in zip(candles, detail or (), strict=False):
            if fine.timeframe_ns >= coarse.timeframe_ns or coarse.timeframe_ns % fine.timeframe_ns:
                raise ConfigError(f"detail: candles of {coarse.instrument.id} must be shorter and divide those of the strategy")

    def _warm_up(self) -> int:
        try:
            return int(self.strategy.warm_up(bound(self.parameters)))
        except FAILURES as exc:
            raise failed_to_start(self.strategy.name, exc) from exc


def client_order_id(number: int) -> ClientOrderId:
    """Return the id of a backtest's n-th intent: its number, so that equal runs have equal ids."""
    return ClientOrderId(f"{number:032x}")
