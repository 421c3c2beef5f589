"""OKX error codes: their texts, their HTTP status, and which one stands for which refusal.

Source: OKX API v5 documentation, "Error code".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from golive.model.json import JsonValue

from ..exchange.refusal import Reason, Refusal

Json: TypeAlias = JsonValue

MESSAGES: Mapping[str, str] = {
    "1": "All operations failed",
    "2": "Bulk operation partially succeeded.",
    "50000": "Body for POST request cannot be empty.",
    "50001": "Service temporarily unavailable. Try again later.",
    "50002": "JSON syntax error",
    "50007": "Account blocked.",
    "50006": 'Invalid Content-Type. Please use "application/JSON".',
    "50011": "Too Many Requests",
    "50014": "Parameter {0} can not be empty.",
    "50025": "Parameter {0} count exceeds the limit.",
    "50026": "System error. Try again later.",
    "50036": "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
    "50061": "You've reached the maximum order rate limit for this account.",
    "50101": "APIKey does not match current environment.",
    "50102": "Timestamp request expired.",
    "50103": 'Request header "OK-ACCESS-KEY" cannot be empty.',
    "50104": 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.',
    "50105": 'Request header "OK-ACCESS-PASSPHRASE" incorrect.',
    "50106": 'Request header "OK-ACCESS-SIGN" cannot be empty.',
    "50107": 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.',
    "50110": "Your IP {0} is not included in your API key's IP whitelist.",
    "50111": "Invalid OK-ACCESS-KEY.",
    "50112": "Invalid OK-ACCESS-TIMESTAMP.",
    "50113": "Invalid signature.",
    "50115": "Invalid request method.",
    "50119": "API key doesn't exist",
    "50120": "This API key doesn't have permission to use this function",
    "51000": "Parameter {0} error",
    "51001": "Instrument ID, Instrument ID code or Spread ID doesn't exist.",
    "51003": "Either client order ID or order ID is required.",
    "51006": "Order price is not within the price limit: {0}",
    "51008": "Order failed. Insufficient {0} balance in account.",
    "51016": "Client order ID already exists.",
    "51020": "Your order should meet or exceed the minimum order amount.",
    "51121": "Order quantity must be a multiple of the lot size.",
    "51137": "The highest price limit for buy orders is exceeded: {0}",
    "51202": "Market order amount exceeds the maximum amount.",
    "51203": "Order amount exceeds the limit: {0}",
    "51400": "Cancellation failed as the order has been filled, canceled or does not exist.",
    "51401": "Cancellation failed as the order is already canceled.",
    "51402": "Cancellation failed as the order is already completed.",
    "51500": "You must enter a price, quantity, or TP/SL",
    "51503": "Your order has already been filled or canceled.",
    "51506": "Order modification unavailable for the order type.",
    "51509": "Modification failed as the order has been canceled.",
    "51510": "Modification failed as the order has been completed.",
    "51603": "Order does not exist.",
    "60003": "OK-ACCESS-PASSPHRASE incorrect",
    "60004": "Invalid timestamp",
    "60005": "Invalid apiKey",
    "60006": "Timestamp request expired",
    "60007": "Invalid sign",
    "60009": "Login failed.",
    "60011": "Please log in",
    "60012": "Invalid request: {0}",
    "60013": "Invalid args",
    "60014": "Requests too frequent.",
    "60018": "Wrong URL or {0} doesn't exist. Please use the correct URL, channel and parameters referring to API document.",
    "60024": "Wrong passphrase",
    "60032": "API key doesn't exist.",
}

STATUS: Mapping[str, int] = {
    "50000": 400,
    "50001": 503,
    "50002": 400,
    "50006": 400,
    "50011": 429,
    "50014": 400,
    **{str(code): 401 for code in range(50101, 50115)},
    "50115": 405,
    "51000": 400,
}
"""HTTP status of a code; 200 for every other."""

PLACE: Mapping[Reason, str] = {
    Reason.MALFORMED: "51000",
    Reason.UNKNOWN_INSTRUMENT: "51001",
    Reason.PRICE_OFF_GRID: "51006",
    Reason.PRICE_OUT_OF_RANGE: "51006",
    Reason.QUANTITY_OFF_GRID: "51121",
    Reason.QUANTITY_TOO_SMALL: "51020",
    Reason.QUANTITY_TOO_LARGE: "51203",
    Reason.NOTIONAL_TOO_SMALL: "51020",
    Reason.INSUFFICIENT_FUNDS: "51008",
    Reason.NO_LIQUIDITY: "51202",
    Reason.CLIENT_ID_MALFORMED: "51000",
    Reason.CLIENT_ID_DUPLICATE: "51016",
    Reason.ORDER_NOT_FOUND: "51603",
    Reason.ORDER_FILLED: "51603",
    Reason.ORDER_CANCELED: "51603",
    Reason.NOTHING_TO_CHANGE: "51500",
    Reason.WRONG_ORDER_TYPE: "51506",
    Reason.MODE_CANCEL_ONLY: "50001",
    Reason.MODE_POST_ONLY: "50001",
    Reason.MODE_LIMIT_ONLY: "50001",
}
CANCEL: Mapping[Reason, str] = {
    **PLACE,
    Reason.ORDER_NOT_FOUND: "51400",
    Reason.ORDER_FILLED: "51402",
    Reason.ORDER_CANCELED: "51401",
}
AMEND: Mapping[Reason, str] = {
    **PLACE,
    Reason.ORDER_NOT_FOUND: "51503",
    Reason.ORDER_FILLED: "51510",
    Reason.ORDER_CANCELED: "51509",
}


class OkxError(Exception):
    """A request that is answered with a code instead of data."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.message = text(code, detail)
        super().__init__(f"{code} {self.message}")

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 200)


def text(code: str, detail: str = "") -> str:
    """Return the message of a code with its parameter filled in."""
    return MESSAGES[code].replace("{0}", detail)


def translated(refusal: Refusal, table: Mapping[Reason, str]) -> OkxError:
    """Return the OKX form of a refusal."""
    return OkxError(table[refusal.reason], refusal.detail)
