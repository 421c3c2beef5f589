"""Fills as columns, and the round trips they make: from holding nothing to holding nothing again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple, Self

from golive.engine.opening import Opening
from golive.matching.columns import IntColumn
from golive.model.instrument import Instrument
from golive.portfolio import Ledger

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FillColumns:
    """All fills of a run, oldest first; int64 columns of one length."""

    ts: IntColumn
    """market time, ns UTC"""
    instrument: IntColumn
    """its number in the run, from 0"""
    is_buy: IntColumn
    price: IntColumn
    """ticks"""
    quantity: IntColumn
    """lots"""
    fee: IntColumn
    """smallest units of the instrument's own base or quote asset"""
    fee_in_base: IntColumn
    is_maker: IntColumn
    held: IntColumn
    """whole lots after it"""
    order: IntColumn
    """the number of its proposal, from 1: its client order id"""

    def __len__(self) -> int:
        return len(self.ts)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Self:
        """Build columns from rows in the order of the fields."""
        import numpy as np

        names = [field.name for field in fields(cls)]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), len(names))
        return cls(**{name: np.ascontiguousarray(table[:, at]) for at, name in enumerate(names)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoneyColumns:
    """What each fill did to the account, in smallest units of the quote asset."""

    notional: IntColumn
    cash: IntColumn
    """what came in (> 0) or went out (< 0), fees in quote included"""
    fee: IntColumn
    """the fee; one in base is valued at the fill's price, rounded down"""


def money_of(fills: FillColumns, instruments: Sequence[Instrument], ledger: Ledger) -> MoneyColumns:
    """Return the money of fills, exact, in units of the ledger that keeps these instruments."""
    import numpy as np

    per_tick_lot = np.array([ledger.notional(each.id, 1, 1) for each in instruments], dtype=np.int64)[fills.instrument]
    notional = fills.price * fills.quantity * per_tick_lot
    factor = np.array([ledger.notional(i.id, 1, 1) // i.notional(1, 1) for i in instruments], dtype=np.int64)[fills.instrument]
    in_base = fills.fee_in_base.astype(bool)
    fee = fills.fee * factor
    cash = np.where(fills.is_buy.astype(bool), -notional, notional) - np.where(in_base, 0, fee)
    for at in np.flatnonzero(in_base).tolist():  # a product that may leave 64 bits on its way
        instrument = instruments[int(fills.instrument[at])]
        fee[at] = instrument.value_of_base(int(fills.fee[at]), int(fills.price[at])) * int(factor[at])
    return MoneyColumns(notional=notional, cash=cash, fee=fee)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradeColumns:
    """Round trips, by the time they ended; one that is still open at the end of the run is the last of its instrument.

    What is held at the start begins one at the start, at what it is worth there. A position of less than the venue's minimum
    quantity is nothing, and what is sold of it belongs to the trade that left it.
    """

    instrument: IntColumn
    opened_at: IntColumn
    closed_at: IntColumn
    """market time, ns; of the last mark for an open one"""
    fills: IntColumn
    bought: IntColumn
    """lots, those held at the start included"""
    cost: IntColumn
    """what the buys cost without fees, and what was held at the start was worth, smallest quote units"""
    fees: IntColumn
    profit: IntColumn
    """what came back less what went out, fees included; an open one with what it holds at the last mark"""
    is_open: IntColumn

    def __len__(self) -> int:
        return len(self.opened_at)

    def closed(self) -> npt.NDArray[np.bool_]:
        """Return a mask of the trades that have ended."""
        mask: npt.NDArray[np.bool_] = self.is_open == 0
        return mask


def round_trips(
    fills: FillColumns,
    money: MoneyColumns,
    instruments: Sequence[Instrument],
    ledger: Ledger,
    opening: Opening | None,
    last_ts: int,
    marks: Sequence[int],
) -> TradeColumns:
    """Return the round trips that fills make of what `opening` says was held; None = nothing had a price, so nothing was.

    `marks` (ticks) value what is still held at `last_ts`.
    """
    import numpy as np

    parts = []
    for number, (instrument, mark) in enumerate(zip(instruments, marks, strict=True)):
        begun = _Begun(0, 0, 0) if opening is None else _Begun(opening.ts, opening.lots[number], opening.costs[number])
        rows = np.flatnonzero(fills.instrument == number)
        parts.append(_round_trips_of(number, rows, fills, money, instrument, ledger, begun, last_ts, mark))
    joined = np.concatenate(parts, axis=1) if parts else np.empty((9, 0), dtype=np.int64)
    order = np.lexsort((joined[0], joined[2]))
    return TradeColumns(**{field.name: joined[at][order] for at, field in enumerate(fields(TradeColumns))})


class _Begun(NamedTuple):
    """What an instrument begins with."""

    ts: int
    lots: int
    cost: int


def _round_trips_of(
    number: int, rows: IntColumn, fills: FillColumns, money: MoneyColumns, instrument: Instrument, ledger: Ledger,
    begun: _Begun, last_ts: int, mark: int,
) -> npt.NDArray[np.int64]:  # fmt: skip
    import numpy as np

    is_held = begun.lots >= instrument.min_quantity
    if not len(rows):
        kept = ledger.notional(instrument.id, mark, begun.lots) - begun.cost
        one = [[number, begun.ts, last_ts, 0, begun.lots, begun.cost, 0, kept, 1]] if is_held else []
        return np.array(one, dtype=np.int64).reshape(-1, 9).T
    held, ts, buys = fills.held[rows], fills.ts[rows], fills.is_buy[rows].astype(bool)
    is_flat = held < instrument.min_quantity
    ends = np.flatnonzero(is_flat & ~buys & np.append(buys[1:], True))
    starts = np.concatenate([[0], ends + 1]).astype(np.int64)
    is_open = bool(starts[-1] < len(rows))
    if not is_open:
        starts = starts[:-1]
    count = len(starts)
    lasts = np.concatenate([ends, [len(rows) - 1]])[:count]
    profit = np.add.reduceat(money.cash[rows], starts)
    if is_open:
        profit[-1] += ledger.notional(instrument.id, mark, int(held[-1]))
    table = np.empty((9, count), dtype=np.int64)
    table[0] = number
    table[1] = ts[starts]
    table[2] = ts[lasts]
    table[3] = lasts - starts + 1
    table[4] = np.add.reduceat(np.where(buys, fills.quantity[rows], 0), starts)
    table[5] = np.add.reduceat(np.where(buys, money.notional[rows], 0), starts)
    table[6] = np.add.reduceat(money.fee[rows], starts)
    table[7] = profit
    table[8] = 0
    table[1, 0] = begun.ts if is_held else table[1, 0]
    table[4:8, 0] += (begun.lots, begun.cost, 0, -begun.cost)
    if is_open:
        table[2, -1], table[8, -1] = last_ts, 1
    return table
