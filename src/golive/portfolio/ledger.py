"""The exact ledger: balances, reservations, positions and realised profit in smallest units.

Every change is one fill; replaying the fills gives the same numbers to the last unit. Nothing here is a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from golive.model.errors import MagnitudeError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import checked, format_units, units_exact
from golive.model.order import Fill, Side


@dataclass(slots=True)
class Balance:
    """One asset, in its smallest units; `free` = total − reserved."""

    total: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        return self.total - self.reserved


@dataclass(slots=True)
class Position:
    """Holding of one instrument: base units, and what they cost in quote units (fees in quote included)."""

    base_units: int = 0
    cost: int = 0
    realized: int = 0


class Ledger:
    """Balances and positions of one account whose instruments share a quote asset.

    Raises MagnitudeError on construction when quote assets differ or a start balance is finer than its asset's unit.
    """

    def __init__(self, instruments: Iterable[Instrument], start_balances: Mapping[str, Decimal]) -> None:
        self.instruments: dict[InstrumentId, Instrument] = {i.id: i for i in instruments}
        quotes = {i.quote for i in self.instruments.values()}
        if len(quotes) != 1:
            raise MagnitudeError(f"instruments of one session must share a quote asset, not {', '.join(sorted(quotes))}")
        self.quote = quotes.pop()
        self.scales: dict[str, int] = {}
        for i in self.instruments.values():
            for asset, scale in ((i.base, i.base_scale), (i.quote, i.quote_scale)):
                self.scales[asset] = max(scale, self.scales.get(asset, 0))
        self._base_factor = {i.id: int(10 ** (self.scales[i.base] - i.base_scale)) for i in self.instruments.values()}
        self._quote_factor = {i.id: int(10 ** (self.scales[i.quote] - i.quote_scale)) for i in self.instruments.values()}
        self.balances: dict[str, Balance] = {asset: Balance() for asset in self.scales}
        for asset, amount in start_balances.items():
            if asset in self.balances:
                self.balances[asset].total = units_exact(amount, self.scales[asset], f"start balance of {asset}")
        self.start = {asset: balance.total for asset, balance in self.balances.items()}
        self.positions: dict[InstrumentId, Position] = {key: Position() for key in self.instruments}
        self.fees: dict[str, int] = dict.fromkeys(self.scales, 0)
        self.fees_in_quote = 0
        self.traded_notional = 0

    def notional(self, instrument: InstrumentId, ticks: int, lots: int) -> int:
        """Return price × quantity in the ledger's quote units."""
        return checked(self.instruments[instrument].notional(ticks, lots) * self._quote_factor[instrument], "notional")

    def base_units(self, instrument: InstrumentId, lots: int) -> int:
        """Return a quantity in the ledger's units of the base asset."""
        return self.instruments[instrument].base_units(lots) * self._base_factor[instrument]

    def total_lots(self, instrument: InstrumentId) -> int:
        """Return the whole lots of the base asset held, reserved ones included."""
        spec = self.instruments[instrument]
        return spec.lots_of_base(self.balances[spec.base].total // self._base_factor[instrument])

    def reserve(self, asset: str, units: int) -> None:
        """Set funds aside for an open order; negative `units` release them. MagnitudeError when they are not there."""
        balance = self.balances[asset]
        if not 0 <= balance.reserved + units <= balance.total:
            raise MagnitudeError(f"cannot reserve {format_units(units, self.scales[asset])} {asset}")
        balance.reserved += units

    def apply(self, fill: Fill) -> int:
        """Book one fill at once and return the position after it, in lots (whole ones).

        Raises MagnitudeError, with nothing changed, when a balance would turn negative.
        """
        spec = self.instruments[fill.instrument]
        notional = self.notional(fill.instrument, fill.price, fill.quantity)
        base = self.base_units(fill.instrument, fill.quantity)
        sign = fill.side.sign
        base_change, quote_change = sign * base, -sign * notional
        factor = self._base_factor[fill.instrument] if fill.fee_asset == spec.base else self._quote_factor[fill.instrument]
        fee = fill.fee * factor
        if fill.fee_asset == spec.base:
            base_change -= fee
        elif fill.fee_asset == spec.quote:
            quote_change -= fee
        else:
            raise MagnitudeError(f"fee of fill {fill.fill_id.trade_id} is in {fill.fee_asset}, an asset of neither side")
        new_base = checked(self.balances[spec.base].total + base_change, spec.base)
        new_quote = checked(self.balances[spec.quote].total + quote_change, spec.quote)
        if new_base < 0 or new_quote < 0:
            raise MagnitudeError(f"fill {fill.fill_id.trade_id} would leave a negative balance of {spec.base} or {spec.quote}")
        self.balances[spec.base].total, self.balances[spec.quote].total = new_base, new_quote
        self.fees[fill.fee_asset] += fee
        self.fees_in_quote += self._value(spec, fee, fill.price) if fill.fee_asset == spec.base else fee
        self.traded_notional += notional
        self._move_position(self.positions[fill.instrument], fill.side, base_change, quote_change)
        return self.total_lots(fill.instrument)

    @staticmethod
    def _move_position(position: Position, side: Side, base_change: int, quote_change: int) -> None:
        if side is Side.BUY:
            position.base_units += base_change
            position.cost -= quote_change
            return
        sold = -base_change
        cost = position.cost if sold >= position.base_units else position.cost * sold // position.base_units
        position.base_units -= min(sold, position.base_units)
        position.cost -= cost
        position.realized += quote_change - cost

    def _value(self, spec: Instrument, ledger_units: int, ticks: int) -> int:
        own = ledger_units * spec.value_of_base(10**spec.base_scale, ticks) // int(10 ** self.scales[spec.base])
        return own * self._quote_factor[spec.id]

    def value(self, instrument: InstrumentId, ticks: int) -> int:
        """Return what the whole base balance of `instrument` is worth at `ticks`, in quote units."""
        spec = self.instruments[instrument]
        return self._value(spec, self.balances[spec.base].total, ticks)

    def equity(self, marks: Mapping[InstrumentId, int]) -> int | None:
        """Return quote balance plus marked base balances, in quote units; None when a held asset has no mark."""
        total = self.balances[self.quote].total
        for key, spec in self.instruments.items():
            if self.balances[spec.base].total:
                if key not in marks:
                    return None
                total += self.value(key, marks[key])
        return checked(total, "equity")

    def text(self, asset: str, units: int) -> str:
        """Return `units` of `asset` as decimal text."""
        return format_units(units, self.scales[asset])
