"""Private topics: orders, executions and the wallet of the account a connection has logged in to."""

from __future__ import annotations

import orjson

from golive.model.json import JsonValue

from ..exchange.order import VenueFill, VenueOrder
from ..face.connection import Connection
from . import switch, wire
from .call import Venue
from .order_wire import execution, pushed_order

_MILLION = 1_000_000
SPOT_TOPICS = {
    "order": "order",
    "order.spot": "order",
    "execution": "execution",
    "execution.spot": "execution",
    "wallet": "wallet",
}
"""topic → what it carries"""
SILENT_TOPICS = frozenset(
    {
        *(f"{kind}.{category}" for kind in ("order", "execution", "position") for category in ("linear", "inverse", "option")),
        *("position", "greeks", "dcp.future", "dcp.option"),
    }
)
"""topics of other products, which may be subscribed and never carry anything here"""
TOPICS = frozenset({*SPOT_TOPICS, *SILENT_TOPICS, *switch.TOPICS})


class PrivateStream:
    """Private subscriptions of all connections; pushed at once. The wallet has no first message."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._exchange = venue.exchange
        self._connections: dict[str, Connection] = {}
        self._messages = 0
        self._exchange.listeners.append(self._changed)

    def subscribe(self, connection: Connection, topic: str) -> None:
        connection.topics[(topic, "")] = {}
        self._connections[connection.id] = connection

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        connection.topics.pop((topic, ""), None)

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._connections.pop(connection.id, None)

    def _changed(self, order: VenueOrder, fill: VenueFill | None) -> None:
        for connection in tuple(self._connections.values()):
            if connection.key is None or connection.key.account != order.account:
                continue
            for topic, _ in tuple(connection.topics):
                self._push(connection, topic, order, fill)

    def _push(self, connection: Connection, topic: str, order: VenueOrder, fill: VenueFill | None) -> None:
        account = self._exchange.accounts[order.account]
        name = wire.name_of(order.listing)
        carries = SPOT_TOPICS.get(topic)
        if carries == "order":
            connection.put(self._message(topic, [pushed_order(order, account)]), f"{topic}:{name}")
        elif carries == "execution" and fill is not None:
            sequence = self._venue.counters.sequence(order.listing.symbol)
            row: wire.JsonDict = {"category": "spot", **execution(order, fill, account, sequence)}
            connection.put(self._message(topic, [row]), f"{topic}:{name}")
        elif carries == "wallet":
            assets = [asset for asset in account.assets if asset in (order.listing.base, order.listing.quote)]
            connection.put(self._message(topic, [wire.wallet(account, assets)]), f"{topic}:")

    def _message(self, topic: str, data: list[JsonValue]) -> bytes:
        self._messages += 1
        now = self._exchange.now // _MILLION
        return orjson.dumps({"id": f"{self._messages:016x}", "topic": topic, "creationTime": now, "data": data})
