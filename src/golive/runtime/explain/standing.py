"""How an order stands, from its rows alone: its terms, how it ended or is, what is filled of it and at what price."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from golive.model.json import JsonValue
from golive.model.live_order import AttemptResult
from golive.model.money import EXACT, format_decimal
from golive.model.order import OrderStatus

from .steps import Grid, Row, Value

REFUSED: Final = "REFUSED"
_STATUS: Final[Mapping[str, OrderStatus]] = {
    "accepted": OrderStatus.OPEN,
    "triggered": OrderStatus.OPEN,
    "amended": OrderStatus.OPEN,
    "canceled": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
    "absent": OrderStatus.ABSENT,
    "not_sent": OrderStatus.ABSENT,
    "unanswered": OrderStatus.UNKNOWN,
}
_AVERAGE_PLACES: Final = Decimal("1e-12")


class TextTerms(NamedTuple):
    """Quantity in base, price in quote; None: at the market."""

    quantity: str
    price: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Quantities in base, prices in quote, both as text; None where nothing was written about it."""

    instrument: str
    side: str
    type: str | None
    time_in_force: str | None
    quantity: str
    price: str | None
    amended_from: TextTerms | None
    """the terms it was approved with, when it has others now"""
    route: str | None
    status: str
    filled: str
    average_price: str | None
    venue_order_id: str | None
    record: Mapping[str, JsonValue] | None
    """of the decision log, when the order has ended"""


def standing_of(rows: Sequence[Row], grid: Grid) -> Standing:
    """Return how the order of these rows stands; there is at least one decision or intent among them."""
    by_table: dict[str, list[Mapping[str, Value]]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(row.values)
    intent = next(iter(by_table.get("intents", ())), None)
    decided: Mapping[str, JsonValue] = json.loads(str(by_table["decisions"][0]["risk_body"])) if "decisions" in by_table else {}
    end = next(iter(by_table.get("ends", ())), None)
    filled, average = _filled(by_table.get("fills", ()), grid)
    approved = _terms_of(decided if intent is None else intent, grid)
    now = _current_terms(rows, approved, grid)
    return Standing(
        instrument=str(decided.get("instrument") if intent is None else intent["instrument"]),
        side=str(decided.get("side") if intent is None else intent["side"]),
        type=None if intent is None else str(intent["type"]),
        time_in_force=None if intent is None else str(intent["time_in_force"]),
        quantity=now.quantity,
        price=now.price,
        amended_from=None if _amounts(now) == _amounts(approved) else approved,
        route=None if intent is None or intent.get("route") is None else str(intent["route"]),
        status=str(end["result"]).upper() if end is not None else _status(rows, intent, Decimal(filled)),
        filled=filled,
        average_price=average,
        venue_order_id=_venue_order_id(rows),
        record=None if end is None else json.loads(str(end["record"])),
    )


def _current_terms(rows: Iterable[Row], approved: TextTerms, grid: Grid) -> TextTerms:
    """Return the terms that the venue has confirmed last, by an answer to an amendment or by what it showed."""
    now, asked = approved, dict[int, TextTerms]()
    for row in rows:
        values = row.values
        if row.table == "amendments":
            asked[int(str(values["n"]))] = _terms_of(values, grid)
        elif row.table in ("answers", "amendment_answers") and values["result"] == AttemptResult.ACCEPTED:
            now = asked.get(int(str(values["n"])), now)
        elif row.table in ("facts", "order_updates") and values["event"] == "amended" and values.get("quantity") is not None:
            now = _terms_of(values, grid)
    return now


def _terms_of(values: Mapping[str, JsonValue] | Mapping[str, Value], grid: Grid) -> TextTerms:
    return TextTerms(_text_of(values, "quantity", grid) or "0", _text_of(values, "price", grid))


def _amounts(terms: TextTerms) -> tuple[Decimal | None, ...]:
    return tuple(None if each is None else Decimal(each) for each in terms)


def _status(rows: Iterable[Row], intent: Mapping[str, Value] | None, filled: Decimal) -> str:
    if intent is None:
        return REFUSED
    status, lots = OrderStatus.PLANNED, 0
    whole = int(str(intent["quantity"]))
    for row in rows:
        if row.table in ("attempts", "records"):
            status = OrderStatus.SENT if status is OrderStatus.PLANNED and _leaves(row) else status
        elif row.table == "answers":
            status = _after_answer(status, row.values.get("result"))
        elif row.table in ("facts", "order_updates"):
            status = _STATUS.get(str(row.values["event"]), status)
            quantity = row.values.get("quantity")
            whole = quantity if isinstance(quantity, int) else whole
        elif row.table == "fills":
            lots += int(str(row.values["quantity"]))
            status = OrderStatus.OPEN if status in (OrderStatus.PLANNED, OrderStatus.SENT, OrderStatus.UNKNOWN) else status
    if lots >= whole:
        return OrderStatus.FILLED.value
    is_part = filled > 0 and status is OrderStatus.OPEN
    # Sent, and nothing is known of an answer: that is what UNKNOWN means to whoever looks on.
    return OrderStatus.PARTIAL.value if is_part else (OrderStatus.UNKNOWN if status is OrderStatus.SENT else status).value


def _leaves(row: Row) -> bool:
    return row.table == "attempts" or row.values.get("event") == "order_submitted"


def _after_answer(status: OrderStatus, result: Value) -> OrderStatus:
    if result == AttemptResult.ACCEPTED and status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
        return OrderStatus.OPEN
    if result == AttemptResult.REJECTED and status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
        return OrderStatus.REJECTED
    return OrderStatus.UNKNOWN if result == AttemptResult.UNKNOWN and status is OrderStatus.SENT else status


def _filled(fills: Iterable[Mapping[str, Value]], grid: Grid) -> tuple[str, str | None]:
    quantity, paid = Decimal(0), Decimal(0)
    for fill in fills:
        part, price = Decimal(_text_of(fill, "quantity", grid) or 0), Decimal(_text_of(fill, "price", grid) or 0)
        quantity, paid = EXACT.add(quantity, part), EXACT.add(paid, EXACT.multiply(part, price))
    if not quantity:
        return "0", None
    average = (paid / quantity).quantize(_AVERAGE_PLACES, ROUND_HALF_EVEN).normalize()
    return format_decimal(quantity), format_decimal(average)


def _venue_order_id(rows: Iterable[Row]) -> str | None:
    found = [row.values["venue_order_id"] for row in rows if row.values.get("venue_order_id") is not None]
    return str(found[-1]) if found else None


def _text_of(values: Mapping[str, JsonValue] | Mapping[str, Value], name: str, grid: Grid) -> str | None:
    written, number = values.get(f"{name}_text"), values.get(name)
    for text in (written, number):
        if isinstance(text, str):
            return text
    tell = grid.quantity if name == "quantity" else grid.price
    return tell(number) if isinstance(number, int) else None
