"""What is compared: what the journal says of an account, and what its venue says. Values; quantities and prices as decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.movement import total
from golive.model.order import OrderStatus, Side

from .consent import Consents


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrder:
    """An order of ours that has not ended, after the venue was asked about it; quantities in base, price in quote."""

    client_order_id: ClientOrderId
    instrument: InstrumentId
    side: Side
    quantity: Decimal
    price: Decimal | None
    filled: Decimal
    """what its known fills add up to"""
    status: OrderStatus
    venue_order_id: VenueOrderId | None = None
    is_unprovable: bool = False
    """what became of it cannot be found out by asking: a person must decide"""
    problem: str = ""
    """why its outcome is not known, in words"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order of the account as its venue shows it, ours or not. None where the venue does not tell."""

    venue_order_id: VenueOrderId
    client_order_id: str
    """'' for an order that was given none"""
    instrument: InstrumentId
    side: Side | None = None
    quantity: Decimal | None
    price: Decimal | None
    filled: Decimal
    is_open: bool
    ts: int
    """last update, ns UTC"""
    end: str = ""
    """how it ended, as an order status in lower case; '' while it works, or where nobody knows"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill:
    """A fill of the account as its venue shows it, with what it did to the balances (fee included)."""

    fill_id: FillId
    venue_order_id: VenueOrderId
    client_order_id: str
    instrument: InstrumentId
    movements: Mapping[str, Decimal]
    ts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalView:
    """What the journal says."""

    orders: tuple[OwnOrder, ...] = ()
    ended: frozenset[ClientOrderId] = frozenset()
    """those of the venue's ids that are orders of ours which have ended"""
    booked_fills: frozenset[FillId] = frozenset()
    """those of the venue's fills that are booked"""
    baseline: Mapping[str, Decimal] | None = None
    """what the account held when its baseline was taken, by asset; None: it was never taken"""
    baseline_at: int = 0
    """time of the newest event the venue had told by then, ns of its market time: what came later counts"""
    baseline_names: frozenset[str] = frozenset()
    """venue order ids and trade ids of the events of just that time which it had told: a venue's clock may be coarse"""
    booked: Mapping[str, Decimal] = field(default_factory=dict)
    """what our fills have added since, fees included"""
    consents: Consents = field(default_factory=Consents)

    def is_past(self, ts: int, name: str) -> bool:
        """Say whether an order or fill of the venue was there when the baseline was taken; without one everything was."""
        if self.baseline is None or ts < self.baseline_at:
            return True
        return ts == self.baseline_at and name in self.baseline_names

    def expected(self) -> Mapping[str, Decimal] | None:
        """Return what the account should hold by asset; None without a baseline."""
        if self.baseline is None:
            return None
        adopted = (each.booked for each in self.consents.adopted.values())
        return total([self.baseline, self.booked, self.consents.accepted, *adopted])


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueView:
    """What the venue says: open orders and those that ended since the baseline, fills since then, totals by asset."""

    orders: tuple[VenueOrder, ...] = ()
    fills: tuple[VenueFill, ...] = ()
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    """free and locked together: what an open order reserves is still ours"""
