"""The same facts, in any order, torn apart and repeated, leave the router knowing exactly the same."""

from __future__ import annotations

import random

import pytest

from golive.audit.canonical import canonical
from golive.execution import News
from golive.execution.live.happening import Changed, Happening, Seen
from golive.model.live_order import AttemptResult
from golive.orders import OrderEvent
from support.router_desk import BTC, ETH, RouterDesk, fill, limit, update

A, E = AttemptResult, OrderEvent
PERMUTATIONS = 500

FILLED, PART, CANCELED, EXPIRED, LOST, OTHER = (
    limit(1), limit(2, "0.3"), limit(3), limit(4, "0.2"), limit(5), limit(6, "1", "2000", of=ETH),
)  # fmt: skip


def facts() -> list[Happening]:
    """Everything the venue says of six orders, one fact a piece; one of them is being amended to twice its quantity."""

    def seen(item: News, filled: int | None) -> Happening:
        return Seen("okx_spot", item.client_order_id, (item,), filled)

    return [
        seen(update(FILLED, E.ACCEPTED, 1), 0),
        seen(fill(FILLED, "0.04", "a1", 2), None),
        seen(fill(FILLED, "0.06", "a2", 3), None),
        seen(update(FILLED, E.ACCEPTED, 3), FILLED.quantity),
        seen(update(PART, E.ACCEPTED, 1), 0),
        seen(update(PART, E.TRIGGERED, 2), None),
        seen(fill(PART, "0.1", "b1", 3), None),
        seen(fill(PART, "0.05", "b2", 4), None),
        seen(update(PART, E.CANCELED, 5), BTC.lots("0.15")),
        seen(update(CANCELED, E.ACCEPTED, 1), 0),
        seen(update(CANCELED, E.CANCELED, 2), 0),
        seen(update(EXPIRED, E.EXPIRED, 2), BTC.lots("0.02")),
        seen(fill(EXPIRED, "0.02", "d1", 1), None),
        seen(update(LOST, E.ACCEPTED, 1), 0),
        seen(fill(LOST, "0.01", "e1", 2), None),
        seen(fill(OTHER, "0.4", "f1", 2), None),
        seen(update(OTHER, E.AMENDED, 3, price=OTHER.price, quantity=OTHER.quantity * 2), None),
        seen(fill(OTHER, "0.7", "f2", 4), None),
        seen(fill(OTHER, "0.3", "f3", 5), None),
        Changed("okx_spot", OTHER.client_order_id, 3, A.ACCEPTED, "", ""),
    ]


def after(facts: list[Happening]) -> RouterDesk:
    desk = RouterDesk()
    for order in (FILLED, PART, CANCELED, EXPIRED, OTHER):
        desk.accepted(order)
    desk.unknown(LOST)
    desk.amend(OTHER._replace(quantity=OTHER.quantity * 2))
    desk.take(*facts)
    desk.pass_time(10)
    return desk


def scrambled(seed: int) -> list[Happening]:
    """All facts in a random order, some of them twice, some joined into one message."""
    rng = random.Random(seed)
    pile = facts()
    pile += rng.sample(pile, rng.randrange(len(pile)))
    rng.shuffle(pile)
    joined: list[Happening] = []
    for item in pile:
        last = joined[-1] if joined else None
        if (
            isinstance(item, Seen)
            and isinstance(last, Seen)
            and last.client_order_id == item.client_order_id
            and rng.random() < 0.5
        ):
            told = max((n for n in (last.filled, item.filled) if n is not None), default=None)
            joined[-1] = last._replace(news=(*last.news, *item.news), filled=told)
        else:
            joined.append(item)
    return joined


@pytest.fixture(scope="module")
def reference() -> RouterDesk:
    return after(facts())


def test_what_is_known_after_the_facts_in_their_own_order(reference: RouterDesk) -> None:
    ends = {FILLED: "filled", PART: "partial", CANCELED: "canceled", EXPIRED: "partial"}
    assert reference.ends == {order.client_order_id: result for order, result in ends.items()}
    other = reference.router.order(OTHER.client_order_id)
    assert (other.filled, other.intent.quantity) == (ETH.lots("1.4"), ETH.lots("2"))
    assert reference.router.frozen == {}


def test_500_permutations_with_repeats_leave_the_same_bytes(reference: RouterDesk) -> None:
    wanted = canonical(reference.router.canonical())
    for seed in range(PERMUTATIONS):
        desk = after(scrambled(seed))
        assert canonical(desk.router.canonical()) == wanted, f"seed {seed}"
        assert desk.ends == reference.ends, f"seed {seed}"
        assert len(desk.kept) == len(set(desk.kept)) == len(reference.kept), "each fact is made durable once"
        assert {o.intent.client_order_id: (o.filled, o.status) for o in desk.orders} == {
            o.intent.client_order_id: (o.filled, o.status) for o in reference.orders
        }, "and so does who follows the news"


def test_a_gap_leaves_an_order_open_and_asked_about_and_the_missing_facts_close_it(reference: RouterDesk) -> None:
    for seed in range(50):
        rng = random.Random(seed)
        pile = facts()
        missing = [pile.pop(rng.randrange(len(pile))) for _ in range(3)]
        desk = after(pile)
        short = {name for name in reference.ends if name not in desk.ends}
        for name in short:
            known = desk.router.order(name)
            assert known.filled <= reference.router.order(name).filled
        desk.take(*missing)
        desk.pass_time(10)
        assert canonical(desk.router.canonical()) == canonical(reference.router.canonical()), f"seed {seed}"
