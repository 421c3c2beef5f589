"""`logs/runtime/live_bootstrap.jsonl` read: which components the newest live start wired, and what was wrong with them.

One line a component, `{ts, event: "component", component, class, instance_id, mode, mtls, healthy, origin}`; equal `instance_id`
proves that both origins hold the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_bytes

PATH: Final = Path("logs/runtime/live_bootstrap.jsonl")
"""relative to home"""
COMPONENTS: Final = (
    "execution_service", "market_intel", "risk_engine", "alert_router", "decision_log", "adapter", "auto_trader",
)  # fmt: skip
ORIGINS: Final = ("bootstrap_environment", "bootstrap_frontend_services")
SHARED: Final = "market_intel"
PAPER_ONLY: Final = "paper_only_mode"
ROUTER: Final = "LiveExecutionRouter"
_MOST: Final = 64 << 20


def newest_start(home: Path) -> list[dict[str, Any]]:
    """Return the lines of the newest start, oldest first. Raises OSError, ValueError for a line that is no JSON object.

    A start begins with a component that the one before has named already, or behind its `paper_only_mode`, which ended it.
    """
    found: list[dict[str, Any]] = []
    seen: set[tuple[object, object]] = set()
    for line in read_bytes(home, str(PATH), most=_MOST).splitlines():
        row = parse_json(line)
        if not isinstance(row, dict):
            raise ValueError(f"{PATH}: a line is no JSON object")
        if row.get("event") == "component":
            named = (row.get("origin"), row.get("component"))
            if named in seen or (found and found[-1].get("event") == PAPER_ONLY):
                found, seen = [], set()
            seen.add(named)
        found.append(dict(row))
    return found


def bootstrap_faults(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say what is not as a live start must be: nothing when it is."""
    return list(_faults(rows))


def _faults(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if any(PAPER_ONLY in (row.get("event"), row.get("mode")) for row in rows):
        yield f"{PAPER_ONLY}: live was not wired"
    parts = [row for row in rows if row.get("event") == "component"]
    if any(row.get("mtls") is not True for row in parts):
        yield "mTLS was not in force"
    for origin in ORIGINS:
        here = {row.get("component") for row in parts if row.get("origin") == origin}
        if missing := [name for name in COMPONENTS if name not in here]:
            yield f"{origin} has no {', '.join(missing)}"
    for row in parts:
        name = row.get("component")
        if row.get("healthy") is not True:
            yield f"{name} is not healthy"
        if row.get("mode") != "live":
            yield f"{name} is wired in mode {row.get('mode')}, not live"
        if name == "execution_service" and row.get("class") != ROUTER:
            yield f"{name} is {row.get('class')}, not {ROUTER}"
    for name in ("execution_service", SHARED):
        ids = {row.get("instance_id") for row in parts if row.get("component") == name}
        if len(ids) > 1:
            yield f"{name} is not one and the same on both sides"
