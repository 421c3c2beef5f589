"""What an account writes down about its orders: the items of a group commit, each durable before the effect it precedes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from golive.model.decision import Approved, Refused
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, OrderUpdate

FIRST_AMENDMENT = 3
"""attempts 1 and 2 send the order itself, 3 and above are its amendments, one attempt each"""


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """A risk decision; of an approved order its intent too, and with a deadline its first attempt: one transaction.

    With `amendment` the verdict is about new terms of an order that is there, and that attempt's number.
    """

    verdict: Approved | Refused
    ts: int
    """wall clock of the decision, ns UTC"""
    mono: int
    """monotonic clock of the decision, ns"""
    route: str = ""
    deadline_ms: int | None = None
    """venue time, ms since the epoch; None: it does not leave now"""
    amendment: int | None = None
    reference_price: str | None = None
    """decimal text: what a market order's notional was judged at"""


@dataclass(frozen=True, slots=True)
class AttemptItem:
    """Attempt `n` is about to leave; when, its answer says, since it waits for the disk and for its turn at the venue's door."""

    client_order_id: ClientOrderId
    n: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """How attempt `n` ended; `detail` is text for people, at most a few hundred characters."""

    client_order_id: ClientOrderId
    n: int
    result: AttemptResult
    code: str
    detail: str
    venue_order_id: VenueOrderId | None = None
    ts: int = field(kw_only=True)
    """wall clock when the answer was there, ns UTC"""
    mono: int = field(kw_only=True)
    """monotonic clock then, ns"""
    left_mono: int | None = field(default=None, kw_only=True)
    """monotonic clock when the attempt was let out, ns; None: it never left, or nobody knows when"""


@dataclass(frozen=True, slots=True)
class FactItem:
    """What the venue says happened to an order, fills excepted."""

    update: OrderUpdate


@dataclass(frozen=True, slots=True)
class FillItem:
    """One fill; the same fill twice is kept once, another one under the same id is an error."""

    fill: Fill


@dataclass(frozen=True, slots=True)
class EndItem:
    """The order has ended; `record` is the body of its record in the decision log."""

    client_order_id: ClientOrderId
    result: OrderResult
    record: JsonObject


@dataclass(frozen=True, slots=True)
class NoteItem:
    """Anything durable that is not about one order's life.

    Events: `opened`, `ready`, `baseline`, `adopted`, `left`, `canceled_foreign`, `absence_signed`, `balance_accepted`,
    `reappeared`, `equity`, `track_record`, `throttled`, `rearmed`, `symbol_frozen`, `symbol_released`,
    `degraded_to_paper`, `fell_back`, `switch_armed`, `emergency_mode_activated`, `emergency_mode_cleared`, `closed`. A `baseline`
    has `balances` (decimal text by asset), an `adopted` order the `client_order_id` under which its facts and fills come, if they
    are kept.
    """

    event: str
    body: JsonObject
    operator: str


Item: TypeAlias = DecidedItem | AttemptItem | AnswerItem | FactItem | FillItem | EndItem | NoteItem
