"""What the live router takes, refuses, freezes, sends elsewhere and concludes."""

from __future__ import annotations

import pytest

from golive.execution.live.degradation import DegradePolicy
from golive.execution.live.effect import Ask, Change, Conclude, Keep, Note, Place, Refuse, Reroute, Withdraw
from golive.execution.live.happening import Changed, Leaving, NotSent, Unprovable, Vanished, Waited, Withdrawn
from golive.execution.live.route import Route
from golive.metrics.declaration import LIVE_ATTEMPT_RESULTS, LIVE_FALLBACK_REASONS, LIVE_ORDER_RESULTS
from golive.model.command import Alert
from golive.model.decision import DecisionCode
from golive.model.errors import IllegalTransition
from golive.model.live_order import AttemptResult, FallbackReason, OrderResult, Priority
from golive.model.order import OrderStatus, OrderUpdate, Side
from golive.orders import OrderEvent
from support.router_desk import BTC, BYBIT, ETH, KRAKEN, RouterDesk, fill, limit, update
from support.trading import START, approved, client_order_id, instrument_named

A, E, F, S = AttemptResult, OrderEvent, FallbackReason, OrderStatus


@pytest.fixture
def desk() -> RouterDesk:
    return RouterDesk()


# taking and refusing


def test_an_order_is_placed_accepted_filled_and_concluded_once(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, fill(order, "0.04", "t1"))
    assert desk.status(name) is S.PARTIAL
    desk.see(name, fill(order, "0.04", "t1"), fill(order, "0.06", "t2"), filled=order.quantity)
    assert desk.status(name) is S.FILLED
    [place] = desk.kind(Place)
    assert (place.adapter, place.approved.order, place.route, place.priority) == ("okx_spot", order, "main", Priority.ENTRY)
    assert (place.budget_ms, place.decided_mono) == (3000, 1_000_000_000)
    [end] = desk.kind(Conclude)
    assert end.record == {
        "route": "main",
        "client_order_id": name,
        "instrument": "okx:BTC/USDT",
        "side": "buy",
        "quantity": "0.1",
        "price": "39000",
        "attempts": [{"n": 1, "deadline_ms": 1001, "result": "accepted", "code": ""}],
        "result": "filled",
        "latency_ms": 10,
        "fallback_used": False,
    }
    assert [type(each) for each in desk.effects] == [Place, Keep, Keep, Conclude]
    assert [getattr(each, "event", "fill") for each in desk.news] == ["accepted", "fill", "fill"]


def test_a_sell_leaves_before_entries(desk: RouterDesk) -> None:
    desk.submit(limit(1, side=Side.SELL))
    assert desk.kind(Place)[0].priority is Priority.REDUCE


def test_refused_orders_answer_with_a_code_and_are_made_durable_and_never_placed(desk: RouterDesk) -> None:
    desk.condition("kraken_spot", is_ready=False)
    elsewhere = instrument_named("okx:XRP/USDT")
    nobody = instrument_named("binance:BTC/USDT")
    assert desk.router.order(desk.unknown(limit(9, of=ETH, price="2000"))).status is S.UNKNOWN
    desk.drain()
    cases = {
        DecisionCode.SYMBOL_FROZEN: limit(1, of=ETH, price="2000"),
        DecisionCode.NOT_READY: limit(2, of=KRAKEN),
        DecisionCode.UNKNOWN_INSTRUMENT: limit(3, of=elsewhere, price="2"),
        DecisionCode.NO_ROUTE: limit(4, of=nobody, price="2"),
    }
    for code, order in cases.items():
        name = desk.submit(order)
        last = desk.news[-1]
        assert isinstance(last, OrderUpdate)
        assert (last.client_order_id, last.event, last.code) == (name, E.NOT_SENT, code)
        assert not desk.router.knows(name)
    refused = [(each.adapter, each.refused.code) for each in desk.kind(Refuse)]
    assert refused == [
        ("okx_spot", DecisionCode.SYMBOL_FROZEN),
        ("kraken_spot", DecisionCode.NOT_READY),
        ("okx_spot", DecisionCode.UNKNOWN_INSTRUMENT),
    ], "an order of a venue that has no account has no journal either"
    assert not desk.kind(Place)


def test_an_account_that_was_never_told_to_be_ready_takes_nothing() -> None:
    desk = RouterDesk(is_ready=False)
    desk.submit(limit(1))
    assert not desk.kind(Place)
    assert desk.kind(Refuse)[0].refused.code is DecisionCode.NOT_READY


def test_a_symbol_or_risk_profile_without_a_route_is_refused() -> None:
    desk = RouterDesk(routes=(Route(name="r", adapters=("okx_spot",), symbols=frozenset({"ETH/USDT"})),))
    desk.submit(limit(1))
    assert desk.kind(Refuse)[0].refused.code is DecisionCode.NO_ROUTE
    desk.submit(limit(2, of=ETH, price="2000"))
    assert len(desk.kind(Place)) == 1
    desk = RouterDesk(routes=(Route(name="r", adapters=("okx_spot",), risk_profiles=frozenset({"aggressive"})),))
    desk.submit(limit(1))
    assert not desk.kind(Place)


def test_a_client_order_id_is_used_once(desk: RouterDesk) -> None:
    name = desk.accepted(limit(1))
    desk.drain()
    [news] = desk.router.submit(approved(limit(1)), desk.now)
    assert isinstance(news, OrderUpdate)
    assert (news.event, news.code) == (E.NOT_SENT, DecisionCode.DUPLICATE_ID)
    assert desk.status(name) is S.OPEN
    assert desk.router.effects() == []


# unknown


def test_an_unknown_outcome_freezes_the_symbol_asks_and_alerts_and_nothing_else_stops(desk: RouterDesk) -> None:
    resting = desk.accepted(limit(1))
    name = desk.unknown(limit(2))
    assert desk.status(name) is S.UNKNOWN
    assert desk.router.frozen == {("okx_spot", BTC.id): (name,)}
    assert desk.kind(Ask) == [Ask("okx_spot", name)]
    assert desk.alerts == [f"critical: Outcome of order {name} is unknown"]
    [note] = desk.kind(Note)
    assert (note.adapter, note.event, note.body["subject"]) == ("okx_spot", "symbol_frozen", "okx:BTC/USDT")
    desk.drain()
    desk.submit(limit(3))
    assert not desk.kind(Place), "a new order of the symbol"
    desk.submit(limit(4, of=ETH, price="2000"))
    desk.submit(limit(5, of=BYBIT))
    assert [each.adapter for each in desk.kind(Place)] == ["okx_spot", "bybit_spot"], "other symbols and venues go on"
    desk.cancel(resting)
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", resting)], "cancels go on"


@pytest.mark.parametrize("found", [E.ACCEPTED, E.CANCELED, E.REJECTED, E.EXPIRED, "filled", "absent"])
def test_a_resolved_order_releases_its_symbol(desk: RouterDesk, found: str) -> None:
    order = limit(1)
    name = desk.unknown(order)
    if found == "absent":
        desk.take(Vanished("okx_spot", name))
    elif found == "filled":
        desk.see(name, fill(order, "0.1", "t1"), filled=order.quantity)
    else:
        desk.see(name, update(order, OrderEvent(found)), filled=0)
    assert desk.router.frozen == {}
    assert [each.event for each in desk.kind(Note)] == ["symbol_frozen", "symbol_released"]
    assert desk.count("live_orders_unknown", exchange="okx") == 0
    expected = {E.ACCEPTED: None, "filled": "filled", "absent": "absent"}.get(found, str(found))
    assert desk.ends.get(name) == expected
    desk.submit(limit(2))
    assert desk.places[-1] == ("okx_spot", client_order_id(2))


def test_two_unknown_orders_hold_the_symbol_until_both_are_known(desk: RouterDesk) -> None:
    first, second = limit(1), limit(2)
    for order in (first, second):
        desk.submit(order)
    for order in (first, second):
        desk.leave(order.client_order_id)
        desk.answer(order.client_order_id, A.UNKNOWN)
    assert desk.count("live_orders_unknown", exchange="okx") == 2
    desk.take(Vanished("okx_spot", first.client_order_id))
    assert list(desk.router.frozen.values()) == [(second.client_order_id,)]
    desk.take(Vanished("okx_spot", second.client_order_id))
    assert desk.router.frozen == {}


def test_a_queued_order_of_a_symbol_that_froze_meanwhile_must_not_leave(desk: RouterDesk) -> None:
    queued = desk.submit(limit(1))
    assert desk.router.may_leave(queued) == ""
    desk.unknown(limit(2))
    assert desk.router.may_leave(queued) == DecisionCode.SYMBOL_FROZEN


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("not ready", DecisionCode.NOT_READY), ("canceled", "CANCELED"), ("degraded", DecisionCode.DEGRADED),
        ("left", "NOT_PLANNED"), ("nobody's", "NOT_PLANNED"),
    ],
)  # fmt: skip
def test_what_must_not_leave_does_not(desk: RouterDesk, why: str, code: str) -> None:
    name = desk.submit(limit(1))
    if why == "not ready":
        desk.condition("okx_spot", is_ready=False)
    elif why == "canceled":
        desk.cancel(name)
    elif why == "left":
        desk.leave(name)
    elif why == "nobody's":
        name = client_order_id(77)
    else:
        desk = RouterDesk(degrade=DegradePolicy.AUTO)
        name = desk.submit(limit(1))
        desk.condition("bybit_spot", has_failed=True)
    assert desk.router.may_leave(name) == code


def test_an_order_that_was_held_back_ends_with_what_held_it_and_goes_nowhere_else(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.unknown(limit(2))
    code = desk.router.may_leave(name)
    desk.take(NotSent("okx_spot", name, None, "held back", desk.mono, code=code))
    assert desk.ends == {name: "not_sent"}
    assert [each.code for each in desk.news if isinstance(each, OrderUpdate) and each.client_order_id == name] == [
        "SYMBOL_FROZEN"
    ]
    assert [adapter for adapter, _ in desk.places] == ["okx_spot"] * 2
    assert not any("fallback" in alert for alert in desk.alerts)


def test_an_order_nobody_can_prove_anything_about_stays_frozen_and_calls_for_a_person(desk: RouterDesk) -> None:
    name = desk.unknown(limit(1))
    desk.take(Unprovable("okx_spot", name, "the venue cannot be asked", False))
    assert len(desk.kind(Ask)) == 1, "the driver goes on asking"
    desk.take(Unprovable("okx_spot", name, "forgotten after 2 h", True))
    assert "forgotten after 2 h" in desk.kind(Alert)[-1].body
    assert ("okx_spot", BTC.id) in desk.router.frozen
    assert not desk.ends


def test_a_signed_absence_ends_an_order_that_had_worked(desk: RouterDesk) -> None:
    name = desk.accepted(limit(1))
    desk.take(Vanished("okx_spot", name))
    assert desk.status(name) is S.OPEN, "the venue cannot have forgotten an order that works: somebody must look"
    assert ("okx_spot", BTC.id) in desk.router.frozen
    desk.take(Vanished("okx_spot", name, is_signed=True, signed_by="anna"))
    assert desk.ends == {name: "absent"}
    [ended] = desk.kind(Conclude)
    assert (ended.record["result"], ended.record["signed_by"]) == ("absent", "anna")
    assert desk.router.frozen == {}
    desk.see(name, update(limit(1), E.ACCEPTED, START + 1), filled=0)
    assert [each.client_order_id for each in desk.kind(Withdraw)] == [name], "it is there after all"
    assert ("okx_spot", BTC.id) in desk.router.frozen


def test_an_absence_that_nobody_signed_names_nobody(desk: RouterDesk) -> None:
    name = desk.unknown(limit(1))
    desk.take(Vanished("okx_spot", name))
    [ended] = desk.kind(Conclude)
    assert ended.record["result"] == "absent"
    assert "signed_by" not in ended.record


# ends


@pytest.mark.parametrize("event", [E.CANCELED, E.EXPIRED])
def test_an_end_waits_for_the_fills_that_belong_to_it(desk: RouterDesk, event: OrderEvent) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, event), filled=BTC.lots("0.03"))
    assert desk.status(name) is S.OPEN, "nobody may believe that less is filled than is"
    assert not desk.ends
    desk.see(name, fill(order, "0.03", "t1"))
    assert desk.ends == {name: "partial"}
    assert [getattr(each, "event", "fill") for each in desk.news] == ["accepted", "fill", event]


def test_an_end_without_its_fills_is_asked_about_after_a_while_and_one_that_tells_no_sum_at_once(desk: RouterDesk) -> None:
    first, second = limit(1), limit(2)
    for order in (first, second):
        desk.accepted(order)
    desk.see(first.client_order_id, update(first, E.CANCELED), filled=BTC.lots("0.03"))
    assert not desk.kind(Ask)
    desk.pass_time(0.9)
    assert not desk.kind(Ask)
    desk.pass_time(0.2)
    assert desk.kind(Ask) == [Ask("okx_spot", first.client_order_id)]
    desk.see(second.client_order_id, update(second, E.CANCELED))
    assert desk.kind(Ask)[1:] == [Ask("okx_spot", second.client_order_id)]
    desk.see(second.client_order_id, filled=0)
    assert desk.ends == {second.client_order_id: "canceled"}


def test_a_filled_order_whose_fills_do_not_come_is_asked_about(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, E.ACCEPTED), fill(order, "0.04", "t1"), filled=order.quantity)
    desk.pass_time(1.1)
    assert desk.kind(Ask) == [Ask("okx_spot", name)]
    desk.see(name, fill(order, "0.06", "t2"), filled=order.quantity)
    assert desk.ends == {name: "filled"}
    desk.pass_time(5)
    assert len(desk.kind(Ask)) == 1


def test_fills_that_never_come_are_asked_for_less_and_less_often(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, E.CANCELED), filled=1)
    for _ in range(300):
        desk.pass_time(1)
        desk.see(name, filled=1)
    assert len(desk.kind(Ask)) == 9, "after 1, 3, 7, 15, 31, 63 s, and each minute"


def test_a_fill_after_the_end_is_booked_and_told_to_somebody(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, E.CANCELED), filled=0)
    assert desk.ends == {name: "canceled"}
    late = fill(order, "0.04", "t1")
    desk.see(name, late)
    assert desk.news[-1] == late
    assert late in desk.kept
    assert desk.orders[name].filled == BTC.lots("0.04")
    assert desk.alerts == [f"critical: Late fill of order {name}"]
    assert desk.ends == {name: "canceled"}, "it ended once"
    assert desk.count("live_orders_total", exchange="okx", route="main", result="partial") == 0


def test_an_order_that_appears_after_its_absence_was_proved_is_canceled_and_what_fills_is_booked(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.unknown(order)
    desk.take(Vanished("okx_spot", name))
    desk.drain()
    desk.see(name, update(order, E.ACCEPTED), filled=0)
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", name)]
    assert ("okx_spot", BTC.id) in desk.router.frozen
    desk.see(name, fill(order, "0.1", "t1"), filled=order.quantity)
    assert desk.orders[name].filled == order.quantity
    assert not desk.ends, "its end was told before"


def test_a_fill_told_twice_is_one_even_with_another_time_but_not_with_other_amounts(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    first = fill(order, "0.04", "t1", ts=5)
    desk.see(name, first, first._replace(ts=6))
    assert (desk.orders[name].filled, desk.kept) == (first.quantity, [first])
    assert desk.router.frozen == {}
    desk.see(name, first._replace(fee=1))
    assert (desk.orders[name].filled, desk.kept) == (first.quantity, [first]), "the journal keeps what it was told first"
    assert ("okx_spot", BTC.id) in desk.router.frozen
    assert desk.alerts == [f"critical: Order {name} contradicts itself"]


def test_more_filled_than_was_ordered_is_not_booked_but_disputed(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, fill(order, "0.06", "t1"), fill(order, "0.05", "t2"))
    assert desk.orders[name].filled == BTC.lots("0.06")
    assert len(desk.kept) == 2, "the fact is durable all the same"
    assert ("okx_spot", BTC.id) in desk.router.frozen
    assert desk.alerts == [f"critical: Order {name} contradicts itself"]


def test_a_rejection_of_an_order_the_venue_knows_is_disputed(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.submit(order)
    desk.leave(name)
    desk.see(name, update(order, E.ACCEPTED))
    desk.answer(name, A.REJECTED, code="51008", fallback=F.MAINTENANCE)
    assert desk.status(name) is S.REJECTED
    assert len(desk.places) == 1, "and it certainly goes nowhere else"
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", name)]
    assert ("okx_spot", BTC.id) in desk.router.frozen


def test_an_order_that_its_stream_knows_is_not_unknown_when_its_answer_is_lost(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.submit(order)
    desk.leave(name)
    desk.see(name, update(order, E.ACCEPTED))
    desk.answer(name, A.UNKNOWN)
    assert desk.status(name) is S.OPEN
    assert desk.router.frozen == {}
    assert desk.count("live_order_attempts_total", exchange="okx", route="main", result="unknown") == 1


def test_the_second_attempt_belongs_to_the_same_order(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.answer(name, A.NOT_PROCESSED, code="50011")
    assert desk.status(name) is S.SENT
    desk.leave(name, n=2)
    desk.answer(name, A.ACCEPTED, n=2)
    assert desk.status(name) is S.OPEN
    desk.see(name, update(limit(1), E.CANCELED), filled=0)
    attempts = desk.kind(Conclude)[0].record["attempts"]
    assert attempts == [
        {"n": 1, "deadline_ms": 1001, "result": "not_processed", "code": "50011"},
        {"n": 2, "deadline_ms": 1002, "result": "accepted", "code": ""},
    ]


def test_a_second_attempt_that_could_not_leave_ends_the_order_as_not_sent(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.answer(name, A.NOT_PROCESSED, code="50011")
    desk.not_sent(name, F.NEVER_SENT, n=2)
    assert desk.ends[name] == "not_sent"
    assert desk.kind(Conclude)[0].record["attempts"] == [
        {"n": 1, "deadline_ms": 1001, "result": "not_processed", "code": "50011"},
        {"n": 2, "deadline_ms": 1002, "result": "not_sent", "code": ""},
    ]
    counts = {each: desk.count("live_order_attempts_total", exchange="okx", route="main", result=each) for each in A}
    assert counts == {A.NOT_PROCESSED: 1, A.NOT_SENT: 1, A.ACCEPTED: 0, A.REJECTED: 0, A.UNKNOWN: 0}


@pytest.mark.parametrize("n", [2, 1])
def test_an_answer_to_an_attempt_that_does_not_wait_for_one_is_an_error(desk: RouterDesk, n: int) -> None:
    name = desk.accepted(limit(1))
    with pytest.raises(IllegalTransition, match="waits for an answer"):
        desk.answer(name, A.ACCEPTED, n=n)


def test_news_of_an_order_that_is_not_ours_or_of_another_account_is_an_error(desk: RouterDesk) -> None:
    name = desk.accepted(limit(1))
    with pytest.raises(IllegalTransition, match="is not one the router sent to okx_spot"):
        desk.take(Vanished("okx_spot", client_order_id(8)))
    with pytest.raises(IllegalTransition, match="is not one the router sent to bybit_spot"):
        desk.take(Vanished("bybit_spot", name))


# another venue


@pytest.mark.parametrize("reason", [F.NEVER_SENT, F.BREAKER_OPEN, F.QUEUE_FULL])
def test_an_order_that_never_left_goes_to_the_next_venue_as_a_new_order(desk: RouterDesk, reason: FallbackReason) -> None:
    order = limit(1)
    name = desk.submit(order)
    desk.not_sent(name, reason)
    (_, first), (adapter, second) = desk.places
    assert (first, adapter) == (name, "bybit_spot")
    assert second != name
    there = desk.router.order(second).intent
    assert there.price is not None
    assert (there.instrument, BYBIT.price_text(there.price), BYBIT.quantity_text(there.quantity)) == (
        BYBIT.id, "39000", "0.1",
    )  # fmt: skip
    assert desk.ends == {name: "not_sent"}
    [reroute] = desk.kind(Reroute)
    assert (reroute.original, reroute.from_adapter, reroute.to_adapter, reroute.reason) == (
        name, "okx_spot", "bybit_spot", reason,
    )  # fmt: skip
    assert [type(each) for each in desk.effects] == [Place, Conclude, Note, Reroute, Place]
    [note] = desk.kind(Note)
    assert (note.adapter, note.event) == ("bybit_spot", "fell_back")
    assert note.body == {
        "subject": "bybit:BTC/USDT", "client_order_id": second, "original": name, "from": "okx_spot", "reason": reason,
    }  # fmt: skip
    assert desk.count("live_orders_fallback_total", route="main", from_exchange="okx", to_exchange="bybit", reason=reason) == 1
    desk.leave(second)
    desk.answer(second, A.ACCEPTED)
    desk.see(second, fill(there, "0.1", "t1"), filled=there.quantity)
    records = [each.record for each in desk.kind(Conclude)]
    assert [(each["result"], each["fallback_used"], each["latency_ms"]) for each in records] == [
        ("not_sent", False, None),
        ("filled", True, 10),
    ]


@pytest.mark.parametrize("reason", [F.MAINTENANCE, F.SYMBOL_HALTED])
def test_a_rejection_for_the_venues_own_reasons_goes_to_the_next_venue(desk: RouterDesk, reason: FallbackReason) -> None:
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.answer(name, A.REJECTED, code="50001", fallback=reason)
    assert [adapter for adapter, _ in desk.places] == ["okx_spot", "bybit_spot"]
    assert desk.ends == {name: "rejected"}


def test_an_order_that_could_not_be_connected_goes_to_the_next_venue(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.answer(name, A.NOT_SENT, fallback=F.BREAKER_OPEN)
    assert [adapter for adapter, _ in desk.places] == ["okx_spot", "bybit_spot"]
    assert desk.ends == {name: "not_sent"}


@pytest.mark.parametrize("result", [A.UNKNOWN, A.REJECTED, A.ACCEPTED, A.NOT_PROCESSED, A.NOT_SENT])
def test_nothing_else_goes_to_another_venue(desk: RouterDesk, result: AttemptResult) -> None:
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.answer(name, result, code="51008")
    desk.pass_time(60)
    assert desk.places == [("okx_spot", name)]


def test_an_order_of_unknown_outcome_stays_where_it_is_whatever_comes_after(desk: RouterDesk) -> None:
    name = desk.unknown(limit(1))
    desk.take(NotSent("okx_spot", name, F.NEVER_SENT, "", desk.mono))
    assert desk.status(name) is S.UNKNOWN
    desk.see(name, update(limit(1), E.REJECTED), filled=0)
    assert desk.ends == {name: "rejected"}
    assert desk.places == [("okx_spot", name)]


def test_a_route_without_fallback_sends_nothing_elsewhere() -> None:
    desk = RouterDesk(routes=(Route(name="main", adapters=("okx_spot", "bybit_spot")),))
    desk.not_sent(desk.submit(limit(1)), F.NEVER_SENT)
    assert len(desk.places) == 1
    assert not desk.alerts


def test_a_venue_that_cannot_take_the_order_is_passed_over_and_the_last_word_is_told(desk: RouterDesk) -> None:
    desk.condition("bybit_spot", breaker=True)
    desk.not_sent(desk.submit(limit(1)), F.NEVER_SENT)
    assert [adapter for adapter, _ in desk.places] == ["okx_spot", "kraken_spot"]
    desk.condition("kraken_spot", is_ready=False)
    desk.condition("bybit_spot")
    name = desk.submit(limit(2, "0.10000001"))
    desk.not_sent(name, F.QUEUE_FULL)
    assert len(desk.places) == 3
    assert desk.alerts == [f"warning: No fallback for order {name}"]
    body = desk.kind(Alert)[-1].body
    assert "bybit_spot: bybit:BTC/USDT quantity: 0.10000001 is not a multiple of 0.000001" in body
    assert "kraken_spot: NOT_READY" in body


def test_a_symbol_frozen_at_the_next_venue_takes_no_fallback(desk: RouterDesk) -> None:
    desk.unknown(limit(1, of=BYBIT))
    desk.not_sent(desk.submit(limit(2)), F.NEVER_SENT)
    assert [adapter for adapter, _ in desk.places][1:] == ["okx_spot", "kraken_spot"]


def test_risk_decides_anew_and_its_refusal_is_durable(desk: RouterDesk) -> None:
    desk.refuses = DecisionCode.RISK_MAX_POSITION
    name = desk.submit(limit(1))
    desk.not_sent(name, F.NEVER_SENT)
    assert len(desk.places) == 1
    assert [(each.adapter, each.refused.code) for each in desk.kind(Refuse)] == [
        ("bybit_spot", DecisionCode.RISK_MAX_POSITION),
        ("kraken_spot", DecisionCode.RISK_MAX_POSITION),
    ]
    assert desk.ends == {name: "not_sent"}


def test_a_canceled_order_goes_nowhere_else(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.cancel(name)
    desk.not_sent(name, F.NEVER_SENT)
    assert len(desk.places) == 1


# cancels


def test_a_cancel_goes_to_the_bound_venue_once_the_order_works(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.not_sent(name, F.NEVER_SENT)
    [_, (_, second)] = desk.places
    desk.cancel(second)
    assert not desk.kind(Withdraw), "it has not left"
    desk.leave(second)
    assert not desk.kind(Withdraw), "it is on its way"
    desk.answer(second, A.ACCEPTED)
    assert desk.kind(Withdraw) == [Withdraw("bybit_spot", second)]
    desk.see(second, update(desk.router.order(second).intent, E.CANCELED), filled=0)
    desk.cancel(second)
    assert len(desk.kind(Withdraw)) == 1, "it has ended"


def test_an_unknown_order_is_canceled_now_and_again_when_it_is_found(desk: RouterDesk) -> None:
    name = desk.unknown(limit(1))
    desk.cancel(name)
    desk.see(name, update(limit(1), E.ACCEPTED), filled=0)
    assert desk.kind(Withdraw) == [Withdraw("okx_spot", name)] * 2


def test_a_cancel_that_found_nothing_asks_what_became_of_the_order(desk: RouterDesk) -> None:
    name = desk.accepted(limit(1))
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, found=True))
    assert not desk.kind(Ask)
    desk.take(Withdrawn("okx_spot", name, found=False))
    assert desk.kind(Ask) == [Ask("okx_spot", name)]
    desk.see(name, update(limit(1), E.CANCELED), filled=0)
    desk.take(Withdrawn("okx_spot", name, found=False))
    assert len(desk.kind(Ask)) == 1


def test_an_acknowledged_cancel_is_owed_until_the_end_and_sent_again_while_the_order_works(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    works = update(order, E.ACCEPTED)
    desk.cancel(name)
    for n in range(1, 6):
        assert len(desk.kind(Withdraw)) == n
        desk.take(Withdrawn("okx_spot", name, found=True))
        assert desk.router.awaits_news
        desk.see(name, works, filled=0)
        assert len(desk.kind(Withdraw)) == n, "the venue may need a moment"
        desk.pass_time(1)
        assert len(desk.kind(Ask)) == n
        desk.see(name, works, filled=0)
        desk.see(name, works, filled=0)
    assert len(desk.kind(Withdraw)) == 6, "one at a time"
    assert desk.alerts == [f"critical: Order {name} goes on working after its cancel"]
    desk.take(Withdrawn("okx_spot", name, found=True))
    desk.see(name, update(order, E.CANCELED), filled=0)
    desk.pass_time(100)
    assert (desk.status(name), desk.router.awaits_news) == (S.CANCELED, False)
    assert (len(desk.kind(Withdraw)), len(desk.kind(Ask))) == (6, 5)


def test_an_order_that_was_asked_about_too_early_after_its_cancel_is_asked_about_again() -> None:
    desk = RouterDesk(cancel_lag_s=0.1)
    order = limit(1)
    name = desk.accepted(order)
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, found=False))
    desk.see(name, update(order, E.ACCEPTED), filled=0)  # its venue did not show it to the cancel yet
    assert (len(desk.kind(Ask)), len(desk.kind(Withdraw))) == (1, 1)
    for asked in (2, 2, 2):
        desk.pass_time(0.1)
        assert len(desk.kind(Ask)) == asked, "one question at a time"
    desk.see(name, update(order, E.ACCEPTED), filled=0)
    assert len(desk.kind(Withdraw)) == 2


def test_a_fill_soon_after_a_cancel_does_not_repeat_it(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, found=True))
    desk.see(name, fill(order, "0.04", "t1"))
    assert len(desk.kind(Withdraw)) == 1
    desk.see(name, update(order, E.CANCELED), filled=BTC.lots("0.04"))
    assert not desk.router.awaits_news


@pytest.mark.parametrize("found", [True, False])
def test_an_order_its_venue_does_not_have_any_more_owes_no_cancel(desk: RouterDesk, found: bool) -> None:
    name = desk.accepted(limit(1))
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, found=found))
    desk.take(Vanished("okx_spot", name))
    assert not desk.router.awaits_news
    assert desk.alerts == [f"critical: Order {name} contradicts itself"]


def test_a_cancel_that_the_venue_did_not_take_is_told(desk: RouterDesk) -> None:
    name = desk.accepted(limit(1))
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, found=False, problem="no connection"))
    assert desk.alerts == [f"error: Order {name} could not be canceled"]
    assert not desk.kind(Ask)


def test_canceling_an_order_nobody_knows_has_nothing_to_say(desk: RouterDesk) -> None:
    desk.cancel(client_order_id(7))
    assert (desk.news, desk.effects) == ([], [])


# amendments


def changed(desk: RouterDesk, name: str, result: AttemptResult, n: int = 3, code: str = "") -> None:
    change = desk.kind(Change)[-1]
    desk.take(Leaving(change.adapter, change.approved.order.client_order_id, n, 2000))
    desk.take(Changed(change.adapter, change.approved.order.client_order_id, n, result, code, "as told"))


def test_an_amendment_is_one_attempt_and_its_terms_hold_when_the_venue_took_it(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(price=BTC.ticks("38000"), quantity=BTC.lots("0.2")))
    [change] = desk.kind(Change)
    assert (change.adapter, change.n, change.decided_mono) == ("okx_spot", 3, desk.mono)
    changed(desk, name, A.ACCEPTED)
    news = desk.news[-1]
    assert isinstance(news, OrderUpdate)
    assert (news.event, news.price, news.quantity) == (E.AMENDED, BTC.ticks("38000"), BTC.lots("0.2"))
    assert desk.router.order(name).intent.quantity == BTC.lots("0.2")
    desk.amend(order._replace(price=BTC.ticks("37000")))
    assert desk.kind(Change)[-1].n == 4


def test_an_amendment_that_is_shown_before_it_is_answered_is_not_taken_for_the_next_one(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    desk.see(name, update(order, E.AMENDED, price=BTC.ticks("38000"), quantity=order.quantity))
    desk.amend(order._replace(price=BTC.ticks("37000")))
    assert [change.n for change in desk.kind(Change)] == [3, 4]
    desk.take(Changed("okx_spot", name, 3, A.ACCEPTED, "", ""))
    assert desk.router.order(name).intent.price == BTC.ticks("38000")
    desk.take(Changed("okx_spot", name, 4, A.ACCEPTED, "", ""))
    assert desk.router.order(name).intent.price == BTC.ticks("37000")


@pytest.mark.parametrize("result", [A.REJECTED, A.NOT_PROCESSED, A.NOT_SENT])
def test_an_amendment_the_venue_did_not_take_leaves_the_order_as_it_was(desk: RouterDesk, result: AttemptResult) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    changed(desk, name, result, code="51503")
    news = desk.news[-1]
    assert isinstance(news, OrderUpdate)
    assert (news.event, news.code) == (E.ACCEPTED, "51503")
    assert desk.router.order(name).intent == order
    desk.amend(order._replace(price=BTC.ticks("37000")))
    assert len(desk.kind(Change)) == 2


def test_an_amendment_of_unknown_outcome_freezes_the_symbol_until_the_terms_are_known(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.2")))
    changed(desk, name, A.UNKNOWN)
    assert desk.kind(Ask) == [Ask("okx_spot", name, terms=True)]
    assert ("okx_spot", BTC.id) in desk.router.frozen
    desk.see(name, fill(order, "0.1", "t1"))
    assert desk.status(name) is S.OPEN, "who knows whether that is all of it"
    terms = update(order, E.AMENDED, price=order.price, quantity=BTC.lots("0.2"))
    desk.see(name, terms, fill(order, "0.1", "t1"), filled=BTC.lots("0.1"))
    assert (desk.status(name), desk.orders[name].remaining) == (S.PARTIAL, BTC.lots("0.1"))
    assert desk.router.frozen == {}


def test_an_amendment_of_unknown_outcome_that_was_not_made_lets_the_order_be_filled(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.2")))
    changed(desk, name, A.UNKNOWN)
    desk.see(name, fill(order, "0.1", "t1"))
    desk.see(name, update(order, E.AMENDED, price=order.price, quantity=order.quantity), filled=order.quantity)
    assert desk.ends == {name: "filled"}
    assert desk.router.frozen == {}


def test_terms_that_were_heard_before_an_amendment_answer_it_too(desk: RouterDesk) -> None:
    """Two amendments that were not made: the venue shows the order as it was each time, with the time it was changed last."""
    order = limit(1)
    name = desk.accepted(order)
    as_it_was = update(order, E.AMENDED, price=order.price, quantity=order.quantity)
    for n in (3, 4):
        desk.amend(order._replace(price=BTC.ticks("38000")))
        changed(desk, name, A.UNKNOWN, n)
        assert desk.kind(Ask)[-1] == Ask("okx_spot", name, terms=True)
        assert ("okx_spot", BTC.id) in desk.router.frozen
        desk.see(name, as_it_was, filled=0)
        assert desk.router.frozen == {}
    desk.see(name, fill(order, "0.1", "t1"), filled=order.quantity)
    assert desk.ends == {name: "filled"}


def test_a_look_up_before_an_amendment_is_answered_does_not_ask_for_terms(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    desk.cancel(name)
    desk.take(Withdrawn("okx_spot", name, False, ""))
    assert desk.kind(Ask) == [Ask("okx_spot", name, terms=False)]
    desk.see(name, update(order, E.ACCEPTED, ts=2), filled=0)
    changed(desk, name, A.UNKNOWN)
    assert desk.kind(Ask)[-1] == Ask("okx_spot", name, terms=True)


def test_fills_that_outrun_the_answer_to_an_amendment_are_booked_after_it(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.2")))
    desk.see(name, fill(order, "0.05", "t1"))
    desk.see(name, fill(order, "0.1", "t2"))
    assert desk.orders[name].filled == BTC.lots("0.05")
    changed(desk, name, A.ACCEPTED)
    assert desk.orders[name].filled == BTC.lots("0.15")
    assert desk.status(name) is S.PARTIAL


def test_an_order_filled_while_it_was_amended_ends_and_the_late_answer_changes_nothing(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    desk.see(name, fill(order, "0.1", "t1"), filled=order.quantity)
    changed(desk, name, A.REJECTED, code="51509")
    assert desk.ends == {name: "filled"}


def test_an_order_canceled_at_the_venue_while_it_was_amended_ends(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.2")))
    desk.see(name, fill(order, "0.1", "t1"), update(order, E.CANCELED), filled=BTC.lots("0.1"))
    assert desk.ends == {name: "filled"}, "all that was ordered, as far as we know"


def test_an_order_amended_to_less_than_was_filled_meanwhile_is_finished(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.05")))
    desk.see(name, fill(order, "0.07", "t1"))
    changed(desk, name, A.ACCEPTED)
    assert desk.ends == {name: "filled"}
    assert (desk.orders[name].filled, desk.router.frozen) == (BTC.lots("0.07"), {})


def test_a_fill_from_before_an_amendment_to_less_may_be_told_after_it(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.amend(order._replace(quantity=BTC.lots("0.05")))
    changed(desk, name, A.ACCEPTED)
    desk.see(name, fill(order, "0.07", "t1"), filled=BTC.lots("0.07"))
    assert desk.ends == {name: "filled"}
    assert (desk.orders[name].filled, desk.router.frozen) == (BTC.lots("0.07"), {})
    desk.see(name, fill(order, "0.04", "t2"))
    assert desk.orders[name].filled == BTC.lots("0.07"), "more than was ever ordered"


def test_a_later_amendment_waits_for_the_answer_to_the_one_before(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.submit(order)
    desk.leave(name)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    assert not desk.kind(Change), "it is on its way"
    desk.answer(name, A.ACCEPTED)
    desk.amend(order._replace(price=BTC.ticks("37000")))
    assert len(desk.kind(Change)) == 1
    changed(desk, name, A.ACCEPTED)
    assert [each.approved.order.price for each in desk.kind(Change)] == [BTC.ticks("38000"), BTC.ticks("37000")]


def test_news_of_earlier_terms_that_come_late_do_not_bring_them_back(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, E.AMENDED, ts=5, price=BTC.ticks("37000")))
    desk.see(name, update(order, E.AMENDED, ts=4, price=BTC.ticks("38000")))
    assert desk.router.order(name).intent.price == BTC.ticks("37000")


@pytest.mark.parametrize("why", ["identity", "filled", "frozen", "not ready"])
def test_an_amendment_that_must_not_be_is_refused_and_the_order_stands(desk: RouterDesk, why: str) -> None:
    order = limit(1)
    name = desk.accepted(order)
    wanted = order._replace(price=BTC.ticks("38000"))
    if why == "identity":
        wanted = order._replace(side=Side.SELL)
    elif why == "filled":
        desk.see(name, fill(order, "0.05", "t1"))
        wanted = order._replace(quantity=BTC.lots("0.05"))
    elif why == "frozen":
        desk.unknown(limit(2))
    else:
        desk.condition("okx_spot", is_ready=False)
    desk.amend(wanted)
    assert not desk.kind(Change)
    news = desk.news[-1]
    assert isinstance(news, OrderUpdate)
    assert (news.event, bool(news.code)) == (E.ACCEPTED, True)
    assert desk.router.order(name).intent == order


def test_an_amendment_of_an_order_that_has_ended_has_nothing_to_say(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.accepted(order)
    desk.see(name, update(order, E.CANCELED), filled=0)
    before = list(desk.news)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    assert (desk.news, desk.kind(Change)) == (before, [])


def test_a_cancel_takes_the_place_of_an_amendment_that_has_not_left(desk: RouterDesk) -> None:
    order = limit(1)
    name = desk.submit(order)
    desk.leave(name)
    desk.amend(order._replace(price=BTC.ticks("38000")))
    desk.cancel(name)
    desk.answer(name, A.ACCEPTED)
    assert (desk.kind(Change), len(desk.kind(Withdraw))) == ([], 1)


# time and queue


def test_own_news_carry_the_newest_market_time(desk: RouterDesk) -> None:
    name = desk.submit(limit(1))
    desk.pass_time(3)
    desk.leave(name)
    desk.answer(name, A.ACCEPTED)
    assert desk.news[-1].ts == START + 3_000_000_000
    assert desk.router.next_due is None


def test_the_depth_of_the_queue_follows_what_waits(desk: RouterDesk) -> None:
    first, second = desk.submit(limit(1)), desk.submit(limit(2, of=ETH, price="2000"))
    assert desk.count("live_execution_queue_depth", exchange="okx") == 2
    desk.take(Waited("okx_spot", first, 5_000_000))
    desk.not_sent(second, F.QUEUE_FULL)
    assert desk.count("live_execution_queue_depth", exchange="okx") == 0
    assert desk.count("live_queue_wait_seconds", exchange="okx") == 1
    assert desk.recorder.total("live_queue_wait_seconds", exchange="okx") == pytest.approx(0.005)


def test_every_result_is_one_of_the_contract(desk: RouterDesk) -> None:
    assert sorted(OrderResult) == sorted(LIVE_ORDER_RESULTS)
    assert sorted(AttemptResult) == sorted(LIVE_ATTEMPT_RESULTS)
    assert sorted(FallbackReason) == sorted(LIVE_FALLBACK_REASONS)
