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
_WARN, _BACK = Decimal(str(WARN_SHARE)).as_integer_ratio(), Decimal(str(BACK_SHARE)).as_integer_ratio()


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of one limit is used: decimal texts, ratio and band (`ok`, `warn`, `breach`)."""

    limit: str
    allowed: str
    used: str
    used_ratio: float
    band: Band

    @property
    def is_reached_by_a_loss(self) -> bool:
        """Whether a stop was reached by what was lost; one of 0 is at its limit without that."""
        return self.band == "breach" and self.used != "0"


def use_of(limit: str, allowed: Decimal | int, part: int, whole: int, *, before: Band = "ok", stops: bool = True) -> LimitUse:
    """Judge `part` / `whole` by one limit that was in the band `before`.

    A stop (`stops`) breaches at its limit. A size or a count never does: a position bought within its limit may grow past it
    with the market, and only stops turn a session red. A stop of 0 is at its limit before anything is lost, as for the rules
    that refuse for it; of another limit of 0 anything at all uses it up.
    """
    numerator, denominator = Decimal(allowed).as_integer_ratio()
    used, full = part * denominator, whole * numerator  # of each other what the share is of the limit, exactly
    ratio = used / full if full > 0 else (1.0 if stops or part > 0 else 0.0)
    band: Band = "ok"
    if stops and used >= full and (part > 0 or part == numerator == 0):
        band = "breach"
    elif part > 0 and _is_at_least(used, full, _WARN if before == "ok" else _BACK):
        band = "warn"
    return LimitUse(limit, str(allowed), share_text(part, whole), round(ratio, 4), band)


def _is_at_least(used: int, full: int, share: tuple[int, int]) -> bool:
    return used * share[1] >= full * share[0]
