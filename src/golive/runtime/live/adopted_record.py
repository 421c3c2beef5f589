"""Orders that a person has adopted, as the notes of their account's journal have them: consent, fills, end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from golive.model.ids import VenueOrderId
from golive.model.json import JsonObject
from golive.storage.order_journal import JournalRow

ADOPTED: Final = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedOrder:
    """Quantities in base, price in quote, as text; None where the venue did not tell."""

    venue_order_id: VenueOrderId
    client_order_id: str
    """under which it was placed; '' for none"""
    instrument: str
    side: str | None
    quantity: str | None
    price: str | None
    filled: str
    end: str
    """how it ended; '' while it works, or where the venue does not tell it any more"""
    is_over: bool
    adopted_at: int
    """wall clock, ns UTC"""
    adopted_by: str
    reason: str
    notes: tuple[JournalRow, ...]
    """all about it, in order; the first is the consent"""

    @property
    def state(self) -> str:
        """Return how it stands, in the words of an order journal."""
        if self.is_over:
            return self.end or "ended"
        return "accepted" if self.filled == "0" else "partially_filled"


def adopted_orders(notes: Iterable[JournalRow]) -> Iterator[AdoptedOrder]:
    """Yield each adopted order among notes on foreign orders, in the order of the consents."""
    found: dict[str, list[JournalRow]] = {}
    for row in notes:
        subject = str(row.values["subject"])
        if subject in found:
            found[subject].append(row)
        elif row.values["event"] == ADOPTED:
            found[subject] = [row]
    for subject, rows in found.items():
        yield _adopted(VenueOrderId(subject), tuple(rows))


def _adopted(venue_order_id: VenueOrderId, rows: tuple[JournalRow, ...]) -> AdoptedOrder:
    consent, now = rows[0].json("body"), [row.json("body") for row in rows if row.values["event"] == ADOPTED][-1]
    return AdoptedOrder(
        venue_order_id=venue_order_id,
        client_order_id=str(consent.get("foreign_client_order_id") or ""),
        instrument=str(consent["instrument"]),
        side=_text(consent, "side"),
        quantity=_text(consent, "quantity"),
        price=_text(consent, "price"),
        filled=str(now["filled"]),
        end=str(now["end"]),
        is_over=now["is_over"] is True,
        adopted_at=int(str(rows[0].values["ts"])),
        adopted_by=str(rows[0].values["operator"]),
        reason=str(consent.get("reason", "")),
        notes=rows,
    )


def _text(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    return None if value is None else str(value)
