"""Venue fees: one rounding, the venue's asset, tiers by volume."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.matching.fee import FeeAsset, FeeSchedule, FeeTable, FeeTier
from golive.model.errors import MagnitudeError
from golive.model.order import Liquidity, Side
from golive.venues import bybit, kraken, okx
from support.trading import BTC


def test_a_fee_is_charged_in_what_is_received_or_in_quote() -> None:
    received, quote = FeeSchedule(Decimal(8), Decimal(10)), FeeSchedule(Decimal(25), Decimal(40), FeeAsset.QUOTE)
    price, lots = BTC.ticks("40000"), BTC.lots("0.5")
    assert received.fee(BTC, Side.BUY, price, lots, Liquidity.TAKER) == (BTC.base_units(BTC.lots("0.0005")), "BTC")
    assert received.fee(BTC, Side.SELL, price, lots, Liquidity.MAKER) == (BTC.notional(price, lots) * 8 // 10_000, "USDT")
    for side in Side:
        assert quote.fee(BTC, side, price, lots, Liquidity.TAKER) == (BTC.notional(price, lots) * 40 // 10_000, "USDT")


@pytest.mark.parametrize(
    ("asset", "side", "paid_in"),
    [
        (FeeAsset.RECEIVED, Side.BUY, "USDT"), (FeeAsset.RECEIVED, Side.SELL, "BTC"),
        (FeeAsset.QUOTE, Side.BUY, "USDT"), (FeeAsset.QUOTE, Side.SELL, "USDT"),
    ],
)  # fmt: skip
def test_a_makers_rebate_is_negative_and_paid_in_what_is_given(asset: FeeAsset, side: Side, paid_in: str) -> None:
    schedule = FeeSchedule(Decimal("-0.5"), Decimal(10), asset)
    price, lots = BTC.ticks("40000"), BTC.lots("0.5")
    units = BTC.base_units(lots) if paid_in == "BTC" else BTC.notional(price, lots)
    assert schedule.fee(BTC, side, price, lots, Liquidity.MAKER) == (-units * 5 // 100_000, paid_in)


PUBLISHED = {p.label: p.fee_table for p in (okx.PROFILE, kraken.PROFILE, bybit.PROFILE) if p.fee_table is not None}


@given(st.integers(-10_000_000, 10_000_000), st.integers(1, 10**7), st.integers(1, 10**9), st.sampled_from(Side))
def test_a_fee_is_rounded_half_even_once(parts: int, ticks: int, lots: int, side: Side) -> None:
    schedule = FeeSchedule(Decimal(parts) / 10_000, Decimal(0))
    fee, asset = schedule.fee(BTC, side, ticks, lots, Liquidity.MAKER)
    charged = BTC.base_units(lots) if asset == "BTC" else BTC.notional(ticks, lots)
    assert fee == round(charged * parts / Decimal(10**8))


@pytest.mark.parametrize("profile", [okx.PROFILE, kraken.PROFILE, bybit.PROFILE], ids=lambda p: p.label)
def test_the_lowest_published_tier_is_what_a_fresh_account_pays(profile: object) -> None:
    assert isinstance(profile, type(okx.PROFILE))
    schedule = PUBLISHED[profile.label].schedule()
    assert schedule == FeeSchedule(Decimal(profile.fees.maker_bps), Decimal(profile.fees.taker_bps), profile.fee_asset)


@pytest.mark.parametrize("label", PUBLISHED)
def test_published_rates_fall_with_volume(label: str) -> None:
    tiers = PUBLISHED[label].tiers
    assert list(tiers) == sorted(tiers, key=lambda t: (t.volume, -t.maker_bps, -t.taker_bps))
    assert all(a.maker_bps >= b.maker_bps and a.taker_bps >= b.taker_bps for a, b in pairwise(tiers))
    for tier in tiers:
        assert PUBLISHED[label].schedule(tier.volume).taker_bps == tier.taker_bps
        if tier.volume:
            assert PUBLISHED[label].schedule(tier.volume - 1).maker_bps > tier.maker_bps or tier.maker_bps == Decimal("-0.5")


def test_high_volume_makers_are_paid_where_the_venue_publishes_it() -> None:
    assert PUBLISHED["okx"].schedule(600_000_000).maker_bps == Decimal("-0.2")
    assert PUBLISHED["kraken"].schedule(10**12).maker_bps == 0


@pytest.mark.parametrize("volumes", [(), (1,), (0, 0), (0, 5, 3)])
def test_a_table_begins_at_nothing_and_rises(volumes: tuple[int, ...]) -> None:
    with pytest.raises(MagnitudeError):
        FeeTable(FeeAsset.QUOTE, tuple(FeeTier(v, Decimal(1), Decimal(2)) for v in volumes))
