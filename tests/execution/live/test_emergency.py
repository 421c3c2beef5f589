"""The router's own gate of emergency mode: what it lets out, what it cancels, and what goes on."""

from __future__ import annotations

import pytest

from golive.execution.live.effect import Change, Place, Refuse, Withdraw
from golive.execution.live.happening import NotSent
from golive.model.decision import DecisionCode
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.order import OrderUpdate, Side
from golive.orders import OrderEvent
from support.router_desk import BYBIT, ETH, RouterDesk, limit, update

REDUCING = EmergencyMode(TradingState.REDUCING, "the feed lies", "anna", "all", 1)
HALTED = EmergencyMode(TradingState.HALTED, "the venue lies", "anna", "all", 1)


def halted(desk: RouterDesk, mode: EmergencyMode = REDUCING) -> None:
    desk.router.halt(mode)
    desk.collect()


def test_entries_are_refused_and_reductions_leave() -> None:
    desk = RouterDesk()
    halted(desk)
    desk.submit(limit(1))
    assert [each.refused.code for each in desk.kind(Refuse)] == [DecisionCode.EMERGENCY_MODE]
    sale = desk.submit(limit(2, side=Side.SELL))
    assert [each.approved.order.client_order_id for each in desk.kind(Place)] == [sale]
    assert desk.router.may_leave(sale) == ""
    halted(desk, HALTED)
    assert desk.router.may_leave(sale) == DecisionCode.EMERGENCY_MODE
    desk.submit(limit(3, side=Side.SELL))
    assert len(desk.kind(Place)) == 1


def test_every_entry_that_works_or_may_is_canceled_and_no_reduction_is() -> None:
    desk = RouterDesk()
    resting, elsewhere = desk.accepted(limit(1)), desk.accepted(limit(2, of=BYBIT))
    desk.accepted(limit(3, side=Side.SELL))
    queued, on_its_way = desk.submit(limit(4)), desk.submit(limit(5))
    desk.leave(on_its_way)
    unknown = desk.unknown(limit(6, of=ETH, price="2000"))
    desk.drain()
    assert desk.router.open_entries == 5
    halted(desk)
    withdrawn = [(each.adapter, each.client_order_id) for each in desk.kind(Withdraw)]
    assert withdrawn == [("okx_spot", resting), ("bybit_spot", elsewhere), ("okx_spot", unknown)]
    assert desk.router.may_leave(queued) == DecisionCode.EMERGENCY_MODE
    desk.drain()
    desk.see(on_its_way, update(limit(5), OrderEvent.ACCEPTED))
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", on_its_way)], "it is canceled as soon as it works"


def test_an_entry_that_was_held_back_at_the_door_goes_to_no_other_venue() -> None:
    desk = RouterDesk()
    name = desk.submit(limit(1))
    halted(desk)
    desk.take(NotSent("okx_spot", name, None, "held back", desk.mono, code=desk.router.may_leave(name)))
    assert desk.ends == {name: "not_sent"}
    assert [each.code for each in desk.news if isinstance(each, OrderUpdate)] == [DecisionCode.EMERGENCY_MODE]
    assert [adapter for adapter, _ in desk.places] == ["okx_spot"]


def test_the_terms_of_an_entry_are_not_changed_any_more() -> None:
    desk = RouterDesk()
    desk.accepted(limit(1))
    desk.accepted(limit(2, side=Side.SELL, price="50000"))
    halted(desk)
    desk.amend(limit(1, price="41000"))
    assert not desk.kind(Change)
    desk.amend(limit(2, side=Side.SELL, price="49000"))
    assert len(desk.kind(Change)) == 1


def test_entries_leave_again_when_it_was_lifted() -> None:
    desk = RouterDesk()
    halted(desk)
    desk.router.release()
    desk.router.release()
    desk.submit(limit(1))
    desk.collect()
    assert len(desk.kind(Place)) == 1


@pytest.mark.parametrize("mode", [REDUCING, HALTED])
def test_an_order_that_was_left_over_by_the_last_start_is_canceled(mode: EmergencyMode) -> None:
    desk = RouterDesk()
    name = desk.accepted(limit(1))
    halted(desk, mode)
    desk.see(name, update(limit(1), OrderEvent.CANCELED), filled=0)
    assert desk.ends == {name: "canceled"}
    assert desk.router.open_entries == 0
