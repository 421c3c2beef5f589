"""A person's consent about one difference: looked up in the table, made durable, and only then acted on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from golive.execution.reconciliation import (
    NOTES,
    Choice,
    Consents,
    Difference,
    DifferenceKind,
    JournalView,
    VenueOrder,
    VenueView,
    adoption,
)
from golive.model.clock import SECOND
from golive.model.errors import JournalError, PrerequisiteMissing, VenueUnavailable
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.money import EXACT, format_decimal
from golive.storage.order_journal import NoteItem
from golive.venues.account_reads import AccountReads
from golive.venues.adapter import VenueAdapter
from golive.venues.dialect import OrderSighting
from golive.venues.trading import TradingClient

from .account_journal import AccountJournal
from .agreement import NOTHING_BEFORE, last_agreed_at
from .order_account import EQUITY
from .plan import AccountPlan, LivePlan
from .reconcile_views import Books, fills_of, read_venue

ROUNDS: Final = 10
PAUSE_S: Final = 0.2
"""between looking whether a canceled order is gone, longer each round"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person agrees to."""

    choice: Choice
    subject: str
    reason: str = ""


class StillWorks(VenueUnavailable):
    """The cancel of an order was sent, and the venue shows the order as working all the same."""


class NotOffered(PrerequisiteMissing):
    """The table has no such difference, or does not offer this choice for it: nothing was written, nothing was done."""


def offered(request: Request, differences: Sequence[Difference]) -> Difference:
    """Return the row of the table that a request is about; NotOffered when there is none, naming what is offered."""
    rows = [row for row in differences if row.subject == request.subject]
    for row in rows:
        if request.choice in row.choices:
            return row
    if rows:
        choices = ", ".join(f"--{choice}" for row in rows for choice in row.choices) or "nothing"
        raise NotOffered(f"--{request.choice} {request.subject}: the table offers {choices} for this {rows[0].kind}")
    known = ", ".join(dict.fromkeys(row.subject for row in differences if request.choice in row.choices)) or "nothing"
    raise NotOffered(f"--{request.choice} {request.subject}: not in the table, which offers --{request.choice} for: {known}")


def is_agreed(request: Request, consents: Consents) -> bool:
    """Say whether this was agreed to before. Asked where the table does not have it: then doing it again changes nothing."""
    match request.choice:
        case Choice.ADOPT:
            return VenueOrderId(request.subject) in consents.adopted
        case Choice.LEAVE:
            return VenueOrderId(request.subject) in consents.left
        case Choice.SIGN_ABSENT:
            return ClientOrderId(request.subject) in consents.absent
        case Choice.CANCEL:
            return VenueOrderId(request.subject) in consents.canceled
        case Choice.ACCEPT:
            return request.subject in consents.accepted


def notes_of(
    request: Request, row: Difference, books: Books, notes: Mapping[str, JsonObject], venue: VenueView, operator: str
) -> tuple[NoteItem, ...]:
    """Return what is written down for a consent: all that the table said, and what follows from it.

    Raises NotOffered for an order that the venue does not show any more, and for a balance that is not what the table says.
    """
    body: dict[str, object] = {
        "subject": request.subject,
        "kind": str(row.kind),
        "instrument": row.instrument,
        "ours": row.ours,
        "theirs": row.theirs,
        "detail": row.detail,
        "reason": request.reason,
    }
    more: tuple[NoteItem, ...] = ()
    if row.kind is DifferenceKind.FOREIGN_ORDER:
        order = _shown(request, venue)
        body["foreign_client_order_id"] = order.client_order_id
        if request.choice is Choice.ADOPT:
            journal = JournalView(baseline=books.baseline, baseline_at=books.baseline_at, baseline_names=books.baseline_names)
            body |= _terms(order)
            body |= adoption(order, journal, venue).body(request.subject)
    elif request.choice is Choice.ACCEPT:
        _require_unmoved(row, books, venue)
        accepted = books.consents.accepted.get(request.subject, Decimal(0))
        differs = EXACT.subtract(Decimal(row.theirs), Decimal(row.ours))
        body["correction"] = format_decimal(EXACT.add(accepted, differs))
        # What comes in or goes out is neither profit nor loss: risk begins anew from what is there now.
        more = tuple(
            NoteItem(EQUITY, {"subject": key.partition(":")[2]}, operator) for key in notes if key.startswith(f"{EQUITY}:")
        )
    else:
        body["client_order_id"] = request.subject
        body["operator"] = operator
    return (NoteItem(NOTES[request.choice], body, operator), *more)  # type: ignore[arg-type]  # text and nested text alone


def _terms(order: VenueOrder) -> dict[str, object]:
    """Return the terms of a foreign order as texts, None where its venue does not tell them."""
    return {
        "side": None if order.side is None else order.side.value,
        "quantity": None if order.quantity is None else format_decimal(order.quantity),
        "price": None if order.price is None else format_decimal(order.price),
    }


def _shown(request: Request, venue: VenueView) -> VenueOrder:
    for order in venue.orders:
        if order.venue_order_id == request.subject:
            return order
    raise NotOffered(f"--{request.choice} {request.subject}: the venue does not show this order any more")


def _require_unmoved(row: Difference, books: Books, venue: VenueView) -> None:
    """A sum is agreed to as it was shown, not as it is a moment later."""
    view = JournalView(baseline=books.baseline, booked=books.booked, consents=books.consents)
    ours = (view.expected() or {}).get(row.subject, Decimal(0))
    theirs = venue.balances.get(row.subject, Decimal(0))
    if (ours, theirs) != (Decimal(row.ours), Decimal(row.theirs)):
        raise NotOffered(f"--{Choice.ACCEPT} {row.subject}: the account has moved since the table was made: look again")


async def was_agreed(plan: LivePlan, account: AccountPlan, request: Request) -> bool:
    """Say whether the account's journal has this consent already; it is opened under its lock."""
    held = await asyncio.to_thread(AccountJournal.open, plan, account, {})
    try:
        return is_agreed(request, Books.of(held.state).consents)
    finally:
        await asyncio.to_thread(held.abandon)


async def adopted_row(plan: LivePlan, account: AccountPlan, request: Request) -> Difference | None:
    """Return what the cancel of an adopted order is about, though the table has no row of it; None for anything else."""
    if request.choice is not Choice.CANCEL:
        return None
    held = await asyncio.to_thread(AccountJournal.open, plan, account, {})
    try:
        known = Books.of(held.state).consents.adopted.get(VenueOrderId(request.subject))
    finally:
        await asyncio.to_thread(held.abandon)
    if known is None or known.is_over:
        return None
    return Difference(
        DifferenceKind.FOREIGN_ORDER, request.subject, str(known.instrument), "adopted", "works", "a person has adopted it",
        (Choice.CANCEL,),
    )  # fmt: skip


async def agree(plan: LivePlan, account: AccountPlan, request: Request, row: Difference) -> None:
    """Make a consent durable under the account's lock, then do what it asks for; nothing else is touched.

    Raises NotOffered when the account has moved on meanwhile, PrerequisiteMissing when another process holds it, JournalError
    when the consent cannot be written (then nothing is done), and the family of a venue's fault.
    """
    rng = random.Random(plan.seed)  # noqa: S311 (draws that come again; no secret)
    adapter = VenueAdapter(
        account.profile, account.settings, recorder=plan.recorder, clock=plan.clock, guardrails=plan.guardrails, rng=rng
    )
    try:
        listed = await adapter.load()
        label = account.profile.label
        instruments = {key: each for key, each in listed.items() if key.venue == label and key.symbol in account.symbols}
        reads = AccountReads(account.profile, adapter.connection.path)
        held = await asyncio.to_thread(AccountJournal.open, plan, account, instruments)
        client = TradingClient(adapter, plan.stage, fence=held.journal.lease.check)
        await _done(held, request, row, Desk(reads, client, tuple(instruments.values())), plan)
    finally:
        await adapter.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """How an account is read and one of its orders is canceled."""

    reads: AccountReads
    client: TradingClient
    instruments: tuple[Instrument, ...]


async def _done(held: AccountJournal, request: Request, row: Difference, desk: Desk, plan: LivePlan) -> None:
    """Write the consent, act, and give the journal back."""
    failures: list[JournalError] = []
    writer = held.writer(failures.append)
    try:
        notes, books = held.state.notes, Books.of(held.state)
        agreed_at = last_agreed_at(notes)
        since = NOTHING_BEFORE if agreed_at is None else agreed_at - int(plan.timing.look_back_s * SECOND)
        venue = await read_venue(desk.reads, desk.instruments, since)
        if request.choice is Choice.ADOPT:  # it may have been filled long before
            fills = await fills_of(desk.reads, VenueOrderId(request.subject), desk.instruments, books.baseline_at)
            venue = replace(venue, fills=fills)
        await writer.durable(notes_of(request, row, books, notes, venue, plan.operator))
        if request.choice is Choice.CANCEL:
            await canceled(desk.client, VenueOrderId(request.subject), desk.instruments)
    finally:
        await asyncio.to_thread(writer.close)


async def canceled(client: TradingClient, venue_order_id: VenueOrderId, instruments: Sequence[Instrument]) -> None:
    """Cancel one listed order, once, and read back until it is gone; StillWorks when it is not gone after all."""
    found = await _working(client, venue_order_id, instruments)
    if found is None:
        return
    order, instrument = found
    await client.cancel_listed(order, instrument)
    for attempt in range(1, ROUNDS + 1):
        if await _working(client, venue_order_id, [instrument]) is None:
            return
        await asyncio.sleep(PAUSE_S * attempt)
    raise StillWorks(f"order {venue_order_id}: its cancel was asked for, and it still works: look again in a moment")


async def _working(
    client: TradingClient, venue_order_id: VenueOrderId, instruments: Sequence[Instrument]
) -> tuple[OrderSighting, Instrument] | None:
    for instrument in instruments:
        for order in await client.open_orders(instrument):
            if order.venue_order_id == venue_order_id:
                return order, instrument
    return None
