"""The direct path signs byte for byte what CCXT would: address, headers in their order, and body, for every request we make."""

from __future__ import annotations

import asyncio
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.errors import AuthenticationFailed, ConfigError
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.secret import Credentials, Secret
from golive.venues import profile_named
from golive.venues.dialect import BODY, OrderSighting, Request
from golive.venues.settings import AdapterSettings
from golive.venues.signing import CcxtSigner
from support.adapters import ADAPTERS, rig

VENUES = ("okx", "kraken", "bybit")
BASE = "http://127.0.0.1:9"
KEYS = {
    "okx": {"apiKey": "985d5b66-57ce-40fb-b714-afc0b9787083", "secret": "chNOOS4KvNXR_Xq4k4c9qsfo", "password": "12 345 Ü"},
    "kraken": {
        "apiKey": "key/of+kraken=",
        "secret": "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZ==",
    },
    "bybit": {"apiKey": "test_api_key", "secret": "test_secret"},
}
TEXTS = st.text(string.ascii_letters + string.digits + " /+=&%[]~_-.,:é", max_size=12)
NAMES = st.text(string.ascii_letters + "_", min_size=1, max_size=8)
HEX_IDS = st.text("0123456789abcdef", min_size=32, max_size=32).map(ClientOrderId)
TIMES_MS = st.one_of(
    st.integers(0, 4_102_444_800_000), st.sampled_from([1607418537715, 1700000000000, 1700000000999, 1700000001000])
)


class Pair:
    """Both signers of one adapter, at one moment and with one nonce."""

    def __init__(self, venue: str, client: Any, direct: Any) -> None:
        self.venue = venue
        self.client = client
        self.direct = direct
        self.ccxt = CcxtSigner(client)

    def require_equal(self, request: Request, now_ms: int) -> None:
        self.client.milliseconds = lambda: now_ms
        self.client.incrementing_nonce = lambda: now_ms
        theirs, ours = self.ccxt.sign(request), self.direct.sign(request)
        assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
        assert list(ours.headers.items()) == list(theirs.headers.items())


async def _pair(venue: str, **more: Any) -> Pair:
    credentials = Credentials({name: Secret(value) for name, value in KEYS[venue].items()})
    async with rig(venue, BASE, credentials, signing="direct", **more) as made:
        connection = made.adapter.connection
        assert not isinstance(connection.path._signer, CcxtSigner), "the path signs directly"
        return Pair(venue, connection.client, connection.path._signer)


@pytest.fixture(scope="module", params=VENUES)
def pair(request: pytest.FixtureRequest) -> Pair:
    return asyncio.run(_pair(str(request.param)))


def instrument_of(venue: str) -> Instrument:
    quote = "USD" if venue == "kraken" else "USDT"
    return Instrument.from_text(
        f"{venue}:BTC/{quote}", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
    )


@st.composite
def orders(draw: st.DrawFn) -> tuple[int | None, int, Side, OrderType, TimeInForce, ClientOrderId]:
    price = draw(st.one_of(st.none(), st.integers(1, 10**7)))
    resting = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY)
    ending = TimeInForce.GTC if price is None else draw(st.sampled_from(resting))
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return price, draw(st.integers(1, 10**11)), draw(st.sampled_from(Side)), kind, ending, draw(HEX_IDS)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=orders(), now_ms=TIMES_MS, deadline_ms=TIMES_MS)
def test_every_write_is_signed_as_ccxt_signs_it(pair: Pair, order: tuple[Any, ...], now_ms: int, deadline_ms: int) -> None:
    dialect, instrument = profile_named(ADAPTERS[pair.venue]).dialect, instrument_of(pair.venue)
    price, quantity, side, kind, ending, name = order
    new = NewOrder(name, instrument.id, side, kind, quantity, price, ending)
    seen = [OrderSighting(name, VenueOrderId(f"O{n}"), OrderStatus.OPEN, 1, 0, "", 1) for n in range(3)]
    placed = dialect.place(new, instrument)
    for request in (
        placed,
        dialect.with_deadline(placed, deadline_ms),
        dialect.amend(name, instrument, quantity=quantity, price=price),
        dialect.cancel(name, instrument),
        dialect.cancel_many(seen, instrument),
        dialect.cancel_many(seen[:1], instrument),
        dialect.dead_man_switch(60),
    ):
        pair.require_equal(request, now_ms)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=HEX_IDS, after=st.sampled_from(["", "17", "a b/c=="]), now_ms=TIMES_MS)
def test_every_read_is_signed_as_ccxt_signs_it(pair: Pair, name: ClientOrderId, after: str, now_ms: int) -> None:
    profile, instrument = profile_named(ADAPTERS[pair.venue]), instrument_of(pair.venue)
    dialect, bar = profile.dialect, profile.timeframes["1m"].name
    order = OrderSighting(name, VenueOrderId("O1"), OrderStatus.FILLED, 1, 1, "1", 1, fill_ids=("T1", "T2"))
    for request in (
        dialect.time(), dialect.instruments(), dialect.account(), dialect.balances(), dialect.book(instrument, 5),
        dialect.candles(instrument, bar, 5), *dialect.order_requests(name, instrument), dialect.open_orders(instrument, after),
        dialect.closed_orders(instrument, after), dialect.fills(instrument, after), *dialect.order_fills(order, instrument, after),
    ):  # fmt: skip
        pair.require_equal(request, now_ms)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    params=st.dictionaries(NAMES, TEXTS, max_size=4),
    method=st.sampled_from(["GET", "POST"]),
    private=st.booleans(),
    now_ms=TIMES_MS,
)
def test_any_flat_parameters_are_signed_as_ccxt_signs_them(
    pair: Pair, params: dict[str, str], method: str, private: bool, now_ms: int
) -> None:
    if pair.venue == "kraken" and (private != (method == "POST") or params.get("price", "").endswith("%")):
        return  # Kraken's dialect has none such
    if method == "POST" and not private:
        return
    if pair.venue == "okx":
        params = {name: value for name, value in params.items() if name not in ("tag", "clOrdId")} | {"clOrdId": "x"}
    path = {"okx": "trade/order", "kraken": "AddOrder", "bybit": "v5/order/create"}[pair.venue]
    pair.require_equal(Request(path, dict(params), method, private), now_ms)


def test_a_list_as_a_body_is_signed_as_ccxt_signs_it() -> None:
    pair = asyncio.run(_pair("okx"))
    pair.require_equal(Request("trade/cancel-batch-orders", {BODY: [{"instId": "A", "ordId": "1"}]}, "POST", True), 1700000000000)


async def test_the_sandbox_is_marked_on_the_direct_path_too() -> None:
    credentials = Credentials({name: Secret(value) for name, value in KEYS["okx"].items()})
    async with rig("okx", BASE, credentials, signing="direct", sandbox=True) as made:
        signed = made.adapter.connection.path.sign(Request("account/balance", private=True))
        assert signed.headers["x-simulated-trading"] == "1"


@pytest.mark.parametrize("venue", VENUES)
def test_the_venues_own_hosts_are_those_of_ccxt(venue: str) -> None:
    pair = asyncio.run(_pair_at_home(venue))
    pair.require_equal(profile_named(ADAPTERS[venue]).dialect.balances(), 1700000000000)


async def _pair_at_home(venue: str) -> Pair:
    from golive.venues.adapter import VenueAdapter

    credentials = Credentials({name: Secret(value) for name, value in KEYS[venue].items()})
    async with rig(venue, BASE, credentials) as made:
        its = made.adapter.settings
        chosen = AdapterSettings(
            exchange=venue, environment=its.environment, queue=its.queue, endpoint="production", credentials=credentials,
            signing="direct",
        )  # fmt: skip
        away = VenueAdapter(
            made.adapter.profile, chosen, recorder=made.recorder, clock=made.adapter._clock, guardrails=made.guardrails,
            rng=made.adapter._rng,
        )  # fmt: skip
        try:
            return Pair(venue, away.connection.client, away.connection.path._signer)
        finally:
            await away.close()


async def test_a_secret_that_cannot_sign_is_an_authentication_failure_and_is_not_quoted() -> None:
    credentials = Credentials({"apiKey": Secret("k"), "secret": Secret("abcde")})
    async with rig("kraken", BASE, credentials, signing="direct") as made:
        with pytest.raises(AuthenticationFailed, match="cannot be signed") as told:
            await made.adapter.balances()
        assert "abcde" not in str(told.value)


async def test_a_venue_without_a_direct_path_says_so() -> None:
    profile = replace(profile_named("okx_spot"), signer=None)
    async with rig("okx", BASE, signing="direct", profile=profile) as made:
        with pytest.raises(ConfigError, match="no direct path"):
            _ = made.adapter.connection
