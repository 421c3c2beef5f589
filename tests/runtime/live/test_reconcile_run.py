"""Reconciling accounts at three simulated venues over sockets: what blocks, and what each consent does and leaves alone."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golive.execution.reconciliation import Choice, Difference, DifferenceKind
from golive.model.errors import PrerequisiteMissing
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.order import Fill, Liquidity, OrderStatus, Side
from golive.model.verdict import ExitCode
from golive.runtime.live import reconcile_consent
from golive.runtime.live.order_run import withdraw
from golive.runtime.live.plan import LivePlan
from golive.runtime.live.reconcile_consent import NotOffered, Request
from golive.runtime.live.reconcile_document import document, reconciliation_schema
from golive.runtime.live.reconcile_run import Reconciliation, agreed, examined
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from golive.venues.dialect import FillSighting
from support.adapters import unhurried
from support.by_hand import placed_by_hand
from support.live_desk import account_plan, live_plan, live_venue, swept, trader
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
PATHS = {"okx": "/api/v5/trade/order", "bybit": "/v5/order/create", "kraken": "/0/private/AddOrder"}
NOTHING_TO_CANCEL = {"okx": "51400", "bybit": "170213", "kraken": "EOrder:Unknown order"}
RESTING = "1000"
UNKNOWN_ID = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Account:
    """A venue, and the plan of the account that trades there."""

    name: str
    venue: VenueProcess
    plan: LivePlan
    names: dict[str, str] = field(default_factory=dict)
    """client order ids of what was placed by hand, by the venue's id"""

    async def by_hand(self, *, side: str = "buy", quantity: str = "0.01", price: str | None = RESTING, name: str = "") -> str:
        named = name or f"hand{secrets.token_hex(4)}"
        order_id = await asyncio.to_thread(
            placed_by_hand, self.venue, self.name, side=side, quantity=quantity, price=price, name=named
        )
        self.names[order_id] = named
        return order_id

    async def table(self) -> tuple[Difference, ...]:
        return (await examined(self.plan)).accounts[0].differences

    async def agree(self, choice: Choice, subject: str, reason: str = "") -> Reconciliation:
        return await agreed(self.plan, await examined(self.plan), Request(choice=choice, subject=subject, reason=reason))

    async def state(self, venue_order_id: str) -> str:
        """What the venue's own records say of an order that was placed by hand."""
        rows = await asyncio.to_thread(self.venue.orders)
        return next(str(row["state"]) for row in rows if row["client_order_id"] == self.names[venue_order_id])

    def notes(self, event: str) -> list[dict[str, Any]]:
        path = next((self.plan.home / DIRECTORY).glob("*.sqlite"))
        with closing(OrderJournalReader.open(path)) as reader:
            return [json.loads(str(row.values["body"])) for row in reader.rows() if row.values.get("event") == event]


@pytest.fixture(scope="module", params=["okx", "bybit", "kraken"])
def started(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    with live_venue(request.param) as running:
        yield request.param, running


@pytest.fixture
async def at(started: tuple[str, VenueProcess], tmp_path: Path) -> AsyncIterator[Account]:
    """An account whose baseline is taken and where nothing works."""
    name, running = started
    made = Account(name, running, live_plan(tmp_path, [account_plan(name, running)]))
    assert (await examined(made.plan)).exit_code is ExitCode.OK
    yield made
    await swept(*started)


async def test_an_account_that_agrees_says_what_works_there(at: Account) -> None:
    async with trader(at.plan) as here:
        await here.sent()
    found = await examined(at.plan)
    assert (found.exit_code, found.accounts[0].status, found.accounts[0].working) == (ExitCode.OK, "agrees", 1)


async def test_a_foreign_order_is_canceled_with_consent_and_ours_goes_on(at: Account) -> None:
    async with trader(at.plan) as here:
        ours = await here.sent()
    foreign = await at.by_hand()
    [row] = await at.table()
    assert (row.kind, row.subject, row.theirs) == (DifferenceKind.FOREIGN_ORDER, foreign, "open buy 0.01 at 1000, filled 0")
    assert await at.state(foreign) == "live", "looking touches nothing"
    done = await at.agree(Choice.CANCEL, foreign, "not mine")
    assert (done.exit_code, done.did_change, done.accounts[0].working) == (ExitCode.OK, True, 1)
    assert await at.state(foreign) == "canceled"
    again = await at.agree(Choice.CANCEL, foreign, "not mine")
    assert (again.exit_code, again.did_change) == (ExitCode.OK, False), "repeating it changes nothing"
    [note] = at.notes("canceled_foreign")
    assert (note["subject"], note["reason"]) == (foreign, "not mine")
    async with trader(at.plan) as here:
        assert here.status(ours) is OrderStatus.OPEN


async def test_an_order_that_is_left_blocks_no_more_and_agreeing_again_writes_nothing(at: Account) -> None:
    left, other = await at.by_hand(), await at.by_hand(price="1001")
    done = await at.agree(Choice.LEAVE, left)
    assert [row.subject for row in done.accounts[0].differences] == [other], "a consent is about one row"
    assert not (await at.agree(Choice.LEAVE, left)).did_change
    assert len(at.notes("left")) == 1
    assert await at.state(left) == "live"


async def test_an_adopted_order_explains_its_fills_until_it_is_over(at: Account) -> None:
    """It takes what there is up to its price; the rest of it works on."""
    price = await _above_best_ask(at.plan)
    foreign = await at.by_hand(quantity="20", price=price)
    before = await examined(at.plan)
    kinds = {row.kind for row in before.accounts[0].differences}
    assert kinds == {DifferenceKind.FOREIGN_ORDER, DifferenceKind.BALANCE_DIFFERS}
    done = await agreed(at.plan, before, Request(choice=Choice.ADOPT, subject=foreign))
    assert done.exit_code is ExitCode.OK, done.accounts[0].differences
    assert Decimal(at.notes("adopted")[0]["booked"]["BTC"]) > 0
    await swept(at.name, at.venue)
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    assert at.notes("adopted")[-1]["is_over"] is True
    assert len(at.notes("baseline")) == 1


async def test_somebody_elses_trade_is_accepted_asset_by_asset(at: Account) -> None:
    foreign = await at.by_hand(side="sell", price=None)
    table = await at.table()
    assert {row.kind for row in table} == {DifferenceKind.BALANCE_DIFFERS}
    assert all(foreign in row.detail for row in table)
    first, second = (row.subject for row in table)
    once = await at.agree(Choice.ACCEPT, first)
    assert [row.subject for row in once.accounts[0].differences] == [second]
    assert (await at.agree(Choice.ACCEPT, second)).exit_code is ExitCode.OK
    assert not (await at.agree(Choice.ACCEPT, second)).did_change
    assert len(at.notes("balance_accepted")) == 2
    async with trader(at.plan) as here:
        bought = await here.sent(price=None, quantity="0.01")
        await until(lambda: here.status(bought) is OrderStatus.FILLED)
    assert await at.table() == ()


async def test_a_sum_is_agreed_to_as_it_was_shown(at: Account) -> None:
    await at.by_hand(side="sell", price=None)
    before = await examined(at.plan)
    await at.by_hand(side="sell", price=None)
    with pytest.raises(NotOffered, match="moved"):
        await agreed(at.plan, before, Request(choice=Choice.ACCEPT, subject="BTC"))
    assert at.notes("balance_accepted") == []


async def test_an_id_of_our_form_that_the_journal_never_had_blocks_though_it_is_over(at: Account) -> None:
    foreign = await at.by_hand(price=None, name=UNKNOWN_ID)
    [row] = [row for row in await at.table() if row.kind is DifferenceKind.FOREIGN_ORDER]
    assert row.subject == foreign
    assert row.choices == (Choice.ADOPT, Choice.LEAVE)
    done = await at.agree(Choice.ADOPT, foreign)
    assert done.exit_code is ExitCode.OK, done.accounts[0].differences


@pytest.mark.parametrize(("choice", "subject"), [(Choice.LEAVE, "42"), (Choice.ACCEPT, "BTC"), (Choice.SIGN_ABSENT, UNKNOWN_ID)])
async def test_what_the_table_does_not_have_cannot_be_agreed_to(at: Account, choice: Choice, subject: str) -> None:
    await at.by_hand()
    with pytest.raises(NotOffered, match=subject):
        await at.agree(choice, subject, "why not")
    assert [at.notes(event) for event in ("left", "balance_accepted", "absence_signed")] == [[], [], []]


async def test_an_order_that_cannot_be_proved_any_more_ends_by_a_persons_word(at: Account, tmp_path: Path) -> None:
    """It never reached the venue, and the venue forgets so soon that asking proves nothing."""
    short = replace(unhurried(at.name), memory_s=0.01)
    plan = live_plan(tmp_path, [account_plan(at.name, at.venue, profile=short)])
    async with trader(plan) as here:
        await asyncio.to_thread(at.venue.add_fault, "drop_before", match=PATHS[at.name], count=1)
        order = here.order()
        here.desk.submit(order)
        await here.desk.settled(2)
        assert here.status(order.order.client_order_id) is OrderStatus.UNKNOWN
    before = await examined(plan)
    [row] = before.accounts[0].differences
    assert (row.kind, row.subject, row.choices) == (
        DifferenceKind.UNPROVABLE_ORDER,
        order.order.client_order_id,
        (Choice.SIGN_ABSENT,),
    )
    request = Request(choice=Choice.SIGN_ABSENT, subject=row.subject, reason="looked at the venue's pages")
    done = await agreed(plan, before, request)
    assert done.exit_code is ExitCode.OK, done.accounts[0].differences
    assert at.notes("absence_signed")[0]["reason"] == "looked at the venue's pages"
    async with trader(plan) as here:
        assert not here.desk.router.unended


async def test_another_process_keeps_the_account(at: Account) -> None:
    async with trader(at.plan):
        with pytest.raises(PrerequisiteMissing, match="process"):
            await examined(at.plan)


async def test_nothing_is_done_when_the_consent_cannot_be_written(at: Account) -> None:
    """The account is held by another process between the table and the consent."""
    foreign = await at.by_hand()
    before = await examined(at.plan)
    assert (await at.agree(Choice.LEAVE, foreign)).exit_code is ExitCode.OK
    async with trader(at.plan):
        with pytest.raises(PrerequisiteMissing, match="process"):
            await agreed(at.plan, before, Request(choice=Choice.CANCEL, subject=foreign))
    assert await at.state(foreign) == "live"
    assert at.notes("canceled_foreign") == []


async def test_a_document_names_the_command_of_each_choice(at: Account) -> None:
    foreign = await at.by_hand()
    found: Any = document(await examined(at.plan), ["--entrypoint", "okx live"])
    Draft202012Validator(reconciliation_schema()).validate(found)
    [row] = found["accounts"][0]["differences"]
    assert (found["exit_code"], found["consent"], row["subject"]) == (3, None, foreign)
    assert row["choices"][2] == {
        "choice": "leave",
        "command": f"golive reconcile --entrypoint 'okx live' --leave {foreign}",
    }


async def _above_best_ask(plan: LivePlan) -> str:
    """A price that takes something also when the market has moved a little since."""
    async with trader(plan) as here:
        instrument = here.instrument()
        book = await here.desk.account(here.adapter).parts.adapter.order_book(instrument, 5)
        best, _ = book.asks[0]
        return instrument.price_text(best + best // 1000)


async def test_a_table_is_told_also_when_there_is_no_time_to_look_again(at: Account) -> None:
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    await at.by_hand(price=None)
    hurried = replace(at.plan, timing=replace(at.plan.timing, recovery_s=8.0, recovery_pause_s=60.0))
    found = await examined(hurried)
    assert found.exit_code is ExitCode.BLOCKED
    assert {row.kind for row in found.accounts[0].differences} == {DifferenceKind.BALANCE_DIFFERS}


async def test_an_adopted_order_is_canceled_without_a_row_of_the_table(at: Account) -> None:
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    order = await at.by_hand()
    await at.agree(Choice.ADOPT, order)
    assert await at.table() == ()
    found = await at.agree(Choice.CANCEL, order)
    assert (found.did_change, found.exit_code, await at.state(order)) == (True, ExitCode.OK, "canceled")
    assert at.notes("canceled_foreign")[-1]["ours"] == "adopted"
    assert at.notes("adopted")[-1]["is_over"] is True
    assert not (await at.agree(Choice.CANCEL, order)).did_change


async def test_an_adopted_order_is_canceled_by_hand_at_an_open_desk(at: Account) -> None:
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    order = await at.by_hand()
    await at.agree(Choice.ADOPT, order)
    async with trader(at.plan) as trading:
        outcome, steps = await withdraw(trading.desk, order, lambda step: None, wait_s=20, stop=asyncio.Event())
    assert (outcome.status, outcome.exit_code, await at.state(order)) == ("CANCELED", ExitCode.OK, "canceled")
    assert [step.name for step in steps] == ["cancel", "ended"]
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    assert at.notes("adopted")[-1]["is_over"] is True


async def test_a_cancel_of_an_adopted_order_that_may_have_left_is_told_as_such(at: Account) -> None:
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    order = await at.by_hand()
    await at.agree(Choice.ADOPT, order)
    async with trader(at.plan) as trading:
        await asyncio.to_thread(at.venue.add_fault, "http_503", match="*ancel*", method="POST")
        outcome, steps = await withdraw(trading.desk, order, lambda step: None, wait_s=20, stop=asyncio.Event())
    assert (outcome.status, outcome.exit_code) == ("UNKNOWN", ExitCode.UNKNOWN)
    assert "may have reached the venue" in outcome.next
    assert [step.name for step in steps] == ["cancel", "unproved"]
    await asyncio.to_thread(at.venue.clear_faults)
    await at.agree(Choice.CANCEL, order)
    assert await at.state(order) == "canceled"


async def test_a_cancel_of_an_adopted_order_without_effect_is_told_as_such(at: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_consent, "PAUSE_S", 0.01)
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    order = await at.by_hand()
    await at.agree(Choice.ADOPT, order)
    async with trader(at.plan) as trading:
        await asyncio.to_thread(at.venue.add_fault, "error", code=NOTHING_TO_CANCEL[at.name], match="*ancel*", method="POST")
        outcome, _ = await withdraw(trading.desk, order, lambda step: None, wait_s=20, stop=asyncio.Event())
    assert (outcome.status, outcome.exit_code) == ("OPEN", ExitCode.UNKNOWN)
    assert "was sent, and it still works" in outcome.next
    await asyncio.to_thread(at.venue.clear_faults)
    await at.agree(Choice.CANCEL, order)
    assert await at.state(order) == "canceled"


async def test_a_fill_of_an_adopted_order_is_said_while_a_desk_runs(at: Account) -> None:
    assert (await examined(at.plan)).exit_code is ExitCode.OK
    order = await at.by_hand()
    await at.agree(Choice.ADOPT, order)
    async with trader(at.plan) as trading:
        instrument = trading.instrument()
        for trade in ("t1", "t2"):
            fill = Fill(
                FillId(at.name, trade), ClientOrderId(at.names[order]), instrument.id, 1, Side.BUY, 100, 1, 0, instrument.quote,
                Liquidity.MAKER,
            )  # fmt: skip
            trading.desk.account(trading.adapter).watcher.take(FillSighting(VenueOrderId(order), fill))
        [told] = [alert for alert in trading.alerts if "adopted order" in alert.body]
        assert f"adopted order {order} is being filled" in told.body
