"""What left the bot, as the network between it and the venue saw it, beside the attempts that its journal has."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from .finding import Findings
from .journal import Journal, Told
from .ledger import Ledger


def check_sent(path: Path, ledger: Ledger, journal: Journal, findings: Findings) -> None:
    """Demand an attempt of its own for each request that left, with the deadline that the request names."""
    seen: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        seen[(row["client_order_id"], row["asks"])].append(row["deadline"])
    canceled = {name for name, asks in seen if asks == "cancel"}
    sent = {key: deadlines for key, deadlines in seen.items() if key[1] != "cancel"}  # it may be asked for as often as one likes
    for (name, asks), deadlines in sent.items():
        told = journal.orders.get(name, Told())
        attempts = len(told.attempts) if asks == "place" else sum(each.attempt is not None for each in told.amendments.values())
        what = f"{name}: {len(deadlines)} requests to {asks} left, {attempts} attempts are written"
        findings.add("sent_undurable", what, len(deadlines) - attempts)
        others = [text for text in deadlines if text and _milliseconds(text) not in told.deadlines_ms]
        if others and len(deadlines) <= attempts:
            findings.add("sent_undurable", f"{name}: left with the deadline {others[0]}, which no attempt has", len(others))
    findings.looked_at["races"] = _races(canceled, ledger, journal)
    findings.looked_at["requests"] = sum(len(deadlines) for deadlines in sent.values())


def _races(canceled: set[str], ledger: Ledger, journal: Journal) -> dict[str, int]:
    """Return how many orders of each kind a cancel or an amendment was sent about, by what met it."""
    at_venue = {name: orders[0] for name, orders in ledger.orders.items()}
    told = {name: journal.orders.get(name, Told()) for name in canceled | journal.orders.keys()}
    amended = {name for name, each in told.items() if any(change.attempt is not None for change in each.amendments.values())}
    answers = {name: {change.answer for change in told[name].amendments.values()} for name in amended}
    return {
        "canceled": len(canceled),
        "canceled_filled": sum(name in at_venue and at_venue[name].state == "filled" for name in canceled),
        "canceled_in_part": sum(name in at_venue and at_venue[name].end == "partial" for name in canceled),
        "canceled_while_unknown": sum("unknown" in told[name].answers.values() for name in canceled),
        "canceled_absent": sum(name not in at_venue for name in canceled),
        "amended_filled": sum(name in at_venue and bool(at_venue[name].fills) for name in amended),
        "amended_unanswered": sum(bool(answers[name] & {"unknown", ""}) for name in amended),
        "amended_in_vain": sum("rejected" in answers[name] for name in amended),
        "amended_and_canceled": len(amended & canceled),
    }


def _milliseconds(deadline: str) -> int:
    """Return a deadline in ms since 1970; it is written so, or as RFC 3339."""
    return int(deadline) if deadline.isdigit() else round(datetime.fromisoformat(deadline).timestamp() * 1000)
