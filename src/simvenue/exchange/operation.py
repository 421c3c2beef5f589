"""What clients did to an exchange, as rows that can be written down and done again: order ids, fills and balances follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.matching.book import SelfTrade
from golive.model.json import JsonObject
from golive.model.order import OrderType, Side, TimeInForce

from .order import OrderRequest, VenueOrder

if TYPE_CHECKING:
    from .exchange import Exchange


class NotAsRecorded(Exception):
    """A row does not do again what it did when it was written."""


def place_row(request: OrderRequest, order: VenueOrder) -> JsonObject:
    """Return the row of an accepted order."""
    return {
        "op": "place",
        "id": str(order.order_id),
        "account": request.account,
        "symbol": request.symbol,
        "side": request.side.value,
        "type": request.type.value,
        "tif": request.time_in_force.value,
        "size": request.size,
        "in_quote": request.size_in_quote,
        "price": request.price,
        "client_id": request.client_id,
        "tag": request.tag,
        "expires_at": _text(request.expires_at),
        "self_trade": request.self_trade.value,
    }


def cancel_row(order: VenueOrder) -> JsonObject:
    return {"op": "cancel", "id": str(order.order_id)}


def cancel_all_row(account: str, symbol: str | None) -> JsonObject:
    return {"op": "cancel_all", "account": account, "symbol": symbol}


def amend_row(order: VenueOrder, size: str, price: str) -> JsonObject:
    return {"op": "amend", "id": str(order.order_id), "size": size, "price": price}


def switch_row(account: str, symbol: str | None, at: int | None) -> JsonObject:
    return {"op": "switch", "account": account, "symbol": symbol, "at": _text(at)}


def expire_row(wall: int) -> JsonObject:
    return {"op": "expire", "at": str(wall)}


def perform(exchange: Exchange, row: JsonObject) -> None:
    """Do a row again; NotAsRecorded, Refusal, KeyError or ValueError when the exchange is not where the row was written."""
    match row["op"]:
        case "place":
            order = exchange.place(_request(row))
            if str(order.order_id) != row["id"]:
                raise NotAsRecorded(f"order {row['id']} became {order.order_id}")
        case "cancel":
            exchange.cancel(exchange.orders[int(str(row["id"]))])
        case "cancel_all":
            exchange.cancel_all(str(row["account"]), _symbol(row))
        case "amend":
            exchange.amend(exchange.orders[int(str(row["id"]))], str(row["size"]), str(row["price"]))
        case "switch":
            exchange.arm_switch(str(row["account"]), _moment(row["at"]), _symbol(row))
        case "expire":
            exchange.expire(int(str(row["at"])))
        case other:
            raise NotAsRecorded(f"unknown operation {other!r}")


def _request(row: JsonObject) -> OrderRequest:
    return OrderRequest(
        account=str(row["account"]),
        symbol=str(row["symbol"]),
        side=Side(str(row["side"])),
        type=OrderType(str(row["type"])),
        time_in_force=TimeInForce(str(row["tif"])),
        size=str(row["size"]),
        size_in_quote=row["in_quote"] is True,
        price=str(row["price"]),
        client_id=str(row["client_id"]),
        tag=str(row["tag"]),
        expires_at=_moment(row["expires_at"]),
        self_trade=SelfTrade(str(row.get("self_trade", SelfTrade.CANCEL_RESTING))),
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else str(moment)


def _moment(value: object) -> int | None:
    return None if value is None else int(str(value))


def _symbol(row: JsonObject) -> str | None:
    return None if row["symbol"] is None else str(row["symbol"])
