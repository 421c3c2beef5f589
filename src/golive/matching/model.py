"""What a market model is: it says when and at what price an order of ours would have been filled.

Two implementations stand behind it: `depth` (book sources) and `bar` (candle sources).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from golive.model.market import MarketEvent
from golive.model.order import Liquidity, NewOrder


@dataclass(slots=True)
class Resting:
    """An order inside a market model; `remaining` in lots, `arrived_at` market time ns."""

    order: NewOrder
    remaining: int
    arrived_at: int
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """Part of an order was matched: price in ticks, quantity in lots."""

    order: NewOrder
    price: int
    quantity: int
    liquidity: Liquidity


@dataclass(frozen=True, slots=True)
class Ended:
    """The model ended the order without (further) fill: nothing left to take, or it may not rest."""

    order: NewOrder
    reason: str


class MarketModel(Protocol):
    """One instrument's market as far as fills go."""

    name: str

    def submit(self, order: NewOrder, ts: int) -> Sequence[Match | Ended]:
        """Meet the market with a new order; what is not matched or ended rests inside the model."""
        ...

    def cancel(self, order: NewOrder) -> bool:
        """Take a resting order out; False when it no longer rests (it was filled or ended before)."""
        ...

    def on_market(self, event: MarketEvent) -> Sequence[Match | Ended]:
        """Take one market event and return what it does to resting orders."""
        ...

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the worst price in ticks the order would meet now; None when the market is unknown."""
        ...
