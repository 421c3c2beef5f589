"""An order that was not placed by us and that a person has adopted, at an open desk: canceled by the venue's id."""

from __future__ import annotations

from collections.abc import Callable

from golive.execution.reconciliation import NOTES, Choice
from golive.model.errors import VenueError
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.order import OrderStatus
from golive.model.verdict import ExitCode
from golive.storage.order_journal import NoteItem
from golive.venues.account_reads import AccountReads

from .agreement import NOTHING_BEFORE
from .desk import LiveDesk
from .order_following import Step
from .order_outcome import Outcome
from .parts import Parts
from .reconcile_consent import StillWorks, canceled
from .reconcile_views import Books


def working_adopted(desk: LiveDesk, name: str) -> tuple[Parts, VenueOrderId, InstrumentId] | None:
    """Return the account and the instrument of the adopted order of this venue's id, unless it is over."""
    order_id = VenueOrderId(name)
    for account in desk.plan.accounts:
        known = Books.of(desk.stored(account.adapter)).consents.adopted.get(order_id)
        if known is not None and not known.is_over:
            return desk.account(account.adapter).parts, order_id, known.instrument
    return None


async def cancel_adopted(
    desk: LiveDesk, parts: Parts, order_id: VenueOrderId, key: InstrumentId, say: Callable[[Step], None]
) -> tuple[Outcome, list[Step]]:
    """Write down that it is to be canceled, cancel it once, and read back until it is gone.

    A fault of the venue from there on is an outcome (exit 6): the cancel may have left.
    """
    instrument = parts.instruments[key]
    steps: list[Step] = []

    def told(step: Step) -> None:
        steps.append(step)
        say(step)

    body = {"subject": order_id, "kind": "adopted", "instrument": str(key), "detail": "golive order cancel"}
    await parts.pen.durable(NoteItem(NOTES[Choice.CANCEL], dict(body), desk.plan.operator))
    told(Step("cancel", f"cancel of adopted order {order_id} is asked for; it may still be filled before that arrives"))
    try:
        await canceled(parts.client, order_id, [instrument])
        reads = AccountReads(parts.account.profile, parts.adapter.connection.path)
        ended = await reads.closed_orders(instrument, lambda newest: NOTHING_BEFORE)
    except VenueError as exc:
        told(Step("unproved", f"it is not proved that {order_id} works no more: {exc}"))
        return _unproved(order_id, exc), steps
    seen = next((each for each in ended if each.venue_order_id == order_id), None)
    status = "CANCELED" if seen is None else str(seen.status)
    told(Step("ended", f"{order_id} works at the venue no more"))
    filled = "0" if seen is None else f"{instrument.quantity_text(seen.filled)} {instrument.base}"
    outcome = Outcome(
        client_order_id=ClientOrderId(order_id), status=status, filled=filled, exit_code=ExitCode.OK,
        next="what it has traded is booked by the next start: run golive reconcile",
    )  # fmt: skip
    return outcome, steps


def _unproved(order_id: VenueOrderId, fault: VenueError) -> Outcome:
    works = isinstance(fault, StillWorks)
    return Outcome(
        client_order_id=ClientOrderId(order_id), status=str(OrderStatus.OPEN if works else OrderStatus.UNKNOWN), filled="0",
        exit_code=ExitCode.UNKNOWN,
        next=(
            "its cancel was sent, and it still works: cancel it again" if works
            else f"its cancel may have reached the venue, and what became of it is not known ({fault}): cancel it again"
        ),
    )  # fmt: skip
