"""What happens while a message travels: the market is always first."""

from __future__ import annotations

import pytest

from golive.execution.flight import Channel, Flight
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.latency import ConstantLatency
from golive.model.clock import MINUTE
from golive.model.errors import MagnitudeError
from golive.model.market import Trade
from golive.model.order import OrderStatus, Side, TimeInForce
from support.paper_desk import PaperDesk, fills, updates
from support.trading import BTC, BTC_ID, START, book, candle, client_order_id, order

THERE, BACK = 40, 60
BOTH = THERE + BACK


@pytest.fixture
def desk() -> PaperDesk:
    desk = PaperDesk(DepthModel, latency=ConstantLatency(THERE, BACK))
    desk.market(book(START, [("40000", "1")], [("40001", "1")]))
    return desk


def sell_off(ts: int, price: str = "39000") -> Trade:
    return Trade(BTC_ID, ts, BTC.ticks(price), BTC.lots("5"), Side.SELL, "1")


def resting(desk: PaperDesk, price: str = "39500") -> int:
    """Let a buy of 0.1 rest; return the time at which it is known here."""
    desk.submit(order(1, Side.BUY, "0.1", price), START)
    desk.time(START + BOTH)
    assert desk.orders[client_order_id(1)].status is OrderStatus.OPEN
    return START + BOTH


def test_an_order_meets_the_market_that_there_is_when_it_arrives(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "0.5"), START)
    assert desk.news == [], "nothing is known at once"
    desk.market(book(START + THERE - 1, [("40100", "1")], [("40101", "1")]))
    [fill] = fills(desk.time(START + BOTH))
    assert (BTC.price_text(fill.price), fill.ts) == ("40101", START + THERE)


def test_a_market_event_of_the_moment_of_arrival_comes_first(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "0.5"), START)
    desk.market(book(START + THERE, [("40100", "1")], [("40101", "1")]))
    [fill] = fills(desk.time(START + BOTH))
    assert BTC.price_text(fill.price) == "40101"


def test_news_are_known_only_when_they_have_come_back(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "0.5"), START)
    assert desk.paper.next_due == START + THERE
    assert desk.time(START + THERE) == []
    assert desk.paper.account.balances["BTC"].total > 0, "the venue has dealt"
    assert desk.ledger.balances["BTC"].total == 0, "we do not know it yet"
    assert desk.paper.next_due == START + BOTH
    assert desk.time(START + BOTH - 1) == []
    assert len(desk.time(START + BOTH)) == 2


def test_a_fill_beats_a_cancel_that_is_on_its_way(desk: PaperDesk) -> None:
    now = resting(desk)
    desk.cancel(client_order_id(1), now)
    desk.market(sell_off(now + THERE))
    desk.drain()
    assert [fill.quantity for fill in fills(desk.news)] == [BTC.lots("0.1")]
    assert desk.orders[client_order_id(1)].status is OrderStatus.FILLED
    assert [u.event for u in updates(desk.news)] == ["accepted"]


def test_a_cancel_that_has_arrived_beats_the_next_trade(desk: PaperDesk) -> None:
    now = resting(desk)
    desk.cancel(client_order_id(1), now)
    desk.market(sell_off(now + THERE + 1))
    desk.drain()
    assert not fills(desk.news)
    assert desk.orders[client_order_id(1)].status is OrderStatus.CANCELED


def test_a_fill_at_the_old_terms_beats_an_amendment_that_is_on_its_way(desk: PaperDesk) -> None:
    now = resting(desk)
    desk.amend(order(1, Side.BUY, "0.1", "38000")._replace(quantity=BTC.lots("0.05")), now)
    desk.market(sell_off(now + THERE - 1))
    desk.drain()
    [fill] = fills(desk.news)
    assert (fill.quantity, BTC.price_text(fill.price)) == (BTC.lots("0.1"), "39500")
    assert [u.event for u in updates(desk.news)] == ["accepted"]


def test_an_amendment_cannot_take_back_what_was_filled_meanwhile(desk: PaperDesk) -> None:
    now = resting(desk)
    desk.amend(order(1, Side.BUY, "0.02", "39500"), now)
    desk.market(Trade(BTC_ID, now + 1, BTC.ticks("39000"), BTC.lots("0.06"), Side.SELL, "1"))
    desk.drain()
    amended = updates(desk.news)[-1]
    assert (amended.event, amended.quantity) == ("amended", BTC.lots("0.06"))
    assert desk.orders[client_order_id(1)].status is OrderStatus.FILLED
    assert desk.reserved("USDT") == "0"


def test_an_order_that_expires_while_it_travels_is_rejected(desk: PaperDesk) -> None:
    late = order(1, Side.BUY, "0.1", "39500", tif=TimeInForce.GTD)._replace(expires_at=START + THERE)
    desk.submit(late, START)
    desk.drain()
    assert [(u.event, u.code) for u in updates(desk.news)] == [("rejected", "EXPIRY_INVALID")]


def test_an_order_expires_before_the_trade_of_that_moment_and_before_the_cancel(desk: PaperDesk) -> None:
    ends = START + 500
    desk.submit(order(1, Side.BUY, "0.1", "39500", tif=TimeInForce.GTD)._replace(expires_at=ends), START)
    desk.time(START + BOTH)
    desk.cancel(client_order_id(1), ends - THERE)
    desk.market(sell_off(ends))
    desk.drain()
    assert not fills(desk.news)
    assert (updates(desk.news)[-1].event, updates(desk.news)[-1].ts) == ("expired", ends)
    assert desk.recorder.value("paper_orders_total", exchange="okx", result="expired") == 1


def test_nothing_overtakes_what_was_sent_before_it() -> None:
    slow_first = Channel(lambda n: 100 if n == 1 else 5)
    assert [slow_first.send(0), slow_first.send(1), slow_first.send(200)] == [100, 100, 205]


class FirstIsSlow:
    """The first message of the slow direction takes 10 ns, every other one none."""

    def __init__(self, slow: str) -> None:
        self._slow = slow

    def request_ns(self, n: int) -> int:
        return 10 if self._slow == "request" and n == 1 else 0

    def response_ns(self, n: int) -> int:
        return 10 if self._slow == "response" and n == 1 else 0


@pytest.mark.parametrize("slow", ["request", "response"])
def test_a_fast_message_waits_for_the_slow_one_before_it_even_at_the_moment_of_its_arrival(slow: str) -> None:
    desk = PaperDesk(DepthModel, latency=FirstIsSlow(slow))
    desk.submit(order(1, Side.BUY, "0.1", "39000"), START)
    desk.submit(order(2, Side.BUY, "0.1", "39000"), START + 10)
    desk.drain()
    assert [u.client_order_id for u in updates(desk.news)] == [client_order_id(1), client_order_id(2)]


def test_nothing_arrives_before_it_was_sent() -> None:
    with pytest.raises(MagnitudeError, match="message 1"):
        Channel(lambda _: -1).send(0)


def test_things_happen_in_the_order_of_their_times_an_expiry_before_an_arrival() -> None:
    flight = Flight()
    update = updates(PaperDesk(DepthModel).submit(order(1, Side.SELL, "0.1"), START))[0]
    later = update._replace(ts=1)
    flight.arrive(20, later)
    flight.arrive(10, update)
    flight.expire(20, BTC_ID)
    flight.expire(30, BTC_ID)
    taken = [flight.pop(20, 20) for _ in range(4)]
    assert taken == [(10, update), (20, BTC_ID), (20, later), None]
    assert flight.pop(29, 29) is None


def test_the_time_from_order_to_answer_is_measured_by_the_market_clock(desk: PaperDesk) -> None:
    desk.submit(order(1, Side.BUY, "0.5"), START)
    desk.submit(order(2, Side.SELL, "9"), START)
    desk.drain()
    assert desk.recorder.value("paper_execution_latency_seconds", exchange="okx") == 2
    assert desk.recorder.total("paper_execution_latency_seconds", exchange="okx") == pytest.approx(2 * BOTH / 1e9)


def test_with_a_latency_an_order_comes_too_late_for_the_open_of_the_next_bar() -> None:
    desk = PaperDesk(BarModel, latency=ConstantLatency(THERE, BACK))
    desk.market(candle(0, "40000", "40000", "40000", "40000"))
    desk.submit(order(1, Side.BUY, "0.1"), START + MINUTE)
    assert not fills(desk.market(candle(1, "41000", "41000", "41000", "41000")))
    desk.market(candle(2, "42000", "42000", "42000", "42000"))
    [fill] = fills(desk.drain())
    assert BTC.price_text(fill.price) == "42021"


def test_funds_are_judged_when_the_order_arrives(desk: PaperDesk) -> None:
    """Two orders that each have the money on departure, but not both on arrival."""
    desk.submit(order(1, Side.BUY, "2", "39000"), START)
    desk.submit(order(2, Side.BUY, "2", "39000"), START)
    desk.drain()
    assert [u.event for u in updates(desk.news)] == ["accepted", "rejected"]
