"""Signatures of Bybit v5: hex of HMAC-SHA256 over time, key, receive window, and query or body. Source: VENUES §2."""

from __future__ import annotations

import hmac

from .dialect import Request
from .signed import Signed
from .signing import SigningTerms, json_body, plain_query


class BybitSigner:
    """Signs every request of the Bybit dialect."""

    def __init__(self, terms: SigningTerms) -> None:
        self._terms = terms
        self._secret = terms.credentials.get("secret", "").encode()
        self._window = str(terms.options["recvWindow"])
        self._referer = str(terms.options.get("brokerId", "CCXT"))

    def sign(self, request: Request) -> Signed:
        terms = self._terms
        url = f"{terms.base_url}/{request.path}"
        if not request.private:
            asked = "?" + plain_query(request.params) if request.params else ""
            return Signed(request.method, url + asked, {**terms.headers, **request.headers}, None)
        key, moment = terms.credentials["apiKey"], str(terms.venue_now_ms())
        body = None
        if request.method == "POST":
            signed = body = json_body(request)
        else:
            signed = plain_query(request.params)
            url += "?" + signed
        signature = hmac.digest(self._secret, f"{moment}{key}{self._window}{signed}".encode(), "sha256").hex()
        own = {
            "Content-Type": "application/json",
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": moment,
            "X-BAPI-RECV-WINDOW": self._window,
            "X-BAPI-SIGN": signature,
        }
        if request.method == "POST":
            own["Referer"] = self._referer
        return Signed(request.method, url, {**own, **terms.headers, **request.headers}, body)
