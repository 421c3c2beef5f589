"""µs an operation of the compiled book and of the plain one, called from Python; and how long compiled code takes to be there."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable

from golive.matching.book import BookOrder, OrderBook
from golive.matching.kernel_book import KernelBook
from golive.matching.price_time import PriceTimeBook
from golive.model.order import Side, TimeInForce

from .process import Run, run

OPERATIONS = 20_000
_BEST, _LEVELS, _LOTS = 50_000, 100, 10**9


def _deep(book: PriceTimeBook) -> PriceTimeBook:
    bids = [(_BEST - n, _LOTS) for n in range(_LEVELS)]
    book.set_depth(bids, [(_BEST + 1 + n, _LOTS) for n in range(_LEVELS)])
    return book


def _rest_and_cancel(book: PriceTimeBook, count: int) -> None:
    for n in range(1, count + 1):
        book.submit(BookOrder(n, "a", Side.BUY, _BEST - n % 50, 10))
        book.cancel(n)


def _take(book: PriceTimeBook, count: int) -> None:
    for n in range(1, count + 1):
        book.submit(BookOrder(n, "a", Side.BUY, _BEST + 1, 10), TimeInForce.IOC)


def _one_level(book: PriceTimeBook, count: int) -> None:
    for n in range(count):
        book.set_depth([(_BEST - n % 50, _LOTS + n % 7)], [])


def _forty_levels(book: PriceTimeBook, count: int) -> None:
    statements = [
        ([(_BEST - n, _LOTS + k) for n in range(20)], [(_BEST + 1 + n, _LOTS + k) for n in range(20)]) for k in range(7)
    ]
    for n in range(count // 40):
        book.set_depth(*statements[n % 7])


def _print(book: PriceTimeBook, count: int) -> None:
    book.submit(BookOrder(1, "a", Side.BUY, _BEST, 10**6))
    for n in range(count):
        book.trade_through(Side.SELL, _BEST, 1 + n % 3)


def _best(book: PriceTimeBook, count: int) -> None:
    for _ in range(count):
        book.best(Side.BUY)


WORK: dict[str, Callable[[PriceTimeBook, int], None]] = {
    "rest an order and cancel it": _rest_and_cancel,
    "take from the best level": _take,
    "state one level": _one_level,
    "state 40 levels, a level": _forty_levels,
    "print at the price of a resting order": _print,
    "best price": _best,
}


def _us(work: Callable[[PriceTimeBook, int], None], book: PriceTimeBook, count: int) -> float:
    _deep(book)
    began = time.process_time()
    work(book, count)
    return (time.process_time() - began) / count * 1e6


def warm_start(cache: str) -> Run:
    """Return the run of a process that has every entry of the kernel compiled or loaded, then ends."""
    return run([sys.executable, "-m", "golive.matching.warm"], {**os.environ, "GOLIVE_CACHE_DIR": cache})


def print_kernel(*, rounds: int = 5, quick: bool = False) -> None:
    count, options = OPERATIONS // 5 if quick else OPERATIONS, {"remembers_taken": True, "estimates_queue": True}
    for what, work in WORK.items():
        _us(work, KernelBook(**options), 1000)
        pairs = [(_us(work, KernelBook(**options), count), _us(work, OrderBook(**options), count)) for _ in range(rounds)]
        ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{f'book: {what}, µs':<52} {ours:>16.2f}  {'':>12}  {f'plain book {plain:.2f}':>28}  {ours / plain:>7.2f}x")
    with tempfile.TemporaryDirectory() as cache:
        cold = warm_start(cache)
        warm = sorted((warm_start(cache) for _ in range(3)), key=lambda each: each.cpu_s)[1]
    floor = run([sys.executable, "-c", "import numba"])
    print(f"{'kernel compiled, first process ever, CPU s':<52} {cold.cpu_s:>16.2f}")
    ratio, floor_text = f"{warm.cpu_s / floor.cpu_s:>7.1f}x", f"import numba {floor.cpu_s:.2f}"
    print(f"{'kernel loaded, every later process, CPU s':<52} {warm.cpu_s:>16.2f}  {'':>12}  {floor_text:>28}  {ratio}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print_kernel(rounds=chosen.rounds, quick=chosen.quick)


if __name__ == "__main__":
    main()
