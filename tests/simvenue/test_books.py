"""What clients do to a market's book and it to them, plain and compiled: depth taken, queues, and the same truth from both."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from golive.matching.fee import FeeSchedule
from golive.matching.kernel_book import KernelBook
from golive.model.order import Side
from simvenue.errors import UsageError
from simvenue.exchange.account import Account
from simvenue.exchange.bar import Bar
from simvenue.exchange.book import BookKind, book_maker
from simvenue.exchange.exchange import Exchange, OrderRequest
from simvenue.exchange.listing import Listing, asset_scales
from simvenue.exchange.market import Market, Print, Update
from simvenue.exchange.order import OrderType, TimeInForce, VenueOrder
from simvenue.exchange.refusal import Refusal
from simvenue.server.build import Venue, build
from simvenue.server.replay import decisive
from simvenue.server.state import StateFile
from simvenue.server.truth import balance_rows, order_row
from simvenue.source.catalog import generated_instrument
from support.okx_client import WALL, MovedClock, OkxClient, serve_options
from support.order_flow import OWNERS, OrderFlow
from support.venue_desk import VenueDesk

BID, ASK = 419_990, 420_010
LOT = 10**6
"""smallest steps of a quantity in 0.01 BTC"""
CANDLES = "time,open,high,low,close,volume\n" + "".join(
    f"2024-01-01T00:{minute:02d}:00Z,{42000 + minute},{42060 + minute},{41940 + minute},{42010 + minute},50\n"
    for minute in range(40)
)


class Desk:
    """One market of the given rules, 0.1 BTC on each side, and one account."""

    def __init__(self, kind: BookKind, *, states_depth: bool) -> None:
        instrument = generated_instrument("BTC/USDT")
        scales = asset_scales([instrument])
        listing = Listing(instrument, FeeSchedule(Decimal(0), Decimal(0)), scales)
        self.market = Market(listing, Bar(10**9), builds_candles=True, book=book_maker(kind, states_depth=states_depth)())
        accounts = {"ann": Account("ann", scales, dict.fromkeys(scales, 10**20))}
        self.exchange = Exchange([self.market], accounts, MovedClock())
        self.state(10, 10)

    def state(self, bid: int, ask: int, *prints: Print) -> None:
        """Have the source state so many hundredths at the best prices, after `prints`."""
        update = Update(WALL, list(prints), [(BID, bid * LOT)], [(ASK, ask * LOT)], is_snapshot=True)
        self.exchange.advance(WALL, {"BTC/USDT": update})

    def buy(self, hundredths: int, price: int, time_in_force: TimeInForce) -> VenueOrder:
        listing = self.market.listing
        size, text = listing.quantity_text(hundredths * LOT), listing.price_text(price)
        return self.exchange.place(
            OrderRequest("ann", "BTC/USDT", Side.BUY, OrderType.LIMIT, time_in_force, size, size_in_quote=False, price=text)
        )

    def offered(self) -> int:
        return self.market.book.quantity_at(Side.SELL, ASK) // LOT


def sold(hundredths: int, price: int = BID) -> Print:
    return Print(WALL, price, hundredths * LOT, Side.SELL)


@pytest.mark.parametrize("kind", BookKind)
def test_depth_a_client_took_is_not_offered_again_while_the_source_restates_it(kind: BookKind) -> None:
    desk = Desk(kind, states_depth=True)
    assert desk.buy(7, ASK, TimeInForce.IOC).filled == 7 * LOT
    desk.state(10, 10)
    assert desk.offered() == 3
    assert desk.buy(7, ASK, TimeInForce.IOC).filled == 3 * LOT
    desk.state(10, 14)
    assert desk.offered() == 4
    desk.state(10, 0)
    desk.state(10, 10)
    assert desk.offered() == 10


@pytest.mark.parametrize("kind", BookKind)
def test_a_ladder_put_up_around_a_candle_is_whole_again_with_every_candle(kind: BookKind) -> None:
    desk = Desk(kind, states_depth=False)
    assert desk.buy(7, ASK, TimeInForce.IOC).filled == 7 * LOT
    desk.state(10, 10)
    assert desk.offered() == 10


@pytest.mark.parametrize("kind", BookKind)
def test_trades_at_its_price_fill_an_order_once_what_stood_before_it_was_traded(kind: BookKind) -> None:
    desk = Desk(kind, states_depth=True)
    order = desk.buy(5, BID, TimeInForce.GTC)
    desk.state(10, 10, sold(8))
    assert order.filled == 0
    desk.state(10, 10, sold(5))
    assert (order.filled, order.fills[0].price) == (3 * LOT, BID)
    desk.state(10, 10, sold(1, BID - 1))
    assert order.filled == 4 * LOT


@pytest.mark.parametrize("kind", BookKind)
def test_trades_at_its_price_never_fill_an_order_that_stands_in_a_ladder(kind: BookKind) -> None:
    desk = Desk(kind, states_depth=False)
    order = desk.buy(5, BID, TimeInForce.GTC)
    desk.state(10, 10, sold(50))
    assert order.filled == 0
    desk.state(10, 10, sold(2, BID - 1))
    assert order.filled == 2 * LOT


def test_only_sources_that_state_depth_are_remembered(tmp_path: Path) -> None:
    data = tmp_path / "candles.csv"
    data.write_text(CANDLES)
    for changes, offered_again in (({}, False), ({"data": data, "symbols": ("BTC/USDT",)}, True)):
        venue = OkxClient(**changes).venue
        market = venue.exchange.markets["BTC/USDT"]
        book = market.book
        level = book.levels(Side.SELL, 1)[0]
        whole = book.levels(Side.BUY, 1_000_000), book.levels(Side.SELL, 1_000_000)
        terms = OrderRequest(
            account=next(iter(venue.exchange.accounts)),
            symbol="BTC/USDT",
            side=Side.BUY,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            size=market.listing.quantity_text(level[1]),
            size_in_quote=False,
            price=market.listing.price_text(level[0]),
        )
        assert venue.exchange.place(terms).filled == level[1]
        market.apply(Update(venue.exchange.now, [], *whole, is_snapshot=True))
        assert (book.quantity_at(Side.SELL, level[0]) == level[1]) is offered_again


# ── plain and compiled ──────────────────────────────────────────────────────────────────────────────────────────────


def traded(kind: BookKind, source: dict[str, Any]) -> tuple[Venue, list[object]]:
    """Trade through a whole venue as a seed says; return everything its books showed and its clients were told."""
    client = OkxClient(book=kind, has_limits=False, **source)
    venue, draw, seen = client.venue, random.Random(3), list[object]()
    market = venue.exchange.markets["BTC/USDT"]
    names: list[str] = []
    while client.driver.step() is not None:
        middle = market.book.best(Side.SELL) or BID
        for _ in range(5):
            names.append(f"n{len(names)}")
            kind_of, price = draw.choice(["limit", "post_only", "ioc", "fok"]), middle + draw.randint(-400, 400)
            text = market.listing.price_text(price)
            size = str(Decimal(draw.randint(1, 300)) / 1000)
            client.order(clOrdId=names[-1], side=draw.choice(["buy", "sell"]), ordType=kind_of, px=text, sz=size)
        for action in ("cancel", "amend"):
            order = venue.exchange.find_client("main", draw.choice(names))
            if order is not None and order.is_working:
                if action == "cancel":
                    venue.exchange.cancel(order)
                else:
                    amended(venue.exchange, order, str(Decimal(draw.randint(1, 300)) / 1000))
        seen += [(market.book.levels(side, 1_000_000), market.book.take_changed(side)) for side in Side]
    account = venue.exchange.accounts["main"]
    seen += [order_row(order, account) for order in venue.exchange.orders.values()]
    return venue, [*seen, balance_rows(account), market.last]


def amended(exchange: Exchange, order: VenueOrder, size: str) -> None:
    try:
        exchange.amend(order, size, "")
    except Refusal:
        return  # the account cannot pay for it: refused by both


@pytest.mark.parametrize("states_depth", [False, True])
def test_the_venue_reports_what_the_oracle_does_with_a_compiled_book(*, states_depth: bool) -> None:
    desk = VenueDesk(OWNERS, BookKind.COMPILED, states_depth=states_depth)
    for number, operation in enumerate(OrderFlow(int(states_depth)).take(10_000), start=1):
        desk.apply(operation)
        if number % 500 == 0:
            desk.check_everything()
    assert desk.fills > 1_000


@pytest.mark.parametrize("source", ["generator", "candles"])
def test_a_venue_tells_the_same_with_a_compiled_book(source: str, tmp_path: Path) -> None:
    data = tmp_path / "candles.csv"
    data.write_text(CANDLES)
    changes: dict[str, Any] = {"steps": 60} if source == "generator" else {"steps": None, "data": data}
    changes |= {"symbols": ("BTC/USDT",), "balances": {"USDT": Decimal(1_000_000), "BTC": Decimal(20)}}
    _, plain = traded(BookKind.PLAIN, changes)
    venue, compiled = traded(BookKind.COMPILED, changes)
    assert isinstance(venue.exchange.markets["BTC/USDT"].book, KernelBook)
    assert plain == compiled
    fills = sum(len(order.fills) for order in venue.exchange.orders.values())
    assert fills > 50


def test_a_state_made_under_other_rules_of_matching_is_refused(tmp_path: Path) -> None:
    options = serve_options()
    decides = decisive(options, build(options, MovedClock(), WALL))
    state = StateFile(tmp_path / "venue")
    state.bind({**decides, "book_rules": 1}, WALL)
    with pytest.raises(UsageError, match="book_rules 1, now 2"):
        state.bind(decides, WALL)
    state.close()
