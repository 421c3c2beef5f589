"""Orders and balances as the control routes tell them: the same names for every dialect, every number a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ..exchange.account import Account
from ..exchange.order import VenueFill, VenueOrder
from ..exchange.text import decimal_text

Row: TypeAlias = "Mapping[str, str | list[Row]]"


def order_row(order: VenueOrder, account: Account) -> Row:
    """Return one order with its fills; times in ns of the market clock, `venue_order_id` the exchange's own number."""
    listing = order.listing
    return {
        "account": order.account,
        "venue_order_id": str(order.order_id),
        "client_order_id": order.client_id,
        "symbol": listing.symbol,
        "tick_size": listing.tick_text,
        "lot_size": listing.lot_text,
        "side": order.side.value,
        "type": order.type.value,
        "time_in_force": order.time_in_force.value,
        "price": "" if order.price is None else listing.price_text(order.price),
        "quantity": listing.quantity_text(order.quantity),
        "quote_budget": "" if order.quote_budget is None else listing.notional_text(order.quote_budget),
        "filled": listing.quantity_text(order.filled),
        "notional": listing.notional_text(order.notional),
        "average": listing.average_text(order.notional, order.filled),
        "fee": decimal_text(order.fee, account.scales[order.fee_asset]),
        "fee_asset": order.fee_asset,
        "state": order.state.value,
        "ended": order.ended.value,
        "created_at": str(order.created_at),
        "updated_at": str(order.updated_at),
        "fills": [_fill_row(order, fill, account) for fill in order.fills],
    }


def _fill_row(order: VenueOrder, fill: VenueFill, account: Account) -> Row:
    listing = order.listing
    return {
        "trade_id": str(fill.trade_id),
        "bill_id": str(fill.bill_id),
        "price": listing.price_text(fill.price),
        "quantity": listing.quantity_text(fill.quantity),
        "notional": listing.notional_text(fill.notional),
        "fee": decimal_text(fill.fee, account.scales[fill.fee_asset]),
        "fee_asset": fill.fee_asset,
        "liquidity": fill.liquidity.value,
        "ts": str(fill.ts),
    }


def balance_rows(account: Account) -> Mapping[str, Mapping[str, str]]:
    """Return total, locked and available of every asset."""

    def text(units: int, asset: str) -> str:
        return decimal_text(units, account.scales[asset])

    return {
        asset: {
            "total": text(account.total(asset), asset),
            "locked": text(account.locked(asset), asset),
            "available": text(account.available(asset), asset),
        }
        for asset in account.assets
    }
