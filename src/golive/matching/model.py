"""What a market model is: it says when and at what price an order of ours would have been filled.

Two implementations stand behind it: `depth` (book sources) and `bar` (candle sources).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

from golive.model.market import MarketEvent
from golive.model.order import Liquidity, NewOrder


class Match(NamedTuple):
    """Part of an order was matched: price in ticks, quantity in lots."""

    order: NewOrder
    price: int
    quantity: int
    liquidity: Liquidity


class EndReason(StrEnum):
    """Why a market model ended an order that was not filled whole."""

    NO_LIQUIDITY = "NO_LIQUIDITY"
    """the rest of a market or IOC order"""
    NOT_FILLED_AT_ONCE = "NOT_FILLED_AT_ONCE"
    """FOK"""
    POST_ONLY_WOULD_CROSS = "POST_ONLY_WOULD_CROSS"
    SELF_TRADE = "SELF_TRADE"
    EXPIRED = "EXPIRED"
    """the time of a GTD order came"""


class Ended(NamedTuple):
    """The model ended the order without (further) fill: nothing left to take, it may not rest, or its time came."""

    order: NewOrder
    reason: EndReason


class Triggered(NamedTuple):
    """A sleeping order's trigger was reached at `price` (ticks); from now on it works as what it became."""

    order: NewOrder
    price: int


Effect: TypeAlias = Match | Ended | Triggered
"""what a market does to an order of ours"""


class MarketModel(Protocol):
    """One instrument's market as far as fills go."""

    name: str

    def submit(self, order: NewOrder, ts: int) -> Sequence[Effect]:
        """Meet the market with a new order; what is not matched or ended rests, or sleeps, inside the model."""
        ...

    def restore(self, order: NewOrder, remaining: int, ts: int) -> None:
        """Take back an order that rested or slept here before a restart; `remaining` of its quantity is open, since `ts`.

        It does not meet the market before the next event, and then stands at the end of its queue. A trailing stop starts at
        the last traded price again. An order that was fired is given as what it became. Raises ValueError, with nothing
        changed, for one that cannot have rested here, be it by its kind or beside the others.
        """
        ...

    def amend(self, order: NewOrder, ts: int) -> Sequence[Effect] | None:
        """Give a resting or sleeping order its new price and whole quantity (that filled included); None when it is gone.

        A smaller quantity at the same price keeps its place in the queue; anything else goes to the end and may match. A
        whole quantity that is filled already takes the order out and returns no effect.
        """
        ...

    def cancel(self, order: NewOrder) -> bool:
        """Take a resting or sleeping order out; False when there is nothing of it left (it was filled or ended before)."""
        ...

    def on_market(self, event: MarketEvent) -> Sequence[Effect]:
        """Take one market event and return what it does to our orders, in order."""
        ...

    def on_time(self, ts: int) -> Sequence[Effect]:
        """Take the market clock's time (ns): GTD orders whose time came end."""
        ...

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the worst price in ticks the order would meet now; None when the market is unknown."""
        ...
