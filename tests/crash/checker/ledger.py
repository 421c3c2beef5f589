"""What the venue says happened: its own ledger, as its control route gives it out."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from .terms import Terms, terms_at_venue


class Fill(NamedTuple):
    """One fill, as the venue or as the bot has it."""

    trade_id: str
    """as the venue's interface shows it"""
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    liquidity: str
    ts: int
    """ns since 1970"""


class Units(NamedTuple):
    """What one tick and one lot are."""

    tick: Decimal
    lot: Decimal


@dataclass(frozen=True)
class VenueOrder:
    """One order the venue accepted."""

    client_order_id: str
    venue_order_id: str
    shown_as: str
    """its id, as the venue's interface shows it"""
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

    venue: str
    orders: Mapping[str, tuple[VenueOrder, ...]]
    units: Mapping[str, Units]
    """by symbol; of those that have an order"""

    @property
    def count(self) -> int:
        return sum(len(orders) for orders in self.orders.values())


def read_ledger(path: Path) -> Ledger:
    """Read a ledger that the rig wrote to a file."""
    by_id: defaultdict[str, list[VenueOrder]] = defaultdict(list)
    document = json.loads(path.read_text())
    for row in document["orders"]:
        order = _order(row)
        by_id[order.client_order_id].append(order)
    units = {row["symbol"]: Units(Decimal(row["tick_size"]), Decimal(row["lot_size"])) for row in document["orders"]}
    if "start" in document:
        _compare_balances(document)
    return Ledger(document["venue"], {name: tuple(orders) for name, orders in by_id.items()}, units)


def _compare_balances(document: Mapping[str, Any]) -> None:
    """Demand that each account holds what it began with and what its orders' fills and fees made of it."""
    held = {name: {asset: Decimal(text) for asset, text in document["start"].items()} for name in document["balances"]}
    for row in document["orders"]:
        account = held[row["account"]]
        base, _, quote = row["symbol"].partition("/")
        sign = 1 if row["side"] == "buy" else -1
        for fill in row["fills"]:
            account[base] += sign * Decimal(fill["quantity"])
            account[quote] -= sign * Decimal(fill["quantity"]) * Decimal(fill["price"])
            account[fill["fee_asset"]] -= Decimal(fill["fee"])
    for name, assets in document["balances"].items():
        there = {asset: Decimal(row["total"]) for asset, row in assets.items()}
        if different := {asset for asset in held[name] | there if held[name].get(asset, 0) != there.get(asset, 0)}:
            raise ValueError(f"the ledger contradicts itself: {sorted(different)} of {name} are not what its fills made of them")


def _order(row: Mapping[str, Any]) -> VenueOrder:
    fills = tuple(_fill(fill) for fill in row["fills"])
    if sum((fill.quantity for fill in fills), Decimal()) != Decimal(row["filled"]):
        raise ValueError(f"the ledger contradicts itself: fills of {row['venue_order_id']} do not add up")
    return VenueOrder(
        row["client_order_id"], row["venue_order_id"], row["shown_as"], terms_at_venue(row), Decimal(row["filled"]), row["state"],
        fills,
    )  # fmt: skip


def _fill(row: Mapping[str, Any]) -> Fill:
    amounts = Decimal(row["price"]), Decimal(row["quantity"]), Decimal(row["fee"])
    return Fill(row["shown_as"], *amounts, row["fee_asset"], row["liquidity"], int(row["ts"]))


def surplus(booked: tuple[Fill, ...], there: tuple[Fill, ...]) -> tuple[int, int]:
    """Return how many fills are booked that the venue does not have, and how many it has that are not booked."""
    ours, theirs = Counter(booked), Counter(there)
    return (ours - theirs).total(), (theirs - ours).total()
