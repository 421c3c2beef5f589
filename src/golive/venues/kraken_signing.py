"""Signatures of Kraken Spot: base64 of HMAC-SHA512 over the path and SHA-256 of nonce and body. Source: VENUES §2, vector K1."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from typing import Final

import orjson

from .dialect import Request
from .form import flat_form
from .signed import Signed
from .signing import SigningTerms, base64_text, texts

_IN_JSON: Final = frozenset({"CancelOrderBatch", "AddOrderBatch"})


def _no_other(params: object) -> str:
    raise TypeError(f"a form holds flat texts, not {params!r:.60}")


_form = flat_form(_no_other)


class KrakenSigner:
    """Signs every request of the Kraken dialect; each draws a nonce."""

    def __init__(self, terms: SigningTerms) -> None:
        self._terms = terms
        self._secret: bytes | None = None

    def sign(self, request: Request) -> Signed:
        terms = self._terms
        if not request.private:
            asked = "?" + _form(texts(request.params)) if request.params else ""
            url = f"{terms.base_url}/0/public/{request.path}{asked}"
            return Signed(request.method, url, {**terms.headers, **request.headers}, None)
        nonce = str(terms.nonce())
        is_json = request.path in _IN_JSON
        body = _json(nonce, request) if is_json else _form({"nonce": nonce, **request.params})
        if self._secret is None:
            self._secret = base64.b64decode(terms.credentials["secret"])
        target = f"/0/private/{request.path}"
        signature = hmac.digest(self._secret, target.encode() + sha256((nonce + body).encode()).digest(), "sha512")
        own = {
            "API-Key": terms.credentials["apiKey"],
            "API-Sign": base64_text(signature),
            "Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded",
        }
        return Signed(request.method, terms.base_url + target, {**own, **terms.headers, **request.headers}, body)


def _json(nonce: str, request: Request) -> str:
    return orjson.dumps({"nonce": nonce, **request.params}).decode()
