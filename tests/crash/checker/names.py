"""Ids, codes and integers: whose order an id of the venue is, which answers let an order leave once more, and that ticks, lots and units say what the texts beside them say."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from .finding import Findings
from .journal import connect
from .ledger import Ledger, Units
from .terms import symbol_of

ASSET_SCALE = 8
"""least decimals of an asset's smallest unit"""


NOT_PROCESSED: Mapping[str, tuple[str, ...]] = {
    "okx": ("50011",),
    "kraken": ("EAPI:Rate limit exceeded",),
    "bybit": (),
}
"""codes that are documented so: the order was not processed, it may be sent once more"""


class Amount(NamedTuple):
    """An integer and the text beside it."""

    where: str
    symbol: str
    kind: str
    """`price` or `quantity`"""
    integer: int | None
    text: str | None


def check_ids(path: Path, ledger: Ledger, foreign: frozenset[str], findings: Findings) -> None:
    """Demand of each id in answers and facts that the venue has that order under our id, by that id."""
    shown = {name: {order.shown_as for order in orders} for name, orders in ledger.orders.items() if name not in foreign}
    ours = frozenset[str]().union(*shown.values())
    looked_at = 0
    with closing(connect(path)) as connection:
        for table in ("answers", "facts"):
            for seq, name, there in connection.execute(
                f"SELECT seq, client_order_id, venue_order_id FROM {table} WHERE venue_order_id IS NOT NULL AND venue_order_id != ''"
            ):
                looked_at += 1
                if name not in foreign and there not in shown.get(name, {there} - ours):
                    findings.add("wrong_id", f"{name}: row {seq} of {table} has {there}, the venue {sorted(shown.get(name, ()))}")
    findings.looked_at["venue_ids"] = looked_at


def check_codes(path: Path, venue: str, findings: Findings) -> None:
    """Demand of each second attempt that the first was answered with a code after which `venue` takes the order once more."""
    with closing(connect(path)) as connection:
        for name, code in connection.execute(
            "SELECT w.client_order_id, w.code FROM answers AS w JOIN attempts AS a ON a.client_order_id = w.client_order_id"
            " WHERE a.n = 2 AND w.n = 1"
        ):
            if code not in NOT_PROCESSED[venue]:
                findings.add("sent_again", f"{name}: a second attempt after {code!r}, which is not documented as not processed")


def check_integers(path: Path, ledger: Ledger, findings: Findings) -> None:
    """Compare each price, quantity and fee with its text.

    What a tick and a lot are the ledger says, of an instrument that it has an order of; of any other they are the same in all rows.
    """
    steps: dict[tuple[str, str], Decimal] = {}
    for symbol, units in ledger.units.items():
        steps |= {(symbol, "price"): units.tick, (symbol, "quantity"): units.lot}
    with closing(connect(path)) as connection:
        for amount in _amounts(connection):
            if (amount.integer is None) != (amount.text is None):
                findings.add("other_terms", f"{amount.where}: {amount.kind} {amount.integer} stands as {amount.text}")
            if amount.integer is None or amount.text is None:
                continue
            step = steps.setdefault((amount.symbol, amount.kind), Decimal(amount.text) / (amount.integer or 1))
            if amount.integer * step != Decimal(amount.text):
                what = f"{amount.where}: {amount.kind} {amount.integer} stands as {amount.text}, one is {step}"
                findings.add("other_terms", what)
        for seq, instrument, fee, asset, text in connection.execute(
            "SELECT seq, instrument, fee, fee_asset, fee_text FROM fills"
        ):
            known = ledger.units.get(symbol_of(instrument))
            if known is not None and Decimal(fee).scaleb(-_scale(symbol_of(instrument), asset, known)) != Decimal(text):
                findings.add("other_terms", f"fills {seq}: fee {fee} stands as {text} {asset}")


def _amounts(connection: sqlite3.Connection) -> list[Amount]:
    found = []
    symbols: defaultdict[str, str] = defaultdict(str)
    for table in ("intents", "fills"):
        for seq, name, instrument, *values in connection.execute(
            f"SELECT seq, client_order_id, instrument, price, price_text, quantity, quantity_text FROM {table}"
        ):
            symbols[name] = symbol_of(instrument)
            found += _pair(f"{table} {seq}", symbols[name], *values)
    for seq, name, *values in connection.execute(
        "SELECT seq, client_order_id, price, price_text, quantity, quantity_text FROM amendments"
    ):
        found += _pair(f"amendments {seq}", symbols[name], *values)
    return found


def _pair(where: str, symbol: str, price: int | None, price_text: str | None, quantity: int, quantity_text: str) -> list[Amount]:
    return [Amount(where, symbol, "price", price, price_text), Amount(where, symbol, "quantity", quantity, quantity_text)]


def _scale(symbol: str, asset: str, units: Units) -> int:
    """Return the decimals of an asset's smallest unit: as many as a lot, or a tick of a lot, needs."""
    base, _, quote = symbol.partition("/")
    tick, lot = (max(0, -int(step.normalize().as_tuple().exponent)) for step in units)
    return max(ASSET_SCALE, {base: lot, quote: tick + lot}.get(asset, 0))
