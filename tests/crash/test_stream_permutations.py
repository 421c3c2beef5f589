"""Whatever order a venue's pushes come in, twice or not at all: with the REST audit behind them the final state is the same.

One scenario of orders, fills and balances is recorded at each simulated venue over its sockets; every permutation of its
messages goes through the venue's own feed, `AccountState` and the live router, and the three states are compared byte for byte.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from crash.report import IS_LONG, Report
from crash.rig import QUOTES
from golive.execution.live.happening import Condition, Seen
from golive.execution.live.recovery import RestoredAttempt, RestoredOrder
from golive.execution.live.route import Route, Venue
from golive.execution.live.router import LiveExecutionRouter
from golive.metrics.recorder import MemoryRecorder
from golive.model.balance import Balance
from golive.model.decision import DecisionCode, Refused
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult
from golive.model.order import NewOrder, OrderStatus, Side, TimeInForce
from golive.runtime.live.sightings import updates_of
from golive.venues.account_reads import AccountReads
from golive.venues.account_state import AccountState
from golive.venues.dialect import AccountEvent, FeedGap, FillSighting, OrderSighting
from support.adapters import ADAPTERS, unhurried
from support.trading_desk import Desk, account_stream, desk, until
from support.venue_process import venue_process

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

PERMUTATIONS = 10_000 if IS_LONG else 500
SEED = 77_001
LIVE = ClientOrderId("f" * 32)


class RecordingFeed:
    """A feed that keeps the data messages it is given."""

    def __init__(self, feed: Any, messages: list[Mapping[str, Any]]) -> None:
        self._feed = feed
        self._messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)

    def take(self, message: Mapping[str, Any]) -> str:
        self._messages.append(message)
        return str(self._feed.take(message))


class RecordingDialect:
    """A dialect whose account feeds record."""

    def __init__(self, dialect: Any, messages: list[Mapping[str, Any]]) -> None:
        self._dialect = dialect
        self._messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def account_feed(self, instruments: Sequence[Instrument], **sink: Any) -> RecordingFeed:
        return RecordingFeed(self._dialect.account_feed(instruments, **sink), self._messages)


@dataclass
class Scenario:
    """What happened at one venue: our orders, the pushes about them, and what its REST side says in the end."""

    name: str
    instrument: Instrument
    orders: list[NewOrder]
    messages: list[Mapping[str, Any]]
    audit: list[AccountEvent]

    @property
    def is_numbered(self) -> bool:
        return any("sequence" in message for message in self.messages)


async def recorded(name: str) -> Scenario:
    messages: list[Mapping[str, Any]] = []
    profile = unhurried(name)
    profile = replace(profile, dialect=RecordingDialect(profile.dialect, messages))
    money = ("--no-limits", "--balance", f"{QUOTES[name]}=100000000", "--balance", "BTC=500", "--seed", str(SEED))
    with venue_process(*money, dialect=name) as venue:
        async with desk(name, venue, profile=profile) as at, account_stream(at) as (stream, told):
            orders = await _play(at)
            await until(lambda: _has_ended(told.events, orders))
            await stream.close()
            reads = AccountReads(at.rig.adapter.profile, at.rig.adapter.connection.path)
            fills = sorted(await reads.fills(at.instrument), key=lambda seen: (seen.fill.ts, seen.fill.fill_id))
            listed = [*await reads.open_orders(at.instrument), *await reads.closed_orders(at.instrument)]
            balances = await reads.balances()
            audit: list[AccountEvent] = [*fills, *sorted(listed, key=lambda order: order.ts), *balances.values()]
            return Scenario(name, at.instrument, orders, messages, audit)


async def _play(at: Desk) -> list[NewOrder]:
    """Orders that fill in several pieces, that rest, that are canceled, and that end unfilled."""
    orders: list[NewOrder] = []

    async def submit(**what: Any) -> ClientOrderId:
        approved = at.order(**what)
        orders.append(approved.order)
        await at.submit(approved)
        return approved.order.client_order_id

    for size in ("0.01", "3", "7", "0.5"):
        await submit(price=None, quantity=size)
        await submit(price=None, quantity=size, side=Side.SELL)
    resting = [await submit() for _ in range(6)]
    for size in ("0.2", "5"):
        best = await at.best(Side.BUY)
        resting.append(await submit(price=best, quantity=size))
    for _ in range(2):
        await submit(time_in_force=TimeInForce.IOC)
    for client_order_id in resting[:4]:
        await at.trading.cancel(client_order_id, at.instrument)
    for client_order_id in resting[6:]:
        await at.trading.cancel(client_order_id, at.instrument)
    return orders


def _has_ended(events: Sequence[AccountEvent], orders: Sequence[NewOrder]) -> bool:
    last = {event.client_order_id: event for event in events if isinstance(event, OrderSighting)}
    working = [each for each in last.values() if each.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)]
    return last.keys() == {order.client_order_id for order in orders} and len(working) == 2


def permuted(scenario: Scenario, seed: int) -> list[Mapping[str, Any] | None]:
    """The messages with some twice, some missing, some late; None where the REST audit is read in between."""
    rng = random.Random(f"{SEED}|{scenario.name}|{seed}")
    twice, lost, late = rng.uniform(0, 0.5), rng.uniform(0, 0.5), rng.choice((0, 3, 20, 1000))
    rows = [(n + rng.uniform(0, late), message) for n, message in enumerate(scenario.messages) if rng.random() >= lost]
    rows += [(at + rng.uniform(0, late or 1), message) for at, message in rows if rng.random() < twice]
    found: list[Mapping[str, Any] | None] = [message for _, message in sorted(rows, key=lambda row: row[0])]
    found.insert(rng.randrange(len(found) + 1), None)
    return [*_renumbered(found), None] if scenario.is_numbered and rng.random() < 0.7 else [*found, None]


def _renumbered(messages: Sequence[Mapping[str, Any] | None]) -> list[Mapping[str, Any] | None]:
    """Numbered in their new order, as by a venue that mixes up what it says and not how it counts."""
    count: dict[object, int] = {}
    found: list[Mapping[str, Any] | None] = []
    for message in messages:
        if message is None:
            found.append(None)
            continue
        channel = message["channel"]
        count[channel] = count.get(channel, 0) + 1
        first = {"type": "snapshot"} if count[channel] == 1 else {}
        found.append({**message, **first, "sequence": count[channel]})
    return found


@dataclass
class Final:
    """Where everything that is told ends up."""

    scenario: Scenario
    state: AccountState = field(default_factory=AccountState)
    orders: dict[str, OrderSighting] = field(default_factory=dict)
    fills: dict[str, FillSighting] = field(default_factory=dict)
    balances: dict[str, Balance] = field(default_factory=dict)
    gaps: int = 0

    def __post_init__(self) -> None:
        adapter, instrument = ADAPTERS[self.scenario.name], self.scenario.instrument
        venue = Venue(adapter, self.scenario.name, {instrument.id: instrument})
        self.router = LiveExecutionRouter(
            routes=[Route(name="all", adapters=(adapter,))], risk_profile="balanced", venues=[venue], recorder=MemoryRecorder(),
            monotonic=lambda: 0, reapprove=lambda order: Refused(order, 1, DecisionCode.RISK_MAX_POSITION, "0", "1"), new_id=lambda _: LIVE,
        )  # fmt: skip
        self.adapter = adapter
        self.router.take(Condition(adapter, True, "", False, False))
        attempts = (RestoredAttempt(1, 1, AttemptResult.ACCEPTED, ""),)
        self.router.restored(adapter, [RestoredOrder(order, "all", 1, attempts, (), ()) for order in self.scenario.orders])
        self.feed = unhurried(self.scenario.name).dialect.account_feed([instrument], sink=self.take)

    def replay(self, messages: Sequence[Mapping[str, Any] | None]) -> None:
        for message in messages:
            if message is None:
                for event in self.scenario.audit:
                    self.take(event)
                continue
            try:
                self.feed.take(message)
            except FeedGap:  # the connection is given up; the audit says what is missed until it stands again
                self.gaps += 1
                self.feed.reset(self.feed.links[0])

    def take(self, event: AccountEvent) -> None:
        if isinstance(event, OrderSighting):
            self.state.name(event)
        for news in self.state.take(event):
            if isinstance(news, OrderSighting):
                self.orders[news.venue_order_id] = news
                updates = updates_of(news, news.client_order_id, None)
                self.router.take(Seen(self.adapter, news.client_order_id, updates, news.filled))
            elif isinstance(news, FillSighting):
                assert news.fill.fill_id.trade_id not in self.fills, "a fill was told twice"
                self.fills[news.fill.fill_id.trade_id] = news
                self._book(news)
            elif isinstance(news, Balance):
                self.balances[news.asset] = news

    def _book(self, seen: FillSighting) -> None:
        name = seen.fill.client_order_id
        assert name, "all these venues name the order of a fill, or told it before"
        self.router.take(Seen(self.adapter, name, (seen.fill,), None))

    @property
    def told(self) -> str:
        """What the stream's listener knows, as a digest of canonical bytes."""
        orders = [
            [o.client_order_id, o.venue_order_id, o.status.value, o.quantity, o.filled] for _, o in sorted(self.orders.items())
        ]
        fills = [[seen.venue_order_id, *map(str, seen.fill)] for _, seen in sorted(self.fills.items())]
        balances = [[b.asset, b.free, b.locked, b.scale] for _, b in sorted(self.balances.items())]
        return _digest([orders, fills, balances])

    @property
    def routed(self) -> str:
        """What the router knows."""
        return _digest(self.router.canonical())


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@pytest.fixture(scope="module", params=["okx", "kraken", "bybit"])
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return asyncio.run(recorded(str(request.param)))


def test_every_permutation_of_the_pushes_ends_in_the_same_bytes(scenario: Scenario, tmp_path: Path) -> None:
    straight = Final(scenario)
    straight.replay([*scenario.messages, None])
    assert len(straight.fills) > 8
    assert straight.gaps == 0
    report = Report(f"stream-permutations-{scenario.name}", SEED)
    told, routed, gaps = set(), set(), 0
    for seed in range(PERMUTATIONS):
        final = Final(scenario)
        final.replay(permuted(scenario, seed))
        told.add(final.told)
        routed.add(final.routed)
        gaps += final.gaps
        assert final.told == straight.told, f"permutation {seed}"
        assert final.routed == straight.routed, f"permutation {seed}"
    report.parts = {
        "permutations": PERMUTATIONS, "messages": len(scenario.messages), "fills": len(straight.fills), "gaps": gaps,
        "orders": len(scenario.orders), "told_sha256": straight.told, "router_sha256": straight.routed,
    }  # fmt: skip
    report.write(tmp_path)
    assert told == {straight.told}
    assert routed == {straight.routed}


def test_without_the_audit_the_end_depends_on_what_was_lost(scenario: Scenario) -> None:
    """The control arm: the permutations are hard enough to be seen."""
    ends = set()
    for seed in range(50):
        final = Final(scenario)
        final.replay([message for message in permuted(scenario, seed) if message is not None])
        ends.add(final.told)
    assert len(ends) > 25
