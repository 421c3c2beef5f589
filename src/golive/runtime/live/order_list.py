"""The orders of accounts that have not ended, adopted ones too, as their journals have them; no venue is asked.

It is read beside whoever trades.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from golive.config.resolved import ResolvedEntrypoint
from golive.model.live_order import AttemptResult
from golive.model.money import EXACT, format_decimal
from golive.storage.keys import SigningKeys
from golive.storage.order_journal import JournalPlace, JournalRow
from golive.storage.order_journal.row import Value
from golive.storage.order_journal.sound import sound_journal

from .adopted_record import AdoptedOrder, adopted_orders


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """One order; texts as the journal has them."""

    client_order_id: str
    """of an adopted order the one it was placed with, '' for none"""
    venue_order_id: str
    instrument: str
    side: str
    type: str
    quantity: str
    price: str
    filled: str
    state: str
    """the newest event the venue told; until it has told one `not_sent`, `sent`, or the answer, such as `unknown`"""
    since: int
    """wall clock of the decision, or of the consent to an adoption, ns UTC"""
    adopted_by: str | None = None
    """who has adopted it; None: it was placed by us"""
    reason: str = ""
    """why it was adopted"""


def unended_orders(
    home: Path, accounts: Iterable[ResolvedEntrypoint], url: str | None, keys: SigningKeys | None
) -> tuple[ListedOrder, ...]:
    """Return the orders of these entrypoints' accounts that have not ended; of each account ours first, oldest first.

    An account that never had a journal has none. Raises JournalError for a journal that is lost or is not what was written.
    """
    places = [JournalPlace(home, each.exchange, each.adapter, each.keychain_key, each.environment, url) for each in accounts]
    return tuple(order for place in places for order in orders_at(place, keys))


def orders_at(place: JournalPlace, keys: SigningKeys | None) -> tuple[ListedOrder, ...]:
    """Return the same of one account."""
    with sound_journal(place, keys) as journal:
        if journal is None:
            return ()
        ours = [_listed(rows) for rows in journal.orders()]
        adopted = [_adopted(order) for order in adopted_orders(journal.notes_on_foreign_orders()) if not order.is_over]
    return (*ours, *adopted)


def _adopted(order: AdoptedOrder) -> ListedOrder:
    return ListedOrder(
        order.client_order_id,
        order.venue_order_id,
        order.instrument,
        order.side or "",
        "" if order.price is None else "limit",
        order.quantity or "",
        order.price or "",
        order.filled,
        order.state,
        order.adopted_at,
        order.adopted_by,
        order.reason,
    )


def _listed(rows: tuple[JournalRow, ...]) -> ListedOrder:
    """Make one line of everything that was written about an order; the first row is its intent."""
    intent = rows[0].values
    terms, asked, venue_order_id, state, told, filled = _Terms.of(intent), {}, "", "not_sent", "", Decimal(0)
    for row in rows[1:]:
        values = row.values
        if row.table == "amendments":
            asked[values["n"]] = _Terms.of(values)
        elif row.table == "attempts" and state == "not_sent":
            state = "sent"
        elif row.table == "answers":
            if values["n"] in asked:
                terms = asked[values["n"]] if values["result"] == AttemptResult.ACCEPTED else terms
            else:
                state = str(values["result"])
        elif row.table == "facts":
            terms = terms.as_the_venue_has_it(values["price"], values["quantity"]) if values["event"] == "amended" else terms
            told = str(values["event"]) if not filled or values["event"] != "accepted" else told
        elif row.table == "fills":
            filled, told = EXACT.add(filled, Decimal(str(values["quantity_text"]))), "partially_filled"
        venue_order_id = str(values.get("venue_order_id") or venue_order_id)
    return ListedOrder(
        str(intent["client_order_id"]),
        venue_order_id,
        str(intent["instrument"]),
        str(intent["side"]),
        str(intent["type"]),
        format_decimal(terms.quantity * terms.lot),
        "" if terms.price is None else format_decimal(terms.price * terms.tick),
        format_decimal(filled),
        told or state,
        int(str(intent["ts"])),
    )


@dataclass(frozen=True, slots=True)
class _Terms:
    """Quantity and price, in lots and ticks, and how much one of each is."""

    quantity: int
    lot: Decimal
    price: int | None
    tick: Decimal

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> _Terms:
        quantity, price = int(values["quantity"] or 0), None if values["price"] is None else int(values["price"])
        lot = EXACT.divide(Decimal(str(values["quantity_text"])), quantity)
        return cls(quantity, lot, price, EXACT.divide(Decimal(str(values["price_text"])), price) if price else Decimal(0))

    def as_the_venue_has_it(self, price: Value, quantity: Value) -> _Terms:
        return replace(
            self,
            price=self.price if price is None else int(price),
            quantity=self.quantity if quantity is None else int(quantity),
        )
