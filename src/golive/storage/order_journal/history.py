"""What the limits that count ask an order journal for: what was allowed and executed a moment ago, and every fill since a row.

Journals are long and limits look back for minutes, so rows are read from the newest on, a page at a time, until a whole page is
older than what is wanted: rows stand in the order in which they were written, and that is nearly that of their times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from golive.model.order import Fill, NewOrder, OrderType

from .database import Database
from .loading import fill_of, intent_of
from .schema import COLUMNS

PAGE: Final = 256
_INTENT: Final = COLUMNS["intents"]
_FILL: Final = COLUMNS["fills"]
_INTENTS: Final = f"SELECT seq, ts, {', '.join(_INTENT)} FROM intents WHERE seq < ? ORDER BY seq DESC LIMIT {PAGE}"  # noqa: S608 (names of ours; values are bound)
_AMENDMENTS: Final = f"""SELECT a.seq, a.ts, a.quantity, a.price, {", ".join(f"i.{name}" for name in _INTENT)}
    FROM amendments AS a JOIN intents AS i ON i.client_order_id = a.client_order_id
    WHERE a.seq < ? ORDER BY a.seq DESC LIMIT {PAGE}"""  # noqa: S608 (names of ours; values are bound)
_FIRST_FILLS: Final = f"""SELECT f.seq, {", ".join(f"f.{name}" for name in _FILL)} FROM fills AS f
    WHERE f.seq < ? AND NOT EXISTS (SELECT 1 FROM fills AS e WHERE e.client_order_id = f.client_order_id AND e.seq < f.seq)
    ORDER BY f.seq DESC LIMIT {PAGE}"""  # noqa: S608 (names of ours; values are bound)
_FILLS: Final = f"""SELECT f.seq, i.type, {", ".join(f"f.{name}" for name in _FILL)}
    FROM fills AS f LEFT JOIN intents AS i ON i.client_order_id = f.client_order_id
    WHERE f.seq > ? ORDER BY f.seq LIMIT {PAGE}"""  # noqa: S608 (names of ours; values are bound)
_LAST_DECISION: Final = "SELECT decision_seq FROM decisions ORDER BY seq DESC LIMIT 1"
_BEYOND: Final = 1 << 53


class Allowed(NamedTuple):
    """An order that was allowed, or new terms that were allowed for one."""

    ts: int
    """wall clock of the decision, ns UTC"""
    order: NewOrder


class Booked(NamedTuple):
    """A fill as it stands in the journal, with its amounts as exact decimal text, whatever the instrument's grid is today."""

    seq: int
    fill: Fill
    type: OrderType | None
    """of its order; None: an adopted one, which is not known"""
    price: str
    quantity: str
    fee: str


class OrderHistory:
    """Asks an open journal; whatever is not sound about it was found when it was opened. Raises JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def allowed(self, since: int) -> list[Allowed]:
        """Return the orders and amendments that were allowed at `since` (ns UTC) or later, oldest first.

        Those that have never left are among them.
        """
        # Any: the columns' types are those of the tables.
        found = [Allowed(row[1], intent_of(_row(_INTENT, row[2:]))) for row in self._newest(_INTENTS, since)]
        for _, ts, quantity, price, *intent in self._newest(_AMENDMENTS, since):
            found.append(Allowed(ts, intent_of(_row(_INTENT, intent))._replace(quantity=quantity, price=price)))
        return sorted(found, key=lambda each: each.ts)

    def first_fills(self, since: int) -> list[Fill]:
        """Return of each order that was first executed at `since` (ns UTC) or later that first fill, oldest first."""
        place = 1 + _FILL.index("ts")
        fills = [fill_of(_row(_FILL, row[1:])) for row in self._newest(_FIRST_FILLS, since, place)]
        return sorted(fills, key=lambda fill: fill.ts)

    def fills_after(self, seq: int) -> Iterator[Booked]:
        """Yield the fills above a sequence, in order."""
        while True:
            page = list(self._database.select(_FILLS, (seq,)))
            for number, kind, *values in page:
                row = _row(_FILL, values)
                texts = (row["price_text"], row["quantity_text"], row["fee_text"])
                yield Booked(number, fill_of(row), None if kind is None else OrderType(kind), *texts)
            if len(page) < PAGE:
                return
            seq = page[-1][0]

    def last_decision(self) -> int:
        """Return the sequence of the newest decision; 0 when there is none."""
        return int(next(self._database.select(_LAST_DECISION), (0,))[0])

    def _newest(self, query: str, since: int, place: int = 1) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, newest first, whose time stands at `place` and is not before `since`."""
        below = _BEYOND
        while True:
            page = list(self._database.select(query, (below,)))
            recent = [row for row in page if row[place] >= since]
            yield from recent
            if len(page) < PAGE or not recent:
                return
            below = page[-1][0]


def _row(columns: tuple[str, ...], values: Any) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))
