"""What a venue cannot have said and done both: the order is withdrawn, its symbol frozen, what was filled booked, somebody told."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from golive.audit.canonical import canonical
from golive.execution.live.effect import Ask, Reroute, Withdraw
from golive.execution.live.happening import Answered, Changed, Happening, Leaving, NotSent, Seen, Vanished, Withdrawn
from golive.execution.live.recovery import RestoredAttempt, RestoredOrder
from golive.model.command import Alert
from golive.model.ids import VenueOrderId
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import OrderStatus, Side
from golive.orders import OrderEvent
from support.router_desk import BTC, ETH, START, RouterDesk, fill, limit, update

A, E, F, S = AttemptResult, OrderEvent, FallbackReason, OrderStatus
OKX = "okx_spot"
ORDER = limit(1)
NAME = ORDER.client_order_id
Said = Callable[..., None]


@pytest.fixture
def desk() -> RouterDesk:
    return RouterDesk()


def rejected(desk: RouterDesk, fallback: FallbackReason | None = None) -> None:
    desk.submit(ORDER)
    desk.leave(NAME)
    desk.answer(NAME, A.REJECTED, code="51008", fallback=fallback)


def not_sent(desk: RouterDesk, fallback: FallbackReason | None = None) -> None:
    desk.submit(ORDER)
    desk.leave(NAME)
    desk.answer(NAME, A.NOT_SENT, fallback=fallback)


def waited_out(desk: RouterDesk, fallback: FallbackReason | None = None) -> None:
    desk.submit(ORDER)
    desk.not_sent(NAME, F.QUEUE_FULL)


# an order that is there after all


@pytest.mark.parametrize("said", [rejected, not_sent, waited_out])
def test_an_order_that_should_not_be_at_its_venue_is_withdrawn_until_it_is_gone(desk: RouterDesk, said: Said) -> None:
    said(desk)
    status = desk.status(NAME)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert desk.status(NAME) is status
    assert (OKX, BTC.id) in desk.router.frozen
    assert desk.alerts[-1] == f"critical: Order {NAME} contradicts itself"
    assert [each.client_order_id for each in desk.kind(Withdraw) if each.adapter == OKX] == [NAME]
    assert desk.router.awaits_news
    desk.take(Withdrawn(OKX, NAME, found=True))
    assert desk.kind(Ask)[-1] == Ask(OKX, NAME), "nobody else asks what became of an order that had ended"
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert [each.client_order_id for each in desk.kind(Withdraw) if each.adapter == OKX] == [NAME] * 2, "it is still there"
    desk.take(Withdrawn(OKX, NAME, found=True))
    desk.see(NAME, update(ORDER, E.CANCELED, 5), filled=0)
    assert desk.status(NAME) is S.CANCELED
    assert not desk.router.awaits_news
    assert (OKX, BTC.id) in desk.router.frozen, "until a person has looked"
    assert len(desk.ends) == 1, "it ended once"


def test_a_cancel_that_has_trouble_is_not_sent_twice(desk: RouterDesk) -> None:
    rejected(desk)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    desk.take(Withdrawn(OKX, NAME, found=False, problem="no connection"))
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert len(desk.kind(Withdraw)) == 1, "the driver repeats it"


def test_one_whose_cancel_brings_no_word_is_asked_about_until_its_venue_does_not_have_it(desk: RouterDesk) -> None:
    rejected(desk)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    desk.pass_time(1.1)
    assert desk.kind(Ask) == [Ask(OKX, NAME)]
    desk.take(Vanished(OKX, NAME))
    assert not desk.router.awaits_news
    assert (OKX, BTC.id) in desk.router.frozen
    desk.take(Withdrawn(OKX, NAME, found=False))
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert len(desk.kind(Withdraw)) == 2, "it was hidden, and is there again"
    assert desk.router.awaits_news


@pytest.mark.parametrize("said", [rejected, not_sent, waited_out])
def test_what_is_filled_of_it_is_booked_and_told(desk: RouterDesk, said: Said) -> None:
    said(desk)
    desk.see(NAME, fill(ORDER, "0.04", "t1"))
    assert desk.orders[NAME].filled == BTC.lots("0.04")
    assert desk.kind(Withdraw)[0] == Withdraw(OKX, NAME), "the rest of it may work"
    desk.see(NAME, fill(ORDER, "0.06", "t2"))
    assert desk.status(NAME) is S.FILLED
    assert desk.orders[NAME].filled == ORDER.quantity
    assert f"critical: Late fill of order {NAME}" in desk.alerts
    assert f"critical: Order {NAME} contradicts itself" in desk.alerts


def test_fills_that_are_only_told_of_are_asked_for(desk: RouterDesk) -> None:
    rejected(desk)
    desk.see(NAME, filled=BTC.lots("0.04"))
    assert (OKX, BTC.id) in desk.router.frozen
    desk.pass_time(1.1)
    assert desk.kind(Ask) == [Ask(OKX, NAME)]


def test_a_fill_of_an_order_that_was_proved_absent_withdraws_it_as_well(desk: RouterDesk) -> None:
    desk.unknown(ORDER)
    desk.take(Vanished(OKX, NAME))
    desk.see(NAME, fill(ORDER, "0.04", "t1"))
    assert desk.kind(Withdraw) == [Withdraw(OKX, NAME)]
    assert (OKX, BTC.id) in desk.router.frozen


# and has gone to another venue


@pytest.mark.parametrize("said", [rejected, not_sent])
@pytest.mark.parametrize("there", ["queued", "on its way", "works", "unknown"])
def test_what_went_to_another_venue_instead_is_taken_back(desk: RouterDesk, said: Said, there: str) -> None:
    said(desk, F.MAINTENANCE)
    other = desk.kind(Reroute)[0].approved.order.client_order_id
    if there != "queued":
        desk.leave(other)
    if there in ("works", "unknown"):
        desk.answer(other, A.ACCEPTED if there == "works" else A.UNKNOWN)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    if there == "queued":
        assert desk.router.may_leave(other)
    elif there == "on its way":
        desk.answer(other, A.ACCEPTED)
    if there != "queued":
        assert Withdraw("bybit_spot", other) in desk.kind(Withdraw)
    assert Withdraw(OKX, NAME) in desk.kind(Withdraw)
    [told] = [alert for alert in desk.kind(Alert) if alert.title == f"Order {NAME} contradicts itself"]
    assert f"bybit_spot as order {other}" in told.body


def test_it_is_taken_back_along_the_whole_way(desk: RouterDesk) -> None:
    rejected(desk, F.MAINTENANCE)
    second = desk.places[-1][1]
    desk.not_sent(second, F.NEVER_SENT)
    adapter, third = desk.places[-1]
    assert adapter == "kraken_spot"
    desk.leave(third)
    desk.answer(third, A.ACCEPTED)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    assert Withdraw("kraken_spot", third) in desk.kind(Withdraw)


def test_an_order_that_is_disputed_goes_nowhere_else(desk: RouterDesk) -> None:
    desk.submit(ORDER)
    desk.leave(NAME)
    desk.see(NAME, fill(ORDER, "0.04", "t1"))
    desk.answer(NAME, A.REJECTED, code="51008", fallback=F.MAINTENANCE)
    assert len(desk.places) == 1


# what is none


def test_a_venue_may_refuse_what_it_took_at_its_door_and_say_so_in_any_order(desk: RouterDesk) -> None:
    desk.submit(ORDER)
    desk.leave(NAME)
    desk.see(NAME, update(ORDER, E.REJECTED, 2), filled=0)
    desk.see(NAME, update(ORDER, E.ACCEPTED, 1), filled=0)
    desk.answer(NAME, A.ACCEPTED)
    assert desk.ends == {NAME: "rejected"}
    assert (desk.alerts, desk.router.frozen, desk.kind(Withdraw)) == ([], {}, [])
    desk.see(NAME, update(ORDER, E.ACCEPTED, 3), filled=0)
    assert (OKX, BTC.id) in desk.router.frozen, "it works after its rejection"
    assert desk.kind(Withdraw) == [Withdraw(OKX, NAME)]


# order does not matter


def order_of(n: int) -> RestoredOrder:
    return RestoredOrder(
        limit(n), "main", START, (RestoredAttempt(1, 1, A.REJECTED, "51008"),), (update(limit(n), E.ACCEPTED),), ()
    )


def test_a_journal_that_has_both_comes_back_withdrawn(desk: RouterDesk) -> None:
    desk.restored(OKX, [order_of(1)])
    assert desk.kind(Withdraw) == [Withdraw(OKX, NAME)]
    assert (OKX, BTC.id) in desk.router.frozen


def test_a_journal_of_an_order_that_never_left_and_works_comes_back_withdrawn(desk: RouterDesk) -> None:
    attempt = RestoredAttempt(1, 1, A.NOT_SENT, "")
    desk.restored(OKX, [order_of(1)._replace(attempts=(attempt,))])
    assert desk.router.order(NAME).status is S.ABSENT
    assert desk.kind(Withdraw) == [Withdraw(OKX, NAME)]


SAID = {n: limit(n) for n in range(1, 9)}


def pile() -> list[Happening]:
    """Eight orders whose answer and stream contradict each other, one fact a piece."""

    def seen(n: int, event: OrderEvent | None, filled: int | None, ts: int = 1, lots: str = "", trade: str = "") -> Happening:
        order = SAID[n]
        item = update(order, event, ts) if event is not None else fill(order, lots, f"{n}-{trade}", ts)
        return Seen(OKX, order.client_order_id, (item,), filled)

    def answered(n: int, result: AttemptResult) -> Happening:
        return Answered(OKX, SAID[n].client_order_id, 1, result, "51008", "as told", 5)

    return [
        answered(1, A.REJECTED), seen(1, E.ACCEPTED, 0),
        answered(2, A.REJECTED), seen(2, E.ACCEPTED, 0), seen(2, None, None, 2, "0.04", "a"), seen(2, None, None, 3, "0.06", "b"),
        answered(3, A.REJECTED), seen(3, E.ACCEPTED, 0), seen(3, None, None, 2, "0.04", "a"), seen(3, E.CANCELED, SAID[3].quantity * 2 // 5, 4),
        answered(4, A.NOT_SENT), seen(4, E.ACCEPTED, 0), seen(4, E.CANCELED, 0, 2),
        answered(5, A.NOT_SENT), seen(5, None, None, 2, "0.1", "a"),
        answered(6, A.REJECTED), seen(6, E.REJECTED, 0, 2), seen(6, E.EXPIRED, 0, 3),
        seen(7, E.REJECTED, 0, 2), seen(7, None, None, 1, "0.04", "a"), answered(7, A.ACCEPTED),
        answered(8, A.NOT_SENT), seen(8, E.REJECTED, 0, 2),
    ]  # fmt: skip


def after(facts: list[Happening]) -> RouterDesk:
    desk = RouterDesk()
    for order in SAID.values():
        desk.submit(order)
        desk.leave(order.client_order_id)
    desk.take(*facts)
    return desk


def test_500_permutations_of_contradictions_leave_the_same_bytes() -> None:
    reference = after(pile())
    wanted = canonical(reference.router.canonical())
    statuses = [reference.status(order.client_order_id) for order in SAID.values()]
    assert statuses == [S.REJECTED, S.FILLED, S.CANCELED, S.CANCELED, S.FILLED, S.EXPIRED, S.REJECTED, S.REJECTED]
    for seed in range(500):
        rng = random.Random(seed)
        facts = pile()
        facts += [each for each in rng.sample(facts, rng.randrange(len(facts))) if isinstance(each, Seen)]
        rng.shuffle(facts)
        desk = after(facts)
        assert canonical(desk.router.canonical()) == wanted, f"seed {seed}"
        assert (
            sorted(desk.alerts.count(f"critical: Order {o.client_order_id} contradicts itself") for o in SAID.values()) == [1] * 8
        )
        assert len(desk.ends) == 8
        assert {n: desk.orders[o.client_order_id].filled for n, o in SAID.items()} == {
            n: reference.orders[o.client_order_id].filled for n, o in SAID.items()
        }, "and so does who follows the news"


# fills that cannot be, or should not


def test_a_fill_of_the_other_side_is_not_booked_but_disputed_and_the_right_one_is_booked(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    right = fill(ORDER, "0.04", "t1")
    desk.see(NAME, right._replace(side=Side.SELL))
    assert (desk.orders[NAME].filled, desk.kept) == (0, [])
    assert (OKX, BTC.id) in desk.router.frozen
    assert desk.alerts == [f"critical: Order {NAME} contradicts itself"]
    assert "a sell of okx:BTC/USDT" in desk.kind(Alert)[0].body
    desk.see(NAME, right)
    assert desk.kept == [right]


def test_a_fill_of_another_instrument_or_of_nothing_is_not_booked(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    right = fill(ORDER, "0.04", "t1")
    for wrong in (right._replace(instrument=ETH.id), right._replace(quantity=0), right._replace(price=0)):
        desk.see(NAME, wrong)
    assert (desk.orders[NAME].filled, desk.kept) == (0, [])
    assert (OKX, BTC.id) in desk.router.frozen


@pytest.mark.parametrize("side", Side)
def test_a_fill_beyond_the_limit_is_booked_and_disputed(desk: RouterDesk, side: Side) -> None:
    order = limit(1, side=side)
    desk.accepted(order)
    assert order.price is not None
    worse = 1 if side is Side.BUY else -1
    desk.see(NAME, fill(order, "0.04", "t1"), fill(order, "0.02", "t2")._replace(price=order.price - worse))
    assert desk.router.frozen == {}
    desk.see(NAME, fill(order, "0.04", "t3")._replace(price=order.price + worse))
    assert desk.orders[NAME].filled == BTC.lots("0.1"), "it has happened"
    assert (OKX, BTC.id) in desk.router.frozen
    assert "is beyond its limit of 39000" in desk.kind(Alert)[0].body


def test_a_market_order_has_no_limit(desk: RouterDesk) -> None:
    order = ORDER._replace(price=None)
    desk.accepted(order)
    desk.see(NAME, fill(ORDER, "0.04", "t1"))
    assert desk.router.frozen == {}


def test_every_limit_an_order_may_have_had_counts(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    desk.amend(ORDER._replace(price=BTC.ticks("39500")))
    desk.see(NAME, fill(ORDER, "0.01", "t1")._replace(price=BTC.ticks("39400")))
    assert desk.router.frozen == {}, "the amendment is on its way"
    desk.see(NAME, update(ORDER, E.AMENDED, 5, price=BTC.ticks("38000")), fill(ORDER, "0.01", "t2"))
    assert desk.router.frozen == {}, "it may be of before"
    desk.see(NAME, fill(ORDER, "0.01", "t3")._replace(price=BTC.ticks("39600")))
    assert (OKX, BTC.id) in desk.router.frozen


def test_the_limit_of_an_amendment_that_was_not_taken_does_not_count(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    desk.amend(ORDER._replace(price=BTC.ticks("39500")))
    desk.take(Changed(OKX, NAME, 3, A.REJECTED, "51503", ""))
    desk.see(NAME, fill(ORDER, "0.01", "t1")._replace(price=BTC.ticks("39400")))
    assert (OKX, BTC.id) in desk.router.frozen


@pytest.mark.parametrize("n", [1, 3])
def test_an_order_that_was_amended_before_a_restart_has_limits_nobody_knows(desk: RouterDesk, n: int) -> None:
    attempts = tuple(RestoredAttempt(i, 1, A.ACCEPTED, "") for i in {1, n})
    desk.restored(OKX, [RestoredOrder(ORDER, "main", START, attempts, (), ())])
    assert ORDER.price is not None
    desk.see(NAME, fill(ORDER, "0.01", "t1")._replace(price=ORDER.price + 1))
    assert bool(desk.router.frozen) is (n == 1)


# fills that do not come


def test_fills_that_never_come_alert_freeze_and_keep_the_desk_waiting_until_they_are_here(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    desk.see(NAME, fill(ORDER, "0.04", "t1"), filled=BTC.lots("0.05"))
    assert desk.router.awaits_news
    for _ in range(9):
        desk.pass_time(1)
        desk.see(NAME, filled=BTC.lots("0.05"))
    assert (desk.alerts, desk.router.frozen) == ([], {})
    assert len(desk.kind(Ask)) == 3, "after 1, 3 and 7 s, also of an order that works"
    desk.pass_time(1)
    assert desk.alerts == [f"error: Fills of order {NAME} do not come"]
    assert "says 0.05 are filled, its trades add up to 0.04" in desk.kind(Alert)[0].body
    assert (OKX, BTC.id) in desk.router.frozen
    desk.pass_time(60)
    assert len(desk.alerts) == 1
    desk.see(NAME, fill(ORDER, "0.01", "t2"))
    assert not desk.router.awaits_news
    assert desk.router.frozen == {}


def test_fills_that_are_here_in_time_alert_nobody(desk: RouterDesk) -> None:
    desk.accepted(ORDER)
    desk.see(NAME, update(ORDER, E.CANCELED), filled=BTC.lots("0.05"))
    desk.pass_time(9)
    desk.see(NAME, fill(ORDER, "0.05", "t1"))
    desk.pass_time(60)
    assert (desk.alerts, desk.ends) == ([], {NAME: "partial"})


def test_what_the_driver_says_of_its_sending_afterwards_changes_nothing(desk: RouterDesk) -> None:
    rejected(desk)
    desk.see(NAME, update(ORDER, E.ACCEPTED), filled=0)
    before = len(desk.effects)
    desk.take(NotSent(OKX, NAME, F.NEVER_SENT, "", 1))
    assert [type(each) for each in desk.effects[before:]] == []
    desk.take(Leaving(OKX, NAME, 2, 5))
    assert desk.status(NAME) is S.REJECTED


@pytest.mark.parametrize("is_seen_first", [True, False])
def test_an_order_that_its_venue_calls_by_two_ids_contradicts_itself(is_seen_first: bool) -> None:
    desk, order = RouterDesk(), limit(1)
    name = desk.submit(order)
    desk.leave(name)
    seen = update(order, OrderEvent.ACCEPTED)._replace(venue_order_id=VenueOrderId("another"))
    if is_seen_first:
        desk.see(name, seen, filled=0)
    desk.answer(name, AttemptResult.ACCEPTED)
    desk.see(name, seen, filled=0)
    assert desk.alerts == [f"critical: Order {name} contradicts itself"]
    assert desk.router.frozen
