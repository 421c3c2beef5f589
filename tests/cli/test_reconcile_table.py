"""What `golive reconcile` and `golive order list` show a person, wide and within 80 columns."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import pytest

from golive.cli.order_table import print_orders
from golive.cli.reconcile_table import print_reconciliation
from golive.execution.reconciliation import (
    Choice,
    JournalView,
    VenueOrder,
    VenueView,
    compare,
)
from golive.model.ids import InstrumentId, VenueOrderId
from golive.model.verdict import Stage
from golive.runtime.live.opening import NotReady
from golive.runtime.live.order_list import ListedOrder
from golive.runtime.live.plan import AccountPlan
from golive.runtime.live.reconcile_consent import Request
from golive.runtime.live.reconcile_run import AccountFound, Reconciliation
from golive.venues import AdapterSettings
from support.adapters import unhurried

ACCOUNT = AccountPlan(
    profile=unhurried("okx"),
    settings=AdapterSettings(exchange="okx", environment="okx_live", queue="okx_spot", endpoint="http://127.0.0.1:1"),
    account="okx_live_trading",
    symbols=("BTC/USDT",),
)
FOREIGN = VenueOrder(
    venue_order_id=VenueOrderId("1100000000000000001"), client_order_id="by\x1b[31mhand", quantity=Decimal("0.01"),
    instrument=InstrumentId("okx", "BTC", "USDT"), price=Decimal(1000), filled=Decimal(0), is_open=True, ts=5,
)  # fmt: skip
DIFFERENCES = compare(JournalView(baseline={"BTC": Decimal(1)}), VenueView(orders=(FOREIGN,), balances={"BTC": Decimal("1.5")}))


def shown(*accounts: AccountFound, consent: Request | None = None, width: int = 80) -> str:
    stream = io.StringIO()
    found = Reconciliation(entrypoint="okx_live", stage=Stage.REHEARSAL, accounts=accounts, consent=consent)
    print_reconciliation(found, ["--entrypoint", "okx_live"], stream, width=width)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 160])
def test_every_difference_says_both_sides_and_the_command_of_each_choice(width: int) -> None:
    text = shown(AccountFound(account=ACCOUNT, differences=DIFFERENCES), width=width)
    assert "1. foreign order 1100000000000000001 · okx:BTC/USDT" in text
    assert "2. balance differs BTC" in text
    for choice in ("--adopt 1100000000000000001", "--cancel 1100000000000000001", "--accept-balance BTC"):
        assert f"golive reconcile --entrypoint okx_live {choice}" in text
    assert text.endswith("okx_live · rehearsal: blocked: no order leaves (exit 3)\n")
    assert all(len(line) <= width for line in text.splitlines() if line[:1] in "┌│└")
    assert "\x1b" not in text


def test_agreement_and_ignorance_are_told_apart() -> None:
    assert "agrees (exit 0)" in shown(AccountFound(account=ACCOUNT, working=2))
    unknown = shown(AccountFound(account=ACCOUNT, problem="okx: no answer"))
    assert "cannot be said: okx: no answer" in unknown
    assert "(exit 6)" in unknown
    both = shown(AccountFound(account=ACCOUNT, problem="x"), AccountFound(account=ACCOUNT, differences=DIFFERENCES))
    assert "(exit 3)" in both, "what blocks weighs more than what is not known"


def test_a_consent_that_stood_before_is_said_to_change_nothing() -> None:
    text = shown(AccountFound(account=ACCOUNT), consent=Request(choice=Choice.LEAVE, subject="7"))
    assert text.startswith("leave 7: was agreed to before, nothing to do\n")


def test_after_a_consent_that_acted_nothing_else_was_touched() -> None:
    there = AccountFound(account=ACCOUNT, differences=DIFFERENCES)
    for consent, said in (
        (None, "Nothing was touched."),
        (Request(choice=Choice.LEAVE, subject="7"), "Nothing else was touched."),
    ):
        stream = io.StringIO()
        found = Reconciliation(
            entrypoint="okx_live", stage=Stage.REHEARSAL, accounts=(there,), consent=consent, did_change=consent is not None
        )
        print_reconciliation(found, [], stream, width=160)
        assert f"2 differences. {said}" in stream.getvalue()


def test_a_foreign_order_is_named_as_its_owner_named_it_and_a_start_says_how_to_decide() -> None:
    assert "its client order id is by" in shown(AccountFound(account=ACCOUNT, differences=DIFFERENCES), width=160)
    told = NotReady("okx_spot", "okx live", DIFFERENCES)
    assert "decide with: golive reconcile --entrypoint 'okx live'\n" in str(told)
    options = ["--entrypoint", "okx live", "--credentials", "my keys.json", "--home", "/h"]
    assert "decide with: golive reconcile --entrypoint 'okx live' --credentials 'my keys.json' --home /h\n" in told.told(options)


def test_orders_fit_into_80_columns_with_their_ids_in_full() -> None:
    order = ListedOrder(
        "f963ad56fe7d9f3d48bb1e91f98dbfcc", "1100000000000000005", "okx:BTC/USDT", "buy", "limit", "0.005", "30000", "0",
        "accepted", 1_795_291_479_000_000_000,
    )  # fmt: skip
    stream = io.StringIO()
    print_orders("okx_live", (order,), stream, width=80)
    text = stream.getvalue()
    assert "buy 0.005 BTC/USDT at 30000" in text
    assert "f963ad56fe7d9f3d48bb1e91f98dbfcc is 1100000000000000005 at the venue" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_orders_at_several_venues_are_named_with_their_venue() -> None:
    order = ListedOrder(
        "a" * 32, "1", "okx:BTC/USDT", "buy", "limit", "0.005", "30000", "0", "accepted", 1_795_291_479_000_000_000
    )
    stream = io.StringIO()
    print_orders("okx_live", (order, replace(order, instrument="bybit:BTC/USDT")), stream, width=100)
    assert "buy 0.005 bybit:BTC/USDT at 30000" in stream.getvalue()


def test_an_adopted_order_stands_among_them_with_who_adopted_it() -> None:
    adopted = ListedOrder(
        "by hand", "1100000000000000007", "okx:BTC/USDT", "sell", "limit", "0.5", "90000", "0.1", "partially_filled",
        1_795_291_479_000_000_000, "anna", "it is mine",
    )  # fmt: skip
    stream = io.StringIO()
    print_orders("okx_live", (adopted, replace(adopted, client_order_id="", reason="")), stream, width=100)
    text = stream.getvalue()
    assert "adopted, partially_filled" in text
    assert "1100000000000000007 was adopted by anna (it is mine); placed as by hand\n" in text
    assert "1100000000000000007 was adopted by anna; placed without an id of ours\n" in text
