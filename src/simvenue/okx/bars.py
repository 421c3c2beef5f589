"""OKX names of bar sizes. Plain names of six hours and more begin at UTC+8, those with `utc` at UTC.

Source: OKX API v5 documentation, "Get candlesticks".
"""

from __future__ import annotations

from collections.abc import Mapping

from ..exchange.bar import DAY, HOUR, SECOND, Bar, week

_HONG_KONG = -8 * HOUR
_MINUTE = 60 * SECOND

BARS: Mapping[str, Bar] = {
    "1s": Bar(SECOND),
    **{f"{n}m": Bar(n * _MINUTE) for n in (1, 3, 5, 15, 30)},
    **{f"{n}H": Bar(n * HOUR) for n in (1, 2, 4)},
    **{f"{n}H": Bar(n * HOUR, _HONG_KONG) for n in (6, 12)},
    **{f"{n}Hutc": Bar(n * HOUR) for n in (6, 12)},
    **{f"{n}D": Bar(n * DAY, _HONG_KONG) for n in (1, 2, 3, 5)},
    **{f"{n}Dutc": Bar(n * DAY) for n in (1, 2, 3, 5)},
    "1W": week(_HONG_KONG),
    "1Wutc": week(),
    **{f"{n}M": Bar(0, _HONG_KONG, n) for n in (1, 3)},
    **{f"{n}Mutc": Bar(0, 0, n) for n in (1, 3)},
}
