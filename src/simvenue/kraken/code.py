"""Kraken's error texts, and which one stands for which refusal. API errors come with HTTP status 200.

Source: Kraken documentation, "Spot Error Messages" and "API error messages". Kraken publishes no text for a client id
that is in use, for a market order that meets an empty book, or for a volume above the largest: those three are ours,
with a published prefix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ..exchange.refusal import Reason, Refusal

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | object | None"
"""`object` stands for orjson.Fragment: a number whose digits are kept as they are written"""

UNKNOWN_METHOD = "EGeneral:Unknown method"
PERMISSION_DENIED = "EGeneral:Permission denied"
TEMPORARY_LOCKOUT = "EGeneral:Temporary lockout"
TOO_MANY_REQUESTS = "EGeneral:Too many requests"
INVALID_ARGUMENTS = "EGeneral:Invalid arguments"
INVALID_KEY = "EAPI:Invalid key"
INVALID_SIGNATURE = "EAPI:Invalid signature"
INVALID_NONCE = "EAPI:Invalid nonce"
API_RATE_LIMIT = "EAPI:Rate limit exceeded"
ORDER_RATE_LIMIT = "EOrder:Rate limit exceeded"
ORDERS_LIMIT = "EOrder:Orders limit exceeded"
POST_ONLY_ORDER = "EOrder:Post only order"
UNKNOWN_ORDER = "EOrder:Unknown order"
INVALID_ORDER = "EOrder:Invalid order"
INSUFFICIENT_FUNDS = "EOrder:Insufficient funds"
UNKNOWN_PAIR = "EQuery:Unknown asset pair"
UNKNOWN_ASSET = "EQuery:Unknown asset"
UNAVAILABLE = "EService:Unavailable"
DEADLINE_ELAPSED = "EService:Deadline elapsed"
INVALID_SESSION = "ESession:Invalid session"

TEXTS: Mapping[Reason, str] = {
    Reason.MALFORMED: INVALID_ARGUMENTS,
    Reason.UNKNOWN_INSTRUMENT: UNKNOWN_PAIR,
    Reason.PRICE_OFF_GRID: "EOrder:Tick size check failed",
    Reason.PRICE_OUT_OF_RANGE: "EOrder:Invalid price",
    Reason.QUANTITY_OFF_GRID: f"{INVALID_ARGUMENTS}:volume",
    Reason.QUANTITY_TOO_SMALL: "EOrder:Order minimum not met",
    Reason.QUANTITY_TOO_LARGE: f"{INVALID_ARGUMENTS}:volume",
    Reason.NOTIONAL_TOO_SMALL: "EOrder:Cost minimum not met",
    Reason.INSUFFICIENT_FUNDS: INSUFFICIENT_FUNDS,
    Reason.NO_LIQUIDITY: "EOrder:Insufficient liquidity",
    Reason.CLIENT_ID_MALFORMED: f"{INVALID_ARGUMENTS}:cl_ord_id",
    Reason.CLIENT_ID_DUPLICATE: f"{INVALID_ARGUMENTS}:cl_ord_id is in use",
    Reason.ORDER_NOT_FOUND: UNKNOWN_ORDER,
    Reason.ORDER_FILLED: UNKNOWN_ORDER,
    Reason.ORDER_CANCELED: UNKNOWN_ORDER,
    Reason.NOTHING_TO_CHANGE: INVALID_ARGUMENTS,
    Reason.WRONG_ORDER_TYPE: INVALID_ORDER,
    Reason.MODE_CANCEL_ONLY: "EService:Market in cancel_only mode",
    Reason.MODE_POST_ONLY: "EService:Market in post_only mode",
    Reason.MODE_LIMIT_ONLY: "EService:Market in limit_only mode",
}


class KrakenError(Exception):
    """A request that is answered with an error text instead of a result."""

    def __init__(self, text: str, field: str = "") -> None:
        self.text = f"{text}:{field}" if field else text
        super().__init__(self.text)


def translated(refusal: Refusal) -> KrakenError:
    """Return Kraken's form of a refusal; a number it could not read is named by its field."""
    if refusal.reason is Reason.MALFORMED:
        return KrakenError(INVALID_ARGUMENTS, {"px": "price", "sz": "volume"}.get(refusal.detail, ""))
    return KrakenError(TEXTS[refusal.reason])
