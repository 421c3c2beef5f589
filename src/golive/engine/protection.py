"""The order that protects a held position: a stop, a trailing stop or a take-profit, resting at the venue.

A spot account can promise what it holds to one order only, so a strategy has at most one of the three, and it is taken out
before the position is changed on purpose. Its distance is a share of the average price that was paid since nothing was held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from golive.model.errors import ConfigError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side

_PARTS = 1_000_000
_TYPES = {
    "stop_loss_pct": OrderType.STOP,
    "trailing_stop_pct": OrderType.TRAILING_STOP,
    "take_profit_pct": OrderType.TAKE_PROFIT,
}

STOPS: Final = (OrderType.STOP, OrderType.TRAILING_STOP)
"""the protective orders that fire at a loss"""


class Protection(NamedTuple):
    """Which order protects, and how far from the entry in millionths of its price."""

    type: OrderType
    distance: int

    @classmethod
    def of(cls, parameters: Mapping[str, float]) -> Protection | None:
        """Return what a strategy's parameters ask for, None for nothing; ConfigError for more than one of the three."""
        given = [name for name in _TYPES if round(parameters.get(name, 0.0) * _PARTS) > 0]
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(given)}: a spot position can be promised to one order only; give one of them")
        return cls(_TYPES[given[0]], round(parameters[given[0]] * _PARTS)) if given else None

    def level(self, cost: int, lots: int) -> int:
        """Return the trigger, or how far a trailing stop trails, in ticks, for `lots` that cost `cost` (ticks × lots).

        Rounded away from the price paid by less than a tick; a stop that would lie at nothing lies at one tick.
        """
        if self.type is OrderType.STOP:
            return max(1, cost * (_PARTS - self.distance) // (lots * _PARTS))
        share = self.distance if self.type is OrderType.TRAILING_STOP else _PARTS + self.distance
        return -(-cost * share // (lots * _PARTS))

    def reach(self, price: int) -> int:
        """Return how far from `price` the order lies, in ticks, rounded down: a stop is reckoned no further than it is."""
        return price * self.distance // _PARTS

    def order(
        self, instrument: Instrument, client_order_id: ClientOrderId, signal_id: str, quantity: int, cost: int, lots: int
    ) -> NewOrder:
        """Return the sell of `quantity` lots that protects a position whose buys since flat were `lots` for `cost`."""
        level = self.level(cost, lots)
        trails = self.type is OrderType.TRAILING_STOP
        return NewOrder(
            client_order_id, instrument.id, Side.SELL, self.type, quantity, signal_id=signal_id,
            trigger=None if trails else level, trail=level if trails else None,
        )  # fmt: skip
