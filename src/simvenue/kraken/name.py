"""Kraken's names of assets and pairs: `XXBT` and `XBT` for BTC, `XXBTZUSD`, `XBTUSD` and `XBT/USD` for BTC/USD.

REST speaks in these; WebSocket v2 and the exchange in plain symbols. Source: Kraken's Assets and AssetPairs answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LEGACY: Mapping[str, tuple[str, str]] = {
    "BTC": ("XXBT", "XBT"),
    "DOGE": ("XXDG", "XDG"),
    **{asset: (f"X{asset}", asset) for asset in ("ETC", "ETH", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")},
    **{asset: (f"Z{asset}", asset) for asset in ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")},
}
"""asset → (id, alternative name) of the assets that were listed first; every other asset has one name"""
_SHORT_PAIRS = frozenset({"DOGE"})
"""bases whose pairs are named by alternative names although the asset has a long id"""


def asset_id(asset: str) -> str:
    """`BTC` → `XXBT`, `SOL` → `SOL`."""
    return _LEGACY[asset][0] if asset in _LEGACY else asset


def asset_altname(asset: str) -> str:
    """`BTC` → `XBT`."""
    return _LEGACY[asset][1] if asset in _LEGACY else asset


def pair_altname(symbol: str) -> str:
    """`BTC/USD` → `XBTUSD`."""
    base, _, quote = symbol.partition("/")
    return asset_altname(base) + asset_altname(quote)


def pair_wsname(symbol: str) -> str:
    """`BTC/USD` → `XBT/USD`."""
    base, _, quote = symbol.partition("/")
    return f"{asset_altname(base)}/{asset_altname(quote)}"


def pair_id(symbol: str) -> str:
    """`BTC/USD` → `XXBTZUSD`; pairs with a newer asset are named like their alternative name."""
    base, _, quote = symbol.partition("/")
    if base in _LEGACY and quote in _LEGACY and base not in _SHORT_PAIRS:
        return asset_id(base) + asset_id(quote)
    return pair_altname(symbol)


class PairNames:
    """Finds the symbol a client means; every name of a listed pair is known."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._symbols = {name: s for s in symbols for name in (pair_id(s), pair_altname(s), pair_wsname(s))}

    def symbol(self, name: str) -> str | None:
        """Return the symbol of a REST pair name, None when no such pair is listed."""
        return self._symbols.get(name)


class AssetNames:
    """Finds the asset a client means by id or alternative name."""

    def __init__(self, assets: Iterable[str]) -> None:
        self._assets = {name: asset for asset in assets for name in (asset_id(asset), asset_altname(asset))}

    def asset(self, name: str) -> str | None:
        return self._assets.get(name)
