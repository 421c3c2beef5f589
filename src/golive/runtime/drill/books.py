"""What venues have and what we have, compared: in memory while a desk trades, in the order journals when it has ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from golive.model.ids import ClientOrderId
from golive.readiness.resilience import timeline
from golive.readiness.resilience.said import Said
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.reader import OrderJournalReader
from golive.venues.registry import profile_named

from ..live.desk import IN_FLIGHT, LiveDesk
from .plan import journal_of

Row = Mapping[str, Any]
"""an order as `GET /sim/v1/orders` tells it"""


def executed(venues: Iterable[Iterable[Row]]) -> list[str]:
    """Return the client order id of every order of which a venue has executed something, as often as venues have it."""
    return [str(row["client_order_id"]) for rows in venues for row in rows if Decimal(row["filled"]) > 0]


def agrees(desk: LiveDesk, adapter: str, rows: Sequence[Row], asked: Collection[str], said: Sequence[Said]) -> bool:
    """Say whether each of the orders `asked` has ended in our books, with just what the venue has executed of it."""
    moved = timeline.reroutes(said)
    ours = {each for order in asked for each in (order, moved.get(order, order))}
    filled = {str(row["client_order_id"]): Decimal(row["filled"]) for row in rows}
    lot = next(iter(desk.instruments(adapter).values())).lot_size
    label = profile_named(adapter).label
    for name in map(ClientOrderId, ours):
        if not desk.router.knows(name) or desk.router.order(name).intent.instrument.venue != label:
            if name in filled:
                return False
            continue
        order = desk.router.order(name)
        if order.status in IN_FLIGHT or order.filled * lot != filled.get(name, Decimal(0)):
            return False
    return True


def missing_since(home: Path, venues: Mapping[str, Iterable[Row]], asked_at: Mapping[str, int], began: int) -> int | None:
    """Return when the oldest order was asked that a venue has and our journal has not, whole with its fills; None: none.

    One that nobody asked counts from `began`. Monotonic ns. Blocks for the disk; raises JournalError.
    """
    lost = []
    for adapter, rows in venues.items():
        with closing(OrderJournalReader(open_for_reading(journal_of(home, adapter)))) as reader:
            lost += [asked_at.get(str(row["client_order_id"]), began) for row in rows if not _has(reader, row)]
    return min(lost, default=None)


def _has(reader: OrderJournalReader, row: Row) -> bool:
    """Say whether the journal has the order, and fills of it that come to just what the venue executed, in lots."""
    name = ClientOrderId(row["client_order_id"])
    booked = sum(int(str(each.values["quantity"])) for each in reader.order(name) if each.table == "fills")
    return reader.has_intent(name) and bool(booked * Decimal(row["lot_size"]) == Decimal(row["filled"]))
