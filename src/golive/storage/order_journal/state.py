"""What an order journal says when it is opened: the orders that have not ended, and what the account should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult
from golive.model.order import Fill, NewOrder, OrderUpdate


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt; `result` None: its answer is not known here, so the order may be at the venue."""

    n: int
    deadline_ms: int
    result: AttemptResult | None
    code: str


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order that has not ended, with all that was written about it, in order."""

    intent: NewOrder
    """with the terms of its last amendment that the venue took"""
    route: str
    epoch: int
    decision_seq: int
    planned_at: int
    """wall clock of the decision, ns UTC: before it the order cannot exist"""
    attempts: tuple[StoredAttempt, ...]
    """() = it never left"""
    facts: tuple[OrderUpdate, ...]
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class JournalState:
    """What is loaded at the start."""

    epoch: int
    """of this opening: higher than that of any before"""
    orders: Mapping[ClientOrderId, StoredOrder]
    """those that have not ended"""
    count: int
    """of all intents ever"""
    baseline: Mapping[str, Decimal] | None
    """what the account held when its baseline was taken, by asset; None: it was never taken"""
    booked: Mapping[str, Decimal]
    """what fills and fees since then have added, by asset"""
    notes: Mapping[str, JsonObject] = field(default_factory=dict)
    """the newest note of each `event:subject`, as `left:<venue order id>`; subject = the body's `subject`, else `event` alone"""
