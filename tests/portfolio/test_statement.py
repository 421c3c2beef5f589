"""Statements: what is known exactly, and what stays unknown."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import pytest

from golive.model.errors import MagnitudeError
from golive.model.ids import FillId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import BalanceLine, Flow, Ledger, PositionLine, ProfitLine, exposure_of, price_of, statement_of
from support.trading import BALANCES, BTC, BTC_ID, client_order_id, instrument_named

ETH = instrument_named("okx:ETH/USDT")
EUR = instrument_named("okx:ETH/EUR")
CROSS = instrument_named("okx:ETH/BTC")


def fill(
    n: int, side: Side, price: str, quantity: str, fee: int = 0, fee_asset: str = "USDT", instrument: Instrument = BTC
) -> Fill:
    return Fill(
        FillId("okx", str(n)), client_order_id(n), instrument.id, n, side, instrument.ticks(price), instrument.lots(quantity), fee,
        fee_asset, Liquidity.TAKER,
    )  # fmt: skip


def bought_and_sold() -> Ledger:
    """Two lots at 40,000 and 42,000, one and a half of them sold at 43,000; 10 USDT of fees each time, 200 USDT reserved."""
    ledger = Ledger([BTC, ETH], BALANCES)
    ledger.apply(fill(1, Side.BUY, "40000", "1", 10 * 10**9))
    ledger.apply(fill(2, Side.BUY, "42000", "1", 10 * 10**9))
    ledger.apply(fill(3, Side.SELL, "43000", "1.5", 10 * 10**9))
    ledger.reserve("USDT", 200 * 10**9)
    return ledger


def test_a_statement_tells_balances_positions_and_profit_as_texts() -> None:
    statement = statement_of(bought_and_sold(), {BTC_ID: BTC.ticks("44000")})
    assert statement.balances == (
        BalanceLine("BTC", "0", "0.5", "0.5", "0", "0", "22000"),
        BalanceLine("ETH", "0", "0", "0", "0", "0", "0"),
        BalanceLine("USDT", "100000", "82470", "82270", "200", "30", "82470"),
    )
    assert statement.positions == (
        PositionLine(
            instrument="okx:BTC/USDT", quantity="0.5", average_price="41010", cost="20505", realized="2975",
            fifo_realized="3475", mark_price="44000", value="22000", unrealized="1495", fifo_unrealized="995",
            share_of_equity=22_000 / 104_470,
        ),
    )  # fmt: skip
    assert statement.profit == ProfitLine(
        asset="USDT", equity="104470", flows="100000", net="4470", realized="2975", unrealized="1495", fifo_realized="3475",
        fifo_unrealized="995", fees="30", exposure="22000",
    )  # fmt: skip
    assert set(asdict(statement)) == {"balances", "positions", "profit"}


@pytest.mark.parametrize("marks", [{}, {BTC_ID: 0}, {ETH.id: 100}])
def test_without_a_mark_worth_is_unknown_and_never_zero(marks: dict[InstrumentId, int]) -> None:
    ledger = bought_and_sold()
    statement = statement_of(ledger, marks)
    assert statement.balances[0].value is None
    assert statement.balances[1].value == "0", "nothing of it is held"
    [position] = statement.positions
    assert (position.mark_price, position.value, position.unrealized, position.share_of_equity) == (None, None, None, None)
    assert (position.realized, position.cost) == ("2975", "20505"), "what was realised needs no mark"
    profit = statement.profit
    assert (profit.equity, profit.net, profit.unrealized, profit.exposure) == (None, None, None, None)
    assert profit.realized == "2975"
    assert ledger.equity(marks) is None
    assert exposure_of(ledger, marks) is None


def test_a_fee_in_a_third_asset_is_worth_what_its_price_says_or_nothing_is_known() -> None:
    ledger = Ledger([BTC], {**BALANCES, "OKB": Decimal(2)}, other_assets={"OKB": 8})
    ledger.apply(fill(1, Side.BUY, "40000", "1", 50_000_000, "OKB"))
    marks = {BTC_ID: BTC.ticks("40000")}
    blind = statement_of(ledger, marks).profit
    assert (blind.fees, blind.equity, blind.net) == (None, None, None)
    known = statement_of(ledger, marks, {"OKB": price_of(ledger, "OKB", Decimal("45.5"))}).profit
    assert (known.fees, known.equity, known.flows, known.net) == ("22.75", "100068.25", "100091", "-22.75")
    assert (known.realized, known.unrealized) == ("0", "0"), "the token paid, not the position"
    assert ledger.text("OKB", ledger.balances["OKB"].total) == "1.5"
    assert ledger.fees["OKB"] == 50_000_000


def test_a_fee_in_an_asset_that_is_not_kept_or_not_there_is_refused() -> None:
    ledger = Ledger([BTC], {**BALANCES, "OKB": Decimal(1)}, other_assets={"OKB": 8})
    with pytest.raises(MagnitudeError, match="in BNB, an asset this ledger does not keep"):
        ledger.apply(fill(1, Side.BUY, "40000", "1", 1, "BNB"))
    with pytest.raises(MagnitudeError, match="negative balance of OKB"):
        ledger.apply(fill(1, Side.BUY, "40000", "1", 10**8 + 1, "OKB"))
    ledger.reserve("OKB", 10**8)
    with pytest.raises(MagnitudeError, match="negative balance of OKB"):
        ledger.apply(fill(1, Side.BUY, "40000", "1", 1, "OKB"))


def test_start_balances_of_unknown_cost_make_profits_unknown_and_a_declared_price_makes_them_known() -> None:
    balances = {**BALANCES, "BTC": Decimal(1)}
    sale, marks = fill(1, Side.SELL, "44000", "0.5"), {BTC_ID: BTC.ticks("45000")}
    unknown, known = Ledger([BTC], balances), Ledger([BTC], balances, opening_prices={BTC_ID: BTC.ticks("40000")})
    for ledger in (unknown, known):
        ledger.apply(sale)
    [line], profit = statement_of(unknown, marks).positions, statement_of(unknown, marks).profit
    assert (line.average_price, line.cost, line.realized, line.unrealized, line.fifo_realized) == (None,) * 5
    assert (profit.realized, profit.unrealized, profit.flows, profit.net) == (None,) * 4
    assert (line.value, profit.equity) == ("22500", "144500"), "what it is worth needs no cost"
    [line], profit = statement_of(known, marks).positions, statement_of(known, marks).profit
    assert (line.average_price, line.realized, line.unrealized) == ("40000", "2000", "2500")
    assert (profit.flows, profit.net) == ("140000", "4500")


def test_deposits_and_withdrawals_are_no_profit() -> None:
    ledger, marks = Ledger([BTC], BALANCES), {BTC_ID: BTC.ticks("40000")}
    ledger.book_flow(Flow(1, "USDT", 500 * 10**9))
    ledger.book_flow(Flow(2, "BTC", 10**8, 40_000 * 10**9))
    ledger.book_flow(Flow(3, "BTC", -25_000_000, 10_000 * 10**9))
    profit = statement_of(ledger, marks).profit
    assert (profit.equity, profit.flows, profit.net, profit.realized, profit.unrealized) == (
        "130500", "130500", "0", "0", "0",
    )  # fmt: skip


def test_several_quote_assets_need_a_reporting_asset_and_a_price() -> None:
    with pytest.raises(MagnitudeError, match="must share a quote asset"):
        Ledger([BTC, EUR], BALANCES)
    with pytest.raises(MagnitudeError, match="GBP is not the quote asset"):
        Ledger([BTC, EUR], BALANCES, reporting="GBP")
    ledger = Ledger([BTC, EUR], {**BALANCES, "EUR": Decimal(10_000)}, reporting="USDT")
    ledger.apply(fill(1, Side.BUY, "2000", "2", 0, "EUR", EUR))
    marks = {EUR.id: EUR.ticks("2100")}
    assert ledger.equity(marks) is None, "nobody said what a euro is worth"
    prices = {"EUR": price_of(ledger, "EUR", Decimal("1.1"))}
    statement = statement_of(ledger, marks, prices)
    assert [(p.cost, p.value, p.unrealized) for p in statement.positions] == [("4000", "4200", "200")], "in euros"
    profit = statement.profit
    assert (profit.equity, profit.flows, profit.net, profit.unrealized) == ("111220", "111000", "220", "220")


def test_the_reporting_asset_is_money_even_where_it_is_a_base() -> None:
    euros = instrument_named("okx:USDT/EUR")
    ledger = Ledger([BTC, euros], BALANCES, reporting="USDT")
    ledger.book_flow(Flow(1, "USDT", 10**9))
    statement = statement_of(ledger, {})
    assert statement.positions == ()
    assert (statement.profit.equity, statement.profit.flows, statement.profit.net) == ("100001", "100001", "0")
    assert statement.profit.exposure == "0"


def test_an_asset_is_valued_once_and_through_the_instruments_that_lead_to_the_reporting_asset() -> None:
    ledger = Ledger([CROSS, BTC, ETH], {"ETH": Decimal(2)}, reporting="USDT")
    to_btc, to_usdt = CROSS.ticks("0.05"), BTC.ticks("40000")
    assert ledger.equity({CROSS.id: to_btc}) is None, "the way ends at BTC"
    assert ledger.equity({CROSS.id: to_btc, BTC_ID: to_usdt}) == 4_000 * 10 ** ledger.scales["USDT"]
    assert ledger.equity({ETH.id: ETH.ticks("2500")}) == 5_000 * 10 ** ledger.scales["USDT"]
    both = {CROSS.id: to_btc, BTC_ID: to_usdt, ETH.id: ETH.ticks("2500")}
    assert ledger.equity(both) == 4_000 * 10 ** ledger.scales["USDT"], "the first instrument that leads there"
    given = {"ETH": price_of(ledger, "ETH", Decimal(3_000))}
    assert ledger.equity(both, given) == 6_000 * 10 ** ledger.scales["USDT"], "a price that was given comes first"


def test_prices_that_lead_in_a_circle_lead_nowhere() -> None:
    back = instrument_named("okx:BTC/ETH")
    ledger = Ledger([CROSS, back, BTC], {"ETH": Decimal(1)}, reporting="USDT")
    assert ledger.equity({CROSS.id: CROSS.ticks("0.05"), back.id: back.ticks("20")}) is None


def test_exposure_is_told_by_instrument_in_all_and_as_a_share_of_equity() -> None:
    ledger = Ledger([BTC, ETH], BALANCES)
    ledger.apply(fill(1, Side.BUY, "40000", "1"))
    ledger.apply(fill(2, Side.BUY, "2500", "4", 0, "ETH", ETH))
    exposure = exposure_of(ledger, {BTC_ID: BTC.ticks("50000"), ETH.id: ETH.ticks("2500")})
    assert exposure is not None
    assert exposure.by_instrument == {BTC_ID: 50_000 * 10**9, ETH.id: 10_000 * 10**9}
    assert (exposure.gross, exposure.equity) == (60_000 * 10**9, 110_000 * 10**9)
    assert exposure.share(BTC_ID) == pytest.approx(5 / 11)
    assert exposure.share(EUR.id) == 0.0
    nothing = exposure_of(Ledger([BTC], {}), {})
    assert nothing is not None
    assert (nothing.gross, nothing.share(BTC_ID)) == (0, 0.0)


def test_a_price_must_be_positive() -> None:
    ledger = Ledger([BTC], BALANCES)
    for price in ("0", "-1", "NaN", "Infinity"):
        with pytest.raises(MagnitudeError, match="not positive"):
            price_of(ledger, "BTC", Decimal(price))


def test_fees_in_base_count_at_the_price_of_their_fill() -> None:
    ledger = Ledger([BTC], BALANCES)
    ledger.apply(fill(1, Side.BUY, "40000", "1", 100_000, "BTC"))
    ledger.apply(fill(2, Side.SELL, "50000", "0.5", 25 * 10**9, "USDT"))
    assert ledger.text("USDT", ledger.fees_in_quote) == "65"
    assert ledger.text("USDT", ledger.traded_notional) == "65000"
    assert statement_of(ledger).profit.fees == "65"
