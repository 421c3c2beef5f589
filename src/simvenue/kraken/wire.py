"""Values of the exchange as the JSON objects of Kraken's REST interface; amounts are texts, times seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from ..exchange.account import Account
from ..exchange.bar import DAY, Bar
from ..exchange.candle import Row
from ..exchange.market import Market, PublicTrade
from ..exchange.order import Ended, Liquidity, OrderType, Side, State, TimeInForce, VenueFill, VenueOrder
from .code import Json
from .name import asset_altname, asset_id, pair_altname, pair_id, pair_wsname
from .number import Grid, bare, fixed, grid_of
from .txid import ORDER, TRADE, txid

JsonObject = dict[str, Json]
SECOND = 1_000_000_000
REASONS = {
    Ended.NO: "",
    Ended.USER: "User requested",
    Ended.NOT_AT_ONCE: "Immediate-or-cancel order could not be filled",
    Ended.NOT_WHOLE: "Fill-or-kill order could not be filled",
    Ended.POST_ONLY: "Post only order",
    Ended.SELF_TRADE: "Self trade prevention",
    Ended.EXPIRED: "Order expired",
    Ended.SWITCH: "Cancel all orders after",
}
"""why an order ended; Kraken publishes only `User requested` and `Order expired`"""


def seconds(ns: int, decimals: int = 4) -> Json:
    """A time as Kraken's number of seconds."""
    return bare(fixed(ns // 10 ** (9 - decimals), decimals))


# ── what is listed ──────────────────────────────────────────────────────────────────────────────────────────────────


def asset(name: str, scale: int) -> JsonObject:
    """`decimals` are those balances are kept with here; Kraken's own are 10 for XBT and 4 for USD."""
    return {
        "aclass": "currency",
        "altname": asset_altname(name),
        "decimals": scale,
        "display_decimals": min(scale, 5),
        "collateral_value": bare("1.0"),
        "status": "enabled",
    }


def pair(market: Market) -> JsonObject:
    listing, grid = market.listing, grid_of(market.listing)
    instrument = listing.instrument
    return {
        "altname": pair_altname(listing.symbol),
        "wsname": pair_wsname(listing.symbol),
        "aclass_base": "currency",
        "base": asset_id(listing.base),
        "aclass_quote": "currency",
        "quote": asset_id(listing.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": grid.pair_decimals,
        "lot_decimals": grid.lot_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, _percent(listing.fees.taker_bps)]],
        "fees_maker": [[0, _percent(listing.fees.maker_bps)]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": listing.quantity_text(instrument.min_quantity),
        "costmin": listing.notional_text(instrument.min_notional),
        "tick_size": listing.tick_text,
        "status": "online",
    }


def _percent(bps: Decimal) -> Json:
    """A rate in basis points as a JSON number in percent."""
    return bare(percent_text(bps))


def percent_text(bps: Decimal) -> str:
    """`40` → `0.4000`; four decimals, more when the rate needs them."""
    return fixed(int(bps * 10_000), 6).rstrip("0").ljust(len("0.4000"), "0")


# ── the market ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ticker(market: Market, now: int) -> JsonObject:
    """Pairs of values are [today since 00:00 UTC, last 24 hours]; `t` counts the trades still kept."""
    grid, day = grid_of(market.listing), market.day
    day.expire(now)
    bids, asks, last = market.book.levels(Side.BUY, 1), market.book.levels(Side.SELL, 1), market.last
    close = last.price if last else 0
    today = _today(market, close)
    midnight = now - now % DAY
    times = [trade.ts for trade in market.trades]

    def best(levels: Sequence[tuple[int, int]]) -> list[Json]:
        price, lots = levels[0] if levels else (0, 0)
        return [grid.price(price), str(int(lots * market.listing.instrument.lot_size)), grid.quantity(lots)]

    def both(first: int, second: int | None) -> list[Json]:
        return [grid.price(first), grid.price(close if second is None else second)]

    return {
        "a": best(asks),
        "b": best(bids),
        "c": [grid.price(close), grid.quantity(last.quantity if last else 0)],
        "v": [grid.quantity(today[5]), grid.quantity(day.volume)],
        "p": [_average(grid, today[6], today[5]), _average(grid, day.notional, day.volume)],
        "t": [sum(ts >= midnight for ts in times), sum(ts > now - DAY for ts in times)],
        "l": both(today[3], day.low),
        "h": both(today[2], day.high),
        "o": grid.price(today[1]),
    }


def _today(market: Market, close: int) -> Row:
    bar = Bar(DAY)
    found = market.candles.running(bar) if market.candles.supports(bar) else None
    return found or (0, close, close, close, close, 0, 0)


def _average(grid: Grid, notional: int, lots: int) -> str:
    """An average price with the pair's decimals, rounded down; zero when nothing traded."""
    if not lots:
        return grid.price(0)
    return grid.price(grid.listing.instrument.lots_for(notional, lots))


def level(grid: Grid, price: int, lots: int, now: int) -> list[Json]:
    return [grid.price(price), grid.quantity(lots), now // SECOND]


def trade(grid: Grid, item: PublicTrade) -> list[Json]:
    """[price, volume, time, side, type, misc, id]; the venue does not know what kind of order a stranger's was."""
    return [
        grid.price(item.price),
        grid.quantity(item.quantity),
        seconds(item.ts),
        item.side.value[0],
        "m",
        "",
        item.trade_id,
    ]


def trade_counts(trades: Iterable[PublicTrade], bar: Bar) -> Counter[int]:
    """Return how many of the kept trades fell into each bar, by its opening time."""
    return Counter(bar.floor(item.ts) for item in trades)


def count_in(row: Row, counts: Counter[int]) -> int:
    """Trades of a bar: those still kept, at least one when there was volume."""
    return max(counts[row[0]], int(row[5] > 0))


def candle(grid: Grid, row: Row, counts: Counter[int]) -> list[Json]:
    opened, first, high, low, last, volume, notional = row
    prices = [grid.price(value) for value in (first, high, low, last)]
    return [opened // SECOND, *prices, _average(grid, notional, volume), grid.quantity(volume), count_in(row, counts)]


def vwap(grid: Grid, notional: int, lots: int) -> str:
    return _average(grid, notional, lots)


# ── orders and fills ────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(grid: Grid, side: Side, kind: OrderType, price: int | None, volume: str) -> str:
    """`buy 0.01000000 XBTUSD @ limit 30000.1`."""
    name = pair_altname(grid.listing.symbol)
    tail = "market" if kind is OrderType.MARKET or price is None else f"limit {grid.price(price)}"
    return f"{side.value} {volume} {name} @ {tail}"


def volume(grid: Grid, item: VenueOrder) -> str:
    """The volume ordered: of the quote asset for an order given in quote."""
    return grid.cost(item.quote_budget) if item.quote_budget is not None else grid.quantity(item.quantity)


def status(item: VenueOrder) -> str:
    if item.is_working:
        return "open"
    if item.state is State.FILLED:
        return "closed"
    return "expired" if item.ended is Ended.EXPIRED else "canceled"


def oflags(item: VenueOrder) -> str:
    flags = ["fciq"]
    if item.time_in_force is TimeInForce.POST_ONLY:
        flags.append("post")
    if item.quote_budget is not None:
        flags.append("viqc")
    return ",".join(flags)


def userref(item: VenueOrder) -> int | None:
    return int(item.tag) if item.tag else None


def order(item: VenueOrder, account: Account, *, with_trades: bool) -> JsonObject:
    grid = grid_of(item.listing)
    made: JsonObject = {"refid": None, "userref": userref(item)}
    if item.client_id:
        made["cl_ord_id"] = item.client_id
    price = grid.price(item.price) if item.price is not None else "0"
    made.update(
        status=status(item),
        opentm=seconds(item.created_at),
        starttm=0,
        expiretm=0 if item.expires_at is None else item.expires_at // SECOND,
        descr={
            "pair": pair_altname(item.listing.symbol),
            "aclass": "forex",
            "type": item.side.value,
            "ordertype": item.type.value,
            "price": price,
            "price2": "0",
            "leverage": "none",
            "order": sentence(grid, item.side, item.type, item.price, volume(grid, item)),
            "close": "",
        },
        vol=volume(grid, item),
        vol_exec=grid.quantity(item.filled),
        cost=grid.cost(item.notional),
        fee=fixed(item.fee, account.scales[item.fee_asset]),
        price=grid.average(item.notional, item.filled),
        stopprice=grid.price(0),
        limitprice=grid.price(0),
        misc="",
        oflags=oflags(item),
    )
    if not item.is_working:
        made.update(closetm=seconds(item.updated_at), reason=REASONS[item.ended] or None)
    if with_trades:
        made["trades"] = [txid(TRADE, fill.bill_id) for fill in item.fills]
    return made


def fill_object(item: VenueOrder, fill: VenueFill, account: Account) -> JsonObject:
    grid = grid_of(item.listing)
    made: JsonObject = {
        "ordertxid": txid(ORDER, item.order_id),
        "aclass": "forex",
        "pair": pair_id(item.listing.symbol),
        "time": seconds(fill.ts),
        "type": item.side.value,
        "ordertype": item.type.value,
        "price": grid.price(fill.price),
        "cost": grid.cost(fill.notional),
        "fee": fixed(fill.fee, account.scales[fill.fee_asset]),
        "vol": grid.quantity(fill.quantity),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.liquidity is Liquidity.MAKER,
    }
    if item.client_id:
        made["cl_ord_id"] = item.client_id
    return made
