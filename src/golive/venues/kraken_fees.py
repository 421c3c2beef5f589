"""The spot fees that Kraken publishes, by 30-day volume, as data and nothing else.

Venues change these tables, and rates differ by region and by pair: an account's own rates are its venue's to tell. A tier
whose threshold is not in the source is left out, so that what we charge is rather too much than too little. Tiers that
hang on holdings of a token or on assets are left out as well.
"""

from __future__ import annotations

from typing import Final

from golive.matching.fee import FeeAsset, FeeTable

FEES: Final = FeeTable.of(
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
