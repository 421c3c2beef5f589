"""From a target share to an order: how many lots, which side, which type."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from golive.model.errors import ConfigError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side

_SHARE_PARTS = 1_000_000


class Sizing(NamedTuple):
    """How targets become orders; `position_share` is the equity share of a full target in millionths."""

    position_share: int
    limit_entries: bool
    quantity: str
    """base quantity of a full target as decimal text, instead of a share; "0" = none"""

    @classmethod
    def of(cls, parameters: Mapping[str, float]) -> Sizing:
        """Read the order parameters of a strategy; what it does not have is zero."""
        share = round(parameters.get("position_pct", 0.0) * _SHARE_PARTS)
        quantity = format(Decimal(str(parameters.get("position_quantity", 0.0))), "f")
        return cls(share, parameters.get("entry_ttl_bars", 0.0) > 0, quantity)

    def full_lots(self, instrument: Instrument) -> int:
        """Return the fixed quantity of a full target in lots, rounded down; 0 when targets are shares of equity.

        Raises ConfigError for a quantity that is no whole lot: it would never be traded.
        """
        lots = instrument.lots_down(self.quantity)
        if not lots and Decimal(self.quantity):
            raise ConfigError(f"position_quantity {self.quantity} is less than the smallest lot of {instrument.id}")
        return lots


def wanted_lots(
    instrument: Instrument, target: float, equity: int, ticks: int, quote_factor: int, sizing: Sizing, full_lots: int = 0
) -> int:
    """Return the lots that a target of 0..1 asks for, rounded down: of `full_lots`, else of equity at `ticks`.

    `equity` is in ledger units; `quote_factor` = ledger units per instrument quote unit.
    """
    if full_lots:
        return full_lots * round(target * _SHARE_PARTS) // _SHARE_PARTS
    budget = equity * sizing.position_share * round(target * _SHARE_PARTS) // (_SHARE_PARTS * _SHARE_PARTS)
    return instrument.lots_for(budget // quote_factor, ticks)


def orderable_lots(instrument: Instrument, delta: int, mark: int) -> int:
    """Return how many of `delta` lots one order may move (absolute), 0 when that is below the venue's minimum."""
    quantity = min(abs(delta), instrument.max_quantity)
    if quantity < instrument.min_quantity or instrument.notional(mark, quantity) < instrument.min_notional:
        return 0
    return quantity


def order_for(
    instrument: Instrument, client_order_id: ClientOrderId, signal_id: str, side: Side, quantity: int, mark: int, sizing: Sizing
) -> NewOrder:
    """Return the order: entries rest at the mark when the strategy asks for limit entries; reductions are market orders."""
    if side is Side.BUY and sizing.limit_entries:
        return NewOrder(client_order_id, instrument.id, side, OrderType.LIMIT, quantity, mark, signal_id=signal_id)
    return NewOrder(client_order_id, instrument.id, side, OrderType.MARKET, quantity, signal_id=signal_id)
