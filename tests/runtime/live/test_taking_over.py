"""What a journal says of an order of an earlier life, as far as asking about it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.live_order import AttemptResult as R
from golive.model.order import NewOrder, OrderType, OrderUpdate, Side
from golive.runtime.live.taking_over import restored, taken_over
from golive.storage.order_journal import StoredAttempt, StoredOrder

NAME = ClientOrderId("a" * 32)
INTENT = NewOrder(NAME, InstrumentId("okx", "BTC", "USDT"), Side.BUY, OrderType.LIMIT, 10, 700)
STORED = StoredOrder(INTENT, "main", 1, 1, 5, (), (), ())


def attempt(n: int, result: R | None, deadline_ms: int = 100) -> StoredAttempt:
    return StoredAttempt(n, deadline_ms * n, result, "")


@pytest.mark.parametrize(
    ("attempts", "deadline_ms", "is_changing"),
    [
        ((), 0, False),
        ((attempt(1, None),), 100, False),
        ((attempt(1, R.UNKNOWN),), 100, False),
        ((attempt(1, R.NOT_SENT),), 0, False),
        ((attempt(1, R.NOT_PROCESSED), attempt(2, None)), 200, False),
        ((attempt(1, R.NOT_PROCESSED), attempt(2, R.NOT_SENT)), 100, False),
        ((attempt(1, R.ACCEPTED),), 100, False),
        ((attempt(1, R.ACCEPTED), attempt(3, R.ACCEPTED)), 300, False),
        ((attempt(1, R.ACCEPTED), attempt(3, None)), 300, True),
        ((attempt(1, R.ACCEPTED), attempt(3, R.UNKNOWN)), 300, True),
        ((attempt(1, None), attempt(3, R.ACCEPTED)), 300, False),
    ],
)
def test_what_may_have_left_is_asked_about_and_what_did_not_is_not(
    attempts: tuple[StoredAttempt, ...], deadline_ms: int, is_changing: bool
) -> None:
    ours = taken_over(replace(STORED, attempts=attempts))
    assert (ours.deadline_ms, ours.shall, ours.is_changing) == (deadline_ms, None, is_changing)
    assert [each.n for each in restored(replace(STORED, attempts=attempts)).attempts] == [each.n for each in attempts]


def test_the_venues_name_is_the_last_it_gave() -> None:
    facts = (OrderUpdate(NAME, 1, "accepted", VenueOrderId("17")), OrderUpdate(NAME, 2, "accepted"))
    assert taken_over(replace(STORED, facts=facts)).venue_order_id == "17"
