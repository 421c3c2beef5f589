"""OKX request limits as data.

Source: OKX API v5 documentation, "Rate limits" of every endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..face.limit import Limit, Scope

LIMITS: Mapping[str, Limit] = {
    "GET public/instruments": Limit(20, 2, Scope.ADDRESS),
    "GET public/time": Limit(10, 2, Scope.ADDRESS),
    "GET system/status": Limit(1, 5, Scope.ADDRESS),
    "GET market/ticker": Limit(20, 2, Scope.ADDRESS),
    "GET market/tickers": Limit(20, 2, Scope.ADDRESS),
    "GET market/books": Limit(40, 2, Scope.ADDRESS),
    "GET market/candles": Limit(40, 2, Scope.ADDRESS),
    "GET market/history-candles": Limit(20, 2, Scope.ADDRESS),
    "GET market/trades": Limit(100, 2, Scope.ADDRESS),
    "GET asset/currencies": Limit(6, 1, Scope.USER),
    "GET account/balance": Limit(10, 2, Scope.USER),
    "GET account/config": Limit(5, 2, Scope.USER),
    "GET account/trade-fee": Limit(5, 2, Scope.USER),
    "POST trade/order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "POST trade/batch-orders": Limit(300, 2, Scope.USER_INSTRUMENT),
    "POST trade/cancel-order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "POST trade/cancel-batch-orders": Limit(300, 2, Scope.USER_INSTRUMENT),
    "POST trade/amend-order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "POST trade/cancel-all-after": Limit(1, 1, Scope.USER),
    "GET trade/order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "GET trade/orders-pending": Limit(60, 2, Scope.USER),
    "GET trade/orders-history": Limit(40, 2, Scope.USER),
    "GET trade/fills": Limit(60, 2, Scope.USER),
    "GET trade/fills-history": Limit(10, 2, Scope.USER),
}
ORDERS_PER_ACCOUNT = Limit(1000, 2, Scope.USER)
"""new and amended orders of one account, all instruments (50061)"""
CONNECTIONS = Limit(3, 1, Scope.ADDRESS)
"""WebSocket connections"""
OPERATIONS = Limit(480, 3600, Scope.ADDRESS)
"""subscribe, unsubscribe and login on one connection"""
SINGLE = {"POST trade/batch-orders": "POST trade/order", "POST trade/cancel-batch-orders": "POST trade/cancel-order"}
"""a batch of one counts as the single operation"""
