"""The rules of one send, order by order: the venue's ledger beside the bot's journal (RELIABILITY §2, I1–I5)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .chain import check_journal_chain
from .finding import Findings
from .frozen import check_frozen
from .journal import Told, read_journal
from .keys import Keys
from .ledger import Ledger, VenueOrder, surplus
from .logs import check_logs
from .names import check_codes, check_ids, check_integers
from .records import check_records
from .sent import check_sent, read_sent
from .times import check_times

NEVER_THERE = ("absent", "not_sent", "rejected")
"""ends that say: the venue never had it"""

NEVER_EXECUTED = ("rejected", "not_sent", "not_processed")
"""answers that say: this attempt made no order"""


def check_orders(
    ledger: Ledger,
    path: Path,
    keys: Keys | None,
    logs: Sequence[Path],
    sent: Path | None,
    foreign: frozenset[str],
    findings: Findings,
    beside: frozenset[str] = frozenset(),
) -> None:
    """Compare the ledger, and what was seen to be `sent`, with the journal at `path`; with keys follow the MACs.

    `beside`: names of other journals that the logs repeat.
    """
    journal = read_journal(path)
    requests = [] if sent is None else read_sent(sent)
    for name, orders in ledger.orders.items():
        if name in foreign:
            continue
        findings.add("duplicate", f"{name}: {len(orders)} orders at the venue", len(orders) - 1)
        told = journal.orders.get(name)
        if told is None or told.intent is None:
            findings.add("unknown_order", f"{name}: no intent, {len(told.denies) if told else 0} refusals")
            continue
        _check_sent(name, told, findings)
        _check_terms(name, told, orders, findings)
        _check_outcome(name, told, orders[0], findings)
    for name, told in journal.orders.items():
        if name in foreign:
            continue
        if name not in ledger.orders:
            _check_absent(name, told, findings)
        _check_intended(name, told, findings)
        if len(told.attempts) > 1 and told.answers.get(1) != "not_processed":
            findings.add("sent_again", f"{name}: {len(told.attempts)} attempts, the first was {told.answers.get(1)}")
    intended = {name for name, told in journal.orders.items() if told.intent is not None}
    placed = {request.client_order_id for request in requests if request.asks == "place"}
    for name in sorted((ledger.orders.keys() | intended | placed) - foreign):
        _check_decision(name, journal.orders.get(name, Told()), findings)
    check_ids(path, ledger, foreign, findings)
    check_integers(path, ledger, findings)
    check_records(path, journal, findings)
    check_codes(path, ledger.venue, findings)
    check_times(path, findings)
    check_frozen(path, findings)
    if sent is not None:
        check_sent(requests, ledger, journal, findings)
    if keys is not None:
        check_journal_chain(path, journal, keys.rows, findings)
        check_logs(logs, path, journal, beside, keys, findings)
    findings.looked_at |= {
        "orders": ledger.count,
        "intents": sum(told.intent is not None for told in journal.orders.values()),
        "refused": sum(bool(told.denies) for told in journal.orders.values()),
        "fills": sum(len(told.fills) for told in journal.orders.values()),
        "absent": sum(told.end == "absent" for told in journal.orders.values()),
        "not_sent": sum(told.end == "not_sent" for told in journal.orders.values()),
        "rejected": sum(told.end == "rejected" for told in journal.orders.values()),
        "asked_after_unknown": sum("unknown" in told.answers.values() for told in journal.orders.values()),
        "unanswered": sum(bool(told.attempts.keys() - told.answers.keys()) for told in journal.orders.values()),
        "second_attempts": sum(len(told.attempts) > 1 for told in journal.orders.values()),
        "amendments": sum(change.answer == "accepted" for told in journal.orders.values() for change in told.amendments.values()),
        "epochs": journal.epochs,
    }


def _check_decision(name: str, told: Told, findings: Findings) -> None:
    if len(told.allows) != 1:
        findings.add("no_allow", f"{name}: {len(told.allows)} ALLOW decisions")
    if told.denies:
        findings.add("after_deny", f"{name}: refused, and intended, sent or at the venue")
    later = [seq for seq in (told.intent, *told.attempts.values()) if seq is not None]
    if told.allows and later and told.allows[0] >= min(later):
        findings.add("allow_not_before", f"{name}: decision {told.allows[0]}, intent or attempt {min(later)}")


def _check_sent(name: str, told: Told, findings: Findings) -> None:
    if not told.attempts or (told.intent is not None and min(told.attempts.values()) <= told.intent):
        findings.add("sent_without_attempt", f"{name}: at the venue without an attempt after its intent")


def _check_intended(name: str, told: Told, findings: Findings) -> None:
    """Compare intent, amendments and fills with what was allowed, whether or not the venue has the order."""
    if told.terms is not None and told.terms.decided not in told.allowed:
        findings.add("other_terms", f"{name}: intended {told.terms}, allowed {told.allowed}")
    for n, change in told.amendments.items():
        asked = (change.quantity, change.price)
        if change.allowed is None or (change.allowed.quantity, change.allowed.price) != asked:
            findings.add("other_terms", f"{name}: amendment {n} to {asked}, allowed {change.allowed}")
        if change.attempt is not None and change.attempt < change.seq:
            findings.add("allow_not_before", f"{name}: attempt {n} to amend is before its amendment")
    if told.terms is not None and told.filled - {(told.terms.symbol, told.terms.side)}:
        findings.add("other_terms", f"{name}: {told.terms}, fills booked of {sorted(told.filled)}")


def _check_terms(name: str, told: Told, orders: Sequence[VenueOrder], findings: Findings) -> None:
    for order in orders:
        if order.terms not in told.possible:
            findings.add("other_terms", f"{name}: at the venue {order.terms}, intended {told.possible}")


def _check_outcome(name: str, told: Told, order: VenueOrder, findings: Findings) -> None:
    extra, missing = surplus(tuple(told.fills), order.fills)
    findings.add("fill_extra", f"{name}: {extra} fills that the venue does not have", extra)
    answers = [told.answers.get(n, "") for n in told.attempts]
    if answers and all(answer in NEVER_EXECUTED for answer in answers):
        findings.add("wrong_answer", f"{name}: the venue has it, {order.state}; its attempts are answered {answers}")
    if told.end in NEVER_THERE:
        findings.add("lost", f"{name}: the venue has it, {order.state}; the bot ended it as {told.end}")
    elif not order.is_working:
        findings.add("fill_missing", f"{name}: {missing} of the venue's fills", missing)
        if not told.end:
            findings.add("unresolved", f"{name}: {order.state} at the venue, not ended here")
        elif told.end != order.end and (told.end, order.end) != ("expired", "canceled"):
            findings.add("end_differs", f"{name}: {told.end} here, {order.end} at the venue")
    elif told.end:
        findings.add("end_differs", f"{name}: {told.end} here, still working at the venue")
    elif not told.believes_in_it:
        findings.add("unresolved", f"{name}: working at the venue, and the bot does not know")


def _check_absent(name: str, told: Told, findings: Findings) -> None:
    if told.believes_in_it:
        findings.add("phantom", f"{name}: the venue never had it; here {sorted(told.answers.values())} {told.end}")
    elif told.intent is not None and not told.end:
        findings.add("unresolved", f"{name}: not at the venue, not ended here")
