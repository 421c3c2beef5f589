"""The maker on our kernel: `python -m benchmarks.tick_kernel FILE EVENTS RUNS`.

Each second it cancels what rests and quotes 0.1 at the touch on both sides, while the position allows. Queue position,
partial fills, integer money: cash and fees in 1e-7 of the quote asset, at which 0.1 % of tick times lot is whole.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from golive.matching.compiled import compiled
from golive.matching.kernel.layout import CANCEL_RESTING, FILL_COUNT, POST_ONLY, SHORT, Book, Column, Table, new_book
from golive.matching.kernel.level import best_price
from golive.matching.kernel.match import cancel, submit
from golive.matching.kernel.tape import BEST, FILL_COLUMNS, MORE, PRINT, replay

from .contender import report
from .tick_data import load_ticks

SECOND = 1_000_000_000
TICK, LOT, FEE = Decimal("0.1"), Decimal("0.001"), Decimal("0.001")
QUOTE_LOTS, LIMIT_LOTS = 100, 1000
UNITS_A_TICK_LOT = 1000
"""smallest units of the quote asset in one tick times one lot; the fee of 0.1 % is one thousandth of it"""


def tape(events: Any) -> tuple[Any, ...]:
    """Return the columns of a tape: two rows for each quote, one for each trade."""
    import numpy as np

    is_quote = events["kind"] == 0
    rows = 1 + is_quote.astype(np.int64)
    at = np.cumsum(rows) - rows
    ts = np.repeat(events["ts"], rows)
    kind, side, price, quantity = (np.empty(len(ts), dtype=np.int64) for _ in range(4))

    def put(where: Any, what: int, of_side: Any, prices: Any, quantities: Any) -> None:
        kind[where], side[where] = what, of_side
        price[where], quantity[where] = np.rint(prices * 10), np.rint(quantities * 1000)

    quotes, trades = events[is_quote], events[~is_quote]
    put(at[is_quote], BEST + MORE, 1, quotes["bid"], quotes["bq"])
    put(at[is_quote] + 1, BEST, -1, quotes["ask"], quotes["aq"])
    put(at[~is_quote], PRINT, np.where(trades["kind"] == 1, 1, -1), trades["px"], trades["qty"])
    return ts, kind, side, price, quantity


@compiled
def make_market(
    book: Book, ts: Column, kind: Column, side: Column, price: Column, quantity: Column, fills: Table
) -> tuple[int, int, int, int]:
    """Run the maker over a tape; return quotes, position in lots, cash and fees in smallest units."""
    quotes, position, cash, fees, seen = 0, 0, 0, 0, 0
    buy, sell, order_id = 0, 0, 0
    i, until = 0, ts[0] + SECOND
    while i < len(ts):
        i = replay(book, ts, kind, side, price, quantity, i, until, fills)
        if book[SHORT] != 0:
            break
        while seen < book[FILL_COUNT]:
            value = fills[seen, 3] * fills[seen, 4]
            position += fills[seen, 2] * fills[seen, 4]
            cash -= fills[seen, 2] * value * UNITS_A_TICK_LOT + value
            fees += value
            seen += 1
        while i < len(ts) and ts[i] >= until:
            cancel(book, buy)
            cancel(book, sell)
            bid, ask = best_price(book, 1), best_price(book, -1)
            if position < LIMIT_LOTS:
                order_id += 1
                buy = order_id
                quotes += 1
                submit(book, buy, 1, 1, bid, QUOTE_LOTS, POST_ONLY, CANCEL_RESTING)
            if position > -LIMIT_LOTS:
                order_id += 1
                sell = order_id
                quotes += 1
                submit(book, sell, 1, -1, ask, QUOTE_LOTS, POST_ONLY, CANCEL_RESTING)
            until += SECOND
    return quotes, position, cash, fees


def booked_in_decimal(fills: Any) -> tuple[Decimal, Decimal, Decimal]:
    """Return position, cash and fees of the same fills, booked one by one in `Decimal`."""
    position = cash = fees = Decimal(0)
    for _, _, side, price, quantity in fills.tolist():
        amount = quantity * LOT
        value = amount * price * TICK
        position += side * amount
        cash -= side * value + value * FEE
        fees += value * FEE
    return position, cash, fees


def main(arguments: Sequence[str]) -> None:
    import numpy as np

    file, count, runs = arguments[0], int(arguments[1]), int(arguments[2])
    events = load_ticks(file, count)
    columns = tape(events)
    fills: Any = np.empty((count, FILL_COLUMNS), dtype=np.int64)
    seconds, result, book = [], (0, 0, 0, 0), new_book(16, 16)
    for _ in range(runs):
        book = new_book(16, 16, remembers_taken=True, estimates_queue=True)
        began = time.process_time()
        result = make_market(book, *columns, fills)
        seconds.append(time.process_time() - began)
    if book[SHORT]:
        raise RuntimeError(f"the replay stopped early ({book[SHORT]})")
    quotes, position, cash, fees = result
    rows = fills[: book[FILL_COUNT]]
    unit = TICK * LOT / UNITS_A_TICK_LOT
    exact = (position * LOT, cash * unit, fees * unit)
    if runs > 1 and exact != booked_in_decimal(rows):
        raise RuntimeError("the integer books differ from the Decimal ones")
    mid = (events["bid"][-1] + events["ask"][-1]) / 2
    report(
        name="kernel", events=count, seconds=seconds, quotes=quotes, fills=len(rows), filled=float(rows[:, 4].sum() * LOT),
        position=float(exact[0]), pnl=float(exact[1]) + float(exact[0]) * mid, fees=float(exact[2]),
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
