"""The switch of an entrypoint's auto-trade as it is kept on disk, and what its running session says of its auto-trader.

The configuration gives the switch its first value; from then on `var/state/auto_trade/<entrypoint>.json` has it, held against the
signed record of who turned it (`auto_trade_record`). `<entrypoint>.session.json` beside it is what the newest session has
published last.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from golive.inputs import parse_json, read_beside
from golive.model.clock import from_iso, to_iso
from golive.model.errors import JournalError, MalformedPayload

from .files import PRIVATE_DIRECTORY, make_directory, write_atomic
from .owned_path import check_directory, check_file

DIRECTORY: Final = Path("var/state/auto_trade")
SWITCH_SCHEMA: Final = "golive.auto_trade_switch.v1"
SESSION_SCHEMA: Final = "golive.auto_trade_session.v1"


class AutoTradeSwitch(NamedTuple):
    """Whether signals may become orders; `operator` turned it, `cause` says why, `at` when (wall clock, ns UTC)."""

    enabled: bool
    cause: str = "configuration"
    operator: str | None = None
    """None: nobody has turned it yet"""
    at: int | None = None
    fault: str | None = None
    """why the file is not believed, which is off"""


class PublishedTrader(NamedTuple):
    """What a session says of its auto-trader; `at` is when it came to that state (wall clock, ns UTC)."""

    run_id: str
    pid: int
    epoch: int
    stage: str
    state: str
    can_trade: bool
    """False: nothing that could send or fill an order was constructed"""
    cause: str
    operator: str
    at: int


def switch_path(home: Path, entrypoint: str) -> Path:
    """Return where the switch of an entrypoint lies."""
    return home / DIRECTORY / f"{entrypoint}.json"


def read_file(home: Path, entrypoint: str, initial: bool) -> AutoTradeSwitch:
    """Return the switch as its file has it; `initial` where there is none. What it means only `auto_trade_record` can say."""
    path = switch_path(home, entrypoint)
    if not (path.is_symlink() or path.exists()):
        return AutoTradeSwitch(initial)
    try:
        body = _read(path, SWITCH_SCHEMA, entrypoint)
        enabled, cause, operator, at = (body[name] for name in ("enabled", "cause", "operator", "at"))
        if not (isinstance(enabled, bool) and isinstance(cause, str) and isinstance(operator, str)):
            raise ValueError("a field is of the wrong type")
        return AutoTradeSwitch(enabled, cause, operator, from_iso(str(at)))
    except (JournalError, MalformedPayload, OSError, ValueError, KeyError, TypeError) as exc:
        fault = f"{path} cannot be read ({exc}); look into it, then: golive autotrade on --entrypoint {entrypoint}"
        return AutoTradeSwitch(False, "unreadable", fault=fault)


def turn_switch(home: Path, entrypoint: str, *, enabled: bool, operator: str, cause: str, at: int) -> AutoTradeSwitch:
    """Turn the switch; durable on return. Raises JournalError."""
    body = {
        "schema": SWITCH_SCHEMA, "entrypoint": entrypoint, "enabled": enabled, "cause": cause, "operator": operator,
        "at": to_iso(at),
    }  # fmt: skip
    _write(switch_path(home, entrypoint), body, durable=True)
    return AutoTradeSwitch(enabled, cause, operator, at)


def publish_trader(home: Path, entrypoint: str, trader: PublishedTrader) -> None:
    """Let everybody on this host see what a session's auto-trader is. Raises JournalError."""
    body = {"schema": SESSION_SCHEMA, "entrypoint": entrypoint, **trader._asdict(), "at": to_iso(trader.at)}
    _write(_session_path(home, entrypoint), body, durable=False)


def published_trader(home: Path, entrypoint: str) -> PublishedTrader | None:
    """Return what the newest session has published; None when there is nothing, or nothing that can be read."""
    try:
        body = _read(_session_path(home, entrypoint), SESSION_SCHEMA, entrypoint)
        fields = {name: kind(body[name]) for name, kind in _FIELDS.items()}
        return PublishedTrader(**fields, at=from_iso(str(body["at"])))
    except (JournalError, MalformedPayload, OSError, ValueError, KeyError, TypeError):
        return None


_FIELDS: Final = {
    "run_id": str, "pid": int, "epoch": int, "stage": str, "state": str, "can_trade": bool, "cause": str, "operator": str,
}  # fmt: skip


def _session_path(home: Path, entrypoint: str) -> Path:
    return home / DIRECTORY / f"{entrypoint}.session.json"


def _write(path: Path, body: object, *, durable: bool) -> None:
    make_directory(path.parent, PRIVATE_DIRECTORY)
    check_directory(path.parent)
    write_atomic(path, json.dumps(body).encode() + b"\n", durable_name=durable)


def _read(path: Path, schema: str, entrypoint: str) -> dict[str, object]:
    check_file(path)
    body: Any = parse_json(read_beside(path))
    if not isinstance(body, dict) or body.get("schema") != schema or body.get("entrypoint") != entrypoint:
        raise ValueError(f"not a {schema} of {entrypoint}")
    return body
