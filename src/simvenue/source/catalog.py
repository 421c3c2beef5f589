"""Grids and start prices of generated instruments: as OKX lists them for well-known pairs, sensible ones for others."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument

from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Template:
    """Decimal texts of one generated instrument; `clip` is a typical trade in base."""

    price: str
    tick: str
    lot: str
    minimum: str
    maximum: str
    clip: str


_KNOWN = {
    "BTC": Template("42000", "0.1", "0.00000001", "0.00001", "10000", "0.35"),
    "ETH": Template("2300", "0.01", "0.000001", "0.0001", "100000", "5"),
    "SOL": Template("100", "0.01", "0.000001", "0.001", "1000000", "80"),
    "XRP": Template("0.62", "0.0001", "0.000001", "1", "10000000", "12000"),
    "DOGE": Template("0.09", "0.00001", "0.000001", "10", "100000000", "90000"),
}
_OTHER = Template("25", "0.001", "0.0001", "0.01", "1000000", "300")


def template(symbol: str) -> Template:
    """Return the template of a symbol such as `BTC/USDT`."""
    return _KNOWN.get(symbol.partition("/")[0], _OTHER)


def instrument_id(symbol: str) -> InstrumentId:
    """Read `BTC/USDT`; UsageError for any other form."""
    try:
        return InstrumentId.parse(f"sim:{symbol}")
    except ValueError as exc:
        raise UsageError(f"--symbol {symbol!r}: not a pair like BTC/USDT (upper-case base/quote)") from exc


def generated_instrument(symbol: str) -> Instrument:
    """Return the grid and limits of a generated instrument."""
    grid = template(symbol)
    return Instrument.from_text(
        str(instrument_id(symbol)),
        tick_size=grid.tick,
        lot_size=grid.lot,
        min_quantity=grid.minimum,
        max_quantity=grid.maximum,
    )
