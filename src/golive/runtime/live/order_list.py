"""The orders of an account that have not ended, adopted ones too, as its journal has them; no venue is asked.

It is read beside whoever trades.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from golive.config.resolved import ResolvedEntrypoint
from golive.model.money import EXACT, format_decimal
from golive.storage.order_journal import JournalPlace, JournalRow
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.reader import OrderJournalReader

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
    """`not_sent`, `sent`, `unknown`, or the newest event the venue told"""
    since: int
    """wall clock of the decision, or of the consent to an adoption, ns UTC"""
    adopted_by: str | None = None
    """who has adopted it; None: it was placed by us"""
    reason: str = ""
    """why it was adopted"""


def unended_orders(home: Path, entrypoint: ResolvedEntrypoint, url: str | None) -> tuple[ListedOrder, ...]:
    """Return the orders of the entrypoint's account that have not ended, ours first, oldest first; () without a journal.

    Raises JournalError for a journal that cannot be read.
    """
    place = JournalPlace(home, entrypoint.exchange, entrypoint.adapter, entrypoint.keychain_key, entrypoint.environment, url)
    if url is None and not place.path.exists():
        return ()
    with closing(OrderJournalReader(open_for_reading(place))) as reader:
        ours = [_listed(reader.order(name)) for name in reader.not_ended()]
        adopted = [_adopted(order) for order in adopted_orders(reader.notes_on_foreign_orders()) if not order.is_over]
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
    """Make one line of everything that was written about an order."""
    terms: dict[str, str] = {}
    venue_order_id, state, filled, since = "", "not_sent", Decimal(0), 0
    for row in rows:
        values = row.values
        if row.table == "intents":
            since = int(str(values["ts"]))
        if row.table in ("intents", "amendments"):
            terms |= {name: str(value) for name, value in values.items() if value is not None}
        elif row.table == "attempts":
            state = "sent"
        elif row.table == "answers":
            state = str(values["result"])
        elif row.table == "facts":
            state = str(values["event"])
        elif row.table == "fills":
            filled = EXACT.add(filled, Decimal(str(values["quantity_text"])))
            state = "partially_filled"
        venue_order_id = str(values.get("venue_order_id") or venue_order_id)
    return ListedOrder(
        terms.get("client_order_id", ""),
        venue_order_id,
        terms.get("instrument", ""),
        terms.get("side", ""),
        terms.get("type", ""),
        terms.get("quantity_text", ""),
        terms.get("price_text", ""),
        format_decimal(filled),
        state,
        since,
    )
