"""What a risk snapshot asks of the venue: the instruments as they are listed, and a few looks at each order book."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_high
from typing import Final

from golive.model.clock import Clock
from golive.model.errors import VenueError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Book
from golive.model.money import format_decimal
from golive.venues.adapter import VenueAdapter

from .document import Grid, Touch

SAMPLES: Final = 3
_PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Measured:
    """What the venue said; `problem` is why it could not be asked, '' otherwise."""

    listed: Mapping[InstrumentId, Instrument] = field(default_factory=dict)
    touches: Mapping[InstrumentId, Touch] = field(default_factory=dict)
    problem: str = ""


async def measure(
    adapter: VenueAdapter,
    wanted: Sequence[InstrumentId],
    clock: Clock,
    listed: Mapping[InstrumentId, Instrument] | None = None,
) -> Measured:
    """Ask the venue, with `listed` not again for its list; never raises VenueError: what it does not answer is not known."""
    touches: dict[InstrumentId, Touch] = {}
    try:
        if listed is None:
            listed = await adapter.load()
        for instrument in (listed[each] for each in wanted if each in listed):
            touch = await _touch(adapter, instrument, clock)
            if touch is not None:
                touches[instrument.id] = touch
    except VenueError as exc:
        return Measured(listed or {}, touches, str(exc))
    return Measured(listed, touches)


async def _touch(adapter: VenueAdapter, instrument: Instrument, clock: Clock) -> Touch | None:
    """Look at the book a few times; None when a side of it was empty."""
    books: list[Book] = []
    for number in range(SAMPLES):
        if number:
            await asyncio.sleep(_PAUSE_S)
        book = await adapter.order_book(instrument, depth=5)
        if not book.bids or not book.asks:
            return None
        books.append(book)
    spreads = [(book.asks[0][0] - book.bids[0][0]) * 20_000 / (book.asks[0][0] + book.bids[0][0]) for book in books]
    return Touch(
        measured_at=clock.now(),
        samples=len(books),
        median_spread_bps=median_high(spreads),
        median_bid_quantity=instrument.quantity_text(median_high(book.bids[0][1] for book in books)),
        median_ask_quantity=instrument.quantity_text(median_high(book.asks[0][1] for book in books)),
    )


def grid_of(instrument: Instrument) -> Grid:
    return Grid(
        tick_size=format_decimal(instrument.tick_size),
        lot_size=format_decimal(instrument.lot_size),
        min_quantity=instrument.quantity_text(instrument.min_quantity),
        max_quantity=instrument.quantity_text(instrument.max_quantity),
        min_notional=instrument.quote_text(instrument.min_notional),
    )
