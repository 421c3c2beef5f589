"""Which column of a file is which: by the names that sources use, or as the operator says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError

TIME: Final = ("timestamp", "datetime", "date", "time", "open_time", "opentime", "opened_at", "ts", "unix", "unix_timestamp", "t")
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": TIME,
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price"),
    "volume": ("volume", "v", "vol", "base_volume", "volume_base"),
    "price": ("price", "p", "trade_price"),
    "quantity": ("quantity", "qty", "amount", "size", "q", "base_qty", "volume", "vol"),
}
CANDLE_ROLES: Final = ("timestamp", "open", "high", "low", "close", "volume")
TRADE_ROLES: Final = ("timestamp", "price", "quantity")


def roles_of(path: Path, names: Iterable[str], overrides: Mapping[str, str]) -> dict[str, str]:
    """Return role → column name; the roles of candles, or of trades where the file has a price and no open.

    Raises ConfigError naming what is missing or could be two things.
    """
    known = list(names)
    for role, name in overrides.items():
        if role not in _NAMES:
            raise ConfigError(f"--columns {role}={name}: not a column that is read; known: {', '.join(_NAMES)}")
        if not _named(name, known):
            raise ConfigError(f"--columns {role}={name}: {path} has no column {name}; it has {', '.join(known)}")
    is_trades = not _candidates("open", known, overrides) and bool(_candidates("price", known, overrides))
    roles = {}
    missing = []
    for role in TRADE_ROLES if is_trades else CANDLE_ROLES:
        found = _candidates(role, known, overrides)
        if len(found) > 1:
            raise ConfigError(f"{path}: column {' or '.join(found)} for {role}? say it with --columns {role}={found[0]}")
        if found:
            roles[role] = found[0]
        else:
            missing.append(role)
    if missing:
        numbers = all(name.isdigit() for name in known)
        hint = "it has no header, so name columns by number: " if numbers and known else ""
        example = "timestamp=1,open=2,high=3,low=4,close=5,volume=6" if numbers and known else f"{missing[0]}=NAME"
        raise ConfigError(
            f"{path}: no column for {', '.join(missing)}; it has {', '.join(known) or 'none'}; {hint}--columns {example}"
        )
    return roles


def parse_overrides(text: str | None) -> dict[str, str]:
    """Read `timestamp=Time,volume=Vol`; raise ConfigError for any other form."""
    overrides = {}
    for pair in (text or "").split(","):
        role, equals, name = (piece.strip() for piece in pair.partition("="))
        if text and not (role and equals and name):
            raise ConfigError(f"--columns {text!r}: give pairs such as timestamp=Time,volume=Vol")
        if role:
            overrides[role] = name
    return overrides


def _candidates(role: str, known: Sequence[str], overrides: Mapping[str, str]) -> list[str]:
    if role in overrides:
        return _named(overrides[role], known)
    taken = {found for name in overrides.values() for found in _named(name, known)}
    return [found for name in _NAMES[role] for found in known if found.lower() == name and found not in taken]


def _named(name: str, known: Sequence[str]) -> list[str]:
    """Return the column of that very name; else those whose names differ from it in capitals only."""
    return [name] if name in known else [found for found in known if found.lower() == name.lower()]
