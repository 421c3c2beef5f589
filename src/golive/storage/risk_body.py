"""The body of a risk decision, as CONTRACT "Risk" has it; made once, at commit time, and projected as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.command import Record
from golive.model.decision import DecisionCode, Refused
from golive.model.errors import JournalError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.order import NewOrder


@dataclass(frozen=True, slots=True)
class RiskContext:
    """What a decision's body needs beside the decision."""

    entrypoint: str
    profile: str
    """name of the risk profile, `balanced`"""
    risk_profile_digest: str
    instruments: Mapping[InstrumentId, Instrument]


def risk_body(record: Record, context: RiskContext) -> dict[str, JsonValue]:
    """Return the body of a risk decision: money as decimal text, every member present, nothing = null.

    A market order's notional is taken at the record's `reference_price`; null when it has none.
    """
    verdict = record.verdict
    if verdict is None:
        raise JournalError(f"record {record.seq} ({record.event}) is not a risk decision")
    order = verdict.order
    instrument = context.instruments.get(order.instrument)
    if instrument is None:
        raise JournalError(f"record {record.seq}: {order.instrument} is not an instrument of this session")
    refused = verdict if isinstance(verdict, Refused) else None
    largest = None if refused is None else refused.max_quantity
    return {
        "decision_seq": verdict.decision_seq,
        "entrypoint": context.entrypoint,
        "profile": context.profile,
        "risk_profile_digest": context.risk_profile_digest,
        "instrument": str(order.instrument),
        "side": str(order.side),
        "quantity": instrument.quantity_text(order.quantity),
        "price": None if order.price is None else instrument.price_text(order.price),
        "notional": _notional(order, record, instrument),
        "allowed": refused is None,
        "code": str(DecisionCode.APPROVED if refused is None else refused.code),
        "limit": None if refused is None else refused.limit,
        "value": None if refused is None else refused.value,
        "adjustments": {"max_quantity": None if largest is None else instrument.quantity_text(largest)},
        "signal_id": order.signal_id,
        "client_order_id": order.client_order_id,
    }


def _notional(order: NewOrder, record: Record, instrument: Instrument) -> str | None:
    reference = record.body.get("reference_price")
    if order.price is not None:
        ticks = order.price
    elif isinstance(reference, str):
        ticks = instrument.ticks_nearest(reference)
    else:
        return None
    return instrument.quote_text(instrument.notional(ticks, order.quantity))
