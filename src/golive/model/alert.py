"""An alert message, before any channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .json import JsonValue


class AlertSeverity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """One alert; `dedup_key` decides what counts as the same alert, `ts` is wall clock, ns UTC."""

    alert_id: str
    category: str
    severity: AlertSeverity
    title: str
    body: str
    ts: int
    dedup_key: str
    context: Mapping[str, JsonValue] = field(default_factory=dict)
