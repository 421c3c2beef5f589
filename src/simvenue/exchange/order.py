"""Orders and fills as the exchange keeps them, and the vocabulary dialects need to speak of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from golive.matching.book import SelfTrade
from golive.model.order import Liquidity, OrderType, Side, TimeInForce

from .listing import Listing

__all__ = [
    "Ended",
    "Liquidity",
    "OrderRequest",
    "OrderType",
    "SelfTrade",
    "Side",
    "State",
    "TimeInForce",
    "VenueFill",
    "VenueOrder",
]


class State(StrEnum):
    LIVE = "live"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"


class Ended(StrEnum):
    """Why an order was canceled."""

    NO = ""
    USER = "user"
    POST_ONLY = "post_only"
    NOT_AT_ONCE = "not_at_once"
    """IOC remainder, or a market order that emptied the book"""
    NOT_WHOLE = "not_whole"
    """FOK"""
    SELF_TRADE = "self_trade"
    EXPIRED = "expired"
    """its time came"""
    SWITCH = "switch"
    """the dead-man's switch of its account"""


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as a dialect understood it; sizes and prices are still the client's texts."""

    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    size: str
    size_in_quote: bool
    price: str
    client_id: str = ""
    tag: str = ""
    expires_at: int | None = None
    """wall clock, ns UTC: a limit order still working then is canceled"""
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING


@dataclass(frozen=True, slots=True)
class VenueFill:
    """One execution; `fee` in account units of `fee_asset`, positive is charged; `notional` in the instrument's units."""

    trade_id: int
    bill_id: int
    price: int
    quantity: int
    notional: int
    fee: int
    fee_asset: str
    liquidity: Liquidity
    ts: int


@dataclass(slots=True)
class VenueOrder:
    """An accepted order. Prices in ticks, quantities in lots, `ts` fields market time, `wall_*` wall time, all ns."""

    order_id: int
    account: str
    listing: Listing
    client_id: str
    tag: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: int | None
    quantity: int
    """lots; for an order given in quote: lots filled so far"""
    quote_budget: int | None
    """instrument quote units, for a market order given in quote"""
    size_text: str
    """the size as the client wrote it"""
    created_at: int
    updated_at: int
    wall_updated_at: int
    state: State = State.LIVE
    ended: Ended = Ended.NO
    filled: int = 0
    notional: int = 0
    """instrument quote units filled"""
    fee: int = 0
    """account units of `fee_asset`, positive is charged"""
    locked: int = 0
    """account units of the given asset still locked"""
    fills: list[VenueFill] = field(default_factory=list)
    expires_at: int | None = None
    """wall clock, ns"""
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING

    @property
    def is_working(self) -> bool:
        return self.state in (State.LIVE, State.PARTIALLY_FILLED)

    @property
    def given_asset(self) -> str:
        return self.listing.quote if self.side is Side.BUY else self.listing.base

    @property
    def received_asset(self) -> str:
        return self.listing.base if self.side is Side.BUY else self.listing.quote

    @property
    def fee_asset(self) -> str:
        return self.listing.fee_asset(self.side)
