"""Compares journal and venue of one account. Exact: an account agrees, or a person decides (RELIABILITY §4.1, start)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.money import EXACT, format_decimal
from golive.model.movement import total
from golive.model.order import OrderStatus

from .consent import Adopted, Choice
from .difference import Difference, DifferenceKind
from .view import JournalView, OwnOrder, VenueFill, VenueOrder, VenueView

_OUR_FORM: Final = re.compile(r"[0-9a-f]{32}")
_NAMED: Final = 3
"""most orders that a detail names"""


def compare(journal: JournalView, venue: VenueView) -> tuple[Difference, ...]:
    """Return everything the two do not agree on, in a fixed order; () means the account may trade.

    Nothing is tolerated: amounts are compared as they are. Without a baseline balances are not compared, for the first start
    takes one; foreign orders block that start too.
    """
    return (
        *_own_orders(journal, venue),
        *_foreign_orders(journal, venue),
        *_unbooked_fills(journal, venue),
        *_balances(journal, venue),
    )


def followed(adopted: Adopted, venue_order_id: VenueOrderId, venue: VenueView) -> Adopted:
    """Return an adopted order with the fills that the venue tells since, and whether it is over."""
    fresh = [f for f in venue.fills if f.venue_order_id == venue_order_id and f.fill_id.trade_id not in adopted.fills]
    booked = total([adopted.booked, *(fill.movements for fill in fresh)])
    fills = adopted.fills | {fill.fill_id.trade_id for fill in fresh}
    now = replace(adopted, booked=booked, fills=fills)
    seen = next((order for order in venue.orders if order.venue_order_id == venue_order_id), None)
    if seen is None:
        return replace(now, is_over=True)
    return replace(now, is_over=not seen.is_open, filled=seen.filled, end=seen.end)


def adoption(order: VenueOrder, journal: JournalView, venue: VenueView) -> Adopted:
    """Return what adopting this order means: its fills since the baseline count, earlier ones are in the baseline."""
    before = frozenset(
        fill.fill_id.trade_id
        for fill in venue.fills
        if fill.venue_order_id == order.venue_order_id and journal.is_past(fill.ts, fill.fill_id.trade_id)
    )
    return followed(Adopted(order.instrument, fills=before), order.venue_order_id, venue)


# orders of ours


def _own_orders(journal: JournalView, venue: VenueView) -> Iterator[Difference]:
    by_client = {order.client_order_id: order for order in venue.orders if order.is_open and order.client_order_id}
    by_venue = {order.venue_order_id: order for order in venue.orders if order.is_open}
    for own in sorted(journal.orders, key=lambda each: each.client_order_id):
        theirs = by_client.get(own.client_order_id)
        if theirs is None and own.venue_order_id is not None:
            theirs = by_venue.get(own.venue_order_id)
        if own.status is OrderStatus.UNKNOWN:
            yield _unprovable(own)
        elif theirs is None:
            yield Difference(
                DifferenceKind.MISSING_ORDER, own.client_order_id, str(own.instrument), _own_text(own), "not among open orders",
                "it works by the journal, but the venue neither lists it nor tells its end", (Choice.SIGN_ABSENT,),
            )  # fmt: skip
        elif differing := _terms_that_differ(own, theirs):
            yield Difference(
                DifferenceKind.ORDER_DIFFERS, own.client_order_id, str(own.instrument), _own_text(own), _venue_text(theirs),
                f"{', '.join(differing)} not as in the journal",
            )  # fmt: skip


def _unprovable(own: OwnOrder) -> Difference:
    detail = own.problem or "its outcome is not known yet"
    choices = (Choice.SIGN_ABSENT,) if own.is_unprovable else ()
    theirs = "cannot be proved" if own.is_unprovable else "not known yet: ask again"
    return Difference(
        DifferenceKind.UNPROVABLE_ORDER, own.client_order_id, str(own.instrument), _own_text(own), theirs, detail, choices
    )


def _terms_that_differ(own: OwnOrder, theirs: VenueOrder) -> list[str]:
    """A venue that counts an order in quote, or does not tell a price, is not asked for it."""
    sides = () if theirs.side in (None, own.side) else ("side",)
    pairs = (
        ("quantity", own.quantity, theirs.quantity),
        ("price", own.price, theirs.price),
        ("filled", own.filled, theirs.filled),
    )
    return [*sides, *(name for name, ours, told in pairs if ours is not None and told is not None and ours != told)]


# orders that are not ours


def _foreign_orders(journal: JournalView, venue: VenueView) -> Iterator[Difference]:
    ours = {order.client_order_id for order in journal.orders}
    ids_of_ours = {order.venue_order_id for order in journal.orders if order.venue_order_id is not None}
    agreed = journal.consents.left | journal.consents.adopted.keys()
    for order in sorted(venue.orders, key=lambda each: (each.ts, each.venue_order_id)):
        client_order_id = ClientOrderId(order.client_order_id)
        if client_order_id in ours or order.venue_order_id in ids_of_ours or order.venue_order_id in agreed:
            continue
        if client_order_id in journal.ended:
            if order.is_open:
                yield _foreign(order, "it is ours and has ended by the journal: a start withdraws it", (Choice.CANCEL,))
        elif _OUR_FORM.fullmatch(order.client_order_id) and (
            order.is_open or not journal.is_past(order.ts, order.venue_order_id)
        ):
            detail = (
                "its id has our form, but this journal never had it: another process or host uses this key, or the journal "
                "was put back to an older copy"
            )
            yield _foreign(order, detail, _choices(order))
        elif order.is_open:
            yield _foreign(order, "it was not placed by us", _choices(order))


def _choices(order: VenueOrder) -> tuple[Choice, ...]:
    return (Choice.ADOPT, Choice.CANCEL, Choice.LEAVE) if order.is_open else (Choice.ADOPT, Choice.LEAVE)


def _foreign(order: VenueOrder, detail: str, choices: tuple[Choice, ...]) -> Difference:
    if order.client_order_id:
        detail += f" (its client order id is {order.client_order_id})"
    ours = "ended" if Choice.ADOPT not in choices else "not in the journal"
    return Difference(
        DifferenceKind.FOREIGN_ORDER, order.venue_order_id, str(order.instrument), ours, _venue_text(order), detail, choices
    )


# fills and balances


def _unbooked_fills(journal: JournalView, venue: VenueView) -> Iterator[Difference]:
    clients = {order.client_order_id for order in journal.orders} | journal.ended
    ids = {order.venue_order_id for order in journal.orders if order.venue_order_id is not None}
    for fill in _in_order(venue.fills):
        is_ours = ClientOrderId(fill.client_order_id) in clients or fill.venue_order_id in ids
        if is_ours and fill.fill_id not in journal.booked_fills:
            theirs = ", ".join(f"{_signed(amount)} {asset}" for asset, amount in fill.movements.items())
            yield Difference(
                DifferenceKind.UNBOOKED_FILL, fill.fill_id.trade_id, str(fill.instrument), "not booked", theirs,
                f"a fill of order {fill.client_order_id or fill.venue_order_id}",
            )  # fmt: skip


def _balances(journal: JournalView, venue: VenueView) -> Iterator[Difference]:
    expected = journal.expected()
    if expected is None:
        return
    foreign = tuple(_foreign_fills(journal, venue))
    for asset in sorted(expected.keys() | venue.balances.keys()):
        ours, theirs = expected.get(asset, Decimal(0)), venue.balances.get(asset, Decimal(0))
        if ours != theirs:
            differs = EXACT.subtract(theirs, ours)
            yield Difference(
                DifferenceKind.BALANCE_DIFFERS, asset, "", format_decimal(ours), format_decimal(theirs),
                f"{_signed(differs)} {asset}{_explained(asset, foreign)}", (Choice.ACCEPT,),
            )  # fmt: skip


def _foreign_fills(journal: JournalView, venue: VenueView) -> Iterator[VenueFill]:
    clients = {order.client_order_id for order in journal.orders} | journal.ended
    ids = {order.venue_order_id for order in journal.orders} | journal.consents.adopted.keys()
    for fill in _in_order(venue.fills):
        is_ours = ClientOrderId(fill.client_order_id) in clients or fill.venue_order_id in ids
        is_past = journal.is_past(fill.ts, fill.fill_id.trade_id)
        if not is_ours and not is_past and fill.fill_id not in journal.booked_fills:
            yield fill


def _explained(asset: str, foreign: tuple[VenueFill, ...]) -> str:
    """Say how much of a difference fills of orders that are not ours explain."""
    moved = [fill for fill in foreign if fill.movements.get(asset)]
    if not moved:
        return ": no fill explains it (a deposit, a withdrawal, a transfer, interest?)"
    amount = total(fill.movements for fill in moved)[asset]
    orders = list(dict.fromkeys(fill.venue_order_id for fill in moved))
    more = f" and {len(orders) - _NAMED} more" if len(orders) > _NAMED else ""
    return f": {_signed(amount)} by fills of orders that are not ours ({', '.join(orders[:_NAMED])}{more})"


def _in_order(fills: Iterable[VenueFill]) -> list[VenueFill]:
    return sorted(fills, key=lambda fill: (fill.ts, fill.fill_id))


# words


def _own_text(own: OwnOrder) -> str:
    return f"{own.status} {own.side} " + _terms(own.quantity, own.price, own.filled)


def _venue_text(order: VenueOrder) -> str:
    side = "" if order.side is None else f"{order.side} "
    return ("open " if order.is_open else "ended ") + side + _terms(order.quantity, order.price, order.filled)


def _terms(quantity: Decimal | None, price: Decimal | None, filled: Decimal) -> str:
    amount = "by cost" if quantity is None else format_decimal(quantity)
    at = "" if price is None else f" at {format_decimal(price)}"
    return f"{amount}{at}, filled {format_decimal(filled)}"


def _signed(amount: Decimal) -> str:
    return ("+" if amount > 0 else "") + format_decimal(amount)
