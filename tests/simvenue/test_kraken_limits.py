"""Request limits: counters that decay, per address, per key, and per account and pair in the engine."""

from __future__ import annotations

import pytest

from simvenue.exchange.order import VenueOrder
from simvenue.kraken.limit import ENGINE, OPEN_ORDERS, PUBLIC, REST, Counter, Decay, Limits
from simvenue.kraken.txid import ORDER, number_of
from support.kraken_client import READ_KEY, KrakenClient

SECOND = 10**9


@pytest.fixture
def client() -> KrakenClient:
    return KrakenClient()


def engine(client: KrakenClient, symbol: str = "BTC/USD") -> float:
    return client.face.limits.engine_count("main", symbol, client.clock.monotonic())


def test_a_counter_decays_and_never_below_zero() -> None:
    counter = Counter(Decay(10, 0.5))
    assert counter.admit(0, 10)
    assert not counter.admit(SECOND, 1)
    assert counter.admit(2 * SECOND, 1)
    assert counter.value(4 * SECOND) == 9
    assert counter.value(10_000 * SECOND) == 0


def test_public_requests_have_a_burst_and_then_one_a_second(client: KrakenClient) -> None:
    assert all(client.get("Time")["error"] == [] for _ in range(int(PUBLIC.ceiling)))
    assert client.get("Time")["error"] == ["EGeneral:Too many requests"]
    assert client.ask("Balance")
    client.clock.move(1)
    assert client.get("Time")["error"] == []
    assert client.get("Time")["error"] == ["EGeneral:Too many requests"]


def test_private_requests_fill_the_counter_of_their_key(client: KrakenClient) -> None:
    assert all(client.ask("Balance") for _ in range(int(REST.ceiling)))
    assert client.fails("Balance") == "EAPI:Rate limit exceeded"
    assert client.ask("Balance", READ_KEY)
    client.clock.move(2)
    assert client.ask("Balance")
    assert client.fails("Balance") == "EAPI:Rate limit exceeded"


def test_history_costs_more_and_orders_cost_nothing(client: KrakenClient) -> None:
    assert all("trades" in client.ask("TradesHistory") for _ in range(5))
    assert client.fails("TradesHistory") == "EAPI:Rate limit exceeded"
    order = client.placed()
    assert client.ask("AmendOrder", txid=order, order_qty="0.02")
    assert client.ask("CancelOrder", txid=order)
    assert client.fails("CancelAllOrdersAfter", timeout="0") == "EAPI:Rate limit exceeded"


def test_a_nonce_is_used_up_even_when_the_limit_refuses(client: KrakenClient) -> None:
    for _ in range(int(REST.ceiling)):
        client.ask("Balance")
    assert client.fails("Balance") == "EAPI:Rate limit exceeded"
    client.clock.move(60)
    client.nonce -= 1
    assert client.fails("Balance") == "EAPI:Invalid nonce"


@pytest.mark.parametrize(("age", "points"), [(0, 8), (4.9, 8), (5, 6), (10, 5), (15, 4), (45, 2), (90, 1), (300, 0)])
def test_canceling_a_young_order_costs_more(client: KrakenClient, age: float, points: int) -> None:
    order = client.placed()
    client.clock.move(age)
    before = engine(client)
    client.ask("CancelOrder", txid=order)
    assert engine(client) == pytest.approx(before + points)


@pytest.mark.parametrize(("age", "points"), [(0, 4), (5, 3), (10, 2), (15, 1), (300, 1)])
def test_amending_a_young_order_costs_more_and_makes_it_young_again(client: KrakenClient, age: float, points: int) -> None:
    order = client.placed()
    client.clock.move(age)
    before = engine(client)
    client.ask("AmendOrder", txid=order, order_qty="0.02")
    assert engine(client) == pytest.approx(before + points)
    client.ask("CancelOrder", txid=order)
    assert engine(client) == pytest.approx(before + points + 8)


def test_a_refused_order_counts_as_well(client: KrakenClient) -> None:
    assert client.refused(price="30000.05")
    assert engine(client) == 1


def test_the_engine_refuses_when_its_counter_is_full_for_that_pair_only(client: KrakenClient) -> None:
    while engine(client) < ENGINE.ceiling:
        client.ask("CancelOrder", txid=client.placed())
    assert client.refused() == "EOrder:Rate limit exceeded"
    order = client.placed(pair="ETHUSD", price="1000", volume="1")
    assert client.ask("CancelOrder", txid=order) == {"count": 1}
    client.clock.move(10)
    assert client.order()["error"] == []


def test_a_full_counter_refuses_cancels_and_amends_but_not_cancel_all(client: KrakenClient) -> None:
    keep = client.placed()
    while engine(client) < ENGINE.ceiling:
        client.ask("CancelOrder", txid=client.placed())
    assert client.fails("CancelOrder", txid=keep) == "EOrder:Rate limit exceeded"
    assert client.fails("AmendOrder", txid=keep, order_qty="0.02") == "EOrder:Rate limit exceeded"
    assert client.find(keep)["vol"] == "0.01000000"
    assert client.ask("CancelAll") == {"count": 1}


def test_a_batch_counts_half_an_order_each(client: KrakenClient) -> None:
    order = {"type": "buy", "ordertype": "limit", "volume": "0.01", "price": "30000"}
    assert client.post_json("AddOrderBatch", {"pair": "XBTUSD", "orders": [order] * 10})["error"] == []
    assert engine(client) == 5


def test_a_pair_has_room_for_eighty_open_orders(client: KrakenClient) -> None:
    orders = []
    for _ in range(OPEN_ORDERS):
        orders.append(client.placed(volume="0.0001"))
        client.clock.move(1)
    assert client.refused() == "EOrder:Orders limit exceeded"
    assert client.order(pair="ETHUSD", price="1000", volume="1")["error"] == []
    client.ask("CancelOrder", txid=orders[0])
    assert client.order()["error"] == []


def test_without_limits_nothing_is_counted() -> None:
    client = KrakenClient(has_limits=False)
    assert all(client.get("Time")["error"] == [] for _ in range(60))
    assert all(client.ask("CancelOrder", txid=client.placed()) for _ in range(60))
    assert all(client.ask("TradesHistory") for _ in range(10))


def test_an_order_from_before_this_process_is_canceled_at_no_cost(client: KrakenClient) -> None:
    number = number_of(ORDER, client.placed())
    assert number is not None
    order: VenueOrder = client.exchange.orders[number]
    limits = Limits(client.exchange)
    limits.before_canceling(order, 0)
    assert limits.engine_count("main", "BTC/USD", 0) == 0


@pytest.mark.parametrize(("age", "points"), [(0, 8), (5, 6), (300, 0)])
def test_cancel_all_is_charged_for_every_order_it_takes_out(client: KrakenClient, age: float, points: int) -> None:
    for _ in range(3):
        client.placed()
    client.placed(pair="ETHUSD", price="1000", volume="1")
    client.clock.move(age)
    before = engine(client), engine(client, "ETH/USD")
    assert client.ask("CancelAll") == {"count": 4}
    assert engine(client) == pytest.approx(before[0] + 3 * points)
    assert engine(client, "ETH/USD") == pytest.approx(before[1] + points)
