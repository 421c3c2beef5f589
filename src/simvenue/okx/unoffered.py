"""Fields of an order or amendment that would change its meaning and are not simulated: they are refused, not overlooked."""

from __future__ import annotations

from collections.abc import Mapping

from .code import Json, OkxError

_ATTACHED = (
    "attachAlgoOrds",
    "attachAlgoClOrdId",
    "algoClOrdId",
    "tpTriggerPx",
    "tpTriggerPxType",
    "tpOrdPx",
    "tpOrdKind",
    "slTriggerPx",
    "slTriggerPxType",
    "slOrdPx",
    "closeFraction",
)
PLACING = (
    *_ATTACHED,
    "ccy",
    "posSide",
    "reduceOnly",
    "pxUsd",
    "pxVol",
    "banAmend",
    "quickMgnType",
    "pxAmendType",
    "isElpTakerAccess",
)
AMENDING = (
    *_ATTACHED,
    *(f"new{name[:1].upper()}{name[1:]}" for name in _ATTACHED if name[:2] in ("tp", "sl")),
    "newPxUsd",
    "newPxVol",
    "cxlOnFail",
    "pxAmendType",
)
_NEUTRAL: Mapping[str, tuple[str, ...]] = {"posSide": ("net",), "pxAmendType": ("0",)}
"""values, beside nothing and `false`, that say what is so anyway"""


def refuse(item: Mapping[str, Json], names: tuple[str, ...]) -> None:
    """Raise OkxError 51000 for the first of `names` that says anything."""
    for name in names:
        value = item.get(name)
        if not value or value == "false" or value in _NEUTRAL.get(name, ()):
            continue
        raise OkxError("51000", name)


def refuse_foreign_quote(item: Mapping[str, Json], quote: str) -> None:
    """Raise OkxError 51000 when `tradeQuoteCcy` names another asset than the market's quote."""
    if item.get("tradeQuoteCcy") not in (None, "", quote):
        raise OkxError("51000", "tradeQuoteCcy")
