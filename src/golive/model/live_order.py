"""What can become of an order that really leaves, and of each attempt to send it (CONTRACT "Live router")."""

from __future__ import annotations

from enum import StrEnum


class AttemptResult(StrEnum):
    """How one attempt to send an order ended."""

    ACCEPTED = "accepted"
    """the venue gave the order an id"""
    REJECTED = "rejected"
    """documented as not executed; sending it again is useless"""
    UNKNOWN = "unknown"
    """it may have been executed: ask, never send again"""
    NOT_PROCESSED = "not_processed"
    """documented as refused before the engine saw it: one more attempt is allowed"""
    NOT_SENT = "not_sent"
    """surely never left this host"""


class OrderResult(StrEnum):
    """How an order ended; each order has exactly one."""

    FILLED = "filled"
    PARTIAL = "partial"
    """ended with a part of it filled"""
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ABSENT = "absent"
    """sent, and proved not to exist at the venue"""
    NOT_SENT = "not_sent"


class FallbackReason(StrEnum):
    """Why an order may go to another venue; anything else never does."""

    NEVER_SENT = "never_sent"
    """waited out, or no connection: surely never left"""
    BREAKER_OPEN = "breaker_open"
    QUEUE_FULL = "queue_full"
    MAINTENANCE = "maintenance"
    """rejected by the venue because it is under maintenance"""
    SYMBOL_HALTED = "symbol_halted"


class Priority(StrEnum):
    """Which of the calls that wait for a venue leaves first: reductions, then cancels, then entries."""

    REDUCE = "reduce"
    CANCEL = "cancel"
    ENTRY = "entry"
