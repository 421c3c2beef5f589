"""An order as a person writes it down, and the order it becomes on an instrument's grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.errors import ConfigError, MagnitudeError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots

STRATEGY: Final = "manual"
"""what client order ids and signals of orders by hand say"""
CHOICES: Final = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """Decimal texts; `limit` None is a market order. `instrument` is `BTC/USDT` or `okx:BTC/USDT`."""

    side: Side
    quantity: str
    instrument: str
    limit: str | None = None
    time_in_force: TimeInForce | None = None

    def __post_init__(self) -> None:
        if self.limit is None and self.time_in_force is not None:
            raise ConfigError(f"--tif {self.time_in_force} needs --limit PRICE: a market order never rests")

    def chosen(self, instruments: Mapping[InstrumentId, Instrument]) -> Instrument:
        """Return the instrument that is meant; ConfigError naming those there are."""
        for key, instrument in instruments.items():
            if self.instrument in (str(key), key.symbol):
                return instrument
        raise ConfigError(f"{self.instrument} is not among the instruments of this entrypoint: {_named(instruments)}")

    def order(self, client_order_id: ClientOrderId, instrument: Instrument) -> NewOrder:
        """Return the order on the instrument's grid, never more and never dearer than was written.

        Raises ConfigError for a quantity or price that is no positive number, or less than one step.
        """
        try:
            lots = order_lots(instrument, self.quantity)
            ticks = None if self.limit is None else limit_ticks(instrument, self.side, self.limit)
        except MagnitudeError as exc:
            raise ConfigError(str(exc)) from exc
        return NewOrder(
            client_order_id,
            instrument.id,
            self.side,
            OrderType.MARKET if ticks is None else OrderType.LIMIT,
            lots,
            ticks,
            self.time_in_force or TimeInForce.GTC,
            STRATEGY,
        )


def terms_text(order: NewOrder, instrument: Instrument) -> str:
    """Return side, quantity, symbol and price in words."""
    price = "at the market" if order.price is None else f"at {instrument.price_text(order.price)}"
    how = "" if order.price is None or order.time_in_force is TimeInForce.GTC else f", {order.time_in_force}"
    return f"{order.side} {instrument.quantity_text(order.quantity)} {order.instrument.symbol} {price}{how}"


def _named(instruments: Iterable[InstrumentId]) -> str:
    return ", ".join(map(str, instruments))
