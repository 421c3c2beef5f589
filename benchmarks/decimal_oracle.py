"""What the trade is worth, to the last unit: the EMA cross in plain Python with all money in `Decimal`.

`python -m benchmarks.decimal_oracle FOLDER BARS` prints fills, P&L, fees and the digest of every fill. Written from the rule
alone: it shares neither code nor number form with the product. Averages are statistics and stay floats.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from .bar_data import CASH, FAST, FEE, QUANTITY, SLOW, WARM_UP, load_bars
from .contender import report


class Booked(NamedTuple):
    """A fill: time of the bar it happened in (ns UTC), +1 bought or -1 sold, price and fee in the quote asset."""

    ts: int
    side: int
    price: Decimal
    fee: Decimal


def fills_digest(fills: Iterable[tuple[int, int, Decimal, Decimal]]) -> str:
    """Return 16 hex digits of the SHA-256 of fills, their numbers in shortest form."""
    digest = hashlib.sha256()
    for ts, side, price, fee in fills:
        digest.update(f"{ts} {side} {price.normalize():f} {fee.normalize():f}\n".encode())
    return digest.hexdigest()[:16]


def trade(
    ts: list[int], opened: list[float], close: list[float], fast: int = FAST, slow: int = SLOW
) -> tuple[list[Booked], Decimal, Decimal]:
    """Return the fills, the equity at the last close, and the deepest fall of equity below its peak, both in the quote asset."""
    quantity, rate, cash = Decimal(QUANTITY), Decimal(FEE), Decimal(CASH)
    opens, closes = [Decimal(repr(price)) for price in opened], [Decimal(repr(price)) for price in close]
    fast_share, slow_share = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    fast_mean = slow_mean = close[0]
    equity, peak, fall = cash, cash, Decimal(0)
    position, pending, fills = Decimal(0), 0, []
    for i, price in enumerate(close):
        if pending:
            value = opens[i] * quantity
            fee = value * rate
            cash -= pending * value + fee
            position += pending * quantity
            fills.append(Booked(ts[i], pending, opens[i], fee))
            pending = 0
        fast_mean += fast_share * (price - fast_mean)
        slow_mean += slow_share * (price - slow_mean)
        equity = cash + position * closes[i]
        peak = max(peak, equity)
        fall = max(fall, peak - equity)
        if i >= WARM_UP:
            if fast_mean > slow_mean:
                pending = 0 if position else 1
            elif position:
                pending = -1
    return fills, equity, fall


def main(arguments: Sequence[str]) -> None:
    columns = load_bars(arguments[0], int(arguments[1]))
    lists = [columns[name].tolist() for name in ("ts", "open", "close")]
    began = time.process_time()
    fills, equity, fall = trade(*lists)
    report(
        name="Decimal oracle", seconds=[time.process_time() - began], fills=len(fills), pnl=str(equity - Decimal(CASH)),
        fees=str(sum(fill.fee for fill in fills)), fall=str(fall), fills_digest=fills_digest(fills),
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
