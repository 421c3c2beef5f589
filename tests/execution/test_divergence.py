"""The parts of a divergence are what they say, and add up to the difference of the two results to the last unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.execution.divergence import ReferencedFill, compare, compare_all, marked_result
from golive.model.ids import FillId
from golive.model.order import Fill, Liquidity, NewOrder, Side
from support.trading import BTC, BTC_ID, START, order

LIMIT_UNIT = BTC.notional(1, 1)


def fill(
    number: int, new: NewOrder, price: str, quantity: str, reference: str, *, at: int = 0, fee: int = 0, asset: str = "USDT"
) -> ReferencedFill:
    ticks, lots = BTC.ticks(price), BTC.lots(quantity)
    made = Fill(
        FillId("okx", str(number)), new.client_order_id, BTC_ID, START + at, new.side, ticks, lots, fee, asset, Liquidity.TAKER
    )
    return ReferencedFill(made, 2 * BTC.ticks(reference))


def quote(units: int) -> Decimal:
    return Decimal(BTC.quote_text(units))


def test_a_dearer_price_at_the_same_moment_is_a_price_gap() -> None:
    new = order(1, Side.BUY, "2")
    row = compare(new, BTC, [fill(1, new, "40010", "2", "40000")], [fill(2, new, "40002", "2", "40000")], BTC.ticks("50000"))
    assert (quote(row.price_gap), row.time_gap, row.fill_gap, row.fee_gap, row.delay_ns) == (Decimal(16), 0, 0, 0, 0)


def test_a_market_that_moved_before_we_dealt_is_a_time_gap() -> None:
    new = order(1, Side.SELL, "2")
    late = fill(1, new, "39990", "2", "39991", at=70)
    row = compare(new, BTC, [late], [fill(2, new, "39999", "2", "40000")], BTC.ticks("1"))
    assert (row.price_gap, quote(row.time_gap), row.fill_gap, row.delay_ns) == (0, Decimal(18), 0, 70)


def test_what_only_the_shadow_bought_is_a_fill_gap_at_the_last_price() -> None:
    new = order(1, Side.BUY, "2")
    shadow = [fill(2, new, "40000", "0.5", "40000"), fill(3, new, "40000", "1.5", "40000")]
    row = compare(new, BTC, [fill(1, new, "40000", "0.5", "40000")], shadow, BTC.ticks("40100"))
    assert (row.price_gap, row.time_gap, quote(row.fill_gap)) == (0, 0, Decimal(150))
    assert (row.filled, row.shadow_filled) == (BTC.lots("0.5"), BTC.lots("2"))
    missed_loss = compare(new, BTC, [], shadow, BTC.ticks("39900"))
    assert (quote(missed_loss.fill_gap), missed_loss.delay_ns) == (Decimal(-200), None)


def test_fees_in_base_are_worth_the_last_price() -> None:
    new = order(1, Side.BUY, "1")
    row = compare(
        new,
        BTC,
        [fill(1, new, "40000", "1", "40000", fee=100_000, asset="BTC")],
        [fill(2, new, "40000", "1", "40000", fee=BTC.notional(BTC.ticks("1"), BTC.lots("32")), asset="USDT")],
        BTC.ticks("41000"),
    )
    assert quote(row.fee_gap) == Decimal(41) - Decimal(32)


def test_a_fee_without_a_price_is_refused() -> None:
    new = order(1, Side.BUY, "1")
    with pytest.raises(ValueError, match="OKB, which has no price here"):
        compare(new, BTC, [fill(1, new, "40000", "1", "40000", fee=1, asset="OKB")], [], 1)


def test_each_order_is_compared_by_its_own_fills() -> None:
    first, second = order(1, Side.BUY, "1"), order(2, Side.SELL, "1")
    rows = compare_all(
        [second, first],
        {BTC_ID: BTC},
        [fill(1, first, "40001", "1", "40000"), fill(2, second, "39998", "1", "40000")],
        [fill(3, second, "39999", "1", "40000"), fill(4, first, "40000", "1", "40000")],
        {BTC_ID: BTC.ticks("40000")},
    )
    assert [(r.order, quote(r.total)) for r in rows] == [(second, Decimal(1)), (first, Decimal(1))]
    with pytest.raises(ValueError, match="another order"):
        compare(first, BTC, [fill(2, second, "39998", "1", "40000")], [], 1)


LEG = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(1, 10**9), st.integers(1, 2 * 10**6), st.integers(-1000, 1000), st.booleans()),
    max_size=5,
)
"""price in ticks, lots, reference in half ticks, fee, whether it is in base"""


@given(st.sampled_from(list(Side)), LEG, LEG, st.integers(1, 10**6))
def test_the_parts_add_up_to_the_difference_of_the_marked_results(
    side: Side, ours: list[tuple[int, int, int, int, bool]], theirs: list[tuple[int, int, int, int, bool]], mark: int
) -> None:
    new = order(1, side, "1")

    def leg(parts: list[tuple[int, int, int, int, bool]], name: str) -> list[ReferencedFill]:
        return [
            ReferencedFill(
                Fill(
                    FillId(name, str(n)), new.client_order_id, BTC_ID, START + n, side, price, lots, fee, "BTC" if in_base else "USDT",
                    Liquidity.MAKER,
                ),
                reference,
            )
            for n, (price, lots, reference, fee, in_base) in enumerate(parts)
        ]  # fmt: skip

    primary, shadow = leg(ours, "p"), leg(theirs, "s")
    row = compare(new, BTC, primary, shadow, mark)
    assert row.total == marked_result(shadow, BTC, mark) - marked_result(primary, BTC, mark)
    mirrored = compare(new, BTC, shadow, primary, mark)
    assert mirrored.total == -row.total
    assert abs(mirrored.price_gap + row.price_gap) <= 1
    assert compare(new, BTC, primary, primary, mark).total == 0


@given(LEG, st.integers(1, 10**6))
def test_two_executions_at_the_markets_price_differ_by_time_alone(
    parts: list[tuple[int, int, int, int, bool]], move: int
) -> None:
    """Dealing at the reference itself leaves no price gap, however far the market went."""
    new = order(1, Side.BUY, "1")

    def leg(shift: int) -> list[ReferencedFill]:
        return [
            ReferencedFill(
                Fill(FillId("x", str(n)), new.client_order_id, BTC_ID, START, Side.BUY, p + shift, q, 0, "USDT", Liquidity.TAKER),
                2 * (p + shift),
            )
            for n, (p, q, *_) in enumerate(parts)
        ]

    row = compare(new, BTC, leg(move), leg(0), 1)
    assert row.price_gap == 0
    assert row.time_gap == move * sum(q for _, q, *_ in parts) * LIMIT_UNIT
