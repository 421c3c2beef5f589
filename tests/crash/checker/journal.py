"""The bot's order journal as it lies on the disk: plain SQL on a read-only connection."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from .ledger import Fill
from .terms import Terms, symbol_of, terms_of_decision, terms_of_intent

FIRST_AMENDMENT = 3


@dataclass
class Amendment:
    """A change of an order that was asked for, with the decision that allowed it and how the attempt ended."""

    seq: int
    quantity: Decimal
    price: Decimal | None
    allowed: Terms | None
    attempt: int | None = None
    answer: str = ""

    @property
    def may_have_been_made(self) -> bool:
        return self.attempt is not None and self.answer in ("accepted", "unknown", "")


@dataclass
class Told:
    """All that the journal says of one order; sequences are of its rows."""

    allows: list[int] = field(default_factory=list)
    denies: list[int] = field(default_factory=list)
    allowed: list[Terms] = field(default_factory=list)
    """the terms of `allows`"""
    intent: int | None = None
    terms: Terms | None = None
    attempts: dict[int, int] = field(default_factory=dict)
    written: dict[int, int] = field(default_factory=dict)
    """deadline (ms) → when the first attempt with it was written (ns); of all attempts, amendments too"""
    answers: dict[int, str] = field(default_factory=dict)
    facts: set[str] = field(default_factory=set)
    fills: list[Fill] = field(default_factory=list)
    filled: set[tuple[str, str]] = field(default_factory=set)
    """symbol and side of its fills"""
    amendments: dict[int, Amendment] = field(default_factory=dict)
    end: str = ""

    @property
    def possible(self) -> list[Terms]:
        """Return the terms the venue's order may have: the last ones it took, and later ones it may have taken."""
        if self.terms is None:
            return []
        found = [self.terms]
        for _, change in sorted(self.amendments.items()):
            if change.may_have_been_made:
                changed = self.terms._replace(quantity=change.quantity, price=change.price)
                found = [changed] if change.answer == "accepted" else [*found, changed]
        return found

    @property
    def believes_in_it(self) -> bool:
        """The bot has it that the venue had this order."""
        return (
            "accepted" in self.answers.values()
            or bool(self.fills)
            or self.end in ("filled", "partial", "canceled", "expired")
            or bool(self.facts & {"accepted", "filled", "partially_filled"})
        )


@dataclass
class Journal:
    """A whole journal; `name` is its file's, as the decision log has it."""

    name: str
    facts: Mapping[str, str]
    orders: Mapping[str, Told]
    decisions: list[tuple[str, int, str]]
    """client order id, decision sequence, body; of amendments too"""
    ends: list[tuple[int, str]]
    """sequence, client order id"""
    epochs: int


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal for reading; its write-ahead log is read too."""
    if not path.exists():
        raise ValueError(f"there is no journal {path}")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def read_journal(path: Path) -> Journal:
    """Read all of it."""
    orders: defaultdict[str, Told] = defaultdict(Told)
    connection = connect(path)
    try:
        decisions = _read_decisions(connection, orders)
        for seq, name, *columns in connection.execute(
            "SELECT seq, client_order_id, instrument, side, quantity_text, price_text, type, time_in_force FROM intents"
        ):
            orders[name].intent, orders[name].terms = seq, terms_of_intent(*columns)
        _read_attempts(connection, orders)
        for name, event in connection.execute("SELECT client_order_id, event FROM facts"):
            orders[name].facts.add(event)
        for name, instrument, side, trade_id, price, quantity, fee, *other in connection.execute(
            "SELECT client_order_id, instrument, side, trade_id, price_text, quantity_text, fee_text, fee_asset, liquidity, ts"
            " FROM fills ORDER BY seq"
        ):
            orders[name].fills.append(Fill(trade_id, Decimal(price), Decimal(quantity), Decimal(fee), *other))
            orders[name].filled.add((symbol_of(instrument), side))
        ends = []
        for seq, name, result in connection.execute("SELECT seq, client_order_id, result FROM ends ORDER BY seq"):
            orders[name].end = result
            ends.append((seq, name))
        facts = dict(connection.execute("SELECT key, value FROM journal"))
        (epochs,) = connection.execute("SELECT count(*) FROM openings").fetchone()
    finally:
        connection.close()
    return Journal(path.stem, facts, dict(orders), decisions, ends, epochs)


def _read_decisions(connection: sqlite3.Connection, orders: defaultdict[str, Told]) -> list[tuple[str, int, str]]:
    found = []
    for seq, name, number, verdict, subject, body in connection.execute(
        "SELECT seq, client_order_id, decision_seq, verdict, subject, risk_body FROM decisions ORDER BY seq"
    ):
        found.append((name, number, body))
        if subject != "order":
            continue
        if verdict == "approved":
            orders[name].allows.append(seq)
            orders[name].allowed.append(terms_of_decision(body))
        else:
            orders[name].denies.append(seq)
    return found


def _read_attempts(connection: sqlite3.Connection, orders: defaultdict[str, Told]) -> None:
    """Read attempts and answers, of orders (1 and 2) and of their amendments, each with the decision it says it has."""
    for seq, name, n, quantity, price, body in connection.execute(
        "SELECT a.seq, a.client_order_id, a.n, a.quantity_text, a.price_text, d.risk_body FROM amendments AS a LEFT JOIN decisions"
        " AS d ON d.seq = a.decision AND d.seq < a.seq AND d.client_order_id = a.client_order_id AND d.verdict = 'approved'"
        " AND d.subject = 'amendment'"
    ):
        allowed = None if body is None else terms_of_decision(body)
        orders[name].amendments[n] = Amendment(seq, Decimal(quantity), Decimal(price) if price else None, allowed)
    for seq, name, n, deadline_ms, ts in connection.execute("SELECT seq, client_order_id, n, deadline_ms, ts FROM attempts"):
        written = orders[name].written
        written[deadline_ms] = min(ts, written.get(deadline_ms, ts))
        if n < FIRST_AMENDMENT:
            orders[name].attempts[n] = seq
        elif n in orders[name].amendments:
            orders[name].amendments[n].attempt = seq
    for name, n, result in connection.execute("SELECT client_order_id, n, result FROM answers"):
        if n < FIRST_AMENDMENT:
            orders[name].answers[n] = result
        elif n in orders[name].amendments:
            orders[name].amendments[n].answer = result


def rows(path: Path) -> Iterator[tuple[int, str, tuple[Any, ...], bytes, bytes]]:
    """Yield (sequence, table, values, previous MAC, MAC) of all tables that have a chain, in their one order.

    A row's values are its columns but these three, in the order of the table.
    """
    connection = connect(path)
    try:
        found = []
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
            if columns[0] == "seq" and columns[-2:] == ["prev_mac", "mac"]:
                found += [(row[0], table, row[1:-2], row[-2], row[-1]) for row in connection.execute(f"SELECT * FROM {table}")]
    finally:
        connection.close()
    yield from sorted(found)
