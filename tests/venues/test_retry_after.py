"""What a venue's demand to wait is read as: its bans, `Retry-After` in every form, and never digits that stand there by chance."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from golive.model.errors import RateLimited, VenueUnavailable
from golive.model.instrument import Instrument
from golive.venues.retry_after import LONGEST_S, RetryAfter, retry_after
from support.adapters import rig
from support.scripted_http import answer, scripted_http

BTC = Instrument.from_text(
    "bybit:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999", min_notional="1"
)
NOW = 1_700_000_000_000_000_000  # Tue, 14 Nov 2023 22:13:20 GMT
READINGS: list[tuple[Mapping[str, str], RetryAfter]] = [
    ({}, RetryAfter(None)),
    ({"retry-after": "5"}, RetryAfter(5.0)),
    ({"retry-after": "90000"}, RetryAfter(LONGEST_S)),
    ({"retry-after": "1e9"}, RetryAfter(LONGEST_S)),
    ({"retry-after": "Tue, 14 Nov 2023 22:14:50 GMT"}, RetryAfter(90.0)),
    ({"retry-after": "Tue, 14 Nov 2023 22:14:50 GMT", "date": "Tue, 14 Nov 2023 22:14:40 GMT"}, RetryAfter(10.0)),
    ({"retry-after": "Tuesday, 14-Nov-23 22:14:50 GMT"}, RetryAfter(90.0)),
    ({"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}, RetryAfter(LONGEST_S)),
    ({"retry-after": "Tue, 14 Nov 2000 22:14:50 GMT"}, RetryAfter(0.0)),
    ({"retry-after": "-1"}, RetryAfter(None, "-1")),
    ({"retry-after": "nan"}, RetryAfter(None, "nan")),
    ({"retry-after": "soon" * 100}, RetryAfter(None, "soon" * 20)),
    ({"retry-after": "Tue, 99 Nov 2023 99:14:50 GMT"}, RetryAfter(None, "Tue, 99 Nov 2023 99:14:50 GMT")),
]


@pytest.mark.parametrize(("headers", "expected"), READINGS)
def test_every_form_is_read_bounded_by_a_day_and_nonsense_is_named(headers: Mapping[str, str], expected: RetryAfter) -> None:
    assert retry_after(headers, NOW) == expected


@pytest.mark.integration
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, '{"retCode":0,"result":{"s":"BTCUSDT","b":[["100090.0","1"'),
        (502, "<html>502 Bad Gateway. Ray ID: 8a1001800fe</html>"),
        (403, "<html>Ray ID: 8a10009f</html>"),
    ],
)
async def test_the_digits_of_a_code_in_an_unreadable_body_are_no_ban(status: int, body: str) -> None:
    async with scripted_http(lambda request: answer(status, body)) as server, rig("bybit", server.base_url) as made:
        with pytest.raises(Exception, match="bybit"):
            await made.adapter.order_book(BTC)
        assert not made.adapter.failover_status.throttle_active
        assert made.rate_limited == 0


@pytest.mark.integration
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, '{"retCode":10018,"retMsg":"Exceeded the IP Rate Limit","result":{},"retExtInfo":{},"time":1}'),
        (403, "<html>Access too frequent. Try again in 5 minutes</html>"),
    ],
)
async def test_a_ban_pauses_the_host_and_is_an_event(status: int, body: str) -> None:
    async with scripted_http(lambda request: answer(status, body)) as server, rig("bybit", server.base_url) as made:
        with pytest.raises(RateLimited):
            await made.adapter.order_book(BTC)
        assert len(server.received) == 1
        assert made.adapter.failover_status.throttle_remaining_seconds > 590
        assert [(e["event"], e["level"], e["fields"]["ban"]) for e in made.guardrails.events] == [("REFUSED", "error", True)]


@pytest.mark.integration
@pytest.mark.parametrize("told", ["61", "90000", "Wed, 21 Oct 2099 07:28:00 GMT", "1e9"])
async def test_any_long_retry_after_fails_the_call_at_once_and_pauses_the_host_that_long(told: str) -> None:
    reply = answer(429, '{"retCode":10006,"retMsg":"x","result":{},"retExtInfo":{},"time":1}', Retry_After=told)
    async with scripted_http(lambda request: reply) as server, rig("bybit", server.base_url) as made:
        with pytest.raises(RateLimited):
            await made.adapter.order_book(BTC)
        assert len(server.received) == 1
        assert made.adapter.failover_status.throttle_remaining_seconds > (60 if told == "61" else LONGEST_S - 5)


@pytest.mark.integration
async def test_a_retry_after_nobody_understands_is_not_heeded_and_stands_in_the_event() -> None:
    reply = answer(429, "slow down", Retry_After="when the cows come home")
    async with scripted_http(lambda request: reply) as server, rig("bybit", server.base_url) as made:
        with pytest.raises(VenueUnavailable):
            await made.adapter.order_book(BTC)
        assert len(server.received) == 5
        assert made.guardrails.events[0]["fields"]["retry_after_unread"] == "when the cows come home"
