"""Recovery: what a journal says of an order that had not ended, and what the router makes of it before anything new leaves."""

from __future__ import annotations

import pytest

from golive.execution.live.effect import Ask, Change, Conclude, Keep, Note, Withdraw
from golive.execution.live.happening import Vanished
from golive.execution.live.recovery import RestoredAttempt, RestoredOrder
from golive.model.errors import IllegalTransition
from golive.model.live_order import AttemptResult
from golive.model.order import Fill, NewOrder, OrderStatus, OrderUpdate
from golive.orders import OrderEvent
from support.router_desk import BTC, RouterDesk, fill, limit, update
from support.trading import START, instrument_named

A, E, S = AttemptResult, OrderEvent, OrderStatus
ORDER = limit(1)
NAME = ORDER.client_order_id


def stored(
    order: NewOrder = ORDER,
    *attempts: tuple[AttemptResult | None, str],
    facts: tuple[OrderUpdate, ...] = (),
    fills: tuple[Fill, ...] = (),
    amendments: tuple[AttemptResult | None, ...] = (),
) -> RestoredOrder:
    sends = [RestoredAttempt(n, 1000 + n, result, code) for n, (result, code) in enumerate(attempts, 1)]
    changes = [RestoredAttempt(n, 1000 + n, result, "") for n, result in enumerate(amendments, 3)]
    return RestoredOrder(order, "main", START, (*sends, *changes), facts, fills)


@pytest.fixture
def desk() -> RouterDesk:
    return RouterDesk(is_ready=False)


@pytest.mark.parametrize(
    ("attempts", "result", "code"),
    [
        ((), "not_sent", ""),
        (((A.NOT_SENT, "lease"),), "not_sent", "lease"),
        (((A.NOT_PROCESSED, "50011"),), "not_sent", "50011"),
        (((A.NOT_PROCESSED, "50011"), (A.NOT_SENT, "")), "not_sent", ""),
        (((A.REJECTED, "51008"),), "rejected", "51008"),
        (((A.NOT_PROCESSED, "50011"), (A.REJECTED, "50011")), "rejected", "50011"),
    ],
)
def test_an_order_that_surely_is_not_at_the_venue_ends_without_a_question(
    desk: RouterDesk, attempts: tuple[tuple[AttemptResult, str], ...], result: str, code: str
) -> None:
    desk.restored("okx_spot", [stored(ORDER, *attempts)])
    assert desk.ends == {NAME: result}
    assert not desk.kind(Ask)
    assert desk.router.order(NAME).code == code
    record = desk.kind(Conclude)[0].record
    assert (record["latency_ms"], record["route"]) == (None, "main")


@pytest.mark.parametrize("attempts", [((None, ""),), ((A.UNKNOWN, ""),), ((A.NOT_PROCESSED, ""), (None, ""))])
def test_an_attempt_without_a_known_answer_is_unknown_and_asked_about(
    desk: RouterDesk, attempts: tuple[tuple[AttemptResult | None, str], ...]
) -> None:
    desk.restored("okx_spot", [stored(ORDER, *attempts)])
    assert desk.router.order(NAME).status is S.UNKNOWN
    assert desk.kind(Ask) == [Ask("okx_spot", NAME)]
    assert desk.router.frozen == {("okx_spot", BTC.id): (NAME,)}
    assert desk.alerts == [f"critical: Outcome of order {NAME} is unknown"]
    assert desk.count("live_orders_unknown", exchange="okx") == 1
    desk.take(Vanished("okx_spot", NAME))
    assert desk.ends == {NAME: "absent"}
    assert [each.event for each in desk.kind(Note)] == ["symbol_frozen", "symbol_released"]


def test_an_order_that_worked_works_on_and_is_asked_about_and_what_is_stored_is_not_told_again(desk: RouterDesk) -> None:
    facts = (update(ORDER, E.ACCEPTED),)
    fills = (fill(ORDER, "0.04", "t1"),)
    desk.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""), facts=facts, fills=fills)])
    order = desk.router.order(NAME)
    assert (order.status, order.filled, order.venue_order_id) == (S.PARTIAL, BTC.lots("0.04"), facts[0].venue_order_id)
    assert desk.kind(Ask) == [Ask("okx_spot", NAME)]
    assert [each.event for each in desk.news if isinstance(each, OrderUpdate)] == [E.ACCEPTED], "the answer that was stored"
    assert (len(desk.news), desk.kind(Keep), desk.router.frozen, desk.alerts) == (1, [], {}, [])
    desk.see(NAME, *facts, *fills, fill(ORDER, "0.06", "t2"), filled=ORDER.quantity)
    assert desk.kept == [fill(ORDER, "0.06", "t2")], "what is in the journal is not written again"
    assert desk.ends == {NAME: "filled"}


def test_who_listens_without_a_session_hears_only_what_is_new(desk: RouterDesk) -> None:
    facts, fills = (update(ORDER, E.ACCEPTED),), (fill(ORDER, "0.04", "t1"),)
    desk.router.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""), facts=facts, fills=fills), stored(limit(2))])
    [news] = desk.router.news()
    assert isinstance(news, OrderUpdate)
    assert (news.client_order_id, news.event) == (limit(2).client_order_id, E.NOT_SENT)


def test_an_order_whose_fills_are_all_stored_ends_at_once(desk: RouterDesk) -> None:
    desk.orders.plan(ORDER, START)
    desk.orders.sent(NAME)
    desk.router.restored("okx_spot", [stored(ORDER, (None, ""), fills=(fill(ORDER, "0.1", "t1"),))])
    [end] = [each for each in desk.router.effects() if isinstance(each, Conclude)]
    assert end.result == "filled"


def test_an_end_that_is_stored_without_its_sum_is_asked_about(desk: RouterDesk) -> None:
    desk.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""), facts=(update(ORDER, E.CANCELED),))])
    assert desk.kind(Ask) == [Ask("okx_spot", NAME)]
    assert not desk.ends
    desk.see(NAME, fill(ORDER, "0.02", "t1"), update(ORDER, E.CANCELED), filled=BTC.lots("0.02"))
    assert desk.ends == {NAME: "partial"}


def test_the_terms_are_those_of_the_intent_and_amendments_go_on_counting(desk: RouterDesk) -> None:
    order = ORDER._replace(quantity=BTC.lots("0.2"))
    facts = (update(ORDER, E.ACCEPTED), update(ORDER, E.AMENDED, price=1, quantity=7))
    desk.restored("okx_spot", [stored(order, (A.ACCEPTED, ""), facts=facts, amendments=(A.REJECTED, A.ACCEPTED))])
    assert desk.router.order(NAME).intent == order
    assert desk.router.frozen == {}
    desk.condition("okx_spot")
    desk.amend(order._replace(price=BTC.ticks("38000")))
    assert desk.kind(Change)[-1].n == 5


@pytest.mark.parametrize("result", [None, A.UNKNOWN])
def test_an_amendment_without_a_known_answer_freezes_until_the_terms_are_known(
    desk: RouterDesk, result: AttemptResult | None
) -> None:
    desk.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""), amendments=(A.ACCEPTED, result))])
    assert desk.router.frozen == {("okx_spot", BTC.id): (NAME,)}
    assert desk.kind(Ask) == [Ask("okx_spot", NAME, terms=True)]
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert desk.router.frozen
    desk.see(NAME, update(ORDER, E.AMENDED, price=ORDER.price, quantity=BTC.lots("0.3")), filled=0)
    assert desk.router.frozen == {}
    assert desk.router.order(NAME).intent.quantity == BTC.lots("0.3")


def test_a_fill_beyond_the_old_quantity_waits_for_the_terms_of_an_unanswered_amendment(desk: RouterDesk) -> None:
    desk.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""), fills=(fill(ORDER, "0.1", "t1"),), amendments=(None,))])
    assert not desk.ends
    terms = update(ORDER, E.AMENDED, price=ORDER.price, quantity=BTC.lots("0.2"))
    desk.see(NAME, terms, fill(ORDER, "0.1", "t1"), filled=ORDER.quantity)
    order = desk.router.order(NAME)
    assert (order.status, order.filled, order.remaining) == (S.PARTIAL, BTC.lots("0.1"), BTC.lots("0.1"))


def test_an_order_of_an_instrument_that_is_not_traded_any_more_is_an_error(desk: RouterDesk) -> None:
    other = limit(1, of=instrument_named("okx:XRP/USDT"), price="2")
    with pytest.raises(IllegalTransition, match="okx_spot has no okx:XRP/USDT"):
        desk.router.restored("okx_spot", [stored(other)])


def test_a_restored_order_goes_nowhere_else(desk: RouterDesk) -> None:
    for adapter in ("okx_spot", "bybit_spot"):
        desk.condition(adapter)
    desk.restored("okx_spot", [stored(ORDER)])
    assert desk.places == []


# a session that goes on after a restart


def session(desk: RouterDesk, *orders: NewOrder) -> None:
    for order in orders:
        desk.orders.plan(order, START)
        desk.orders.sent(order.client_order_id)


def test_a_session_hears_what_it_had_not_stored_and_nothing_twice(desk: RouterDesk) -> None:
    session(desk, ORDER)
    accepted, part = update(ORDER, E.ACCEPTED), fill(ORDER, "0.04", "t1")
    desk.orders.apply(accepted)
    desk.router.restored("okx_spot", [stored(ORDER, (None, ""), facts=(accepted,), fills=(part,))])
    assert desk.router.restore(desk.orders, [accepted], [], (), START) == [part]
    assert desk.router.news() == []


@pytest.mark.parametrize("heard", ["nothing", "accepted", "a part", "the end"])
@pytest.mark.parametrize("answer", [None, A.UNKNOWN, A.ACCEPTED])
@pytest.mark.parametrize("happened", ["accepted", "a part", "all", "canceled"])
def test_whatever_a_session_has_heard_the_rest_takes_it_to_where_the_router_is(
    desk: RouterDesk, heard: str, answer: AttemptResult | None, happened: str
) -> None:
    accepted, part, rest = update(ORDER, E.ACCEPTED), fill(ORDER, "0.04", "t1"), fill(ORDER, "0.06", "t2")
    facts = (accepted, update(ORDER, E.CANCELED, 9)) if happened == "canceled" else (accepted,)
    fills = {"a part": (part,), "all": (part, rest)}.get(happened, ())
    session(desk, ORDER)
    heard_updates = {"nothing": [], "the end": list(facts)}.get(heard, [accepted])
    heard_fills = {"a part": list(fills[:1]), "the end": list(fills)}.get(heard, [])
    for item in heard_updates[:1]:
        desk.orders.apply(item)
    for each in heard_fills:
        desk.orders.fill(each)
    for item in heard_updates[1:]:
        desk.orders.apply(item)
    desk.router.restored("okx_spot", [stored(ORDER, (answer, ""), facts=facts, fills=fills)])
    desk.now = START
    unheard = desk.router.restore(desk.orders, heard_updates, heard_fills, (), START)
    if heard != "nothing":
        assert not [news for news in unheard if isinstance(news, OrderUpdate) and news.event in (E.ACCEPTED, E.UNANSWERED)]
    for news in unheard:
        if isinstance(news, Fill):
            assert desk.orders.fill(news) is not None
        else:
            desk.orders.apply(news)
    if happened == "canceled":
        desk.see(NAME, filled=0)
    ours, theirs = desk.router.order(NAME), desk.orders[NAME]
    assert (theirs.status, theirs.filled) == (ours.status, ours.filled)


def test_an_order_that_no_journal_knows_never_left(desk: RouterDesk) -> None:
    session(desk, ORDER)
    [news] = desk.router.restore(desk.orders, [], [], (), START + 5)
    assert isinstance(news, OrderUpdate)
    assert (news.client_order_id, news.event, news.ts) == (NAME, E.NOT_SENT, START + 5)
    desk.orders.apply(news)


def test_a_planned_order_of_a_session_may_still_leave(desk: RouterDesk) -> None:
    desk.orders.plan(ORDER, START)
    assert [*desk.router.restore(desk.orders, [], [], (), START)] == []


def test_a_cancel_that_was_asked_for_is_asked_for_again(desk: RouterDesk) -> None:
    session(desk, ORDER)
    desk.router.restored("okx_spot", [stored(ORDER, (A.ACCEPTED, ""))])
    desk.router.restore(desk.orders, [], [], [NAME, limit(9).client_order_id], START)
    assert Withdraw("okx_spot", NAME) in desk.router.effects()


def test_a_router_that_has_taken_orders_cannot_be_restored(desk: RouterDesk) -> None:
    desk.submit(ORDER)
    with pytest.raises(IllegalTransition, match="before its first order"):
        desk.router.restore((), (), (), (), START)
