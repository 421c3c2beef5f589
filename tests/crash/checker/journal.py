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

FIRST_AMENDMENT = 3


@dataclass
class Told:
    """All that the journal says of one order; sequences are of its rows."""

    allows: list[int] = field(default_factory=list)
    denies: list[int] = field(default_factory=list)
    intent: int | None = None
    quantity: Decimal = Decimal()
    attempts: dict[int, int] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)
    facts: set[str] = field(default_factory=set)
    fills: list[Fill] = field(default_factory=list)
    end: str = ""

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
    """A whole journal."""

    facts: Mapping[str, str]
    orders: Mapping[str, Told]
    decisions: list[tuple[str, int, str]]
    """client order id, decision sequence, body"""
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
        decisions = []
        for seq, name, number, verdict, body in connection.execute(
            "SELECT seq, client_order_id, decision_seq, verdict, risk_body FROM decisions WHERE subject = 'order' ORDER BY seq"
        ):
            (orders[name].allows if verdict == "approved" else orders[name].denies).append(seq)
            decisions.append((name, number, body))
        for seq, name, quantity in connection.execute("SELECT seq, client_order_id, quantity_text FROM intents"):
            orders[name].intent, orders[name].quantity = seq, Decimal(quantity)
        for seq, name, n in connection.execute("SELECT seq, client_order_id, n FROM attempts WHERE n < ?", (FIRST_AMENDMENT,)):
            orders[name].attempts[n] = seq
        for name, n, result in connection.execute(
            "SELECT client_order_id, n, result FROM answers WHERE n < ?", (FIRST_AMENDMENT,)
        ):
            orders[name].answers[n] = result
        for name, event in connection.execute("SELECT client_order_id, event FROM facts"):
            orders[name].facts.add(event)
        for name, price, quantity, fee, asset in connection.execute(
            "SELECT client_order_id, price_text, quantity_text, fee_text, fee_asset FROM fills ORDER BY seq"
        ):
            orders[name].fills.append((Decimal(price), Decimal(quantity), Decimal(fee), asset))
        ends = []
        for seq, name, result in connection.execute("SELECT seq, client_order_id, result FROM ends ORDER BY seq"):
            orders[name].end = result
            ends.append((seq, name))
        facts = dict(connection.execute("SELECT key, value FROM journal"))
        (epochs,) = connection.execute("SELECT count(*) FROM openings").fetchone()
    finally:
        connection.close()
    return Journal(facts, dict(orders), decisions, ends, epochs)


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
