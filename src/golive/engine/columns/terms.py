"""The terms of a run over columns, and the memory that the kernel starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import gcd

import numpy as np

from golive.engine.protection import Protection
from golive.engine.sizing import Sizing
from golive.matching.columns import IntColumn
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.slippage import ConstantSlippage
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.money import LIMIT
from golive.portfolio import Ledger
from golive.risk import RiskProfile

from . import layout as at
from .limits import write_limits

_PARTS = 10_000
_MOST_PARTICIPATION = 1 << 31


def numbered_id(sequence: int) -> ClientOrderId:
    """Return the client order id of the n-th intent of a backtest: its number in 32 hex digits."""
    return ClientOrderId(f"{sequence:032x}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an account trades under; the same that an `Engine`, a `PaperExecution` and its bar models are made with."""

    parameters: Mapping[str, float]
    """of the strategy; the order parameters among them are read"""
    profile: RiskProfile
    fees: FeeSchedule
    start_balances: Mapping[str, Decimal]
    timeframe_ns: int
    slippage_bps: Decimal = Decimal(5)
    participation: tuple[int, int] = (1, 10)
    codes: Mapping[str, str] = field(default_factory=dict)
    """the venue's code of each reject reason"""
    label: str = "paper"
    """the venue's short name in fill ids"""
    new_id: Callable[[int], ClientOrderId] = numbered_id
    operator: str = "backtest"

    def account(self, ledger: Ledger) -> IntColumn:
        """Return the words of an account before its first bar. MagnitudeError for limits or shares that are too fine."""
        sizing, protection = Sizing.of(self.parameters), Protection.of(self.parameters)
        part, of_part = self.participation
        if not 0 <= part < _MOST_PARTICIPATION or not 0 < of_part < _MOST_PARTICIPATION:
            raise MagnitudeError(f"participation {part}/{of_part} is negative or too fine")
        words = np.zeros(at.FIRST_DESK, np.int64)
        words[at.DESKS], words[at.FREE] = len(ledger.instruments), ledger.balances[ledger.quote].total
        words[at.TIMEFRAME] = self.timeframe_ns
        words[at.POSITION_SHARE] = sizing.position_share
        words[at.ENTRY_TTL] = int(self.parameters.get("entry_ttl_bars", 0.0)) * self.timeframe_ns
        words[at.LIMIT_ENTRIES] = sizing.limit_entries
        if protection is not None:
            words[at.PROTECTION], words[at.DISTANCE] = at.TYPES.index(protection.type), protection.distance
        words[at.MAKER_RATE] = int(self.fees.maker_bps * _PARTS)
        words[at.TAKER_RATE] = int(self.fees.taker_bps * _PARTS)
        words[at.FEE_OF_RECEIVED] = self.fees.asset is FeeAsset.RECEIVED
        words[at.SLIPPAGE] = int(ConstantSlippage(self.slippage_bps).bps * _PARTS)
        words[at.PART], words[at.PART_OF] = part, of_part
        words[at.DAY_NUMBER] = words[at.WEEK_NUMBER] = words[at.SEEN_DAY] = words[at.STREAK_DAY] = -1
        ones = at.DRAWDOWN_FROM, at.TODAY_FROM, at.LOSS_FROM, at.LARGEST_OF, at.WEEK_FROM, at.WEEK_LOSS_FROM, at.EXPOSURE_WHOLE
        words[list(ones)] = 1
        write_limits(words, self.profile, self.timeframe_ns, 10 ** ledger.scales[ledger.quote])
        return words

    def desks(self, ledger: Ledger) -> IntColumn:
        """Return the rows of the ledger's instruments before the first bar."""
        sizing, lot_limits = Sizing.of(self.parameters), self.profile.lot_limits(ledger.instruments.values())
        rows = np.zeros((len(ledger.instruments), at.DESK_WORDS), np.int64)
        for number, (row, (key, instrument)) in enumerate(zip(rows, ledger.instruments.items(), strict=True)):
            row[at.SELF] = number
            holding = ledger.holdings[key]
            common = gcd(holding.quote_per_tick_lot, holding.base_per_lot)
            row[at.MIN_LOTS], row[at.MAX_LOTS] = instrument.min_quantity, instrument.max_quantity
            row[at.MIN_NOTIONAL], row[at.MAX_PRICE] = instrument.min_notional, instrument.max_price
            row[at.UNIT_NOTIONAL], row[at.QUOTE_FACTOR] = instrument.notional(1, 1), holding.quote_factor
            row[at.QUOTE_PER_TICK_LOT], row[at.BASE_PER_LOT] = holding.quote_per_tick_lot, holding.base_per_lot
            row[at.NUMERATOR] = holding.quote_per_tick_lot // common
            row[at.DENOMINATOR] = holding.base_per_lot // common
            row[at.FULL_LOTS] = sizing.full_lots(instrument)
            row[at.BASE_FREE] = holding.base.total
            row[at.LOTS] = holding.base.total // holding.base_per_lot
            row[at.STANDING], row[at.RUN] = at.ON_TARGET, at.NO_RUN
            row[at.IS_LOCKED] = key.symbol in self.profile.locks
            row[at.MOST_LOTS] = min(lot_limits.get(key, -1), LIMIT)
            row[at.LAST_BUY], row[at.LOST_AT] = -LIMIT, -1
        return rows

    def ledger(self, instruments: Sequence[Instrument]) -> Ledger:
        """Return the opening balances of a run. ConfigError when its instruments cannot share one account here."""
        bases = [instrument.base for instrument in instruments]
        if not bases or len(set(bases)) != len(bases) or len({i.quote for i in instruments}) != 1:
            raise ConfigError(
                "columns are traded for instruments of one quote asset with different base assets; the event driver takes any"
            )
        return Ledger(instruments, self.start_balances)
