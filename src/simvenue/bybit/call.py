"""One admitted REST call: its parameters, read with Bybit's complaints when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from golive.model.json import JsonObject, JsonValue

from ..exchange.account import Account
from ..exchange.exchange import Exchange
from ..exchange.market import Market
from ..keys import ApiKey
from . import code
from .book import Counters
from .code import BybitError
from .recent import RecentlyClosed

CATEGORIES = ("spot", "linear", "inverse", "option")


@dataclass(slots=True)
class Venue:
    """What calls read beside their parameters: the exchange, its markets by wire name, and what the dialect keeps."""

    exchange: Exchange
    counters: Counters
    closed: RecentlyClosed
    windows: dict[str, int] = field(default_factory=dict)
    """disconnect protection: account → seconds"""
    maintenance_since: int | None = None
    """wall clock, ns"""

    def __post_init__(self) -> None:
        self.markets = {symbol.replace("/", ""): market for symbol, market in self.exchange.markets.items()}

    markets: dict[str, Market] = field(init=False)


@dataclass(slots=True)
class Call:
    """`wall` is the wall clock, ns; `key` is None on public endpoints; `body` the object a POST carried."""

    venue: Venue
    wall: int
    params: Mapping[str, str]
    address: str = ""
    key: ApiKey | None = None
    body: JsonObject = field(default_factory=dict)
    extra: list[JsonValue] = field(default_factory=list)
    """rows of `retExtInfo`, which batches fill"""

    @property
    def exchange(self) -> Exchange:
        return self.venue.exchange

    @property
    def account(self) -> Account:
        assert self.key is not None
        return self.exchange.accounts[self.key.account]

    def category(self) -> str:
        """Return the required category; 10001 when it is none of Bybit's."""
        return require_category(self.params.get("category"))

    @property
    def is_spot(self) -> bool:
        return self.category() == "spot"

    def market(self) -> Market:
        """Return the market of the required `symbol`; 10001 when this category does not list it."""
        market = self.venue.markets.get(self.params.get("symbol", "")) if self.is_spot else None
        if market is None:
            raise BybitError(code.PARAMETER, message="Not supported symbols")
        return market

    def chosen_markets(self) -> list[Market]:
        """Return the market `symbol` names, all when it is not given, none in another category."""
        if not self.params.get("symbol"):
            return list(self.venue.markets.values()) if self.is_spot else []
        return [self.market()] if self.is_spot else []

    def symbol(self) -> str | None:
        """Return the exchange's name of the optional `symbol` of a private list; 170121 for one that is not listed."""
        name = self.params.get("symbol", "")
        return market_of(self.venue, name).listing.symbol if name else None

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """Return an optional parameter out of `allowed`; 10001 for another value."""
        value = self.params.get(name, "")
        if value and value not in allowed:
            raise BybitError(code.PARAMETER, message=f"params error: {name} invalid")
        return value

    def integer(self, name: str) -> int | None:
        """Return an optional non-negative integer (a time in ms, a count); 10001 when it is none."""
        value = self.params.get(name, "")
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 14):
            raise BybitError(code.PARAMETER, message=f"params error: {name} invalid")
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """Return the page size, cut to `most`; 10001 below 1."""
        value = self.integer("limit")
        if value == 0:
            raise BybitError(code.PARAMETER, message="params error: limit invalid")
        return default if value is None else min(value, most)

    def cursor(self) -> int | None:
        """Return the id the previous page ended with; 10001 for a text that is no cursor."""
        value = unquote(self.params.get("cursor", ""))
        if not value:
            return None
        number = value.partition(":")[0]
        if not (number.isascii() and number.isdigit() and len(number) <= 20):
            raise BybitError(code.PARAMETER, message="params error: cursor invalid")
        return int(number)


def cursor_text(identity: int, at: int) -> str:
    """Return the cursor after a row with this id and time (ns), percent-encoded as Bybit gives it out."""
    return quote(f"{identity}:{at // 1_000_000}", safe="")


def require_category(value: JsonValue) -> str:
    if value not in CATEGORIES:
        raise BybitError(code.PARAMETER, message="Category is invalid")
    return str(value)


def market_of(venue: Venue, symbol: str) -> Market:
    """Return the market of a wire symbol; 170121 when it is not listed."""
    market = venue.markets.get(symbol)
    if market is None:
        raise BybitError(code.INVALID_SYMBOL)
    return market
