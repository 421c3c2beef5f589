"""The floor of the maker: one compiled loop over an L1 quote with two orders, floats, no book: `FILE EVENTS RUNS`.

What remains when everything general is taken away: no price levels, no order ids, no partial fills, no exact money.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from golive.matching.compiled import compiled

from .contender import report
from .tick_data import load_ticks

SECOND = 1_000_000_000
QUANTITY, LIMIT, FEE = 0.1, 1.0, 0.001
_QUOTE, _BOUGHT = 0, 1


@compiled
def make_market(ts: Any, kind: Any, bid: Any, ask: Any, bid_size: Any, ask_size: Any, price: Any, size: Any, fills: Any) -> Any:  # noqa: PLR0912 - one loop
    count, quotes = 0, 0
    cash, position, fees = 0.0, 0.0, 0.0
    my_bid, my_ask, bid_ahead, ask_ahead = 0.0, 0.0, 0.0, 0.0
    until = ts[0] + SECOND
    b, a, b_size, a_size = bid[0], ask[0], bid_size[0], ask_size[0]
    for i in range(len(ts)):
        while ts[i] >= until:
            my_bid, my_ask = 0.0, 0.0
            if position < LIMIT:
                my_bid, bid_ahead = b, b_size
                quotes += 1
            if position > -LIMIT:
                my_ask, ask_ahead = a, a_size
                quotes += 1
            until += SECOND
        buys, sells = False, False
        if kind[i] == _QUOTE:
            b, a, b_size, a_size = bid[i], ask[i], bid_size[i], ask_size[i]
            if my_bid > 0.0:
                buys = a <= my_bid
                if b == my_bid and b_size < bid_ahead:
                    bid_ahead = b_size
            if my_ask > 0.0:
                sells = b >= my_ask
                if a == my_ask and a_size < ask_ahead:
                    ask_ahead = a_size
        elif kind[i] == _BOUGHT:
            if my_ask > 0.0 and price[i] >= my_ask:
                if price[i] == my_ask:
                    ask_ahead -= size[i]
                sells = price[i] > my_ask or ask_ahead < 0.0
        elif my_bid > 0.0 and price[i] <= my_bid:
            if price[i] == my_bid:
                bid_ahead -= size[i]
            buys = price[i] < my_bid or bid_ahead < 0.0
        if buys or sells:
            at, sign = (my_bid, 1.0) if buys else (my_ask, -1.0)
            fee = at * QUANTITY * FEE
            cash -= sign * at * QUANTITY + fee
            position += sign * QUANTITY
            fees += fee
            fills[count, 0] = ts[i]
            fills[count, 1] = sign
            fills[count, 2] = at
            fills[count, 3] = fee
            count += 1
            if buys:
                my_bid = 0.0
            else:
                my_ask = 0.0
    return quotes, count, position, cash + position * (b + a) / 2, fees


def main(arguments: Sequence[str]) -> None:
    import numpy as np

    file, count, runs = arguments[0], int(arguments[1]), int(arguments[2])
    events = load_ticks(file, count)
    names = ("ts", "kind", "bid", "ask", "bq", "aq", "px", "qty")
    columns = [np.ascontiguousarray(events[name]) for name in names]
    fills = np.empty((count, 4))
    seconds, result = [], (0, 0, 0.0, 0.0, 0.0)
    for _ in range(runs):
        began = time.process_time()
        result = make_market(*columns, fills)
        seconds.append(time.process_time() - began)
    quotes, filled, position, pnl, fees = result
    report(
        name="floor", events=count, seconds=seconds, quotes=quotes, fills=filled, filled=filled * QUANTITY, position=position,
        pnl=pnl, fees=fees,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
