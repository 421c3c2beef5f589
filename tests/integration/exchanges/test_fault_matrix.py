"""What the adapter reports for every REST and process fault of the simulated venue, for a read and for an order.

One table; each row runs at each venue three times: the fault strikes one read, every read, and one order. Orders are
the point: whatever happens, the venue never holds more than one order of an id, and an unknown outcome is found out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, field

import pytest

from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    InsufficientFunds,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.order import OrderStatus
from golive.venues import profile_named
from support.adapters import ADAPTERS, Rig, rig, signing_by, unhurried
from support.trading_desk import Desk, desk
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration


@pytest.fixture(params=["ccxt", "direct"], autouse=True)
def _signing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds of both paths."""
    with signing_by(request.param):
        yield


VENUES = ("okx", "kraken", "bybit")
READ = {"okx": "/api/v5/account/balance", "kraken": "/0/private/BalanceEx", "bybit": "/v5/account/wallet-balance"}
ORDER = {"okx": "/api/v5/trade/order", "kraken": "/0/private/AddOrder", "bybit": "/v5/order/create"}
TIMEOUT_S = 0.5
Family = type[VenueError]


@dataclass(frozen=True)
class Row:
    """One fault; `read` is the family when every read is struck, `order` that of one order (None: accepted)."""

    kind: str
    status: str
    """label of `bot_exchange_requests_total`, once per struck attempt"""
    read: Family
    order: Family | None
    at_venue: int = 0
    """orders of the id that the venue then holds"""
    repeats: bool = True
    """a single struck read is overcome"""
    options: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ",".join([self.kind, *(f"{k}={v}" for k, v in self.options.items())])


UNKNOWN, GONE, NO = OutcomeUnknown, VenueUnavailable, False
SOON: dict[str, object] = {"retry_after": 0.05}
TABLE = [
    #   kind           status           every read            one order  at the venue   one read is overcome
    Row("drop_before", "network_error", GONE,                 UNKNOWN),
    Row("drop_after",  "network_error", GONE,                 UNKNOWN,   1),
    Row("delay",       "timeout",       GONE,                 UNKNOWN,   1, options={"seconds": 2 * TIMEOUT_S}),
    Row("html",        "malformed",     GONE,                 UNKNOWN),
    Row("empty",       "malformed",     GONE,                 UNKNOWN),
    Row("garbage",     "malformed",     GONE,                 UNKNOWN),
    Row("truncated",   "malformed",     GONE,                 UNKNOWN,   1),
    Row("http_500",    "network_error", GONE,                 UNKNOWN),
    Row("http_502",    "network_error", GONE,                 UNKNOWN),
    Row("http_503",    "network_error", GONE,                 UNKNOWN),
    Row("http_503",    "network_error", GONE,                 UNKNOWN,   options={"body": "json"}),
    Row("http_504",    "network_error", GONE,                 UNKNOWN),
    Row("maintenance", "network_error", GONE,                 UNKNOWN),
    Row("http_429",    "rate_limited",  RateLimited,          UNKNOWN,   options=SOON),
    Row("http_418",    "rate_limited",  RateLimited,          UNKNOWN,   options=SOON),
    Row("http_400",    "refused",       VenueRejected,        UNKNOWN,   0, NO),
    Row("http_401",    "refused",       AuthenticationFailed, UNKNOWN,   0, NO),
    Row("http_403",    "refused",       VenueRejected,        UNKNOWN,   0, NO),
    Row("http_404",    "refused",       VenueRejected,        UNKNOWN,   0, NO),
]  # fmt: skip

SPOKEN = {
    #                          okx       kraken                          bybit      status      every read            one order
    "never heard of":       (("59999", "EOrder:Never heard of",        "199999"), "refused", VenueRejected,        UNKNOWN),
    "insufficient funds":   (("51008", "EOrder:Insufficient funds",    "170131"), "refused", InsufficientFunds,    InsufficientFunds),
    "bad signature":        (("50113", "EAPI:Invalid signature",       "10004"),  "refused", AuthenticationFailed, AuthenticationFailed),
    "no permission":        (("50110", "EGeneral:Permission denied",   "10005"),  "refused", AuthenticationFailed, AuthenticationFailed),
    "id exists":            (("51016", "EOrder:Duplicate cl_ord_id",   "170141"), "refused", VenueRejected,        UNKNOWN),
}  # fmt: skip
ROWS = [(venue, row) for venue in VENUES for row in TABLE] + [
    (venue, Row("error", status, read, order, repeats=NO, options={"code": codes[n], "status": 200}))
    for codes, status, read, order in SPOKEN.values()
    for n, venue in enumerate(VENUES)
]
CASES = pytest.mark.parametrize(("venue", "row"), ROWS, indirect=["venue"], ids=[f"{venue}-{row.name}" for venue, row in ROWS])
EACH = pytest.mark.parametrize("venue", VENUES, indirect=True)


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, VenueProcess]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(venue_process("--no-limits", dialect=name, keys=[new_key(dialect=name)])) for name in VENUES
        }


@pytest.fixture
def venue(request: pytest.FixtureRequest, running: dict[str, VenueProcess]) -> Iterator[tuple[str, VenueProcess]]:
    name: str = request.param
    running[name].clear_faults()
    yield name, running[name]
    running[name].clear_faults()


Venue = tuple[str, VenueProcess]


def severities(at: Desk) -> tuple[float | None, ...]:
    return tuple(at.rig.errors(severity) for severity in ("warning", "error", "critical"))


@CASES
async def test_one_struck_read(venue: Venue, row: Row) -> None:
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault(row.kind, match=READ[name], count=1, **row.options)
        if row.repeats:
            await at.rig.adapter.balances()
            assert severities(at) == (1, 0, 0), "a transient fault that a retry overcame is one warning"
        else:
            with pytest.raises(row.read):
                await at.rig.adapter.balances()
            critical = row.read is AuthenticationFailed
            assert severities(at) == (0, 0 if critical else 1, 1 if critical else 0)
        assert at.rig.requests(row.status) == 1
        assert at.rig.rate_limited == (1 if row.status == "rate_limited" else 0)
        assert at.rig.reconnect_required == 0
        events = {"timeout": ["TIMEOUT"], "rate_limited": ["REFUSED"], "refused": ["REFUSED"]}.get(row.status, [])
        assert at.rig.guardrails.names() == events


@CASES
async def test_every_read_struck(venue: Venue, row: Row) -> None:
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        assert (await at.rig.adapter.probe()).ok
        process.add_fault(row.kind, match=READ[name], **row.options)
        with pytest.raises(row.read):
            await at.rig.adapter.balances()
        attempts = profile_named(ADAPTERS[name]).retry.attempts if row.repeats else 1
        assert at.rig.requests(row.status) == attempts
        assert at.rig.rate_limited == (attempts if row.status == "rate_limited" else 0)
        transport = row.read is VenueUnavailable
        opened = transport and attempts >= 5
        critical = opened or row.read is AuthenticationFailed
        assert severities(at) == (0, 0 if row.read is AuthenticationFailed else 1, 1 if critical else 0)
        assert at.rig.health == (0 if opened else 1), "the circuit opens after five transport failures in a row"
        status = at.rig.adapter.failover_status
        assert (status.reconnect_required, at.rig.reconnect_required) == (transport, float(transport))
        assert (status.reconnect_remaining_seconds > 0) == opened


@CASES
async def test_one_struck_order_exists_at_most_once_and_is_found_out(venue: Venue, row: Row) -> None:
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault(row.kind, match=ORDER[name], count=1, **row.options)
        approved = at.order()
        assert row.order is not None
        with pytest.raises(row.order):
            await at.submit(approved)
        assert at.rig.requests(row.status) == 1
        assert len(at.attempts.deadlines()) == 1, "never sent again"
        critical = row.order is AuthenticationFailed or row.kind == "http_401"
        assert severities(at) == (0, 0 if critical else 1, 1 if critical else 0)
        client_order_id = approved.order.client_order_id
        assert len(at.truth(client_order_id)) == row.at_venue
        found = (await at.lookup(client_order_id)).order
        assert (found is not None) == bool(row.at_venue)
        if found is not None:
            assert found.status is OrderStatus.OPEN


LIES: dict[str, dict[str, object]] = {
    "http_500": {"kind": "http_500"},
    "http_502": {"kind": "http_502"},
    "http_503 json": {"kind": "http_503", "body": "json"},
    "http_504": {"kind": "http_504"},
    "html": {"kind": "html"},
    "empty": {"kind": "empty"},
    "garbage": {"kind": "garbage"},
    "maintenance": {"kind": "maintenance"},
    "timed out": {"kind": "error", "code": {"okx": "50004", "kraken": "EService:Timeout", "bybit": "10000"}},
    "internal error": {"kind": "error", "code": {"okx": "50026", "kraken": "EGeneral:Internal error", "bybit": "10016"}},
    "never heard of": {"kind": "error", "code": {"okx": "59999", "kraken": "EOrder:Never heard of", "bybit": "199999"}},
}
"""answers that say an order failed when it was carried out"""


@EACH
@pytest.mark.parametrize("lie", LIES)
async def test_an_order_that_was_carried_out_while_its_answer_says_otherwise(venue: Venue, lie: str) -> None:
    name, process = venue
    fault = dict(LIES[lie])
    if isinstance(codes := fault.get("code"), dict):
        fault["code"] = codes[name]
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault(str(fault.pop("kind")), match=ORDER[name], count=1, when="after", **fault)
        approved = at.order()
        with pytest.raises(OutcomeUnknown):
            await at.submit(approved)
        assert len(at.attempts.deadlines()) == 1, "never sent again"
        client_order_id = approved.order.client_order_id
        assert len(at.truth(client_order_id)) == 1
        found = (await at.lookup(client_order_id)).order
        assert found is not None
        assert found.status is OrderStatus.OPEN
        assert len(at.truth(client_order_id)) == 1


NOT_PROCESSED = {"okx": True, "kraken": True, "bybit": False}


@EACH
async def test_an_order_that_the_venue_throttles(venue: Venue) -> None:
    """Where the venue's words prove that it was not processed, it is sent once more with the same id; else looked up."""
    name, process = venue
    async with desk(name, process) as at:
        process.add_fault("throttle", match=ORDER[name], count=1)
        approved = at.order()
        if NOT_PROCESSED[name]:
            await at.submit(approved)
        else:
            with pytest.raises(OutcomeUnknown):
                await at.submit(approved)
        assert len(at.truth(approved.order.client_order_id)) == int(NOT_PROCESSED[name])
        assert len(at.attempts.deadlines()) == (2 if NOT_PROCESSED[name] else 1)
        assert severities(at) == ((1, 0, 0) if NOT_PROCESSED[name] else (0, 1, 0))
        assert (at.rig.rate_limited, at.rig.guardrails.names()) == (1, ["REFUSED"])


@EACH
async def test_a_throttled_read_is_overcome_and_counted_once(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process) as at:
        process.add_fault("throttle", match=READ[name], count=1)
        await at.rig.adapter.balances()
        assert (at.rig.rate_limited, at.rig.requests("rate_limited"), severities(at)) == (1, 1, (1, 0, 0))
        assert at.rig.guardrails.events[0]["fields"]["pause_seconds"] > 0


@EACH
async def test_a_long_retry_after_stops_everything_at_once_and_says_so(venue: Venue) -> None:
    """More than a minute is a ban: the read fails at once, and neither reads nor orders leave until it is over."""
    name, process = venue
    async with desk(name, process) as at:
        process.add_fault("http_429", match=READ[name], count=1, retry_after=120)
        with pytest.raises(RateLimited) as caught:
            await at.rig.adapter.balances()
        assert caught.value.retry_after_s == 120
        await nothing_leaves(at, seconds=120)


@pytest.mark.parametrize("venue", ["kraken", "bybit"], indirect=True)
async def test_a_ban_in_the_venues_own_words_stops_everything_at_once(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process) as at:
        process.add_fault("ban", match=READ[name], count=1)
        with pytest.raises(RateLimited):
            await at.rig.adapter.balances()
        assert (at.rig.requests("rate_limited"), at.rig.rate_limited) == (1, 1)
        assert [(e["event"], e["level"], e["fields"]["ban"]) for e in at.rig.guardrails.events] == [("REFUSED", "error", True)]
        longest = max(ban.pause_s for ban in profile_named(ADAPTERS[name]).bans)
        await nothing_leaves(at, seconds=longest)


async def nothing_leaves(at: Desk, *, seconds: float) -> None:
    sent = len(at.venue.requests(2000))
    refused = at.rig.rate_limited
    approved = at.order()
    with pytest.raises(RateLimited, match="not sent"):
        await at.submit(approved)
    with pytest.raises(RateLimited, match="not sent"):
        await at.rig.adapter.order_book(at.instrument)
    assert len(at.venue.requests(2000)) == sent
    assert at.rig.rate_limited == refused, "our own refusal to send is none of the venue's"
    assert at.attempts.deadlines() == [], "the order never left, so there was no attempt"
    status = at.rig.adapter.failover_status
    assert status.throttle_active
    assert seconds - 5 < status.throttle_remaining_seconds <= seconds
    assert at.rig.guardrails.names()[-2:] == ["RATE_LIMIT", "RATE_LIMIT"]


@EACH
async def test_a_venue_that_cannot_be_reached(venue: Venue) -> None:
    """No connection: reads are repeated in vain, an order surely never left."""
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault("outage", seconds=1.0)
        await asyncio.sleep(0.05)  # the kept connection is seen to be gone
        approved = at.order()
        with pytest.raises(VenueUnavailable) as caught:
            await at.submit(approved)
        assert not isinstance(caught.value, RateLimited)
        with pytest.raises(VenueUnavailable):
            await at.rig.adapter.balances()
        assert at.rig.adapter.failover_status.reconnect_required
        assert "not_sent" in at.rig.adapter.failover_status.reconnect_reason
        await asyncio.sleep(1.2)
        assert at.truth(approved.order.client_order_id) == []


@EACH
async def test_a_venue_that_lets_nobody_new_in_keeps_serving_a_kept_connection(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault("refuse", seconds=0.5)
        await at.submit(at.order())
        async with desk_less(name, process) as refused:
            assert not (await refused.adapter.probe()).ok
            assert refused.health == 0
        await asyncio.sleep(0.6)
        assert severities(at) == (0, 0, 0)


def desk_less(name: str, process: VenueProcess) -> AbstractAsyncContextManager[Rig]:
    """An adapter that has no connection yet."""
    return rig(name, process.rest, profile=unhurried(name), timeout_s=TIMEOUT_S)


@EACH
async def test_a_batch_that_the_venue_carries_out_in_part_is_finished(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process) as at:
        placed = [await at.placed() for _ in range(3)]
        process.add_fault("partial_batch", match="*ancel*atch*", count=1)
        await at.trading.cancel_all(at.instrument)
        assert [(await at.seen(each)).status for each in placed] == [OrderStatus.CANCELED] * 3


@EACH
async def test_an_outage_while_an_order_is_under_way_and_the_way_back(venue: Venue) -> None:
    """Everybody is cut off, then the venue returns with its state: the circuit lets one call try, and all is well."""
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        before = await at.placed()
        process.add_fault("outage", match=ORDER[name], count=1, seconds=1.0)
        approved = at.order()
        with pytest.raises(OutcomeUnknown):
            await at.submit(approved)
        with pytest.raises(VenueUnavailable):
            await at.rig.adapter.balances()
        assert (at.rig.reconnect_required, at.rig.adapter.failover_status.reconnect_required) == (1, True)
        await asyncio.sleep(max(1.2, at.rig.adapter.failover_status.reconnect_remaining_seconds + 0.1))
        await at.rig.adapter.balances()
        assert (at.rig.reconnect_required, at.rig.adapter.failover_status.reconnect_reason) == (0, "")
        assert (await at.seen(before)).status is OrderStatus.OPEN
        found = (await at.lookup(approved.order.client_order_id)).order
        assert (found is not None) == bool(at.truth(approved.order.client_order_id))


@pytest.mark.parametrize("venue", ["okx", "bybit"], indirect=True)
async def test_a_venue_whose_clock_jumps(venue: Venue) -> None:
    """A read asks for the time and signs with it; an order so refused was proven not to be carried out."""
    name, process = venue
    async with desk(name, process) as at:
        await at.placed()  # the first order asks for the time, so the jump comes after it
        process.add_fault("clock_skew", seconds=300)
        approved = at.order()
        with pytest.raises(AuthenticationFailed):
            await at.submit(approved)
        assert at.truth(approved.order.client_order_id) == []
        await at.rig.adapter.balances()
        assert severities(at) == (1, 0, 1)
        assert abs(at.rig.adapter.connection.path.clock_offset_ms - 300_000) < 2_000
        accepted = at.order()
        await at.submit(accepted)
        assert len(at.truth(accepted.order.client_order_id)) == 1, "its deadline is in the venue's time"


@pytest.mark.parametrize("venue", ["kraken"], indirect=True)
async def test_a_call_that_arrives_after_a_later_nonce_is_refused_and_found_out(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        process.add_fault("nonce_reorder", match="/0/private/*", count=1)
        approved = at.order()
        with pytest.raises(OutcomeUnknown):
            await at.submit(approved)
        await at.rig.adapter.balances()  # a later nonce; the held order is carried out now, and refused
        await asyncio.sleep(0.2)
        assert at.truth(approved.order.client_order_id) == []
        assert (await at.lookup(approved.order.client_order_id)).is_absent


@pytest.mark.parametrize("venue", ["kraken"], indirect=True)
async def test_a_refused_nonce_of_a_read_is_answered_by_a_new_nonce_and_not_by_the_time(venue: Venue) -> None:
    name, process = venue
    async with desk(name, process) as at:
        process.add_fault("error", match=READ[name], count=1, code="EAPI:Invalid nonce")
        sent = len(process.requests(2000))
        await at.rig.adapter.balances()
        assert [row["target"] for row in process.requests(2000)[sent:]] == [READ[name], READ[name]]
        assert severities(at) == (1, 0, 0)


@EACH
async def test_a_storm_of_seeded_faults_never_doubles_an_order(venue: Venue) -> None:
    """Every tenth request meets each of six faults; each order exists at most once, and every outcome agrees with the venue."""
    name, process = venue
    async with desk(name, process, timeout_s=TIMEOUT_S) as at:
        for kind in ("drop_before", "drop_after", "truncated", "html", "http_503", "throttle"):
            process.add_fault(kind, match=ORDER[name], probability=0.1)
        approved = [at.order() for _ in range(30)]
        ended = [await _outcome(at, each) for each in approved]
        process.clear_faults()
        assert len(set(ended)) >= 2, "the storm struck"
        async with desk(name, process) as calm:  # whose circuit is closed
            for each, outcome in zip(approved, ended, strict=True):
                held = len(at.truth(each.order.client_order_id))
                assert held == 1 if outcome == "accepted" else held <= 1
                if outcome in ("VenueUnavailable", "VenueRejected"):
                    assert held == 0, "surely not carried out"
                elif outcome == "OutcomeUnknown":
                    assert (await calm.lookup(each.order.client_order_id)).is_absent == (held == 0)


async def _outcome(at: Desk, approved: Approved) -> str:
    try:
        await at.submit(approved)
    except VenueError as exc:
        return type(exc).__name__
    return "accepted"
