"""Live orders over sockets at three simulated venues: where they may go, that each exists once, and what stops them.

Each test asks the venue's own records for the truth. The venues are okx, bybit and kraken, each a process; orders are of BTC/USDT.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from golive.audit import faults
from golive.execution.live.route import Route
from golive.model.alert import AlertSeverity
from golive.model.decision import DecisionCode
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.ids import ClientOrderId
from golive.model.order import OrderStatus
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.opening import NotReady
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from support.adapters import ADAPTERS, unhurried
from support.live_bot import bot_process, heard, told
from support.live_desk import PLACE, Trader, account_plan, live_plan, live_venue, swept, trader, truth
from support.trading_desk import desk as raw_desk
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
VENUES = ("okx", "bybit", "kraken")
Venues = dict[str, VenueProcess]


@pytest.fixture(scope="module")
def running() -> Iterator[Venues]:
    with live_venue("okx") as okx, live_venue("bybit") as bybit, live_venue("kraken") as kraken:
        yield {"okx": okx, "bybit": bybit, "kraken": kraken}


@pytest.fixture
async def venues(running: Venues) -> Any:
    """All three, without faults and without working orders."""
    yield running
    for name, venue in running.items():
        await swept(name, venue)


def falling_back(*names: str) -> tuple[Route, ...]:
    return (Route(name="main", adapters=tuple(ADAPTERS[name] for name in names), allow_fallback=True),)


def plan_of(home: Path, venues: Venues, names: Sequence[str], **changes: Any) -> Any:
    accounts = [account_plan(name, venues[name]) for name in names]
    return live_plan(home, accounts, **({"routes": falling_back(*names)} | changes))


def orders_sent(venue: VenueProcess, name: str) -> list[dict[str, Any]]:
    """The requests that placed orders, as the venue received them."""
    return [each for each in venue.requests(5000) if each["method"] == "POST" and each["target"] == PLACE[name]]


async def rerouted(at: Trader, first: ClientOrderId) -> ClientOrderId:
    """The id under which the order went to another venue."""
    other = [order for order in at.desk.router.unended if order.intent.client_order_id != first]
    assert len(other) == 1
    return other[0].intent.client_order_id


# where orders may go


@pytest.mark.parametrize(
    ("first", "second", "code", "reason"),
    [
        ("okx", "bybit", "51022", "symbol_halted"),
        ("kraken", "okx", "EService:Market in cancel_only mode", "maintenance"),
    ],
)
async def test_an_order_the_venue_refuses_for_its_own_reasons_goes_to_the_next(
    venues: Venues, tmp_path: Path, first: str, second: str, code: str, reason: str
) -> None:
    async with trader(plan_of(tmp_path, venues, (first, second))) as at:
        venues[first].add_fault("error", code=code, match=PLACE[first], method="POST", count=1)
        order = await at.sent()
        other = await rerouted(at, order)
        assert at.status(order) is OrderStatus.REJECTED
        assert at.status(other) is OrderStatus.OPEN
        assert truth(venues[first], order) == []
        assert len(truth(venues[second], other)) == 1
        labels = {"route": "main", "from_exchange": first, "to_exchange": second, "reason": reason}
        assert at.counted("live_orders_fallback_total", **labels) == 1
        assert at.counted("live_orders_total", exchange=first, route="main", result="rejected") == 1
        assert at.counted("live_order_attempts_total", exchange=first, route="main", result="rejected") == 1
        assert at.counted("live_order_attempts_total", exchange=second, route="main", result="accepted") == 1
        assert at.counted("live_execution_latency_seconds", exchange=second, route="main", result="accepted") == 1


async def test_an_order_that_never_left_goes_to_the_next_venue_and_the_breaker_after_several(
    venues: Venues, tmp_path: Path
) -> None:
    with live_venue("okx") as lost:
        async with trader(plan_of(tmp_path, {**venues, "okx": lost}, ("okx", "bybit"))) as at:
            lost.kill()
            reasons = ("never_sent", "breaker_open")
            labels = {"route": "main", "from_exchange": "okx", "to_exchange": "bybit"}

            def fallbacks(reason: str) -> float:
                return at.counted("live_orders_fallback_total", reason=reason, **labels) or 0

            for _ in range(8):
                await at.sent()
            assert sum(map(fallbacks, reasons)) == 8 - at.refused()
            assert fallbacks("breaker_open") + at.refused() > 0
            assert at.desk.failover_status["reconnect_required"] in (0, 1)


async def test_an_order_for_which_the_queue_has_no_room_goes_to_the_next_venue(venues: Venues, tmp_path: Path) -> None:
    accounts = [account_plan("okx", venues["okx"], max_concurrency=1), account_plan("bybit", venues["bybit"])]
    async with trader(live_plan(tmp_path, accounts, routes=falling_back("okx", "bybit"), max_queue_size=1)) as at:
        venues["okx"].add_fault("delay", match=PLACE["okx"], method="POST", seconds=0.5, count=1)
        ids = []
        for _ in range(3):
            approved = at.order()
            ids.append(approved.order.client_order_id)
            at.desk.submit(approved)
            await asyncio.sleep(0.05)  # the worker takes the first; the second waits; the third has no room
        await at.settled()
        labels = {"route": "main", "from_exchange": "okx", "to_exchange": "bybit", "reason": "queue_full"}
        assert at.counted("live_orders_fallback_total", **labels) == 1
        assert [len(truth(venues["okx"], name)) for name in ids] == [1, 1, 0]


async def test_without_leave_an_order_goes_nowhere_else(venues: Venues, tmp_path: Path) -> None:
    names = ("okx", "bybit")
    routes = (Route(name="main", adapters=tuple(ADAPTERS[name] for name in names)),)
    async with trader(plan_of(tmp_path, venues, names, routes=routes)) as at:
        venues["okx"].add_fault("error", code="51022", match=PLACE["okx"], method="POST", count=1)
        before = len(venues["bybit"].orders())
        order = await at.sent()
        assert at.status(order) is OrderStatus.REJECTED
        assert len(venues["bybit"].orders()) == before


# ambiguity


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize("kind", ["drop_after", "late", "truncated", "http_502", "garbage", "delay"])
async def test_exactly_one_order_exists_however_its_answer_is_lost(venues: Venues, tmp_path: Path, name: str, kind: str) -> None:
    other = "bybit" if name != "bybit" else "okx"
    routes = (replace(falling_back(name, other)[0], attempt_budget_ms=1500),)
    async with trader(plan_of(tmp_path, venues, (name, other), routes=routes)) as at:
        before = len(venues[other].orders())
        options: dict[str, Any] = {"seconds": 2.5} if kind == "delay" else {"seconds": 1.0} if kind == "late" else {}
        if kind in ("http_502", "garbage"):
            options["when"] = "after"
        venues[name].add_fault(kind, match=PLACE[name], method="POST", count=1, **options)
        order = await at.sent(30)
        assert at.status(order) is OrderStatus.OPEN
        assert len(truth(venues[name], order)) == 1
        assert len([each for each in orders_sent(venues[name], name) if order in each["body"]]) == 1
        assert len(venues[other].orders()) == before
        assert at.counted("live_order_attempts_total", exchange=name, route="main", result="unknown") == 1
        assert at.counted("live_orders_unknown", exchange=name) == 0


async def test_an_unknown_order_freezes_its_symbol_at_its_account_until_it_is_understood(venues: Venues, tmp_path: Path) -> None:
    async with trader(plan_of(tmp_path, venues, ("okx", "bybit"))) as at:
        venues["okx"].add_fault("late", match=PLACE["okx"], method="POST", count=1, seconds=1.5)
        first, second = at.order(), at.order()
        elsewhere = at.order(adapter=ADAPTERS["bybit"])
        venues["okx"].add_fault("ws_gap", match="orders:*")
        at.desk.submit(first)
        await until(lambda: at.status(first.order.client_order_id) is OrderStatus.UNKNOWN)
        assert at.counted("live_orders_unknown", exchange="okx") == 1
        assert any(alert.severity is AlertSeverity.CRITICAL for alert in at.alerts)
        at.desk.submit(second)
        at.desk.submit(elsewhere)
        assert at.codes(second.order.client_order_id) == [DecisionCode.SYMBOL_FROZEN]
        await at.settled()
        assert at.status(elsewhere.order.client_order_id) is OrderStatus.OPEN
        assert at.status(first.order.client_order_id) is OrderStatus.OPEN
        assert at.desk.router.frozen == {}
        third = await at.sent()
        assert at.status(third) is OrderStatus.OPEN
        assert truth(venues["okx"], second.order.client_order_id) == []


async def test_an_order_that_did_not_arrive_is_proved_absent_and_not_sent_again(venues: Venues, tmp_path: Path) -> None:
    with live_venue("okx", "--time-scale", "10") as venue:
        account = account_plan("okx", venue, profile=unhurried("okx").scaled(10))
        async with trader(live_plan(tmp_path, [account])) as at:
            venue.add_fault("drop_before", match=PLACE["okx"], method="POST", count=1)
            order = await at.sent(30)
            assert at.status(order) is OrderStatus.ABSENT
            assert truth(venue, order) == []
            assert len([each for each in orders_sent(venue, "okx") if order in each["body"]]) == 1
            assert at.counted("live_orders_total", exchange="okx", route="main", result="absent") == 1


async def test_an_order_refused_as_not_processed_is_sent_once_more_after_that_is_durable(venues: Venues, tmp_path: Path) -> None:
    async with trader(plan_of(tmp_path, venues, ("okx",))) as at:
        venues["okx"].add_fault("error", code="50011", match=PLACE["okx"], method="POST", count=1)
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
        assert len(truth(venues["okx"], order)) == 1
        assert len([each for each in orders_sent(venues["okx"], "okx") if order in each["body"]]) == 2
    rows = [(row.table, row.values.get("n"), row.values.get("result")) for row in written(tmp_path, "okx", order)]
    assert (
        rows.index(("answers", 1, "not_processed")) < rows.index(("attempts", 2, None)) < rows.index(("answers", 2, "accepted"))
    )


async def test_a_limit_of_one_call_at_a_time_is_kept(venues: Venues, tmp_path: Path) -> None:
    account = account_plan("okx", venues["okx"], max_concurrency=1)
    async with trader(live_plan(tmp_path, [account])) as at:
        venues["okx"].add_fault("delay", match=PLACE["okx"], method="POST", seconds=0.2)
        ids = [at.order() for _ in range(4)]
        for approved in ids:
            at.desk.submit(approved)
        await at.settled()
        names = [approved.order.client_order_id for approved in ids]
        received = [int(each["at"]) for each in orders_sent(venues["okx"], "okx") if any(name in each["body"] for name in names)]
        assert len(received) == 4
        assert all(later - earlier >= 200_000_000 for earlier, later in pairwise(received))


# what was written


def written(home: Path, name: str, order: ClientOrderId) -> list[Any]:
    with closing(OrderJournalReader.open(home / DIRECTORY / f"{ADAPTERS[name]}_{name}_key.sqlite")) as reader:
        return list(reader.order(order))


async def test_decision_intent_and_attempt_are_written_before_the_venue_hears_of_it(venues: Venues, tmp_path: Path) -> None:
    async with trader(plan_of(tmp_path, venues, ("okx",))) as at:
        order = await at.sent(price=None)
        await until(lambda: at.status(order) is OrderStatus.FILLED)
        await at.settled()
    tables = [row.table for row in written(tmp_path, "okx", order)]
    assert tables[:3] == ["decisions", "intents", "attempts"]
    assert tables[3] in ("answers", "facts", "fills")
    assert tables[-1] == "ends"
    keys = SigningKeys.load_or_create(tmp_path)
    for log in ("audit/decision_logs/live_execution.jsonl", "logs/risk_decisions.jsonl"):
        lines = (tmp_path / log).read_bytes().splitlines(keepends=True)
        assert list(faults(lines, keys.logs)) == []
        assert any(order in line.decode() for line in lines)


# starting again


@pytest.mark.parametrize("name", VENUES)
@pytest.mark.parametrize("failpoint", ["live_order_durable", "live_order_answered"])
async def test_an_order_of_a_killed_process_is_found_or_proved_absent(
    venues: Venues, tmp_path: Path, name: str, failpoint: str
) -> None:
    with live_venue(name, "--time-scale", "10") as venue:
        with bot_process(tmp_path, venue, name, failpoint=failpoint) as bot:
            heard(bot, "ready")
            told(bot, "1000")
            order = ClientOrderId(heard(bot, "order")["order"])
            assert bot.wait(20) == -signal.SIGKILL
        account = account_plan(name, venue, profile=unhurried(name).scaled(10))
        async with trader(live_plan(tmp_path, [account])) as at:
            exists = failpoint == "live_order_answered"
            assert len(truth(venue, order)) == int(exists)
            assert at.status(order) is (OrderStatus.OPEN if exists else OrderStatus.ABSENT)
            assert at.desk.conditions[ADAPTERS[name]].is_ready
            if exists:
                at.desk.cancel(order)
                await until(lambda: at.status(order) is OrderStatus.CANCELED)
                await at.settled()


async def test_absence_is_judged_by_the_venues_time_from_the_first_question_on(tmp_path: Path) -> None:
    with live_venue("okx") as venue:
        venue.add_fault("clock_skew", seconds=-6)  # by our clock the deadline has passed before the order is sent
        account = account_plan("okx", venue, max_clock_skew_s=10.0)
        async with trader(live_plan(tmp_path, [account])) as at:
            venue.add_fault("late", match=PLACE["okx"], method="POST", count=1, seconds=4.0)
            venue.add_fault("ws_gap", match="orders:*")
            approved = at.order()
            order = approved.order.client_order_id
            at.desk.submit(approved)
            await until(lambda: at.status(order) is OrderStatus.UNKNOWN)
        venue.add_fault("delay", match="/api/v5/public/time", seconds=0.9)
        async with trader(live_plan(tmp_path, [account])) as at:
            assert at.status(order) is OrderStatus.OPEN
        assert len(truth(venue, order)) == 1


async def test_a_second_process_does_not_get_the_account(venues: Venues, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, venues, ("okx",))
    async with trader(plan) as at:
        with pytest.raises(PrerequisiteMissing, match=str(os.getpid())):
            await LiveDesk.open(plan)
        assert at.status(await at.sent()) is OrderStatus.OPEN


async def test_a_process_that_was_stopped_for_longer_than_its_lease_sends_nothing(venues: Venues, tmp_path: Path) -> None:
    with bot_process(tmp_path, venues["okx"], "okx", lease_s=1.5) as bot:
        heard(bot, "ready")
        told(bot, "1000")
        first = heard(bot, "order")["order"]
        heard(bot, "news")
        bot.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2.0)  # longer than the lease: that is the case
        told(bot, "1000")
        bot.send_signal(signal.SIGCONT)
        second = heard(bot, "order")["order"]
        while (said := heard(bot, "news"))["id"] != second:
            pass
        assert said["news"] == "not_sent"
        assert bot.stdin is not None
        bot.stdin.close()
        bot.wait(20)
    assert len(truth(venues["okx"], first)) == 1
    assert truth(venues["okx"], second) == []
    assert not any(second in each["body"] for each in orders_sent(venues["okx"], "okx"))


async def test_a_process_that_another_epoch_has_fenced_off_sends_nothing(venues: Venues, tmp_path: Path) -> None:
    desk = await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", venues["okx"], max_concurrency=1)]))
    at = Trader(desk)
    desk.on_news.append(at.news.append)
    venues["okx"].add_fault("delay", match=PLACE["okx"], method="POST", seconds=0.5, count=1)
    first, second = at.order(), at.order()
    desk.submit(first)
    desk.submit(second)
    await until(lambda: at.status(first.order.client_order_id) is not OrderStatus.PLANNED)
    (tmp_path / DIRECTORY / f"{ADAPTERS['okx']}_okx_key.lock").write_text("1 999\n")
    await until(lambda: at.events(second.order.client_order_id) == ["not_sent"])
    assert not any(second.order.client_order_id in each["body"] for each in orders_sent(venues["okx"], "okx"))
    assert desk.conditions[ADAPTERS["okx"]].has_failed
    with pytest.raises(JournalError):
        await desk.close()


async def test_a_foreign_order_blocks_the_start_and_nothing_is_touched(venues: Venues, tmp_path: Path) -> None:
    async with raw_desk("okx", venues["okx"]) as stranger:
        foreign = await stranger.placed()
        with pytest.raises(NotReady) as refusal:
            await LiveDesk.open(plan_of(tmp_path, venues, ("okx",)))
        assert [row.kind for row in refusal.value.differences] == ["foreign_order"]
        assert "golive reconcile" in str(refusal.value)
        assert (await stranger.seen(foreign)).status is OrderStatus.OPEN


async def test_a_foreign_order_stops_an_account_that_trades(venues: Venues, tmp_path: Path) -> None:
    async with trader(plan_of(tmp_path, venues, ("okx",))) as at, raw_desk("okx", venues["okx"]) as stranger:
        foreign = await stranger.placed()
        await until(lambda: not at.desk.conditions[ADAPTERS["okx"]].is_ready)
        assert foreign in at.desk.conditions[ADAPTERS["okx"]].why_not
        order = at.order()
        at.desk.submit(order)
        assert at.codes(order.order.client_order_id) == [DecisionCode.NOT_READY]
        assert (await stranger.seen(foreign)).status is OrderStatus.OPEN


async def test_a_balance_that_nothing_explains_blocks_the_start(venues: Venues, tmp_path: Path) -> None:
    with live_venue("okx") as venue:
        async with trader(live_plan(tmp_path, [account_plan("okx", venue)])) as at:
            assert at.status(await at.sent(price=None)) in (OrderStatus.FILLED, OrderStatus.OPEN)
            await until(lambda: not at.desk.router.unended)
            await at.settled()
        async with trader(live_plan(tmp_path, [account_plan("okx", venue)])):
            pass  # what was bought, its cost and its fee are in the books
        async with raw_desk("okx", venue) as stranger:
            await stranger.placed(price=None)
        with pytest.raises(NotReady) as refusal:
            await LiveDesk.open(live_plan(tmp_path, [account_plan("okx", venue)]))
        differing = {row.subject for row in refusal.value.differences if row.kind == "balance_differs"}
        assert differing == {"BTC", "USDT"}


# losing the journal


async def test_nothing_leaves_when_the_journal_is_lost(venues: Venues, tmp_path: Path) -> None:
    desk = await LiveDesk.open(plan_of(tmp_path, venues, ("okx",)))
    at = Trader(desk)
    desk.on_news.append(at.news.append)
    working = await at.sent()
    before = len(venues["okx"].orders())
    sent = len(venues["okx"].requests(5000))
    desk.account(ADAPTERS["okx"]).parts.pen.give_up(JournalError("the disk is gone"))
    order = at.order()
    desk.submit(order)
    assert at.codes(order.order.client_order_id) == [DecisionCode.NOT_READY]
    assert desk.conditions[ADAPTERS["okx"]].has_failed
    desk.cancel(working)
    with pytest.raises(JournalError, match="disk is gone"):
        await desk.close()
    assert len(venues["okx"].orders()) == before
    assert [each for each in venues["okx"].requests(5000)[sent:] if each["method"] == "POST"] == []


async def test_orders_held_back_behind_one_of_unknown_outcome_go_nowhere_else(venues: Venues, tmp_path: Path) -> None:
    accounts = [account_plan("okx", venues["okx"], max_concurrency=1), account_plan("bybit", venues["bybit"])]
    async with trader(live_plan(tmp_path, accounts, routes=falling_back("okx", "bybit"))) as at:
        venues["okx"].add_fault("drop_before", match=PLACE["okx"], method="POST", count=1)
        before = len(venues["bybit"].orders())
        approved = [at.order() for _ in range(4)]
        for each in approved:
            at.desk.submit(each)
        await at.settled()
        ids = [each.order.client_order_id for each in approved]
        assert [at.status(name) for name in ids] == [OrderStatus.ABSENT] * 4
        assert [at.codes(name)[-1] for name in ids[1:]] == ["SYMBOL_FROZEN"] * 3
        assert [truth(venues["okx"], name) for name in ids] == [[]] * 4
        assert len(venues["bybit"].orders()) == before
        assert at.desk.router.unended == []
