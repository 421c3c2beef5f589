"""The private channels `executions` and `balances`: who subscribed, and what they are told at once, one event a message.

A snapshot of orders and one of fills are two messages, both of type `snapshot`, numbered like every message of the channel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, product

from ..exchange.exchange import Exchange
from ..exchange.order import VenueFill, VenueOrder
from ..face.connection import Connection
from . import stream

CHANNELS = ("executions", "balances")
SNAPSHOT_FILLS = 50
_OPEN_AND_CLOSE = frozenset({"new", "filled", "canceled", "expired", "trade"})
"""what a subscriber with `order_status` false is told"""


@dataclass(slots=True)
class _Subscriber:
    connection: Connection
    account: str
    all_statuses: bool
    with_counter: bool
    sequence: int = 0


class PrivateHub:
    """Subscriptions of all connections to private channels."""

    def __init__(self, exchange: Exchange, engine_count: Callable[[VenueOrder], int]) -> None:
        self._exchange = exchange
        self._engine_count = engine_count
        self._subscribers: dict[tuple[str, str], _Subscriber] = {}
        self._announced = {order.order_id for order in exchange.orders.values() if order.is_working}
        self._fresh: set[str] = set()
        exchange.listeners.append(self._order_changed)

    def has(self, connection: Connection, channel: str) -> bool:
        return (connection.id, channel) in self._subscribers

    def is_subscribed(self, connection: Connection) -> bool:
        return any(self.has(connection, channel) for channel in CHANNELS)

    def take_fresh(self) -> set[str]:
        """Return which connections were sent anything since the last call."""
        fresh, self._fresh = self._fresh, set()
        return fresh

    def subscribe_executions(
        self, connection: Connection, account: str, *, orders: bool, fills: bool, all_statuses: bool, with_counter: bool
    ) -> None:
        """Begin to tell an account's order events, after the snapshots that were asked for."""
        subscriber = _Subscriber(connection, account, all_statuses, with_counter)
        self._subscribers[(connection.id, "executions")] = subscriber
        if orders:
            working = reversed(self._exchange.working(account))
            rows = [stream.order(order, "new", order.updated_at) for order in working]
            self._put(subscriber, "executions", "snapshot", rows)
        if fills:
            self._put(subscriber, "executions", "snapshot", self._last_fills(account))

    def subscribe_balances(self, connection: Connection, account: str, *, snapshot: bool) -> None:
        """Begin to tell an account's bookings, after a snapshot of its balances."""
        subscriber = _Subscriber(connection, account, all_statuses=True, with_counter=False)
        self._subscribers[(connection.id, "balances")] = subscriber
        if snapshot:
            held = self._exchange.accounts[account]
            self._put(subscriber, "balances", "snapshot", [stream.balance(held, asset) for asset in held.assets])

    def unsubscribe(self, connection: Connection, channel: str) -> None:
        self._subscribers.pop((connection.id, channel), None)

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for channel in CHANNELS:
            self.unsubscribe(connection, channel)

    def _last_fills(self, name: str) -> list[stream.JsonObject]:
        account = self._exchange.accounts[name]
        newest = list(islice(self._exchange.fills(name), SNAPSHOT_FILLS))
        return [stream.execution(order, fill, account, *_sums(order, fill)) for order, fill in reversed(newest)]

    def _order_changed(self, order: VenueOrder, fill: VenueFill | None) -> None:
        is_new = fill is None and order.is_working and order.order_id not in self._announced
        if order.is_working:
            self._announced.add(order.order_id)
        else:
            self._announced.discard(order.order_id)
        if (listeners := self._listening("executions", order.account)) and (rows := self._events(order, fill, is_new=is_new)):
            for row, subscriber in product(rows, listeners):
                self._tell(subscriber, order, row)
        if fill is not None and (listeners := self._listening("balances", order.account)):
            entries = stream.ledger_entries(order, fill, self._exchange.accounts[order.account])
            for subscriber in listeners:
                self._put(subscriber, "balances", "update", entries)

    def _listening(self, wanted: str, account: str) -> list[_Subscriber]:
        return [s for (_, channel), s in self._subscribers.items() if channel == wanted and s.account == account]

    def _events(self, order: VenueOrder, fill: VenueFill | None, *, is_new: bool) -> list[stream.JsonObject]:
        """Return what happened to an order, in the order of its telling."""
        if is_new:
            return [stream.order(order, kind, order.created_at) for kind in ("pending_new", "new")]
        events: list[stream.JsonObject] = []
        if fill is not None:
            account = self._exchange.accounts[order.account]
            events.append(stream.execution(order, fill, account, *_sums(order, fill)))
        elif order.is_working:
            events.append(stream.order(order, "amended", order.updated_at))
        if not order.is_working:
            events.append(stream.ending(order))
        return events

    def _tell(self, subscriber: _Subscriber, order: VenueOrder, row: stream.JsonObject) -> None:
        if not subscriber.all_statuses and row["exec_type"] not in _OPEN_AND_CLOSE:
            return
        if subscriber.with_counter:
            row = {**row, "ratecount": self._engine_count(order)}
        self._put(subscriber, "executions", "update", [row])

    def _put(self, subscriber: _Subscriber, channel: str, kind: str, rows: list[stream.JsonObject]) -> None:
        subscriber.sequence += 1
        subscriber.connection.put(stream.message(channel, kind, rows, sequence=subscriber.sequence), channel)
        self._fresh.add(subscriber.connection.id)


def _sums(order: VenueOrder, until: VenueFill) -> tuple[int, int]:
    """Return lots and notional filled up to and with one fill."""
    fills = [fill for fill in order.fills if fill.bill_id <= until.bill_id]
    return sum(fill.quantity for fill in fills), sum(fill.notional for fill in fills)
