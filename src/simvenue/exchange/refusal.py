"""Why the exchange refuses a request; dialects translate a reason into their own codes."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Every reason; a dialect's table must know each of them (a test checks)."""

    MALFORMED = "malformed"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    PRICE_OFF_GRID = "price_off_grid"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    QUANTITY_OFF_GRID = "quantity_off_grid"
    QUANTITY_TOO_SMALL = "quantity_too_small"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    NO_LIQUIDITY = "no_liquidity"
    CLIENT_ID_MALFORMED = "client_id_malformed"
    CLIENT_ID_DUPLICATE = "client_id_duplicate"
    ORDER_NOT_FOUND = "order_not_found"
    ORDER_FILLED = "order_filled"
    ORDER_CANCELED = "order_canceled"
    NOTHING_TO_CHANGE = "nothing_to_change"
    WRONG_ORDER_TYPE = "wrong_order_type"
    MODE_CANCEL_ONLY = "mode_cancel_only"
    MODE_POST_ONLY = "mode_post_only"
    MODE_LIMIT_ONLY = "mode_limit_only"


class Refusal(Exception):
    """The request was refused and changed nothing; `detail` says which field or limit."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
