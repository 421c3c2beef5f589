"""Signatures of OKX v5: base64 of HMAC-SHA256 over time, method, path with query, and body. Source: VENUES §2."""

from __future__ import annotations

import hmac
import time

from .dialect import Request
from .signed import Signed
from .signing import SigningTerms, base64_text, json_body, query

_PREFIX = "/api/v5/"


class OkxSigner:
    """Signs every request of the OKX dialect."""

    def __init__(self, terms: SigningTerms) -> None:
        self._terms = terms
        self._secret = terms.credentials.get("secret", "").encode()
        self._second = -1
        self._second_text = ""

    def sign(self, request: Request) -> Signed:
        target = _PREFIX + request.path
        body = None
        if request.method == "GET":
            if request.params:
                target += "?" + query(request.params)
        elif request.params:
            body = json_body(request)
        terms = self._terms
        if not request.private:
            return Signed(request.method, terms.base_url + target, {**terms.headers, **request.headers}, None)
        moment = self._moment(terms.venue_now_ms())
        signature = hmac.digest(self._secret, f"{moment}{request.method}{target}{body or ''}".encode(), "sha256")
        own = {
            "OK-ACCESS-KEY": terms.credentials["apiKey"],
            "OK-ACCESS-PASSPHRASE": terms.credentials["password"],
            "OK-ACCESS-TIMESTAMP": moment,
        }
        if request.method != "GET":
            own["Content-Type"] = "application/json"
        own["OK-ACCESS-SIGN"] = base64_text(signature)
        return Signed(request.method, terms.base_url + target, {**own, **terms.headers, **request.headers}, body)

    def _moment(self, now_ms: int) -> str:
        """Return ISO-8601 with milliseconds; the text of a second is made once."""
        second, ms = divmod(now_ms, 1000)
        if second != self._second:
            self._second, self._second_text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._second_text}.{ms:03d}Z"
