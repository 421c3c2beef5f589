"""How near a limit is: three bands, and what it takes to leave the middle one again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .rules import share_text

Band = Literal["ok", "warn", "breach"]

WARN_SHARE = 0.8
"""share of a limit from which its band is `warn`"""
BACK_SHARE = 0.75
"""share of a limit below which a band that was higher is `ok` again"""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of one limit is used: decimal texts, ratio and band (`ok`, `warn`, `breach`)."""

    limit: str
    allowed: str
    used: str
    used_ratio: float
    band: Band


def use_of(limit: str, allowed: Decimal | int, part: int, whole: int, *, before: Band = "ok", stops: bool = True) -> LimitUse:
    """Judge `part` / `whole` by one limit that was in the band `before`.

    A stop (`stops`) breaches at its limit. A size or a count never does: a position bought within its limit may grow past it
    with the market, and only stops turn a session red. Of a limit of 0 anything at all uses it up.
    """
    share = part / whole
    ratio = share / float(allowed) if allowed > 0 else (1.0 if stops or share > 0 else 0.0)
    band: Band = "ok"
    if share > 0:
        if stops and ratio >= 1:
            band = "breach"
        elif ratio >= WARN_SHARE or (before != "ok" and ratio >= BACK_SHARE):
            band = "warn"
    return LimitUse(limit, str(allowed), share_text(part, whole), round(ratio, 4), band)
