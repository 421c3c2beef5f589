"""Up to when journal and venue agreed last: the next start reads the venue's lists back to then, and not further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.json import JsonObject
from golive.storage.order_journal import NoteItem

NOTHING_BEFORE: Final = 2**62
"""a time after all others: of each list the newest page is enough"""
_EVENT: Final = "ready"


def agreement(venue_ts: int, operator: str) -> NoteItem:
    """Return the note that journal and venue agreed up to this market time of the venue, ns."""
    return NoteItem(_EVENT, {"venue_ts": str(venue_ts)}, operator)


def last_agreed_at(notes: Mapping[str, JsonObject]) -> int | None:
    """Return the venue's market time at which journal and venue agreed last, ns; None: they never did."""
    text = notes.get(_EVENT, {}).get("venue_ts")
    return int(text) if isinstance(text, str) else None
