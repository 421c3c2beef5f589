"""Kraken Spot: its requests and the reading of its answers. Private calls are signed POST forms.

Every private call names what it counts: in the key's REST counter, and orders in the matching engine's counter
(`kraken.py` holds the ceilings). Source: VENUES §3.2, §6 and §7; Kraken, "Spot REST API", "Spot trading limits".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import MILLISECOND, SECOND, from_iso, to_iso
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.market import Book, Candle, MarketEvent
from golive.model.order import NewOrder, OrderType, TimeInForce

from .converters import Row, filled_text
from .dialect import AccountEvent, FillSighting, KeyFacts, OrderSighting, Payload, Request
from .kraken_account_feed import KrakenAccountFeed
from .kraken_errors import codes_of
from .kraken_feed import KrakenFeed
from .kraken_names import pair_name, symbol
from .kraken_payload import (
    balance_from,
    book_from,
    candle_from,
    describes,
    fill_from,
    instrument_from,
    object_of,
    objects_of,
    of_pair,
    order_from,
    seconds_ns,
)

PUBLIC: Final = "public counter"
REST: Final = "REST counter"
ENGINE: Final = "engine counter"
ENTRIES: Final = "engine counter, new and amended orders"
_HISTORY: Final = 4
"""what a call for trade history counts; Kraken's pages say 2 or 4"""
_WITH_FILLS: Final[JsonObject] = {"trades": "true"}
"""orders then name their fills"""
_MOST_QUERIED: Final = 20
_SWITCH_GRAIN_S: Final = 2.0
"""Kraken tells the switch's times in whole seconds"""
_ADD, _AMEND, _CANCEL = 1, 4, 8
"""engine points of one order at their dearest, younger than five seconds: its real age is not known here"""
_ENDINGS: Final[Mapping[TimeInForce, JsonObject]] = {
    TimeInForce.GTC: {},
    TimeInForce.POST_ONLY: {},
    TimeInForce.IOC: {"timeinforce": "IOC"},
    TimeInForce.FOK: {"timeinforce": "FOK"},
}
_READ: Final = frozenset({"query-funds", "query-open-trades", "query-closed-trades"})
_TRADE: Final = "modify-trades"
_PART_OF_TRADE: Final = frozenset({"close-trades"})
_PART_OF_READ: Final = frozenset({"create-ws-token", "query-ledger"})
_DEEPEST: Final = 500


def _public(path: str, params: JsonObject | None = None, max_bytes: int = 1 << 20) -> Request:
    return Request(path, params or {}, max_bytes=max_bytes, charges={PUBLIC: 1})


def _private(path: str, params: JsonObject | None = None, *, rest: int = 1, engine: int = 0, entry: int = 0) -> Request:
    counters = {REST: rest, ENGINE: engine, ENTRIES: entry}
    charges = {scope: points for scope, points in counters.items() if points}
    return Request(path, params or {}, "POST", private=True, weight=2, charges=charges)


def _result(payload: JsonValue, where: str) -> Row:
    assert isinstance(payload, dict)
    return object_of(payload.get("result"), f"{where}: field 'result'")


class KrakenDialect:
    """The dialect of Kraken Spot."""

    gone_codes = frozenset({"EOrder:Unknown order"})
    not_found_codes = frozenset({"EOrder:Unknown order"})
    cancel_batch = 10
    """the engine counts 8 for each; Kraken would take 50"""

    def urls(self, base: str) -> Mapping[str, object]:
        sockets = f"ws{base.removeprefix('http')}"
        v1, v2 = f"{sockets}/v1", f"{sockets}/v2"
        streams = {"public": v1, "private": v1, "publicV2": v2, "privateV2": v2, "beta": v1, "beta-private": v1}
        return {"public": base, "private": base, "zendesk": base, "ws": streams}

    def stream_url(self, urls: Mapping[str, object], access: str, *, sandbox: bool) -> str:
        streams = urls["ws"]
        assert isinstance(streams, dict)
        return str(streams[f"{access}V2"])

    def codes(self, payload: Payload) -> tuple[str, ...]:
        """Return the errors with their known beginnings; warnings (`W…`) beside a result are not errors.

        Kraken sends an error or a result: an answer with both contradicts itself.
        """
        if not isinstance(payload, dict):
            raise MalformedPayload("answer is not an object")
        errors = payload.get("error")
        if not isinstance(errors, list) or not all(isinstance(error, str) and error for error in errors):
            raise MalformedPayload("answer: field 'error' is not a list of texts")
        codes = tuple(code for error in errors for code in codes_of(str(error)) if not str(error).startswith("W"))
        if not codes and "result" not in payload:
            raise MalformedPayload("answer: neither an error nor field 'result'")
        if codes and payload.get("result"):
            raise MalformedPayload(f"answer: error {codes[0]!r:.60} beside a result")
        return codes

    # market

    def time(self) -> Request:
        return _public("Time")

    def read_time(self, payload: Payload) -> int:
        """Return the beginning of the second Kraken names; its profile says how coarse that is."""
        return seconds_ns(_result(payload, "time").get("unixtime"), "time: field 'unixtime'") // MILLISECOND

    def instruments(self) -> Request:
        return _public("AssetPairs", max_bytes=8 << 20)

    def read_instruments(self, payload: Payload) -> Mapping[InstrumentId, Instrument]:
        """Return the pairs that trade now; see `instrument_from` for those left out."""
        assert isinstance(payload, dict)
        rows = objects_of(payload.get("result"), "instruments")
        read = [instrument for pair, row in rows.items() if (instrument := instrument_from(row, pair)) is not None]
        found = {instrument.id: instrument for instrument in read}
        if not found:
            raise MalformedPayload("instruments: none of them is online")
        if len(found) != len(read):
            raise MalformedPayload("instruments: one pair is listed twice")
        return found

    def book(self, instrument: Instrument, depth: int) -> Request:
        return _public("Depth", {"pair": pair_name(instrument), "count": str(min(depth, _DEEPEST))})

    def read_book(self, payload: Payload, instrument: Instrument) -> Book:
        return book_from(object_of(of_pair(payload, instrument, "book"), "book"), instrument)

    def candles(self, instrument: Instrument, bar: str, limit: int) -> Request:
        """Ask for the last 720 candles: Kraken takes no count."""
        return _public("OHLC", {"pair": pair_name(instrument), "interval": bar})

    def read_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        """Return the closed candles, oldest first: the last row is always the one that is still running."""
        rows = of_pair(payload, instrument, "candles")
        if not isinstance(rows, list):
            raise MalformedPayload("candles: not a list")
        read = [candle_from(row, instrument, period_ns) for row in rows]
        return tuple(sorted(read, key=lambda candle: candle.opened_at)[:-1])

    # account

    def account(self) -> Request:
        return _private("GetApiKeyInfo")

    def read_key(self, payload: Payload) -> KeyFacts:
        """Read the key's facts; `read` and `trade` only when everything this adapter needs of them is granted.

        Words that belong to neither stay as they are. Source: Kraken, "Get API Key Info".
        """
        row = _result(payload, "key")
        words = _texts(row, "permissions")
        said = {"withdraw" if word == "withdraw-funds" else word for word in words}
        if said >= _READ:
            said = (said - _READ - _PART_OF_READ) | {"read"}
        if _TRADE in said:
            said = (said - {_TRADE} - _PART_OF_TRADE) | {"trade"}
        expiry = filled_text(row, "validUntil", "key")
        expires_at = None if expiry == "0" else seconds_ns(expiry, "key: field 'validUntil'")
        return KeyFacts(tuple(sorted(said)), _texts(row, "ipAllowlist"), expires_at)

    def balances(self) -> Request:
        return _private("BalanceEx")

    def read_balances(self, payload: Payload) -> Mapping[str, Balance]:
        assert isinstance(payload, dict)
        rows = objects_of(payload.get("result"), "balances")
        read = [balance_from(asset, row) for asset, row in rows.items()]
        found = {balance.asset: balance for balance in read}
        if len(found) != len(read):
            raise MalformedPayload("balances: one asset is listed under two names")
        return found

    # orders

    def place(self, order: NewOrder, instrument: Instrument) -> Request:
        """Build AddOrder. `fciq`: a sell would pay its fee in base by default, and ours are booked in quote."""
        limit = order.type is OrderType.LIMIT
        form: dict[str, JsonValue] = {
            "ordertype": order.type.value,
            "pair": pair_name(instrument),
            "type": order.side.value,
            "volume": instrument.quantity_text(order.quantity),
            "cl_ord_id": str(order.client_order_id),
            "oflags": "post,fciq" if limit and order.time_in_force is TimeInForce.POST_ONLY else "fciq",
        }
        if limit:
            assert order.price is not None
            form = {**form, "price": instrument.price_text(order.price), **_ENDINGS[order.time_in_force]}
        return _private("AddOrder", form, rest=0, engine=_ADD, entry=_ADD)

    def read_placed(self, payload: Payload, order: NewOrder, instrument: Instrument) -> VenueOrderId:
        """Return the one `txid`; MalformedPayload when the sentence in `descr` tells of another order."""
        where = "order acknowledgement"
        row = _result(payload, where)
        ids = _texts(row, "txid")
        if len(ids) != 1 or not ids[0]:
            raise MalformedPayload(f"{where}: field 'txid' names {len(ids)} orders instead of one")
        if row.get("cl_ord_id", order.client_order_id) != order.client_order_id:
            raise MalformedPayload(f"{where}: field 'cl_ord_id' is {row.get('cl_ord_id')!r:.60}, not ours")
        sentence = filled_text(object_of(row.get("descr"), f"{where}: field 'descr'"), "order", where)
        if not describes(sentence, order, instrument):
            raise MalformedPayload(f"{where}: describes {sentence!r:.80}, not our {order.side} {order.type} order")
        return VenueOrderId(ids[0])

    def with_deadline(self, request: Request, deadline_ms: int) -> Request:
        """Add `deadline` (RFC 3339); Kraken takes one that is 2 to 60 s ahead of its own clock."""
        return request.adding(params={"deadline": to_iso(deadline_ms * MILLISECOND)})

    def amend(
        self, client_order_id: ClientOrderId, instrument: Instrument, *, quantity: int | None, price: int | None
    ) -> Request:
        form = {"cl_ord_id": str(client_order_id)}
        if quantity is not None:
            form["order_qty"] = instrument.quantity_text(quantity)
        if price is not None:
            form["limit_price"] = instrument.price_text(price)
        return _private("AmendOrder", form, engine=_AMEND, entry=_AMEND)

    def read_amended(self, payload: Payload, client_order_id: ClientOrderId) -> None:
        """Kraken answers with the id of the amendment alone; it names no order."""
        filled_text(_result(payload, "amendment"), "amend_id", "amendment")

    def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request:
        return _private("CancelOrder", {"cl_ord_id": str(client_order_id)}, rest=0, engine=_CANCEL)

    def read_canceled(self, payload: Payload, client_order_id: ClientOrderId) -> bool:
        """Kraken answers with the count of what it canceled; our id stands for one working order at most."""
        return _count(payload, 1) == 1

    def read_canceled_many(self, payload: Payload, orders: Sequence[OrderSighting]) -> None:
        _count(payload, len(orders))

    def cancel_many(self, orders: Sequence[OrderSighting], instrument: Instrument) -> Request:
        ids = [str(order.venue_order_id) for order in orders]
        if len(ids) == 1:
            return _private("CancelOrder", {"txid": ids[0]}, rest=0, engine=_CANCEL)
        return _private("CancelOrderBatch", {"orders": list[JsonValue](ids)}, engine=_CANCEL * len(ids))

    def dead_man_switch(self, timeout_s: int) -> Request:
        return _private("CancelAllOrdersAfter", {"timeout": str(timeout_s)})

    def read_switch(self, payload: Payload, timeout_s: int) -> None:
        row, where = _result(payload, "switch"), "switch"
        trigger = filled_text(row, "triggerTime", where)
        if timeout_s == 0 and trigger == "0":
            return
        armed_s = (_moment(trigger) - _moment(filled_text(row, "currentTime", where))) / SECOND
        if timeout_s == 0 or abs(armed_s - timeout_s) > _SWITCH_GRAIN_S:
            raise MalformedPayload(f"{where}: acts in {armed_s:g} s, not in {timeout_s}")

    def order_requests(self, client_order_id: ClientOrderId, instrument: Instrument) -> tuple[Request, ...]:
        by_id: JsonObject = {"cl_ord_id": str(client_order_id), **_WITH_FILLS}
        return _private("OpenOrders", by_id), _private("ClosedOrders", by_id)

    def open_orders(self, instrument: Instrument, after: str) -> Request:
        return _private("OpenOrders", _WITH_FILLS)

    def closed_orders(self, instrument: Instrument, after: str) -> Request:
        return _private("ClosedOrders", {**_WITH_FILLS, "ofs": after} if after else _WITH_FILLS)

    def read_orders(self, payload: Payload, instrument: Instrument) -> tuple[OrderSighting, ...]:
        result = _result(payload, "orders")
        name = "open" if "open" in result else "closed"
        rows = objects_of(result.get(name), f"orders: field {name!r}")
        read = (order_from(order_id, row, instrument) for order_id, row in rows.items())
        return tuple(sighting for sighting in read if sighting is not None)

    def fills(self, instrument: Instrument, after: str) -> Request:
        return _private("TradesHistory", {"ofs": after} if after else {}, rest=_HISTORY)

    def read_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        rows = objects_of(_result(payload, "fills").get("trades"), "fills: field 'trades'")
        read = (fill_from(trade_id, row, instrument) for trade_id, row in rows.items())
        return tuple(fill for fill in read if fill is not None)

    def order_fills(self, order: OrderSighting, instrument: Instrument, after: str) -> tuple[Request, ...]:
        """Ask for the fills that the order names, twenty at a time: Kraken lists none by order."""
        ids = order.fill_ids
        named = (",".join(ids[first : first + _MOST_QUERIED]) for first in range(0, len(ids), _MOST_QUERIED))
        return tuple(_private("QueryTrades", {"txid": txid}) for txid in named)

    def read_order_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        """Read QueryTrades, which has the fills at once in `result`."""
        rows = objects_of(_result(payload, "fills"), "fills")
        read = (fill_from(trade_id, row, instrument) for trade_id, row in rows.items())
        return tuple(fill for fill in read if fill is not None)

    def next_page(self, payload: Payload, after: str) -> str:
        """Return the offset of the next page; open orders, and fills asked for by id, come all at once.

        The newest come first, so what happens between two pages repeats rows and loses none.
        """
        result = _result(payload, "page")
        if "open" in result or (result and not {"count", "trades", "closed"} & result.keys()):
            return ""
        count = result.get("count")
        if type(count) is not int:
            raise MalformedPayload(f"page: field 'count' is {count!r:.40}, not an integer")
        rows = object_of(result.get("trades", result.get("closed")), "page: field 'trades' or 'closed'")
        seen = int(after or "0") + len(rows)
        return str(seen) if rows and seen < count else ""

    # stream

    def feed(
        self,
        instruments: Sequence[Instrument],
        *,
        bar: str | None,
        period_ns: int,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> KrakenFeed:
        by_symbol = {symbol(instrument): instrument for instrument in instruments}
        minutes = None if bar is None else period_ns // (60 * SECOND)
        return KrakenFeed(by_symbol, minutes=minutes, book=book, trades=trades, sink=sink)

    def account_feed(
        self, instruments: Sequence[Instrument], *, sink: Callable[[AccountEvent], None], is_guarding: bool = False
    ) -> KrakenAccountFeed:
        request = _private("GetWebSocketsToken")
        return KrakenAccountFeed({symbol(instrument): instrument for instrument in instruments}, request, sink=sink)


def _count(payload: JsonValue, most: int) -> int:
    """Return how many orders a cancel met; MalformedPayload for no count and for more than were named."""
    count = _result(payload, "cancel").get("count")
    if type(count) is not int or not 0 <= count <= most:
        raise MalformedPayload(f"cancel: field 'count' is {count!r:.40}, not 0…{most}")
    return count


def _moment(value: str) -> int:
    try:
        return from_iso(value)
    except ValueError as exc:
        raise MalformedPayload(f"switch: {value!r:.40} is not a time") from exc


def _texts(row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise MalformedPayload(f"field {name!r} is not a list of texts")
    return tuple(str(item) for item in value)
