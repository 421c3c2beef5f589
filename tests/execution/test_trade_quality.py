from __future__ import annotations

from fractions import Fraction

from golive.execution.trade_quality import TradeQuality
from golive.model.ids import ClientOrderId, FillId
from golive.model.indicator import Indicator
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, NewOrder, OrderStatus, OrderType, Side
from golive.orders import Order

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.001", min_quantity="0.001", max_quantity="1000")
ID = ClientOrderId("ab" * 16)


class Told:
    def __init__(self) -> None:
        self.rows: list[tuple[str, Fraction, str]] = []
        self.quality = TradeQuality({BTC.id: BTC}, self._tell)

    def _tell(self, indicator: Indicator, value: Fraction, venue: str) -> None:
        self.rows.append((indicator.name, value, venue))


def order(side: Side = Side.BUY, *, filled: int = 10, quantity: int = 10, kind: OrderType = OrderType.MARKET,
          status: OrderStatus = OrderStatus.FILLED) -> Order:  # fmt: skip
    return Order(NewOrder(ID, BTC.id, side, kind, quantity), 1, 0, status, filled)


def fill(price: str, lots: int, fee: int, asset: str = "USDT", side: Side = Side.BUY) -> Fill:
    return Fill(FillId("okx", f"{price}-{lots}"), ID, BTC.id, 0, side, BTC.ticks(price), lots, fee, asset, Liquidity.TAKER)


def test_a_buy_costs_its_worse_price_and_its_fee() -> None:
    told = Told()
    told.quality.judged(ID, BTC.ticks("100"))
    for price, lots in (("100.1", 4), ("100.3", 6)):
        told.quality.filled(fill(price, lots, BTC.notional(BTC.ticks(price), lots) // 1000))
    told.quality.ended(order())
    paid = Fraction("100.1") * 4 + Fraction("100.3") * 6
    expected = (paid - 1000 + paid / 1000) / 1000 * 10_000
    assert told.rows == [("fill_ratio", 1, "okx"), ("trade_cost_bps", expected, "okx")]


def test_a_sale_at_a_better_price_costs_less_than_nothing() -> None:
    told = Told()
    told.quality.judged(ID, BTC.ticks("100"))
    told.quality.filled(fill("101", 10, 0, side=Side.SELL))
    told.quality.ended(order(Side.SELL))
    assert told.rows[1] == ("trade_cost_bps", Fraction(-100), "okx")


def test_a_fee_in_base_is_worth_its_fills_price() -> None:
    told = Told()
    told.quality.judged(ID, BTC.ticks("100"))
    told.quality.filled(fill("100", 10, BTC.base_units(10) // 1000, "BTC"))
    told.quality.ended(order())
    assert told.rows[1] == ("trade_cost_bps", Fraction(10), "okx")


def test_what_cannot_be_reckoned_is_not_told() -> None:
    told = Told()
    told.quality.judged(ID, BTC.ticks("100"))
    told.quality.filled(fill("100", 10, 5, "OKB"))
    told.quality.ended(order())
    told.quality.filled(fill("100", 10, 5))  # judged by another process
    told.quality.ended(order())
    assert [name for name, _, _ in told.rows] == ["fill_ratio", "fill_ratio"]


def test_an_order_that_ended_unfilled_counts_and_one_that_protects_does_not() -> None:
    told = Told()
    for status in (OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.ABSENT):
        told.quality.ended(order(filled=0, status=status))
    told.quality.ended(order(filled=3, status=OrderStatus.EXPIRED))
    told.quality.ended(order(filled=0, kind=OrderType.STOP, status=OrderStatus.CANCELED))
    told.quality.ended(order(filled=3, status=OrderStatus.PARTIAL))
    assert told.rows == [("fill_ratio", value, "okx") for value in (0, 0, 0, Fraction(3, 10))]
