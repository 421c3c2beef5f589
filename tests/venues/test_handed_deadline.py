"""An attempt whose deadline its caller has made durable already: it leaves with exactly that one, once, or not at all."""

from __future__ import annotations

import time
from urllib.parse import parse_qs

import pytest

from golive.model.clock import MILLISECOND, from_iso
from golive.model.errors import RateLimited, VenueRejected, VenueUnavailable
from golive.model.live_order import FallbackReason
from golive.venues.profile import VenueProfile
from support.adapters import unhurried
from support.asked_venue import OURS, Asked, asked, bybit, kraken, okx, placed
from support.scripted_http import Received

GOOD = {
    "okx": okx("0", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}'),
    "kraken": placed("buy 0.00100000 XBTUSD @ limit 1000.0"),
    "bybit": bybit(0, f'{{"orderId":"7","orderLinkId":"{OURS}"}}'),
}
AGAIN = {"okx": okx("50011"), "kraken": '{"error":["EOrder:Rate limit exceeded"]}'}


def told_deadline(venue: str, sent: Received) -> int | None:
    """The deadline on the wire, ms; None for a venue that has none."""
    if venue == "okx":
        return int(sent.headers["exptime"])
    if venue == "kraken":
        return from_iso(parse_qs(sent.body.decode())["deadline"][0]) // MILLISECOND
    return None


async def handed(at: Asked, venue: str, less_ms: int = 0) -> int:
    """Submit with a deadline that is `less_ms` earlier than the usual one; return it."""
    await at.trading.deadlines.learn_venue_time()
    deadline_ms = at.trading.deadlines.new_ms() - less_ms
    await at.trading.submit(at.approved(), at.instrument, at.attempts, deadline_ms=deadline_ms)
    return deadline_ms


@pytest.mark.parametrize("venue", GOOD)
async def test_the_first_attempt_has_exactly_the_deadline_it_was_given_and_is_not_written_down_again(venue: str) -> None:
    async with asked(venue, GOOD[venue]) as at:
        at.attempts.durable.add((OURS, 1))
        deadline_ms = await handed(at, venue, less_ms=137)
        assert [told_deadline(venue, sent) for sent in at.sent()] == [None if venue == "bybit" else deadline_ms]
        assert at.attempts.deadlines() == []
        assert [answer.partition(":")[0] for answer in at.attempts.answers()] == ["accepted"]


@pytest.mark.parametrize("venue", AGAIN)
async def test_a_second_attempt_is_written_down_with_a_deadline_of_its_own(venue: str) -> None:
    async with asked(venue, AGAIN[venue], GOOD[venue]) as at:
        at.attempts.durable.add((OURS, 1))
        first = await handed(at, venue, less_ms=40)
        assert [told_deadline(venue, sent) for sent in at.sent()] == [first, *at.attempts.deadlines()]
        assert at.attempts.deadlines()[0] > first
        assert [kind for kind, *_ in at.attempts.lines] == ["answer", "attempt", "answer"]


@pytest.mark.parametrize("venue", GOOD)
async def test_an_order_whose_deadline_is_too_near_never_leaves(venue: str) -> None:
    profile = unhurried(venue)
    async with asked(venue, GOOD[venue]) as at:
        at.attempts.durable.add((OURS, 1))
        with pytest.raises(RateLimited, match="not sent") as told:
            await handed(at, venue, less_ms=int(profile.order_patience_s * 1000) + 5)
        assert told.value.code == ""
        assert at.sent() == []
        assert at.attempts.answers() == ["not_sent:paused"]


async def test_a_deadline_cannot_be_had_before_the_venues_time_is_known() -> None:
    async with asked("okx", GOOD["okx"]) as at:
        with pytest.raises(VenueUnavailable, match="time is not known"):
            at.trading.deadlines.new_ms()
        await at.trading.deadlines.learn_venue_time()
        soon_ms = time.time() * 1000 + unhurried("okx").order_deadline_s * 1000
        assert abs(at.trading.deadlines.new_ms() - soon_ms) < 1000


@pytest.mark.parametrize("venue", ["okx", "kraken"])
async def test_an_amendment_takes_its_durable_deadline_as_well(venue: str) -> None:
    amended = {"okx": GOOD["okx"], "kraken": kraken('{"amend_id":"A"}')}
    async with asked(venue, amended[venue]) as at:
        at.attempts.durable.add((OURS, 3))
        await at.trading.deadlines.learn_venue_time()
        deadline_ms = at.trading.deadlines.new_ms() - 77
        assert await at.trading.amend(at.approved(), at.instrument, at.attempts, n=3, deadline_ms=deadline_ms)
        assert [told_deadline(venue, sent) for sent in at.sent()] == [deadline_ms]
        assert [kind for kind, *_ in at.attempts.lines] == ["answer"]


REASONS = [
    ("okx", okx("1", '{"sCode":"51022","ordId":""}'), 200, FallbackReason.SYMBOL_HALTED),
    ("okx", okx("1", '{"sCode":"51021","ordId":""}'), 200, FallbackReason.SYMBOL_HALTED),
    ("okx", okx("1", '{"sCode":"51008","ordId":""}'), 200, None),
    ("kraken", '{"error":["EService:Market in cancel_only mode"]}', 200, FallbackReason.MAINTENANCE),
    ("kraken", '{"error":["EOrder:Insufficient funds"]}', 200, None),
]


@pytest.mark.parametrize(("venue", "body", "status", "reason"), REASONS)
async def test_a_rejection_tells_whether_it_was_for_a_reason_of_the_venue(
    venue: str, body: str, status: int, reason: FallbackReason | None
) -> None:
    async with asked(venue, body, status=status) as at:
        with pytest.raises(VenueRejected) as told:
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert unhurried(venue).fallback_codes.get(told.value.code) is reason
        assert len(at.sent()) == 1


@pytest.mark.parametrize("venue", GOOD)
def test_only_codes_that_prove_a_rejection_let_an_order_go_elsewhere(venue: str) -> None:
    profile: VenueProfile = unhurried(venue)
    for code in profile.fallback_codes:
        assert profile.codes[code].http == frozenset({200})
        assert code not in profile.not_processed
