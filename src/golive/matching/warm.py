"""Compile the kernel ahead of time, so that nothing that uses it waits for the compiler: `python -m golive.matching.warm`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Final

from golive.model.order import Side, TimeInForce

from .book import BookOrder
from .compiled import Compiled, cache_folder, compiles
from .kernel import growth, level, match, order, statement, tape
from .kernel.layout import new_book
from .kernel_book import KernelBook

ENTRIES: Final[tuple[Compiled[..., Any], ...]] = (
    match.submit,
    match.cancel,
    match.reduce,
    match.offers,
    statement.set_depth,
    statement.set_level,
    statement.print_trade,
    level.best_price,
    level.levels,
    level.quantity_at,
    level.orders_at,
    order.ahead_of,
    growth.copy,
    tape.replay,
)
"""what Python code calls, or what strategies are compiled against"""


def load() -> None:
    """Have the book ready in this process: from disk in a fraction of a second, when it is warm."""
    _exercise_book(lambda: KernelBook(remembers_taken=True, estimates_queue=True, room=1))


def warm() -> float:
    """Call every entry of the kernel once, so that all of it is compiled and on disk; return the seconds that took."""
    began = time.perf_counter()
    load()
    _exercise_tape()
    return time.perf_counter() - began


def _exercise_book(new: Callable[[], KernelBook]) -> None:
    book = new()
    book.set_depth([(99, 5)], [])
    book.replace_depth([(99, 5), (98, 1)], [(101, 5), (102, 5)])
    book.submit(BookOrder(1, "warm", Side.BUY, 99, 4))
    book.submit(BookOrder(2, "warm", Side.BUY, 101, 1), TimeInForce.FOK)
    book.reduce(1, 2)
    book.trade_through(Side.SELL, 99, 6)
    book.order(1)
    book.cancel(1)
    list(book.offers(Side.BUY, None))
    book.best(Side.BUY)
    book.levels(Side.SELL, 1)
    book.quantity_at(Side.BUY, 99)
    book.orders_at(Side.BUY, 99)


def _exercise_tape() -> None:
    import numpy as np

    rows: Any = np.array([[1, 1], [tape.BEST + tape.MORE, tape.BEST], [1, -1], [99, 101], [5, 5]])
    ts, kind, side, price, quantity = rows
    fills: Any = np.empty((4, tape.FILL_COLUMNS), dtype=np.int64)
    tape.replay(new_book(4, 4), ts, kind, side, price, quantity, 0, 2, fills)


def report() -> str:
    """Return how long `warm` took and, of each entry, whether it was compiled or loaded."""
    if not compiles():
        return "nothing to do: NUMBA_DISABLE_JIT is set"
    seconds = warm()
    stats: list[Any] = [entry.compiled.stats for entry in ENTRIES]  # type: ignore[attr-defined]
    loaded = sum(1 for stat in stats if stat.cache_hits)
    place = cache_folder() or "memory only: no cache folder can be written"
    return f"{len(ENTRIES)} entries of the kernel: {len(ENTRIES) - loaded} compiled, {loaded} loaded in {seconds:.2f} s ({place})"


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
