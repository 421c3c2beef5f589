"""Bybit return codes: their texts, and which one stands for which refusal of the exchange.

Source: Bybit API v5 documentation, "Error Codes" (UTA, Spot Trade); texts that the table only describes are as clients
have reported them (10002, 10004, 10010). Not published: what an amendment below the filled quantity of a spot order is
told (the code of contracts is used), and how a spot order is refused while trading is suspended (170031).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..exchange.refusal import Reason, Refusal

OK = 0
PARAMETER = 10001
TIME_WINDOW = 10002
KEY_INVALID = 10003
SIGN_INVALID = 10004
PERMISSION = 10005
TOO_MANY_VISITS = 10006
ADDRESS_UNKNOWN = 10010
SERVER_ERROR = 10016
KEY_EXPIRED = 33004
SMALLER_THAN_FILLED = 110064
EMPTY_PARAMETER = 170105
INVALID_TIME_IN_FORCE = 170115
INVALID_ORDER_TYPE = 170116
INVALID_SIDE = 170117
INVALID_SYMBOL = 170121
AMOUNT_TOO_LARGE = 170124
INVALID_DATA = 170130
PRICE_TOO_LOW = 170133
QUANTITY_TOO_LARGE = 170135
QUANTITY_TOO_SMALL = 170136
FILLED = 170139
AMOUNT_TOO_SMALL = 170140
CANCELED = 170142
AMOUNT_OFF_GRID = 170148
CREATE_FAILED = 170149
CANCEL_FAILED = 170150
BUY_PRICE_TOO_HIGH = 170193
SELL_PRICE_TOO_LOW = 170194
BUY_TOO_DEEP = 170197
SELL_TOO_DEEP = 170198
INVALID_ORDER_FILTER = 170202
NOT_FOUND = 170213
NOT_SUPPORTED = 170227

MESSAGES: Mapping[int, str] = {
    OK: "OK",
    10000: "Server Timeout",
    PARAMETER: "Request parameter error.",
    TIME_WINDOW: "invalid request, please check your server timestamp or recv_window param. {0}",
    KEY_INVALID: "API key is invalid.",
    SIGN_INVALID: "error sign! origin_string[{0}]",
    PERMISSION: "Permission denied, please check your API key permissions.",
    TOO_MANY_VISITS: "Too many visits. Exceeded the API Rate Limit.",
    10009: "IP has been banned.",
    ADDRESS_UNKNOWN: "Unmatched IP, please check your API key's bound IP addresses.",
    SERVER_ERROR: "System error. Please try again later.",
    10018: "Exceeded the IP Rate Limit.",
    10429: "System level frequency protection",
    429: "The trading service is experiencing a high server load. Please retry if you encounter this issue.",
    KEY_EXPIRED: "Your api key has expired.",
    110001: "Order does not exist",
    110007: "Available balance is insufficient",
    SMALLER_THAN_FILLED: "The modified contract quantity cannot be less than or equal to the filled quantity.",
    110072: "OrderLinkedID is duplicate",
    170001: "Internal error.",
    170005: "Too many new orders; current limit is %s orders per %s.",
    170007: "Timeout waiting for response from backend server.",
    170031: "The feature has been suspended",
    EMPTY_PARAMETER: "Parameter '{0}' was empty.",
    INVALID_TIME_IN_FORCE: "Invalid timeInForce.",
    INVALID_ORDER_TYPE: "Invalid orderType.",
    INVALID_SIDE: "Invalid side.",
    INVALID_SYMBOL: "Invalid symbol.",
    AMOUNT_TOO_LARGE: "Order amount too large.",
    INVALID_DATA: "Data sent for paramter '{0}' is not valid.",
    170131: "Insufficient balance.",
    170132: "Order price too high.",
    PRICE_TOO_LOW: "Order price lower than the minimum.",
    170134: "Order price has too many decimals.",
    QUANTITY_TOO_LARGE: "Order quantity too large.",
    QUANTITY_TOO_SMALL: "Order quantity lower than the minimum.",
    170137: "Order quantity has too many decimals.",
    FILLED: "Order has been filled.",
    AMOUNT_TOO_SMALL: "Order value exceeded lower limit.",
    170141: "Duplicate clientOrderId",
    CANCELED: "Order has been canceled.",
    170143: "Cannot be found on order book",
    AMOUNT_OFF_GRID: "Market order amount decimal too long",
    CREATE_FAILED: "Create order failed",
    CANCEL_FAILED: "Cancel order failed",
    170159: "Market Order is not supported within the first %s minutes of newly launched pairs due to risk control.",
    BUY_PRICE_TOO_HIGH: "Buy order price cannot be higher than {0}.",
    SELL_PRICE_TOO_LOW: "Sell order price cannot be lower than {0}.",
    BUY_TOO_DEEP: "Your order quantity to buy is too large. The filled price may deviate significantly from the market price. "
    "Please try again",
    SELL_TOO_DEEP: "Your order quantity to sell is too large. The filled price may deviate significantly from the market price. "
    "Please try again",
    170210: "New order rejected.",
    INVALID_ORDER_FILTER: "Invalid orderFilter parameter.",
    NOT_FOUND: "Order does not exist.",
    170217: "Only LIMIT-MAKER order is supported for the current pair.",
    170218: "The LIMIT-MAKER order is rejected due to invalid price.",
    170222: "Too many requests in this time frame.",
    NOT_SUPPORTED: "This feature is not supported.",
}

PLACE: Mapping[Reason, int] = {
    Reason.MALFORMED: INVALID_DATA,
    Reason.UNKNOWN_INSTRUMENT: INVALID_SYMBOL,
    Reason.PRICE_OFF_GRID: 170134,
    Reason.PRICE_OUT_OF_RANGE: 170132,
    Reason.QUANTITY_OFF_GRID: 170137,
    Reason.QUANTITY_TOO_SMALL: QUANTITY_TOO_SMALL,
    Reason.QUANTITY_TOO_LARGE: QUANTITY_TOO_LARGE,
    Reason.NOTIONAL_TOO_SMALL: AMOUNT_TOO_SMALL,
    Reason.INSUFFICIENT_FUNDS: 170131,
    Reason.NO_LIQUIDITY: BUY_TOO_DEEP,
    Reason.CLIENT_ID_MALFORMED: INVALID_DATA,
    Reason.CLIENT_ID_DUPLICATE: 170141,
    Reason.ORDER_NOT_FOUND: NOT_FOUND,
    Reason.ORDER_FILLED: NOT_FOUND,
    Reason.ORDER_CANCELED: NOT_FOUND,
    Reason.NOTHING_TO_CHANGE: PARAMETER,
    Reason.WRONG_ORDER_TYPE: 170143,
    Reason.MODE_CANCEL_ONLY: 170031,
    Reason.MODE_POST_ONLY: 170217,
    Reason.MODE_LIMIT_ONLY: 170159,
}
"""of new orders, and of cancellations: a finished order is not there any more"""
AMEND: Mapping[Reason, int] = {**PLACE, Reason.ORDER_FILLED: FILLED, Reason.ORDER_CANCELED: CANCELED}

_FIELDS = {"px": "price", "sz": "qty"}


class BybitError(Exception):
    """A request that is answered with a code instead of a result."""

    def __init__(self, code: int, detail: str = "", *, message: str | None = None) -> None:
        self.code = code
        self.message = text(code, detail) if message is None else message
        super().__init__(f"{code} {self.message}")


class HttpError(Exception):
    """A request that the gateway refuses below the level of codes: a status and a plain text."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def text(code: int, detail: str = "") -> str:
    """Return the message of a code with its parameter filled in."""
    return MESSAGES[code].replace("{0}", detail)


def translated(refusal: Refusal, table: Mapping[Reason, int]) -> BybitError:
    """Return Bybit's form of a refusal."""
    return BybitError(table[refusal.reason], _FIELDS.get(refusal.detail, refusal.detail))
