"""What all rows of an order journal come to, kept up to date row by row, and its snapshot.

The writer keeps one, a seal covers its snapshot, and opening or verifying a journal builds it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import orjson

from golive.audit import canonical
from golive.model.errors import JournalError
from golive.model.ids import InstrumentId
from golive.model.json import JsonValue
from golive.model.money import EXACT, format_decimal, parse_money
from golive.model.order import Side

from .row import Value, decode, encode, from_members
from .schema import COLUMNS

_ORDER_AT: Final = {
    table: COLUMNS[table].index("client_order_id") for table in ("intents", "amendments", "attempts", "answers", "facts", "fills")
}
_BODY_AT: Final = COLUMNS["notes"].index("body")
_MEMBERS: Final = {"baseline", "booked", "closed_at", "count", "epoch", "notes", "orders"}


class Snapshot(NamedTuple):
    """A book at one moment: what is quick to take from it; `encoded` takes its time with many orders."""

    head: bytes
    notes: list[bytes]
    orders: list[tuple[bytes, ...]]

    def encoded(self) -> bytes:
        """Return the canonical JSON of the book."""
        orders = b",".join([b"[" + b",".join(rows) + b"]" for rows in self.orders])
        return b"".join((self.head, b',"notes":[', b",".join(self.notes), b'],"orders":[', orders, b"]}"))


class Book:
    """The orders that have not ended with all their rows, the movements of the account, and the newest notes."""

    def __init__(self) -> None:
        self.epoch = 0
        self.count = 0
        """of all intents"""
        self.orders: dict[str, list[bytes]] = {}
        """encoded rows of each order that has not ended, in order, by client order id"""
        self.baseline: dict[str, Decimal] | None = None
        self.booked: dict[str, Decimal] = {}
        self.notes: dict[str, bytes] = {}
        """the newest encoded note by `event:subject`"""
        self.closed_at = 0
        """sequence of the note that ended the last orderly use; 0: none"""
        self._order_rows = 0

    @property
    def open_rows(self) -> int:
        """How many rows a snapshot would hold; grows with the orders that have not ended."""
        return self._order_rows + len(self.notes)

    def apply(self, table: str, seq: int, values: tuple[Value, ...], encoded: bytes) -> None:
        """Take in the next row."""
        if table == "intents":
            self.count += 1
            self.orders[str(values[0])] = [encoded]
            self._order_rows += 1
        elif table == "ends":
            self._order_rows -= len(self.orders.pop(str(values[0]), ()))
        elif table == "notes":
            self._note(seq, values, encoded)
        elif table == "openings":
            self.epoch = int(values[0] or 0)
        elif table in _ORDER_AT:
            if table == "fills":
                self._fill(dict(zip(COLUMNS[table], values, strict=True)))
            rows = self.orders.get(str(values[_ORDER_AT[table]]))
            if rows is not None:
                rows.append(encoded)
                self._order_rows += 1

    def snapshot(self) -> Snapshot:
        """Return what the book holds now; it stays as it is while the book goes on."""
        head: dict[str, JsonValue] = {
            "baseline": None if self.baseline is None else _texts(self.baseline),
            "booked": _texts(self.booked),
            "closed_at": self.closed_at,
            "count": self.count,
            "epoch": self.epoch,
        }
        notes = [self.notes[key] for key in sorted(self.notes)]
        return Snapshot(canonical(head)[:-1], notes, [tuple(rows) for rows in self.orders.values()])

    @classmethod
    def read(cls, snapshot: bytes) -> Book:
        """Return the book of a snapshot; raise JournalError when it is none."""
        try:
            document = orjson.loads(snapshot)
            if not isinstance(document, dict) or document.keys() != _MEMBERS:
                raise ValueError(f"the members are not {', '.join(sorted(_MEMBERS))}")
            return cls._restored(document)
        except (ValueError, TypeError, ArithmeticError) as exc:
            raise JournalError(f"not a snapshot of an order journal: {exc}") from exc

    @classmethod
    def _restored(cls, document: Mapping[str, Any]) -> Book:
        # Any: the document is checked by its signature before it is read.
        book = cls()
        book.epoch, book.count, book.closed_at = document["epoch"], document["count"], document["closed_at"]
        if document["baseline"] is not None:
            book.baseline = _amounts(document["baseline"])
        book.booked = _amounts(document["booked"])
        for members in document["notes"]:
            encoded = encode(*from_members(members))
            book.notes[_note_key(decode(encoded)[2])] = encoded
        for rows in document["orders"]:
            encoded_rows = [encode(*from_members(members)) for members in rows]
            book.orders[str(decode(encoded_rows[0])[2][0])] = encoded_rows
            book._order_rows += len(encoded_rows)
        return book

    def _note(self, seq: int, values: tuple[Value, ...], encoded: bytes) -> None:
        event = values[1]
        self.notes[_note_key(values)] = encoded
        if event == "closed":
            self.closed_at = seq
        elif event == "baseline":
            balances = json.loads(str(values[_BODY_AT])).get("balances")
            if not isinstance(balances, dict):
                raise JournalError("a baseline needs `balances`: decimal text by asset")
            self.baseline = _amounts(balances)
            self.booked = {}

    def _fill(self, row: Mapping[str, Value]) -> None:
        instrument = InstrumentId.parse(str(row["instrument"]))
        sign = Side(str(row["side"])).sign
        quantity = Decimal(str(row["quantity_text"]))
        paid = EXACT.multiply(Decimal(str(row["price_text"])), quantity)
        self._move(instrument.base, sign * quantity)
        self._move(instrument.quote, -sign * paid)
        self._move(str(row["fee_asset"]), -Decimal(str(row["fee_text"])))

    def _move(self, asset: str, amount: Decimal) -> None:
        if amount:
            self.booked[asset] = EXACT.add(self.booked.get(asset, Decimal(0)), amount)


def _note_key(values: tuple[Value, ...]) -> str:
    return f"{values[1]}:{values[2]}" if values[2] else str(values[1])


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, JsonValue]:
    return {asset: format_decimal(amount) for asset, amount in amounts.items()}


def _amounts(texts: Mapping[str, object]) -> dict[str, Decimal]:
    return {
        asset: parse_money(str(text), f"balance of {asset}", allow_zero=True, allow_negative=True)
        for asset, text in texts.items()
    }
