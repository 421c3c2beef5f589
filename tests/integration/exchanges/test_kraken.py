"""The Kraken adapter against the simulated venue, over real HTTP and WebSocket: limits, bans, faults, orders, streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from golive.model.clock import MILLISECOND, from_iso
from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import OrderStatus, Side, TimeInForce
from golive.model.verdict import Stage
from golive.venues import profile_named
from golive.venues.profile import BudgetRule
from golive.venues.trading import TradingClient
from support.adapters import Rig, quick, rig
from support.trading_desk import Desk, account_stream, desk, until
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration

PROFILE = profile_named("kraken_spot")
BTC = InstrumentId("kraken", "BTC", "USD")
READER = new_key(dialect="kraken", permissions=("read",))
MONEY = ("--balance", "USD=100000", "--balance", "BTC=1")
ADD, BOOK, BALANCE = "/0/private/AddOrder", "/0/public/Depth", "/0/private/BalanceEx"
SEVERITIES = ("warning", "error", "critical")


@pytest.fixture
def venue() -> Iterator[VenueProcess]:
    """A fresh venue with Kraken's own limits, which count per key and address, so tests do not share one."""
    with venue_process(*MONEY, dialect="kraken", keys=[new_key(dialect="kraken"), READER]) as running:
        yield running


@pytest.fixture(scope="module")
def open_venue() -> Iterator[VenueProcess]:
    """One venue without limits for everything that is not about limits."""
    with venue_process(*MONEY, "--no-limits", dialect="kraken", keys=[new_key(dialect="kraken"), READER]) as running:
        yield running


@pytest.fixture
def unlimited(open_venue: VenueProcess) -> Iterator[VenueProcess]:
    yield open_venue
    open_venue.clear_faults()


def severities(made: Rig) -> list[float | None]:
    return [made.errors(severity) for severity in SEVERITIES]


def forms(venue: VenueProcess, path: str) -> list[dict[str, str]]:
    """The forms that were posted to `path`, as the venue received them, oldest first."""
    return [dict(parse_qsl(r["body"])) for r in venue.requests(2000) if urlsplit(r["target"]).path == path]


def sent(venue: VenueProcess, approved: Approved) -> list[dict[str, str]]:
    return [form for form in forms(venue, ADD) if form["cl_ord_id"] == approved.order.client_order_id]


# the named test


async def clean_smoke_run(venue: VenueProcess) -> None:
    """On a fresh recorder: nothing rate limited, no error, health 1."""
    async with rig("kraken", venue.rest, venue.key.credentials, profile=PROFILE) as made:
        result = await made.adapter.probe()
        assert result.ok, result.checks
        assert set(result.checks) == {"time", "clock_skew", "market_load", "private_balance"}
        instrument = (await made.adapter.load())[BTC]
        assert len((await made.adapter.order_book(instrument)).bids) > 0
        assert await made.adapter.permissions() == ("read", "trade")
        assert (made.rate_limited, made.health) == (0, 1)
        assert severities(made) == [0, 0, 0]
        assert made.guardrails.events == []


async def call_beyond_the_budget_waits(venue: VenueProcess) -> None:
    """Signed calls weigh two: eight fill the 16 of 20 in two seconds that reads may take; the next leaves when that is over."""
    house = replace(PROFILE, budget=(BudgetRule("*", 20, 2.0),))
    async with rig("kraken", venue.rest, venue.key.credentials, profile=house) as made:
        begun = time.monotonic()
        await asyncio.gather(*(made.adapter.balances() for _ in range(8)))
        assert time.monotonic() - begun < 1.8
        await made.adapter.load()
        assert 2.0 <= time.monotonic() - begun < 5.0
        assert (made.rate_limited, made.requests("ok")) == (0, 9)


async def refusal_is_honoured_and_counted_once(venue: VenueProcess, kind: str) -> None:
    """HTTP 429, and Kraken's own text with HTTP 200: the read waits as told and is repeated."""
    venue.add_fault(kind, match=BOOK, count=1, retry_after=1)
    async with rig("kraken", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        begun = time.monotonic()
        await made.adapter.order_book(instrument)
        assert 1.0 <= time.monotonic() - begun < 4.0
        assert made.rate_limited == 1
        assert severities(made) == [1, 0, 0]
        assert made.guardrails.names() == ["REFUSED"]


async def reads_are_repeated_twice_with_growing_pauses(venue: VenueProcess) -> None:
    """Three attempts, 0.5 s and 1 s apart with up to 15 % more; a fourth is never made."""
    async with rig("kraken", venue.rest, profile=PROFILE) as made:
        instrument = (await made.adapter.load())[BTC]
        venue.add_fault("http_503", match=BOOK, count=2)
        begun = time.monotonic()
        await made.adapter.order_book(instrument)
        assert 1.5 <= time.monotonic() - begun < 1.5 * 1.15 + 1.4
        assert (severities(made), made.requests("network_error"), made.rate_limited) == ([1, 0, 0], 2, 0)
    async with rig("kraken", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        venue.add_fault("error", match=BOOK, code="EService:Busy")
        with pytest.raises(VenueUnavailable, match="EService:Busy"):
            await made.adapter.order_book(instrument)
        assert (made.requests("network_error"), severities(made)) == (3, [0, 1, 0])
        venue.clear_faults()


async def order_refused_as_not_processed_is_accepted_on_its_second_attempt(venue: VenueProcess, code: str, status: int) -> None:
    async with desk("kraken", venue, profile=quick(PROFILE)) as d:
        approved = d.order()
        venue.add_fault("error", match=ADD, count=1, code=code, status=status)
        venue_order_id = await d.submit(approved)
        assert len(d.truth(approved.order.client_order_id)) == 1, "the order exists once"
        assert (await d.seen(approved.order.client_order_id)).venue_order_id == venue_order_id
        assert (d.rig.rate_limited, severities(d.rig)) == (1, [1, 0, 0])
        assert [(kind, n) for kind, _, n, _ in d.attempts.lines] == [
            ("attempt", 1),
            ("answer", 1),
            ("attempt", 2),
            ("answer", 2),
        ]
        assert d.attempts.answers() == [f"not_processed:{code}", f"accepted:{venue_order_id}"]
        deadlines = [from_iso(form["deadline"]) // MILLISECOND for form in sent(venue, approved)]
        assert deadlines == d.attempts.deadlines(), "each attempt carries the deadline that was journaled"
        assert deadlines[0] < deadlines[1]
        assert await d.trading.cancel(approved.order.client_order_id, d.instrument)


async def test_kraken_spot_rate_limit_and_retry(venue: VenueProcess, unlimited: VenueProcess) -> None:
    await clean_smoke_run(venue)
    await call_beyond_the_budget_waits(venue)
    await refusal_is_honoured_and_counted_once(venue, "http_429")
    await refusal_is_honoured_and_counted_once(venue, "throttle")
    await reads_are_repeated_twice_with_growing_pauses(venue)
    for code in ("EAPI:Rate limit exceeded", "EOrder:Rate limit exceeded"):
        for status in (200, 429):
            await order_refused_as_not_processed_is_accepted_on_its_second_attempt(unlimited, code, status)


# Kraken's own limits


async def test_the_budget_keeps_a_busy_client_below_krakens_own_counters(venue: VenueProcess) -> None:
    """As much as the budget lets through at once is never refused: neither by the REST counter nor by the engine's."""
    async with desk("kraken", venue, profile=replace(quick(PROFILE), budget=PROFILE.budget)) as d:
        await asyncio.gather(*(d.rig.adapter.balances() for _ in range(10)))
        names = [await d.placed() for _ in range(8)]
        for name in names:
            assert await d.trading.cancel(name, d.instrument)
        assert (await d.trading.open_orders(d.instrument), d.rig.rate_limited) == ((), 0)
        assert severities(d.rig) == [0, 0, 0]


async def test_two_look_ups_in_a_row_leave_at_once_and_what_follows_waits_only_for_the_decay(venue: VenueProcess) -> None:
    """A look-up that finds nothing costs 8 points of 18, and half a point comes back every second."""
    async with desk("kraken", venue, profile=replace(quick(PROFILE), budget=PROFILE.budget)) as d:
        begun = time.monotonic()
        for _ in range(2):
            assert (await d.lookup(ClientOrderId("0" * 32))).is_absent
        assert time.monotonic() - begun < 3.0, "held up by the house budget of twenty a second at most"
        for _ in range(4):
            await d.rig.adapter.balances()
        assert 3.0 < time.monotonic() - begun < 7.0, "two points more than there were"
        assert (d.rig.rate_limited, severities(d.rig)) == (0, [0, 0, 0])


async def test_the_simulated_venue_would_refuse_what_the_budget_holds_back(venue: VenueProcess) -> None:
    """Without the budget the same client is refused, so the test above is not idle."""
    async with desk("kraken", venue) as d:
        calls = [d.rig.adapter.balances() for _ in range(30)]
        ended = await asyncio.gather(*calls, return_exceptions=True)
        refused = [end for end in ended if isinstance(end, RateLimited)]
        assert refused
        assert {end.code for end in refused} == {"EAPI:Rate limit exceeded"}


async def test_a_lockout_is_a_rate_limit_and_nothing_leaves_while_it_lasts(unlimited: VenueProcess) -> None:
    """`EGeneral:Temporary lockout` lasts about a quarter of an hour, says Kraken, and each call may prolong it."""
    async with desk("kraken", unlimited) as d:
        unlimited.add_fault("ban", match=BALANCE, count=1)
        with pytest.raises(RateLimited):
            await d.rig.adapter.balances()
        before = len(unlimited.requests(5000))
        assert d.rig.rate_limited == 1
        assert severities(d.rig) == [0, 1, 0]
        begun = time.monotonic()
        with pytest.raises(RateLimited):
            await d.rig.adapter.order_book(d.instrument)
        approved = d.order()
        with pytest.raises(VenueUnavailable) as caught:
            await d.submit(approved)
        assert not isinstance(caught.value, OutcomeUnknown)
        assert time.monotonic() - begun < 5.0, "a call fails at once instead of waiting"
        assert len(unlimited.requests(5000)) == before
        status = d.rig.adapter.failover_status
        assert status.throttle_active
        assert 890 < status.throttle_remaining_seconds <= 900


# the error table

AUTH, FUNDS, RULE, UNKNOWN = AuthenticationFailed, InsufficientFunds, InvalidOrder, OutcomeUnknown
TABLE: list[tuple[str, str, type[VenueError], str, str]] = [
    ("EAPI:Invalid signature", "", AUTH, "refused", "critical"),
    ("EAPI:Invalid key", "", AUTH, "refused", "critical"),
    ("EGeneral:Permission denied", "", AUTH, "refused", "critical"),
    ("EAPI:Invalid nonce", "", AUTH, "refused", "critical"),
    ("EGeneral:Too many requests", "", UNKNOWN, "rate_limited", "error"),
    ("EGeneral:Temporary lockout", "", UNKNOWN, "rate_limited", "error"),
    ("EService: Throttled: 1795225833", "EService: Throttled", UNKNOWN, "rate_limited", "error"),
    ("EOrder:Insufficient funds", "", FUNDS, "refused", "error"),
    ("EOrder:Unknown order", "", UNKNOWN, "refused", "error"),
    ("EOrder:Tick size check failed", "", RULE, "refused", "error"),
    ("EOrder:Invalid price", "", RULE, "refused", "error"),
    ("EGeneral:Invalid arguments:price", "", RULE, "refused", "error"),
    ("EOrder:Order minimum not met", "", RULE, "refused", "error"),
    ("EGeneral:Invalid arguments:volume minimum not met", "EGeneral:Invalid arguments:volume", RULE, "refused", "error"),
    ("EOrder:Cost minimum not met", "", RULE, "refused", "error"),
    ("EGeneral:Invalid arguments:cl_ord_id", "", UNKNOWN, "refused", "error"),
    ("EOrder:Nobody knows this", "", UNKNOWN, "refused", "error"),
    ("EOrder:Post only order", "", RULE, "refused", "error"),
    ("EService:Unavailable", "", UNKNOWN, "network_error", "error"),
    ("EService:Busy", "", UNKNOWN, "network_error", "error"),
    ("EService:Market in cancel_only mode", "", VenueRejected, "refused", "error"),
    ("EService:Market in post_only mode", "", UNKNOWN, "network_error", "error"),
    ("EService:Deadline elapsed", "", UNKNOWN, "timeout", "error"),
    ("EQuery:Invalid asset pair", "", RULE, "refused", "error"),
    ("EQuery:Unknown asset pair", "", RULE, "refused", "error"),
]
"""VENUES §5, Kraken's column, row by row: text, the code it is known by where that differs, what the adapter says of an
order, how it counts the call, how severe it is. The two *not processed* texts have tests of their own."""


@pytest.mark.parametrize(("text", "code", "family", "status", "severity"), TABLE, ids=[row[0] for row in TABLE])
async def test_every_text_of_the_error_table_is_judged_and_the_order_is_sent_once(
    unlimited: VenueProcess, text: str, code: str, family: type[VenueError], status: str, severity: str
) -> None:
    async with desk("kraken", unlimited) as d:
        approved = d.order()
        unlimited.add_fault("error", match=ADD, code=text, count=1)
        with pytest.raises(VenueError) as caught:
            await d.submit(approved)
        assert type(caught.value) is family
        assert (caught.value.code, caught.value.client_order_id) == (code or text, approved.order.client_order_id)
        assert d.rig.requests(status) == 1
        assert {name: d.rig.errors(name) for name in SEVERITIES} == {name: int(name == severity) for name in SEVERITIES}
        assert d.rig.rate_limited == int(status == "rate_limited")
        assert len(sent(unlimited, approved)) == 1
        assert d.truth(approved.order.client_order_id) == []


READS: list[tuple[str, type[VenueError] | None, int, int]] = [
    ("EAPI:Invalid nonce", None, 1, 0),
    ("EAPI:Rate limit exceeded", None, 1, 1),
    ("EService:Unavailable", None, 1, 0),
    ("EGeneral:Internal error", None, 1, 0),
    ("EAPI:Invalid signature", AuthenticationFailed, 0, 0),
    ("EGeneral:Permission denied", AuthenticationFailed, 0, 0),
    ("EGeneral:Invalid arguments", VenueRejected, 0, 0),
    ("EQuery:Nobody knows this", VenueRejected, 0, 0),
]


@pytest.mark.parametrize(("text", "family", "warnings", "limited"), READS, ids=[row[0] for row in READS])
async def test_a_read_is_repeated_after_a_transient_text_only(
    unlimited: VenueProcess, text: str, family: type[VenueError] | None, warnings: int, limited: int
) -> None:
    async with desk("kraken", unlimited) as d:
        unlimited.add_fault("error", match=BALANCE, code=text, count=1)
        before = len(forms(unlimited, BALANCE))
        if family is None:
            assert "BTC" in await d.rig.adapter.balances()
        else:
            with pytest.raises(VenueError) as caught:
                await d.rig.adapter.balances()
            assert type(caught.value) is family
        nonces = [int(form["nonce"]) for form in forms(unlimited, BALANCE)[before:]]
        assert len(nonces) == (2 if family is None else 1)
        assert nonces == sorted(set(nonces)), "a repeated call carries a new nonce"
        assert (d.rig.errors("warning"), d.rig.rate_limited) == (warnings, limited)


# orders under ambiguity

AMBIGUOUS = [
    ("drop_after", True),
    ("drop_before", False),
    ("html", False),
    ("truncated", True),
    ("empty", False),
    ("garbage", False),
]
AMBIGUOUS += [("http_500", False), ("http_503", False), ("http_520", False), ("http_429", False), ("delay", True)]


@pytest.mark.parametrize(("kind", "exists"), AMBIGUOUS)
async def test_an_order_without_a_provable_answer_is_unknown_sent_once_and_found_by_its_id(
    unlimited: VenueProcess, kind: str, exists: bool
) -> None:
    async with desk("kraken", unlimited, timeout_s=0.5) as d:
        approved = d.order()
        unlimited.add_fault(kind, match=ADD, seconds=1.0, count=1)
        with pytest.raises(OutcomeUnknown) as caught:
            await d.submit(approved)
        assert caught.value.client_order_id == approved.order.client_order_id
        assert len(sent(unlimited, approved)) == 1, "an unknown outcome is never sent again"
        assert len(d.attempts.deadlines()) == 1
        truth = d.truth(approved.order.client_order_id)
        assert len(truth) == int(exists)
        found = await d.lookup(approved.order.client_order_id)
        assert found.is_absent == (not exists)
        assert d.rig.errors("error") == 1
        if exists:
            assert found.order is not None
            assert (found.order.client_order_id, found.order.status) == (approved.order.client_order_id, OrderStatus.OPEN)
            assert await d.trading.cancel(approved.order.client_order_id, d.instrument)


async def test_a_duplicate_id_is_unknown_because_the_first_order_may_be_live(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        approved = d.order()
        await d.submit(approved)
        with pytest.raises(OutcomeUnknown, match="cl_ord_id"):
            await d.submit(approved)
        assert len(d.truth(approved.order.client_order_id)) == 1
        assert await d.trading.cancel(approved.order.client_order_id, d.instrument)


async def test_an_order_refused_twice_as_not_processed_is_rejected_and_never_sent_a_third_time(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        approved = d.order()
        unlimited.add_fault("throttle", match=ADD)
        with pytest.raises(VenueRejected, match="refused 2 times"):
            await d.submit(approved)
        assert len(sent(unlimited, approved)) == 2
        assert d.truth(approved.order.client_order_id) == []
        assert (d.rig.rate_limited, severities(d.rig)) == (2, [0, 1, 0])


async def test_the_deadline_is_in_venue_time_from_the_first_order_on(unlimited: VenueProcess) -> None:
    """A venue whose clock runs half a minute ahead, where a deadline in our own time would be over."""
    with venue_process(*MONEY, "--no-limits", dialect="kraken", keys=[new_key(dialect="kraken")]) as ahead:
        ahead.add_fault("clock_skew", seconds=30)
        async with desk("kraken", ahead) as d:
            first = await d.placed()
            assert len(d.truth(first)) == 1
            result = await d.rig.adapter.probe()
            assert not result.ok, "a skew of half a minute is not healthy"
            assert result.clock_skew_ms == pytest.approx(30_000, abs=700)
            name = await d.placed()
            assert len(d.truth(name)) == 1


# orders


@pytest.mark.parametrize(("price", "quantity", "side"), [("30000", "900", Side.BUY), ("100000", "50", Side.SELL)])
async def test_an_order_the_account_cannot_pay_is_surely_not_executed(
    unlimited: VenueProcess, price: str, quantity: str, side: Side
) -> None:
    async with desk("kraken", unlimited) as d:
        approved = d.order(price=price, quantity=quantity, side=side)
        with pytest.raises(InsufficientFunds):
            await d.submit(approved)
        assert d.truth(approved.order.client_order_id) == []
        assert d.rig.requests("refused") == 1


async def test_an_order_that_breaks_a_known_rule_is_never_sent(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        small = d.order().order._replace(quantity=d.instrument.min_quantity - 1)
        foreign = d.order().order._replace(instrument=InstrumentId("kraken", "ETH", "USD"))
        priceless = d.order().order._replace(price=None)
        odd_id = d.order().order._replace(client_order_id=ClientOrderId("AB" * 16))
        for order in (small, foreign, priceless, odd_id):
            with pytest.raises(InvalidOrder):
                await d.submit(Approved(order, 1))
        assert d.attempts.lines == []


@pytest.mark.parametrize("side", list(Side))
async def test_a_market_order_fills_in_base_and_its_fee_is_charged_in_quote(unlimited: VenueProcess, side: Side) -> None:
    async with desk("kraken", unlimited) as d:
        name = await d.placed(price=None, quantity="0.01", side=side)
        found = await d.lookup(name)
        assert found.order is not None
        assert (found.order.status, found.order.filled) == (OrderStatus.FILLED, d.instrument.lots("0.01"))
        assert {seen.venue_order_id for seen in found.fills} == {found.order.venue_order_id}
        assert sum(seen.fill.quantity for seen in found.fills) == found.order.filled
        (truth,) = d.truth(name)
        fee = sum(seen.fill.fee for seen in found.fills)
        assert ({seen.fill.fee_asset for seen in found.fills}, d.instrument.quote_text(fee)) == ({"USD"}, truth["fee"])
        notional = sum(d.instrument.notional(seen.fill.price, seen.fill.quantity) for seen in found.fills)
        assert fee * 10_000 == notional * PROFILE.fees.taker_bps, "forty basis points, to the unit"
        assert not await d.trading.cancel(name, d.instrument), "nothing left to cancel"
        assert d.rig.errors("error") == 0


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
async def test_an_order_that_must_not_rest_ends_at_once(unlimited: VenueProcess, tif: TimeInForce) -> None:
    async with desk("kraken", unlimited) as d:
        order = await d.seen(await d.placed(time_in_force=tif))
        assert (order.status, order.filled) == (OrderStatus.CANCELED, 0)


async def test_a_post_only_order_rests_and_one_that_would_take_never_fills(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        resting = await d.placed(time_in_force=TimeInForce.POST_ONLY)
        assert (await d.seen(resting)).status is OrderStatus.OPEN
        crossing = d.order(price="100000", time_in_force=TimeInForce.POST_ONLY)
        with pytest.raises(InvalidOrder, match="EOrder:Post only order"):
            await d.submit(crossing)
        assert d.truth(crossing.order.client_order_id) == []
        assert await d.trading.cancel(resting, d.instrument)


async def test_an_order_is_amended_in_place_and_many_are_canceled_in_batches(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        first = d.order()
        await d.submit(first)
        names = [first.order.client_order_id, *[await d.placed() for _ in range(11)]]
        before = await d.seen(names[0])
        lots, ticks = d.instrument.lots("0.002"), d.instrument.ticks("1000.5")
        assert await d.amend(first, quantity=lots, price=ticks)
        after = await d.seen(names[0])
        assert (after.venue_order_id, after.quantity) == (before.venue_order_id, lots)
        assert d.truth(names[0])[0]["price"] == "1000.5"
        await d.trading.cancel_all(d.instrument)
        assert await d.trading.open_orders(d.instrument) == ()
        batches = [r for r in unlimited.requests(2000) if r["target"].endswith("CancelOrderBatch")]
        assert len(batches) == 2
        assert not await d.amend(first, quantity=lots, price=ticks), "nothing left to amend"


async def test_the_dead_mans_switch_cancels_when_nobody_calls_again(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        name = await d.placed()
        path, dialect = d.rig.adapter.connection.path, PROFILE.dialect
        await path.read(dialect.dead_man_switch(1), lambda payload: payload)
        await until(lambda: d.truth(name)[0]["state"] == "canceled", 4.0)
        await path.read(dialect.dead_man_switch(0), lambda payload: payload)


async def test_a_cancel_is_repeated_until_it_is_answered_and_a_second_one_finds_nothing(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        name = await d.placed()
        unlimited.add_fault("drop_after", match="/0/private/CancelOrder", count=1)
        assert not await d.trading.cancel(name, d.instrument)
        assert d.truth(name)[0]["state"] == "canceled"
        assert (await d.seen(name)).status is OrderStatus.CANCELED
        assert (d.rig.errors("error"), d.rig.errors("warning")) == (0, 1)


async def test_history_of_more_than_a_page_is_read_to_its_end(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        names = {await d.placed(time_in_force=TimeInForce.IOC) for _ in range(60)}
        listed = {seen.client_order_id for seen in await d.trading.closed_orders(d.instrument)}
        assert names <= listed
        pages = [form.get("ofs", "0") for form in forms(unlimited, "/0/private/ClosedOrders") if "cl_ord_id" not in form]
        assert pages[-2:] == ["0", "50"] or int(pages[-1]) > 50


async def test_a_read_only_key_cannot_trade_and_the_refusal_is_critical(unlimited: VenueProcess) -> None:
    async with rig("kraken", unlimited.rest, READER.credentials) as made:
        assert await made.adapter.permissions() == ("read",)
        instrument = (await made.adapter.load())[BTC]
        d = Desk(unlimited, made, TradingClient(made.adapter, Stage.REHEARSAL), instrument)
        approved = d.order()
        with pytest.raises(AuthenticationFailed):
            await d.submit(approved)
        assert d.truth(approved.order.client_order_id) == []
        assert made.errors("critical") == 1


async def test_kraken_has_no_sandbox_and_says_so(unlimited: VenueProcess) -> None:
    with pytest.raises(ConfigError, match="no sandbox"):
        async with rig("kraken", unlimited.rest, unlimited.key.credentials, sandbox=True) as made:
            _ = made.adapter.connection
    async with rig("kraken", unlimited.rest, unlimited.key.credentials) as made:
        with pytest.raises(ConfigError, match="needs the sandbox"):
            TradingClient(made.adapter, Stage.TESTNET)


async def test_rehearsal_refuses_a_host_that_is_not_this_machine_before_anything_leaves(unlimited: VenueProcess) -> None:
    async with desk("kraken", unlimited) as d:
        client: Any = d.rig.adapter.connection.client
        client.urls["api"] = PROFILE.dialect.urls("http://198.51.100.7:1")
        with pytest.raises(VenueUnavailable, match="not a loopback host"):
            await d.submit(d.order())


# reads and streams


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "garbage"])
async def test_nonsense_from_the_venue_is_counted_and_never_becomes_data(unlimited: VenueProcess, kind: str) -> None:
    async with desk("kraken", unlimited) as d:
        unlimited.add_fault(kind, match=BOOK)
        with pytest.raises(VenueUnavailable):
            await d.rig.adapter.order_book(d.instrument)
        assert (d.rig.requests("malformed"), d.rig.errors("error")) == (3, 1)
        unlimited.add_fault(kind, match="/0/public/AssetPairs")
        assert not (await d.rig.adapter.probe()).ok
        assert d.rig.health == 0


@pytest.fixture(scope="module")
def living() -> Iterator[VenueProcess]:
    """A venue whose market moves twenty times as fast as time."""
    with venue_process(*MONEY, "--no-limits", dialect="kraken", keys=[new_key(dialect="kraken")], speed="20") as running:
        yield running


async def test_a_stream_tells_checked_books_trades_and_closed_candles_that_touch(living: VenueProcess) -> None:
    events: list[MarketEvent] = []
    async with desk("kraken", living) as d:
        stream = d.rig.adapter.open_stream([d.instrument], timeframe="1m", book=True, trades=True, sink=events.append)
        await stream.start()
        await until(lambda: sum(isinstance(e, Candle) for e in events) >= 2, 12.0)
        assert stream.failure is None
        assert severities(d.rig) == [0, 0, 0]
    candles = [e for e in events if isinstance(e, Candle)]
    assert [c.opened_at for c in candles[1:]] == [c.closed_at for c in candles[:-1]]
    assert any(isinstance(e, Trade) for e in events)
    assert all(b.bids[0][0] < b.asks[0][0] for b in events if isinstance(b, Book))


async def test_a_lost_book_message_is_noticed_by_the_checksum_and_repaired(living: VenueProcess) -> None:
    events: list[MarketEvent] = []
    async with desk("kraken", living) as d:
        stream = d.rig.adapter.open_stream([d.instrument], timeframe=None, book=True, trades=False, sink=events.append)
        await stream.start()
        living.add_fault("ws_gap", match="book:BTC/USD", count=1)
        await until(lambda: d.rig.errors("warning") == 1, 8.0)
        seen = len(events)
        await until(lambda: len(events) > seen + 3, 8.0)
        assert (stream.failure, d.rig.errors("error")) == (None, 0)
    living.clear_faults()


async def test_a_refused_subscription_is_told_and_not_waited_for(living: VenueProcess) -> None:
    async with desk("kraken", living) as d:
        living.add_fault("ws_reject", match="*book*", count=1)
        stream = d.rig.adapter.open_stream([d.instrument], timeframe=None, book=True, trades=False, sink=lambda event: None)
        begun = time.monotonic()
        with pytest.raises(VenueError):
            await stream.start()
        assert time.monotonic() - begun < 5.0
    living.clear_faults()


@pytest.mark.parametrize("kind", ["ws_duplicate", "ws_reorder", "ws_gap"])
async def test_the_account_stream_tells_each_fill_once_whatever_happens_to_its_messages(living: VenueProcess, kind: str) -> None:
    async with desk("kraken", living) as d, account_stream(d) as (stream, told):
        living.add_fault(kind, match="executions*", count=2)
        name = await d.placed(price=None, quantity="0.01")
        await until(lambda: told.status(name) is OrderStatus.FILLED and told.fills(name), 10.0)
        told.require_sound()
        (truth,) = d.truth(name)
        assert sum(seen.fill.quantity for seen in told.fills(name)) == d.instrument.lots(truth["filled"])
        assert stream.failure is None
    living.clear_faults()
