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
from typing import TypeAlias
from urllib.parse import urlsplit

from crash.report import Report
from crash.rig import QUOTES
from golive.model.decision import Approved
from golive.model.errors import OutcomeUnknown, RateLimited, VenueError, VenueRejected, VenueUnavailable
from golive.model.ids import ClientOrderId
from golive.model.order import TimeInForce
from golive.model.verdict import Stage
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
ACCOUNTS = 16
LATE = 0.3
"""share of orders that wait in the venue's queue"""
CONTROL_EVERY = 11
LATEST_S = 10 / SCALE
"""how late an order that was received is matched at most"""
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
        """Return an order that ends at once: unfilled where its request is cut, filled where the response is."""
        if not cut.in_request:
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
    return replace(unhurried(name).scaled(SCALE), lookup_pause_s=0.015)


async def cut_everywhere(
    name: str, venue: VenueProcess, keys: Sequence[VenueKey], protocol: Protocol, *, every: int = 1
) -> Outcome:
    """Cut an order at every byte of its request and of its response (or at each `every`-th), then compare with the ledger."""
    async with contextlib.AsyncExitStack() as stack:
        accounts = [await stack.enter_async_context(_account(name, venue, key)) for key in keys]
        request_bytes, response_bytes = await _lengths(accounts[0])
        cuts = deque([*_cuts(True, request_bytes, every), *_cuts(False, response_bytes, every)])  # histories are short at first
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
        await asyncio.sleep(2 * LATEST_S)  # what still waits in the venue's queue is carried out
        outcome = Outcome(intents, request_bytes, response_bytes)
    _compare(outcome, venue)
    return outcome


def _cuts(in_request: bool, length: int, every: int) -> Iterable[Cut]:
    return (Cut(in_request, offset, is_reset=bool(offset // every % 2)) for offset in range(0, length + 1, every))


@contextlib.asynccontextmanager
async def _account(name: str, venue: VenueProcess, key: VenueKey) -> AsyncIterator[Account]:
    async with (
        cutter(urlsplit(venue.rest).port or 0, ORDER_PATHS[name]) as made,
        rig(name, made.url, key.credentials, profile=scaled(name), timeout_s=2.0) as rigged,
    ):
        listed = await rigged.adapter.load()
        instrument = next(instrument for instrument in listed.values() if instrument.base == "BTC")
        trading = TradingClient(rigged.adapter, Stage.REHEARSAL)
        yield Account(Desk(venue, rigged, trading, instrument, KeptAttempts()), made)


async def _lengths(account: Account) -> tuple[int, int]:
    """Return how long the request of one kind of order and the response to the other are, from orders that nobody cuts."""
    await account.desk.submit(account.order(Cut(False, 0, is_reset=False)))
    response_bytes = account.cutter.response_bytes
    await account.desk.submit(account.order(Cut(True, 0, is_reset=False)))
    return account.cutter.request_bytes, response_bytes


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
def _venue(name: str) -> Iterator[tuple[VenueProcess, list[VenueKey]]]:
    """A venue that carries some orders out up to ten (scaled) seconds late."""
    keys = [new_key(dialect=name) for _ in range(ACCOUNTS)]
    terms = ["--seed", str(SEED), "--no-limits", "--time-scale", str(SCALE), "--balance", f"{QUOTES[name]}=1000000000"]
    with venue_process(*terms, dialect=name, keys=keys) as venue:
        venue.add_fault("queue", match=ORDER_PATHS[name], probability=LATE, seconds=f"0-{LATEST_S}")
        yield venue, keys


async def prove(name: str, folder: Path) -> None:
    """Cut everywhere with our protocol, and in the control arm with a naive one; write the report."""
    report = Report(f"every-byte-{name}", SEED)
    with _venue(name) as (venue, keys):
        found = await cut_everywhere(name, venue, keys, ours)
    report.parts["ours"] = found.counts
    with _venue(name) as (venue, keys):
        control = await cut_everywhere(name, venue, keys, naive(fresh_ids=name == "bybit"), every=CONTROL_EVERY)
    report.parts["control"] = control.counts
    report.parts["late"] = {"share": LATE, "at_most_s": LATEST_S * SCALE}
    report.write(folder)
    assert len({sent.cut for sent in found.intents}) == found.request_bytes + found.response_bytes + 2, "every byte"
    assert found.duplicates == []
    assert found.wrong == []
    assert control.duplicates, "the run is void: the same cuts, sent again by a naive client, place no order twice"
