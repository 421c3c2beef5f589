"""What the engine asks for. The engine never acts: `runtime/` carries commands out, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from .alert import AlertSeverity
from .decision import Approved, Refused
from .ids import ClientOrderId
from .json import JsonValue


class Record(NamedTuple):
    """Write this down durably, then answer with `Durable(seq)`.

    `verdict` is set for a risk decision: it and, when approved, its intent or amendment are one transaction.
    """

    seq: int
    ts: int
    event: str
    """A decision-journal event name: `signal_received`, `inaction`, `risk_check_passed`, `order_executed` …"""
    body: Mapping[str, JsonValue] = MappingProxyType({})
    verdict: Approved | Refused | None = None
    amends: bool = False
    """the verdict is about new terms for a working order, under the client order id it has"""


class Submit(NamedTuple):
    """Send this approved order; emitted only after the `Durable` event that covers its intent."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Amend:
    """Make a working order the approved one: its price and its whole quantity, what is filled included.

    Emitted only after the `Durable` event that covers the decision. The order keeps its client order id.
    """

    approved: Approved


class Cancel(NamedTuple):
    """Cancel a working order."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell somebody; goes to the alert outbox."""

    category: str
    severity: AlertSeverity
    title: str
    body: str


class SetTimer(NamedTuple):
    """Send `Timer(name)` at market time `due`."""

    name: str
    due: int


Command: TypeAlias = Record | Submit | Amend | Cancel | Alert | SetTimer
