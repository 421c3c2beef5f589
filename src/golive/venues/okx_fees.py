"""The spot fees that OKX publishes, by 30-day volume, as data and nothing else.

Venues change these tables, and rates differ by region and by pair: an account's own rates are its venue's to tell. A tier
whose threshold is not in the source is left out, so that what we charge is rather too much than too little. Tiers that
hang on holdings of a token or on assets are left out as well.
"""

from __future__ import annotations

from typing import Final

from golive.matching.fee import FeeAsset, FeeTable

FEES: Final = FeeTable.of(
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
