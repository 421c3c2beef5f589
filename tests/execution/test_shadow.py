"""A shadow sees what the primary sees, changes nothing for it, and never hides that it ended."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from golive.execution import News, PaperExecution
from golive.execution.shadow import Compared, PrimaryFill, Reference, ShadowedExecution, ShadowEnded, ShadowFill, Sighting
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency
from golive.matching.model import Effect, MarketModel
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MILLISECOND
from golive.model.market import MarketEvent, Trade
from golive.model.order import Fill, NewOrder, OrderUpdate, Side
from golive.portfolio import Ledger
from support.trading import BALANCES, BTC, BTC_ID, START, approved, book, candle, client_order_id, order

RICH = {"USDT": Decimal(10**9), "BTC": Decimal(10**6)}


def paper(model: MarketModel, balances: dict[str, Decimal], latency_ms: int = 0) -> PaperExecution:
    each_way = latency_ms * MILLISECOND
    return PaperExecution(
        label="okx", models={BTC_ID: model}, account=Ledger([BTC], balances), codes={}, recorder=MemoryRecorder(),
        fees=FeeSchedule(Decimal(8), Decimal(10)), latency=ConstantLatency(each_way, each_way) if latency_ms else None,
    )  # fmt: skip


class Desk:
    def __init__(self, primary: PaperExecution, shadow: PaperExecution) -> None:
        self.seen: list[Sighting] = []
        self.service = ShadowedExecution(primary, shadow, self.seen.append)

    def submit(self, new: NewOrder, ts: int = START) -> Sequence[News]:
        return self.service.submit(approved(new), ts)

    def market(self, event: MarketEvent) -> Sequence[News]:
        return self.service.on_market(event)

    def fills(self, kind: type[PrimaryFill] | type[ShadowFill]) -> list[tuple[int, int, int]]:
        return [(s.fill.fill.price, s.fill.fill.ts - START, s.fill.reference) for s in self.seen if isinstance(s, kind)]


def books(desk: Desk) -> None:
    desk.market(book(START, [("40000", "9")], [("40002", "9")]))


def test_the_shadow_deals_at_once_what_takes_the_primary_its_latency() -> None:
    desk = Desk(paper(DepthModel(), BALANCES, latency_ms=50), paper(DepthModel(), RICH))
    books(desk)
    assert list(desk.submit(order(1, Side.BUY, "1"))) == []
    desk.market(book(START + 50 * MILLISECOND, [("40006", "9")], [("40008", "9")]))
    news = [
        *desk.market(book(START + 100 * MILLISECOND, [("40100", "9")], [("40102", "9")])),
        *desk.service.on_time(START + 10**9),
    ]
    tick = BTC.ticks
    assert desk.fills(ShadowFill) == [(tick("40002"), 0, tick("40000") + tick("40002"))]
    assert desk.fills(PrimaryFill) == [(tick("40008"), 50 * MILLISECOND, tick("40006") + tick("40008"))], "priced when it dealt"
    assert [item.price for item in news if isinstance(item, Fill)] == [tick("40008")], "the caller hears of the primary alone"


def test_what_the_primary_refuses_is_not_compared_and_given_back_by_the_shadow() -> None:
    shadow = paper(DepthModel(), RICH)
    desk = Desk(paper(DepthModel(), BALANCES), shadow)
    books(desk)
    [refused] = desk.submit(order(1, Side.SELL, "1", "50000"))
    assert isinstance(refused, OrderUpdate)
    assert (refused.event, desk.seen, shadow.working) == ("rejected", [], 0)
    desk.submit(order(2, Side.BUY, "1", "30000"))
    assert desk.seen == [Compared(order(2, Side.BUY, "1", "30000"))]
    assert shadow.working == 1
    desk.service.cancel(client_order_id(2), START)
    assert shadow.working == 0


def test_a_shadow_that_breaks_ends_with_its_reason_and_the_primary_goes_on() -> None:
    class Breaking(DepthModel):
        def on_market(self, event: MarketEvent) -> Sequence[Effect]:
            if event.ts > START:
                raise ArithmeticError("no such depth")
            return super().on_market(event)

    desk = Desk(paper(DepthModel(), BALANCES), paper(Breaking(), RICH))
    books(desk)
    desk.market(book(START + 1, [("40000", "9")], [("40002", "9")]))
    assert desk.seen == [ShadowEnded(START + 1, "ArithmeticError: no such depth")]
    news = desk.submit(order(1, Side.BUY, "1"), START + 2)
    assert any(isinstance(item, Fill) for item in news)
    assert not desk.fills(ShadowFill)


def test_the_caller_gets_the_very_news_of_the_primary_alone() -> None:
    alone, beside = paper(BarModel(), BALANCES), paper(BarModel(), BALANCES)
    desk = Desk(beside, paper(BarModel(), RICH))
    for service in (alone, desk.service):
        told: list[News] = []
        for n in range(6):
            told += service.submit(
                approved(order(n + 1, Side.BUY if n % 2 == 0 else Side.SELL, "0.1")), candle(n, "1", "1", "1", "1").ts
            )
            told += service.on_market(candle(n + 1, "40000", "40100", "39900", str(40000 + n)))
        if service is alone:
            expected = told
    assert told == expected
    assert alone.account.balances == beside.account.balances


def test_a_bars_reference_is_its_open_and_a_trade_counts_only_without_a_book() -> None:
    reference = Reference()
    with pytest.raises(KeyError):
        reference.at(BTC_ID, START)
    bar = candle(0, "40000", "40100", "39900", "40050")
    reference.on_market(bar)
    assert reference.at(BTC_ID, bar.ts) == 2 * BTC.ticks("40000")
    reference.on_market(Trade(BTC_ID, bar.ts + 1, BTC.ticks("40010"), 1, Side.BUY, "1"))
    assert reference.at(BTC_ID, bar.ts + 5) == 2 * BTC.ticks("40010")
    reference.on_market(book(bar.ts + 2, [("40000", "1")], [("40001", "1")]))
    reference.on_market(Trade(BTC_ID, bar.ts + 3, BTC.ticks("41000"), 1, Side.BUY, "2"))
    assert reference.at(BTC_ID, bar.ts + 5) == BTC.ticks("40000") + BTC.ticks("40001")
    assert reference.at(BTC_ID, bar.ts + 1) == 2 * BTC.ticks("40010"), "as it was then"


def test_many_prices_do_not_pile_up() -> None:
    reference = Reference()
    for n in range(20_000):
        reference.on_market(Trade(BTC_ID, START + n, n + 1, 1, Side.BUY, str(n)))
    assert len(reference._prices[BTC_ID]) < 10_000
    assert reference.at(BTC_ID, START + 19_990) == 2 * 19_991
