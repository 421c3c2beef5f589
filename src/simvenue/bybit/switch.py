"""Disconnect protection (DCP): cancel an account's orders once its private WebSocket has been gone for a while.

It acts for an account that has set a window for product SPOT, after the last of its connections that subscribed to the
`dcp` topic closed, and not when such a connection comes back in time. Source: Bybit API v5 documentation, "Set
Disconnect Cancel All". (There, an account manager must switch it on; here setting the window does.)
"""

from __future__ import annotations

from golive.model.json import JsonValue

from ..exchange.exchange import Exchange
from ..face.connection import Connection
from . import code
from .call import Call, Venue
from .code import BybitError
from .item import Item
from .wire import JsonDict

TOPICS = ("dcp", "dcp.spot")
PRODUCTS = ("OPTIONS", "DERIVATIVES", "SPOT")
_SECOND = 1_000_000_000
_LEAST_S, _MOST_S = 3, 300


def set_window(call: Call) -> JsonDict:
    """Set `timeWindow` (3 to 300 s) for a product; only SPOT has orders here."""
    item = Item(call.body)
    product = item.text("product") or "OPTIONS"
    seconds = item.integer("timeWindow", 0)
    if product not in PRODUCTS or not _LEAST_S <= seconds <= _MOST_S:
        raise BybitError(code.PARAMETER)
    if product == "SPOT":
        call.venue.windows[call.account.name] = seconds
    return {}


def query(call: Call) -> JsonDict:
    seconds = call.venue.windows.get(call.account.name)
    rows: list[JsonValue] = []
    if seconds is not None:
        rows.append({"product": "SPOT", "dcpStatus": "ON", "timeWindow": str(seconds)})
    return {"dcpInfos": rows}


class DisconnectProtection:
    """Watches the connections that subscribed to the topic."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._guards: dict[str, str] = {}
        """id of a guarding connection → its account"""

    @property
    def _exchange(self) -> Exchange:
        return self._venue.exchange

    def guard(self, account: str, connection: Connection) -> None:
        """Take a connection that subscribed: while it stands nothing happens."""
        self._guards[connection.id] = account
        self._exchange.arm_switch(account, None)

    def release(self, connection: Connection) -> None:
        """Take a connection that unsubscribed: it guards no more, and that is no disconnection."""
        self._guards.pop(connection.id, None)

    def closed(self, connection: Connection, wall: int) -> None:
        """Take a connection that is gone at `wall` (ns); the last one of an account starts the clock."""
        account = self._guards.pop(connection.id, None)
        if account is None or account in self._guards.values():
            return
        seconds = self._venue.windows.get(account)
        if seconds is not None:
            self._exchange.arm_switch(account, wall + seconds * _SECOND)
