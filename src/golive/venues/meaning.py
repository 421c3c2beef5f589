"""What a failed venue call means, and what follows from it: one table, no code paths.

The venue, the exception, the raw code and the HTTP status decide the *meaning* (`classify.py`); the meaning alone
decides how the call is counted, whether a read is repeated, whether the circuit counts it, and which error family the
caller sees. Source: VENUES §0 and §5, RELIABILITY §4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from golive.model.errors import (
    AuthenticationFailed,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)


class Meaning(StrEnum):
    """What went wrong with one attempt."""

    NOT_SENT = "not_sent"
    """surely never reached the venue: no connection, open circuit"""
    INTERRUPTED = "interrupted"
    """sent, then the connection was lost"""
    TIMED_OUT = "timed_out"
    MALFORMED = "malformed"
    """answered with something that is not the venue's protocol"""
    UNAVAILABLE = "unavailable"
    """the venue says it is down, busy or under maintenance"""
    THROTTLED = "throttled"
    PAUSED = "paused"
    """not sent: the venue told us to wait for longer than this call may, or banned us"""
    CLOCK = "clock"
    """timestamp or nonce refused"""
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    FUNDS = "funds"
    ORDER_RULE = "order_rule"
    HALTED = "halted"
    """the venue takes no orders, or none for this instrument, for reasons of its own"""
    DUPLICATE = "duplicate"
    """the client order id exists: the order may be live"""
    NOT_FOUND = "not_found"
    REQUEST = "request"
    """a definite refusal of the request"""
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a meaning.

    `status` is the label of `bot_exchange_requests_total`; `write_family` holds only when the code proves it,
    an unproven failure of a write is always `OutcomeUnknown`.
    """

    status: str
    repeat_read: bool
    transport: bool
    critical: bool
    read_family: type[VenueError]
    write_family: type[VenueError]


CONSEQUENCES: Final[Mapping[Meaning, Consequence]] = {
    Meaning.NOT_SENT: Consequence("network_error", True, True, False, VenueUnavailable, VenueUnavailable),
    Meaning.INTERRUPTED: Consequence("network_error", True, True, False, VenueUnavailable, OutcomeUnknown),
    Meaning.TIMED_OUT: Consequence("timeout", True, True, False, VenueUnavailable, OutcomeUnknown),
    Meaning.MALFORMED: Consequence("malformed", True, True, False, VenueUnavailable, OutcomeUnknown),
    Meaning.UNAVAILABLE: Consequence("network_error", True, True, False, VenueUnavailable, OutcomeUnknown),
    Meaning.THROTTLED: Consequence("rate_limited", True, False, False, RateLimited, OutcomeUnknown),
    Meaning.PAUSED: Consequence("rate_limited", False, False, False, RateLimited, RateLimited),
    Meaning.CLOCK: Consequence("refused", True, False, True, AuthenticationFailed, AuthenticationFailed),
    Meaning.AUTHENTICATION: Consequence("refused", False, False, True, AuthenticationFailed, AuthenticationFailed),
    Meaning.PERMISSION: Consequence("refused", False, False, True, AuthenticationFailed, AuthenticationFailed),
    Meaning.FUNDS: Consequence("refused", False, False, False, InsufficientFunds, InsufficientFunds),
    Meaning.ORDER_RULE: Consequence("refused", False, False, False, InvalidOrder, InvalidOrder),
    Meaning.HALTED: Consequence("refused", False, False, False, VenueRejected, VenueRejected),
    Meaning.DUPLICATE: Consequence("refused", False, False, False, VenueRejected, OutcomeUnknown),
    Meaning.NOT_FOUND: Consequence("refused", False, False, False, VenueRejected, OutcomeUnknown),
    Meaning.REQUEST: Consequence("refused", False, False, False, VenueRejected, OutcomeUnknown),
    Meaning.UNRECOGNISED: Consequence("refused", False, False, False, VenueRejected, OutcomeUnknown),
}


@dataclass(frozen=True, slots=True)
class CodeRule:
    """What one venue code means; `http` lists the HTTP statuses under which it proves that nothing was executed."""

    meaning: Meaning
    http: frozenset[int] = frozenset({200})


EXCEPTION_MEANINGS: Final[Mapping[str, Meaning]] = {
    "BaseError": Meaning.UNRECOGNISED,
    "ExchangeError": Meaning.UNRECOGNISED,
    "AuthenticationError": Meaning.AUTHENTICATION,
    "PermissionDenied": Meaning.PERMISSION,
    "AccountNotEnabled": Meaning.PERMISSION,
    "AccountSuspended": Meaning.PERMISSION,
    "ArgumentsRequired": Meaning.REQUEST,
    "BadRequest": Meaning.REQUEST,
    "BadSymbol": Meaning.REQUEST,
    "OperationRejected": Meaning.REQUEST,
    "NoChange": Meaning.REQUEST,
    "MarginModeAlreadySet": Meaning.REQUEST,
    "MarketClosed": Meaning.REQUEST,
    "ManualInteractionNeeded": Meaning.PERMISSION,
    "RestrictedLocation": Meaning.PERMISSION,
    "InsufficientFunds": Meaning.FUNDS,
    "InvalidAddress": Meaning.REQUEST,
    "AddressPending": Meaning.REQUEST,
    "InvalidOrder": Meaning.ORDER_RULE,
    "OrderNotFound": Meaning.NOT_FOUND,
    "OrderNotCached": Meaning.NOT_FOUND,
    "OrderImmediatelyFillable": Meaning.ORDER_RULE,
    "OrderNotFillable": Meaning.ORDER_RULE,
    "DuplicateOrderId": Meaning.DUPLICATE,
    "ContractUnavailable": Meaning.ORDER_RULE,
    "NotSupported": Meaning.REQUEST,
    "InvalidProxySettings": Meaning.REQUEST,
    "ExchangeClosedByUser": Meaning.NOT_SENT,
    "OperationFailed": Meaning.UNAVAILABLE,
    "NetworkError": Meaning.INTERRUPTED,
    "DDoSProtection": Meaning.THROTTLED,
    "RateLimitExceeded": Meaning.THROTTLED,
    "ExchangeNotAvailable": Meaning.UNAVAILABLE,
    "OnMaintenance": Meaning.UNAVAILABLE,
    "InvalidNonce": Meaning.CLOCK,
    "ChecksumError": Meaning.MALFORMED,
    "RequestTimeout": Meaning.TIMED_OUT,
    "BadResponse": Meaning.MALFORMED,
    "NullResponse": Meaning.MALFORMED,
    "CancelPending": Meaning.REQUEST,
    "UnsubscribeError": Meaning.INTERRUPTED,
}
"""CCXT's exception classes, every one of them; what a venue's own code table does not know is judged by these."""
