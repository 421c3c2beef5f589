"""What an item of a group commit says, as the values of rows. Every amount stands as integer and as exact decimal text."""

from __future__ import annotations

from golive.audit import canonical
from golive.model.command import Record
from golive.model.decision import Approved
from golive.model.errors import JournalError
from golive.model.ids import InstrumentId
from golive.model.instrument import ASSET_SCALE, Instrument
from golive.model.json import JsonValue
from golive.model.money import format_units
from golive.model.order import Fill, NewOrder, OrderUpdate

from ..risk_body import RiskContext, risk_body
from .item import AnswerItem, DecidedItem, EndItem, NoteItem
from .row import Value

LONGEST_DETAIL = 500
"""characters of what a venue said beside its code"""


def decision(item: DecidedItem, seq: int, epoch: int, risk: RiskContext) -> tuple[Value, ...]:
    """Return the values of a decision; JournalError for an instrument that this account does not trade."""
    verdict, order = item.verdict, item.verdict.order
    body: dict[str, JsonValue] = {}
    if item.reference_price is not None:
        body["reference_price"] = item.reference_price
    risk_said = risk_body(Record(seq, item.ts, "risk_decision", body, verdict), risk)
    return (
        epoch, verdict.decision_seq, item.ts, item.mono, order.client_order_id,
        "approved" if isinstance(verdict, Approved) else "refused", str(risk_said["code"]),
        "order" if item.amendment is None else "amendment", canonical(risk_said).decode(),
    )  # fmt: skip


def intent(item: DecidedItem, decided: int, epoch: int, risk: RiskContext) -> tuple[Value, ...]:
    """Return the values of an approved order's intent; `decided` is the sequence of its decision's row."""
    order = item.verdict.order
    return (
        order.client_order_id, epoch, item.route, str(order.instrument), str(order.side), str(order.type), order.quantity,
        order.price, str(order.time_in_force), order.signal_id, order.trigger, order.trail, order.expires_at,
        *_texts(order, risk), decided, item.verdict.decision_seq, item.ts,
    )  # fmt: skip


def amendment(item: DecidedItem, n: int, decided: int, risk: RiskContext) -> tuple[Value, ...]:
    """Return the values of an approved amendment, which is attempt `n` of its order."""
    order = item.verdict.order
    return (
        order.client_order_id, n, order.quantity, order.price, order.trigger, order.trail, order.expires_at,
        *_texts(order, risk), decided, item.verdict.decision_seq, item.ts,
    )  # fmt: skip


def answer(item: AnswerItem) -> tuple[Value, ...]:
    """Return the values of an answer; its text for people is cut."""
    return (
        item.client_order_id, item.n, str(item.result), _storable(item.code), _storable(item.detail), item.venue_order_id,
        item.ts, item.mono, item.left_mono,
    )  # fmt: skip


def fact(update: OrderUpdate) -> tuple[Value, ...]:
    """Return the values of a venue's fact."""
    return (
        update.client_order_id, str(update.event), update.ts, update.venue_order_id, _storable(update.code), update.price,
        update.quantity,
    )  # fmt: skip


def fill(booked: Fill, risk: RiskContext) -> tuple[Value, ...]:
    """Return the values of a fill; JournalError for an instrument that this account does not trade."""
    instrument = _instrument(booked.instrument, risk)
    scale = {instrument.base: instrument.base_scale, instrument.quote: instrument.quote_scale}.get(booked.fee_asset, ASSET_SCALE)
    return (
        booked.fill_id.venue, booked.fill_id.trade_id, booked.client_order_id, str(booked.instrument), booked.ts,
        str(booked.side), booked.price, booked.quantity, booked.fee, booked.fee_asset, str(booked.liquidity),
        instrument.price_text(booked.price), instrument.quantity_text(booked.quantity), format_units(booked.fee, scale),
    )  # fmt: skip


def end(item: EndItem, ts: int) -> tuple[Value, ...]:
    """Return the values of an order's end."""
    return item.client_order_id, str(item.result), canonical(item.record).decode(), ts


def note(item: NoteItem, ts: int) -> tuple[Value, ...]:
    """Return the values of a note; subject and order are the body's `subject` ('' without) and `client_order_id`."""
    subject, order = item.body.get("subject", ""), item.body.get("client_order_id")
    if not isinstance(subject, str) or not isinstance(order, str | None):
        raise JournalError(f"note {item.event}: subject {subject!r} or client_order_id {order!r} is not text")
    return ts, item.event, subject, order, canonical(item.body).decode(), item.operator


def _storable(text: str) -> str:
    """Return what a venue wrote as every database takes it: cut, and without NUL and lone surrogates."""
    return text[:LONGEST_DETAIL].replace("\0", " ").encode(errors="replace").decode()


def _texts(order: NewOrder, risk: RiskContext) -> tuple[str, str | None]:
    instrument = _instrument(order.instrument, risk)
    return instrument.quantity_text(order.quantity), None if order.price is None else instrument.price_text(order.price)


def _instrument(name: InstrumentId, risk: RiskContext) -> Instrument:
    instrument = risk.instruments.get(name)
    if instrument is None:
        raise JournalError(f"{name} is not an instrument of this account")
    return instrument
