"""Orders that ended long ago are let go: their memory is, their ids are not."""

from __future__ import annotations

import sys

import pytest

from golive.execution.live.effect import Forget, Place, Refuse, Withdraw
from golive.execution.live.ended import AT_ONCE, EndedOrders
from golive.execution.live.happening import Answered, Condition, Leaving, Seen, Vanished, Waited
from golive.execution.live.route import Route
from golive.execution.live.router import LiveExecutionRouter
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved, DecisionCode
from golive.model.errors import IllegalTransition
from golive.model.ids import FillId
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import Fill, Liquidity, OrderStatus, OrderUpdate
from golive.orders import OrderEvent, Orders
from support.router_desk import BTC, ETH, VENUES, RouterDesk, fill, limit, update
from support.trading import START, client_order_id

HOUR = 3600
ORDERS = 20_000


def test_an_order_is_let_go_an_hour_after_its_end() -> None:
    desk = RouterDesk()
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, fill(order, "0.1", "t1"), filled=order.quantity)
    assert desk.status(name) is OrderStatus.FILLED
    desk.pass_time(HOUR - 1)
    assert desk.router.order(name).status is OrderStatus.FILLED
    assert desk.kind(Forget) == []
    desk.pass_time(2)
    assert desk.kind(Forget) == [Forget("okx_spot", name)]
    with pytest.raises(IllegalTransition, match="not ours"):
        desk.router.order(name)


def test_its_id_is_refused_and_known_for_ever() -> None:
    desk = RouterDesk()
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, OrderEvent.CANCELED), filled=0)
    desk.pass_time(HOUR)
    assert desk.router.knows(name)
    assert not desk.router.knows(client_order_id(2))
    desk.drain()
    said = desk.router.submit(Approved(order, 2), desk.now)
    assert [item.code for item in said if isinstance(item, OrderUpdate)] == [DecisionCode.DUPLICATE_ID]
    assert [each for each in desk.router.effects() if isinstance(each, Place | Refuse)] == []
    assert desk.router.cancel(name, desk.now) == []
    assert desk.router.amend(Approved(order, 3), desk.now) == []


def test_an_order_that_is_not_understood_stays() -> None:
    desk = RouterDesk()
    first, second = limit(1), limit(2)
    disputed, name = desk.accepted(first), desk.accepted(second)
    desk.see(disputed, fill(first, "0.1", "t1"), filled=first.quantity)
    desk.see(name, update(second, OrderEvent.CANCELED), filled=0)
    desk.see(disputed, fill(first, "0.05", "t2"))  # more than was ordered
    for _ in range(3):
        desk.pass_time(HOUR)
    assert [each.client_order_id for each in desk.kind(Forget)] == [name]
    assert desk.router.order(disputed).status is OrderStatus.FILLED
    assert list(desk.router.frozen) == [("okx_spot", BTC.id)]


def test_an_order_that_was_proved_absent_stays_and_is_withdrawn_when_it_is_there_after_all() -> None:
    desk = RouterDesk()
    absent, unsent = desk.unknown(limit(1)), desk.submit(limit(2, of=ETH, price="2000"))
    desk.not_sent(unsent, FallbackReason.QUEUE_FULL)
    desk.take(Vanished("okx_spot", absent))
    desk.pass_time(10 * HOUR)
    assert unsent in [each.client_order_id for each in desk.kind(Forget)]
    desk.see(absent, update(limit(1), OrderEvent.ACCEPTED))
    assert [each.client_order_id for each in desk.kind(Withdraw)] == [absent]


def test_an_order_that_works_is_never_let_go() -> None:
    desk = RouterDesk()
    name = desk.accepted(limit(1))
    desk.pass_time(100 * HOUR)
    assert desk.router.order(name).status is OrderStatus.OPEN


def test_many_are_let_go_a_few_at_a_time() -> None:
    ended = EndedOrders(10)
    for n in range(3 * AT_ONCE):
        ended.add(client_order_id(n), n % 2)
    assert ended.due(9) == []
    found = [ended.due(11) for _ in range(4)]
    assert [len(each) for each in found] == [AT_ONCE, AT_ONCE, AT_ONCE, 0]
    assert [name for each in found for name in each] == [client_order_id(n) for n in range(3 * AT_ONCE)]


def test_the_state_machine_forgets_only_what_has_ended_and_numbers_on() -> None:
    orders = Orders()
    orders.plan(limit(1), START)
    with pytest.raises(IllegalTransition, match="has not ended"):
        orders.forget(client_order_id(1), ())
    orders.sent(client_order_id(1))
    done = fill(limit(1), "0.1", "t1")
    orders.fill(done)
    orders.forget(client_order_id(1), [done.fill_id])
    assert len(orders) == 0
    assert orders.plan(limit(2), START).sequence == 2
    with pytest.raises(IllegalTransition, match="not ours"):
        orders.fill(done)


def test_the_memory_of_ended_orders_is_bounded() -> None:
    """With so many in memory as there are in the time for which they are kept, more of them cost no more than their ids."""
    mono = 0
    router = LiveExecutionRouter(
        routes=(Route(name="main", adapters=("okx_spot",)),), risk_profile="balanced", venues=VENUES,
        recorder=MemoryRecorder(), monotonic=lambda: mono, reapprove=lambda order: Approved(order, 1),
        new_id=lambda adapter: client_order_id(0), keep_ended_s=10.0,
    )  # fmt: skip
    router.take(Condition("okx_spot", True, "", False, False))
    blocks: list[int] = []
    for n in range(1, ORDERS + 1):
        order = limit(n)
        name = order.client_order_id
        router.submit(Approved(order, 1), START)
        router.take(Waited("okx_spot", name, 1))
        router.take(Leaving("okx_spot", name, 1, 5))
        router.take(Answered("okx_spot", name, 1, AttemptResult.ACCEPTED, "", "", mono))
        done = Fill(
            FillId("okx", f"t{n}"), name, order.instrument, START, order.side, 390_000, order.quantity, 1, "BTC", Liquidity.TAKER
        )
        router.take(Seen("okx_spot", name, (done,), order.quantity))
        router.effects()
        router.news()
        mono += 100_000_000  # a hundred are remembered, and the answers of 5 minutes
        if n in (ORDERS // 2, ORDERS):
            blocks.append(sys.getallocatedblocks())
    assert (blocks[1] - blocks[0]) / (ORDERS // 2) < 2
    assert len(router.canonical()["orders"]) <= 101  # type: ignore[arg-type]
