"""The spot fees that venues publish, by 30-day volume, as data and nothing else.

Venues change these tables, and rates differ by region and by pair: an account's own rates are its venue's to tell. A tier
whose threshold is not in the source is left out, so that what we charge is rather too much than too little. Tiers that
hang on holdings of a token or on assets are left out as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from .fee import FeeAsset, FeeTable, FeeTier


def _table(asset: FeeAsset, *rows: tuple[int, str, str]) -> FeeTable:
    return FeeTable(asset, tuple(FeeTier(volume, Decimal(maker), Decimal(taker)) for volume, maker, taker in rows))


OKX: Final = _table(
    FeeAsset.RECEIVED,
    (0, "8", "10"),
    (10_000_000, "6", "8"),
    (20_000_000, "5", "7"),
    (50_000_000, "3", "6"),
    (100_000_000, "2", "5"),
    (200_000_000, "0", "4"),
    (500_000_000, "-0.2", "3"),
    (1_000_000_000, "-0.5", "2.5"),
    (10_000_000_000, "-0.5", "2"),
)
"""Regular users, then VIP 1 to 8, USDT and crypto pairs. Source: okx.com/fees."""

KRAKEN: Final = _table(
    FeeAsset.QUOTE,
    (0, "25", "40"),
    (10_000, "20", "35"),
    (50_000, "14", "24"),
    (100_000, "12", "22"),
    (250_000, "10", "20"),
    (500_000, "8", "18"),
    (1_000_000, "6", "16"),
    (2_500_000, "4", "14"),
    (5_000_000, "2", "12"),
    (10_000_000, "0", "10"),
)
"""Spot crypto on Kraken Pro. Source: kraken.com/features/fee-schedule, "Spot Crypto"."""

BYBIT: Final = _table(
    FeeAsset.RECEIVED,
    (0, "10", "10"),
    (10_000_000, "6.25", "7.5"),
)
"""Non-VIP and VIP 3. Source: Bybit help centre, "Trading Fee Structure": it gives the rates of all levels, but of the volumes
only that 10 million US dollars of spot trading in 30 days make VIP 3."""

PUBLISHED: Final[Mapping[str, FeeTable]] = {"okx": OKX, "kraken": KRAKEN, "bybit": BYBIT}
"""by the venue's label"""
