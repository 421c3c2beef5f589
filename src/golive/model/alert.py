"""An alert message, what may become of it at each channel, and what is written down about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .json import JsonValue
from .redaction import redacted, redacted_value

EMERGENCY_CATEGORY: Final = "emergency"
"""alerts about emergency mode: to every channel, past any throttle, and nobody has to acknowledge them"""
SELFTEST_CATEGORY: Final = "selftest"
SUPPRESSED_CHANNEL: Final = "__suppressed__"
NO_CHANNEL: Final = "__no_channel__"


class AlertSeverity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class AlertOutcome(StrEnum):
    """What became of an alert at one channel. Rows of the audit have the first four."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """one attempt; another one may follow"""
    SUPPRESSED = "suppressed"
    NO_CHANNEL = "no_channel"
    INTERRUPTED = "interrupted"
    """the process ended during an attempt: it may have arrived, and is sent again. A record type of its own in the audit"""


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """One alert; `dedup_key` decides what counts as the same alert, `ts` is wall clock, ns UTC.

    It leaves this host, so no secret that the process holds stands in it, and nothing that is named like one.
    """

    alert_id: str
    category: str
    severity: AlertSeverity
    title: str
    body: str
    ts: int
    dedup_key: str
    context: Mapping[str, JsonValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("title", "body", "dedup_key"):
            object.__setattr__(self, name, redacted(getattr(self, name)))
        context = {name: redacted_value(value, name) for name, value in self.context.items()}
        object.__setattr__(self, "context", context)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One alert on its way to one channel; `attempts` were begun so far."""

    message: AlertMessage
    channel: str
    attempts: int


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One row for the audit: what became of an alert at a channel with attempt number `attempts`."""

    message: AlertMessage
    channel: str
    outcome: AlertOutcome
    attempts: int


@dataclass(frozen=True, slots=True)
class Sent:
    """How an attempt ended; `problem` is None when the channel took the message."""

    alert_id: str
    channel: str
    problem: str | None
