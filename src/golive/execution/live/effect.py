"""What the live router asks its driver for, in order. The router never waits and never acts.

The driver (`runtime/live/`) owns the accounts: their journals, their venues and their clocks. It answers with the
happenings of `happening.py`, one for each thing that was asked.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.live_order import FallbackReason, OrderResult, Priority
from golive.model.order import Fill, OrderUpdate


class Place(NamedTuple):
    """Let the order wait for its venue, then make decision, intent and first attempt durable in one transaction, then send it.

    When its turn has come, `LiveExecutionRouter.may_leave` is asked: meanwhile it may have been canceled or its symbol frozen.
    Answered by `Waited`, then `Leaving` and `Answered` for each attempt, or by `NotSent` alone.
    """

    adapter: str
    approved: Approved
    route: str
    priority: Priority
    budget_ms: int
    """what one attempt may take, from leaving the queue to the venue's answer"""
    decided_mono: int
    """when risk had decided, ns of the monotonic clock: the beginning of `live_execution_latency_seconds`"""


class Change(NamedTuple):
    """Amend a working order: decision durable, one attempt. Answered by `Changed`."""

    adapter: str
    approved: Approved
    n: int
    """number of the attempt among all of the order; 3 is its first amendment"""
    decided_mono: int


class Withdraw(NamedTuple):
    """Cancel an order at the venue that has it, or may have it. Answered by `Withdrawn`; the order's end comes as news."""

    adapter: str
    client_order_id: ClientOrderId


class Ask(NamedTuple):
    """Find out what became of an order; it may be asked for again while it is being asked about.

    Answered by `Seen` or `Vanished`, or by `Unprovable`, which is not final while the driver goes on asking.
    """

    adapter: str
    client_order_id: ClientOrderId
    terms: bool = False
    """an amendment may have been made: a working order's terms are to be told, once it can take place no more"""


class Refuse(NamedTuple):
    """Make a refusal durable in the account's journal; answered by nothing."""

    adapter: str
    refused: Refused
    ts: int


class Keep(NamedTuple):
    """Make a venue's fact about an order durable; answered by nothing, nobody waits for it."""

    adapter: str
    news: Fill | OrderUpdate


class Conclude(NamedTuple):
    """The order has ended, and is covered by its fills: write its end and its record of the decision log."""

    adapter: str
    client_order_id: ClientOrderId
    result: OrderResult
    record: JsonObject
    """body of type `order`: CONTRACT "Decision log" """


class Forget(NamedTuple):
    """The router has let go of an order that ended long ago: what comes of it now is the journal's. Answered by nothing."""

    adapter: str
    client_order_id: ClientOrderId


class Distrust(NamedTuple):
    """What is booked contradicts what the venue tells: the account takes no orders until it is started anew and agrees."""

    adapter: str
    why: str


class Reroute(NamedTuple):
    """An order went to another venue under a new client order id and a risk decision of its own; for who follows orders."""

    original: ClientOrderId
    approved: Approved
    from_adapter: str
    to_adapter: str
    reason: FallbackReason


class Note(NamedTuple):
    """Make something that is not about one order durable: `degraded_to_paper`, `symbol_frozen`, `symbol_released`, …"""

    adapter: str
    """'' = every account"""
    event: str
    body: JsonObject


Effect: TypeAlias = Place | Change | Withdraw | Ask | Refuse | Keep | Conclude | Forget | Distrust | Reroute | Note | Alert
