"""Both ends of a fallback: what was sent to another venue instead of an order, and what an order was sent instead of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

from golive.model.errors import GoliveError
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.row import JournalRow

from .archive import Archive
from .journal_witness import rows_testimony, seal_of
from .places import Match
from .story import Rerouted, Testimony
from .witnesses import testimony

FELL_BACK: Final = "fell_back"
MAY_GO_ELSEWHERE: Final = frozenset({"REJECTED", "NOT_SENT", "ABSENT"})
"""how an order can have ended that was sent to another venue; an order that works or is filled was not"""


def origin(rows: Iterable[JournalRow]) -> Rerouted | None:
    """Return what the order of these rows was sent instead of; None: it was the first."""
    for row in rows:
        if row.table == "notes" and row.values["event"] == FELL_BACK:
            body = row.json("body")
            return Rerouted(client_order_id=str(body["original"]), venue=str(body["from"]), reason=str(body["reason"]))
    return None


def destination(match: Match, archive: Archive, keys: SigningKeys | None) -> tuple[Rerouted | None, list[Testimony]]:
    """Return what was sent instead of an order by the journals of the other accounts, and which of them cannot be believed."""
    found: Rerouted | None = None
    doubts: list[Testimony] = []
    for path in archive.places.journals():
        if path == match.path:
            continue
        try:
            seal = seal_of(path, keys, archive.url)
            with closing(archive.places.journal(path)) as reader:
                for row in _instead_of(match.client_order_id, reader.fallbacks()):
                    body = row.json("body")
                    name, reason = str(body["client_order_id"]), str(body["reason"])
                    found = Rerouted(client_order_id=name, venue=reader.facts["adapter"], reason=reason)
                    said = rows_testimony(reader.database, [row], keys, seal)
                    doubts.extend([said] if said.state != "ok" else [])
        except GoliveError as exc:
            doubts.append(testimony("journal", "unknown", "elsewhere_unread", problem=str(exc)))
    return found, doubts


def _instead_of(order: str, notes: Iterable[JournalRow]) -> Iterator[JournalRow]:
    return (row for row in notes if row.json("body").get("original") == order)
