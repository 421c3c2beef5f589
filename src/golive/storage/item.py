"""What a session writes down: the items of a group commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from golive.model.command import Record
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.order import Fill, OrderUpdate


@dataclass(frozen=True, slots=True)
class EventItem:
    """One event as the engine received it, for replay. Need not be durable at once."""

    seq: int
    """1, 2, 3 … without gaps, given by the session"""
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class RecordItem:
    """One record of the decision journal; with a verdict it is a risk decision and, when approved, an intent or an amendment."""

    record: Record


@dataclass(frozen=True, slots=True)
class FillItem:
    """One fill; the same fill twice is kept once, a different one under the same id is an error."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class OrderUpdateItem:
    """A fact about one of our orders as it came in; an order's status is its facts run through `orders/`."""

    update: OrderUpdate


@dataclass(frozen=True, slots=True)
class AttemptItem:
    """Attempt `n` of an order is about to be sent with this deadline (wall clock, ms).

    1 and 2 send the order itself; 3 and above are its approved amendments in order, each with one attempt.
    """

    client_order_id: ClientOrderId
    n: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """What came back on attempt `n`."""

    client_order_id: ClientOrderId
    n: int
    answer: str


@dataclass(frozen=True, slots=True)
class LifecycleItem:
    """The session was resumed, or ended in order; `ts` is wall clock, ns UTC, `epoch` that of the lease."""

    event: Literal["resumed", "ended"]
    ts: int
    epoch: int
    body: JsonObject


Item: TypeAlias = EventItem | RecordItem | FillItem | OrderUpdateItem | AttemptItem | AnswerItem | LifecycleItem
