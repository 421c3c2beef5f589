from __future__ import annotations

import pytest

from golive.execution.live.route import Route, first_match
from support.router_desk import BTC, ETH, VENUES

ANY = Route(name="any", adapters=("okx_spot", "kraken_spot"))
BTC_ONLY = Route(name="btc", adapters=("okx_spot",), symbols=frozenset({"BTC/USDT"}))
BRAVE = Route(name="brave", adapters=("okx_spot",), risk_profiles=frozenset({"aggressive"}))


@pytest.mark.parametrize(
    ("routes", "adapter", "symbol", "profile", "name"),
    [
        ((ANY, BTC_ONLY), "okx_spot", "BTC/USDT", "balanced", "any"),
        ((BTC_ONLY, ANY), "okx_spot", "BTC/USDT", "balanced", "btc"),
        ((BTC_ONLY, ANY), "okx_spot", "ETH/USDT", "balanced", "any"),
        ((BRAVE, ANY), "okx_spot", "BTC/USDT", "balanced", "any"),
        ((BRAVE, ANY), "okx_spot", "BTC/USDT", "aggressive", "brave"),
        ((BRAVE, BTC_ONLY), "okx_spot", "ETH/USDT", "balanced", None),
        ((BTC_ONLY,), "kraken_spot", "BTC/USDT", "balanced", None),
        ((), "okx_spot", "BTC/USDT", "balanced", None),
    ],
)
def test_the_first_route_that_takes_an_order_wins(
    routes: tuple[Route, ...], adapter: str, symbol: str, profile: str, name: str | None
) -> None:
    found = first_match(routes, adapter, symbol, profile)
    assert (None if found is None else found.name) == name


def test_an_order_falls_back_only_to_the_venues_after_its_own_and_only_where_it_may() -> None:
    route = Route(name="r", adapters=("a", "b", "c"), allow_fallback=True)
    assert [route.after(adapter) for adapter in "abcd"] == [("b", "c"), ("c",), (), ()]
    assert Route(name="r", adapters=("a", "b")).after("a") == ()


def test_a_venue_finds_its_instrument_by_symbol() -> None:
    okx = VENUES[0]
    assert [okx.instrument_of(symbol) for symbol in ("BTC/USDT", "ETH/USDT", "XRP/USDT")] == [BTC, ETH, None]
