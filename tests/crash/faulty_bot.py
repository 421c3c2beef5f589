"""The product's bot with one bug planted, so that the proof can be seen to fail: `python -m crash.faulty_bot --bug NAME …`.

`early`: an order leaves before its intent is durable (as without waiting for the fsync). `resend`: an order without an answer is
sent again. `undecided`: an order leaves whose decision and intent were never written. `twice`: a fill is booked twice.
`hasty`: an order is taken for absent at the first look that does not find it. `frozen`: an account that was stopped for longer
than its lease goes on sending.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Mapping
from typing import Any

from crash import bot
from golive.model.decision import Approved
from golive.model.errors import OutcomeUnknown
from golive.model.ids import FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Fill
from golive.runtime.live.parts import Parts
from golive.runtime.live.pen import Pen, Pending
from golive.storage.order_journal import DecidedItem, Item
from golive.storage.order_journal.lease import AccountLease
from golive.venues.dialect import Lookup
from golive.venues.lookup import Resolver
from golive.venues.trading import TradingClient

LATE_S = 0.02


def early() -> None:
    def begin(self: Pen, *items: Item) -> Pending:
        asyncio.get_running_loop().call_later(LATE_S, lambda: self.write(*items))
        return _done()

    Pen.begin = begin  # type: ignore[method-assign]


def _done() -> Pending:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    done.set_result(None)
    return Pending(done, loop.time() + 1)


def resend() -> None:
    submit = TradingClient.submit

    async def again(
        self: TradingClient,
        approved: Approved,
        instrument: Instrument,
        attempts: Any,
        *,
        deadline_ms: Any = None,
        landed: Any = None,
    ) -> VenueOrderId:
        try:
            return await submit(self, approved, instrument, attempts, deadline_ms=deadline_ms, landed=landed)
        except OutcomeUnknown:
            return await submit(self, approved, instrument, attempts, deadline_ms=self.new_deadline_ms())

    TradingClient.submit = again  # type: ignore[method-assign]


def undecided() -> None:
    begin, count = Pen.begin, itertools.count(1)

    def forgetful(self: Pen, *items: Item) -> Pending:
        return _done() if isinstance(items[0], DecidedItem) and not next(count) % 5 else begin(self, *items)

    Pen.begin = forgetful  # type: ignore[method-assign]


def twice() -> None:
    book = Parts.book

    def doubly(self: Parts, fill: Fill) -> None:
        book(self, fill)
        book(self, fill._replace(fill_id=FillId(fill.fill_id.venue, f"{fill.fill_id.trade_id}0")))

    Parts.book = doubly  # type: ignore[method-assign]


def hasty() -> None:
    async def first_look(self: Resolver, client_order_id: Any, instrument: Instrument, settled_ms: int, since_ms: int) -> Lookup:
        return await self.lookup(client_order_id, instrument, since_ms)

    Resolver.resolve = first_look  # type: ignore[method-assign]


def frozen() -> None:
    AccountLease.check = lambda self: None  # type: ignore[method-assign]
    AccountLease.renew = lambda self: None  # type: ignore[method-assign]


BUGS: Mapping[str, Callable[[], None]] = {each.__name__: each for each in (early, resend, undecided, twice, hasty, frozen)}


def main(arguments: list[str]) -> int:
    """Plant the bug, then run the bot with what remains."""
    at = arguments.index("--bug")
    name = arguments[at + 1]
    BUGS[name]()
    return bot.main(arguments[:at] + arguments[at + 2 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
