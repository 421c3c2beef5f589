"""Bybit's request limits as data, and the ban of an address that sends too much.

Source: Bybit API v5 documentation, "Rate Limit Rules": per second and UID for private endpoints (10006), 600 requests in
5 s per address (HTTP 403, lifted after 10 minutes), 500 new WebSocket connections in 5 minutes per address.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..face.limit import Limit, Limiter, Scope

LIMITS: Mapping[str, Limit] = {
    "GET user/query-api": Limit(10, 1, Scope.USER),
    "GET account/info": Limit(50, 1, Scope.USER),
    "GET account/wallet-balance": Limit(50, 1, Scope.USER),
    "GET account/fee-rate": Limit(5, 1, Scope.USER),
    "GET account/query-dcp-info": Limit(5, 1, Scope.USER),
    "GET asset/coin/query-info": Limit(5, 1, Scope.USER),
    "POST order/create": Limit(20, 1, Scope.USER),
    "POST order/create-batch": Limit(20, 1, Scope.USER),
    "POST order/amend": Limit(10, 1, Scope.USER),
    "POST order/cancel": Limit(20, 1, Scope.USER),
    "POST order/cancel-batch": Limit(20, 1, Scope.USER),
    "POST order/cancel-all": Limit(20, 1, Scope.USER),
    "POST order/disconnected-cancel-all": Limit(5, 1, Scope.USER),
    "GET order/realtime": Limit(50, 1, Scope.USER),
    "GET order/history": Limit(50, 1, Scope.USER),
    "GET execution/list": Limit(50, 1, Scope.USER),
}
"""Every private endpoint; the orders of a batch count one by one."""
REQUESTS = Limit(600, 5, Scope.ADDRESS)
CONNECTIONS = Limit(500, 300, Scope.ADDRESS)
BAN_S = 600.0


class AddressGuard:
    """Counts all requests of each address and bans the one that sends too many."""

    def __init__(self, limiter: Limiter) -> None:
        self.ban_s = BAN_S
        """how long a ban lasts, seconds"""
        self._limiter = limiter
        self._banned_until: dict[str, int] = {}

    def admits(self, address: str, now: int) -> bool:
        """Count one request at monotonic `now` (ns); False while the address is banned, and when this request bans it."""
        until = self._banned_until.get(address)
        if until is not None:
            if now < until and self._limiter.is_enforced:
                return False
            del self._banned_until[address]
        if self._limiter.admit("requests", REQUESTS, address, now):
            return True
        self._banned_until[address] = now + int(self.ban_s * 1e9)
        return False
