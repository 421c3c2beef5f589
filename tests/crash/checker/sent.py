"""What left the bot, as the network between it and the venue saw it, beside the attempts that its journal has."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from .finding import Findings
from .journal import Journal, Told


def check_sent(path: Path, journal: Journal, findings: Findings) -> None:
    """Demand an attempt of its own for each request that left, with the deadline that the request names."""
    sent: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        sent[(row["client_order_id"], row["asks"])].append(row["deadline"])
    for (name, asks), deadlines in sent.items():
        told = journal.orders.get(name, Told())
        attempts = len(told.attempts) if asks == "place" else sum(each.attempt is not None for each in told.amendments.values())
        what = f"{name}: {len(deadlines)} requests to {asks} left, {attempts} attempts are written"
        findings.add("sent_undurable", what, len(deadlines) - attempts)
        others = [text for text in deadlines if text and _milliseconds(text) not in told.deadlines_ms]
        if others and len(deadlines) <= attempts:
            findings.add("sent_undurable", f"{name}: left with the deadline {others[0]}, which no attempt has", len(others))
    findings.looked_at["requests"] = sum(len(deadlines) for deadlines in sent.values())


def _milliseconds(deadline: str) -> int:
    """Return a deadline in ms since 1970; it is written so, or as RFC 3339."""
    return int(deadline) if deadline.isdigit() else round(datetime.fromisoformat(deadline).timestamp() * 1000)
