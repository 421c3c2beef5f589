"""What a venue shows of an order, held against what is written here: whether it works, its terms, its fills. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult
from golive.model.order import TERMINAL, OrderStatus
from golive.venues.dialect import Lookup, OrderSighting

from .steps import Grid, Row
from .story import Testimony
from .witnesses import testimony

_ENDED: Final = frozenset({"FILLED", "PARTIAL", "CANCELED", "REJECTED", "EXPIRED", "ABSENT", "NOT_SENT"})
_NEVER_THERE: Final = frozenset({"PLANNED", "NOT_SENT"})
_WORKING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIAL})


class Terms(NamedTuple):
    """Quantity in base, price in quote; None: at the market, or not told."""

    quantity: Decimal
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOrder:
    """An order as it is written here, as far as its venue can be asked about it."""

    client_order_id: ClientOrderId
    adapter: str
    account: str
    environment: str
    instrument: str
    decided_at: int
    """wall clock, ns UTC: before it the order cannot exist"""
    status: str
    """how we think it stands"""
    has_ended: bool
    side: str
    terms: frozenset[Terms]
    """those it may have: several while an amendment's outcome is not known"""
    filled: str
    trades: frozenset[str]
    """the venue's ids of the fills that are booked"""


def terms_of(rows: Iterable[Row], grid: Grid) -> frozenset[Terms]:
    """Return the terms an order may have at its venue by its rows."""
    sure: set[Terms] = set()
    open_: dict[int, Terms] = {}
    for row in rows:
        values = row.values
        if row.table == "intents":
            sure = {_terms(values, grid)}
        elif row.table == "amendments":
            open_[int(str(values["n"]))] = _terms(values, grid)
        elif row.table in ("answers", "amendment_answers") and int(str(values["n"])) in open_:
            wanted = open_.pop(int(str(values["n"])))
            if values["result"] == AttemptResult.ACCEPTED:
                sure = {wanted}
            elif values["result"] == AttemptResult.UNKNOWN:
                sure.add(wanted)
        elif row.table == "facts" and values["event"] == "amended" and values.get("quantity") is not None:
            sure = {_terms(values, grid)}
    return frozenset({*sure, *open_.values()})


def _terms(values: Mapping[str, int | str | None], grid: Grid) -> Terms:
    quantity, price = values.get("quantity_text"), values.get("price_text")
    lots, ticks = values.get("quantity"), values.get("price")
    if quantity is None and isinstance(lots, int):
        quantity = grid.quantity(lots)
    if price is None and isinstance(ticks, int):
        price = grid.price(ticks)
    return Terms(Decimal(str(quantity or 0)), None if price is None else Decimal(str(price)))


def compared(order: SentOrder, found: Lookup, instrument: Instrument) -> Testimony:
    """Return what the venue says, and whether it contradicts what is written here.

    What it is ahead of us in is missing here; whatever cannot become true by reading on is a contradiction.
    """
    if found.is_absent:
        return _unknown_there(order)
    seen = found.order
    lots = max(seen.filled if seen is not None else 0, sum(each.fill.quantity for each in found.fills))
    told = {
        "status": (OrderStatus.UNKNOWN if seen is None else seen.status).value,
        "filled": instrument.quantity_text(lots),
        "order": str(seen.venue_order_id if seen is not None else found.fills[0].venue_order_id),
        "fills": ", ".join(sorted(each.fill.fill_id.trade_id for each in found.fills)) or "–",
    }
    problems = list(_contradictions(order, found, lots, instrument))
    if problems:
        return testimony("venue", "corrupt", "venue_differs", **told, problem="; ".join(problems))
    if order.has_ended or not _is_ahead(order, seen, Decimal(told["filled"])):
        return testimony("venue", "ok", "venue_says", **told)
    return testimony("venue", "missing", "venue_is_ahead", **told, here=order.status)


def _unknown_there(order: SentOrder) -> Testimony:
    if Decimal(order.filled):
        return testimony("venue", "corrupt", "venue_has_nothing", filled=order.filled)
    if order.has_ended or order.status in _NEVER_THERE:
        return testimony("venue", "ok", "venue_absent")
    if order.status == OrderStatus.UNKNOWN.value:
        return testimony("venue", "unknown", "venue_absent_unproved")
    return testimony("venue", "corrupt", "venue_lost", here=order.status)


def _is_ahead(order: SentOrder, seen: OrderSighting | None, filled: Decimal) -> bool:
    return filled > Decimal(order.filled) or (seen is not None and (seen.status in TERMINAL or order.status == "UNKNOWN"))


def _contradictions(order: SentOrder, found: Lookup, lots: int, instrument: Instrument) -> Iterator[str]:
    """Yield in words what cannot be true on both sides."""
    seen, filled = found.order, Decimal(instrument.quantity_text(lots))
    ours = Decimal(order.filled)
    if order.status in _NEVER_THERE:
        yield f"{order.status} here, known there"
    elif order.has_ended and (seen is None or seen.status in _WORKING | {OrderStatus.UNKNOWN}) and not _is_complete(order):
        yield f"{order.status} here, {'not known to have ended' if seen is None else seen.status.value} there"
    elif order.status == "REJECTED" and filled:
        yield "REJECTED here, filled there"
    if filled < ours or (order.has_ended and filled != ours):
        yield f"filled {order.filled} here, {instrument.quantity_text(lots)} there"
    more = {each.fill.fill_id.trade_id for each in found.fills} - order.trades
    if more and order.has_ended and filled == ours:
        yield f"trades not booked here: {', '.join(sorted(more))}"
    if seen is not None and seen.side is not None and seen.side.value != order.side:
        yield f"{order.side} here, {seen.side.value} there"
    if seen is not None:
        yield from _other_terms(order, seen, instrument)


def _is_complete(order: SentOrder) -> bool:
    """Say whether all of it is filled here: then a venue that lists it a moment longer contradicts nothing."""
    return order.status == "FILLED" and any(Decimal(order.filled) == terms.quantity for terms in order.terms)


def _other_terms(order: SentOrder, seen: OrderSighting, instrument: Instrument) -> Iterator[str]:
    quantity = None if seen.quantity is None else Decimal(instrument.quantity_text(seen.quantity))
    price = None if seen.price is None else Decimal(instrument.price_text(seen.price))
    if any(
        quantity in (None, each.quantity) and (price is None or each.price is None or price == each.price) for each in order.terms
    ):
        return
    ours = " or ".join(sorted(_text(each.quantity, each.price) for each in order.terms))
    yield f"{ours} here, {_text(quantity, price)} there"


def _text(quantity: Decimal | None, price: Decimal | None) -> str:
    return ("by cost" if quantity is None else f"{quantity:f}") + ("" if price is None else f" at {price:f}")
