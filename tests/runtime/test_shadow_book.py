"""The report's section about the shadow: exact texts, totals that add up, and no figure once the shadow has ended."""

from __future__ import annotations

from decimal import Decimal

from golive.execution.divergence import ReferencedFill
from golive.execution.shadow import Compared, PrimaryFill, ShadowEnded, ShadowFill
from golive.model.ids import FillId
from golive.model.order import Fill, Liquidity, NewOrder, Side
from golive.observability.divergence import MOST_ORDERS
from golive.runtime.shadow_book import ShadowBook
from support.trading import BTC, BTC_ID, START, order

MARKS = {BTC_ID: BTC.ticks("40000")}


def dealt(number: int, new: NewOrder, price: str, quantity: str, *, at: int = 0) -> ReferencedFill:
    fill = Fill(
        FillId("okx", str(number)), new.client_order_id, BTC_ID, START + at, new.side, BTC.ticks(price), BTC.lots(quantity), 0, "USDT",
        Liquidity.TAKER,
    )  # fmt: skip
    return ReferencedFill(fill, 2 * BTC.ticks("40000"))


def test_an_order_is_stated_with_its_averages_its_delay_and_its_gaps() -> None:
    book, new = ShadowBook("ideal", [BTC]), order(1, Side.BUY, "0.3")
    book.keep(Compared(new))
    book.keep(PrimaryFill(dealt(1, new, "40002", "0.1", at=50_000_000)))
    book.keep(PrimaryFill(dealt(2, new, "40003", "0.2", at=60_000_000)))
    book.keep(ShadowFill(dealt(3, new, "40001", "0.3")))
    section = book.section(MARKS)
    [row] = section.orders
    assert (section.shadow, section.compared, section.ended) == ("ideal", 1, None)
    assert (row.filled, row.shadow_filled, row.quantity) == ("0.3", "0.3", "0.3")
    assert (row.average_price, row.shadow_average_price, row.delay_seconds) == ("40002.667", "40001", 0.05)
    assert (row.gaps.price_gap, row.gaps.time_gap, row.gaps.fill_gap, row.gaps.fee_gap, row.gaps.total) == (
        "0.5",
        "0",
        "0",
        "0",
        "0.5",
    )
    assert section.totals == (row.gaps,)


def test_what_was_never_compared_counts_nowhere() -> None:
    book, refused = ShadowBook("ideal", [BTC]), order(1, Side.BUY, "0.3")
    book.keep(ShadowFill(dealt(1, refused, "39000", "0.3")))
    section = book.section({})
    assert (section.compared, section.totals, section.orders) == (0, (), ())


def test_a_shadow_that_ended_states_its_reason_and_no_amount() -> None:
    book, new = ShadowBook("ideal", [BTC]), order(1, Side.BUY, "0.3")
    for sighting in (Compared(new), PrimaryFill(dealt(1, new, "40002", "0.3")), ShadowEnded(START, "ArithmeticError: no")):
        book.keep(sighting)
    section = book.section(MARKS)
    assert (section.compared, section.ended, section.totals, section.orders) == (0, "ArithmeticError: no", (), ())


def test_of_many_orders_the_farthest_apart_are_listed_and_all_are_counted() -> None:
    book = ShadowBook("ideal", [BTC])
    orders = [order(n, Side.SELL, "1") for n in range(1, MOST_ORDERS + 3)]
    for n, new in enumerate(orders, 1):
        book.keep(Compared(new))
        book.keep(PrimaryFill(dealt(2 * n, new, str(40000 - n), "1")))
        book.keep(ShadowFill(dealt(2 * n + 1, new, "40000", "1")))
    section = book.section(MARKS)
    assert section.compared == MOST_ORDERS + 2
    assert [row.client_order_id for row in section.orders] == [new.client_order_id for new in orders[2:]]
    assert Decimal(section.totals[0].total) == sum(range(1, MOST_ORDERS + 3))
