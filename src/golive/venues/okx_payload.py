"""OKX v5: its rows — instrument, book, candle, balance, order, fill — as exact values. Pure.

Payloads are raw; every number in them is a text. Source: VENUES §3.1 and §6.
"""

from __future__ import annotations

from golive.model.balance import Balance
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import ASSET_SCALE, Instrument, decimals_of
from golive.model.market import Book, Candle, Level
from golive.model.money import parse_money, units_exact
from golive.model.order import Fill, Liquidity, OrderStatus

from .converters import Row, fee_units, filled_text, price_or_none, side_of, side_or_none, text, time_ns
from .dialect import FillSighting, OrderSighting

LABEL = "okx"
_STATUS = {
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIAL,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "mmp_canceled": OrderStatus.CANCELED,
}
_LIQUIDITY = {"M": Liquidity.MAKER, "T": Liquidity.TAKER}


def inst_id_of(instrument: Instrument) -> str:
    return f"{instrument.base}-{instrument.quote}"


def instrument_from(row: Row) -> Instrument:
    """Read one instrument of `public/instruments`."""
    where = f"instrument {row.get('instId')!r:.40}"
    base, quote = filled_text(row, "baseCcy", where), filled_text(row, "quoteCcy", where)
    if row.get("instId") != f"{base}-{quote}":
        raise MalformedPayload(f"{where}: field 'instId' is not {base}-{quote}")
    try:
        return Instrument.from_text(
            f"{LABEL}:{base}/{quote}",
            tick_size=text(row, "tickSz", where),
            lot_size=text(row, "lotSz", where),
            min_quantity=text(row, "minSz", where),
            max_quantity=text(row, "maxLmtSz", where),
        )
    except ValueError as exc:
        raise MalformedPayload(f"{where}: {exc}") from exc


def book_from(row: Row, instrument: Instrument) -> Book:
    """Read a whole book (REST, or the snapshot of a channel)."""
    ts = time_ns(row.get("ts"), "book: field 'ts'")
    return Book(instrument.id, ts, _side_levels(row, "bids", instrument), _side_levels(row, "asks", instrument))


def _side_levels(row: Row, name: str, instrument: Instrument) -> tuple[Level, ...]:
    side = row.get(name)
    if not isinstance(side, list):
        raise MalformedPayload(f"book: field {name!r} is not a list")
    return tuple(_level(level, name, instrument) for level in side)


def _level(level: object, name: str, instrument: Instrument) -> Level:
    if not isinstance(level, list) or len(level) < 2 or not isinstance(level[0], str) or not isinstance(level[1], str):
        raise MalformedPayload(f"book: field {name!r} holds {level!r:.60} instead of [price, quantity, …]")
    return instrument.ticks(level[0]), instrument.lots(level[1])


def candle_from(row: object, instrument: Instrument, period_ns: int) -> Candle | None:
    """Read one candle row; None for one that is not closed (`confirm` other than `1`)."""
    if not isinstance(row, list) or len(row) < 9 or not all(isinstance(value, str) for value in row[:9]):
        raise MalformedPayload(f"candle: {row!r:.80} is not a row of nine texts")
    opened, o, h, low, c, volume, confirm = (str(row[i]) for i in (0, 1, 2, 3, 4, 5, 8))
    if confirm not in ("0", "1"):
        raise MalformedPayload(f"candle: field 'confirm' is {confirm!r:.40}")
    if confirm == "0":
        return None
    ts = time_ns(opened, "candle: field 'ts'")
    price = instrument.ticks_nearest
    candle = Candle(
        instrument.id, ts, ts + period_ns, price(o), price(h), price(low), price(c), volume=instrument.lots_down(volume)
    )
    if not candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high:
        raise MalformedPayload(f"candle: open {o}, high {h}, low {low}, close {c} contradict each other")
    return candle


def balance_from(row: Row) -> Balance:
    """Read one asset of `account/balance`; `frozenBal` is what orders lock."""
    asset = filled_text(row, "ccy", "balance")
    where = f"balance of {asset}"
    free = parse_money(text(row, "availBal", where), f"{where}: field 'availBal'", allow_zero=True)
    locked = parse_money(text(row, "frozenBal", where), f"{where}: field 'frozenBal'", allow_zero=True)
    scale = max(ASSET_SCALE, decimals_of(free) if free else 0, decimals_of(locked) if locked else 0)
    return Balance(asset, units_exact(free, scale, where), units_exact(locked, scale, where), scale)


def order_from(row: Row, instrument: Instrument) -> OrderSighting:
    """Read one order object; an unknown state is UNKNOWN, never open."""
    where = f"order {row.get('ordId')!r:.40}"
    if row.get("instId") != inst_id_of(instrument):
        raise MalformedPayload(f"{where}: field 'instId' is {row.get('instId')!r:.40}, not {inst_id_of(instrument)}")
    filled = text(row, "accFillSz", where)
    in_quote = row.get("tgtCcy") == "quote_ccy"
    quantity = None if in_quote else instrument.lots(text(row, "sz", where))
    lots = 0 if filled in ("", "0") else instrument.lots(filled)
    if quantity is not None and lots > quantity:
        raise MalformedPayload(f"{where}: filled {filled} of {row.get('sz')}")
    return OrderSighting(
        client_order_id=ClientOrderId(text(row, "clOrdId", where)),
        venue_order_id=VenueOrderId(filled_text(row, "ordId", where)),
        status=_STATUS.get(text(row, "state", where), OrderStatus.UNKNOWN),
        quantity=quantity,
        filled=lots,
        average_price=text(row, "avgPx", where),
        ts=time_ns(row.get("uTime"), f"{where}: field 'uTime'"),
        price=price_or_none(row.get("px"), instrument),
        side=side_or_none(row.get("side")),
    )


def fill_from(row: Row, instrument: Instrument) -> FillSighting:
    """Read one fill; `fee` is negative when charged.

    OKX numbers the trades of each instrument by themselves, so a fill is named by both.
    """
    where = f"fill {row.get('tradeId')!r:.40}"
    if row.get("instId") != inst_id_of(instrument):
        raise MalformedPayload(f"{where}: field 'instId' is {row.get('instId')!r:.40}, not {inst_id_of(instrument)}")
    liquidity = _LIQUIDITY.get(text(row, "execType", where))
    if liquidity is None:
        raise MalformedPayload(f"{where}: field 'execType' is {row.get('execType')!r:.40}")
    asset = filled_text(row, "feeCcy", where)
    side = side_of(row.get("side"), where)
    fill = Fill(
        fill_id=FillId(LABEL, f"{inst_id_of(instrument)}/{filled_text(row, 'tradeId', where)}"),
        client_order_id=ClientOrderId(text(row, "clOrdId", where)),
        instrument=instrument.id,
        ts=time_ns(row.get("ts"), f"{where}: field 'ts'"),
        side=side,
        price=instrument.ticks(text(row, "fillPx", where)),
        quantity=instrument.lots(text(row, "fillSz", where)),
        fee=fee_units(text(row, "fee", where), asset, instrument, where),
        fee_asset=asset,
        liquidity=liquidity,
    )
    return FillSighting(VenueOrderId(filled_text(row, "ordId", where)), fill)
