"""Kraken REST: its rows — instrument, book, candle, balance, order, fill — as exact values. Pure.

Money comes as texts; times as seconds, whole or with a fraction (read as text, so no digit is lost). Source: VENUES
§3.2 and §6; Kraken, "Spot REST API".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import SECOND
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import ASSET_SCALE, Instrument, decimals_of
from golive.model.json import JsonValue
from golive.model.market import Book, Candle, Level
from golive.model.money import EXACT, format_decimal, parse_decimal, parse_money, units_exact
from golive.model.order import Fill, Liquidity, NewOrder, OrderStatus

from .converters import Row, fee_units, filled_text, price_or_none, side_of, side_or_none, text
from .dialect import FillSighting, OrderSighting
from .kraken_names import LABEL, alternative_name, asset_name, is_pair, pair_name

_STATUS: Final = {
    "pending": OrderStatus.OPEN,
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}
_SENTENCE: Final = re.compile(
    r"(?P<side>buy|sell) (?P<volume>[0-9.]+) (?P<pair>[A-Za-z0-9/]+) @ (?P<type>market|limit)(?: (?P<price>[0-9.]+))?(?: |$)"
)
_ASSET: Final = re.compile(r"[A-Z0-9]+")
_LONG_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LATEST_S: Final = 253_402_300_799
"""9999-12-31"""
_MOST_LOTS: Final = 10**18
"""Kraken publishes no largest volume; this keeps every quantity inside the exact range"""


def seconds_ns(value: object, where: str) -> int:
    """Return ns UTC of seconds since the epoch: an int, or the text of a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MalformedPayload(f"{where}: {value!r:.40} is not a time in seconds")
    seconds = Decimal(value) if isinstance(value, int) else parse_decimal(value, where)
    if not 0 < seconds <= _LATEST_S:
        raise MalformedPayload(f"{where}: {value!r:.40} is not a time in seconds")
    return int(EXACT.multiply(seconds, Decimal(SECOND)))


def client_id_of(value: object) -> ClientOrderId:
    """Return our id as we sent it; '' for none. Kraken takes 32 hex digits as a UUID and may show its long form."""
    if not isinstance(value, str):
        return ClientOrderId("")
    return ClientOrderId(value.replace("-", "") if _LONG_UUID.fullmatch(value) else value)


def instrument_from(row: Row, pair: str) -> Instrument | None:
    """Read one pair of AssetPairs; None for one that does not trade or that cannot be asked for by its usual name.

    Such are pairs with an asset outside our naming (`AAPLx`) and dark pools (`XBTUSD.d`).
    """
    where = f"instrument {pair:.40}"
    if row.get("status") != "online":
        return None
    base, quote = asset_name(filled_text(row, "base", where)), asset_name(filled_text(row, "quote", where))
    if not _ASSET.fullmatch(base) or not _ASSET.fullmatch(quote):
        return None
    if row.get("altname") != alternative_name(base) + alternative_name(quote):
        return None
    base_ws, _, quote_ws = filled_text(row, "wsname", where).partition("/")
    if (asset_name(base_ws), asset_name(quote_ws)) != (base, quote):
        return None
    try:
        lot = Decimal(1).scaleb(-_decimals(row, "lot_decimals", where))
        return Instrument.from_text(
            f"{LABEL}:{base}/{quote}",
            tick_size=_tick_size(row, where),
            lot_size=f"{lot:f}",
            min_quantity=text(row, "ordermin", where),
            max_quantity=f"{lot * _MOST_LOTS:f}",
            min_notional=text(row, "costmin", where) if "costmin" in row else "0",
        )
    except ValueError as exc:
        raise MalformedPayload(f"{where}: {exc}") from exc


def _tick_size(row: Row, where: str) -> str:
    """Return `tick_size`, which must be a multiple of 10^-pair_decimals: no order could carry a finer price."""
    finest = Decimal(1).scaleb(-_decimals(row, "pair_decimals", where))
    tick = text(row, "tick_size", where)
    if parse_money(tick, f"{where}: field 'tick_size'") % finest:
        raise MalformedPayload(f"{where}: field 'tick_size' {tick} is finer than 'pair_decimals' {row['pair_decimals']} allows")
    return tick


def _decimals(row: Row, name: str, where: str) -> int:
    value = row.get(name)
    if type(value) is not int or not 0 <= value <= 18:
        raise MalformedPayload(f"{where}: field {name!r} is {value!r:.40}, not a count of decimals")
    return value


def book_from(row: Row, instrument: Instrument) -> Book:
    """Read a Depth answer; its time is that of the youngest level, 0 (no time at all) for an empty book."""
    times: list[int] = []
    bids, asks = (_side(row, name, instrument, times) for name in ("bids", "asks"))
    return Book(instrument.id, max(times, default=0), bids, asks)


def _side(row: Row, name: str, instrument: Instrument, times: list[int]) -> tuple[Level, ...]:
    side = row.get(name)
    if not isinstance(side, list):
        raise MalformedPayload(f"book: field {name!r} is not a list")
    levels: list[Level] = []
    for level in side:
        if not isinstance(level, list) or len(level) < 3 or not isinstance(level[0], str) or not isinstance(level[1], str):
            raise MalformedPayload(f"book: field {name!r} holds {level!r:.60} instead of [price, volume, time]")
        times.append(seconds_ns(level[2], f"book: time in {name!r}"))
        levels.append((instrument.ticks(level[0]), instrument.lots(level[1])))
    return tuple(levels)


def candle_from(row: object, instrument: Instrument, period_ns: int) -> Candle:
    """Read one row of OHLC; whether its period is over is for the caller to know."""
    if not isinstance(row, list) or len(row) < 8 or not all(isinstance(value, str) for value in row[1:7]):
        raise MalformedPayload(f"candle: {row!r:.80} is not a row of a time, six texts and a count")
    opened = seconds_ns(row[0], "candle: time")
    return candle_of(instrument, opened, period_ns, (row[1], row[2], row[3], row[4]), row[6])


def candle_of(instrument: Instrument, opened: int, period_ns: int, prices: tuple[str, str, str, str], volume: str) -> Candle:
    """Build a candle from the texts of open, high, low, close and volume; MalformedPayload when they contradict."""
    o, h, low, c = (instrument.ticks_nearest(price) for price in prices)
    if not low <= min(o, c) <= max(o, c) <= h:
        raise MalformedPayload(f"candle: open, high, low, close {prices} contradict each other")
    return Candle(instrument.id, opened, opened + period_ns, o, h, low, c, volume=instrument.lots_down(volume))


def balance_from(asset: str, row: Row) -> Balance:
    """Read one asset of BalanceEx; `hold_trade` is what orders lock, the rest is free."""
    where = f"balance of {asset:.40}"
    total = parse_money(text(row, "balance", where), f"{where}: field 'balance'", allow_zero=True)
    locked = parse_money(text(row, "hold_trade", where), f"{where}: field 'hold_trade'", allow_zero=True)
    if locked > total:
        raise MalformedPayload(f"{where}: {format_decimal(locked)} held of {format_decimal(total)}")
    scale = max(ASSET_SCALE, *(decimals_of(value) if value else 0 for value in (total, locked)))
    held = units_exact(locked, scale, where)
    return Balance(asset_name(asset), units_exact(total, scale, where) - held, held, scale)


def order_from(order_id: str, row: Row, instrument: Instrument) -> OrderSighting | None:
    """Read one order of OpenOrders or ClosedOrders; None for one of another pair. An unknown state is never open."""
    where = f"order {order_id:.40}"
    description = row.get("descr")
    if not isinstance(description, dict):
        raise MalformedPayload(f"{where}: field 'descr' is not an object")
    if not is_pair(filled_text(description, "pair", where), instrument):
        return None
    in_quote = "viqc" in text(row, "oflags", where).split(",")
    quantity = None if in_quote else instrument.lots(text(row, "vol", where))
    filled = lots_or_none(text(row, "vol_exec", where), instrument)
    if quantity is not None and filled > quantity:
        raise MalformedPayload(f"{where}: filled {row.get('vol_exec')} of {row.get('vol')}")
    average = text(row, "price", where)
    fills = row.get("trades", [])
    if not isinstance(fills, list) or not all(isinstance(fill, str) and fill for fill in fills):
        raise MalformedPayload(f"{where}: field 'trades' is not a list of texts")
    return OrderSighting(
        client_order_id=client_id_of(row.get("cl_ord_id")),
        venue_order_id=VenueOrderId(order_id),
        status=_status(text(row, "status", where), quantity, filled),
        quantity=quantity,
        filled=filled,
        average_price=average if filled and parse_decimal(average, f"{where}: field 'price'") else "",
        ts=seconds_ns(row.get("closetm") or row.get("opentm"), f"{where}: field 'closetm' or 'opentm'"),
        price=price_or_none(description.get("price"), instrument),
        side=side_or_none(description.get("type")),
        fill_ids=tuple(str(fill) for fill in fills),
    )


def describes(sentence: str, order: NewOrder, instrument: Instrument) -> bool:
    """Return whether `descr.order` of an acknowledgement (`buy 0.00100000 XBTUSD @ limit 1000.0`) tells of this order."""
    told = _SENTENCE.match(sentence)
    if told is None or (told["side"], told["type"]) != (order.side.value, order.type.value):
        return False
    price = None if order.price is None else instrument.price_text(order.price)
    return (
        is_pair(told["pair"], instrument)
        and _is_same(told["volume"], instrument.quantity_text(order.quantity))
        and (price is None) == (told["price"] is None)
        and (price is None or _is_same(told["price"], price))
    )


def _is_same(told: str, ours: str) -> bool:
    """Compare plain decimals as text first: Kraken adds zeros behind ours."""
    if "." in told and told.rstrip("0").rstrip(".") == ours:
        return True
    return parse_decimal(told, "order acknowledgement") == parse_decimal(ours, "order")


def _status(state: str, quantity: int | None, filled: int) -> OrderStatus:
    """An open order with fills is PARTIAL; a closed one that is not full contradicts itself and is UNKNOWN."""
    status = _STATUS.get(state, OrderStatus.UNKNOWN)
    if status is OrderStatus.OPEN and filled:
        return OrderStatus.PARTIAL
    if status is OrderStatus.FILLED and quantity is not None and filled < quantity:
        return OrderStatus.UNKNOWN
    return status


def lots_or_none(quantity: str, instrument: Instrument) -> int:
    """Read a quantity that may be zero."""
    value = parse_money(quantity, f"{instrument.id} quantity", allow_zero=True)
    return instrument.lots(quantity) if value else 0


def fill_from(trade_id: str, row: Row, instrument: Instrument) -> FillSighting | None:
    """Read one trade of TradesHistory; None for one of another pair. The fee is in quote, as our orders ask (`fciq`)."""
    where = f"fill {trade_id:.40}"
    if not is_pair(filled_text(row, "pair", where), instrument):
        return None
    maker = row.get("maker")
    if not isinstance(maker, bool):
        raise MalformedPayload(f"{where}: field 'maker' is {maker!r:.40}, neither true nor false")
    return FillSighting(
        VenueOrderId(filled_text(row, "ordertxid", where)),
        Fill(
            fill_id=FillId(LABEL, trade_id),
            client_order_id=client_id_of(row.get("cl_ord_id")),
            instrument=instrument.id,
            ts=seconds_ns(row.get("time"), f"{where}: field 'time'"),
            side=side_of(row.get("type"), where),
            price=instrument.ticks(text(row, "price", where)),
            quantity=instrument.lots(text(row, "vol", where)),
            fee=charged_units(text(row, "fee", where), instrument.quote, instrument, where),
            fee_asset=instrument.quote,
            liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
        ),
    )


def charged_units(charged: str, asset: str, instrument: Instrument, where: str) -> int:
    """Return a fee in smallest units, > 0 when charged, from a text where charged is *positive*."""
    return -fee_units(charged, asset, instrument, where)


def object_of(value: JsonValue, where: str) -> Row:
    """Return `value` as an object."""
    if not isinstance(value, dict):
        raise MalformedPayload(f"{where} is not an object")
    return value


def objects_of(value: JsonValue, where: str) -> dict[str, Row]:
    """Return an object whose values are all objects: how Kraken lists orders, trades and pairs."""
    return {key: object_of(row, f"{where}: {key!r:.40}") for key, row in object_of(value, where).items()}


def of_pair(payload: JsonValue, instrument: Instrument, where: str) -> JsonValue:
    """Return what an answer holds under the pair that was asked for, whichever of its names Kraken uses."""
    assert isinstance(payload, dict)
    result = object_of(payload.get("result"), f"{where}: field 'result'")
    names = [name for name in result if name != "last"]
    if len(names) != 1 or not is_pair(names[0], instrument):
        raise MalformedPayload(f"{where}: answers for {names!r:.60} instead of {pair_name(instrument)}")
    return result[names[0]]
