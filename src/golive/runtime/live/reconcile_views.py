"""Gathers what is compared: the account as its venue shows it now, and as the journal has it. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from golive.execution.reconciliation import Consents, JournalView, OwnOrder, VenueFill, VenueOrder, VenueView
from golive.model.balance import Balance
from golive.model.errors import VenueUnavailable
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.money import EXACT, format_decimal
from golive.model.movement import movements
from golive.model.order import TERMINAL
from golive.orders import Order
from golive.storage.order_journal import JournalState
from golive.venues.account_reads import AccountReads
from golive.venues.dialect import FillSighting, OrderSighting

ROUNDS: Final = 5
PAUSE_S: Final = 0.2


class AccountLists(Protocol):
    """What is read of an account; `venues.account_reads.AccountReads` is one."""

    async def balances(self) -> Mapping[str, Balance]: ...

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]: ...

    async def closed_orders(
        self, instrument: Instrument, cutoff: Callable[[int], int] | None = None
    ) -> tuple[OrderSighting, ...]: ...

    async def fills(self, instrument: Instrument, cutoff: Callable[[int], int] | None = None) -> tuple[FillSighting, ...]: ...


async def read_venue(reads: AccountLists, instruments: Iterable[Instrument], since: int) -> VenueView:
    """Return the account's open orders, what ended and was filled since, and its totals, all of one moment.

    `since`: venue's market time, ns; 0: all it remembers. A moment is one when the totals read before and after are the same.
    Raises the family of the fault; VenueUnavailable when the account never stands still.
    """
    known = tuple(instruments)
    for _ in range(ROUNDS):
        before = _totals(await reads.balances())
        orders: list[VenueOrder] = []
        fills: list[VenueFill] = []
        for instrument in known:
            working = await reads.open_orders(instrument)
            ended = await reads.closed_orders(instrument, lambda newest: since)
            seen = {each.venue_order_id: each for each in (*working, *ended)}  # one that ends in between is in both
            orders += (_order(each, instrument) for each in seen.values())
            fills += (_fill(each, instrument) for each in await reads.fills(instrument, lambda newest: since))
        if _totals(await reads.balances()) == before:
            return VenueView(orders=tuple(orders), fills=tuple(fills), balances=before)
        await asyncio.sleep(PAUSE_S)
    raise VenueUnavailable(f"the account moved while it was read, {ROUNDS} times in a row: ask again when it rests")


async def fills_of(
    reads: AccountReads, venue_order_id: VenueOrderId, instruments: Iterable[Instrument], since: int
) -> tuple[VenueFill, ...]:
    """Return all fills of one order of the account, however much was traded meanwhile; () when it is not listed.

    `since`: venue's market time before which it did not end, ns, and from which on fills that only lists show are told.
    """
    for instrument in instruments:
        working = await reads.open_orders(instrument)
        for seen in (*working, *await reads.closed_orders(instrument, lambda newest: since)):
            if seen.venue_order_id == venue_order_id:
                found = await reads.order_fills(seen, instrument, lambda newest: since)
                return tuple(_fill(each, instrument) for each in found)
    return ()


def _totals(balances: Mapping[str, Balance]) -> Mapping[str, Decimal]:
    return {asset: Decimal(each.total).scaleb(-each.scale, EXACT) for asset, each in balances.items()}


def _order(seen: OrderSighting, instrument: Instrument) -> VenueOrder:
    return VenueOrder(
        venue_order_id=seen.venue_order_id,
        client_order_id=seen.client_order_id,
        instrument=instrument.id,
        side=seen.side,
        quantity=None if seen.quantity is None else _quantity(seen.quantity, instrument),
        price=None if seen.price is None else _price(seen.price, instrument),
        filled=_quantity(seen.filled, instrument),
        is_open=seen.status not in TERMINAL,
        ts=seen.ts,
        end=seen.status.value.lower() if seen.status in TERMINAL else "",
    )


def _fill(seen: FillSighting, instrument: Instrument) -> VenueFill:
    return VenueFill(
        fill_id=seen.fill.fill_id,
        venue_order_id=seen.venue_order_id,
        client_order_id=seen.fill.client_order_id,
        instrument=instrument.id,
        movements=movements(seen.fill, instrument),
        ts=seen.fill.ts,
    )


def _quantity(lots: int, instrument: Instrument) -> Decimal:
    return EXACT.multiply(Decimal(lots), instrument.lot_size)


def _price(ticks: int, instrument: Instrument) -> Decimal:
    return EXACT.multiply(Decimal(ticks), instrument.tick_size)


def own_order(order: Order, instrument: Instrument, problem: str = "", *, is_unprovable: bool = False) -> OwnOrder:
    """Return an order that has not ended as it is compared; `problem` is why its outcome is not known."""
    intent = order.intent
    return OwnOrder(
        client_order_id=intent.client_order_id,
        instrument=intent.instrument,
        side=intent.side,
        quantity=_quantity(intent.quantity, instrument),
        price=None if intent.price is None else _price(intent.price, instrument),
        filled=_quantity(order.filled, instrument),
        status=order.status,
        venue_order_id=order.venue_order_id,
        is_unprovable=is_unprovable,
        problem=problem,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One moment of a journal, for questions about single ids of the venue."""

    was_ours: Callable[[ClientOrderId], bool]
    """whether an order of this client order id was ever intended"""
    first_deadline_ms: Callable[[ClientOrderId], int | None]
    """of its first attempt, venue's time; None: it never left"""
    is_booked: Callable[[FillId], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """What a journal knows of single ids: a question looks into what is committed then, and blocks for the disk."""

    looking: Callable[[], AbstractContextManager[Look]]
    """for many questions about one moment"""

    def was_ours(self, client_order_id: ClientOrderId) -> bool:
        with self.looking() as look:
            return look.was_ours(client_order_id)

    def is_booked(self, fill: FillId) -> bool:
        with self.looking() as look:
            return look.is_booked(fill)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a journal says an account should hold and what was agreed to, when it is compared: that of its opening and since."""

    baseline: Mapping[str, Decimal] | None
    baseline_at: int
    baseline_names: frozenset[str] = frozenset()
    booked: Mapping[str, Decimal] = field(default_factory=dict)
    consents: Consents = field(default_factory=Consents)

    @classmethod
    def of(cls, state: JournalState) -> Books:
        """Return what was there when the journal was opened; MalformedPayload for a consent that cannot be read."""
        at, names = _taken(state.notes.get("baseline", {}))
        return cls(
            baseline=state.baseline,
            baseline_at=at,
            baseline_names=names,
            booked=state.booked,
            consents=Consents.of(state.notes),
        )


def journal_view(books: Books, orders: Iterable[OwnOrder], known: Known, venue: VenueView) -> JournalView:
    """Return the journal's side of a comparison with this view of the venue."""
    own = tuple(orders)
    working = {order.client_order_id for order in own}
    told = {ClientOrderId(order.client_order_id) for order in venue.orders} | {
        ClientOrderId(fill.client_order_id) for fill in venue.fills
    }
    with known.looking() as look:
        ended = frozenset(each for each in told - working if each and look.was_ours(each))
        booked_fills = frozenset(fill.fill_id for fill in venue.fills if look.is_booked(fill.fill_id))
    return JournalView(
        orders=own,
        ended=ended,
        booked_fills=booked_fills,
        baseline=books.baseline,
        baseline_at=books.baseline_at,
        baseline_names=books.baseline_names,
        booked=books.booked,
        consents=books.consents,
    )


def newest_time(venue: VenueView) -> int:
    """Return the time of the newest event of a view, ns of the venue's market time; 0 when it shows none."""
    return max((*(order.ts for order in venue.orders), *(fill.ts for fill in venue.fills)), default=0)


def baseline_body(venue: VenueView) -> JsonObject:
    """Return the body of the note that keeps a baseline: the totals, and up to which events of the venue they go."""
    at = newest_time(venue)
    names: set[str] = {order.venue_order_id for order in venue.orders if order.ts == at}
    names |= {fill.fill_id.trade_id for fill in venue.fills if fill.ts == at}
    balances: JsonObject = {asset: format_decimal(amount) for asset, amount in sorted(venue.balances.items())}
    return {"balances": balances, "venue_ts": str(at), "venue_names": [*sorted(names)]}


def _taken(body: JsonObject) -> tuple[int, frozenset[str]]:
    at, names = body.get("venue_ts"), body.get("venue_names")
    return (
        int(at) if isinstance(at, str) else 0,
        frozenset(map(str, names)) if isinstance(names, list) else frozenset(),
    )
