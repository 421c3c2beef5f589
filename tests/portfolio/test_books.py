"""The books prove themselves: postings, replay, digest, statement of an account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.errors import JournalError, MagnitudeError
from golive.model.ids import FillId
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import (
    Account,
    Entry,
    Flow,
    Journaled,
    Ledger,
    account_lines,
    check_books,
    digest_of,
    replay,
    state_of,
    trial_balance,
)
from support.trading import BALANCES, BTC, BTC_ID, client_order_id


def fill(n: int, side: Side, price: str, quantity: str, charged: FeeAsset = FeeAsset.RECEIVED) -> Fill:
    ticks, lots = BTC.ticks(price), BTC.lots(quantity)
    fee, asset = FeeSchedule(Decimal(8), Decimal(10), charged).fee(BTC, side, ticks, lots, Liquidity.TAKER)
    return Fill(FillId("okx", str(n)), client_order_id(n), BTC_ID, n, side, ticks, lots, fee, asset, Liquidity.TAKER)


def traded() -> Ledger:
    ledger = Ledger([BTC], BALANCES)
    ledger.apply(fill(1, Side.BUY, "40000", "1"))
    ledger.book_flow(Flow(2, "USDT", -(10**12)))
    ledger.apply(fill(3, Side.SELL, "41000", "0.4"))
    ledger.reserve("USDT", 5 * 10**11)
    return ledger


def test_every_unit_stands_on_an_account_and_each_asset_sums_to_zero() -> None:
    accounts = trial_balance(traded())
    unit = 10**9
    assert accounts["USDT"] == {
        Account.FREE: (100_000 - 1_000 - 40_000 - 500) * unit + 16_400 * unit - 16_400_000_000,
        Account.RESERVED: 500 * unit, Account.VENUE: 23_600 * unit, Account.FEES: 16_400_000_000,
        Account.EXTERNAL: -99_000 * unit,
    }  # fmt: skip
    assert accounts["BTC"] == {
        Account.FREE: 59_900_000, Account.RESERVED: 0, Account.VENUE: -60_000_000, Account.FEES: 100_000, Account.EXTERNAL: 0,
    }  # fmt: skip
    assert [sum(row.values()) for row in accounts.values()] == [0, 0]


@pytest.mark.parametrize("account", ["free", "reserved", "venue", "fees", "external"])
def test_an_account_that_left_its_postings_is_found(account: str) -> None:
    ledger = traded()
    check_books(ledger)
    balance = ledger.balances["USDT"]
    setattr(balance, account, getattr(balance, account) + 1)
    with pytest.raises(JournalError, match="of USDT"):
        check_books(ledger)


def test_an_entry_holds_what_the_contract_lists_and_gives_its_fill_back() -> None:
    ledger = traded()
    first, flow, second = ledger.entries()
    assert isinstance(first, Entry)
    assert Entry._fields == (
        "ts", "fill_id", "client_order_id", "instrument", "side", "quantity", "price", "fee", "fee_asset", "liquidity",
        "position_after",
    )  # fmt: skip
    assert first.fill == fill(1, Side.BUY, "40000", "1")
    assert first.position_after == BTC.lots("0.999")
    assert isinstance(second, Entry)
    assert second.position_after == BTC.lots("0.599")
    assert flow == Flow(2, "USDT", -(10**12))


def test_replaying_the_entries_gives_equal_bytes() -> None:
    ledger, again = traded(), Ledger([BTC], BALANCES)
    replay(again, ledger.entries())
    assert digest_of(again) != digest_of(ledger), "a reservation is part of the state"
    again.reserve("USDT", 5 * 10**11)
    assert digest_of(again) == digest_of(ledger)


def test_the_state_tells_positions_and_lots() -> None:
    state = state_of(traded())
    cost = 40_000 * 10**9
    left = cost - cost * 40_000_000 // 99_900_000
    realized = 16_400 * 10**9 - 16_400_000_000 - cost + left
    assert state["positions"] == {"okx:BTC/USDT": ["59900000", str(left), str(realized), True]}
    assert state["lots"] == {"okx:BTC/USDT": [str(realized), [["59900000", str(left)]]]}


def test_a_replay_that_does_not_come_to_the_written_position_is_refused() -> None:
    first, *rest = traded().entries()
    assert isinstance(first, Entry)
    changed: list[Journaled] = [first._replace(position_after=first.position_after + 1), *rest]
    with pytest.raises(JournalError, match="position after fill 1"):
        replay(Ledger([BTC], BALANCES), changed)


@pytest.mark.parametrize(
    "change", [{"price": 400_001}, {"quantity": 99_999_999}, {"fee": 1}, {"ts": 9}, {"fill_id": FillId("okx", "x")}]
)
def test_any_changed_fill_changes_the_digest(change: dict[str, object]) -> None:
    one, two = Ledger([BTC], BALANCES), Ledger([BTC], BALANCES)
    original = fill(1, Side.BUY, "40000", "1")
    one.apply(original)
    two.apply(original._replace(**change))  # type: ignore[arg-type]
    assert digest_of(one) != digest_of(two)


def test_asking_between_fills_changes_nothing() -> None:
    asked, silent = Ledger([BTC], BALANCES), Ledger([BTC], BALANCES)
    for n in range(1, 20):
        for ledger in (asked, silent):
            ledger.apply(fill(n, Side.BUY if n % 2 else Side.SELL, str(40_000 + n), "0.5" if n % 2 else "0.3"))
        digest_of(asked)
    assert digest_of(asked) == digest_of(silent)
    assert asked.fees_in_quote == silent.fees_in_quote
    assert asked.traded_notional == silent.traded_notional


def test_an_account_statement_ends_at_what_is_owned() -> None:
    ledger = traded()
    rows = [(line.what, line.change, line.fee, line.balance) for line in account_lines(ledger, "USDT")]
    assert rows == [
        ("flow", "100000", "0", "100000"),
        ("buy okx:BTC/USDT 1", "-40000", "0", "60000"),
        ("flow", "-1000", "0", "59000"),
        ("sell okx:BTC/USDT 3", "16400", "-16.4", "75383.6"),
    ]
    assert rows[-1][-1] == ledger.text("USDT", ledger.balances["USDT"].total)


@pytest.mark.parametrize(
    "flow",
    [
        Flow(1, "XYZ", 1), Flow(1, "USDT", 0), Flow(1, "USDT", -(10**15)), Flow(1, "USDT", 1 << 62), Flow(1, "BTC", 1, -1),
        Flow(1, "BTC", -1, 1),
    ],
)  # fmt: skip
def test_a_flow_that_cannot_be_changes_nothing(flow: Flow) -> None:
    ledger = Ledger([BTC], BALANCES)
    before = digest_of(ledger)
    with pytest.raises(MagnitudeError):
        ledger.book_flow(flow)
    assert digest_of(ledger) == before


def test_reserved_funds_do_not_pay_for_a_fill() -> None:
    ledger = Ledger([BTC], BALANCES)
    ledger.reserve("USDT", ledger.balances["USDT"].total - 1)
    with pytest.raises(MagnitudeError, match="negative balance of USDT"):
        ledger.apply(fill(1, Side.BUY, "40000", "1"))


def test_only_free_funds_can_be_withdrawn() -> None:
    ledger = Ledger([BTC], BALANCES)
    total = ledger.balances["USDT"].total
    ledger.reserve("USDT", 1)
    with pytest.raises(MagnitudeError, match="does not fit the balance"):
        ledger.book_flow(Flow(1, "USDT", -total))
    ledger.book_flow(Flow(1, "USDT", 1 - total))
    assert ledger.balances["USDT"].free == 0


@pytest.mark.parametrize("units", [-(1 << 61), 1 << 61])
def test_no_account_leaves_the_exact_range_by_reserving_or_releasing(units: int) -> None:
    ledger = Ledger([BTC], {})
    ledger.book_flow(Flow(1, "USDT", 1 << 61))
    ledger.reserve("USDT", 1 << 61)
    ledger.book_flow(Flow(1, "USDT", (1 << 62) - 1))
    before = digest_of(ledger)
    with pytest.raises(MagnitudeError, match="cannot reserve"):
        ledger.reserve("USDT", units)
    assert digest_of(ledger) == before
