"""What happens to orders that were sent, as the driver tells the live router. Values; nothing here acts."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import Fill, OrderUpdate


class Waited(NamedTuple):
    """The order has left the queue of its venue after this long, ns; its intent is about to become durable."""

    adapter: str
    client_order_id: ClientOrderId
    waited_ns: int


class Leaving(NamedTuple):
    """Attempt `n` is durable and leaves now; that of an amendment is on its way to the disk, and leaves if it gets there.

    `deadline_ms` is venue time, ms since the epoch.
    """

    adapter: str
    client_order_id: ClientOrderId
    n: int
    deadline_ms: int


class Answered(NamedTuple):
    """How attempt `n` ended; `code` is the venue's.

    `fallback` is set when another venue may have the order: it never left, or the rejection was for the venue's own reasons.
    A `not_processed` of attempt 1 is followed by attempt 2; one of attempt 2 comes as `rejected`.
    """

    adapter: str
    client_order_id: ClientOrderId
    n: int
    result: AttemptResult
    code: str
    detail: str
    mono: int
    """when, ns of the monotonic clock"""
    venue_order_id: VenueOrderId | None = None
    fallback: FallbackReason | None = None


class NotSent(NamedTuple):
    """The order never left, and never will: the queue was full or took too long, or the venue cannot be reached.

    `reason` None: it was held back by us (`code` says why: what `may_leave` answered), so no other venue may have it either.
    """

    adapter: str
    client_order_id: ClientOrderId
    reason: FallbackReason | None
    detail: str
    mono: int
    code: str = ""
    n: int = 0
    """the attempt that was written for it, or is about to be; 0: none"""
    deadline_ms: int = 0
    """of that attempt"""


class Seen(NamedTuple):
    """News of one order, from its stream or from a look-up, already in the order in which they are facts.

    `filled` is how many lots the venue says are filled in all, None where the source does not tell: the order has ended for
    us only when its known fills add up to that. A look-up of an order that works says `amended` with the terms the venue has
    when an amendment of it is unanswered.
    """

    adapter: str
    client_order_id: ClientOrderId
    news: tuple[Fill | OrderUpdate, ...]
    filled: int | None


class Vanished(NamedTuple):
    """It is proved that the venue does not have the order and never will; or a person has signed it (`is_signed`)."""

    adapter: str
    client_order_id: ClientOrderId
    is_signed: bool = False
    signed_by: str = ""
    """who signed; '' where nobody did, or where it was not written down"""


class Unprovable(NamedTuple):
    """What became of the order cannot be found out now; `is_final`: not by asking at all, a person must decide."""

    adapter: str
    client_order_id: ClientOrderId
    detail: str
    is_final: bool


class Withdrawn(NamedTuple):
    """The venue took a cancel (`found`), had nothing left to cancel, or could not be asked (`problem`)."""

    adapter: str
    client_order_id: ClientOrderId
    found: bool
    problem: str = ""


class Changed(NamedTuple):
    """How an amendment ended. One that no `Leaving` came before was never written down as an attempt."""

    adapter: str
    client_order_id: ClientOrderId
    n: int
    result: AttemptResult
    code: str
    detail: str


class Condition(NamedTuple):
    """What state an account is in; told whenever it changes."""

    adapter: str
    is_ready: bool
    """recovered, reconciled, journal and log alive: orders may leave"""
    why_not: str
    is_breaker_open: bool
    reconnect_required: bool
    has_failed: bool = False
    """its journal or log cannot be written: nothing leaves from here until the process is started again"""


Happening: TypeAlias = Waited | Leaving | Answered | NotSent | Seen | Vanished | Unprovable | Withdrawn | Changed | Condition
