"""A local book equals a plain dictionary of levels after any sequence of updates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from golive.model.instrument import Instrument
from golive.venues.local_book import LocalBook

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.001", max_quantity="1000")
LEVELS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3)), max_size=6)


@given(st.lists(st.tuples(LEVELS, LEVELS), max_size=20), st.integers(1, 8))
def test_the_view_is_the_best_levels_of_a_plain_dictionary(updates: list[tuple[list[tuple[int, int]], ...]], depth: int) -> None:
    book, bids, asks = LocalBook(BTC, depth), dict[int, int](), dict[int, int]()
    for bid_changes, ask_changes in updates:
        book.update(bid_changes, ask_changes)
        for side, changes in ((bids, bid_changes), (asks, ask_changes)):
            for ticks, lots in changes:
                side.pop(ticks, None)
                if lots:
                    side[ticks] = lots
        view = book.view(1)
        assert view.bids == tuple(sorted(bids.items(), reverse=True)[:depth])
        assert view.asks == tuple(sorted(asks.items())[:depth])
        assert book.is_crossed == bool(bids and asks and max(bids) >= min(asks))
