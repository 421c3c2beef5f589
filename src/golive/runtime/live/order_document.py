"""What `golive order` says as JSON documents, and the schemas of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonValue
from golive.model.verdict import ExitCode
from golive.observability.shape import Amount, Instant, as_json, document_schema

from .order_following import Step
from .order_list import ListedOrder
from .order_outcome import Outcome

ORDER_SCHEMA: Final = "golive.order.v1"
LIST_SCHEMA: Final = "golive.live_orders.v1"


@dataclass(frozen=True, slots=True)
class OrderTold:
    client_order_id: str
    status: str
    """an order status, `REFUSED`, or `NOT_SENT` for one that surely never left"""
    filled: str
    exit_code: ExitCode
    next: str | None
    """what happens now; null when nothing does"""
    explain: str
    """the command that tells all that is written down about the order"""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Adoption:
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LiveOrder:
    client_order_id: str | None
    """null for an adopted order that was placed without one"""
    venue_order_id: str | None
    instrument: str
    side: str | None
    """null where the venue of an adopted order does not tell, as with what follows"""
    type: str | None
    quantity: Amount | None
    price: Amount | None
    filled: Amount
    state: str
    since: Instant
    """when it was decided, or adopted"""
    adopted: Adoption | None
    """null: it was placed by us"""


@dataclass(frozen=True, slots=True)
class LiveOrders:
    entrypoint: str
    orders: tuple[LiveOrder, ...]


def order_document(outcome: Outcome, steps: Sequence[Step], explain: str) -> dict[str, JsonValue]:
    """Return outcome and steps of one command as a document."""
    told = OrderTold(
        outcome.client_order_id, outcome.status, outcome.filled, outcome.exit_code, outcome.next or None, explain, tuple(steps)
    )
    return _document(ORDER_SCHEMA, told)


def list_document(entrypoint: str, orders: Sequence[ListedOrder]) -> dict[str, JsonValue]:
    """Return the orders that have not ended as a document."""
    rows = tuple(
        LiveOrder(
            each.client_order_id or None, each.venue_order_id or None, each.instrument, each.side or None, each.type or None,
            each.quantity or None, each.price or None, each.filled, each.state, each.since,
            None if each.adopted_by is None else Adoption(each.adopted_by, each.reason),
        )
        for each in orders
    )  # fmt: skip
    return _document(LIST_SCHEMA, LiveOrders(entrypoint, rows))


def order_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the first document; every object in it is closed."""
    return document_schema(ORDER_SCHEMA, "One order by hand, step by step", OrderTold)


def list_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the second."""
    return document_schema(LIST_SCHEMA, "Live orders that have not ended", LiveOrders)


def _document(schema: str, told: OrderTold | LiveOrders) -> dict[str, JsonValue]:
    rows = as_json(told)
    assert isinstance(rows, dict)
    return {"schema": schema, **rows}
