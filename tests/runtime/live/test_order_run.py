"""One order by hand at three simulated venues over sockets: what is judged, sent, told and remembered."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from golive.config.rbac import Role
from golive.model.errors import ConfigError
from golive.model.order import Side, TimeInForce
from golive.model.verdict import ExitCode
from golive.risk import RiskProfile
from golive.runtime.live.order_following import Step
from golive.runtime.live.order_outcome import Outcome
from golive.runtime.live.order_past import rearmed_note
from golive.runtime.live.order_request import OrderRequest
from golive.runtime.live.order_risk import OrderRisk
from golive.runtime.live.order_run import place, withdraw
from golive.runtime.live.plan import Timing
from golive.runtime.risk_stop import release
from golive.security.operators import OperatorIdentity
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from golive.storage.risk_state import read_figure
from golive.storage.risk_stop import StandingStop, newest_release, stop_path, write_stop
from golive.storage.security_admin import PATH
from support.live_desk import PLACE, QUICK, account_plan, live_plan, live_venue, swept, trader, truth
from support.venue_process import VenueProcess
from support.wall_clock import WallClock

pytestmark = pytest.mark.integration
CANCEL = {"okx": "/api/v5/trade/cancel-order", "kraken": "/0/private/CancelOrder", "bybit": "/v5/order/cancel"}
"""path of a cancel at each venue"""
ALL: dict[str, Any] = {
    "weekly_loss_pct": Decimal("0.5"), "portfolio_exposure_pct": Decimal(1), "target_volatility": Decimal(5),
    "stop_loss_atr_multiple": Decimal("1.5"), "trade_risk_pct": Decimal("0.5"), "max_cost_to_profit_ratio": Decimal("0.25"),
    "price_collar_pct": Decimal("0.02"), "max_order_quantity": {"BTC": Decimal(10)}, "max_order_notional": Decimal(1_000_000),
    "max_orders_per_minute": 60, "duplicate_window_seconds": Decimal(2), "max_open_orders": 20, "repeated_execution_limit": 10,
    "cooldown_after_loss_minutes": Decimal(5), "stop_loss_guard_count": 3, "max_consecutive_losses": 5,
    "trading_windows": ("mon-sun 00:00-24:00",), "stale_data_seconds": Decimal(60),
}  # fmt: skip
"""each limit there is, none of which binds"""


@dataclass
class Hand:
    """A person's desk at one venue."""

    name: str
    venue: VenueProcess
    home: Path
    steps: list[Step] = field(default_factory=list)
    timing: Timing = QUICK

    def loses_own_orders(self) -> None:
        """Let no message about orders and fills arrive any more."""
        for channel in ("order*", "exec*"):
            self.venue.add_fault("ws_gap", match=channel)

    async def order(
        self,
        side: Side = Side.BUY,
        *,
        position: str = "1",
        drawdown: str = "0.5",
        wait_s: float = 20.0,
        say: Callable[[Step], None] = lambda step: None,
        stop: asyncio.Event | None = None,
        limits: Mapping[str, Any] | None = None,
        lapse: str | None = None,
        **what: Any,
    ) -> Outcome:
        """Send one order as a command does: open, judge, send, wait, close.

        `limits`: of the profile, beside the usual ones; `lapse`: why there is no licence.
        """
        profile = RiskProfile("test", Decimal("0.5"), Decimal(drawdown), Decimal(position), 3, **(limits or {}))
        risk = OrderRisk(profile, WallClock(), "1m", lambda venue: lapse)
        terms = {"quantity": "0.01", "instrument": "BTC/USDT"} | what
        plan = live_plan(self.home, [account_plan(self.name, self.venue)], judge=risk.decide, timing=self.timing)
        async with trader(plan) as at:
            request = OrderRequest(side=side, **terms)
            outcome, self.steps = await place(at.desk, risk, request, say, wait_s=wait_s, stop=stop or asyncio.Event())
        return outcome

    async def cancel(self, name: str, *, wait_s: float = 20.0, limits: Mapping[str, Any] | None = None) -> Outcome:
        """Cancel as a command does; `limits` as of `order`."""
        profile = RiskProfile("test", Decimal("0.5"), Decimal("0.5"), Decimal(1), 3, **(limits or {}))
        risk = OrderRisk(profile, WallClock(), "1m")
        async with trader(live_plan(self.home, [account_plan(self.name, self.venue)], judge=risk.decide)) as at:
            outcome, self.steps = await withdraw(at.desk, name, lambda step: None, wait_s=wait_s, stop=asyncio.Event(), risk=risk)
        return outcome

    @property
    def told(self) -> list[str]:
        return [step.name for step in self.steps]

    def rows(self, table: str) -> list[Any]:
        [path] = (self.home / DIRECTORY).glob("*.sqlite")
        with closing(OrderJournalReader.open(path)) as reader:
            return [row.values for row in reader.rows() if row.table == table]


@pytest.fixture(scope="module", params=["okx", "bybit", "kraken"])
def started(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    with live_venue(request.param) as running:
        yield request.param, running


@pytest.fixture
def with_little_bitcoin(started: tuple[str, VenueProcess], tmp_path: Path) -> Iterator[Hand]:
    """A desk at a venue of its own that holds hardly more than money, so that what trading costs outweighs every move of the market."""
    with live_venue(started[0], "--balance", "BTC=0.001") as running:
        yield Hand(started[0], running, tmp_path)


@pytest.fixture
async def hand(started: tuple[str, VenueProcess], tmp_path: Path) -> AsyncIterator[Hand]:
    yield Hand(*started, tmp_path)
    await swept(*started)


async def test_a_market_order_is_judged_sent_once_and_told_to_its_fill(hand: Hand) -> None:
    outcome = await hand.order()
    assert (outcome.status, outcome.filled, outcome.exit_code) == ("FILLED", "0.01 of 0.01 BTC", ExitCode.OK)
    assert hand.told[:4] == ["recovered", "judged", "leaves", "answered"]
    assert set(hand.told[4:]) == {"filled"}
    assert re.search(r"it may leave at \d{4}-\d\d-\d\dT[\d:.]+Z, deadline ", hand.steps[2].text)
    assert re.search(r" answers attempt 1 after \d+ ms: accepted as ", hand.steps[3].text)
    [there] = truth(hand.venue, outcome.client_order_id)
    assert there["state"] == "filled"
    [decision], [intent] = hand.rows("decisions"), hand.rows("intents")
    assert decision["client_order_id"] == intent["client_order_id"] == outcome.client_order_id


async def test_a_limit_order_rests_and_a_later_command_cancels_it_by_its_beginning(hand: Hand) -> None:
    outcome = await hand.order(limit="1000.049", time_in_force=TimeInForce.POST_ONLY)
    assert (outcome.status, outcome.exit_code) == ("OPEN", ExitCode.OK)
    assert "golive order cancel" in outcome.next
    [there] = truth(hand.venue, outcome.client_order_id)
    assert Decimal(there["price"]) <= Decimal("1000.049"), "never dearer than was written"
    canceled = await hand.cancel(outcome.client_order_id[:8])
    assert (canceled.status, canceled.exit_code) == ("CANCELED", ExitCode.OK)
    with pytest.raises(ConfigError, match="have not: none"):
        await hand.cancel(outcome.client_order_id)


@pytest.mark.parametrize(("what", "status"), [({}, "FILLED"), ({"limit": "1000", "time_in_force": TimeInForce.IOC}, "CANCELED")])
async def test_an_order_that_cannot_rest_is_asked_for_when_the_stream_has_lost_its_end(
    hand: Hand, what: dict[str, Any], status: str
) -> None:
    hand.timing = replace(QUICK, audit_s=600.0)

    def say(step: Step) -> None:
        if step.name == "recovered":
            hand.loses_own_orders()

    outcome = await hand.order(wait_s=1, say=say, **what)
    [there] = truth(hand.venue, outcome.client_order_id)
    assert there["state"] == status.lower()
    assert (outcome.status, outcome.exit_code) == (status, ExitCode.OK)


async def test_an_order_that_cannot_rest_and_whose_end_nobody_tells_is_no_success(hand: Hand) -> None:
    hand.timing = replace(QUICK, audit_s=600.0)
    stop = asyncio.Event()

    def say(step: Step) -> None:
        if step.name == "recovered":
            hand.loses_own_orders()
        elif step.name == "answered":
            hand.venue.add_fault("http_503", match="*")
        elif step.name == "asked":
            stop.set()

    outcome = await hand.order(wait_s=1, say=say, stop=stop)
    assert (outcome.status, outcome.exit_code) == ("OPEN", ExitCode.UNKNOWN)
    assert "rests" not in outcome.next


async def test_a_cancel_that_the_venue_does_not_take_is_no_success_and_says_why(hand: Hand) -> None:
    order = (await hand.order(limit="1000")).client_order_id
    await asyncio.to_thread(hand.venue.add_fault, "http_503", match=CANCEL[hand.name])
    outcome = await hand.cancel(order, wait_s=1)
    assert (outcome.status, outcome.exit_code) == ("OPEN", ExitCode.UNKNOWN)
    [problem] = [step.text for step in hand.steps if step.name == "not_taken"]
    assert "503" in problem
    assert "503" in outcome.next
    assert "rests" not in outcome.next
    await asyncio.to_thread(hand.venue.clear_faults)
    assert (await hand.cancel(order)).status == "CANCELED"


async def test_an_order_that_takes_at_once_or_not_at_all_is_told_by_its_end(hand: Hand) -> None:
    outcome = await hand.order(limit="1000", time_in_force=TimeInForce.IOC)
    assert (outcome.status, outcome.exit_code, hand.told[-1]) == ("CANCELED", ExitCode.OK, "canceled")


async def test_what_risk_refuses_is_durable_and_never_leaves(hand: Hand) -> None:
    before = await asyncio.to_thread(hand.venue.orders)
    outcome = await hand.order(position="0.0001")
    assert (outcome.status, outcome.exit_code, hand.told) == ("REFUSED", ExitCode.BLOCKED, ["recovered", "refused"])
    assert "RISK_MAX_POSITION, limit 0.0001" in hand.steps[-1].text
    assert [row["verdict"] for row in hand.rows("decisions")] == ["refused"]
    assert hand.rows("intents") == []
    assert await asyncio.to_thread(hand.venue.orders) == before


async def test_a_sale_of_more_than_is_held_says_what_is_held_and_what_was_asked(hand: Hand) -> None:
    held = Decimal(hand.venue.balances()[next(iter(hand.venue.balances()))]["BTC"]["total"])
    outcome = await hand.order(Side.SELL, quantity=str(held + 1))
    assert (outcome.status, outcome.exit_code) == ("REFUSED", ExitCode.BLOCKED)
    body = json.loads(hand.rows("decisions")[-1]["risk_body"])
    assert body["code"] == "RISK_FLIP"
    assert Decimal(body["value"]) - Decimal(body["limit"]) == 1
    said = f"only {body['limit']} BTC is held and not promised to other orders, and {body['value']} BTC was asked"
    assert said in hand.steps[-1].text


async def test_what_works_is_promised_and_cannot_be_sold_once_more(hand: Hand) -> None:
    held = Decimal(hand.venue.balances()[next(iter(hand.venue.balances()))]["BTC"]["total"])
    for _ in range(3):
        promised = await hand.order(Side.SELL, quantity="25", limit="60000")
        assert promised.status == "OPEN", hand.steps[-1].text
    refused = await hand.order(Side.SELL, quantity=str(held - Decimal("74.5")), limit="60000")
    assert refused.status == "REFUSED"
    assert "is held and not promised to other orders" in hand.steps[-1].text
    body = json.loads(hand.rows("decisions")[-1]["risk_body"])
    assert (body["code"], Decimal(body["limit"])) == ("RISK_FLIP", held - 75)


async def test_a_venue_that_serves_no_bars_keeps_nobody_from_selling(hand: Hand) -> None:
    for path in ("/api/v5/market/candles", "/api/v5/market/history-candles", "/v5/market/kline", "/0/public/OHLC"):
        hand.venue.add_fault("html", match=f"*{path}*")
    sold = await hand.order(Side.SELL, limits=ALL)
    assert sold.status == "FILLED", hand.steps[-1].text


def code(hand: Hand) -> str:
    return str(json.loads(hand.rows("decisions")[-1]["risk_body"])["code"])


async def test_every_limit_is_judged_by_what_the_venue_and_the_journal_tell(hand: Hand) -> None:
    """All that a profile may ask for is known at each venue: prices of two sources, bars, what was ordered and executed before."""
    outcome = await hand.order(limits=ALL)
    assert (outcome.status, code(hand)) == ("FILLED", "APPROVED"), hand.steps[-1].text


@pytest.mark.parametrize(
    ("limits", "what", "expected"),
    [
        ({"price_collar_pct": Decimal("0.02")}, {"limit": "999999"}, "RISK_PRICE_COLLAR"),
        ({"price_collar_pct": Decimal("0.02"), "reference_max_age_seconds": Decimal(0)}, {}, "RISK_MISSING_INPUT"),
        ({"stale_data_seconds": Decimal(0)}, {}, "DATA_STALE"),
        ({"target_volatility": Decimal("0.000001")}, {}, "RISK_TARGET_VOLATILITY"),
        ({"trade_risk_pct": Decimal("0.00000001")}, {}, "RISK_TRADE_RISK"),
        ({"max_order_notional": Decimal(100)}, {}, "RISK_MAX_NOTIONAL"),
        ({"max_order_quantity": {"BTC": Decimal("0.005")}}, {}, "RISK_MAX_QUANTITY"),
        ({"portfolio_exposure_pct": Decimal(0)}, {}, "RISK_PORTFOLIO_EXPOSURE"),
    ],
)
async def test_a_limit_that_binds_refuses(hand: Hand, limits: dict[str, Any], what: dict[str, Any], expected: str) -> None:
    outcome = await hand.order(limits=limits, **what)
    assert (outcome.status, code(hand)) == ("REFUSED", expected), hand.steps[-1].text


async def test_without_a_licence_what_is_held_may_be_sold_and_nothing_bought(hand: Hand) -> None:
    assert (await hand.order()).status == "FILLED"
    outcome = await hand.order(lapse="it ended on 2026-01-01T00:00:00Z")
    assert (outcome.status, code(hand)) == ("REFUSED", "LICENCE_REDUCE_ONLY")
    assert (await hand.order(Side.SELL, lapse="it ended on 2026-01-01T00:00:00Z")).status == "FILLED"


async def test_a_refusal_for_its_size_says_what_would_have_been_allowed(hand: Hand) -> None:
    """A buy costs its limit at worst, where that is above the market."""
    limits = {"max_order_notional": Decimal("60.5")}
    await hand.order(limit="50000", quantity="0.2", limits=limits)
    largest = json.loads(hand.rows("decisions")[-1]["risk_body"])["adjustments"]["max_quantity"]
    assert Decimal(largest) == Decimal("0.00121")
    await hand.order(limit="50000", quantity=largest, limits=limits)
    assert code(hand) == "APPROVED"


async def test_orders_of_commands_before_count(hand: Hand) -> None:
    """Every command opens the desk anew: what it counts can come from the journal alone."""
    rate = {"max_orders_per_minute": 2}
    for expected in ("APPROVED", "APPROVED", "RISK_MESSAGE_RATE"):
        await hand.order(limit="1000", limits=rate)
        assert code(hand) == expected
    same = {"duplicate_window_seconds": Decimal(60)}
    for quantity, expected in (("0.011", "APPROVED"), ("0.011", "RISK_DUPLICATE"), ("0.012", "APPROVED")):
        await hand.order(limit="1000", quantity=quantity, limits=same)
        assert code(hand) == expected
    await hand.order(limit="1000", limits={"max_open_orders": 4})
    assert code(hand) == "RISK_OPEN_ORDERS"


async def test_a_side_that_was_executed_too_often_stays_shut_until_a_person_re_arms_it(hand: Hand) -> None:
    often = {"repeated_execution_limit": 2}
    for expected in ("APPROVED", "APPROVED", "RISK_REPEATED_EXECUTION"):
        await hand.order(limits=often)
        assert code(hand) == expected
    await hand.order(Side.SELL, limits=often)
    assert code(hand) == "APPROVED", "the other side is its own"
    await hand.order(limits={"repeated_execution_limit": 100})
    assert code(hand) == "RISK_REPEATED_EXECUTION", "shut is shut, however many executions there are by now"
    assert "limit 100, value 3, shut until re-armed" in hand.steps[-1].text
    async with trader(live_plan(hand.home, [account_plan(hand.name, hand.venue)])) as at:
        at.desk.account(at.adapter).parts.pen.write(rearmed_note(time.time_ns(), "anna"))
    await hand.order(limits=often)
    assert code(hand) == "APPROVED"


async def test_a_loss_of_a_command_before_pauses_its_instrument(hand: Hand) -> None:
    """Bought and sold at once costs the spread and two fees."""
    pause = {"cooldown_after_loss_minutes": Decimal(5), "max_consecutive_losses": 1}
    await hand.order(quantity="0.02", limits=pause)
    assert code(hand) == "APPROVED"
    await hand.order(Side.SELL, quantity="0.02", limits=pause)
    await hand.order(limits=pause)
    assert code(hand) == "COOLDOWN"
    await hand.order(limits={"max_consecutive_losses": 1})
    assert code(hand) == "CONSECUTIVE_LOSSES"
    [record] = [row for row in hand.rows("notes") if row["event"] == "track_record"][-1:]
    assert json.loads(record["body"])["losses_in_a_row"] == "1"


async def test_an_order_that_the_venue_would_not_take_at_all_never_leaves_and_says_so(hand: Hand) -> None:
    outcome = await hand.order(quantity="0.000001", limit="1000")
    assert (outcome.status, outcome.exit_code) == ("NOT_SENT", ExitCode.VALIDATION_FAILED)
    assert hand.told == ["recovered", "judged", "leaves", "not_sent"]
    assert not any("leaves now" in step.text for step in hand.steps)
    assert hand.rows("ends")[-1]["result"] == "not_sent"
    assert truth(hand.venue, outcome.client_order_id) == []


async def test_a_fall_that_was_signed_for_holds_without_its_file_and_beside_a_forged_release(
    with_little_bitcoin: Hand,
) -> None:
    hand = with_little_bitcoin
    assert (await hand.order()).status == "FILLED"
    assert (await hand.order(Side.SELL)).status == "FILLED", "what that has cost, no move of what is held then makes up for"
    assert (await hand.order(quantity="0.001")).status == "FILLED"
    stopped = await hand.order(drawdown="0.0000001")
    assert (stopped.status, json.loads(hand.rows("decisions")[-1]["risk_body"])["code"]) == ("REFUSED", "RISK_DRAWDOWN")
    stop_path(hand.home, "rehearsal").unlink()
    releases = hand.home / "var/state/risk/releases"
    releases.mkdir()
    for forged in (
        '{"schema": "golive.risk_release.v1", "entrypoint": "rehearsal", "id": "0000000000000bad", "operator": "anna", "at": "2026-01-01"}',
        "{",
    ):
        (releases / "rehearsal.json").write_text(forged)
        refused = await hand.order(drawdown="0.9")
        assert (refused.status, refused.exit_code) == ("REFUSED", ExitCode.BLOCKED), "whatever limits and files say now"
    assert (await hand.order(Side.SELL, quantity="0.001")).status == "FILLED", "what takes risk away may leave"
    release(hand.home, "rehearsal", OperatorIdentity("anna", frozenset({Role.RISK})), "looked into it", WallClock())
    assert (await hand.order(drawdown="0.9")).status == "FILLED"


async def test_what_reduces_leaves_while_the_log_of_stops_cannot_be_believed(hand: Hand) -> None:
    assert (await hand.order()).status == "FILLED"
    assert (await hand.order(Side.SELL, quantity="0.005")).status == "FILLED"
    log = hand.home / PATH
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("{\n")
    assert (await hand.order(Side.SELL, quantity="0.002", drawdown="0.0000001")).status == "FILLED", (
        "its own stop cannot be signed for"
    )
    assert (await hand.order(drawdown="0.9")).status == "REFUSED"


async def test_a_stop_that_stands_refuses_what_increases_risk_until_it_is_released(hand: Hand) -> None:
    assert (await hand.order()).status == "FILLED"
    stop = StandingStop(
        entrypoint="rehearsal", stage="rehearsal", limit="hard_drawdown_pct", allowed="0.1", used="0.12", since="2026-01-01T00:00:00Z",
        profile="test", risk_profile_digest="d" * 64, run_id="a" * 32,
    )  # fmt: skip
    write_stop(hand.home, stop)
    outcome = await hand.order()
    assert (outcome.status, outcome.exit_code) == ("REFUSED", ExitCode.BLOCKED)
    body = json.loads(hand.rows("decisions")[-1]["risk_body"])
    assert (body["code"], body["limit"], body["value"]) == ("RISK_DRAWDOWN", "0.1", "0.12")
    await hand.order(Side.SELL, quantity="5000")
    assert code(hand) == "RISK_FLIP", "a sale of more than is held is told as that, with what is held"
    assert (await hand.order(Side.SELL, quantity="0.005")).status == "FILLED", "what takes risk away may leave"
    anna = OperatorIdentity("anna", frozenset({Role.RISK}))
    assert release(hand.home, "rehearsal", anna, "looked into it", WallClock()).stop == stop
    assert (await hand.order()).status == "FILLED"
    newest = newest_release(hand.home, "rehearsal")
    assert newest is not None
    last = [json.loads(row["body"]) for row in hand.rows("notes") if row["event"] == "equity"][-1]
    assert last["released"] == newest.id
    figure = read_figure(hand.home, "rehearsal")
    assert figure is not None
    assert (figure.stage, figure.run_id, figure.epoch) == ("rehearsal", "by hand", 0)


async def test_an_order_publishes_the_account_as_it_has_left_it(hand: Hand) -> None:
    """What is held, what rests and what was lost, of that very order: nothing waits for the next one."""
    limits = {"max_open_orders": 20, "max_consecutive_losses": 1, "cooldown_after_loss_minutes": Decimal(5)}

    def told() -> dict[str, Any]:
        figure = read_figure(hand.home, "rehearsal")
        assert figure is not None
        return {str(use["limit"]): use for use in figure.uses}

    rests = await hand.order(limit="1000", limits=limits)
    assert told()["max_open_orders"]["used"] == "1"
    resting = Decimal(told()["max_position_pct"]["used"])
    await hand.cancel(rests.client_order_id, limits=limits)
    assert told()["max_open_orders"]["used"] == "0"
    assert Decimal(told()["max_position_pct"]["used"]) < resting, "what works counts as if it were filled"
    before = Decimal(told()["max_position_pct"]["used"])
    await hand.order(quantity="0.02", limits=limits)
    with_it = Decimal(told()["max_position_pct"]["used"])
    assert with_it > before
    await hand.order(Side.SELL, quantity="0.02", limits=limits)
    assert Decimal(told()["max_position_pct"]["used"]) < with_it
    assert (told()["max_consecutive_losses"]["used"], told()["max_consecutive_losses"]["refuses"]) == ("1", True)
    assert told()["cooldown_after_loss_minutes"]["refuses"]


async def test_equity_is_remembered_in_the_journal_between_commands(hand: Hand) -> None:
    await hand.order(limit="1000")
    [first] = [row for row in hand.rows("notes") if row["event"] == "equity"]
    assert first["subject"] == "USDT"
    await hand.order(limit="1000")
    tracks = [row for row in hand.rows("notes") if row["event"] == "equity"]
    assert [json.loads(row["body"])["start"] for row in tracks] == [json.loads(first["body"])["start"]] * 2


async def test_a_rejection_is_the_venues_word_and_no_success(hand: Hand) -> None:
    outcome = await hand.order(quantity="50", position="1", limit="999999")
    assert (outcome.status, outcome.exit_code) in (("REJECTED", ExitCode.VALIDATION_FAILED), ("REFUSED", ExitCode.BLOCKED))
    assert outcome.filled.startswith("0")


async def test_an_order_whose_answer_is_lost_exists_once_and_is_found(hand: Hand) -> None:
    await asyncio.to_thread(hand.venue.add_fault, "drop_after", match=PLACE[hand.name], count=1)
    outcome = await hand.order()
    assert (outcome.status, outcome.exit_code) == ("FILLED", ExitCode.OK)
    assert not any("accepted as" in step.text for step in hand.steps), "the answer was lost"
    assert len(truth(hand.venue, outcome.client_order_id)) == 1


async def test_an_order_nobody_has_heard_of_when_waiting_ends_is_unknown_and_says_what_happens_next(hand: Hand) -> None:
    await asyncio.to_thread(hand.venue.add_fault, "drop_before", match=PLACE[hand.name], count=1)
    outcome = await hand.order(wait_s=0.5)
    assert (outcome.status, outcome.exit_code) == ("UNKNOWN", ExitCode.UNKNOWN)
    assert "never sent again" in outcome.next
    assert truth(hand.venue, outcome.client_order_id) == []


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"quantity": "0"}, "zero"),
        ({"quantity": "-1"}, "negative"),
        ({"quantity": "1e-9"}, "below one lot"),
        ({"limit": "nan"}, "not a decimal number"),
        ({"instrument": "DOGE/USDT"}, "BTC/USDT"),
    ],
)
async def test_an_order_that_cannot_be_one_is_a_usage_error(hand: Hand, what: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        await hand.order(**what)
    assert hand.rows("decisions") == []


def test_a_market_order_has_no_time_in_force() -> None:
    with pytest.raises(ConfigError, match="--limit"):
        OrderRequest(side=Side.BUY, quantity="1", instrument="BTC/USDT", time_in_force=TimeInForce.IOC)
