"""What risk says about an order. Only `risk/` constructs `Approved` (a test reads the sources to prove it)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .order import NewOrder


class DecisionCode(StrEnum):
    """Stable codes of decisions and of inaction; part of the public contract."""

    APPROVED = "APPROVED"
    RISK_DAILY_LOSS = "RISK_DAILY_LOSS"
    RISK_WEEKLY_LOSS = "RISK_WEEKLY_LOSS"
    RISK_DRAWDOWN = "RISK_DRAWDOWN"
    RISK_MAX_POSITION = "RISK_MAX_POSITION"
    RISK_MAX_OPEN_POSITIONS = "RISK_MAX_OPEN_POSITIONS"
    RISK_PORTFOLIO_EXPOSURE = "RISK_PORTFOLIO_EXPOSURE"
    RISK_TARGET_VOLATILITY = "RISK_TARGET_VOLATILITY"
    RISK_STOP_DISTANCE = "RISK_STOP_DISTANCE"
    RISK_TRADE_RISK = "RISK_TRADE_RISK"
    RISK_COST_RATIO = "RISK_COST_RATIO"
    RISK_PRICE_COLLAR = "RISK_PRICE_COLLAR"
    RISK_MAX_QUANTITY = "RISK_MAX_QUANTITY"
    RISK_MAX_NOTIONAL = "RISK_MAX_NOTIONAL"
    RISK_MESSAGE_RATE = "RISK_MESSAGE_RATE"
    RISK_DUPLICATE = "RISK_DUPLICATE"
    RISK_OPEN_ORDERS = "RISK_OPEN_ORDERS"
    RISK_REPEATED_EXECUTION = "RISK_REPEATED_EXECUTION"
    """too many executions of one side in a minute; holds until a named operator re-arms it"""
    RISK_FLIP = "RISK_FLIP"
    """a sale of more than is held would turn the position around"""
    RISK_MISSING_INPUT = "RISK_MISSING_INPUT"
    RISK_CROSS_ENTRYPOINT = "RISK_CROSS_ENTRYPOINT"
    """all entrypoints of the host together, or what another of them is worth is not known"""
    EMERGENCY_MODE = "EMERGENCY_MODE"
    SYMBOL_LOCKED = "SYMBOL_LOCKED"
    COOLDOWN = "COOLDOWN"
    """a trade was closed with a loss a moment ago"""
    STOP_LOSS_GUARD = "STOP_LOSS_GUARD"
    """too many protective stops fired"""
    CONSECUTIVE_LOSSES = "CONSECUTIVE_LOSSES"
    OUTSIDE_TRADING_WINDOW = "OUTSIDE_TRADING_WINDOW"
    DATA_STALE = "DATA_STALE"
    GATE_BLOCKED = "GATE_BLOCKED"
    LICENCE_REDUCE_ONLY = "LICENCE_REDUCE_ONLY"
    AUTO_TRADE_OFF = "AUTO_TRADE_OFF"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    WARMING_UP = "WARMING_UP"
    ON_TARGET = "ON_TARGET"
    OUTSIDE_SCHEDULE = "OUTSIDE_SCHEDULE"
    """a member of an allocation wants more than it may outside its times; the target that is left is reached"""
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


REFUSALS: Final = frozenset(code for code in DecisionCode if code.startswith("RISK_")) | {
    DecisionCode.EMERGENCY_MODE,
    DecisionCode.SYMBOL_LOCKED,
    DecisionCode.COOLDOWN,
    DecisionCode.STOP_LOSS_GUARD,
    DecisionCode.CONSECUTIVE_LOSSES,
    DecisionCode.OUTSIDE_TRADING_WINDOW,
    DecisionCode.DATA_STALE,
    DecisionCode.GATE_BLOCKED,
    DecisionCode.LICENCE_REDUCE_ONLY,
}
"""what a rule of risk may answer"""


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
    max_quantity: int | None = field(default=None, compare=False)
    """lots that the limits of size would have allowed; None: it was not refused for its size, or nobody has worked it out"""
