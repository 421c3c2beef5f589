"""What is written about an order against what its venue shows: each way in which the two can differ is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pytest

from golive.model.ids import FillId, VenueOrderId
from golive.model.order import Fill, Liquidity, OrderStatus, Side
from golive.runtime.explain.steps import Grid
from golive.runtime.explain.venue_comparison import SentOrder, Terms, compared, terms_of
from golive.venues.dialect import FillSighting, Lookup, OrderSighting
from support.trading import BTC, START, client_order_id

S = OrderStatus
NAME, THERE = client_order_id(1), VenueOrderId("v-1")
PRICE = BTC.ticks("42000")
RESTING = SentOrder(
    client_order_id=NAME, adapter="okx_spot", account="main", environment="okx_live", instrument=str(BTC.id), decided_at=START,
    status="OPEN", has_ended=False, side="buy", terms=frozenset({Terms(Decimal("0.01"), Decimal("42000"))}), filled="0",
    trades=frozenset(),
)  # fmt: skip
FILLED = replace(RESTING, status="FILLED", has_ended=True, filled="0.01", trades=frozenset({"t1"}))


def ended(status: str) -> SentOrder:
    return replace(RESTING, status=status, has_ended=True)


def seen(status: OrderStatus, filled: str = "0", *, quantity: str = "0.01", price: int = PRICE, side: Side = Side.BUY) -> Lookup:
    lots = BTC.lots(filled) if Decimal(filled) else 0
    return Lookup(OrderSighting(NAME, THERE, status, BTC.lots(quantity), lots, "", START, price, side), ())


def traded(found: Lookup, trade: str, quantity: str = "0.01") -> Lookup:
    fill = Fill(FillId("okx", trade), NAME, BTC.id, START, Side.BUY, PRICE, BTC.lots(quantity), 0, "BTC", Liquidity.TAKER)
    return Lookup(found.order, (*found.fills, FillSighting(THERE, fill)))


NOTHING = Lookup(None, ())


@pytest.mark.parametrize(
    ("order", "found", "state", "says"),
    [
        (RESTING, seen(S.OPEN), "ok", "venue_says"),
        (FILLED, traded(seen(S.FILLED, "0.01"), "t1"), "ok", "venue_says"),
        (ended("CANCELED"), seen(S.EXPIRED), "ok", "venue_says"),
        (ended("CANCELED"), NOTHING, "ok", "venue_absent"),
        (ended("ABSENT"), NOTHING, "ok", "venue_absent"),
        (ended("ABSENT"), seen(S.CANCELED), "ok", "venue_says"),
        # ended here, working there
        (ended("ABSENT"), seen(S.OPEN), "corrupt", "venue_differs"),
        (ended("CANCELED"), seen(S.OPEN), "corrupt", "venue_differs"),
        (ended("CANCELED"), seen(S.UNKNOWN), "corrupt", "venue_differs"),
        (ended("NOT_SENT"), seen(S.CANCELED), "corrupt", "venue_differs"),
        # fills, both ways
        (ended("CANCELED"), seen(S.CANCELED, "0.01"), "corrupt", "venue_differs"),
        (FILLED, seen(S.CANCELED), "corrupt", "venue_differs"),
        (FILLED, NOTHING, "corrupt", "venue_has_nothing"),
        (FILLED, traded(seen(S.FILLED, "0.01"), "t2"), "corrupt", "venue_differs"),
        (replace(RESTING, status="PARTIAL", filled="0.005"), seen(S.OPEN), "corrupt", "venue_differs"),
        # terms
        (RESTING, seen(S.OPEN, quantity="0.02"), "corrupt", "venue_differs"),
        (RESTING, seen(S.OPEN, price=PRICE + 1), "corrupt", "venue_differs"),
        (RESTING, seen(S.OPEN, side=Side.SELL), "corrupt", "venue_differs"),
        # the venue knows more
        (RESTING, seen(S.PARTIAL, "0.005"), "missing", "venue_is_ahead"),
        (RESTING, seen(S.CANCELED), "missing", "venue_is_ahead"),
        (replace(RESTING, status="UNKNOWN"), seen(S.OPEN), "missing", "venue_is_ahead"),
        # the venue knows nothing
        (RESTING, NOTHING, "corrupt", "venue_lost"),
        (replace(RESTING, status="UNKNOWN"), NOTHING, "unknown", "venue_absent_unproved"),
        (replace(RESTING, status="PLANNED"), NOTHING, "ok", "venue_absent"),
    ],
)  # fmt: skip
def test_each_difference_is_told(order: SentOrder, found: Lookup, state: str, says: str) -> None:
    told = compared(order, found, BTC)
    assert (told.state, told.says) == (state, says), told.details


def test_an_end_against_an_order_that_works_is_said_in_words() -> None:
    assert compared(ended("ABSENT"), seen(S.OPEN), BTC).details["problem"] == "ABSENT here, OPEN there"


class Told(NamedTuple):
    seq: int
    table: str
    values: dict[str, int | str | None]


def test_terms_are_the_last_that_were_taken_and_those_that_may_have_been() -> None:
    grid = Grid(BTC.price_text, BTC.quantity_text, lambda units, asset: None)
    first: dict[str, int | str | None] = {"quantity": 1, "quantity_text": "0.01", "price_text": "42000"}
    rows = [
        Told(1, "intents", dict(first)),
        Told(2, "answers", {"n": 1, "result": "accepted"}),
        Told(3, "amendments", {**first, "n": 3, "price_text": "42001"}),
        Told(4, "answers", {"n": 3, "result": "accepted"}),
        Told(5, "amendments", {**first, "n": 4, "price_text": "42002"}),
        Told(6, "answers", {"n": 4, "result": "rejected"}),
        Told(7, "amendments", {**first, "n": 5, "price_text": "42003"}),
    ]
    assert terms_of(rows, grid) == {Terms(Decimal("0.01"), Decimal(42001)), Terms(Decimal("0.01"), Decimal(42003))}
