"""A shadow beside an execution service: a simulator that gets the same orders, market and time, whose fills count for nothing.

What both made of an order tells how far they are apart (`divergence.py`). The caller sees the primary's news alone. The shadow's
account is rich, so that it refuses nothing for want of money: an order that the primary refuses is taken from it again. A
shadow that fails ends with its reason: orders it has not seen to their end are unknown, never equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Fill, NewOrder, OrderUpdate
from golive.orders import Order, OrderEvent

from .divergence import ReferencedFill
from .ports import ExecutionService, News

_REMEMBERED: Final = 4096
"""prices of an instrument that are kept at least; news are milliseconds late, not thousands of prices"""


@dataclass(frozen=True, slots=True)
class PrimaryFill:
    """What the primary filled, with the market's price at that moment."""

    fill: ReferencedFill


@dataclass(frozen=True, slots=True)
class ShadowFill:
    """What the shadow filled, with the market's price at that moment."""

    fill: ReferencedFill


@dataclass(frozen=True, slots=True)
class Compared:
    """The primary took this order, and the shadow has it too."""

    order: NewOrder


@dataclass(frozen=True, slots=True)
class ShadowEnded:
    """From market time `ts` on nothing is compared any more."""

    ts: int
    reason: str


Sighting: TypeAlias = Compared | PrimaryFill | ShadowFill | ShadowEnded
"""what a shadow tells its keeper, in order"""


class Reference:
    """The market's price of each instrument in half ticks: bid plus ask while both are known, else twice the last price.

    A bar stands for the time from its open on, so its open is the price at which orders that waited for it deal. News come later
    than what they tell of, so prices are remembered for a while.
    """

    def __init__(self) -> None:
        self._times: dict[InstrumentId, list[int]] = {}
        self._prices: dict[InstrumentId, list[int]] = {}
        self._has_book: set[InstrumentId] = set()

    def on_market(self, event: MarketEvent) -> None:
        match event:
            case Book() if event.bids and event.asks:
                self._has_book.add(event.instrument)
                self._note(event, event.bids[0][0] + event.asks[0][0])
            case Candle() if event.instrument not in self._has_book:
                self._note(event, 2 * event.open)
            case Trade() if event.instrument not in self._has_book:
                self._note(event, 2 * event.price)
            case _:
                pass

    def _note(self, event: MarketEvent, price: int) -> None:
        times = self._times.setdefault(event.instrument, [])
        prices = self._prices.setdefault(event.instrument, [])
        if len(times) >= 2 * _REMEMBERED:
            del times[:_REMEMBERED], prices[:_REMEMBERED]
        times.append(event.ts)
        prices.append(price)

    def at(self, instrument: InstrumentId, ts: int) -> int:
        """Return the last price up to `ts` (ns), the oldest remembered one at least; KeyError before the first."""
        return self._prices[instrument][max(0, bisect_right(self._times[instrument], ts) - 1)]


class ShadowedExecution:
    """An `ExecutionService` that is the primary to its caller and tells `keep` what both did."""

    def __init__(self, primary: ExecutionService, shadow: ExecutionService, keep: Callable[[Sighting], None]) -> None:
        self._primary = primary
        self._shadow: ExecutionService | None = shadow
        self._keep = keep
        self._reference = Reference()
        self._offered: dict[ClientOrderId, NewOrder] = {}
        """given to both, and not answered by the primary yet"""

    @property
    def next_due(self) -> int | None:
        """When the next message on its way arrives, of either."""
        dues = [self._primary.next_due, None if self._shadow is None else self._shadow.next_due]
        return min((due for due in dues if due is not None), default=None)

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        self._offered[approved.order.client_order_id] = approved.order
        return self._both(lambda service: service.submit(approved, ts), ts)

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        return self._both(lambda service: service.amend(approved, ts), ts)

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        return self._both(lambda service: service.cancel(client_order_id, ts), ts)

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        self._reference.on_market(event)
        return self._both(lambda service: service.on_market(event), event.ts)

    def on_time(self, ts: int) -> Sequence[News]:
        return self._both(lambda service: service.on_time(ts), ts)

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Restore the primary; the shadow begins anew, and only orders from now on are compared."""
        return self._primary.restore(orders, updates, fills, canceling, ts)

    def _both(self, give: Callable[[ExecutionService], Sequence[News]], ts: int) -> Sequence[News]:
        news = give(self._primary)
        self._mirror(give, ts)
        for item in news:
            self._note(item, ts)
        return news

    def _mirror(self, give: Callable[[ExecutionService], Sequence[News]], ts: int) -> None:
        """Give it to the shadow too, and keep what it fills."""
        if self._shadow is None:
            return
        try:
            for item in give(self._shadow):
                if isinstance(item, Fill):
                    self._keep(ShadowFill(self._referenced(item)))
        except Exception as exc:  # noqa: BLE001 - whatever breaks in a shadow must not touch the primary; it is told as its end
            self._shadow = None
            self._keep(ShadowEnded(ts, f"{type(exc).__name__}: {exc}"))

    def _note(self, item: News, ts: int) -> None:
        """Keep what the primary did; what it refused was never an order, so the shadow gives it back."""
        offered = self._offered.pop(item.client_order_id, None)
        if offered is not None:
            if isinstance(item, OrderUpdate) and item.event == OrderEvent.REJECTED:
                self._mirror(lambda service: service.cancel(offered.client_order_id, ts), ts)
            else:
                self._keep(Compared(offered))
        if isinstance(item, Fill):
            self._keep(PrimaryFill(self._referenced(item)))

    def _referenced(self, fill: Fill) -> ReferencedFill:
        return ReferencedFill(fill, self._reference.at(fill.instrument, fill.ts))
