"""Which book a market gets: the rules follow from its source, plain or compiled is the operator's choice."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from golive.matching.book import OrderBook
from golive.matching.price_time import PriceTimeBook

RULES = 2
"""raised whenever the same operations may lead to other fills, so that no state file is replayed into another past"""


class BookKind(StrEnum):
    """Both match alike, event for event. Compiled costs about a second and 110 MB at the start, and saves half of a step."""

    PLAIN = "plain"
    COMPILED = "compiled"


def book_maker(kind: BookKind, *, states_depth: bool) -> Callable[[], PriceTimeBook]:
    """Return what makes an empty book; compiled code is loaded, if need be compiled, here and not at the first order.

    `states_depth`: the source tells the depth of a book that goes on by itself, not a ladder put up around each candle. What
    clients took of it is then not offered again while it is merely restated, and a trade at the price of a resting order
    fills it when its turn has come, as in paper execution.
    """
    if kind is BookKind.PLAIN:
        return lambda: OrderBook(remembers_taken=states_depth, estimates_queue=states_depth)
    from golive.matching.kernel_book import KernelBook
    from golive.matching.warm import warm

    warm()
    return lambda: KernelBook(remembers_taken=states_depth, estimates_queue=states_depth)
