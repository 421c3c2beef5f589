"""What goes into the engine beside market data, orders and fills."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from .emergency import ALL
from .market import MarketEvent
from .order import Fill, OrderUpdate
from .peer import HostFigures


class OperatorAction(StrEnum):
    """What a person (or the session command on a person's behalf, or the check of its licence) did to the trader."""

    START = "start"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    AUTO_TRADE_ON = "auto_trade_on"
    AUTO_TRADE_OFF = "auto_trade_off"
    """signals are decided, nothing is ordered; the confirmation is withdrawn too"""
    EMERGENCY = "emergency"
    """nothing that increases risk until two operators have cleared it"""
    CLEAR_EMERGENCY = "clear_emergency"
    REARM = "rearm"
    """let a side that was executed too often in a minute be traded again"""
    LICENCE_LOST = "licence_lost"
    """nothing that increases risk while there is no valid licence"""
    LICENCE_BACK = "licence_back"
    OBSERVED = "observed"
    """the first minutes of live trading went as they must: the limits of the profile hold from now on; the session's own act"""
    STOP = "stop"


class Timer(NamedTuple):
    """A timer set earlier has come due; `ts` is market time, ns UTC."""

    name: str
    ts: int


@dataclass(frozen=True, slots=True)
class Operator:
    """A person's act; `operator` is their identity, `cause` for example `session_command`."""

    action: OperatorAction
    operator: str
    cause: str
    ts: int
    scope: str = ALL
    """of emergency mode: `all` or a risk profile"""
    at_once: bool = False
    """it was taken within a step of the market, as soon as a session that ran again had come to where it was cut off"""


class Peers(NamedTuple):
    """What the entrypoints of the host are worth, and what holds for all, as read at market time `ts`, ns UTC."""

    host: HostFigures
    ts: int


class Durable(NamedTuple):
    """All records up to and including `record_seq` are on disk."""

    record_seq: int
    ts: int


Event: TypeAlias = MarketEvent | OrderUpdate | Fill | Timer | Operator | Peers | Durable
