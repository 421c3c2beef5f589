"""Kraken's error texts: what each means, and which prove that nothing was executed. Data, and the lookup of a text.

A text may carry a detail after the known part (`EGeneral:Invalid arguments:volume minimum not met`); the longest known
beginning decides. Sources: VENUES §5; Kraken, "Spot Error Messages", "API error messages", "Spot REST rate limits",
"Spot trading limits".
"""

from __future__ import annotations

from typing import Final

from .meaning import CodeRule, Meaning

_PROOF: Final = frozenset({200})
_NO_PROOF: Final[frozenset[int]] = frozenset()


def _rules(meaning: Meaning, http: frozenset[int], category: str, *texts: str) -> dict[str, CodeRule]:
    return {f"{category}:{text}": CodeRule(meaning, http) for text in texts}


CANCEL_ONLY: Final = "EService:Market in cancel_only mode"

CODES: Final = {
    **_rules(Meaning.AUTHENTICATION, _PROOF, "EAPI", "Invalid key", "Invalid signature"),
    **_rules(Meaning.AUTHENTICATION, _PROOF, "ESession", "Invalid session"),
    **_rules(Meaning.CLOCK, _PROOF, "EAPI", "Invalid nonce"),
    **_rules(Meaning.PERMISSION, _PROOF, "EGeneral", "Permission denied"),
    **_rules(Meaning.PERMISSION, _PROOF, "EAccount", "Invalid permissions"),
    **_rules(Meaning.PERMISSION, _PROOF, "EOrder", "Trading agreement required"),
    **_rules(Meaning.PERMISSION, _PROOF, "ETrade", "User Locked", "Locked"),
    **_rules(Meaning.THROTTLED, frozenset({200, 429}), "EAPI", "Rate limit exceeded"),
    **_rules(Meaning.THROTTLED, frozenset({200, 429}), "EOrder", "Rate limit exceeded"),
    **_rules(Meaning.THROTTLED, _NO_PROOF, "EGeneral", "Temporary lockout", "Too many requests"),
    "EService: Throttled": CodeRule(Meaning.THROTTLED, _NO_PROOF),
    "EService:Throttled": CodeRule(Meaning.THROTTLED, _NO_PROOF),
    **_rules(Meaning.FUNDS, _PROOF, "EOrder", "Insufficient funds"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EOrder", "Order minimum not met", "Cost minimum not met"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EOrder", "Tick size check failed", "Invalid price", "Post only order"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EOrder", "Orders limit exceeded", "Positions limit exceeded"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EOrder", "Insufficient margin", "Margin allowance exceeded"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EOrder", "Cannot open position", "Cannot open opposing position"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EGeneral:Invalid arguments", "price", "volume"),
    **_rules(Meaning.ORDER_RULE, _PROOF, "EQuery", "Unknown asset pair", "Invalid asset pair"),
    **_rules(Meaning.ORDER_RULE, _NO_PROOF, "EOrder", "Invalid order"),
    **_rules(Meaning.DUPLICATE, _NO_PROOF, "EGeneral:Invalid arguments", "cl_ord_id"),
    **_rules(Meaning.NOT_FOUND, _NO_PROOF, "EOrder", "Unknown order"),
    **_rules(Meaning.REQUEST, _NO_PROOF, "EGeneral", "Invalid arguments", "Unknown method"),
    **_rules(Meaning.REQUEST, _NO_PROOF, "EAPI", "Bad request", "Feature disabled"),
    **_rules(Meaning.REQUEST, _NO_PROOF, "EQuery", "Unknown asset"),
    **_rules(Meaning.TIMED_OUT, _NO_PROOF, "EService", "Deadline elapsed", "Timeout"),
    **_rules(Meaning.UNAVAILABLE, _NO_PROOF, "EService", "Unavailable", "Busy"),
    CANCEL_ONLY: CodeRule(Meaning.HALTED, _PROOF),
    **_rules(Meaning.UNAVAILABLE, _NO_PROOF, "EService", "Market in post_only mode", "Market in limit_only mode"),
    "EService": CodeRule(Meaning.UNAVAILABLE, _NO_PROOF),
    **_rules(Meaning.UNAVAILABLE, _NO_PROOF, "EGeneral", "Internal error"),
    **_rules(Meaning.UNAVAILABLE, _NO_PROOF, "EDatabase", "Internal error"),
    "Currency pair not supported": CodeRule(Meaning.REQUEST, _NO_PROOF),
    "Subscription depth not supported": CodeRule(Meaning.REQUEST, _NO_PROOF),
    "Subscription ohlc interval not supported": CodeRule(Meaning.REQUEST, _NO_PROOF),
    "Exceeded msg rate": CodeRule(Meaning.THROTTLED, _NO_PROOF),
}
"""Unlisted texts are never proof. `EGeneral:Invalid arguments` alone proves nothing, because Kraken has not published
what it says to a client order id that is in use, and that order may be live. `EService:*` proves nothing (an elapsed
deadline is settled by a look-up once the deadline has passed) with one exception: in mode cancel_only "new orders cannot be
placed" (Kraken's page on the system status, the same in its REST, WebSocket and FIX references), whatever they are. In
post_only and limit_only mode some can, so those are looked up."""

NOT_PROCESSED: Final = frozenset({"EAPI:Rate limit exceeded", "EOrder:Rate limit exceeded"})
"""Both are documented as refusals of the call: the first when the key's REST counter exceeds its maximum (the call is not
passed on), the second as the engine's *rejection* when the pair's counter reached its threshold. `EService: Throttled`
(too many concurrent requests) and `EGeneral:Too many requests` are not documented that way and are not here."""

_LONGEST_FIRST: Final = sorted(CODES, key=len, reverse=True)


def codes_of(error: str) -> tuple[str, ...]:
    """Return the text itself and the longest known code it begins with, most specific first."""
    for code in _LONGEST_FIRST:
        if error.startswith(code) and not error[len(code) : len(code) + 1].isalnum():
            return (code,) if error == code else (error[:200], code)
    return (error[:200],)
