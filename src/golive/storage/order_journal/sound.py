"""An order journal looked into beside its writer, of which nothing is shown that is not what was written."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId

from ..keys import SigningKeys
from .book import Book
from .database import NoJournal
from .lease import used_up_to
from .opening import check_facts, facts_of, load_from, open_for_reading, refuse_lost
from .place import JournalPlace
from .reader import OrderJournalReader
from .row import JournalRow, decode, encode, named, row_mac
from .seal import read_sealed
from .verify import SEAL_TRIES

_OF_BOOK: Final = frozenset({"intents", "amendments", "attempts", "answers", "facts", "fills"})


class SoundJournal:
    """One moment of a journal. Its methods raise JournalError for rows that are not what was written."""

    def __init__(self, reader: OrderJournalReader, book: Book, key: bytes) -> None:
        self._reader = reader
        self._book = book
        self._key = key

    def orders(self) -> Iterator[tuple[JournalRow, ...]]:
        """Yield what was written about each order that has not ended, oldest first, without the decisions."""
        names = self._reader.not_ended()
        if set(names) != self._book.orders.keys():
            raise self._changed("the orders that have not ended are not those that were written")
        for name in names:
            yield self._rows(name)

    def notes_on_foreign_orders(self) -> tuple[JournalRow, ...]:
        """Return the notes on orders that were not placed by us, as `OrderJournalReader` has them."""
        rows = tuple(self._reader.notes_on_foreign_orders())
        newest = {f"{row.values['event']}:{row.values['subject']}": row.seq for row in rows}
        kept = {
            key: decode(note)[1] for key, note in self._book.notes.items() if key.startswith(("adopted:", "canceled_foreign:"))
        }
        if newest != kept:
            raise self._changed("the notes on orders of others are not those that were written")
        for row in rows:
            there = self._reader.database.row(row.seq)
            if there is None or not hmac.compare_digest(
                row_mac(self._key, there.previous, encode(there.table, there.seq, there.values)), there.mac
            ):
                raise self._changed(f"{row.table} seq {row.seq}: bad mac, the row is not what was written")
        return rows

    def _rows(self, name: ClientOrderId) -> tuple[JournalRow, ...]:
        rows = tuple(row for row in self._reader.order(name) if row.table in _OF_BOOK)
        written = tuple(named(seq, table, values) for table, seq, values in map(decode, self._book.orders[name]))
        if rows != written:
            raise self._changed(f"order {name}: its rows are not what was written")
        return rows

    def _changed(self, what: str) -> JournalError:
        where = self._reader.database.where
        return JournalError(f"{where}: {what}; look into it, then restore journal and seal from one backup")


@contextmanager
def sound_journal(place: JournalPlace, keys: SigningKeys | None) -> Iterator[SoundJournal | None]:
    """Open the journal of an account beside whoever writes it; None for an account that never had one.

    Its newest seal and the rows after it are verified. Raises JournalError as an opening for writing does.
    """
    if place.url is None and not place.path.exists():
        refuse_lost(place, "is gone", used_up_to(place.lock))
        yield None
        return
    if keys is None:
        raise JournalError(f"{place.home}: the keys that tell whether {place.log_id} is what was written are not at hand")
    for tries in range(SEAL_TRIES, 0, -1):
        # The seal is read first: it must not be newer than what is seen of the journal.
        sealed = read_sealed(place.seal, place.log_id, keys.seal_keys)
        try:
            database = open_for_reading(place)
        except NoJournal:
            refuse_lost(place, "is gone", used_up_to(place.lock))
            yield None
            return
        with closing(OrderJournalReader(database)) as reader:
            is_newest = database.last_sealed() <= (0 if sealed is None else sealed.seal.last_seq)
            if is_newest or place.url is not None or tries == 1:
                check_facts(database, facts_of(place, keys))
                if database.row(1) is None:
                    refuse_lost(place, "is empty", used_up_to(place.lock))
                yield SoundJournal(reader, load_from(database, place, keys, sealed).book, keys.mac_key)
                return
