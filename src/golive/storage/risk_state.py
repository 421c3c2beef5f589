"""What each running entrypoint is worth: `var/state/risk/equity/<entrypoint>.json`, replaced every second by its session.

Only the process that holds the entrypoint's lease writes it; everybody may read. It is a figure of this moment, not evidence, so
nothing of it is forced to the disk.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.money import LIMIT

from .files import PRIVATE_DIRECTORY, make_directory, write_all
from .lease import lease_holder, newest_epoch

DIRECTORY: Final = Path("var/state/risk/equity")
SCHEMA: Final = "golive.equity.v1"
_MODE: Final = 0o640
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityFigure:
    """What one entrypoint is worth; money in smallest units, 10^-`quote_scale` of the quote asset; `at` wall clock, ns UTC."""

    entrypoint: str
    stage: str
    is_simulation: bool
    """a run that goes as fast as it can: it counts nowhere"""
    quote_asset: str
    quote_scale: int
    equity: int | None
    """None: it cannot be valued"""
    day_start: int
    peak: int
    at: int
    pid: int
    epoch: int
    run_id: str
    profile: str
    risk_profile_digest: str
    state: str
    """`ACTIVE`, `REDUCING` or `HALTED`"""
    uses: tuple[JsonObject, ...] = ()
    """of each limit that is set its state, as `risk/limit_state.py` tells it"""


_TEXTS: Final = ("entrypoint", "stage", "quote_asset", "run_id", "profile", "risk_profile_digest", "state")
_NUMBERS: Final = ("quote_scale", "day_start", "peak", "at", "pid", "epoch")


def publish_figure(home: Path, figure: EquityFigure) -> None:
    """Replace the figure of an entrypoint; a reader sees the old one or the new one. Raises JournalError."""
    make_directory(home / DIRECTORY, PRIVATE_DIRECTORY)
    path = _path(home, figure.entrypoint)
    numbers: dict[str, JsonValue] = {name: str(getattr(figure, name)) for name in _NUMBERS}
    document: dict[str, JsonValue] = {
        "schema": SCHEMA,
        **{name: getattr(figure, name) for name in _TEXTS},
        **numbers,
        "is_simulation": figure.is_simulation,
        "equity": None if figure.equity is None else str(figure.equity),
        "uses": list(figure.uses),
    }
    replace_figure(path, json.dumps(document).encode() + b"\n")


def replace_figure(path: Path, data: bytes) -> None:
    """Replace a file of figures in one step, without waiting for the disk; raises JournalError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        temporary.rename(path)
    except OSError as exc:
        temporary.unlink(missing_ok=True)
        raise JournalError(f"{path}: cannot write: {exc.strerror}") from exc


def read_figure(home: Path, entrypoint: str) -> EquityFigure | None:
    """Return the newest figure of an entrypoint, whoever wrote it; None when there is none or it cannot be read."""
    try:
        document: Any = parse_json(read_beside(_path(home, entrypoint)))
        if document["schema"] != SCHEMA or document["entrypoint"] != entrypoint:
            return None
        texts: dict[str, Any] = {name: document[name] for name in _TEXTS}
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(document["is_simulation"], bool):
            return None
        uses = document["uses"]
        if not isinstance(uses, list) or not all(isinstance(use, dict) for use in uses):
            return None
        numbers: dict[str, Any] = {name: int(document[name]) for name in _NUMBERS}
        equity = None if document["equity"] is None else int(document["equity"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not all(0 <= number < LIMIT for number in (*numbers.values(), equity or 0)) or numbers["quote_scale"] > _MOST_DIGITS:
        return None
    fixed: dict[str, Any] = {"is_simulation": document["is_simulation"], "equity": equity, "uses": tuple(uses)}
    return EquityFigure(**texts, **numbers, **fixed)


def running_entrypoints(home: Path) -> Iterator[tuple[str, EquityFigure | None]]:
    """Yield every entrypoint that a process runs now, with the figure of that very run; None while it has published none.

    Raises JournalError when a lease cannot be looked at.
    """
    for lock in sorted((home / "var/state").glob("*.lock")):
        if lease_holder(home, lock.stem) is None:
            continue
        figure = read_figure(home, lock.stem)
        if figure is not None and figure.epoch != newest_epoch(home, lock.stem):
            figure = None
        yield lock.stem, figure


def _path(home: Path, entrypoint: str) -> Path:
    return home / DIRECTORY / f"{entrypoint}.json"
