"""Alerts as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from golive.model.clock import to_iso
from golive.runtime.alerts.list import AlertLine, AlertList

from .terminal import clean


def alert_lines(found: AlertList) -> Iterator[str]:
    """Yield each alert with a line for each of its channels; a word when there is none."""
    if not found.alerts:
        yield "no alerts"
    for line in found.alerts:
        yield f"{to_iso(line.ts)}  {line.severity:<8}  {line.alert_id}  {clean(line.title)}{_acknowledged(line)}"
        if line.state != "routed":
            yield f"    {line.state.replace('_', ' ')}"
        for each in line.channels:
            problem = f": {clean(each.problem)}" if each.problem and each.state != "delivered" else ""
            yield f"    {each.channel}: {each.state}, attempt {each.attempts}{problem}"


def _acknowledged(line: AlertLine) -> str:
    if line.acknowledged_by is not None:
        return f"  (seen by {clean(line.acknowledged_by)})"
    if line.escalated_at is not None:
        return f"  (emergency mode on since {to_iso(line.escalated_at)}: nobody had seen it)"
    return "" if line.acknowledge_until is None else f"  (to be seen by {to_iso(line.acknowledge_until)})"
