"""From what a part of the program wants told to the message that is kept and delivered."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.alert import AlertMessage
from golive.model.command import Alert
from golive.model.json import JsonValue


def message_of(alert: Alert, alert_id: str, ts: int, context: Mapping[str, JsonValue]) -> AlertMessage:
    """Return the message; two alerts of the same category, severity and title are the same alert to the throttle."""
    key = f"{alert.category}|{alert.severity}|{alert.title}"
    return AlertMessage(alert_id, alert.category, alert.severity, alert.title, alert.body, ts, key, context)
