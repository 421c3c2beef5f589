"""What left the bot, as the network between it and the venue saw it, beside the attempts that its journal has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from .finding import Findings
from .journal import Journal, Told
from .ledger import Ledger

NEVER_LEFT = "not_sent"
"""answer that says: it did not leave; and end, unless it was answered as `NOT_PROCESSED` and did not leave once more"""
NOT_PROCESSED = "not_processed"


class Request(NamedTuple):
    """One request about an order that left."""

    asks: str
    """`place`, `amend` or `cancel`"""
    client_order_id: str
    at: int
    """ns since 1970, when the network had it"""
    deadline: str
    """as it stands there; empty when it names none"""
    window_ends: str
    """ms since 1970: the end of a receive window; empty when it names none"""

    def fits(self, deadlines_ms: set[int]) -> bool:
        """Return whether one of these is its deadline; a window may end before."""
        if self.deadline:
            return _milliseconds(self.deadline) in deadlines_ms
        return not self.window_ends or int(self.window_ends) <= max(deadlines_ms, default=0)


def read_sent(path: Path) -> list[Request]:
    """Read what the network wrote down."""
    return [Request(*(row[name] for name in Request._fields)) for row in map(json.loads, path.read_text().splitlines())]


def check_sent(requests: Sequence[Request], ledger: Ledger, journal: Journal, findings: Findings) -> None:
    """Demand an attempt of its own for each request that left, with the deadline that it names, and that none is denied."""
    sent: defaultdict[tuple[str, str], list[Request]] = defaultdict(list)
    for request in requests:
        sent[(request.client_order_id, request.asks)].append(request)
    canceled = {name for name, asks in sent if asks == "cancel"}
    for name in sorted(canceled - journal.orders.keys()):
        findings.add("sent_undurable", f"{name}: a request to cancel it left, and the journal has no such order")
    for (name, asks), alike in sent.items():
        if asks != "cancel":  # it may be asked for as often as one likes
            _check_requests(
                f"{name}: {len(alike)} requests to {asks} left", asks, alike, journal.orders.get(name, Told()), findings
            )
    findings.looked_at["races"] = _races(canceled, ledger, journal)
    findings.looked_at["requests"] = sum(request.asks != "cancel" for request in requests)


def _check_requests(what: str, asks: str, alike: Sequence[Request], told: Told, findings: Findings) -> None:
    if asks == "place":
        answers = [told.answers.get(n, "") for n in told.attempts]
    else:
        answers = [change.answer for change in told.amendments.values() if change.attempt is not None]
    findings.add("sent_undurable", f"{what}, {len(answers)} attempts are written", len(alike) - len(answers))
    findings.add("no_deadline", f"{what}, without a deadline", sum(not each.deadline + each.window_ends for each in alike))
    if len(alike) > len(answers):
        return
    others = [each for each in alike if not each.fits(set(told.written))]
    if others:
        findings.add("sent_undurable", f"{what}, with the deadline {others[0].deadline}, which no attempt has", len(others))
    findings.add("sent_denied", f"{what}; the attempts: {answers}", len(alike) - sum(answer != NEVER_LEFT for answer in answers))
    if asks == "place" and told.end == NEVER_LEFT:
        unexplained = len(alike) - sum(answer in (NEVER_LEFT, NOT_PROCESSED) for answer in answers)
        findings.add("sent_denied", f"{what}, answered {answers}; the order ended as {told.end}", unexplained)
    first = min(told.written.values(), default=0)
    early = [each.at for each in alike if each.at < first]
    findings.add("wrong_time", f"{what} at {early[:1]}; its first attempt is written at {first}", len(early))


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
