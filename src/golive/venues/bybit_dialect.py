"""Bybit v5, spot category: its requests and the reading of its answers.

Lists are paged by `nextPageCursor`; order history and executions reach back seven days. Source: VENUES §3.3 and §6.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import MILLISECOND
from golive.model.errors import ConfigError, MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.market import Book, Candle, MarketEvent
from golive.model.order import NewOrder, OrderType, TimeInForce

from .bybit_account_feed import BybitAccountFeed
from .bybit_feed import BybitFeed
from .bybit_payload import (
    CATEGORY,
    SIDE_TEXTS,
    balances_from,
    book_from,
    candle_from,
    fill_from,
    instrument_from,
    key_from,
    order_from,
    symbol_of,
    whole_ms_ns,
)
from .converters import Row, filled_text, rows_of, text
from .dialect import AccountEvent, FillSighting, KeyFacts, OrderSighting, Payload, Request

HOSTNAME: Final = "bybit.com"
"""what CCXT's `{hostname}` stands for"""
RECV_WINDOW_MS: Final = 5000
"""how long after its signed timestamp Bybit still accepts a request"""
_TIMES_IN_FORCE: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
_ORDERS_PAGE: Final = "50"
_FILLS_PAGE: Final = "100"
_FIRST_PAGE: Final = "20"
"""mostly the newest rows are all that is wanted"""
_MOST_CANDLES: Final = 1000
_SWITCH_S: Final = range(3, 301)
_CURSOR = re.compile(r"[A-Za-z0-9%_.,:~=+/-]{0,1000}")
"""a cursor goes back into the query as it came, so it must not be able to end its parameter"""


def _result(payload: JsonValue) -> Row:
    assert isinstance(payload, Mapping)
    result = payload.get("result")
    if not isinstance(result, Mapping):
        raise MalformedPayload("answer: field 'result' is not an object")
    return result


def _list(payload: JsonValue, where: str) -> Sequence[Row]:
    return rows_of(_result(payload).get("list"), f"{where}: field 'list'")


def _only(payload: JsonValue, where: str) -> Row:
    rows = _list(payload, where)
    if len(rows) != 1:
        raise MalformedPayload(f"{where}: {len(rows)} rows instead of one")
    return rows[0]


class BybitDialect:
    """The dialect of Bybit v5, spot."""

    gone_codes = frozenset({"110001", "110008", "110010", "170139", "170142", "170143", "170190", "170213"})
    not_found_codes = frozenset({"110001", "170213"})
    cancel_batch = 10

    def urls(self, base: str) -> Mapping[str, object]:
        """Raise ConfigError for a base that makes CCXT sign as for an API that Bybit has given up."""
        if "openapi" in base:
            raise ConfigError(f"bybit_spot: the base URL {base!r} contains 'openapi', which breaks signing; use another name")
        ws = f"ws{base.removeprefix('http')}/v5"
        private = {"spot": {"unified": f"{ws}/private", "nonUnified": f"{ws}/private"}}
        return {
            **dict.fromkeys(("spot", "futures", "v2", "public", "private"), base),
            "ws": {
                "public": dict.fromkeys(("spot", "linear", "inverse", "option"), f"{ws}/public/spot"),
                "private": {**private, "contract": f"{ws}/private", "usdc": f"{ws}/private", "trade": f"{ws}/trade"},
            },
        }

    def stream_url(self, urls: Mapping[str, object], access: str, *, sandbox: bool) -> str:
        sockets = urls["ws"]
        assert isinstance(sockets, dict)
        url = sockets[access]["spot" if access == "public" else "contract"]
        return str(url).replace("{hostname}", HOSTNAME)

    def codes(self, payload: Payload) -> tuple[str, ...]:
        """Return `retCode` and, before it, what a batch says about its single orders.

        An error that names an order contradicts itself. A success may come without a result (`disconnected-cancel-all`);
        who needs one asks for it.
        """
        if not isinstance(payload, Mapping):
            raise MalformedPayload("answer is not an object")
        code = payload.get("retCode")
        if type(code) is not int:
            raise MalformedPayload(f"answer: field 'retCode' is {code!r:.40}, not a whole number")
        if (
            code != 0
            and isinstance(result := payload.get("result"), Mapping)
            and (result.get("orderId") or result.get("orderLinkId"))
        ):
            raise MalformedPayload(f"answer: code {code} beside order {result.get('orderId')!r:.60}")
        failed = dict.fromkeys(str(inner) for inner in _batch_codes(payload.get("retExtInfo")) if inner != 0)
        return tuple(failed) if code == 0 else (*failed, str(code))

    # market

    def time(self) -> Request:
        return Request("v5/market/time")

    def read_time(self, payload: Payload) -> int:
        assert isinstance(payload, Mapping)
        return whole_ms_ns(payload.get("time"), "time: field 'time'") // MILLISECOND

    def instruments(self) -> Request:
        return Request("v5/market/instruments-info", {"category": CATEGORY}, max_bytes=8 << 20)

    def read_instruments(self, payload: Payload) -> Mapping[InstrumentId, Instrument]:
        """Return the instruments that trade now; others (pre-launch, closed) are left out."""
        read = [instrument_from(row) for row in _list(payload, "instruments")]
        found = {instrument.id: instrument for instrument in read if instrument is not None}
        if not found:
            raise MalformedPayload("instruments: none of them is trading")
        return found

    def book(self, instrument: Instrument, depth: int) -> Request:
        return Request("v5/market/orderbook", {**_named(instrument), "limit": str(depth)})

    def read_book(self, payload: Payload, instrument: Instrument) -> Book:
        return book_from(_result(payload), instrument)

    def candles(self, instrument: Instrument, bar: str, limit: int) -> Request:
        wanted = min(limit + 1, _MOST_CANDLES)  # the newest row is not closed
        return Request("v5/market/kline", {**_named(instrument), "interval": bar, "limit": str(wanted)})

    def read_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        """Return the closed candles, oldest first.

        Rows carry no flag; Bybit always lists the running bar, so the newest row is the one that is not closed.
        """
        rows = _result(payload).get("list")
        if not isinstance(rows, list):
            raise MalformedPayload("candles: field 'list' is not a list")
        read = sorted((candle_from(row, instrument, period_ns) for row in rows), key=lambda candle: candle.opened_at)
        return tuple(read[:-1])

    # account

    def account(self) -> Request:
        return Request("v5/user/query-api", private=True)

    def read_key(self, payload: Payload) -> KeyFacts:
        return key_from(_result(payload))

    def balances(self) -> Request:
        return Request("v5/account/wallet-balance", {"accountType": "UNIFIED"}, private=True)

    def read_balances(self, payload: Payload) -> Mapping[str, Balance]:
        return {balance.asset: balance for balance in balances_from(_only(payload, "balance"))}

    # orders

    def place(self, order: NewOrder, instrument: Instrument) -> Request:
        body: dict[str, JsonValue] = {
            **_named(instrument),
            "orderLinkId": str(order.client_order_id),
            "side": SIDE_TEXTS[order.side],
            "qty": instrument.quantity_text(order.quantity),
        }
        if order.type is OrderType.MARKET:
            body |= {"orderType": "Market", "marketUnit": "baseCoin"}
        else:
            assert order.price is not None
            price = instrument.price_text(order.price)
            body |= {"orderType": "Limit", "price": price, "timeInForce": _TIMES_IN_FORCE[order.time_in_force]}
        return Request("v5/order/create", body, "POST", private=True)

    def read_placed(self, payload: Payload, order: NewOrder, instrument: Instrument) -> VenueOrderId:
        result = _result(payload)
        _require_ours(result, order.client_order_id, "order acknowledgement")
        return VenueOrderId(filled_text(result, "orderId", "order acknowledgement"))

    def with_deadline(self, request: Request, deadline_ms: int) -> Request:
        """Return the request as it is: Bybit's engine knows no deadline.

        What bounds an order is its signature: the gateway refuses it (10002) later than its timestamp plus
        RECV_WINDOW_MS. The profile's `order_deadline_s` is therefore longer than that window, so that the deadline that
        is written down before the order is signed is not before the moment from which Bybit takes it no more.
        """
        return request

    def amend(
        self, client_order_id: ClientOrderId, instrument: Instrument, *, quantity: int | None, price: int | None
    ) -> Request:
        body = {**_named(instrument), "orderLinkId": str(client_order_id)}
        if quantity is not None:
            body["qty"] = instrument.quantity_text(quantity)
        if price is not None:
            body["price"] = instrument.price_text(price)
        return Request("v5/order/amend", body, "POST", private=True)

    def read_amended(self, payload: Payload, client_order_id: ClientOrderId) -> None:
        _require_ours(_result(payload), client_order_id, "amendment")

    def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request:
        body = {**_named(instrument), "orderLinkId": str(client_order_id), "orderFilter": "Order"}
        return Request("v5/order/cancel", body, "POST", private=True)

    def read_canceled(self, payload: Payload, client_order_id: ClientOrderId) -> bool:
        _require_ours(_result(payload), client_order_id, "cancel")
        return True

    def read_canceled_many(self, payload: Payload, orders: Sequence[OrderSighting]) -> None:
        told = sorted(filled_text(row, "orderId", "cancel") for row in _list(payload, "cancel"))
        if told != sorted(order.venue_order_id for order in orders):
            raise MalformedPayload(f"cancel: answers for {', '.join(told)!r:.200}")

    def cancel_many(self, orders: Sequence[OrderSighting], instrument: Instrument) -> Request:
        named = [{"symbol": symbol_of(instrument), "orderId": str(order.venue_order_id)} for order in orders]
        path = "v5/order/cancel-batch"
        body: JsonObject = {"category": CATEGORY, "request": named}
        return Request(path, body, "POST", private=True, charges={f"POST {path}": len(orders)})

    def dead_man_switch(self, timeout_s: int) -> Request:
        """Set Bybit's disconnect protection: it cancels when no private stream came back for `timeout_s` (3…300).

        It needs the account's protection to be enabled by Bybit and a private stream that asked for topic `dcp.spot`, and
        it is not a timer that calls push back. Raises ConfigError for another time and for 0: no request disarms it; it
        does nothing as long as the stream stands.
        """
        if timeout_s not in _SWITCH_S:
            raise ConfigError(
                f"bybit_spot: the disconnect protection takes 3…300 s, not {timeout_s}; it cannot be disarmed by a request, "
                f"and it does nothing while the private stream is connected"
            )
        body: JsonObject = {"product": "SPOT", "timeWindow": timeout_s}
        return Request("v5/order/disconnected-cancel-all", body, "POST", private=True)

    def read_switch(self, payload: Payload, timeout_s: int) -> None:
        """Bybit answers without a word about the time: its code is all there is."""

    def order_requests(self, client_order_id: ClientOrderId, instrument: Instrument) -> tuple[Request, ...]:
        """Ask among open orders and the 500 that closed last, and in the history of seven days."""
        params = {**_named(instrument), "orderLinkId": str(client_order_id)}
        return tuple(Request(path, params, private=True) for path in ("v5/order/realtime", "v5/order/history"))

    def open_orders(self, instrument: Instrument, after: str) -> Request:
        return _page("v5/order/realtime", {**_named(instrument), "openOnly": "0", "limit": _ORDERS_PAGE}, after)

    def closed_orders(self, instrument: Instrument, after: str) -> Request:
        return _page("v5/order/history", {**_named(instrument), "limit": _ORDERS_PAGE if after else _FIRST_PAGE}, after)

    def read_orders(self, payload: Payload, instrument: Instrument) -> tuple[OrderSighting, ...]:
        return tuple(order_from(row, instrument) for row in _of(instrument, _list(payload, "orders"), "orders"))

    def fills(self, instrument: Instrument, after: str) -> Request:
        limit = _FILLS_PAGE if after else _FIRST_PAGE
        return _page("v5/execution/list", {**_named(instrument), "execType": "Trade", "limit": limit}, after)

    def read_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        rows = _of(instrument, _list(payload, "fills"), "fills")
        return tuple(fill_from(row, instrument) for row in rows if text(row, "execType", "fills") == "Trade")

    def order_fills(self, order: OrderSighting, instrument: Instrument, after: str) -> tuple[Request, ...]:
        request = self.fills(instrument, after)
        return (request.adding(params={"orderId": str(order.venue_order_id)}),)

    def read_order_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        return self.read_fills(payload, instrument)

    def next_page(self, payload: Payload, after: str) -> str:
        """Return the cursor of the next page; Bybit gives one even after the last full page, which then is empty."""
        cursor = _result(payload).get("nextPageCursor", "")
        if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
            raise MalformedPayload(f"page: field 'nextPageCursor' is {cursor!r:.80}")
        return cursor if cursor != after and _list(payload, "page") else ""

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
    ) -> BybitFeed:
        return BybitFeed(instruments, bar=bar, period_ns=period_ns, book=book, trades=trades, sink=sink)

    def account_feed(
        self, instruments: Sequence[Instrument], *, sink: Callable[[AccountEvent], None], is_guarding: bool = False
    ) -> BybitAccountFeed:
        return BybitAccountFeed(instruments, sink=sink, is_guarding=is_guarding)


def _batch_codes(extra: JsonValue) -> list[int]:
    """Return the codes of `retExtInfo.list[]`; [] where there is none."""
    rows = extra.get("list") if isinstance(extra, Mapping) else None
    if not isinstance(rows, list):
        return []
    found: list[int] = []
    for row in rows:
        code = row.get("code") if isinstance(row, Mapping) else None
        if type(code) is not int:
            raise MalformedPayload(f"answer: field 'retExtInfo' holds {row!r:.60} without a whole 'code'")
        found.append(code)
    return found


def _named(instrument: Instrument) -> dict[str, JsonValue]:
    return {"category": CATEGORY, "symbol": symbol_of(instrument)}


def _page(path: str, params: JsonObject, after: str) -> Request:
    return Request(path, {**params, "cursor": after} if after else params, private=True)


def _of(instrument: Instrument, rows: Sequence[Row], where: str) -> list[Row]:
    symbol = symbol_of(instrument)
    return [row for row in rows if filled_text(row, "symbol", where) == symbol]


def _require_ours(result: Row, client_order_id: ClientOrderId, where: str) -> None:
    if result.get("orderLinkId") != client_order_id:
        raise MalformedPayload(f"{where}: field 'orderLinkId' is {result.get('orderLinkId')!r:.60}, not ours")
