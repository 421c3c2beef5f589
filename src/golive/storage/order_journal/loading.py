"""From rows back to values: the state that a journal is opened with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side, TimeInForce

from .book import Book
from .item import FIRST_AMENDMENT
from .row import decode, named
from .schema import COLUMNS
from .state import JournalState, StoredAttempt, StoredOrder


def state_of(book: Book) -> JournalState:
    """Return what a start has to know."""
    orders = (stored_order(rows) for rows in book.orders.values())
    return JournalState(
        epoch=book.epoch,
        orders={order.intent.client_order_id: order for order in orders},
        count=book.count,
        baseline=None if book.baseline is None else dict(book.baseline),
        booked={asset: amount for asset, amount in book.booked.items() if amount != Decimal(0)},
        notes={key: _body(encoded) for key, encoded in book.notes.items()},
    )


def stored_order(rows: Iterable[bytes]) -> StoredOrder:
    """Return an order from its encoded rows, in order; the first is its intent."""
    # Any: the columns' types are those of the STRICT tables.
    decoded: list[tuple[str, dict[str, Any]]] = [(row.table, dict(row.values)) for row in (_named(encoded) for encoded in rows)]
    first = decoded[0][1]
    terms = intent_of(first)
    most = terms.quantity
    attempts: dict[int, StoredAttempt] = {}
    amendments: dict[int, dict[str, Any]] = {}
    facts: list[OrderUpdate] = []
    fills: list[Fill] = []
    for table, row in decoded[1:]:
        if table == "amendments":
            amendments[row["n"]] = row
        elif table == "attempts":
            attempts[row["n"]] = StoredAttempt(row["n"], row["deadline_ms"], None, "")
        elif table == "answers":
            result = AttemptResult(row["result"])
            attempts[row["n"]] = StoredAttempt(row["n"], attempts[row["n"]].deadline_ms, result, row["code"])
            if row["n"] >= FIRST_AMENDMENT and result is AttemptResult.ACCEPTED:
                terms = _amended(terms, amendments[row["n"]])
        elif table == "facts":
            facts.append(fact_of(row))
            if row["event"] == "amended":
                terms = _amended_by_venue(terms, facts[-1])
        elif table == "fills":
            fills.append(fill_of(row))
        most = max(most, terms.quantity)
    filled = sum(fill.quantity for fill in fills)
    if terms.quantity < filled <= most:  # amended to less than was filled by then, which finished it
        terms = terms._replace(quantity=filled)
    return StoredOrder(
        intent=terms,
        route=first["route"],
        epoch=first["epoch"],
        decision_seq=first["decision_seq"],
        planned_at=first["ts"],
        attempts=tuple(attempts.values()),
        facts=tuple(facts),
        fills=tuple(fills),
    )


def intent_of(row: dict[str, Any]) -> NewOrder:
    """Return the order as it was approved, from its row of `intents`."""
    return NewOrder(
        ClientOrderId(row["client_order_id"]), InstrumentId.parse(row["instrument"]), Side(row["side"]), OrderType(row["type"]),
        row["quantity"], row["price"], TimeInForce(row["time_in_force"]), row["signal_id"], row["trigger_price"], row["trail"],
        row["expires_at"],
    )  # fmt: skip


def fact_of(row: dict[str, Any]) -> OrderUpdate:
    """Return a venue's fact from its row of `facts`."""
    venue_order = None if row["venue_order_id"] is None else VenueOrderId(row["venue_order_id"])
    return OrderUpdate(
        ClientOrderId(row["client_order_id"]), row["ts"], row["event"], venue_order, row["code"], row["price"], row["quantity"]
    )


def fill_of(row: dict[str, Any]) -> Fill:
    """Return a fill from its row of `fills`."""
    return Fill(
        FillId(row["venue"], row["trade_id"]), ClientOrderId(row["client_order_id"]), InstrumentId.parse(row["instrument"]),
        row["ts"], Side(row["side"]), row["price"], row["quantity"], row["fee"], row["fee_asset"], Liquidity(row["liquidity"]),
    )  # fmt: skip


def _amended(order: NewOrder, terms: dict[str, Any]) -> NewOrder:
    return order._replace(
        quantity=terms["quantity"], price=terms["price"], trigger=terms["trigger_price"], trail=terms["trail"],
        expires_at=terms["expires_at"],
    )  # fmt: skip


def _amended_by_venue(order: NewOrder, fact: OrderUpdate) -> NewOrder:
    price = order.price if fact.price is None else fact.price
    return order._replace(price=price, quantity=order.quantity if fact.quantity is None else fact.quantity)


def _named(encoded: bytes) -> Any:
    table, seq, values = decode(encoded)
    return named(seq, table, values)


def _body(encoded: bytes) -> JsonObject:
    _, _, values = decode(encoded)
    body: JsonObject = json.loads(str(values[COLUMNS["notes"].index("body")]))
    return body
