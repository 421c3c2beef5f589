"""The spot fees that Bybit publishes, by 30-day volume, as data and nothing else.

Venues change these tables, and rates differ by region and by pair: an account's own rates are its venue's to tell. A tier
whose threshold is not in the source is left out, so that what we charge is rather too much than too little. Tiers that
hang on holdings of a token or on assets are left out as well.
"""

from __future__ import annotations

from typing import Final

from golive.matching.fee import FeeAsset, FeeTable

FEES: Final = FeeTable.of(
    FeeAsset.RECEIVED,
    (0, "10", "10"),
    (10_000_000, "6.25", "7.5"),
)
"""Non-VIP and VIP 3. Source: Bybit help centre, "Trading Fee Structure": it gives the rates of all levels, but of the volumes
only that 10 million US dollars of spot trading in 30 days make VIP 3."""
