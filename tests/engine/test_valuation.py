"""What the account is worth mark by mark equals the ledger's own sum over everything, whatever came before."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from golive.engine.valuation import Valuation
from golive.model.ids import ClientOrderId, FillId
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import Ledger
from support.trading import instrument_named

PAIRS = [instrument_named(f"okx:{base}/USDT") for base in ("BTC", "ETH", "SOL")]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, 2), st.integers(0, 10**7)),
        st.tuples(st.just("buy"), st.integers(0, 2), st.integers(1, 10**6)),
        st.tuples(st.just("sell"), st.integers(0, 2), st.integers(1, 10**6)),
    ),
    max_size=40,
)
less_than_a_lot = "0.0000009"
largest_falls_below_another = [(what, at, 10**6) for at in (0, 1, 2) for what in ("mark", "buy")] + [
    ("mark", 2, 2_000_000),
    ("mark", 2, 10),
]


@given(steps, st.sampled_from(("0", "1.5", less_than_a_lot)))
@example(largest_falls_below_another, "0")
@example([("mark", 1, 100), ("mark", 0, 100), ("buy", 0, 10), ("mark", 1, 10**7)], less_than_a_lot)
@example([("mark", 0, 100), ("buy", 0, 10), ("mark", 0, 0), ("mark", 0, 90)], "0")
@example([("mark", 0, 100), ("mark", 1, 100), ("buy", 0, 10), ("buy", 1, 10), ("mark", 0, 0), ("mark", 0, 90)], "0")
def test_it_is_the_sum_the_ledger_makes(moves: list[tuple[str, int, int]], coins: str) -> None:
    ledger = Ledger(PAIRS, {"USDT": Decimal(10**6), "ETH": Decimal(coins)})
    valuation = Valuation(ledger, ledger.instruments)
    marks: dict[int, int] = {}
    versions = [valuation.version]
    for number, (what, at, amount) in enumerate(moves):
        instrument, worth = PAIRS[at], valuation.of(PAIRS[at].id)
        before = (valuation.equity, valuation.largest, valuation.open_positions)
        if what == "mark":
            marks[at] = amount
            valuation.mark(worth, amount)
        else:
            side = Side.BUY if what == "buy" else Side.SELL
            price, lots = marks.get(at) or 100, min(amount, ledger.total_lots(instrument.id)) if what == "sell" else amount
            if not lots or (side is Side.BUY and ledger.notional(instrument.id, price, lots) > ledger.balances["USDT"].free):
                continue
            fee = lots // 1000
            ledger.apply(
                Fill(
                    FillId("okx", str(number)), ClientOrderId("c"), instrument.id, number, side, price, lots,
                    instrument.base_units(fee) if side is Side.BUY else 0, instrument.base if side is Side.BUY else "USDT",
                    Liquidity.TAKER,
                )
            )  # fmt: skip
            valuation.booked(worth)
        priced = {PAIRS[n].id: ticks for n, ticks in marks.items() if ticks}
        held = [ledger.value(key, priced[key]) for key in priced if ledger.total_lots(key)]
        now = (valuation.equity, valuation.largest, valuation.open_positions)
        assert now == (ledger.equity(priced), max(held, default=0), len(held))
        versions.append(valuation.version)
        is_only_holding = what == "mark" and [each.id for each in PAIRS if ledger.balances[each.base].total] == [instrument.id]
        assert now == before or versions[-1] != versions[-2] or is_only_holding
        if valuation.equity is not None and now != before and versions[-1] == versions[-2]:
            assert valuation.rest == ledger.balances["USDT"].total == valuation.equity - worth.value
