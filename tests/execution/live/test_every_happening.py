"""Every happening in every status of an order: what the status is afterwards, and that nothing illegal is ever told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from golive.execution.live.effect import Place
from golive.execution.live.happening import (
    Answered,
    Changed,
    Happening,
    Leaving,
    NotSent,
    Seen,
    Unprovable,
    Vanished,
    Waited,
    Withdrawn,
)
from golive.model.errors import IllegalTransition
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import TERMINAL, OrderStatus
from golive.orders import OrderEvent
from support.router_desk import BTC, RouterDesk, fill, limit, update

S, A, E = OrderStatus, AttemptResult, OrderEvent
ORDER = limit(1)
NAME = ORDER.client_order_id
OKX = "okx_spot"


def planned(desk: RouterDesk) -> None:
    desk.submit(ORDER)


def sent(desk: RouterDesk) -> None:
    planned(desk)
    desk.leave(NAME)


def unknown(desk: RouterDesk) -> None:
    desk.unknown(ORDER)


def open_(desk: RouterDesk) -> None:
    desk.accepted(ORDER)


def partial(desk: RouterDesk) -> None:
    open_(desk)
    desk.see(NAME, fill(ORDER, "0.04", "t1"))


def filled(desk: RouterDesk) -> None:
    open_(desk)
    desk.see(NAME, fill(ORDER, "0.1", "t1"), filled=ORDER.quantity)


def ended(event: OrderEvent) -> Callable[[RouterDesk], None]:
    def bring_about(desk: RouterDesk) -> None:
        sent(desk)
        desk.see(NAME, update(ORDER, event), filled=0)

    return bring_about


def absent(desk: RouterDesk) -> None:
    unknown(desk)
    desk.take(Vanished(OKX, NAME))


STATES: Final[dict[OrderStatus, Callable[[RouterDesk], None]]] = {
    S.PLANNED: planned, S.SENT: sent, S.UNKNOWN: unknown, S.OPEN: open_, S.PARTIAL: partial, S.FILLED: filled,
    S.CANCELED: ended(E.CANCELED), S.EXPIRED: ended(E.EXPIRED), S.REJECTED: ended(E.REJECTED), S.ABSENT: absent,
}  # fmt: skip


def seen(event: OrderEvent, filled: int | None = 0) -> Seen:
    return Seen(OKX, NAME, (update(ORDER, event, ts=ORDER.quantity),), filled)


HAPPENINGS: Final[dict[str, tuple[Happening, dict[OrderStatus, OrderStatus]]]] = {
    "leaves": (Leaving(OKX, NAME, 2, 9), {S.PLANNED: S.SENT}),
    "waited": (Waited(OKX, NAME, 1), {}),
    "not sent": (NotSent(OKX, NAME, FallbackReason.NEVER_SENT, "", 1), {S.PLANNED: S.ABSENT, S.SENT: S.ABSENT}),
    "seen accepted": (seen(E.ACCEPTED), {S.SENT: S.OPEN, S.UNKNOWN: S.OPEN}),
    "seen triggered": (seen(E.TRIGGERED), {S.SENT: S.OPEN, S.UNKNOWN: S.OPEN}),
    "seen amended": (
        Seen(OKX, NAME, (update(ORDER, E.AMENDED, price=1, quantity=BTC.lots("0.2")),), None), {S.SENT: S.OPEN, S.UNKNOWN: S.OPEN},
    ),
    "seen canceled": (
        seen(E.CANCELED),
        {S.SENT: S.CANCELED, S.UNKNOWN: S.CANCELED, S.OPEN: S.CANCELED, S.PARTIAL: S.CANCELED, S.REJECTED: S.CANCELED},
    ),
    "seen canceled, more filled": (seen(E.CANCELED, BTC.lots("0.05")), {}),
    "seen expired": (
        seen(E.EXPIRED),
        {S.SENT: S.EXPIRED, S.UNKNOWN: S.EXPIRED, S.OPEN: S.EXPIRED, S.PARTIAL: S.EXPIRED, S.REJECTED: S.EXPIRED},
    ),
    "seen rejected": (
        seen(E.REJECTED), {S.SENT: S.REJECTED, S.UNKNOWN: S.REJECTED, S.OPEN: S.REJECTED, S.PARTIAL: S.REJECTED},
    ),
    "seen part": (
        Seen(OKX, NAME, (fill(ORDER, "0.06", "t9"),), None),
        {S.SENT: S.PARTIAL, S.UNKNOWN: S.PARTIAL, S.OPEN: S.PARTIAL, S.PARTIAL: S.FILLED},
    ),
    "seen all": (
        Seen(OKX, NAME, (fill(ORDER, "0.1", "t8"),), None),
        dict.fromkeys((S.SENT, S.UNKNOWN, S.OPEN, S.CANCELED, S.EXPIRED, S.ABSENT, S.REJECTED), S.FILLED),
    ),
    "vanished": (Vanished(OKX, NAME), {S.UNKNOWN: S.ABSENT}),
    "signed": (Vanished(OKX, NAME, is_signed=True), {S.UNKNOWN: S.ABSENT, S.OPEN: S.ABSENT, S.PARTIAL: S.ABSENT}),
    "unprovable": (Unprovable(OKX, NAME, "", True), {}),
    "withdrawn": (Withdrawn(OKX, NAME, True), {}),
    "withdrawn, not found": (Withdrawn(OKX, NAME, False), {}),
    "changed": (Changed(OKX, NAME, 3, A.ACCEPTED, "", ""), {}),
}  # fmt: skip
"""Each happening, and where it changes the status: the status after it. Everywhere else the status stays."""


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("what", HAPPENINGS)
def test_every_happening_in_every_status(status: OrderStatus, what: str) -> None:
    desk = RouterDesk()
    STATES[status](desk)
    assert desk.router.order(NAME).status is status
    happening, after = HAPPENINGS[what]
    if status is S.PLANNED and isinstance(happening, Seen):
        with pytest.raises(IllegalTransition, match="no venue can know it"):
            desk.take(happening)
        return
    desk.take(happening)
    assert desk.router.order(NAME).status is after.get(status, status)
    desk.take(happening)
    now = desk.router.order(NAME)
    assert now.status is after.get(status, status), "the same again changes nothing"
    if now.status is not S.PLANNED:
        assert desk.orders[NAME].status in (now.status, S.SENT), "who follows the news knows what the router knows"
    assert (NAME in desk.ends) is (now.status in TERMINAL)
    assert desk.places[0] == (OKX, NAME)
    assert len(desk.kind(Place)) == 1 + (what == "not sent" and after.get(status) is not None)


@pytest.mark.parametrize("event", [E.FILLED, E.PARTIALLY_FILLED, E.SENT, E.NOT_SENT, E.UNANSWERED, E.ABSENT])
def test_what_no_venue_says_is_an_error(event: OrderEvent) -> None:
    desk = RouterDesk()
    open_(desk)
    with pytest.raises(IllegalTransition, match="is no news of a venue"):
        desk.take(seen(event))


ANSWERS: Final[dict[AttemptResult, dict[OrderStatus, OrderStatus]]] = {
    A.ACCEPTED: {S.SENT: S.OPEN},
    A.REJECTED: {S.SENT: S.REJECTED, S.OPEN: S.REJECTED, S.PARTIAL: S.REJECTED},
    A.UNKNOWN: {S.SENT: S.UNKNOWN},
    A.NOT_PROCESSED: {},
    A.NOT_SENT: {S.SENT: S.ABSENT, S.OPEN: S.ABSENT, S.PARTIAL: S.ABSENT},
}
STREAMED: Final[dict[OrderStatus, Seen | None]] = {
    S.SENT: None,
    S.OPEN: seen(E.ACCEPTED),
    S.PARTIAL: Seen(OKX, NAME, (fill(ORDER, "0.04", "t1"),), None),
    S.FILLED: Seen(OKX, NAME, (fill(ORDER, "0.1", "t1"),), None),
    S.CANCELED: seen(E.CANCELED),
    S.EXPIRED: seen(E.EXPIRED),
    S.REJECTED: seen(E.REJECTED),
}


@pytest.mark.parametrize("status", STREAMED)
@pytest.mark.parametrize("result", ANSWERS)
def test_every_answer_after_the_stream_has_told_more(status: OrderStatus, result: AttemptResult) -> None:
    desk = RouterDesk()
    sent(desk)
    if (told := STREAMED[status]) is not None:
        desk.take(told)
    desk.take(Answered(OKX, NAME, 1, result, "c", "", desk.mono))
    assert desk.router.order(NAME).status is ANSWERS[result].get(status, status)
    contradicts = status is not S.SENT and (result is A.NOT_SENT or (result is A.REJECTED and status is not S.REJECTED))
    assert ((OKX, BTC.id) in desk.router.frozen) is (contradicts or (result is A.UNKNOWN and status is S.SENT))
    assert desk.count("live_order_attempts_total", exchange="okx", route="main", result=result) == 1
