"""What `golive order list` says of orders that have not ended, from journals as they were written; and what it refuses to show."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.model.live_order import AttemptResult
from golive.runtime.live.order_list import ListedOrder, orders_at
from golive.storage.order_journal import Item
from support.durable import BTC, keys_of, order_id
from support.order_journals import answer, baseline, decided, end, fact, fill_of, note, open_journal, place_of, write

ADOPTED = note(
    "adopted",
    "v-9",
    instrument="okx:BTC/USDT",
    side="buy",
    quantity="1",
    price="42000",
    filled="0",
    end="",
    is_over="",
    reason="mine",
)


def listed(home: Path) -> tuple[ListedOrder, ...]:
    return orders_at(place_of(home), keys_of(home))


@pytest.mark.parametrize(
    ("items", "state", "price", "quantity"),
    [
        ([decided(1, deadline_ms=None)], "not_sent", "42000", "0.01"),
        ([decided(1)], "sent", "42000", "0.01"),
        ([decided(1), answer(1, result=AttemptResult.UNKNOWN)], "unknown", "42000", "0.01"),
        ([decided(1), fact(1), answer(1, result=AttemptResult.UNKNOWN)], "accepted", "42000", "0.01"),
        ([decided(1), fill_of(1), answer(1), fact(1)], "partially_filled", "42000", "0.01"),
        ([decided(1), answer(1), decided(1, price=421_000, amendment=3)], "accepted", "42000", "0.01"),
        ([decided(1), answer(1), decided(1, price=421_000, amendment=3), answer(1, 3)], "accepted", "42100", "0.01"),
        (
            [decided(1), answer(1), decided(1, price=421_000, amendment=3), answer(1, 3, AttemptResult.REJECTED)],
            "accepted", "42000", "0.01",
        ),
        (
            [decided(1), answer(1), decided(1, price=421_000, amendment=3), answer(1, 3, AttemptResult.UNKNOWN)],
            "accepted", "42000", "0.01",
        ),
        ([decided(1), answer(1), fact(1, "amended", price=422_000, quantity=BTC.lots("0.02"))], "amended", "42200", "0.02"),
    ],
)  # fmt: skip
def test_an_order_is_listed_as_it_stands(tmp_path: Path, items: list[Item], state: str, price: str, quantity: str) -> None:
    write(tmp_path, [baseline(BTC="1"), *items, decided(2), end(2)])
    [order] = listed(tmp_path)
    assert (order.client_order_id, order.state, order.price, order.quantity) == (order_id(1), state, price, quantity)


def test_an_account_that_never_had_a_journal_has_no_order(tmp_path: Path) -> None:
    assert listed(tmp_path) == ()


def test_orders_are_listed_beside_their_writer(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path)) as journal:
        journal.commit([baseline(BTC="1"), decided(1), ADOPTED])
        assert [order.state for order in listed(tmp_path)] == ["sent", "accepted"]


@pytest.mark.parametrize("leave_seal", [True, False])
def test_a_journal_that_is_gone_is_no_empty_list(tmp_path: Path, leave_seal: bool) -> None:
    write(tmp_path, [baseline(BTC="1"), decided(1)])
    place_of(tmp_path).path.unlink()
    if not leave_seal:
        place_of(tmp_path).seal.unlink()
    with pytest.raises(JournalError, match=r"\.sqlite: is gone, and "):
        listed(tmp_path)


def test_an_order_is_not_shown_without_the_keys_that_tell_who_wrote_it(tmp_path: Path) -> None:
    write(tmp_path, [baseline(BTC="1"), decided(1)])
    with pytest.raises(JournalError, match="keys"):
        orders_at(place_of(tmp_path), None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE intents SET price_text = '1'",
        "UPDATE answers SET venue_order_id = 'v-2'",
        "DELETE FROM facts",
        "INSERT INTO ends VALUES (99, (SELECT client_order_id FROM intents ORDER BY seq LIMIT 1), 'canceled', '{}', 1, x'00', x'00')",
        "UPDATE notes SET body = replace(body, '42000', '41000') WHERE event = 'adopted'",
        "DELETE FROM notes WHERE event = 'adopted'",
    ],
)
@pytest.mark.parametrize("changed_when", ["sealed", "open"])
def test_a_journal_that_was_changed_is_refused(tmp_path: Path, statement: str, changed_when: str) -> None:
    items: list[Item] = [baseline(BTC="1"), decided(1), answer(1), fact(1), ADOPTED, decided(2), end(2)]
    if changed_when == "sealed":
        write(tmp_path, items)
        _change(tmp_path, statement)
        with pytest.raises(JournalError, match="okx_spot_okx_main"):
            listed(tmp_path)
    else:
        journal = open_journal(tmp_path)
        try:
            journal.commit(items)
            _change(tmp_path, statement)
            with pytest.raises(JournalError, match="okx_spot_okx_main"):
                listed(tmp_path)
        finally:
            journal.give_up("it was changed")


def _change(home: Path, statement: str) -> None:
    """Write behind the journal's back, with its triggers out of the way."""
    with closing(sqlite3.connect(place_of(home).path)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()
