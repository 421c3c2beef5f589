"""Asking about orders at a simulated venue, with an account stream that tells nothing: questions and what leads to the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from golive.model.decision import Approved
from golive.model.order import OrderStatus
from golive.venues.dialect import Lookup
from support.live_desk import PLACE, QUICK, Trader, account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
MUTE = "orders:*"
"""topics of OKX's account stream"""


@pytest.fixture
def venue() -> Iterator[VenueProcess]:
    with live_venue("okx") as running:
        running.add_fault("ws_gap", match=MUTE)
        yield running


def answers(at: Trader, monkeypatch: pytest.MonkeyPatch, change: Callable[[int, Lookup], Lookup]) -> list[Lookup]:
    """Change what look-ups find by their number, from 1; returns what they found."""
    client = at.desk.account(at.adapter).parts.client
    found: list[Lookup] = []
    resolve = client.resolve

    async def changed(*what: Any, **more: Any) -> Lookup:
        found.append(await resolve(*what, **more))
        return change(len(found), found[-1])

    monkeypatch.setattr(client, "resolve", changed)
    return found


def rarely_audited(tmp_path: Path, venue: VenueProcess) -> Any:
    return trader(live_plan(tmp_path, [account_plan("okx", venue)], timing=replace(QUICK, audit_s=600.0)))


async def test_an_answer_that_leaves_the_question_leads_to_the_next_one(
    venue: VenueProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_state_that_we_know(n: int, found: Lookup) -> Lookup:
        if n > 3 or found.order is None:
            return found
        return replace(found, order=replace(found.order, status=OrderStatus.UNKNOWN))

    async with rarely_audited(tmp_path, venue) as at:
        found = answers(at, monkeypatch, no_state_that_we_know)
        venue.add_fault("drop_after", match=PLACE["okx"], method="POST", count=1)
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
        assert len(found) == 4
        assert not at.desk.router.frozen
        assert at.desk.is_settled


async def test_fills_that_a_look_up_lacks_are_asked_for_until_they_are_there(
    venue: VenueProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rarely_audited(tmp_path, venue) as at:
        found = answers(at, monkeypatch, lambda n, found: found if n > 3 else replace(found, fills=()))
        venue.add_fault("ws_gap", match="*")
        venue.add_fault("drop_after", match=PLACE["okx"], method="POST", count=1)
        approved = at.order(price=None)
        order = approved.order.client_order_id
        at.desk.submit(approved)
        await until(lambda: at.status(order) is OrderStatus.FILLED, 30)
        assert len(found) == 4
        assert at.filled(order) == approved.order.quantity


async def test_an_unanswered_amendment_may_come_until_its_deadline_so_its_terms_are_asked_for_after_it(
    venue: VenueProcess, tmp_path: Path
) -> None:
    async with rarely_audited(tmp_path, venue) as at:
        venue.clear_faults()
        order = await at.sent()
        venue.add_fault("ws_gap", match=MUTE)
        venue.add_fault("queue", match="*amend*", method="POST", count=1, seconds=1.0)
        venue.add_fault("drop_after", match="*amend*", method="POST", count=1)
        terms = at.desk.router.order(order).intent
        assert terms.price is not None
        at.desk.amend(Approved(terms._replace(price=terms.price - 100), 2))
        await at.settled(30)
        [row] = truth(venue, order)
        assert Decimal(row["price"]) == Decimal("990")
        assert at.desk.router.order(order).intent.price == terms.price - 100
        assert not at.desk.router.frozen
