"""How fast a recorded feed becomes a tape: our decoder, beside a plain one (json and Decimal) and beside reading alone.

With `GOLIVE_RECORDED_DATA` the real recording there, otherwise one made here. Rates count level statements of depth updates
and snapshots, and trades; best bids and offers are decoded too, and not counted. Decompression is not part of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from golive.market.feed import Recording, decode
from golive.market.tape import book_at_end
from golive.model.instrument import Instrument

GOAL = 5_000_000
RECORDING = "binance-spot_btcusdt_2024-08-08_feed.gz"
INSTRUMENT = Instrument.from_text(
    "binance:BTC/USDT", tick_size="0.01", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9000"
)
_STEPS = {"price": Decimal("0.01"), "quantity": Decimal("0.00000001")}


def recorded() -> tuple[str, bytes]:
    """Return the real recording, or a made one of the same shape and size."""
    folder = os.environ.get("GOLIVE_RECORDED_DATA")
    if folder:
        return "recorded", gzip.decompress((Path(folder) / RECORDING).read_bytes())
    return "made", _made(3450, 37, 8, 3)


def _made(updates: int, levels: int, quotes: int, trades: int) -> bytes:
    rng, lines, sequence, trade_id, ms = random.Random(5), [], 0, 0, 1_723_161_253_937

    def price(away: int) -> str:
        return f"{61_000 + away / 100:.8f}"

    def level(away: int) -> list[str]:
        return [price(away), f"{rng.choice((0, rng.random())):.8f}"]

    def put(stream: str, data: dict[str, object]) -> None:
        document = {"stream": f"btcusdt@{stream}", "data": data} if stream else data
        lines.append(f"{ms * 1_000_000 + len(lines)} {json.dumps(document, separators=(',', ':'))}\n")

    sides = {"bids": [level(-n) for n in range(1, 1001)], "asks": [level(n) for n in range(1, 1001)]}
    put("", {"lastUpdateId": 0, **sides})
    for _ in range(updates):
        ms += 100
        bids, asks = (sorted(rng.sample(range(1, 5000), levels // 2)) for _ in "ba")
        data = {"e": "depthUpdate", "E": ms, "s": "BTCUSDT", "U": sequence + 1, "u": sequence + 9}
        put("depth@100ms", {**data, "b": [level(-n) for n in bids], "a": [level(n) for n in asks]})
        sequence += 9
        for _ in range(quotes):
            put("bookTicker", {"u": sequence, "s": "BTCUSDT", "b": price(-1), "B": "1.5", "a": price(1), "A": "2.50000000"})
        for _ in range(trades):
            trade_id += 1
            named = {"e": "trade", "E": ms, "s": "BTCUSDT", "t": trade_id, "p": price(1), "q": "0.02000000", "T": ms}
            put("trade", {**named, "m": rng.random() < 0.5, "M": True})
    return "".join(lines).encode()


def plainly(raw: bytes) -> int:
    """Decode with json and Decimal into whole steps, and count level statements and trades."""
    count = 0
    for line in raw.splitlines():
        document = json.loads(line.partition(b" ")[2])
        data = document.get("data", document)
        levels = [*data.get("bids", ()), *data.get("asks", ())]
        if data.get("e") == "depthUpdate":
            levels = [*data["b"], *data["a"]]
        elif data.get("e") == "trade":
            levels = [[data["p"], data["q"]]]
        elif "B" in data:
            _steps(data["b"], data["B"])
            _steps(data["a"], data["A"])
        for price, quantity in levels:
            _steps(price, quantity)
        count += len(levels)
    return count


def _steps(price: str, quantity: str) -> tuple[int, int]:
    return int(Decimal(price) / _STEPS["price"]), int(Decimal(quantity) / _STEPS["quantity"])


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def print_feed(*, rounds: int = 7, quick: bool = False) -> None:
    kind, raw = recorded()
    decoded: list[Recording] = [decode([raw], INSTRUMENT)]
    tape = decoded[0].book_tape()
    count = plainly(raw)
    compact = gzip.compress(raw, 6)
    book_at_end(tape)
    seconds: dict[str, list[float]] = {"decode": [], "plain": [], "inflate": [], "tape": [], "replay": []}
    for n in range(3 if quick else rounds):
        seconds["decode"].append(_cpu_s(lambda: decoded.append(decode([raw], INSTRUMENT))))
        seconds["inflate"].append(_cpu_s(lambda: gzip.decompress(compact)))
        seconds["tape"].append(_cpu_s(decoded[-1].book_tape))
        seconds["replay"].append(_cpu_s(lambda: book_at_end(tape)))
        if n < 2:
            seconds["plain"].append(_cpu_s(lambda: plainly(raw)))
        del decoded[1:]
    median = {name: statistics.median(values) for name, values in seconds.items()}
    decode_rate, plain_rate = count / median["decode"], count / median["plain"]
    plain = f"json and Decimal {plain_rate:,.0f}"
    ratio, megabytes = f"{decode_rate / plain_rate:>7.1f}x", len(raw) / 1e6
    print(f"{f'{kind} feed: levels and trades/s (CPU)':<52} {decode_rate:>16,.0f}  {f'>= {GOAL:,}':>12}  {plain:>28}  {ratio}")
    inflate = f"gzip alone {megabytes / median['inflate']:,.0f}"
    print(f"{f'{kind} feed: MB/s decoded':<52} {megabytes / median['decode']:>16,.0f}  {'':>12}  {inflate:>28}")
    print(f"{f'{kind} feed: put in order as a tape, rows/s':<52} {len(tape) / median['tape']:>16,.0f}")
    print(f"{f'{kind} feed: through the book, rows/s':<52} {len(tape) / median['replay']:>16,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    print_feed(rounds=chosen.rounds, quick=chosen.quick)


if __name__ == "__main__":
    main()
