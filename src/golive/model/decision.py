"""What risk says about an order. Only `risk/` constructs `Approved` (a test reads the sources to prove it)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .order import NewOrder


class DecisionCode(StrEnum):
    """Stable codes of decisions and of inaction; part of the public contract."""

    APPROVED = "APPROVED"
    RISK_DAILY_LOSS = "RISK_DAILY_LOSS"
    RISK_DRAWDOWN = "RISK_DRAWDOWN"
    RISK_MAX_POSITION = "RISK_MAX_POSITION"
    RISK_MAX_OPEN_POSITIONS = "RISK_MAX_OPEN_POSITIONS"
    RISK_MISSING_INPUT = "RISK_MISSING_INPUT"
    AUTO_TRADE_OFF = "AUTO_TRADE_OFF"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    WARMING_UP = "WARMING_UP"
    ON_TARGET = "ON_TARGET"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ORDER_WORKING = "ORDER_WORKING"
    STOPPED_OUT = "STOPPED_OUT"
    """a protective order has closed the position; nothing is bought until the target changes"""
    SUPERSEDED = "SUPERSEDED"
    SESSION_ENDED = "SESSION_ENDED"
    SYMBOL_FROZEN = "SYMBOL_FROZEN"
    """an order of this symbol at this account has an unknown outcome; nothing new is sent until that is resolved"""
    NO_ROUTE = "NO_ROUTE"
    """no route of the live router takes this symbol, venue and risk profile"""
    NOT_READY = "NOT_READY"
    """the account is not recovered and reconciled, or its journal or log cannot be written"""
    DEGRADED = "DEGRADED"
    """live trading has gone back to paper"""
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    DUPLICATE_ID = "DUPLICATE_ID"


@dataclass(frozen=True, slots=True)
class Approved:
    """An order that risk allowed; the only thing an execution service takes."""

    order: NewOrder
    decision_seq: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An order that risk refused, with the rule's code, its limit and the value that broke it (decimal texts)."""

    order: NewOrder
    decision_seq: int
    code: DecisionCode
    limit: str
    value: str
