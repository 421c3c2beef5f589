"""OKX v5: its requests and the reading of its answers. Payloads are raw; every number in them is a text.

Source: VENUES §3.1 and §6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from golive.model.balance import Balance
from golive.model.clock import MILLISECOND, SECOND
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.market import Book, Candle, MarketEvent
from golive.model.order import NewOrder, OrderType, TimeInForce

from .converters import Row, filled_text, rows_of, time_ns
from .dialect import BODY, AccountEvent, FillSighting, KeyFacts, OrderSighting, Payload, Request
from .okx_account_feed import OkxAccountFeed
from .okx_feed import OkxFeed
from .okx_payload import balance_from, book_from, candle_from, fill_from, inst_id_of, instrument_from, order_from

_ORDER_TYPES = {
    TimeInForce.GTC: "limit",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.POST_ONLY: "post_only",
}
_PAGE = 100
_FIRST_PAGE = 20
"""mostly the newest rows are all that is wanted"""
_SWITCH_GRAIN = 2 * SECOND
_PERMISSIONS = {"read_only": "read", "trade": "trade", "withdraw": "withdraw"}


def _data(payload: JsonValue, where: str) -> Sequence[Row]:
    assert isinstance(payload, dict)
    return rows_of(payload["data"], where)


def _only(payload: JsonValue, where: str) -> Row:
    rows = _data(payload, where)
    if len(rows) != 1:
        raise MalformedPayload(f"{where}: {len(rows)} rows instead of one")
    return rows[0]


def _refuse_contradiction(code: str, rows: Sequence[Row]) -> None:
    """Raise MalformedPayload for a failed answer with a row that succeeded (but `2`: some of several), or that names an order.

    Only a cancel or an amendment that found nothing left to change names the order that it was about.
    """
    succeeded = [row for row in rows if row.get("sCode") == "0"]
    if succeeded and (code != "2" or len(succeeded) == len(rows)):
        raise MalformedPayload(f"answer: code {code} beside a row that succeeded")
    if len(rows) == 1 and rows[0].get("ordId") and rows[0].get("sCode") not in _GONE:
        raise MalformedPayload(f"answer: code {code} beside order {rows[0].get('ordId')!r:.40}")


_GONE = frozenset({"51400", "51401", "51402", "51503", "51509", "51510"})


class OkxDialect:
    """The dialect of OKX v5, spot."""

    gone_codes = _GONE
    not_found_codes = frozenset({"51603"})
    cancel_batch = 20

    def urls(self, base: str) -> Mapping[str, object]:
        return {"rest": base, "ws": f"ws{base.removeprefix('http')}/ws/v5"}

    def stream_url(self, urls: Mapping[str, object], access: str, *, sandbox: bool) -> str:
        return f"{urls['ws']}/{access}{'?brokerId=9999' if sandbox else ''}"

    def codes(self, payload: Payload) -> tuple[str, ...]:
        if not isinstance(payload, dict):
            raise MalformedPayload("answer is not an object")
        code = payload.get("code")
        if not isinstance(code, str) or not code:
            raise MalformedPayload("answer: field 'code' is missing or not a text")
        data = payload.get("data", [] if code != "0" else None)
        if not isinstance(data, list):
            raise MalformedPayload("answer: field 'data' is not a list")
        inner = [row["sCode"] for row in data if isinstance(row, dict) and isinstance(row.get("sCode"), str)]
        failed = tuple(dict.fromkeys(s for s in inner if isinstance(s, str) and s not in ("", "0")))
        if code == "0":
            return failed
        _refuse_contradiction(code, [row for row in data if isinstance(row, dict)])
        return (*failed, code)

    # market

    def time(self) -> Request:
        return Request("public/time")

    def read_time(self, payload: Payload) -> int:
        return time_ns(_only(payload, "time").get("ts"), "time: field 'ts'") // MILLISECOND

    def instruments(self) -> Request:
        return Request("public/instruments", {"instType": "SPOT"}, max_bytes=8 << 20)

    def read_instruments(self, payload: Payload) -> Mapping[InstrumentId, Instrument]:
        """Return the instruments that trade now; others (suspended, preopen) are left out."""
        found: dict[InstrumentId, Instrument] = {}
        for row in _data(payload, "instruments"):
            if row.get("state") == "live" and row.get("instType", "SPOT") == "SPOT":
                instrument = instrument_from(row)
                found[instrument.id] = instrument
        if not found:
            raise MalformedPayload("instruments: none of them is live")
        return found

    def book(self, instrument: Instrument, depth: int) -> Request:
        return Request("market/books", {"instId": inst_id_of(instrument), "sz": str(depth)})

    def read_book(self, payload: Payload, instrument: Instrument) -> Book:
        return book_from(_only(payload, "book"), instrument)

    def candles(self, instrument: Instrument, bar: str, limit: int) -> Request:
        return Request("market/candles", {"instId": inst_id_of(instrument), "bar": bar, "limit": str(limit)})

    def read_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        """Return the closed candles, oldest first."""
        assert isinstance(payload, dict)
        rows = payload["data"]
        assert isinstance(rows, list)
        found = [candle for row in rows if (candle := candle_from(row, instrument, period_ns)) is not None]
        return tuple(sorted(found, key=lambda candle: candle.opened_at))

    # account

    def account(self) -> Request:
        return Request("account/config", private=True)

    def read_key(self, payload: Payload) -> KeyFacts:
        row = _only(payload, "account")
        parts = [part.strip() for part in filled_text(row, "perm", "account").split(",")]
        addresses = row.get("ip")
        return KeyFacts(
            permissions=tuple(sorted(_PERMISSIONS.get(part, part) for part in parts if part)),
            addresses=tuple(a.strip() for a in addresses.split(",") if a.strip()) if isinstance(addresses, str) else None,
        )

    def balances(self) -> Request:
        return Request("account/balance", private=True)

    def read_balances(self, payload: Payload) -> Mapping[str, Balance]:
        details = rows_of(_only(payload, "balance").get("details"), "balance: field 'details'")
        found = [balance_from(row) for row in details]
        return {balance.asset: balance for balance in found}

    # orders

    def place(self, order: NewOrder, instrument: Instrument) -> Request:
        body = {
            "instId": inst_id_of(instrument),
            "tdMode": "cash",
            "clOrdId": str(order.client_order_id),
            "side": order.side.value,
            "ordType": "market" if order.type is OrderType.MARKET else _ORDER_TYPES[order.time_in_force],
            "sz": instrument.quantity_text(order.quantity),
        }
        if order.type is OrderType.MARKET:
            body["tgtCcy"] = "base_ccy"
        else:
            assert order.price is not None
            body["px"] = instrument.price_text(order.price)
        return Request("trade/order", body, "POST", private=True)

    def read_placed(self, payload: Payload, order: NewOrder, instrument: Instrument) -> VenueOrderId:
        row = _only(payload, "order acknowledgement")
        if row.get("sCode") != "0":
            raise MalformedPayload(f"order acknowledgement: field 'sCode' is {row.get('sCode')!r:.40}")
        if row.get("clOrdId") != order.client_order_id:
            raise MalformedPayload(f"order acknowledgement: field 'clOrdId' is {row.get('clOrdId')!r:.60}, not ours")
        return VenueOrderId(filled_text(row, "ordId", "order acknowledgement"))

    def with_deadline(self, request: Request, deadline_ms: int) -> Request:
        return request.adding(headers={"expTime": str(deadline_ms)})

    def amend(
        self, client_order_id: ClientOrderId, instrument: Instrument, *, quantity: int | None, price: int | None
    ) -> Request:
        body = {"instId": inst_id_of(instrument), "clOrdId": str(client_order_id)}
        if quantity is not None:
            body["newSz"] = instrument.quantity_text(quantity)
        if price is not None:
            body["newPx"] = instrument.price_text(price)
        return Request("trade/amend-order", body, "POST", private=True)

    def read_amended(self, payload: Payload, client_order_id: ClientOrderId) -> None:
        row = _only(payload, "amendment")
        if row.get("sCode") != "0" or row.get("clOrdId") != client_order_id:
            raise MalformedPayload(f"amendment: answers for {row.get('clOrdId')!r:.60} with code {row.get('sCode')!r:.40}")

    def cancel(self, client_order_id: ClientOrderId, instrument: Instrument) -> Request:
        body = {"instId": inst_id_of(instrument), "clOrdId": str(client_order_id)}
        return Request("trade/cancel-order", body, "POST", private=True)

    def read_canceled(self, payload: Payload, client_order_id: ClientOrderId) -> bool:
        row = _only(payload, "cancel")
        if row.get("sCode") != "0" or row.get("clOrdId") != client_order_id:
            raise MalformedPayload(f"cancel: answers for {row.get('clOrdId')!r:.60} with code {row.get('sCode')!r:.40}")
        return True

    def read_canceled_many(self, payload: Payload, orders: Sequence[OrderSighting]) -> None:
        told = sorted(filled_text(row, "ordId", "cancel") for row in _data(payload, "cancel"))
        if told != sorted(order.venue_order_id for order in orders):
            raise MalformedPayload(f"cancel: answers for {', '.join(told)!r:.200}")

    def cancel_many(self, orders: Sequence[OrderSighting], instrument: Instrument) -> Request:
        named = [{"instId": inst_id_of(instrument), "ordId": str(order.venue_order_id)} for order in orders]
        return Request("trade/cancel-batch-orders", {BODY: named}, "POST", private=True)

    def dead_man_switch(self, timeout_s: int) -> Request:
        return Request("trade/cancel-all-after", {"timeOut": str(timeout_s)}, "POST", private=True)

    def read_switch(self, payload: Payload, timeout_s: int) -> None:
        row, where = _only(payload, "switch"), "switch"
        trigger = filled_text(row, "triggerTime", where)
        if timeout_s == 0 and trigger == "0":
            return
        armed_ns = time_ns(trigger, f"{where}: field 'triggerTime'") - time_ns(row.get("ts"), f"{where}: field 'ts'")
        if timeout_s == 0 or abs(armed_ns - timeout_s * SECOND) > _SWITCH_GRAIN:
            raise MalformedPayload(f"{where}: acts in {armed_ns / SECOND:g} s, not in {timeout_s}")

    def order_requests(self, client_order_id: ClientOrderId, instrument: Instrument) -> tuple[Request, ...]:
        return (Request("trade/order", {"instId": inst_id_of(instrument), "clOrdId": str(client_order_id)}, private=True),)

    def open_orders(self, instrument: Instrument, after: str) -> Request:
        return self._page("trade/orders-pending", instrument, after)

    def closed_orders(self, instrument: Instrument, after: str) -> Request:
        return self._page("trade/orders-history", instrument, after)

    def read_orders(self, payload: Payload, instrument: Instrument) -> tuple[OrderSighting, ...]:
        return tuple(order_from(row, instrument) for row in _data(payload, "orders"))

    def fills(self, instrument: Instrument, after: str) -> Request:
        return self._page("trade/fills-history", instrument, after)

    def read_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        return tuple(fill_from(row, instrument) for row in _data(payload, "fills"))

    def order_fills(self, order: OrderSighting, instrument: Instrument, after: str) -> tuple[Request, ...]:
        request = self.fills(instrument, after)
        return (request.adding(params={"ordId": str(order.venue_order_id)}),)

    def read_order_fills(self, payload: Payload, instrument: Instrument) -> tuple[FillSighting, ...]:
        return self.read_fills(payload, instrument)

    def next_page(self, payload: Payload, after: str) -> str:
        rows = _data(payload, "page")
        if len(rows) < _size(after):
            return ""
        return filled_text(rows[-1], "billId" if "billId" in rows[-1] else "ordId", "page")

    def _page(self, path: str, instrument: Instrument, after: str) -> Request:
        params = {"instType": "SPOT", "instId": inst_id_of(instrument), "limit": str(_size(after))}
        return Request(path, {**params, "after": after} if after else params, private=True)

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
    ) -> OkxFeed:
        by_id = {inst_id_of(instrument): instrument for instrument in instruments}
        return OkxFeed(by_id, bar=bar, period_ns=period_ns, book=book, trades=trades, sink=sink)

    def account_feed(
        self, instruments: Sequence[Instrument], *, sink: Callable[[AccountEvent], None], is_guarding: bool = False
    ) -> OkxAccountFeed:
        return OkxAccountFeed({inst_id_of(instrument): instrument for instrument in instruments}, sink=sink)


def _size(after: str) -> int:
    return _PAGE if after else _FIRST_PAGE
