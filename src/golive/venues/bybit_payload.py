"""Bybit v5, spot: its rows — instrument, book, candle, balance, key, order, fill — as exact values. Pure.

Amounts are texts in every payload; times are texts in REST rows and integers in envelopes and market pushes.
Source: VENUES §3.3, §4 and §6.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import SECOND
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import ASSET_SCALE, Instrument, decimals_of
from golive.model.market import Book, Candle, Level
from golive.model.money import EXACT, format_decimal, parse_money, steps_down, units_exact
from golive.model.order import Fill, Liquidity, OrderStatus, Side

from .converters import Row, fee_units, filled_text, price_or_none, rows_of, side_or_none, text, time_ns
from .dialect import FillSighting, KeyFacts, OrderSighting

LABEL: Final = "bybit"
CATEGORY: Final = "spot"
_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
SIDE_TEXTS: Final = {side: name for name, side in _SIDES.items()}
_STATUS: Final = {
    "Created": OrderStatus.OPEN,
    "New": OrderStatus.OPEN,
    "Untriggered": OrderStatus.OPEN,
    "Triggered": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIAL,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "PartiallyFilledCanceled": OrderStatus.CANCELED,
    "Deactivated": OrderStatus.CANCELED,
    "Rejected": OrderStatus.REJECTED,
}
_OUR_SYMBOL: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def symbol_of(instrument: Instrument) -> str:
    """`bybit:BTC/USDT` → `BTCUSDT`."""
    return f"{instrument.base}{instrument.quote}"


def side_from(value: object, where: str) -> Side:
    """Return the side of `Buy` or `Sell`."""
    side = _SIDES.get(value) if isinstance(value, str) else None
    if side is None:
        raise MalformedPayload(f"{where}: side {value!r:.40} is neither 'Buy' nor 'Sell'")
    return side


def whole_ms_ns(value: object, where: str) -> int:
    """Return ns UTC of an integer of milliseconds since the epoch."""
    if type(value) is not int:
        raise MalformedPayload(f"{where}: {value!r:.40} is not a whole number of milliseconds")
    return time_ns(str(value), where)


# market


def instrument_from(row: Row) -> Instrument | None:
    """Read one row of `market/instruments-info`.

    None for one that does not trade now, and for one that our names cannot stand for (`symbol` is not base + quote).
    """
    where = f"instrument {row.get('symbol')!r:.40}"
    base, quote = filled_text(row, "baseCoin", where), filled_text(row, "quoteCoin", where)
    named = filled_text(row, "symbol", where) == base + quote and _OUR_SYMBOL.issuperset(base + quote)
    if text(row, "status", where) != "Trading" or not named:
        return None
    limits, price = _nested(row, "lotSizeFilter", where), _nested(row, "priceFilter", where)
    lot = text(limits, "basePrecision", where)
    most = "maxLimitOrderQty" if "maxLimitOrderQty" in limits else "maxOrderQty"
    try:
        return Instrument.from_text(
            f"{LABEL}:{base}/{quote}",
            tick_size=text(price, "tickSize", where),
            lot_size=lot,
            min_quantity=_up_to_grid(text(limits, "minOrderQty", where), lot, where),
            max_quantity=text(limits, most, where),
            min_notional=text(limits, "minOrderAmt", where),
        )
    except ValueError as exc:
        raise MalformedPayload(f"{where}: {exc}") from exc


def _up_to_grid(least: str, lot: str, where: str) -> str:
    """Return the least multiple of `lot` that is not below `least`: Bybit states the two independently."""
    step, value = parse_money(lot, f"{where} lot size"), parse_money(least, f"{where} minimum")
    steps = steps_down(value, step, f"{where} minimum")
    return format_decimal(EXACT.multiply(step, steps if EXACT.multiply(step, steps) == value else steps + 1))


def _nested(row: Row, name: str, where: str) -> Row:
    value = row.get(name)
    if not isinstance(value, Mapping):
        raise MalformedPayload(f"{where}: field {name!r} is not an object")
    return value


def book_from(row: Row, instrument: Instrument) -> Book:
    """Read a whole book of `market/orderbook`."""
    if row.get("s") != symbol_of(instrument):
        raise MalformedPayload(f"book: field 's' is {row.get('s')!r:.40}, not {symbol_of(instrument)}")
    ts = whole_ms_ns(row.get("ts"), "book: field 'ts'")
    return Book(instrument.id, ts, _side_levels(row, "b", instrument), _side_levels(row, "a", instrument))


def _side_levels(row: Row, name: str, instrument: Instrument) -> tuple[Level, ...]:
    side = row.get(name)
    if not isinstance(side, list):
        raise MalformedPayload(f"book: field {name!r} is not a list")
    return tuple(_level(level, name, instrument) for level in side)


def _level(level: object, name: str, instrument: Instrument) -> Level:
    if not isinstance(level, list) or len(level) != 2 or not all(isinstance(value, str) for value in level):
        raise MalformedPayload(f"book: field {name!r} holds {level!r:.60} instead of [price, size]")
    return instrument.ticks(level[0]), instrument.lots(level[1])


def candle_from(row: object, instrument: Instrument, period_ns: int) -> Candle:
    """Read one row of `market/kline`, which does not say whether its candle is closed."""
    if not isinstance(row, list) or len(row) < 6 or not all(isinstance(value, str) for value in row[:6]):
        raise MalformedPayload(f"candle: {row!r:.80} does not begin with six texts")
    start = time_ns(row[0], "candle: field 'startTime'")
    return _candle(instrument, start, period_ns, str(row[1]), str(row[2]), str(row[3]), str(row[4]), str(row[5]))


def pushed_candle_from(row: Row, instrument: Instrument, period_ns: int) -> Candle | None:
    """Read one row of a `kline` push; None for a candle that is not closed (`confirm` is false)."""
    confirm = row.get("confirm")
    if type(confirm) is not bool:
        raise MalformedPayload(f"candle: field 'confirm' is {confirm!r:.40}")
    if not confirm:
        return None
    start = whole_ms_ns(row.get("start"), "candle: field 'start'")
    o, h, low, c = (text(row, name, "candle") for name in ("open", "high", "low", "close"))
    return _candle(instrument, start, period_ns, o, h, low, c, text(row, "volume", "candle"))


def _candle(instrument: Instrument, start: int, period_ns: int, o: str, h: str, low: str, c: str, volume: str) -> Candle:
    price = instrument.ticks_nearest
    candle = Candle(
        instrument.id,
        start,
        start + period_ns,
        price(o),
        price(h),
        price(low),
        price(c),
        volume=instrument.lots_down(volume),
    )
    if not candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high:
        raise MalformedPayload(f"candle: open {o}, high {h}, low {low}, close {c} contradict each other")
    return candle


# account


def balance_from(row: Row) -> Balance:
    """Read one coin of the unified account; free = `walletBalance` − `locked`, what spot orders lock.

    A coin that the account owes (free below zero) is refused: Golive trades on what is owned.
    """
    asset = filled_text(row, "coin", "balance")
    where = f"balance of {asset}"
    total = parse_money(text(row, "walletBalance", where), f"{where}: field 'walletBalance'", allow_zero=True)
    locked = parse_money(text(row, "locked", where), f"{where}: field 'locked'", allow_zero=True)
    if locked > total:
        raise MalformedPayload(f"{where}: field 'locked' {locked} is more than 'walletBalance' {total}")
    scale = max(ASSET_SCALE, decimals_of(total) if total else 0, decimals_of(locked) if locked else 0)
    held, bound = units_exact(total, scale, where), units_exact(locked, scale, where)
    return Balance(asset, held - bound, bound, scale)


def balances_from(account: Row) -> tuple[Balance, ...]:
    """Read all coins of one account object; its `accountType` must be UNIFIED."""
    kind = account.get("accountType")
    if kind != "UNIFIED":
        raise MalformedPayload(f"balance: field 'accountType' is {kind!r:.40}; a unified trading account is needed")
    return tuple(balance_from(row) for row in rows_of(account.get("coin"), "balance: field 'coin'"))


def key_from(row: Row) -> KeyFacts:
    """Read `user/query-api`.

    Every key reads. A key that is not `readOnly` trades with `SpotTrade`; `Withdraw` counts in any case; what else a key
    that writes may do stands as Bybit's `group.name`.
    """
    where = "API key"
    read_only = row.get("readOnly")
    if type(read_only) is not int or read_only not in (0, 1):
        raise MalformedPayload(f"{where}: field 'readOnly' is {read_only!r:.40}, not 0 or 1")
    found = {"read"}
    for group, names in _nested(row, "permissions", where).items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise MalformedPayload(f"{where}: permissions {group!r:.40} are not a list of texts")
        for name in names:
            if name == "Withdraw":
                found.add("withdraw")
            elif read_only == 0:
                found.add("trade" if (group, name) == ("Spot", "SpotTrade") else f"{group}.{name}")
    return KeyFacts(tuple(sorted(found)), _addresses(row, where), _expiry(row, where))


def _addresses(row: Row, where: str) -> tuple[str, ...]:
    listed = row.get("ips")
    if not isinstance(listed, list) or not all(isinstance(address, str) for address in listed):
        raise MalformedPayload(f"{where}: field 'ips' is not a list of texts")
    return () if "*" in listed else tuple(str(address) for address in listed)


def _expiry(row: Row, where: str) -> int | None:
    """Return when the key expires; a key bound to addresses never does, and then the field is empty or the epoch."""
    value = text(row, "expiredAt", where)
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as exc:
        raise MalformedPayload(f"{where}: field 'expiredAt' is {value!r:.40}, not a time") from exc
    seconds = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    return seconds * SECOND if seconds > 0 else None


# orders


def order_from(row: Row, instrument: Instrument) -> OrderSighting:
    """Read one order object; an unknown status is UNKNOWN, never open."""
    where = f"order {row.get('orderId')!r:.40}"
    _require_symbol(row, instrument, where)
    quantity = None if _in_quote(row, where) else instrument.lots(text(row, "qty", where))
    filled = _lots(text(row, "cumExecQty", where), instrument, where)
    if quantity is not None and filled > quantity:
        raise MalformedPayload(f"{where}: filled {row.get('cumExecQty')} of {row.get('qty')}")
    return OrderSighting(
        client_order_id=ClientOrderId(text(row, "orderLinkId", where)),
        venue_order_id=VenueOrderId(filled_text(row, "orderId", where)),
        status=_STATUS.get(text(row, "orderStatus", where), OrderStatus.UNKNOWN),
        quantity=quantity,
        filled=filled,
        average_price=text(row, "avgPrice", where) if filled else "",
        ts=time_ns(row.get("updatedTime"), f"{where}: field 'updatedTime'"),
        price=price_or_none(row.get("price"), instrument),
        side=side_or_none(row.get("side")),
    )


def _in_quote(row: Row, where: str) -> bool:
    """Whether `qty` counts the quote asset: a market order says so in `marketUnit`, where a buy by value is the default."""
    if text(row, "orderType", where) != "Market":
        return False
    unit = row.get("marketUnit") or ("quoteCoin" if side_from(row.get("side"), where) is Side.BUY else "baseCoin")
    if unit not in ("baseCoin", "quoteCoin"):
        raise MalformedPayload(f"{where}: field 'marketUnit' is {unit!r:.40}")
    return unit == "quoteCoin"


def _lots(value: str, instrument: Instrument, where: str) -> int:
    """Return a quantity that may be zero; an empty text is Bybit's way of saying nothing."""
    if not value or parse_money(value, f"{where} quantity", allow_zero=True) == 0:
        return 0
    return instrument.lots(value)


def fill_from(row: Row, instrument: Instrument) -> FillSighting:
    """Read one execution; `execFee` is positive when charged, in `feeCurrency`."""
    where = f"fill {row.get('execId')!r:.40}"
    _require_symbol(row, instrument, where)
    maker = row.get("isMaker")
    if type(maker) is not bool:
        raise MalformedPayload(f"{where}: field 'isMaker' is {maker!r:.40}")
    asset = filled_text(row, "feeCurrency", where)
    fill = Fill(
        fill_id=FillId(LABEL, filled_text(row, "execId", where)),
        client_order_id=ClientOrderId(text(row, "orderLinkId", where)),
        instrument=instrument.id,
        ts=time_ns(row.get("execTime"), f"{where}: field 'execTime'"),
        side=side_from(row.get("side"), where),
        price=instrument.ticks(text(row, "execPrice", where)),
        quantity=instrument.lots(text(row, "execQty", where)),
        fee=-fee_units(text(row, "execFee", where), asset, instrument, where),
        fee_asset=asset,
        liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
    )
    return FillSighting(VenueOrderId(filled_text(row, "orderId", where)), fill)


def _require_symbol(row: Row, instrument: Instrument, where: str) -> None:
    if row.get("symbol") != symbol_of(instrument):
        raise MalformedPayload(f"{where}: field 'symbol' is {row.get('symbol')!r:.40}, not {symbol_of(instrument)}")
