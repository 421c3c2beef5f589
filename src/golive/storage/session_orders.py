"""The rows of one order in a session's store, and the orders a store has under (a part of) an id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from golive.model.ids import ClientOrderId

from .session_chain import Value
from .session_reader import SessionReader
from .session_schema import JOURNAL_COLUMNS

_TABLES: Final = tuple(name for name, columns in JOURNAL_COLUMNS.items() if "client_order_id" in columns)


class Select(Protocol):
    """Asks a store: a query with `?` for each parameter, and its rows."""

    def __call__(self, query: str, parameters: tuple[Value, ...] = (), /) -> Iterator[tuple[Any, ...]]: ...


class SessionRow(NamedTuple):
    """A row of a session's store."""

    seq: int
    table: str
    values: Mapping[str, Value]
    """by column, those of the chain left out"""


def order_rows(reader: SessionReader, order: ClientOrderId) -> tuple[SessionRow, ...]:
    """Return all rows that tell of one order, by sequence: its signal, decisions, intent, attempts, news, fills, records."""
    rows = [row for table in _TABLES for row in _rows(reader, table, "client_order_id = ?", (order,))]
    of_order = "json_extract(body, '$.client_order_id') = ?"
    rows += _rows(reader, "records", of_order, (order,))
    signals = {str(row.values["signal_id"]) for row in rows if row.table == "intents"}
    for signal in signals - {""}:
        rows += _rows(reader, "records", "event = 'signal_received' AND json_extract(body, '$.signal_id') = ?", (signal,))
    by_seq = {row.seq: row for row in rows}
    return tuple(by_seq[seq] for seq in sorted(by_seq))


def event_rows(reader: SessionReader, events: Sequence[str]) -> tuple[SessionRow, ...]:
    """Return the records of these events, by sequence."""
    condition = f"event IN ({', '.join('?' for _ in events)}) ORDER BY seq"
    return tuple(_rows(reader, "records", condition, tuple(events)))


def find_orders(reader: SessionReader, name: str) -> tuple[ClientOrderId, ...]:
    """Return the orders whose client order id begins with `name`, or whose venue order id is `name`."""
    by_id = "SELECT DISTINCT client_order_id FROM decisions WHERE substr(client_order_id, 1, length(?1)) = ?1"
    by_venue = "SELECT DISTINCT client_order_id FROM order_updates WHERE venue_order_id = ?"
    found = {str(coid) for query in (by_id, by_venue) for (coid,) in reader.query(query, (name,))}
    return tuple(ClientOrderId(coid) for coid in sorted(found))


def neighbours(select: Select, name: str) -> Iterator[ClientOrderId]:
    """Yield the client order ids right before and after `name`, of a store or an order journal."""
    for query in (
        "SELECT client_order_id FROM decisions WHERE client_order_id < ? ORDER BY client_order_id DESC LIMIT 1",
        "SELECT client_order_id FROM decisions WHERE client_order_id >= ? ORDER BY client_order_id LIMIT 1",
    ):
        for (coid,) in select(query, (name,)):
            yield ClientOrderId(str(coid))


def _rows(reader: SessionReader, table: str, condition: str, parameters: tuple[str, ...]) -> Iterator[SessionRow]:
    columns = JOURNAL_COLUMNS[table]
    for seq, *values in reader.query(f"SELECT seq, {', '.join(columns)} FROM {table} WHERE {condition}", parameters):  # noqa: S608 (names of ours; values are bound)
        yield SessionRow(seq, table, dict(zip(columns, values, strict=True)))
