"""Decimal text and exact integers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import from_iso, to_iso
from golive.model.errors import MagnitudeError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import format_units, parse_decimal, parse_money, rate_of, steps_exact
from support.trading import BTC


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", "1_000", "", " 1", "1 ", "0x10", "--1", "1e-400", "٣", "1.2.3"])
def test_text_that_is_no_finite_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MagnitudeError):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["-5", "0"])
def test_a_price_is_positive(text: str) -> None:
    with pytest.raises(MagnitudeError):
        parse_money(text, "price")


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_notional_is_exact(ticks: int, lots: int) -> None:
    exact = Decimal(ticks) * BTC.tick_size * Decimal(lots) * BTC.lot_size
    assert Decimal(BTC.quote_text(BTC.notional(ticks, lots))) == exact


@given(st.integers(1, 10**12))
def test_price_and_quantity_texts_read_back_to_the_same_steps(steps: int) -> None:
    assert BTC.ticks(BTC.price_text(steps)) == steps
    assert BTC.lots(BTC.quantity_text(steps)) == steps


def test_an_amount_off_its_grid_is_refused() -> None:
    with pytest.raises(MagnitudeError, match="not a multiple"):
        BTC.ticks("40000.05")
    with pytest.raises(MagnitudeError):
        steps_exact(Decimal("0.15"), Decimal("0.1"))


def test_an_amount_beyond_the_exact_range_is_refused() -> None:
    with pytest.raises(MagnitudeError, match="does not fit"):
        BTC.notional(10**12, 10**12)


@given(st.integers(0, 10**15), st.integers(-1_000_000, 1_000_000))
def test_a_rate_is_rounded_half_even_once(units: int, numerator: int) -> None:
    exact = (Decimal(units) * numerator / Decimal(1_000_000)).quantize(Decimal(1), rounding="ROUND_HALF_EVEN")
    assert rate_of(units, numerator, 1_000_000) == int(exact)


@given(st.integers(-(10**18), 10**18), st.integers(0, 12))
def test_units_text_is_exact(units: int, scale: int) -> None:
    assert Decimal(format_units(units, scale)) * 10**scale == units


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_iso_time_reads_back(ns: int) -> None:
    assert from_iso(to_iso(ns)) == ns


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00+00:00",
        "2024-13-01T00:00:00Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-1-1T0:0:0Z",
        "2024-01-01 00:00:00Z",
        "20240101T000000Z",
        "2024-W01-1T00:00:00Z",
        "2024-01-01T00+01:00Z",
        "2024-01-01Z",
        "2024-01-01T00:00:0٣Z",
        "Z",
        "",
    ],
)
def test_time_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"end in|does not match|bad fraction"):
        from_iso(text)


@pytest.mark.parametrize("text", ["BTC/USDT", "okx:BTC-USDT", "OKX:BTC/USDT", "okx:btc/usdt", ""])
def test_an_instrument_id_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="instrument id"):
        InstrumentId.parse(text)


def test_an_instrument_with_an_impossible_grid_is_refused() -> None:
    with pytest.raises(MagnitudeError):
        Instrument.from_text("okx:A/B", tick_size="0", lot_size="1", min_quantity="1", max_quantity="2")
