"""A digest of everything a compiled book does with a flow: `python -m support.kernel_digest SEED OPERATIONS` prints it."""

from __future__ import annotations

import hashlib
import sys

from golive.matching.kernel_book import KernelBook
from golive.model.order import Side
from support.order_flow import OrderFlow


def digest(seed: int, operations: int) -> str:
    """Return SHA-256 over the result of each operation and the levels after it."""
    book = KernelBook(remembers_taken=True, estimates_queue=True, room=4)
    state = hashlib.sha256()
    for operation in OrderFlow(seed, is_broken=True).take(operations):
        state.update(repr((operation.apply(book), [book.levels(side, 50) for side in Side])).encode())
    return state.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1]), int(sys.argv[2])))
