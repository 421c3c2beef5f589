"""Judges orders that went to another venue: each account by itself, and then what was decided once over all of them.

    python -m crash.checker.routed --account LEDGER JOURNAL SENT --account … --key hmac.key [--log FILE …] [--metrics FILE]

`--metrics` demands that the bot's counters say of every fallback what its journals say. Prints one JSON document. Exit codes:
0 no violation, 1 violations, 2 cannot say.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .finding import Findings
from .journal import Journal, Told, connect, read_journal
from .keys import Keys
from .ledger import Ledger, read_ledger
from .orders import check_orders

NEVER_LEFT = ("never_sent", "queue_full", "breaker_open")
"""reasons that say: the order surely did not leave"""
REFUSALS: Mapping[str, tuple[str, ...]] = {
    "symbol_halted": ("51021", "51022"),
    "maintenance": ("EService:Market in cancel_only mode",),
}
"""reasons that say: its venue refused it, and the codes that are documented so"""
_COUNTED = re.compile(r"^live_orders_fallback_total\{(.*)\} (\S+)$", re.MULTILINE)
_REASON = re.compile(r'reason="(\w+)"')


class Fallback(NamedTuple):
    """What is written down of one order that went to another venue."""

    seq: int
    original: str
    source: str
    """adapter that did not take it"""
    reason: str


class Account(NamedTuple):
    """One account: what its venue has and what its journal says."""

    name: str
    ledger: Ledger
    journal: Journal
    fallbacks: Mapping[str, Fallback]
    """by the id of the new order"""
    signals: Mapping[str, str]
    """client order id → what it was decided for"""
    codes: Mapping[str, tuple[str, ...]]
    """codes of the answers to an order"""


def read_account(ledger: Path, journal: Path) -> Account:
    """Read both; the account is named as its journal's file."""
    connection = connect(journal)
    try:
        fallbacks = {}
        for seq, name, body in connection.execute("SELECT seq, client_order_id, body FROM notes WHERE event = 'fell_back'"):
            row = json.loads(body)
            fallbacks[name] = Fallback(seq, row["original"], row["from"], row["reason"])
        signals = dict(connection.execute("SELECT client_order_id, signal_id FROM intents"))
        codes: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for name, code in connection.execute("SELECT client_order_id, code FROM answers ORDER BY seq"):
            codes[name] += (code,)
    finally:
        connection.close()
    return Account(journal.stem, read_ledger(ledger), read_journal(journal), fallbacks, signals, dict(codes))


def check_fallbacks(accounts: Sequence[Account], findings: Findings) -> Counter[str]:
    """Demand that of what was decided once one order exists, and that each that went on was let go for a reason that holds.

    Returns how many went on, by reason.
    """
    reasons: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    placed: defaultdict[str, list[str]] = defaultdict(list)
    for account in accounts:
        for name, orders in account.ledger.orders.items():
            placed[account.signals.get(name, name)] += [f"{account.name} {name}"] * len(orders)
        for name, signal in account.signals.items():
            if name != signal and name not in account.fallbacks:
                findings.add("fallback_unwritten", f"{name} of {account.name} is instead of {signal}; no note says why")
        for name, went in account.fallbacks.items():
            reasons[went.reason] += 1
            intent = account.journal.orders.get(name, Told()).intent
            if intent is not None and went.seq > intent:
                findings.add("fallback_unwritten", f"{name} of {account.name}: its note is row {went.seq}, its intent {intent}")
            if intent is not None and account.signals[name] != went.original:
                findings.add(
                    "fallback_unwritten", f"{name} of {account.name} is instead of {account.signals[name]}, not {went.original}"
                )
            if (why := _objection(went, accounts, lost)) is not None:
                findings.add("fallback_wrong", f"{name} of {account.name} went on ({went.reason}): {went.original} {why}")
    for signal, names in placed.items():
        findings.add("two_venues", f"what was decided as {signal} became {', '.join(names)}", len(names) - 1)
    came_to_order = sum(len(account.fallbacks.keys() & account.ledger.orders.keys()) for account in accounts)
    findings.looked_at |= {
        "fallbacks": dict(sorted(reasons.items())),
        "fallbacks_at_venue": came_to_order,
        "unknown_stayed": sum(_is_unknown(told) for account in accounts for told in account.journal.orders.values()),
        "throttled_stayed": sum(
            "not_processed" in told.answers.values() for each in accounts for told in each.journal.orders.values()
        ),
        "of_original": dict(sorted(lost.items())),
    }
    return reasons


def _objection(went: Fallback, accounts: Sequence[Account], lost: Counter[str]) -> str | None:
    """Return why the order that another was sent instead of may be, or may have been, at its own venue."""
    source = next((each for each in accounts if each.name.startswith(f"{went.source}_")), None)
    if source is None:
        return f"is of {went.source}, which has no journal"
    told = source.journal.orders.get(went.original)
    if told is None or told.intent is None:  # it never left, and nobody waits until that is durable
        lost["intent taken by a kill"] += 1
        return None if went.reason in NEVER_LEFT else "was never written down"
    answers = [told.answers.get(n, "") for n in told.attempts]
    if "" in answers:
        lost["answer taken by a kill"] += 1
    said = {answer for answer in answers if answer}
    if said & {"unknown", "accepted"}:
        return f"was answered {answers}"
    if went.reason in NEVER_LEFT:
        return f"was answered {answers}" if said - {"not_sent"} else None
    if went.reason not in REFUSALS:
        return "which is no reason"
    code = source.codes.get(went.original, ("",))[-1]
    if answers[-1] and (answers[-1] != "rejected" or code not in REFUSALS[went.reason]):
        return f"was answered {answers} {code}"
    return None


def _is_unknown(told: Told) -> bool:
    return "unknown" in told.answers.values()


def check_counters(path: Path, reasons: Counter[str], findings: Findings) -> None:
    """Compare the bot's counters with what its journals say."""
    counted: Counter[str] = Counter()
    for labels, value in _COUNTED.findall(path.read_text()):
        if (named := _REASON.search(labels)) is not None:
            counted[named[1]] += int(float(value))
    for reason in counted.keys() | reasons.keys():
        if counted[reason] != reasons[reason]:
            findings.add("fallback_uncounted", f"{reason}: {reasons[reason]} written down, {counted[reason]} counted")
    findings.looked_at["counted"] = counted.total()


def main(arguments: list[str]) -> int:
    """Check and print."""
    parser = argparse.ArgumentParser(prog="python -m crash.checker.routed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--account", nargs=3, type=Path, action="append", required=True, metavar=("LEDGER", "JOURNAL", "SENT"))
    parser.add_argument("--key", type=Path, required=True, help="the bot's MAC key (hex)")
    parser.add_argument("--log", type=Path, action="append", default=[], help="a log projected from the journals (JSON lines)")
    parser.add_argument("--metrics", type=Path, help="the bot's exported counters, of the same lives as the journals")
    given = parser.parse_args(arguments)
    findings = Findings()
    by_account = {}
    try:
        keys = Keys.read(given.key)
        accounts = []
        for ledger, journal, sent in given.account:
            alone = Findings()
            beside = frozenset(other.stem for _, other, _ in given.account) - {journal.stem}
            check_orders(read_ledger(ledger), journal, keys, given.log, sent, frozenset(), alone, beside)
            by_account[journal.stem] = alone.looked_at
            findings.take(alone)
            accounts.append(read_account(ledger, journal))
        reasons = check_fallbacks(accounts, findings)
        if given.metrics is not None:
            check_counters(given.metrics, reasons, findings)
    except (OSError, ValueError, KeyError) as problem:
        print(json.dumps({"problem": f"{type(problem).__name__}: {problem}"}))
        return 2
    findings.looked_at["accounts"] = by_account
    print(json.dumps(findings.document))
    return 1 if findings.counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
