"""What must be known of Bybit before its exchange is built."""

from __future__ import annotations

from dataclasses import dataclass

from golive.matching.fee import FeeAsset


@dataclass(frozen=True, slots=True)
class Traits:
    """Bybit charges what is received and never takes an `orderLinkId` twice. `minimum_cost` is BTCUSDT's `minOrderAmt`."""

    fee_asset: FeeAsset = FeeAsset.RECEIVED
    client_ids_unique_for_ever: bool = True
    default_symbol: str = "BTC/USDT"
    maker_bps: str = "10"
    taker_bps: str = "10"
    minimum_cost: str = "1"
    serves_trade_history: bool = False


TRAITS = Traits()
