"""What must be known of Kraken before its exchange is built."""

from __future__ import annotations

from dataclasses import dataclass

from golive.matching.fee import FeeAsset


@dataclass(frozen=True, slots=True)
class Traits:
    """Kraken charges in quote, on top of a buy, and lets a client id return once its order is finished.

    Source: Kraken, "Fee schedule" (tier 0: 0.25 % maker, 0.40 % taker) and AssetPairs (`costmin` 0.5 of XBT/USD).
    """

    fee_asset: FeeAsset = FeeAsset.QUOTE
    client_ids_unique_for_ever: bool = False
    default_symbol: str = "BTC/USD"
    maker_bps: str = "25"
    taker_bps: str = "40"
    minimum_cost: str = "0.5"
    serves_trade_history: bool = True


TRAITS = Traits()
