"""Accounts in trouble: who is told, when live trading ends, and what goes on after it on paper."""

from __future__ import annotations

import pytest

from golive.execution.live.degradation import DegradePolicy, DegradingExecution
from golive.execution.live.effect import Conclude, Note, Place, Refuse, Withdraw
from golive.execution.live.happening import Seen
from golive.matching.depth import DepthModel
from golive.model.decision import Approved, DecisionCode
from golive.model.live_order import FallbackReason
from golive.model.order import OrderStatus
from golive.orders import OrderEvent
from support.paper_desk import PaperDesk
from support.router_desk import BTC, BYBIT, ETH, RouterDesk, fill, limit, update
from support.trading import START, approved, book

P, S = DegradePolicy, OrderStatus


@pytest.mark.parametrize("trouble", ["breaker", "reconnect"])
def test_an_account_that_is_unreachable_for_too_long_raises_one_alert(trouble: str) -> None:
    desk = RouterDesk()
    desk.condition("okx_spot", **{trouble: True})
    desk.pass_time(29.9)
    assert not desk.alerts
    desk.pass_time(0.2)
    desk.pass_time(60)
    assert desk.alerts == ["error: Live account okx_spot is in trouble"]
    desk.condition("okx_spot")
    desk.condition("okx_spot", **{trouble: True})
    desk.pass_time(31)
    assert len(desk.alerts) == 2, "another trouble is another alert"
    desk.submit(limit(1))
    assert len(desk.kind(Place)) == 1, "an alert only"


def test_a_trouble_that_passes_and_a_policy_of_off_raise_nothing() -> None:
    desk = RouterDesk()
    desk.condition("okx_spot", breaker=True)
    desk.pass_time(20)
    desk.condition("okx_spot")
    desk.pass_time(20)
    assert not desk.alerts
    desk = RouterDesk(degrade=P.OFF)
    desk.condition("okx_spot", breaker=True, has_failed=True)
    desk.pass_time(100)
    assert not desk.alerts


def test_a_breaker_that_opens_again_and_again_is_one_trouble_while_it_must_be_reconnected() -> None:
    desk = RouterDesk()
    desk.condition("okx_spot", breaker=True, reconnect=True)
    desk.pass_time(20)
    desk.condition("okx_spot", breaker=False, reconnect=True)
    desk.pass_time(11)
    assert len(desk.alerts) == 1


def test_a_journal_that_cannot_be_written_is_told_at_once() -> None:
    desk = RouterDesk()
    desk.condition("okx_spot", is_ready=False, has_failed=True)
    assert desk.alerts == ["error: Live account okx_spot is in trouble"]


def test_auto_ends_live_trading_and_cancels_what_works_and_what_comes_to_work() -> None:
    desk = RouterDesk(degrade=P.AUTO)
    resting, elsewhere = desk.accepted(limit(1)), desk.accepted(limit(2, of=BYBIT))
    queued, on_its_way = desk.submit(limit(3)), desk.submit(limit(4))
    desk.leave(on_its_way)
    unknown = desk.unknown(limit(5, of=ETH, price="2000"))
    desk.drain()
    desk.condition("bybit_spot", reconnect=True)
    desk.pass_time(31)
    assert desk.router.is_degraded
    assert [(each.adapter, each.client_order_id) for each in desk.kind(Withdraw)] == [
        ("okx_spot", resting), ("bybit_spot", elsewhere), ("okx_spot", unknown),
    ]  # fmt: skip
    [note] = desk.kind(Note)
    assert (note.adapter, note.event, note.body["subject"]) == ("", "degraded_to_paper", "bybit_spot")
    assert desk.alerts == ["critical: Live trading has gone back to paper"]
    assert desk.router.may_leave(queued)
    desk.drain()
    desk.see(on_its_way, update(limit(4), OrderEvent.ACCEPTED))
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", on_its_way)]
    desk.submit(limit(6))
    assert [each.refused.code for each in desk.kind(Refuse)] == [DecisionCode.DEGRADED]
    desk.see(resting, update(limit(1), OrderEvent.CANCELED), filled=0)
    assert desk.ends == {resting: "canceled"}
    desk.condition("bybit_spot")
    desk.pass_time(100)
    assert desk.router.is_degraded, "it does not come back by itself"
    assert not desk.kind(Place)


def test_a_rejected_order_falls_back_to_nowhere_once_live_trading_has_ended() -> None:
    desk = RouterDesk(degrade=P.AUTO)
    name = desk.submit(limit(1))
    desk.condition("kraken_spot", has_failed=True)
    desk.not_sent(name, FallbackReason.NEVER_SENT)
    assert len(desk.kind(Place)) == 1
    assert [each.result for each in desk.kind(Conclude)] == ["not_sent"]


def test_after_degrading_new_orders_are_booked_on_paper_and_live_ones_go_on_live() -> None:
    desk, paper = RouterDesk(degrade=P.AUTO), PaperDesk(DepthModel)
    service = DegradingExecution(desk.router, paper.paper)
    news = [*service.on_market(book(START, [("39999", "5")], [("40001", "5")]))]
    live = limit(1)
    news += service.submit(approved(live), START)
    assert [type(each) for each in desk.router.effects()] == [Place]
    name = live.client_order_id
    desk.orders.plan(live, START)
    desk.orders.sent(name)
    desk.leave(name)
    desk.condition("okx_spot", has_failed=True)
    assert service.next_due is None
    on_paper = limit(2, "0.1", "40100")
    news = [*service.submit(Approved(on_paper, 2), START + 1)]
    assert [getattr(each, "event", "fill") for each in news] == ["accepted", "fill"]
    assert not desk.router.knows(on_paper.client_order_id)
    resting = limit(3, "0.1", "39000")
    assert [each.event for each in service.submit(Approved(resting, 3), START + 2)] == ["accepted"]  # type: ignore[union-attr]
    changed = Approved(resting._replace(price=BTC.ticks("38000")), 4)
    assert [each.event for each in service.amend(changed, START + 3)] == ["amended"]  # type: ignore[union-attr]
    assert [each.event for each in service.cancel(resting.client_order_id, START + 4)] == ["canceled"]  # type: ignore[union-attr]
    desk.drain()
    assert [*service.cancel(name, START + 5)] == []
    desk.router.take(Seen("okx_spot", name, (fill(live, "0.1", "t1"),), live.quantity))
    assert [getattr(each, "event", "fill") for each in service.on_time(START + 6)] == ["fill"]
    assert [type(each) for each in desk.router.effects()][-1] is Conclude
