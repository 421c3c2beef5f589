"""The events of the decision journal: which there are, and which fields the body of each must have, of which type.

A field that is listed as optional may be missing; what is there has its type. A body may say more than its event asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from golive.model.decision import DecisionCode
from golive.model.errors import JournalError
from golive.model.json import JsonValue


class Kind(NamedTuple):
    """What a field of a body may be."""

    name: str
    """as an error names it"""
    types: tuple[type, ...]
    values: frozenset[str] | None = None
    """None: any"""


_CODES: Final = frozenset(map(str, DecisionCode))
TEXT: Final = Kind("a text", (str,))
"""names, ids, decimal texts, instants"""
MAYBE_TEXT: Final = Kind("a text or null", (str, type(None)))
COUNT: Final = Kind("a whole number", (int,))
NUMBER: Final = Kind("a number", (int, float))
LIST: Final = Kind("a list", (list, tuple))
MAPPING: Final = Kind("a mapping", (dict,))
CODE: Final = Kind("a decision code", TEXT.types, _CODES)
PURPOSE: Final = Kind("target or protection", (str,), frozenset({"target", "protection"}))

COMMON: Final = ("event", "entrypoint", "environment", "portfolio", "risk_profile")
"""what the body of every record has; all are texts"""


class EventSpec(NamedTuple):
    """The fields of one event."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind]


def _spec(required: Mapping[str, Kind], **optional: Kind) -> EventSpec:
    return EventSpec(required, optional)


_SIGNAL: Final = {"instrument": TEXT, "signal_id": TEXT}
_TERMS: Final = {**_SIGNAL, "side": TEXT, "quantity": TEXT, "price": MAYBE_TEXT, "client_order_id": TEXT}
_DECIDED: Final = {**_TERMS, "code": CODE, "reference_price": TEXT}
_FILLED: Final = {**_TERMS, "fill_id": TEXT, "fill_price": TEXT, "fill_quantity": TEXT, "liquidity": TEXT}
_MOVED: Final = {"from": TEXT, "to": TEXT}
_REPORT: Final = {"report_id": TEXT, "report_sha256": TEXT}

EVENTS: Final[Mapping[str, EventSpec]] = {
    "signal_received": _spec({**_SIGNAL, "target": TEXT, "cause": TEXT}, strategy=TEXT, confidence=NUMBER, members=LIST),
    "signal_neutral": _spec({**_SIGNAL, "code": CODE}),
    "inaction": _spec({"instrument": TEXT, "code": CODE, "from": TEXT, "to": TEXT, "bars": COUNT}, members=LIST),
    "risk_check_passed": _spec(_DECIDED, purpose=PURPOSE),
    "risk_rejected": _spec({**_DECIDED, "limit": TEXT, "value": TEXT}, purpose=PURPOSE),
    "risk_adjusted": _spec({**_DECIDED, "limit": TEXT, "value": TEXT, "adjusted_quantity": TEXT}, purpose=PURPOSE),
    "order_submitted": _spec(_TERMS),
    "order_executed": _spec(_FILLED, latency_ms=NUMBER),
    "order_partially_executed": _spec(_FILLED, latency_ms=NUMBER),
    "order_failed": _spec({**_TERMS, "code": TEXT}),
    "order_canceled": _spec({**_TERMS, "code": TEXT}),
    "trade_recorded": _spec(
        {
            **_SIGNAL,
            "client_order_id": TEXT,
            "opened_at": TEXT,
            "closed_at": TEXT,
            "quantity": TEXT,
            "entry_price": TEXT,
            "exit_price": TEXT,
            "realized": MAYBE_TEXT,
            "quote_asset": TEXT,
        }
    ),
    "realized_pnl_recorded": _spec(
        {
            **_SIGNAL,
            "client_order_id": TEXT,
            "fill_id": TEXT,
            "quantity": TEXT,
            "realized": TEXT,
            "realized_total": TEXT,
            "quote_asset": TEXT,
        }
    ),
    "risk_profile_transition": _spec({**_MOVED, "from_digest": TEXT, "to_digest": TEXT}),
    "risk_rearmed": _spec({"operator": TEXT, "cause": TEXT}),
    "auto_trader_transition": _spec({**_MOVED, "cause": TEXT, "operator": TEXT}),
    "model_change": _spec({**_MOVED, "cause": TEXT}, operator=TEXT),
    "ai_walk_forward_report": _spec(_REPORT),
    "ai_drift_report": _spec(_REPORT),
    "portfolio_rebalance": _spec({"cause": TEXT}, members=MAPPING),
    "emergency_mode_activated": _spec({"reason": TEXT, "operator": TEXT, "scope": TEXT}),
    "emergency_mode_cleared": _spec({"scope": TEXT, "operators": LIST}, reason=TEXT),
    "degraded_to_paper": _spec({"cause": TEXT}, code=TEXT, operator=TEXT),
    "stage_transition": _spec({**_MOVED, "gate_report_sha256": TEXT, "operators": LIST}),
}
"""every event that the decision journal may hold; a signal's decision is one of `DECISIONS`"""

DECISIONS: Final = frozenset({"signal_neutral", "risk_check_passed", "risk_rejected", "risk_adjusted"})
FOR_TARGET: Final = "target"
"""purpose of an order that a signal asked for"""
FOR_PROTECTION: Final = "protection"
"""purpose of an order that protects what is held: no signal asked for it, its id is only that of the position's"""


def demand_event(event: str, body: Mapping[str, JsonValue]) -> None:
    """Raise JournalError for an event that is not in the table, and for a body that lacks a field or has another type in one."""
    spec = EVENTS.get(event)
    if spec is None:
        raise JournalError(f"{event!r} is no event of the decision journal (audit/decision_event.py has the table)")
    for name, kind in spec.required.items():
        if name not in body:
            raise JournalError(f"{event}: body.{name} is missing")
        _demand(event, name, kind, body[name])
    for name, kind in spec.optional.items():
        if name in body:
            _demand(event, name, kind, body[name])


def _demand(event: str, name: str, kind: Kind, value: JsonValue) -> None:
    found = str if isinstance(value, str) else type(value)  # a code may still be the member of its enumeration
    if found not in kind.types or (kind.values is not None and value not in kind.values):
        raise JournalError(f"{event}: body.{name} is {value!r}, not {kind.name}")
