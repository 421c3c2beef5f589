"""What must be known of OKX before its exchange is built."""

from __future__ import annotations

from dataclasses import dataclass

from golive.matching.fee import FeeAsset


@dataclass(frozen=True, slots=True)
class Traits:
    """OKX charges what is received and lets a client id return once its order is finished."""

    fee_asset: FeeAsset = FeeAsset.RECEIVED
    client_ids_unique_for_ever: bool = False
    default_symbol: str = "BTC/USDT"
    maker_bps: str = "8"
    taker_bps: str = "10"
    minimum_cost: str = "0"
    serves_trade_history: bool = False


TRAITS = Traits()
