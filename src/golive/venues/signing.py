"""Who signs: CCXT, or the venue's own few lines (the direct path), byte for byte the same."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, unquote, urlencode

import orjson

from golive.model.json import JsonValue

from .ccxt_client import Ccxt
from .dialect import BODY, Request
from .signed import Signed


class Signer(Protocol):
    """Turns a request into one that may leave. Raises ValueError or TypeError for credentials that cannot sign."""

    def sign(self, request: Request) -> Signed: ...


@dataclass(frozen=True, slots=True, repr=False)
class SigningTerms:
    """What a signer of ours needs: where to, with which key, and what time it is there."""

    base_url: str
    credentials: Mapping[str, str]
    headers: Mapping[str, str]
    """of every request"""
    venue_now_ms: Callable[[], int]
    nonce: Callable[[], int]
    """rises with every call; for venues that want one"""
    options: Mapping[str, object]
    """CCXT's, where the venue's profile sets them"""


class CcxtSigner:
    """Signs as CCXT does, by CCXT."""

    def __init__(self, client: Ccxt) -> None:
        self._client = client

    def sign(self, request: Request) -> Signed:
        access = "private" if request.private else "public"
        params = request.params[BODY] if BODY in request.params else dict(request.params)
        signed = self._client.sign(request.path, [access], request.method, params)
        headers = signed["headers"]
        assert headers is None or isinstance(headers, dict)
        body = signed["body"]
        return Signed(
            method=str(signed["method"]),
            url=str(signed["url"]),
            headers={**self._client.prepare_request_headers(headers), **request.headers},
            body=None if body is None else str(body),
        )


def json_body(request: Request) -> str:
    """Return the compact JSON of a request's parameters, or of the one list that is its body."""
    value: JsonValue = request.params[BODY] if BODY in request.params else dict(request.params)
    return orjson.dumps(value).decode()


def query(params: Mapping[str, JsonValue]) -> str:
    """Return parameters as a query, percent-encoded; TypeError for one that is no text."""
    return urlencode(texts(params), quote_via=quote)


def plain_query(params: Mapping[str, JsonValue]) -> str:
    """Return parameters as a query without any escape."""
    return unquote(query(params))


def texts(params: Mapping[str, JsonValue]) -> Mapping[str, str]:
    """Return the parameters, all texts; TypeError otherwise."""
    for name, value in params.items():
        if not isinstance(value, str):
            raise TypeError(f"parameter {name!r} is {value!r:.40}, not a text")
    return {name: str(value) for name, value in params.items()}


def base64_text(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()
