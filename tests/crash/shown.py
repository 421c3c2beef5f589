"""What the venue's interface calls the orders and fills that its ledger numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from simvenue.kraken.txid import ORDER, TRADE, txid

Row: TypeAlias = Mapping[str, Any]

_ORDERS: Mapping[str, Callable[[Row], str]] = {
    "okx": lambda order: order["venue_order_id"],
    "bybit": lambda order: order["venue_order_id"],
    "kraken": lambda order: txid(ORDER, int(order["venue_order_id"])),
}
_FILLS: Mapping[str, Callable[[Row, Row], str]] = {
    "okx": lambda order, fill: f"{order['symbol'].replace('/', '-')}/{fill['trade_id']}",  # unique among those of an instrument
    "bybit": lambda _, fill: fill["bill_id"],
    "kraken": lambda _, fill: txid(TRADE, int(fill["bill_id"])),
}


def as_shown(venue: str, order: Row) -> dict[str, Any]:
    """Return an order of the ledger with `shown_as`, its id in the dialect of `venue`, in it and in each of its fills."""
    fills = [{**fill, "shown_as": _FILLS[venue](order, fill)} for fill in order["fills"]]
    return {**order, "shown_as": _ORDERS[venue](order), "fills": fills}
