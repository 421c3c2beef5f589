"""One call: its parameters from query, form or JSON body, read with Kraken's complaints when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson

from golive.model.clock import from_iso

from ..exchange.account import Account
from ..exchange.exchange import Exchange
from ..exchange.market import Market
from ..face.request import RawRequest
from ..keys import ApiKey
from .code import INVALID_ARGUMENTS, UNKNOWN_PAIR, KrakenError
from .name import PairNames

if TYPE_CHECKING:
    from .limit import Limits

Params = Mapping[str, object]
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0", ""})


@dataclass(slots=True)
class Call:
    """`wall` and `monotonic` are now, ns; `key` is None on public methods, `nonce` the highest one it has used.

    `waited` is how long the call has been in the engine's queue, ns.
    `time_scale` is how many times shorter than documented the time rules of orders are.
    """

    exchange: Exchange
    pairs: PairNames
    limits: Limits
    wall: int
    monotonic: int
    params: Params
    key: ApiKey | None = None
    nonce: int = 0
    time_scale: int = 1
    waited: int = 0

    @property
    def account(self) -> Account:
        assert self.key is not None
        return self.exchange.accounts[self.key.account]

    def text(self, name: str, default: str = "") -> str:
        """Return an optional parameter as text; numbers of JSON bodies as they are written."""
        return text_of(self.params, name) or default

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise KrakenError(INVALID_ARGUMENTS, name)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        return flag_of(self.params, name, default=default)

    def integer(self, name: str, default: int | None, most: int | None = None) -> int | None:
        """Return a whole number of zero or more, cut to `most`."""
        value = self.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise KrakenError(INVALID_ARGUMENTS, name)
        return int(value) if most is None else min(int(value), most)

    def market(self) -> Market:
        """Return the market of the required `pair`."""
        return self.market_of(self.required("pair"))

    def market_of(self, pair: str) -> Market:
        symbol = self.pairs.symbol(pair)
        if symbol is None:
            raise KrakenError(UNKNOWN_PAIR)
        return self.exchange.markets[symbol]


def text_of(params: Params, name: str) -> str:
    """Return a parameter as text, empty when it is missing or null."""
    value = params.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise KrakenError(INVALID_ARGUMENTS, name)
    return value.strip() if isinstance(value, str) else repr(value)


def flag_of(params: Params, name: str, *, default: bool = False) -> bool:
    value = params.get(name)
    if value is None:
        return default
    word = str(value).lower()
    if word not in _YES | _NO:
        raise KrakenError(INVALID_ARGUMENTS, name)
    return word in _YES


def query_params(raw_query: bytes) -> Params:
    return dict(parse_qsl(raw_query.decode("utf-8", "replace"), keep_blank_values=True))


def body_params(request: RawRequest) -> Params:
    """Read a form or JSON body; the later of two fields with one name counts."""
    if "application/json" not in request.headers.get("content-type", "").lower():
        return query_params(request.body)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as exc:
        raise KrakenError(INVALID_ARGUMENTS) from exc
    if not isinstance(body, dict):
        raise KrakenError(INVALID_ARGUMENTS)
    return body


def moment(text: str, field: str) -> int:
    """Read an RFC 3339 time in UTC, ns."""
    plain = text.removesuffix("+00:00")
    try:
        return from_iso(plain if plain.endswith("Z") else plain + "Z")
    except ValueError as exc:
        raise KrakenError(INVALID_ARGUMENTS, field) from exc
