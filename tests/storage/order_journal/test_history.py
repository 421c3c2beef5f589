"""What limits that count ask a journal for: the newest rows only, amendments and first fills among them, in either database."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from golive.model.clock import MINUTE
from golive.model.order import OrderType
from golive.storage.order_journal import Item, history
from golive.storage.order_journal.history import OrderHistory
from golive.storage.order_journal.opening import open_for_reading
from support.durable import START, order_id
from support.order_journals import decided, everything, fill_of, place_of, write


def test_orders_and_amendments_that_were_allowed_are_found_oldest_first(home: Path) -> None:
    write(home, everything())
    with closing(open_for_reading(place_of(home))) as database:
        asked = OrderHistory(database)
        found = asked.allowed(START)
        assert [(each.order.client_order_id, each.order.price) for each in found] == [
            (order_id(1), 420_000), (order_id(1), 421_000), (order_id(3), None), (order_id(4), 420_000)
        ]  # fmt: skip
        assert [each.order.client_order_id for each in asked.allowed(START + 4)] == [order_id(4)]
        assert asked.allowed(START + 5) == []


def test_of_each_order_only_its_first_fill_counts_as_an_execution(home: Path) -> None:
    items: list[Item] = [item for n in (1, 2) for item in (decided(n), fill_of(n, f"{n}a"), fill_of(n, f"{n}b"))]
    write(home, items)
    with closing(open_for_reading(place_of(home))) as database:
        asked = OrderHistory(database)
        assert [fill.fill_id.trade_id for fill in asked.first_fills(START)] == ["1a", "2a"]
        assert [fill.fill_id.trade_id for fill in asked.first_fills(START + 2)] == ["2a"]
        booked = list(asked.fills_after(0))
        assert [each.fill.fill_id.trade_id for each in booked] == ["1a", "1b", "2a", "2b"]
        assert (booked[0].type, booked[0].price, booked[0].quantity) == (OrderType.LIMIT, "42000", "0.01")
        assert Decimal(booked[0].fee) > 0
        assert [each.seq for each in asked.fills_after(booked[1].seq)] == [booked[2].seq, booked[3].seq]


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_journal_is_read_page_by_page_until_one_is_old(home: Path, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    items: list[Item] = [item for n in range(1, 8) for item in (decided(n), fill_of(n))]
    write(home, items)
    for name in ("_INTENTS", "_AMENDMENTS", "_FIRST_FILLS", "_FILLS"):
        monkeypatch.setattr(history, name, getattr(history, name).replace(f"LIMIT {history.PAGE}", f"LIMIT {page}"))
    monkeypatch.setattr(history, "PAGE", page)
    with closing(open_for_reading(place_of(home))) as database:
        asked = OrderHistory(database)
        assert len(asked.allowed(START)) == len(asked.first_fills(START)) == len(list(asked.fills_after(0))) == 7
        assert [each.ts - START for each in asked.allowed(START + 5)] == [5, 6, 7]
        assert [fill.ts - START for fill in asked.first_fills(START + 5)] == [5, 6, 7]
        assert asked.allowed(START + MINUTE) == []
