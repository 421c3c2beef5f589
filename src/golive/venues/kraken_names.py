"""Kraken's names of assets and pairs, by table and rule, so that nothing has to be remembered between calls.

The assets listed first have a legacy id (`XXBT`, `ZUSD`); Bitcoin and Dogecoin also have an alternative name (`XBT`,
`XDG`). REST asks by alternative names (`XBTUSD`) and answers with ids (`XXBTZUSD`); WebSocket v2 says `BTC/USD`.
Source: VENUES §3.2; Kraken, AssetPairs and Assets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from golive.model.instrument import Instrument

LABEL: Final = "kraken"
_ALTERNATIVE: Final[Mapping[str, str]] = {"BTC": "XBT", "DOGE": "XDG"}
_LEGACY: Final[Mapping[str, str]] = {
    "BTC": "XXBT",
    "DOGE": "XXDG",
    **{name: f"X{name}" for name in ("ETC", "ETH", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")},
    **{name: f"Z{name}" for name in ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")},
}
"""a closed list: a rule for every four letters after an X would read the asset XCAD as CAD"""
_COMMON: Final[Mapping[str, str]] = {
    **{legacy: name for name, legacy in _LEGACY.items()},
    **{alternative: name for name, alternative in _ALTERNATIVE.items()},
}


def asset_name(asset: str) -> str:
    """`XXBT`, `XBT` → `BTC`; `ZUSD` → `USD`; a wallet suffix stays (`XBT.F` → `BTC.F`), for that is not spendable here."""
    stem, dot, wallet = asset.partition(".")
    return f"{_COMMON.get(stem, stem)}{dot}{wallet}"


def alternative_name(asset: str) -> str:
    """`BTC` → `XBT`, `USD` → `USD`."""
    return _ALTERNATIVE.get(asset, asset)


def pair_name(instrument: Instrument) -> str:
    """Return what REST calls the pair: `XBTUSD`."""
    return alternative_name(instrument.base) + alternative_name(instrument.quote)


@lru_cache(maxsize=1024)
def _names(base: str, quote: str) -> frozenset[str]:
    bases = {base, alternative_name(base), _LEGACY.get(base, base)}
    quotes = {quote, alternative_name(quote), _LEGACY.get(quote, quote)}
    return frozenset(f"{b}{slash}{q}" for b in bases for q in quotes for slash in ("", "/"))


def is_pair(name: object, instrument: Instrument) -> bool:
    """Return whether `name` is one of Kraken's names of the pair: `XBTUSD`, `XXBTZUSD`, `XBT/USD`, `BTC/USD`."""
    return isinstance(name, str) and name in _names(instrument.base, instrument.quote)


def symbol(instrument: Instrument) -> str:
    """Return what WebSocket v2 calls the pair: `BTC/USD`."""
    return instrument.id.symbol
