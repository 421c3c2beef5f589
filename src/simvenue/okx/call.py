"""One admitted REST call: its parameters, read with OKX's complaints when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..exchange.account import Account
from ..exchange.exchange import Exchange
from ..exchange.market import Market
from ..exchange.refusal import Refusal
from ..keys import ApiKey
from .code import PLACE, Json, OkxError, translated
from .wire import symbol_of


@dataclass(slots=True)
class Call:
    """`wall` is the wall clock, ns; `key` is None on public endpoints; `items` the operations of a POST body."""

    exchange: Exchange
    wall: int
    params: Mapping[str, str]
    key: ApiKey | None = None
    items: Sequence[Mapping[str, Json]] = ()

    @property
    def account(self) -> Account:
        assert self.key is not None
        return self.exchange.accounts[self.key.account]

    def text(self, name: str) -> str:
        """Return a required parameter; 50014 when it is missing."""
        value = self.params.get(name, "")
        if not value:
            raise OkxError("50014", name)
        return value

    def choice(self, name: str, allowed: Mapping[str, object] | tuple[str, ...], default: str = "") -> str:
        """Return a parameter out of `allowed`; 51000 for another value."""
        value = self.params.get(name, "") or default
        if value and value not in allowed:
            raise OkxError("51000", name)
        return value

    def integer(self, name: str, default: int | None, most: int | None = None) -> int | None:
        """Return an integer parameter, cut to `most`; 51000 when it is none."""
        value = self.params.get(name, "")
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise OkxError("51000", name)
        number = int(value)
        return number if most is None else min(number, most)

    def limit(self, default: int, most: int, name: str = "limit") -> int:
        found = self.integer(name, default, most)
        return default if found is None else max(1, found)

    def market(self) -> Market:
        """Return the market of the required `instId`; 51001 when it is not listed."""
        return market_of(self.exchange, self.text("instId"))


def market_of(exchange: Exchange, instrument: str) -> Market:
    try:
        return exchange.market(symbol_of(instrument))
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal
