"""Orders whose connection is cut at every byte, several accounts at once, and what the venue's own ledger says of them.

`protocol` decides what is done about an order: `ours` submits once and resolves what is unknown; `naive` sends again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

import pytest

from crash.report import Report
from crash.rig import QUOTES
from golive.model.decision import Approved
from golive.model.errors import OutcomeUnknown, RateLimited, VenueError, VenueRejected, VenueUnavailable
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import TimeInForce
from golive.model.verdict import Stage
from golive.venues.dialect import Lookup
from golive.venues.lookup import Resolver
from golive.venues.profile import VenueProfile
from golive.venues.trading import TradingClient
from simvenue.kraken.txid import ORDER, number_of
from support.adapters import rig, unhurried
from support.attempts import KeptAttempts
from support.cutter import Cut, Cutter, cutter
from support.trading_desk import Desk
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

SCALE = 100
SEED = 60_607
ACCOUNTS = 8
LATE = 0.3
"""share of orders that wait in the venue's queue"""
LEAST_PATIENCE_S = 0.05
"""an order may take so long to leave: on a busy machine none would ever get to its cut else"""
CONTROL_EVERY = 11
LATEST_S = 10 / SCALE
"""how late an order that was received is matched at most"""
EARLY = 32
"""orders whose connection ends while they wait in the venue's queue"""


class LateOrders(NamedTuple):
    """How late orders come that must not be believed absent: together beyond their deadline, and before deadline and lag."""

    scale: int
    pause_s: float
    """between two looks"""
    queued: str
    """seconds in the venue's queue"""
    hidden: str
    """seconds in no list after that"""
    bugs: tuple[str, ...]
    """wrong proofs of absence that must be seen here"""


LATE_ORDERS = {
    "okx": LateOrders(4, 0.03, "0.5-0.65", "0.48-0.5", ("one_absence", "two_absences_early", "no_lag")),
    "kraken": LateOrders(10, 0.02, "0.2-0.35", "0.19-0.2", ("one_absence", "two_absences_early")),
    "bybit": LateOrders(20, 0.05, "0.25-0.33", "1.2-1.4", ("one_absence", "two_absences_early", "no_lag")),
}
"""Kraken tells whole seconds, so its lag is always over by the time its deadline surely is"""
LONGEST_QUEUED_S = 0.7
ORDER_PATHS = {"okx": "/api/v5/trade/order", "kraken": "/0/private/AddOrder", "bybit": "/v5/order/create"}


@dataclass
class Sent:
    """One intent: every id that was sent for it, and what is believed of it in the end."""

    cut: Cut
    ids: list[ClientOrderId]
    outcome: str
    """accepted, rejected, not_sent, found or absent"""
    venue_order_id: str = ""


@dataclass
class Account:
    """One account behind a cutter of its own."""

    desk: Desk
    cutter: Cutter

    def order(self, cut: Cut) -> Approved:
        """Return an order that ends at once: filled where its response is cut, else unfilled."""
        if not cut.in_request and not cut.is_early:
            return self.desk.order(price=None)
        return self.desk.order(price="1000", time_in_force=TimeInForce.IOC)


Protocol: TypeAlias = Callable[[Account, Cut], Awaitable[Sent]]


async def ours(account: Account, cut: Cut) -> Sent:
    """Submit once; look up what is unknown until it is found or proved absent."""
    approved = account.order(cut)
    name = approved.order.client_order_id
    try:
        return Sent(cut, [name], "accepted", await account.desk.submit(approved))
    except OutcomeUnknown:
        return await _resolved(account, cut, name)
    except VenueRejected:
        return Sent(cut, [name], "rejected")
    except VenueUnavailable:
        return Sent(cut, [name], "not_sent")


async def _resolved(account: Account, cut: Cut, name: ClientOrderId) -> Sent:
    desk = account.desk
    deadline_ms = next(int(text) for kind, id_, _, text in reversed(desk.attempts.lines) if (kind, id_) == ("attempt", name))
    while True:
        with contextlib.suppress(VenueUnavailable, RateLimited):
            told = await desk.trading.resolve(name, desk.instrument, deadline_ms)
            if told.order is not None:
                return Sent(cut, [name], "found", told.order.venue_order_id)
            assert told.is_absent
            return Sent(cut, [name], "absent")


def naive(*, fresh_ids: bool) -> Protocol:
    """Return the protocol that takes every failure for "did not work" and sends again, with the same id or a fresh one."""

    async def protocol(account: Account, cut: Cut) -> Sent:
        approved = account.order(cut)
        ids = [approved.order.client_order_id]
        for _ in range(3):
            try:
                return Sent(cut, ids, "accepted", await account.desk.submit(approved))
            except VenueRejected:
                return Sent(cut, ids, "rejected")
            except VenueError:
                if fresh_ids:
                    again = account.desk.order(price=None)
                    approved = again if approved.order.price is None else approved
                    ids.append(again.order.client_order_id)
        return Sent(cut, ids, "rejected")

    return protocol


@dataclass
class Outcome:
    """What a run did; `wrong` names every intent whose end the venue's ledger contradicts."""

    intents: list[Sent]
    request_bytes: int
    response_bytes: int
    duplicates: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, object]:
        where = Counter(f"{'request' if sent.cut.in_request else 'response'}_{sent.outcome}" for sent in self.intents)
        return {
            "intents": len(self.intents),
            "request_bytes": self.request_bytes,
            "response_bytes": self.response_bytes,
            "offsets": len({sent.cut for sent in self.intents}),
            "duplicates": len(self.duplicates),
            "wrong": len(self.wrong),
            **dict(sorted(where.items())),
        }


def scaled(name: str) -> VenueProfile:
    """The venue's profile; it looks orders up less often than it could, which costs nothing but work."""
    profile = unhurried(name).scaled(SCALE)
    deadline_s = max(profile.order_deadline_s, profile.least_deadline_s + LEAST_PATIENCE_S)
    return replace(profile, order_deadline_s=deadline_s, lookup_pause_s=0.015)


async def cut_everywhere(
    name: str, venue: VenueProcess, keys: Sequence[VenueKey], protocol: Protocol, *, every: int = 1
) -> Outcome:
    """Cut an order at every byte of its request and of its response (or at each `every`-th), then compare with the ledger."""

    async def cuts(account: Account) -> tuple[Iterable[Cut], int, int]:
        request_bytes, response_bytes = await _lengths(account)
        everywhere = (*_cuts(True, request_bytes, every), *_cuts(False, response_bytes, every))  # histories are short at first
        return everywhere, request_bytes, response_bytes

    return await _cut(name, venue, keys, protocol, scaled(name), cuts)


async def cut_early(name: str, venue: VenueProcess, keys: Sequence[VenueKey], protocol: Protocol) -> Outcome:
    """Take the connection away from orders that still wait in the venue's queue, then compare with the ledger."""
    late = LATE_ORDERS[name]
    slow = unhurried(name).scaled(late.scale)
    profile = replace(  # what is looked at may be looked at as often as at any scale
        scaled(name),
        order_deadline_s=slow.order_deadline_s,
        least_deadline_s=slow.least_deadline_s,
        absence_lag_s=slow.absence_lag_s,
        time_error_ms=slow.time_error_ms,
        skew_margin_s=slow.skew_margin_s,
        lookup_pause_s=late.pause_s,
    )

    async def cuts(_: Account) -> tuple[Iterable[Cut], int, int]:
        for kind, seconds in (("queue", late.queued), ("hidden", late.hidden)):
            venue.add_fault(kind, match=ORDER_PATHS[name], method="POST", seconds=seconds)
        return (Cut(False, 0, is_reset=bool(number % 2), is_early=True) for number in range(EARLY)), 0, 0

    return await _cut(name, venue, keys, protocol, profile, cuts)


async def _cut(
    name: str,
    venue: VenueProcess,
    keys: Sequence[VenueKey],
    protocol: Protocol,
    profile: VenueProfile,
    cuts_of: Callable[[Account], Awaitable[tuple[Iterable[Cut], int, int]]],
) -> Outcome:
    async with contextlib.AsyncExitStack() as stack:
        accounts = [await stack.enter_async_context(_account(name, venue, key, profile)) for key in keys]
        wanted, request_bytes, response_bytes = await cuts_of(accounts[0])
        cuts = deque(wanted)
        intents: list[Sent] = []

        async def work(account: Account) -> None:
            while cuts:
                cut = cuts.popleft()
                account.cutter.armed = cut
                while (
                    account.cutter.armed is cut
                ):  # an order may be lost on a connection that was cut before: the case is to come
                    intents.append(await protocol(account, cut))

        await asyncio.gather(*(work(account) for account in accounts))
        await asyncio.sleep(2 * LATEST_S + LONGEST_QUEUED_S)  # what still waits in the venue's queue is carried out
        outcome = Outcome(intents, request_bytes, response_bytes)
    _compare(outcome, venue)
    return outcome


def _cuts(in_request: bool, length: int, every: int) -> Iterable[Cut]:
    return (Cut(in_request, offset, is_reset=bool(offset // every % 2)) for offset in range(0, length + 1, every))


@contextlib.asynccontextmanager
async def _account(name: str, venue: VenueProcess, key: VenueKey, profile: VenueProfile) -> AsyncIterator[Account]:
    async with (
        cutter(urlsplit(venue.rest).port or 0, ORDER_PATHS[name]) as made,
        rig(name, made.url, key.credentials, profile=profile, timeout_s=2.0) as rigged,
    ):
        listed = await rigged.adapter.load()
        instrument = next(instrument for instrument in listed.values() if instrument.base == "BTC")
        trading = TradingClient(rigged.adapter, Stage.REHEARSAL)
        yield Account(Desk(venue, rigged, trading, instrument, KeptAttempts()), made)


async def _lengths(account: Account) -> tuple[int, int]:
    """Return how long the request of one kind of order and the response to the other are, from orders that nobody cuts."""
    await _uncut(account, Cut(False, 0, is_reset=False))
    response_bytes = account.cutter.response_bytes
    await _uncut(account, Cut(True, 0, is_reset=False))
    return account.cutter.request_bytes, response_bytes


async def _uncut(account: Account, kind: Cut) -> None:
    """Place an order of this kind; on a busy machine one may miss the scaled time in which it has to leave."""
    for _ in range(20):
        with contextlib.suppress(VenueUnavailable):
            await account.desk.submit(account.order(kind))
            return
    raise AssertionError("no order left in 20 attempts")


def _compare(outcome: Outcome, venue: VenueProcess) -> None:
    ledger: dict[str, list[str]] = {}
    for row in venue.orders():
        ledger.setdefault(str(row["client_order_id"]), []).append(str(row["venue_order_id"]))
    for sent in outcome.intents:
        there = [venue_order_id for name in sent.ids for venue_order_id in ledger.get(name, [])]
        if len(there) > 1:
            outcome.duplicates.append(f"{sent}: {there}")
        believed = [_in_ledger(sent.venue_order_id)] if sent.outcome in ("accepted", "found") else []
        if there != believed:
            outcome.wrong.append(f"{sent}: the ledger has {there}")


def _in_ledger(venue_order_id: str) -> str:
    """Return an id as the ledger has it: Kraken shows its numbers in disguise."""
    number = number_of(ORDER, venue_order_id)
    return venue_order_id if number is None else str(number)


@contextlib.contextmanager
def _venue(name: str, scale: int = SCALE) -> Iterator[tuple[VenueProcess, list[VenueKey]]]:
    keys = [new_key(dialect=name) for _ in range(ACCOUNTS)]
    terms = ["--seed", str(SEED), "--no-limits", "--time-scale", str(scale), "--balance", f"{QUOTES[name]}=1000000000"]
    with venue_process(*terms, dialect=name, keys=keys) as venue:
        yield venue, keys


@contextlib.contextmanager
def _late_venue(name: str) -> Iterator[tuple[VenueProcess, list[VenueKey]]]:
    """A venue that carries some orders out up to ten (scaled) seconds late."""
    with _venue(name) as (venue, keys):
        venue.add_fault("queue", match=ORDER_PATHS[name], method="POST", probability=LATE, seconds=f"0-{LATEST_S}")
        yield venue, keys


@contextlib.contextmanager
def planted(bug: str) -> Iterator[None]:
    """Let our own proof of absence be wrong: `one_absence` believes the first look, `two_absences_early` does not wait for deadline
    and lag, `no_lag` not for the lag.
    """
    resolve, is_past, of_client = Resolver.resolve, Resolver.is_past, TradingClient.resolve

    async def first_look(self: Resolver, client_order_id: ClientOrderId, instrument: Instrument, _: int, since_ms: int) -> Lookup:
        return await self.lookup(client_order_id, instrument, since_ms)

    async def always(self: Resolver, moment_ms: int) -> bool:
        return True

    async def without_lag(self: TradingClient, name: ClientOrderId, instrument: Instrument, deadline_ms: int) -> Lookup:
        return await of_client(self, name, instrument, deadline_ms, lag_s=0.0)

    with pytest.MonkeyPatch.context() as patched:
        if bug == "one_absence":
            patched.setattr(Resolver, "resolve", first_look)
        elif bug == "two_absences_early":
            patched.setattr(Resolver, "is_past", always)
        else:
            patched.setattr(TradingClient, "resolve", without_lag)
        yield
    assert (Resolver.resolve, Resolver.is_past, TradingClient.resolve) == (resolve, is_past, of_client)


async def prove_absences(name: str, folder: Path) -> None:
    """Cut off orders that are still to come: each is found. The same with a wrong proof of absence: some are believed absent."""
    report = Report(f"late-orders-{name}", SEED)
    with _venue(name, LATE_ORDERS[name].scale) as (venue, keys):
        found = await cut_early(name, venue, keys, ours)
    report.parts["ours"] = found.counts
    controls = {}
    for bug in LATE_ORDERS[name].bugs:
        with planted(bug), _venue(name, LATE_ORDERS[name].scale) as (venue, keys):
            controls[bug] = await cut_early(name, venue, keys, ours)
        report.parts[bug] = controls[bug].counts
    report.write(folder)
    assert found.duplicates == []
    assert found.wrong == []
    assert sum(sent.outcome == "found" for sent in found.intents) >= EARLY // 6, "the run is void: too few orders came late"
    for bug, control in controls.items():
        assert control.wrong, f"the run is void: {bug} is not seen"


async def prove(name: str, folder: Path) -> None:
    """Cut everywhere with our protocol, and in the control arm with a naive one; write the report."""
    report = Report(f"every-byte-{name}", SEED)
    with _late_venue(name) as (venue, keys):
        found = await cut_everywhere(name, venue, keys, ours)
    report.parts["ours"] = found.counts
    with _late_venue(name) as (venue, keys):
        control = await cut_everywhere(name, venue, keys, naive(fresh_ids=name == "bybit"), every=CONTROL_EVERY)
    report.parts["control"] = control.counts
    report.parts["late"] = {"share": LATE, "at_most_s": LATEST_S * SCALE}
    report.write(folder)
    assert len({sent.cut for sent in found.intents}) == found.request_bytes + found.response_bytes + 2, "every byte"
    assert found.duplicates == []
    assert found.wrong == []
    assert control.duplicates, "the run is void: the same cuts, sent again by a naive client, place no order twice"
