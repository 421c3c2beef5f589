"""Kraken WebSocket v2 private channels `executions` and `balances`, as events; the token comes from REST. No I/O.

A row tells only what its event changed — `new` and `canceled` name neither pair nor client id —, so what is known of an
order is kept here until it has ended. Each subscription numbers its messages: one told before is dropped, a missing one
is a gap, and the snapshot of the next subscription closes it. Source: VENUES §4; Kraken, "executions", "balances".
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import ASSET_SCALE, Instrument, decimals_of
from golive.model.json import JsonObject
from golive.model.money import parse_money, units_exact
from golive.model.order import TERMINAL, Fill, Liquidity, OrderStatus
from golive.model.secret import Credentials

from .converters import filled_text, side_of
from .dialect import AccountEvent, FeedGap, FillSighting, Link, OrderSighting, Payload, Request, Total
from .kraken_book import number_text, objects_in
from .kraken_feed import Row, acknowledged_of, is_data_message, refusal_of, time_of
from .kraken_names import LABEL, asset_name
from .kraken_payload import charged_units, client_id_of, lots_or_none, object_of

EXECUTIONS: Final = "executions:"
BALANCES: Final = "balances:"
_ENDED: Final = 1000
"""ended orders that are still remembered, for what is told late"""
_STATUS: Final = {
    "pending_new": OrderStatus.OPEN,
    "new": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIAL,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}
_NO_ID: Final = ClientOrderId("")
_LIQUIDITY: Final = {"m": Liquidity.MAKER, "t": Liquidity.TAKER}


@dataclass(slots=True)
class _Known:
    """What has been told of one order so far; numbers as their texts."""

    symbol: str
    client_order_id: ClientOrderId = _NO_ID
    quantity: str = ""
    filled: str = "0"
    average: str = ""
    status: OrderStatus = OrderStatus.UNKNOWN

    def learn(self, row: Row, where: str) -> None:
        if "cl_ord_id" in row:
            self.client_order_id = client_id_of(row["cl_ord_id"])
        self.quantity = _number(row, "order_qty", where, self.quantity)
        self.filled = _number(row, "cum_qty", where, self.filled)
        self.average = _number(row, "avg_price", where, self.average)
        if "order_status" in row:
            self.status = _STATUS.get(str(row["order_status"]), OrderStatus.UNKNOWN)


class KrakenAccountFeed:
    """Our orders and fills on the instruments of `by_symbol` (`BTC/USD` → instrument), and all assets' totals."""

    exact_numbers = True
    is_private = True

    def __init__(self, by_symbol: Mapping[str, Instrument], token: Request, *, sink: Callable[[AccountEvent], None]) -> None:
        self._by_symbol = by_symbol
        self._token = token
        self._sink = sink
        self._orders: OrderedDict[str, _Known] = OrderedDict()
        self._sequences: dict[str, int] = {}
        self.links: tuple[Link, ...] = (Link("private", (EXECUTIONS, BALANCES), frozenset({EXECUTIONS, BALANCES}), ()),)

    # coming up

    def token(self) -> Request | None:
        return self._token

    def read_token(self, payload: Payload) -> str:
        assert isinstance(payload, dict)
        return filled_text(object_of(payload.get("result"), "websocket login: field 'result'"), "token", "websocket login")

    def login(self, credentials: Credentials, now_ms: int) -> JsonObject | None:
        return None

    def logged_in(self, message: Row) -> bool:
        return False

    def subscriptions(self, link: Link, token: str) -> tuple[JsonObject, ...]:
        """Without past fills: what was missed is read over REST, and old rows would tell old states."""
        executions: JsonObject = {"channel": "executions", "token": token, "snap_orders": True, "snap_trades": False}
        balances: JsonObject = {"channel": "balances", "token": token, "snapshot": True}
        return tuple({"method": "subscribe", "params": params} for params in (executions, balances))

    def reset(self, link: Link) -> None:
        """Forget the numbering; known orders stay, for their ends may be told without their names."""
        self._sequences.clear()

    def acknowledged(self, message: Row) -> str | None:
        return acknowledged_of(message)

    def refused(self, message: Row) -> tuple[str, ...]:
        return refusal_of(message)

    # messages

    def is_data(self, message: Row) -> bool:
        return is_data_message(message)

    def take(self, message: Row) -> str:
        key = f"{message.get('channel')}:"
        if key not in (EXECUTIONS, BALANCES):
            raise MalformedPayload(f"stream: channel {message.get('channel')!r:.40} was not asked for")
        is_snapshot = message.get("type") == "snapshot"
        if not self._is_next(key, message.get("sequence"), is_snapshot):
            return key
        rows = objects_in(message.get("data"), "data")
        events = self._executions(rows) if key == EXECUTIONS else self._totals(rows)
        for event in events:
            self._sink(event)
        return key

    def _is_next(self, key: str, sequence: object, is_snapshot: bool) -> bool:
        if type(sequence) is not int:
            raise MalformedPayload(f"{key} field 'sequence' is {sequence!r:.40}, not an integer")
        last = self._sequences.get(key)
        if last is None and not is_snapshot:
            raise FeedGap(f"{key} an update before the snapshot")
        if last is not None and sequence <= last:
            return False
        if last is not None and sequence != last + 1:
            raise FeedGap(f"{key} message {sequence} follows {last}")
        self._sequences[key] = sequence
        return True

    def _executions(self, rows: Sequence[Row]) -> list[AccountEvent]:
        """Read all rows, then remember them: a message that cannot be read leaves nothing behind."""
        events: list[AccountEvent] = []
        learned: dict[str, _Known] = {}
        for row in rows:
            order_id = filled_text(row, "order_id", "execution")
            known = learned[order_id] = self._known(order_id, row, learned)
            known.learn(row, f"order {order_id:.40}")
            instrument = self._by_symbol.get(known.symbol)
            if instrument is not None:
                if row.get("exec_type") == "trade":
                    events.append(_fill(order_id, row, known, instrument))
                events.append(_sighting(order_id, row, known, instrument))
        self._orders.update(learned)
        self._forget_ended()
        return events

    def _known(self, order_id: str, row: Row, learned: Mapping[str, _Known]) -> _Known:
        """Return a copy of what is known, to learn more."""
        known = learned.get(order_id) or self._orders.get(order_id)
        if known is not None:
            return replace(known)
        name = row.get("symbol")
        if not isinstance(name, str):
            raise FeedGap(f"order {order_id:.40}: its beginning was not told")
        return _Known(name)

    def _forget_ended(self) -> None:
        ended = [order_id for order_id, known in self._orders.items() if known.status in TERMINAL]
        for order_id in ended[: max(0, len(ended) - _ENDED)]:
            del self._orders[order_id]

    def _totals(self, rows: Sequence[Row]) -> list[AccountEvent]:
        """Read what the spot wallet holds of each asset; rewards and staking wallets are not for trading."""
        totals: list[AccountEvent] = []
        for row in rows:
            asset = filled_text(row, "asset", "balance")
            where = f"balance of {asset:.40}"
            amount = _spot_amount(row, where)
            if amount is not None:
                scale = max(ASSET_SCALE, decimals_of(amount) if amount else 0)
                totals.append(Total(asset_name(asset), units_exact(amount, scale, where), scale))
        return totals


def _spot_amount(row: Row, where: str) -> Decimal | None:
    """Return the spot wallet's amount: of a snapshot row by its wallets, of an update that names the wallet."""
    if "wallets" in row:
        wallets = [w for w in objects_in(row["wallets"], "wallets") if (w.get("type"), w.get("id")) == ("spot", "main")]
        amounts = [_amount(wallet, where) for wallet in wallets]
        return sum(amounts, Decimal(0))
    if (row.get("wallet_type", "spot"), row.get("wallet_id", "main")) != ("spot", "main"):
        return None
    return _amount(row, where)


def _amount(row: Row, where: str) -> Decimal:
    return parse_money(number_text(row.get("balance"), where), f"{where}: field 'balance'", allow_zero=True)


def _number(row: Row, name: str, where: str, otherwise: str) -> str:
    return number_text(row[name], f"{where}: field {name!r}") if name in row else otherwise


def _sighting(order_id: str, row: Row, known: _Known, instrument: Instrument) -> OrderSighting:
    where = f"order {order_id:.40}"
    quantity = lots_or_none(known.quantity, instrument) or None if known.quantity else None
    filled = lots_or_none(known.filled, instrument)
    if quantity is not None and filled > quantity:
        raise MalformedPayload(f"{where}: filled {known.filled} of {known.quantity}")
    status = OrderStatus.PARTIAL if known.status is OrderStatus.OPEN and filled else known.status
    return OrderSighting(
        client_order_id=known.client_order_id,
        venue_order_id=VenueOrderId(order_id),
        status=status,
        quantity=quantity,
        filled=filled,
        average_price=known.average if filled else "",
        ts=time_of(row, "timestamp", where),
    )


def _fill(order_id: str, row: Row, known: _Known, instrument: Instrument) -> FillSighting:
    where = f"fill {row.get('exec_id')!r:.40}"
    liquidity = _LIQUIDITY.get(str(row.get("liquidity_ind")))
    if liquidity is None:
        raise MalformedPayload(f"{where}: field 'liquidity_ind' is {row.get('liquidity_ind')!r:.40}")
    fee, asset = _fee(row, instrument, where)
    return FillSighting(
        VenueOrderId(order_id),
        Fill(
            fill_id=FillId(LABEL, filled_text(row, "exec_id", where)),
            client_order_id=known.client_order_id,
            instrument=instrument.id,
            ts=time_of(row, "timestamp", where),
            side=side_of(row.get("side"), where),
            price=instrument.ticks(number_text(row.get("last_price"), f"{where}: field 'last_price'")),
            quantity=instrument.lots(number_text(row.get("last_qty"), f"{where}: field 'last_qty'")),
            fee=fee,
            fee_asset=asset,
            liquidity=liquidity,
        ),
    )


def _fee(row: Row, instrument: Instrument, where: str) -> tuple[int, str]:
    """Return the fee in smallest units and its asset; Kraken lists one fee per fill, in quote."""
    fees = objects_in(row.get("fees"), "fees")
    if len(fees) != 1:
        raise MalformedPayload(f"{where}: {len(fees)} fees instead of one")
    asset = asset_name(filled_text(fees[0], "asset", where))
    return charged_units(number_text(fees[0].get("qty"), f"{where}: field 'qty'"), asset, instrument, where), asset
