"""Who is asking: the checks of a signed request and of a WebSocket `auth`.

Bybit documents what is checked, not in which order; here: headers, time window, key, its expiry, signature, address.
"""

from __future__ import annotations

import re

from golive.model.json import JsonValue

from ..face.request import RawRequest
from ..keys import ApiKey, KeyRing
from . import code
from .code import BybitError, HttpError
from .sign import login_signature, matches, signature

DEFAULT_WINDOW_MS = 5000
_AHEAD_MS = 1000
_MILLION = 1_000_000
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)


def authenticate(request: RawRequest, ring: KeyRing, now: int, time_scale: int = 1) -> ApiKey:
    """Return the key that signed `request` (wall clock `now`, ns).

    HttpError 401 without the headers, else BybitError: the timestamp must satisfy
    `server - recv_window <= timestamp < server + 1000` (ms; the 1000, and the 5000 of no window, divided by `time_scale`).
    """
    name, timestamp, given = (request.headers.get(f"x-bapi-{field}", "") for field in ("api-key", "timestamp", "sign"))
    if not name or not timestamp or not given:
        raise HttpError(401)
    window = request.headers.get("x-bapi-recv-window", "")
    _require_window(timestamp, window or str(DEFAULT_WINDOW_MS // time_scale), now, _AHEAD_MS // time_scale)
    key = _known(name, ring, now)
    payload = request.target.partition(b"?")[2] if request.method == "GET" else request.body
    if not matches(signature(key.secret, timestamp, name, window, payload), given):
        origin = timestamp + name + window + payload.decode("utf-8", "replace")
        raise BybitError(code.SIGN_INVALID, origin)
    if not key.allows(request.address):
        raise BybitError(code.ADDRESS_UNKNOWN)
    return key


def _require_window(timestamp: str, window: str, now: int, ahead_ms: int) -> None:
    server = now // _MILLION
    if not _NUMBER.fullmatch(timestamp) or not _NUMBER.fullmatch(window):
        raise BybitError(code.PARAMETER)
    if not server - int(window) <= int(timestamp) < server + ahead_ms:
        detail = f"req_timestamp[{timestamp}],server_timestamp[{server}],recv_window[{window}]"
        raise BybitError(code.TIME_WINDOW, detail)


def _known(name: str, ring: KeyRing, now: int) -> ApiKey:
    key = ring.get(name)
    if key is None:
        raise BybitError(code.KEY_INVALID)
    if key.is_expired(now):
        raise BybitError(code.KEY_EXPIRED)
    return key


def login(arguments: object, ring: KeyRing, now: int, address: str) -> ApiKey:
    """Return the key of `{"op": "auth", "args": [key, expires, signature]}`; BybitError with the text of the answer."""
    refused = BybitError(code.PARAMETER, message="Params Error")
    if not isinstance(arguments, list) or len(arguments) != 3:
        raise refused
    name, expires, given = (_text(argument) for argument in arguments)
    if not _NUMBER.fullmatch(expires) or int(expires) <= now // _MILLION:
        raise refused
    key = _known(name, ring, now)
    if not matches(login_signature(key.secret, expires), given):
        raise refused
    if not key.allows(address):
        raise BybitError(code.ADDRESS_UNKNOWN)
    return key


def _text(argument: JsonValue) -> str:
    return str(argument) if isinstance(argument, str | int) and not isinstance(argument, bool) else ""
