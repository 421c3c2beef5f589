"""What an order was to be and what it is: as risk allowed it, as it was intended, and as the venue has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple


class Terms(NamedTuple):
    """The terms of one order; prices and quantities compare as numbers, so `1.0` is `1`."""

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal | None
    """None: whatever the market gives"""
    type: str = ""
    """`limit` or `market`; empty where only the price says it, as in a decision"""
    time_in_force: str = ""
    """of a limit order"""

    @property
    def decided(self) -> Terms:
        """What risk decides of it."""
        return self._replace(type="", time_in_force="")


def terms_of_decision(body: str) -> Terms:
    """Return the terms in the body of a decision."""
    row = json.loads(body)
    return Terms(symbol_of(row["instrument"]), row["side"], Decimal(row["quantity"]), _number(row["price"]))


def terms_of_intent(instrument: str, side: str, quantity: str, price: str | None, order_type: str, time_in_force: str) -> Terms:
    """Return the terms of an intent, from the columns of its row."""
    good_for = time_in_force if order_type == "limit" else ""
    return Terms(symbol_of(instrument), side, Decimal(quantity), _number(price), order_type, good_for)


def terms_at_venue(row: Mapping[str, Any]) -> Terms:
    """Return the terms of an order in the venue's ledger. ValueError for one whose size is a budget: the bot places none."""
    if row["quote_budget"]:
        raise ValueError(f"order {row['venue_order_id']} was placed for {row['quote_budget']} of quote, not for a quantity")
    good_for = row["time_in_force"] if row["type"] == "limit" else ""
    return Terms(row["symbol"], row["side"], Decimal(row["quantity"]), _number(row["price"]), row["type"], good_for)


def symbol_of(instrument: str) -> str:
    """Return `BTC/USDT` of `okx:BTC/USDT`."""
    return instrument.partition(":")[2]


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
