"""What a fill does to an account, exact and with its fee in the asset that pays it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.model.errors import MagnitudeError
from golive.model.ids import ClientOrderId, FillId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.movement import movements, total
from golive.model.order import Fill, Liquidity, Side

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.00001", min_quantity="0.00001", max_quantity="100")


def fill(side: Side, fee: str, fee_asset: str) -> Fill:
    """0.5 BTC at 60000.1, with a fee in decimal text."""
    scale = BTC.base_scale if fee_asset == "BTC" else BTC.quote_scale
    return Fill(
        FillId("okx", "t1"), ClientOrderId("a" * 32), InstrumentId("okx", "BTC", "USDT"), 1, side, BTC.ticks("60000.1"),
        BTC.lots("0.5"), int(Decimal(fee).scaleb(scale)), fee_asset, Liquidity.TAKER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "base", "quote"),
    [
        (fill(Side.BUY, "0.0005", "BTC"), "0.4995", "-30000.05"),
        (fill(Side.SELL, "30.00005", "USDT"), "-0.5", "29970.04995"),
        (fill(Side.BUY, "30", "USDT"), "0.5", "-30030.05"),
        (fill(Side.SELL, "-3", "USDT"), "-0.5", "30003.05"),
    ],
    ids=["fee in base", "fee in quote", "buy with a fee in quote", "a rebate comes in"],
)
def test_a_fill_moves_both_assets_and_its_fee_the_one_it_is_charged_in(given: Fill, base: str, quote: str) -> None:
    assert movements(given, BTC) == {"BTC": Decimal(base), "USDT": Decimal(quote)}


def test_a_fee_in_a_third_asset_is_not_guessed() -> None:
    with pytest.raises(MagnitudeError, match="OKB"):
        movements(fill(Side.BUY, "1", "OKB"), BTC)


def test_a_sum_keeps_every_digit() -> None:
    """More digits than the default context of decimals keeps."""
    large, small = Decimal("1234567890123456789"), Decimal("0.000000000000000001")
    assert total([{"A": large}, {"A": small, "B": small}]) == {
        "A": Decimal("1234567890123456789.000000000000000001"),
        "B": small,
    }
