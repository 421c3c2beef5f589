"""Who is asking: the checks of a signed request and of a WebSocket login, in the order OKX makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone

from ..face.request import RawRequest
from ..keys import ApiKey, KeyRing
from .code import Json, OkxError
from .sign import login_signature, matches, signature

WINDOW_S = 30.0
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def authenticate(request: RawRequest, ring: KeyRing, now: int) -> ApiKey:
    """Return the key that signed `request` (wall clock `now`, ns); OkxError 501xx otherwise."""
    values = []
    for header, code in (("key", "50103"), ("passphrase", "50104"), ("sign", "50106"), ("timestamp", "50107")):
        value = request.headers.get(f"ok-access-{header}", "")
        if not value:
            raise OkxError(code)
        values.append(value)
    name, passphrase, given, timestamp = values
    key = ring.get(name)
    if key is None:
        raise OkxError("50111")
    if abs(_seconds(timestamp) - now / 1e9) > WINDOW_S:
        raise OkxError("50102")
    if key.demo != (request.headers.get("x-simulated-trading") == "1"):
        raise OkxError("50101")
    if not matches(key.password, passphrase):
        raise OkxError("50105")
    if not matches(signature(key.secret, timestamp, request.method, request.target, request.body), given):
        raise OkxError("50113")
    _require_place_and_time(key, request.address, now)
    return key


def _require_place_and_time(key: ApiKey, address: str, now: int) -> None:
    if not key.allows(address):
        raise OkxError("50110", address)
    if key.is_expired(now):
        raise OkxError("50119")


def _seconds(timestamp: str) -> float:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise OkxError("50112")
    try:
        return datetime.fromisoformat(timestamp[:-1]).replace(tzinfo=timezone.utc).timestamp()
    except ValueError as exc:
        raise OkxError("50112") from exc


def login(argument: Mapping[str, Json], ring: KeyRing, now: int, *, demo: bool, address: str) -> ApiKey:
    """Return the key of a WebSocket login; OkxError 600xx otherwise. `demo`: the connection is of the demo environment."""
    name, passphrase, given = (str(argument.get(field, "")) for field in ("apiKey", "passphrase", "sign"))
    timestamp = argument.get("timestamp")
    text = str(timestamp) if isinstance(timestamp, str | int) and not isinstance(timestamp, bool) else ""
    if not name or not passphrase or not given:
        raise OkxError("60009")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text):
        raise OkxError("60004")
    key = ring.get(name)
    if key is None:
        raise OkxError("60005")
    if key.demo != demo:
        raise OkxError("50101")
    if abs(float(text) - now / 1e9) > WINDOW_S:
        raise OkxError("60006")
    if not matches(key.password, passphrase):
        raise OkxError("60024")
    if not matches(login_signature(key.secret, text), given):
        raise OkxError("60007")
    _require_place_and_time(key, address, now)
    return key
