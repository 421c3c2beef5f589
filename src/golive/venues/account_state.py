"""What is known of our orders, fills and balances, and what a further message adds to it. Pure; never goes back.

Pushes come twice, late or in the wrong order, and REST answers overlap with them; whatever the source, a fill counts
once by its id, an order only moves forward, and a terminal status stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from golive.model.balance import Balance
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.order import TERMINAL, OrderStatus

from .dialect import AccountEvent, FillSighting, OrderSighting, Total

_RANK: Final = {OrderStatus.OPEN: 1, OrderStatus.PARTIAL: 2}
_TERMINAL_RANK: Final = 3


def rank(status: OrderStatus) -> int:
    """Return how far along its life an order with this status is; 0 for UNKNOWN."""
    return _TERMINAL_RANK if status in TERMINAL else _RANK.get(status, 0)


@dataclass(slots=True)
class _Order:
    seen: OrderSighting
    covered: int = 0
    """lots that were filled before we began to look, by fills we need not know"""
    is_told: bool = True


class AccountState:
    """Grows by one entry per order and fill of its session."""

    def __init__(self) -> None:
        self._orders: dict[VenueOrderId, _Order] = {}
        self._names: dict[VenueOrderId, ClientOrderId] = {}
        self._fills: dict[FillId, FillSighting] = {}
        self._filled: dict[VenueOrderId, int] = {}
        """lots of the known fills of each order"""
        self._lacking: set[VenueOrderId] = set()
        self._balances: dict[str, Balance] = {}
        self._totals: dict[str, Total] = {}
        self.newest = 0
        """the latest time of an order or fill, ns of the venue's market clock"""

    def begin(self, event: OrderSighting | FillSighting) -> None:
        """Take something that was there before we began: known, and not news."""
        self.take(event)
        if isinstance(event, OrderSighting):
            order = self._orders[event.venue_order_id]
            order.is_told = False
            order.covered = max(0, order.seen.filled - self._filled.get(event.venue_order_id, 0))
            self._lacking.discard(event.venue_order_id)

    def name(self, order: OrderSighting) -> None:
        """Learn our id of an order, for fills that do not carry it."""
        if order.client_order_id:
            self._names[order.venue_order_id] = order.client_order_id

    def take(self, event: AccountEvent) -> tuple[AccountEvent, ...]:
        """Return what is news, () for what was known or is outdated.

        The first fill of an order that was there before we began brings the order with it. A fill that is known and told with
        other figures is news each time: the first telling stays what is known here, and whoever has booked it must hear of that.
        Raises MalformedPayload when it is told of another order.
        """
        if isinstance(event, FillSighting):
            return self._fill(event)
        if isinstance(event, OrderSighting):
            return self._order(event)
        if isinstance(event, Total):
            return self._total(event)
        if self._balances.get(event.asset) == event:
            return ()
        self._balances[event.asset] = event
        self._totals.pop(event.asset, None)
        return (event,)

    # orders

    def _order(self, new: OrderSighting) -> tuple[AccountEvent, ...]:
        self.newest = max(self.newest, new.ts)
        self.name(new)
        known = self._orders.get(new.venue_order_id)
        if known is None:
            self._orders[new.venue_order_id] = _Order(new)
        else:
            moved = forward(known.seen, new)
            if moved is None:
                return ()
            known.seen, known.is_told = moved, True
            new = moved
        self._weigh(new.venue_order_id)
        return (new,)

    def working(self) -> tuple[OrderSighting, ...]:
        """Return the orders that are not known to have ended."""
        return tuple(order.seen for order in self._orders.values() if order.seen.status not in TERMINAL)

    @property
    def lacks_fills(self) -> bool:
        """Return whether of some order more is filled than the known fills add up to."""
        return bool(self._lacking)

    def is_covered(self, order: OrderSighting) -> bool:
        """Return whether the known fills add up to what `order` says is filled."""
        known = self._orders.get(order.venue_order_id)
        before = 0 if known is None else known.covered
        return before + self._filled.get(order.venue_order_id, 0) >= order.filled

    def _weigh(self, venue_order_id: VenueOrderId) -> None:
        order = self._orders.get(venue_order_id)
        if order is None or self.is_covered(order.seen):
            self._lacking.discard(venue_order_id)
        else:
            self._lacking.add(venue_order_id)

    # fills

    def _fill(self, new: FillSighting) -> tuple[AccountEvent, ...]:
        self.newest = max(self.newest, new.fill.ts)
        if not new.fill.client_order_id and new.venue_order_id in self._names:
            new = replace(new, fill=new.fill._replace(client_order_id=self._names[new.venue_order_id]))
        known = self._fills.get(new.fill.fill_id)
        if known is not None:
            return (new,) if _contradicts(known, new) else ()
        self._fills[new.fill.fill_id] = new
        self._filled[new.venue_order_id] = self._filled.get(new.venue_order_id, 0) + new.fill.quantity
        self._weigh(new.venue_order_id)
        order = self._orders.get(new.venue_order_id)
        if order is None or order.is_told:
            return (new,)
        order.is_told = True
        return (new, order.seen)

    # balances

    def _total(self, new: Total) -> tuple[AccountEvent, ...]:
        known = self._balances.get(new.asset)
        whole = None if known is None else Total(known.asset, known.total, known.scale)
        if new in (whole, self._totals.get(new.asset)):
            return ()
        self._totals[new.asset] = new
        return (new,)

    def vanished_balances(self, assets: frozenset[str]) -> tuple[Balance, ...]:
        """Return the known balances of assets that a complete list no longer names, as the zero that this means."""
        gone = (balance for asset, balance in self._balances.items() if asset not in assets and balance.total)
        return tuple(Balance(balance.asset, 0, 0, balance.scale) for balance in gone)


def forward(known: OrderSighting, new: OrderSighting) -> OrderSighting | None:
    """Return the order after `new`, None when `new` adds nothing: less or equally filled, older, or not as far along.

    A quantity that is known stays known, and one that a push left out is learned from whoever tells it (Kraken's pushes).
    """
    if new.quantity is None and known.quantity is not None:
        new = replace(new, quantity=known.quantity)
    moved = _moved(known, new)
    if moved is None and known.quantity is None and new.quantity is not None:
        return replace(known, quantity=new.quantity)
    return moved


def _moved(known: OrderSighting, new: OrderSighting) -> OrderSighting | None:
    if new.filled < known.filled:
        return None
    if known.status in TERMINAL:
        if new.filled == known.filled:
            return None
        return new if new.status in TERMINAL else replace(new, status=known.status)
    if new.filled == known.filled:
        if new.status is OrderStatus.UNKNOWN or known.status is OrderStatus.UNKNOWN:
            is_news = new.status is not known.status and new.ts >= known.ts
        elif rank(new.status) != rank(known.status):
            is_news = rank(new.status) > rank(known.status)
        else:
            is_news = (new.ts >= known.ts and replace(new, ts=known.ts) != known) or _has_new_price(known, new)
        return new if is_news else None
    return new


def _has_new_price(known: OrderSighting, new: OrderSighting) -> bool:
    """Say whether the order was amended in its price alone; a source that does not tell the price tells nothing of it."""
    return new.ts >= known.ts and None not in (known.price, new.price) and known.price != new.price


def _contradicts(known: FillSighting, new: FillSighting) -> bool:
    if known.venue_order_id != new.venue_order_id:
        raise MalformedPayload(f"fill {new.fill.fill_id.trade_id}: told twice, of two orders")
    figures = ("instrument", "side", "price", "quantity", "fee", "fee_asset")
    return any(getattr(known.fill, name) != getattr(new.fill, name) for name in figures)
