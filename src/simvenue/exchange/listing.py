"""What is listed: an instrument with its start price, its wire texts, and how its units fit the accounts' units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument, decimals_of
from golive.model.money import format_decimal, parse_money, steps_exact
from golive.model.order import Liquidity, Side

from .refusal import Reason, Refusal
from .text import decimal_text

_CACHE_LIMIT = 100_000
_RATE_PARTS = 10_000 * 10_000


class Listing:
    """One listed instrument. Accounts keep one scale per asset; `base_factor` and `quote_factor` lead there."""

    def __init__(self, instrument: Instrument, fees: FeeSchedule, scales: dict[str, int]) -> None:
        self.instrument = instrument
        self.fees = fees
        self.base = instrument.base
        self.quote = instrument.quote
        self.symbol = instrument.id.symbol
        self.base_factor: int = 10 ** (scales[instrument.base] - instrument.base_scale)
        self.quote_factor: int = 10 ** (scales[instrument.quote] - instrument.quote_scale)
        self._dearest = max(0, int(max(fees.maker_bps, fees.taker_bps) * 10_000))
        self._price_scale = decimals_of(instrument.tick_size)
        self._price_step = int(instrument.tick_size.scaleb(self._price_scale))
        self._lot_scale = decimals_of(instrument.lot_size)
        self._lot_step = int(instrument.lot_size.scaleb(self._lot_scale))
        self._price_texts: dict[int, str] = {}
        self.tick_text = format_decimal(instrument.tick_size)
        self.lot_text = format_decimal(instrument.lot_size)

    def base_units(self, lots: int) -> int:
        """Return a quantity in account units of the base asset."""
        return self.instrument.base_units(lots) * self.base_factor

    def quote_units(self, notional: int) -> int:
        """Return an amount in the instrument's quote units in account units."""
        return notional * self.quote_factor

    def fee_asset(self, side: Side) -> str:
        """Return the asset an order of `side` pays its fees in."""
        return self.base if side is Side.BUY and self.fees.asset is FeeAsset.RECEIVED else self.quote

    def fee(self, side: Side, ticks: int, lots: int, liquidity: Liquidity) -> tuple[int, str]:
        """Return (fee in account units, asset) of one fill; positive is charged."""
        units, asset = self.fees.fee(self.instrument, side, ticks, lots, liquidity)
        return units * (self.base_factor if asset == self.base else self.quote_factor), asset

    def fee_on_top(self, side: Side, notional: int) -> int:
        """Return the most, in account units, that a fill worth `notional` quote units is charged beside what it gives.

        0 when the fee is cut from what the order receives.
        """
        if side is Side.SELL or self.fees.asset is FeeAsset.RECEIVED:
            return 0
        return self.quote_units(-(-notional * self._dearest // _RATE_PARTS))

    def price_text(self, ticks: int) -> str:
        text = self._price_texts.get(ticks)
        if text is None:
            if len(self._price_texts) > _CACHE_LIMIT:
                self._price_texts.clear()
            text = self._price_texts[ticks] = decimal_text(ticks * self._price_step, self._price_scale)
        return text

    def quantity_text(self, lots: int) -> str:
        return decimal_text(lots * self._lot_step, self._lot_scale)

    def notional_text(self, units: int) -> str:
        """Text of an amount in the instrument's own quote units."""
        return decimal_text(units, self.instrument.quote_scale)

    def average_text(self, notional: int, lots: int) -> str:
        """Text of the average price of `lots` that cost `notional` quote units; `` when nothing was filled."""
        if lots == 0:
            return ""
        exact = Decimal(notional).scaleb(-self.instrument.quote_scale) / (Decimal(lots) * self.instrument.lot_size)
        return format_decimal(round(exact, self._price_scale + 8))

    def read_price(self, text: str) -> int:
        """Read a price on the tick grid; Refusal MALFORMED or PRICE_OFF_GRID."""
        value = self._number(text, "px")
        try:
            ticks = steps_exact(value, self.instrument.tick_size)
        except MagnitudeError as exc:
            raise Refusal(Reason.PRICE_OFF_GRID, f"px must be a multiple of {self.tick_text}") from exc
        if ticks > self.instrument.max_price:
            raise Refusal(Reason.PRICE_OUT_OF_RANGE, "px is out of range")
        return ticks

    def read_quantity(self, text: str) -> int:
        """Read a base quantity on the lot grid within the limits; Refusal MALFORMED, OFF_GRID, TOO_SMALL, TOO_LARGE."""
        value = self._number(text, "sz")
        if value < self.instrument.lot_size * self.instrument.min_quantity:
            raise Refusal(Reason.QUANTITY_TOO_SMALL, f"sz is below {self.quantity_text(self.instrument.min_quantity)}")
        try:
            lots = steps_exact(value, self.instrument.lot_size)
        except MagnitudeError as exc:
            raise Refusal(Reason.QUANTITY_OFF_GRID, f"sz must be a multiple of {self.lot_text}") from exc
        if lots > self.instrument.max_quantity:
            raise Refusal(Reason.QUANTITY_TOO_LARGE, f"sz is above {self.quantity_text(self.instrument.max_quantity)}")
        return lots

    def read_quote(self, text: str) -> int:
        """Read an amount of the quote asset into the instrument's own quote units."""
        try:
            return steps_exact(self._number(text, "sz"), Decimal(1).scaleb(-self.instrument.quote_scale))
        except MagnitudeError as exc:
            raise Refusal(Reason.MALFORMED, "sz") from exc

    @staticmethod
    def _number(text: str, what: str) -> Decimal:
        try:
            return parse_money(text, what)
        except MagnitudeError as exc:
            raise Refusal(Reason.MALFORMED, what) from exc


def asset_scales(instruments: Sequence[Instrument]) -> dict[str, int]:
    """Return the decimals every asset is kept in: the finest any instrument needs."""
    scales: dict[str, int] = {}
    for instrument in instruments:
        for asset, scale in ((instrument.base, instrument.base_scale), (instrument.quote, instrument.quote_scale)):
            scales[asset] = max(scales.get(asset, 0), scale)
    return scales
