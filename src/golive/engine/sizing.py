"""From a target share to an order: how many lots, which side, which type."""

from __future__ import annotations

from typing import NamedTuple

from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side

_SHARE_PARTS = 1_000_000


class Sizing(NamedTuple):
    """How targets become orders; `position_share` is the equity share of a full target in millionths."""

    position_share: int
    limit_entries: bool

    @classmethod
    def of(cls, position_pct: float, entry_ttl_bars: float) -> Sizing:
        return cls(round(position_pct * _SHARE_PARTS), entry_ttl_bars > 0)


def wanted_lots(instrument: Instrument, target: float, equity: int, ticks: int, quote_factor: int, sizing: Sizing) -> int:
    """Return the lots that a target of 0..1 asks for at `ticks`, rounded down.

    `equity` is in ledger units; `quote_factor` = ledger units per instrument quote unit.
    """
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
