"""Orders that somebody else places with our key: signed here, byte by byte, by none of the product's code."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from support import bybit_client, kraken_client
from support.okx_client import OkxClient
from support.venue_process import VenueProcess


def placed_by_hand(venue: VenueProcess, dialect: str, *, side: str, quantity: str, price: str | None, name: str = "") -> str:
    """Place an order of BTC (`price` None: at the market) and return the venue's id; `name` is its client order id."""
    place = {"okx": _okx, "bybit": _bybit, "kraken": _kraken}[dialect]
    return place(venue, side, quantity, price, name)


def _okx(venue: VenueProcess, side: str, quantity: str, price: str | None, name: str) -> str:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": side, "sz": quantity}
    order |= {"ordType": "market", "tgtCcy": "base_ccy"} if price is None else {"ordType": "limit", "px": price}
    order |= {"clOrdId": name} if name else {}
    return _okx_sent(venue, "/api/v5/trade/order", order)


def amended_by_hand(venue: VenueProcess, order: str, *, quantity: str, price: str) -> None:
    """Give an order of BTC at OKX, by the venue's id, other terms."""
    _okx_sent(venue, "/api/v5/trade/amend-order", {"instId": "BTC-USDT", "ordId": order, "newSz": quantity, "newPx": price})


def _okx_sent(venue: VenueProcess, target: str, what: Mapping[str, str]) -> str:
    body, key = json.dumps(what), venue.key
    fields = {"apiKey": key.api_key, "secret": key.secret, "password": key.password}
    answer = _sent(venue.rest + target, body, OkxClient.headers_for(fields, "POST", target, time.time_ns(), body))
    assert answer["code"] == "0", answer
    return str(answer["data"][0]["ordId"])


def _bybit(venue: VenueProcess, side: str, quantity: str, price: str | None, name: str) -> str:
    order = {"category": "spot", "symbol": "BTCUSDT", "side": side.capitalize(), "qty": quantity}
    order |= {"orderType": "Market", "marketUnit": "baseCoin"} if price is None else {"orderType": "Limit", "price": price}
    order |= {"orderLinkId": name} if name else {}
    body = json.dumps(order)
    headers = bybit_client.headers_of(venue.key, time.time_ns() // 1_000_000, body)
    answer = _sent(venue.rest + "/v5/order/create", body, {**headers, "Content-Type": "application/json"})
    assert answer["retCode"] == 0, answer
    return str(answer["result"]["orderId"])


def _kraken(venue: VenueProcess, side: str, quantity: str, price: str | None, name: str) -> str:
    nonce, path = str(time.time_ns() // 1_000_000), "/0/private/AddOrder"  # a key belongs to one scale of nonces: ours
    pair = str(venue.ready["instruments"][0]).replace("BTC/", "XBT")
    fields = {"nonce": nonce, "pair": pair, "type": side, "volume": quantity}
    fields |= {"ordertype": "market"} if price is None else {"ordertype": "limit", "price": price}
    body = urlencode(fields | ({"cl_ord_id": name} if name else {}))
    headers = {"API-Key": venue.key.api_key, "API-Sign": kraken_client.sign(venue.key.secret, path, nonce, body)}
    answer = _sent(venue.rest + path, body, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
    assert answer["error"] == [], answer
    return str(answer["result"]["txid"][0])


def _sent(url: str, body: str, headers: Mapping[str, str]) -> Any:
    request = urllib.request.Request(url, data=body.encode(), method="POST", headers=dict(headers))
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.loads(response.read())
