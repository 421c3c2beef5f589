"""What every venue adapter must do, at OKX, Kraken and Bybit alike: reads, orders, look-ups, cancels, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from golive.matching.fee import FeeAsset
from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    VenueUnavailable,
)
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce
from golive.model.verdict import Stage
from golive.venues.trading import TradingClient
from support.adapters import Rig, rig, signing_by, unhurried
from support.attempts import KeptAttempts
from support.trading_desk import ENDED, Desk, account_stream, desk, until, with_quantity
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration


@pytest.fixture(params=["ccxt", "direct"], autouse=True)
def _signing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds of both paths."""
    with signing_by(request.param):
        yield


VENUES = ("okx", "kraken", "bybit")
QUOTE = {"okx": "USDT", "kraken": "USD", "bybit": "USDT"}
LEAST = {"okx": "0", "kraken": "0.5", "bybit": "1"}
"""least value of an order in quote, as each venue publishes it"""


@dataclass
class At:
    """A venue of one dialect; limits are switched off, so that one process serves a whole module."""

    name: str
    venue: VenueProcess

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.name, "BTC", QUOTE[self.name])


@pytest.fixture(scope="module", params=VENUES)
def at(request: pytest.FixtureRequest) -> Iterator[At]:
    name = str(request.param)
    keys = [new_key(dialect=name), new_key(dialect=name, permissions=("read",))]
    money = ("--balance", f"{QUOTE[name]}=1000000", "--balance", "BTC=10")
    with venue_process("--no-limits", *money, dialect=name, keys=keys) as running:
        yield At(name, running)


@contextlib.asynccontextmanager
async def trading(at: At, **changes: float) -> AsyncIterator[Desk]:
    """A desk at a profile with changes; faults that a test left behind are cleared, and every order it left working."""
    try:
        async with desk(at.name, at.venue, profile=replace(unhurried(at.name), **changes)) as made:  # type: ignore[arg-type]
            yield made
    finally:
        at.venue.clear_faults()
        async with desk(at.name, at.venue) as sweeper:
            await sweeper.trading.cancel_all(sweeper.instrument)


async def _btc(made: Rig, at: At) -> Instrument:
    return (await made.adapter.load())[at.instrument_id]


# reads


async def test_markets_carry_the_exact_grid_and_the_minimums(at: At) -> None:
    async with trading(at) as d:
        listed = (await d.rig.adapter.load())[at.instrument_id]
        assert (listed.tick_size, listed.lot_size) == (Decimal("0.1"), Decimal("0.00000001"))
        assert listed.quantity_text(listed.min_quantity) == "0.00001"
        assert listed.quote_text(listed.min_notional) == LEAST[at.name]
        assert listed.max_quantity >= listed.lots("1000")


async def test_balances_are_exact(at: At) -> None:
    async with trading(at) as d:
        await d.placed(price="1234.5", quantity="0.00321")
        balances = await d.rig.adapter.balances()
        truth = next(iter(at.venue.balances().values()))
        assert {balance.free_text for balance in balances.values()} == {row["available"] for row in truth.values()}
        for asset, row in truth.items():
            assert (balances[asset].total_text, balances[asset].free_text) == (row["total"], row["available"])
        assert balances[QUOTE[at.name]].locked > 0


async def test_a_key_says_what_it_may_do_and_from_where(at: At) -> None:
    async with trading(at) as d:
        facts = await d.rig.adapter.key_facts()
        assert facts.permissions == ("read", "trade")
        assert facts.addresses == ()
    async with rig(at.name, at.venue.rest, at.venue.keys[1].credentials, profile=unhurried(at.name)) as reader:
        assert await reader.adapter.permissions() == ("read",)


async def test_closed_candles_touch_and_none_is_in_the_future(at: At) -> None:
    with venue_process("--no-limits", "--speed", "1", dialect=at.name) as running:
        async with rig(at.name, running.rest, profile=unhurried(at.name)) as made:
            instrument = (await made.adapter.load())[at.instrument_id]
            candles = await made.adapter.candles(instrument, "1m", 50)
            assert len(candles) >= 30
            for before, after in itertools.pairwise(candles):
                assert after.opened_at == before.closed_at
            assert candles[-1].closed_at <= time.time_ns()


# every type and time in force


@dataclass(frozen=True)
class Kind:
    """One kind of order and how it must end; `at_best` = at the price that fills at once, else far away."""

    side: Side
    time_in_force: TimeInForce
    at_best: bool
    status: OrderStatus
    is_market: bool = False


T, S = TimeInForce, OrderStatus
KINDS = [
    *(Kind(side, T.GTC, False, S.FILLED, is_market=True) for side in Side),
    *(Kind(side, T.GTC, False, S.OPEN) for side in Side),
    *(Kind(side, T.GTC, True, S.FILLED) for side in Side),
    *(Kind(side, T.IOC, True, S.FILLED) for side in Side),
    *(Kind(side, T.IOC, False, S.CANCELED) for side in Side),
    *(Kind(side, T.FOK, True, S.FILLED) for side in Side),
    *(Kind(side, T.FOK, False, S.CANCELED) for side in Side),
    *(Kind(side, T.POST_ONLY, False, S.OPEN) for side in Side),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.side}-{'market' if k.is_market else k.time_in_force}-{k.status}")
async def test_every_order_type_and_time_in_force_ends_as_it_should(at: At, kind: Kind) -> None:
    async with trading(at) as d:
        far = "1000" if kind.side is Side.BUY else "900000"
        price = None if kind.is_market else await d.best(kind.side) if kind.at_best else far
        approved = d.order(side=kind.side, price=price, time_in_force=kind.time_in_force)
        venue_order_id = await d.submit(approved)
        found = await d.lookup(approved.order.client_order_id)
        assert found.order is not None
        assert (found.order.status, found.order.venue_order_id) == (kind.status, venue_order_id)
        wanted = approved.order.quantity if kind.status is S.FILLED else 0
        assert (found.order.filled, sum(seen.fill.quantity for seen in found.fills)) == (wanted, wanted)
        assert len(d.truth(approved.order.client_order_id)) == 1


async def test_an_ioc_order_larger_than_the_level_keeps_what_it_got(at: At) -> None:
    async with trading(at) as d:
        book = await d.rig.adapter.order_book(d.instrument, 5)
        ticks, lots = book.asks[0]
        approved = d.order(price=d.instrument.price_text(ticks), time_in_force=T.IOC)
        approved = with_quantity(approved, lots + 1000)
        await d.submit(approved)
        found = await d.lookup(approved.order.client_order_id)
        assert found.order is not None
        assert (found.order.status, found.order.filled) == (S.CANCELED, lots)
        assert sum(seen.fill.quantity for seen in found.fills) == lots


async def test_a_post_only_order_that_would_take_is_never_filled(at: At) -> None:
    async with trading(at) as d:
        approved = d.order(price=await d.best(Side.BUY), time_in_force=T.POST_ONLY)
        with contextlib.suppress(InvalidOrder):  # Kraken refuses it, the others accept and cancel it
            await d.submit(approved)
        found = await d.lookup(approved.order.client_order_id)
        assert found.fills == ()
        assert found.order is None or (found.order.status in ENDED and found.order.filled == 0)


# own trades


async def test_own_trades_carry_the_exact_fee_in_the_asset_this_venue_charges(at: At) -> None:
    async with trading(at) as d:
        for side in Side:
            name = await d.placed(side=side, price=None, quantity="0.0123")
            truth = d.truth(name)[0]["fills"]
            fills = {seen.fill.fill_id.trade_id: seen.fill for seen in (await d.lookup(name)).fills}
            assert len(fills) == len(truth) > 0
            charged_in_quote = side is Side.SELL or d.rig.adapter.profile.fee_asset is FeeAsset.QUOTE
            told = sorted(
                (fill.price * d.instrument.tick_size, fill.quantity * d.instrument.lot_size, fill.fee) for fill in fills.values()
            )
            for fill in fills.values():
                assert fill.client_order_id == name
                assert (fill.side, fill.liquidity) == (side, Liquidity.TAKER)
                assert fill.fee_asset == (d.instrument.quote if charged_in_quote else d.instrument.base)
            text = d.instrument.quote_text if charged_in_quote else d.instrument.base_text
            assert [(p, q, Decimal(text(fee))) for p, q, fee in told] == sorted(
                (Decimal(row["price"]), Decimal(row["quantity"]), Decimal(row["fee"])) for row in truth
            )
            paid = sum(fill.fee for fill in fills.values())
            base = sum(
                d.instrument.notional(f.price, f.quantity) if charged_in_quote else d.instrument.base_units(f.quantity)
                for f in fills.values()
            )
            taker = d.rig.adapter.profile.fees.taker_bps
            assert abs(paid - Decimal(base) * taker / 10_000) <= len(fills) * (10**6 if charged_in_quote else 1)


# finding, changing, canceling


async def test_an_order_is_found_by_our_id_while_it_works_and_after_it_ended(at: At) -> None:
    async with trading(at) as d:
        name = await d.placed()
        assert (await d.seen(name)).status is S.OPEN
        assert await d.trading.cancel(name, d.instrument)
        assert (await d.seen(name)).status is S.CANCELED
        assert not await d.trading.cancel(name, d.instrument), "nothing left to cancel"
        nobody = ClientOrderId("0" * 32)
        assert (await d.lookup(nobody)).is_absent
        assert d.rig.errors("error") == 0


async def test_an_amendment_changes_price_and_quantity_and_keeps_the_order(at: At) -> None:
    async with trading(at) as d:
        approved = d.order()
        venue_order_id = await d.submit(approved)
        name, lots = approved.order.client_order_id, approved.order.quantity
        price = d.instrument.ticks("1100")
        assert await d.amend(approved, quantity=2 * lots, price=price)
        seen = await d.seen(name)
        assert (seen.venue_order_id, seen.status, seen.quantity, seen.price) == (venue_order_id, S.OPEN, 2 * lots, price)
        row = d.truth(name)[0]
        assert (Decimal(row["price"]), Decimal(row["quantity"])) == (Decimal(1100), 2 * lots * d.instrument.lot_size)
        assert await d.amend(approved, price=price - 1, n=4)
        assert Decimal(d.truth(name)[0]["price"]) == (price - 1) * d.instrument.tick_size
        assert (await d.seen(name)).quantity == lots, "an amendment says the whole order as it shall be"
        await d.trading.cancel(name, d.instrument)
        assert not await d.amend(approved, price=price, n=5), "nothing left to change"
        assert d.rig.errors("error") == 0
        kinds = [(kind, n, text.partition(":")[0]) for kind, _, n, text in d.attempts.lines if kind == "answer"]
        assert kinds == [("answer", 1, "accepted"), ("answer", 3, "amended"), ("answer", 4, "amended"), ("answer", 5, "gone")]


class Refusing(KeptAttempts):
    """A journal whose disk is full from the second attempt on."""

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        if n > 1:
            raise OSError(28, "no space left on device")
        await super().record_attempt(client_order_id, n, deadline_ms)


async def test_an_amendment_that_breaks_a_rule_or_cannot_be_written_down_never_leaves(at: At) -> None:
    async with trading(at) as d:
        d.attempts = Refusing()
        approved = d.order()
        await d.submit(approved)
        name = approved.order.client_order_id
        with pytest.raises(OSError, match="no space left"):
            await d.amend(approved, price=d.instrument.ticks("1200"))
        for bad in (
            approved.order._replace(quantity=d.instrument.min_quantity - 1),
            approved.order._replace(price=0),
            approved.order._replace(time_in_force=T.IOC),
            approved.order._replace(type=OrderType.MARKET, price=None),
        ):
            with pytest.raises(InvalidOrder, match="not sent"):
                await d.trading.amend(Approved(bad, 1), d.instrument, d.attempts, n=1)
        assert not [r for r in at.venue.requests(5000) if "mend" in r["target"] and name in r["body"]]
        assert Decimal(d.truth(name)[0]["price"]) == 1000


async def test_an_amendment_that_is_not_answered_is_made_once_and_read_back(at: At) -> None:
    async with trading(at) as d:
        approved = d.order()
        await d.submit(approved)
        name, price = approved.order.client_order_id, d.instrument.ticks("1200")
        at.venue.add_fault("drop_after", match="*mend*", method="POST", count=1)
        with pytest.raises(OutcomeUnknown):
            await d.amend(approved, quantity=3 * approved.order.quantity, price=price)
        assert [line[:1] + line[2:3] for line in d.attempts.lines[-2:]] == [("attempt", 3), ("answer", 3)]
        sent = [r for r in at.venue.requests(5000) if "mend" in r["target"] and name in r["body"]]
        assert len(sent) == 1
        seen = await d.seen(name)
        assert (seen.price, seen.quantity) == (price, 3 * approved.order.quantity)


async def test_cancel_all_leaves_nothing_working_and_says_how_many_there_were(at: At) -> None:
    async with trading(at) as d:
        names = [await d.placed(price=str(1000 + n)) for n in range(23)]
        assert len(await d.trading.open_orders(d.instrument)) == 23
        assert await d.trading.cancel_all(d.instrument) == 23
        assert await d.trading.open_orders(d.instrument) == ()
        assert {d.truth(name)[0]["state"] for name in names} == {"canceled"}
        assert await d.trading.cancel_all(d.instrument) == 0


async def test_cancel_all_goes_on_when_an_answer_is_lost_and_names_what_it_cannot_cancel(at: At) -> None:
    async with trading(at) as d:
        name = await d.placed()
        at.venue.add_fault("drop_after", match="*ancel*", method="POST", count=2)
        assert await d.trading.cancel_all(d.instrument) == 1
        at.venue.clear_faults()
        assert (await d.seen(name)).status is S.CANCELED
        stays = await d.placed()
        at.venue.add_fault("garbage", match="*ancel*", method="POST")
        with pytest.raises(VenueUnavailable, match=stays):
            await d.trading.cancel_all(d.instrument)


SWITCH_S = {"okx": 10, "kraken": 2, "bybit": 3}


async def test_the_dead_mans_switch_cancels_what_works_when_nobody_calls_any_more(at: At) -> None:
    async with trading(at) as d:
        async with account_stream(d, is_guarding=True) as (stream, _):
            name = await d.placed()
            await d.trading.arm_switch(SWITCH_S[at.name])
            await asyncio.sleep(0.5)
            assert d.truth(name)[0]["state"] == "live"
            await stream.close()
        await until(lambda: d.truth(name)[0]["state"] == "canceled", SWITCH_S[at.name] + 5)
        assert (await d.seen(name)).status in ENDED
        with contextlib.suppress(ConfigError):  # Bybit's cannot be disarmed
            await d.trading.arm_switch(0)


# refusals


async def test_an_order_that_breaks_a_rule_we_know_is_never_sent(at: At) -> None:
    async with trading(at) as d:
        good = d.order().order
        market = d.order(price=None).order
        bad = [
            good._replace(quantity=d.instrument.min_quantity - 1),
            good._replace(quantity=d.instrument.max_quantity + 1),
            good._replace(instrument=InstrumentId(at.name, "ETH", QUOTE[at.name])),
            good._replace(price=None),
            good._replace(price=0),
            good._replace(price=-1),
            good._replace(price=d.instrument.max_price + 1),
            good._replace(price=d.instrument.max_price, quantity=d.instrument.max_quantity),
            good._replace(client_order_id=ClientOrderId("with space")),
            market._replace(price=1),
            market._replace(time_in_force=T.FOK),
            market._replace(time_in_force=T.POST_ONLY),
        ]
        if d.instrument.min_notional:
            bad.append(good._replace(price=1, quantity=d.instrument.min_quantity))
        before = len(at.venue.orders())
        for order in bad:
            with pytest.raises(InvalidOrder, match="not sent"):
                await d.submit(Approved(order, 1))
        assert d.attempts.lines == []
        assert len(at.venue.orders()) == before


@pytest.mark.parametrize("side", Side)
async def test_an_order_the_account_cannot_pay_is_surely_not_executed(at: At, side: Side) -> None:
    async with trading(at) as d:
        approved = d.order(side=side, price="42000" if side is Side.BUY else "47000", quantity="30")
        with pytest.raises(InsufficientFunds):
            await d.submit(approved)
        assert d.truth(approved.order.client_order_id) == []
        assert (await d.lookup(approved.order.client_order_id)).is_absent


async def test_a_duplicate_client_order_id_is_unknown_because_the_first_order_may_be_live(at: At) -> None:
    async with trading(at) as d:
        approved = d.order()
        venue_order_id = await d.submit(approved)
        with pytest.raises(OutcomeUnknown):
            await d.submit(approved)
        assert len(d.truth(approved.order.client_order_id)) == 1
        assert (await d.seen(approved.order.client_order_id)).venue_order_id == venue_order_id


async def test_a_key_of_another_environment_is_refused_for_reads_orders_and_streams(at: At) -> None:
    stranger = new_key(dialect=at.name)
    async with rig(at.name, at.venue.rest, stranger.credentials, profile=unhurried(at.name)) as made:
        with pytest.raises(AuthenticationFailed):
            await made.adapter.balances()
        instrument = (await made.adapter.load())[at.instrument_id]
        stream = made.adapter.open_account_stream([instrument], lambda event: None)
        with pytest.raises(AuthenticationFailed):
            await asyncio.wait_for(stream.start(), 10)
        assert made.errors("critical") is not None


async def test_a_key_without_the_right_to_trade_cannot(at: At) -> None:
    async with rig(at.name, at.venue.rest, at.venue.keys[1].credentials, profile=unhurried(at.name)) as made:
        reader = Desk(at.venue, made, TradingClient(made.adapter, Stage.REHEARSAL), await _btc(made, at))
        approved = reader.order()
        with pytest.raises(AuthenticationFailed):
            await reader.submit(approved)
        assert reader.truth(approved.order.client_order_id) == []


# unknown outcomes


@pytest.mark.parametrize(("kind", "arrives"), [("drop_after", True), ("html", False), ("truncated", True), ("http_500", False)])
async def test_an_order_whose_answer_is_lost_is_sent_once_and_resolved_by_our_id(at: At, kind: str, arrives: bool) -> None:
    soon = {} if arrives else {"order_deadline_s": unhurried(at.name).least_deadline_s + 1.0}
    async with trading(at, **soon) as d:
        approved = d.order()
        name = approved.order.client_order_id
        at.venue.add_fault(kind, method="POST", match=PLACE[at.name], count=1)
        with pytest.raises(OutcomeUnknown):
            await d.submit(approved)
        sent = [r for r in at.venue.requests(5000) if r["method"] == "POST" and name in r["body"]]
        assert len(sent) == 1
        truth = d.truth(name)
        assert bool(truth) == arrives
        begun = time.monotonic()
        found = await d.trading.resolve(name, d.instrument, d.attempts.deadlines()[-1], lag_s=0.2)
        assert found.is_absent == (truth == [])
        if found.is_absent:
            assert time.time_ns() // 10**6 > d.attempts.deadlines()[-1] + 200, "absence is only proven after deadline and lag"
        else:
            assert time.monotonic() - begun < 2.5
            assert found.order is not None
            assert found.order.status is S.OPEN


PLACE = {"okx": "/api/v5/trade/order", "kraken": "/0/private/AddOrder", "bybit": "/v5/order/create"}


async def test_absence_is_not_concluded_when_one_source_does_not_answer(at: At) -> None:
    async with trading(at) as d:
        at.venue.add_fault("html", match=FILLS[at.name])
        with pytest.raises(VenueUnavailable):
            await d.trading.resolve(ClientOrderId("f" * 32), d.instrument, 0, lag_s=0.0)


FILLS = {"okx": "/api/v5/trade/fills-history", "kraken": "/0/private/TradesHistory", "bybit": "/v5/execution/list"}
