"""The dead-man's switch: cancel everything unless the client calls again in time.

Source: OKX API v5 documentation, "Cancel All After".
"""

from __future__ import annotations

from collections.abc import Sequence

from . import wire
from .call import Call
from .code import Json, OkxError

_SECOND = 1_000_000_000
_LEAST_S, _MOST_S = 10, 120


def cancel_all_after(call: Call) -> Sequence[Json]:
    """Arm the switch `timeOut` seconds of wall time from now (10 to 120), disarm it with 0."""
    item = call.items[0]
    value, tag = item.get("timeOut"), item.get("tag") or ""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else "not a number"
    if value in (None, ""):
        raise OkxError("50014", "timeOut")
    if tag:
        raise OkxError("51000", "tag")  # a switch for the orders of one tag is not offered; it must not look armed
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and (int(text) == 0 or _LEAST_S <= int(text) <= _MOST_S)):
        raise OkxError("51000", "timeOut")
    seconds = int(text)
    at = call.wall + seconds * _SECOND if seconds else None
    call.exchange.arm_switch(call.account.name, at)
    return [{"triggerTime": "0" if at is None else wire.millis(at), "tag": "", "ts": wire.millis(call.wall)}]
