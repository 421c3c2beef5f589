"""The watch over the account leaves out what is no news: risk ends with what it would know had it seen every mark."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from golive.engine.valuation import Valuation
from golive.engine.watch import Watch
from golive.model.clock import DAY
from golive.model.command import Command
from golive.model.ids import ClientOrderId, FillId
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import Ledger
from golive.risk import RiskEngine, RiskProfile
from support.trading import instrument_named

PAIRS = [instrument_named(f"okx:{base}/USDT") for base in ("BTC", "ETH")]
TIGHT = RiskProfile("tight", Decimal("0.004"), Decimal("0.006"), Decimal("0.3"), 1)
CASH = 10**5


def story(seed: int) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield (what happens, to which pair, change of its price in ticks, pause before it in ns, how much)."""
    draw = random.Random(seed)
    reach = draw.choice([5, 200, 4_000])
    for _ in range(120):
        what = draw.choices(["mark", "buy", "sell"], [12, 1, 1])[0]
        pause = DAY // 2 if draw.random() < 0.1 else DAY // 1440
        yield what, draw.choices([0, 1], [9, 1])[0], draw.randint(-reach, reach), pause, draw.randint(1, 5)


@given(st.integers(0, 1 << 32), st.booleans())
def test_risk_knows_what_it_would_know_had_it_seen_every_mark(seed: int, has_coins: bool) -> None:
    ledger = Ledger(PAIRS, {"USDT": Decimal(CASH), **({"ETH": Decimal("0.00000001")} if has_coins else {})})
    valuation = Valuation(ledger, ledger.instruments)
    risk, told = RiskEngine(TIGHT), RiskEngine(TIGHT)
    watch, commands = Watch(valuation, risk, lambda ts: None), list[Command]()
    marks, ts = [400_000, 30_000], 0
    for number, (what, at, change, pause, size) in enumerate(story(seed)):
        ts += pause
        instrument, worth = PAIRS[at], valuation.of(PAIRS[at].id)
        held = ledger.total_lots(instrument.id)
        lots = instrument.lots_down("0.05") * size if what == "buy" else held * size // 5
        if what == "mark":
            marks[at] = max(1, marks[at] + change)
            valuation.mark(worth, marks[at])
        elif lots and (what == "sell" or ledger.notional(instrument.id, marks[at], lots) < ledger.balances["USDT"].free):
            side = Side.BUY if what == "buy" else Side.SELL
            fee = instrument.base_units(lots) // 1000 if side is Side.BUY else 0
            ledger.apply(
                Fill(
                    FillId("okx", str(number)), ClientOrderId("c"), instrument.id, ts, side, marks[at], lots, fee,
                    instrument.base, Liquidity.TAKER,
                )
            )  # fmt: skip
            valuation.booked(worth)
        watch.observe(ts, commands)
        told.observe(valuation.equity, ts, valuation.largest, valuation.open_positions)
        assert (risk.equity, risk.track) == (told.equity, told.track)
        assert (risk.uses(), risk.state) == (told.uses(), told.state)
    reached = [use.limit for use in told.uses() if use.band == "breach"]
    assert sorted(breach.limit for breach in watch.breaches) == sorted(reached)
    assert len(commands) == len(reached)
