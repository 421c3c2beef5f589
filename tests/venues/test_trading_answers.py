"""What an answer to an order, a cancel, an amendment or a switch proves: only what it says of this very one, and never twice."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import pytest

from golive.model.clock import to_iso
from golive.model.errors import OutcomeUnknown, VenueError, VenueUnavailable
from golive.model.instrument import Instrument
from golive.model.secret import Credentials, Secret
from golive.model.verdict import Stage
from golive.venues.account_reads import MAX_PAGES
from golive.venues.dialect import Request
from golive.venues.trading import TradingClient
from support.adapters import rig, unhurried
from support.asked_venue import KEYS, OURS, TIME_PATHS, asked, bybit, kraken, okx, placed
from support.scripted_http import Received, answer, scripted_http

NO_PROOF = [
    ("okx", okx("51008", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}')),
    ("okx", okx("1", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}')),
    ("okx", okx("2", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}')),
    ("okx", okx("1", f'{{"sCode":"51008","ordId":"7","clOrdId":"{OURS}"}}')),
    ("okx", okx("50011", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}')),
    ("kraken", kraken('{"txid":["OABC"],"descr":{"order":"buy"}}', "EOrder:Insufficient funds")),
    ("kraken", kraken('{"txid":["OABC"]}', "EAPI:Rate limit exceeded")),
    ("kraken", placed("buy 5.00000000 ETHUSD @ limit 1000.0")),
    ("kraken", placed("buy 0.00100000 ETHUSD @ limit 1000.0")),
    ("kraken", placed("buy 0.00200000 XBTUSD @ limit 1000.0")),
    ("kraken", placed("buy 0.00100000 XBTUSD @ limit 1000.1")),
    ("kraken", placed("buy 0.00100000 XBTUSD @ market")),
    ("kraken", placed("sell 0.00100000 XBTUSD @ limit 1000.0")),
    ("bybit", bybit(170131, f'{{"orderId":"5","orderLinkId":"{OURS}"}}')),
    ("bybit", bybit(170131, '{"orderId":"5"}')),
    ("bybit", bybit(10001, "{}")),
    ("bybit", bybit(0, f'{{"orderId":"1","orderLinkId":"{"b" * 32}"}}')),
]


@pytest.mark.parametrize(("venue", "body"), NO_PROOF, ids=lambda value: value[:70])
async def test_an_answer_that_contradicts_itself_or_tells_of_another_order_proves_nothing(venue: str, body: str) -> None:
    async with asked(venue, body) as at:
        with pytest.raises(OutcomeUnknown):
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert len(at.sent()) == 1, "an order of unknown outcome was sent again"


PROOF = [
    ("okx", okx("1", f'{{"sCode":"51008","ordId":"","clOrdId":"{OURS}"}}')),
    ("kraken", '{"error":["EOrder:Insufficient funds"]}'),
    ("kraken", kraken("{}", "EOrder:Insufficient funds")),
    ("bybit", bybit(170131, "{}")),
]


@pytest.mark.parametrize(("venue", "body"), PROOF, ids=lambda value: value[:70])
async def test_a_refusal_without_contradiction_is_one(venue: str, body: str) -> None:
    async with asked(venue, body) as at:
        with pytest.raises(VenueError) as told:
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert type(told.value).__name__ == "InsufficientFunds"


GOOD = {
    "okx": okx("0", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}'),
    "kraken": placed("buy 0.00100000 XBTUSD @ limit 1000.0"),
    "bybit": bybit(0, f'{{"orderId":"7","orderLinkId":"{OURS}"}}'),
}


@pytest.mark.parametrize("venue", GOOD)
@pytest.mark.parametrize("ahead_s", [-10, 40])
async def test_the_first_deadline_is_already_written_in_the_venues_time(venue: str, ahead_s: float) -> None:
    async with asked(venue, GOOD[venue], ahead_s=ahead_s) as at:
        deadline_s = unhurried(venue).order_deadline_s
        before = time.time()
        await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert abs(at.attempts.deadlines()[0] / 1000 - (before + ahead_s + deadline_s)) < 1.5
        await at.trading.submit(at.approved(), at.instrument, at.attempts)
        asked_for_time = [r for r in at.server.received if r.target.partition("?")[0] in TIME_PATHS]
        assert len(asked_for_time) == 1, "the venue's time is asked for once"


async def test_an_order_does_not_leave_when_the_venues_time_is_not_to_be_had() -> None:
    async with scripted_http(lambda received: answer(500, "")) as server:
        credentials = Credentials({name: Secret(value) for name, value in KEYS["okx"].items()})
        async with rig("okx", server.base_url, credentials, profile=unhurried("okx")) as made, asked("okx", GOOD["okx"]) as at:
            trading = TradingClient(made.adapter, Stage.REHEARSAL)
            with pytest.raises(VenueUnavailable) as told:
                await trading.submit(at.approved(), at.instrument, at.attempts)
            assert not isinstance(told.value, OutcomeUnknown)
            assert at.attempts.lines == []
            assert {r.method for r in server.received} == {"GET"}


CANCELED = [
    ("okx", okx("0", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}'), True),
    ("okx", okx("0", '{"sCode":"0","ordId":"7","clOrdId":"other"}'), None),
    ("okx", okx("0"), None),
    ("okx", okx("1", f'{{"sCode":"51400","ordId":"7","clOrdId":"{OURS}"}}'), False),
    ("kraken", kraken('{"count":1}'), True),
    ("kraken", kraken('{"count":0}'), False),
    ("kraken", kraken('{"count":2}'), None),
    ("kraken", kraken("{}"), None),
    ("bybit", bybit(0, f'{{"orderId":"7","orderLinkId":"{OURS}"}}'), True),
    ("bybit", bybit(0, '{"orderId":"7","orderLinkId":"other"}'), None),
    ("bybit", bybit(0, "{}"), None),
    ("bybit", bybit(170213, "{}"), False),
]


@pytest.mark.parametrize(("venue", "body", "outcome"), CANCELED, ids=lambda value: str(value)[:70])
async def test_a_cancel_is_done_only_when_the_answer_says_so_of_this_order(venue: str, body: str, outcome: bool | None) -> None:
    async with asked(venue, body) as at:
        if outcome is None:
            with pytest.raises(VenueUnavailable, match="malformed"):
                await at.trading.cancel(OURS, at.instrument)
            assert len(at.sent()) > 1, "a cancel may be repeated, and is"
        else:
            assert await at.trading.cancel(OURS, at.instrument) is outcome


def armed_okx(seconds: int) -> str:
    return okx("0", f'{{"ts":"1700000000000","tag":"","triggerTime":"{1_700_000_000_000 + 1000 * seconds}"}}')


def armed_kraken(seconds: int) -> str:
    at = 1_700_000_000_000_000_000
    return kraken(f'{{"currentTime":"{to_iso(at)}","triggerTime":"{to_iso(at + seconds * 1_000_000_000)}"}}')


SWITCHES = [
    ("okx", armed_okx(60), 60, True),
    ("okx", armed_okx(10), 60, False),
    ("okx", okx("0", '{"ts":"1700000000000","tag":"","triggerTime":"0"}'), 0, True),
    ("okx", okx("0", '{"ts":"1700000000000","tag":"","triggerTime":"0"}'), 60, False),
    ("okx", armed_okx(60), 0, False),
    ("okx", okx("0"), 60, False),
    ("kraken", armed_kraken(60), 60, True),
    ("kraken", armed_kraken(600), 60, False),
    ("kraken", kraken('{"currentTime":"2026-01-01T00:00:00Z","triggerTime":"0"}'), 0, True),
    ("kraken", kraken('{"currentTime":"2026-01-01T00:00:00Z","triggerTime":"0"}'), 60, False),
    ("kraken", armed_kraken(60), 0, False),
    ("kraken", kraken("{}"), 60, False),
]


@pytest.mark.parametrize(("venue", "body", "seconds", "stands"), SWITCHES, ids=lambda value: str(value)[:60])
async def test_the_dead_mans_switch_is_armed_only_when_the_answer_shows_its_time(
    venue: str, body: str, seconds: int, stands: bool
) -> None:
    async with asked(venue, body) as at:
        if stands:
            await at.trading.arm_switch(seconds)
        else:
            with pytest.raises(VenueUnavailable, match="malformed"):
                await at.trading.arm_switch(seconds)


async def test_a_list_that_never_ends_is_an_error_and_never_a_short_list() -> None:
    count = 0

    def script(received: Received) -> object:
        nonlocal count
        count += 1
        row = f'{{"symbol":"ETHUSDT","orderId":"{count}"}}'
        return answer(200, bybit(0, f'{{"category":"spot","list":[{row}],"nextPageCursor":"c{count}"}}'))

    async with asked("bybit", "") as at:
        at.server.script = script
        reads: list[Callable[[Instrument], Awaitable[object]]] = [at.trading.open_orders, at.trading.closed_orders]
        for read in reads:
            count = 0
            with pytest.raises(VenueUnavailable, match=f"more than {MAX_PAGES} pages"):
                await read(at.instrument)
            assert count == MAX_PAGES


@pytest.mark.parametrize(("length", "is_taken"), [(1 << 20, True), ((1 << 20) + 1, False)])
async def test_an_answer_longer_than_a_mebibyte_is_malformed_even_when_it_would_be_right(length: int, is_taken: bool) -> None:
    bare = GOOD["okx"]
    body = bare[:-1] + " " * (length - len(bare)) + bare[-1]
    async with asked("okx", body) as at:
        assert len(body) == length
        if is_taken:
            assert await at.trading.submit(at.approved(), at.instrument, at.attempts) == "7"
        else:
            with pytest.raises(OutcomeUnknown, match="malformed"):
                await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert Request("x").max_bytes == 1 << 20
