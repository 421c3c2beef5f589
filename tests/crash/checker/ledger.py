"""What the venue says happened: its own ledger, as its control route gives it out."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from .terms import Terms, terms_at_venue

Fill: TypeAlias = tuple[Decimal, Decimal, Decimal, str]
"""price, quantity, fee, fee asset"""


@dataclass(frozen=True)
class VenueOrder:
    """One order the venue accepted."""

    client_order_id: str
    venue_order_id: str
    terms: Terms
    filled: Decimal
    state: str
    """`live`, `partially_filled`, `filled` or `canceled`"""
    fills: tuple[Fill, ...]

    @property
    def is_working(self) -> bool:
        return self.state not in ("filled", "canceled")

    @property
    def end(self) -> str:
        """How the order ended, in the words of the bot's journal; empty while it works."""
        if self.state == "filled":
            return "filled"
        if self.state == "canceled":
            return "partial" if self.filled else "canceled"
        return ""


@dataclass(frozen=True)
class Ledger:
    """Every order, by the client order id it was placed with."""

    orders: Mapping[str, tuple[VenueOrder, ...]]

    @property
    def count(self) -> int:
        return sum(len(orders) for orders in self.orders.values())


def read_ledger(path: Path) -> Ledger:
    """Read a ledger that the rig wrote to a file."""
    by_id: defaultdict[str, list[VenueOrder]] = defaultdict(list)
    for row in json.loads(path.read_text())["orders"]:
        order = _order(row)
        by_id[order.client_order_id].append(order)
    return Ledger({name: tuple(orders) for name, orders in by_id.items()})


def _order(row: Mapping[str, Any]) -> VenueOrder:
    fills = tuple(_fill(fill) for fill in row["fills"])
    if sum((fill[1] for fill in fills), Decimal()) != Decimal(row["filled"]):
        raise ValueError(f"the ledger contradicts itself: fills of {row['venue_order_id']} do not add up")
    return VenueOrder(
        row["client_order_id"], row["venue_order_id"], terms_at_venue(row), Decimal(row["filled"]), row["state"], fills
    )


def _fill(row: Mapping[str, Any]) -> Fill:
    return Decimal(row["price"]), Decimal(row["quantity"]), Decimal(row["fee"]), str(row["fee_asset"])


def surplus(booked: tuple[Fill, ...], there: tuple[Fill, ...]) -> tuple[int, int]:
    """Return how many fills are booked that the venue does not have, and how many it has that are not booked."""
    ours, theirs = Counter(booked), Counter(there)
    return (ours - theirs).total(), (theirs - ours).total()
