"""What each entrypoint's account came to, session after session: `var/state/risk/accounts/<money>-<quote>/<entrypoint>.json`.

Its session replaces the file every second, and it stays when the session ends: what an entrypoint has lost counts on. Only who
holds the entrypoint's lease writes it, or an order by hand while nobody does. Amounts in 10^-8 of the quote asset.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, make_directory
from .owned_path import check_file
from .risk_state import replace_figure

ACCOUNTS: Final = Path("var/state/risk/accounts")
SCHEMA: Final = "golive.host_account.v1"
SCALE: Final = 8
_TEXTS: Final = ("entrypoint", "money", "quote_asset", "run_id")
_LARGEST: Final = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAccount:
    """One entrypoint's account, all its sessions following each other: a new one begins where the one before has ended.

    `earned`: what the earlier ones earned, so much more than its session's account the whole is worth. `day` and `week` are those
    of the wall clock, counted from 1970, and `day_start`, `week_start` what it was worth when they began.
    """

    entrypoint: str
    money: str
    """`paper`, `rehearsal`, `testnet` or `live`"""
    quote_asset: str
    run_id: str
    earned: int
    equity: int
    peak: int
    day: int
    day_start: int
    week: int
    week_start: int
    at: int
    """wall clock, ns UTC"""


def write_account(home: Path, account: HostAccount) -> None:
    """Replace the account of an entrypoint; a reader sees the old one or the new one. Raises JournalError."""
    path = account_path(home, account.money, account.quote_asset, account.entrypoint)
    make_directory(path.parent, PRIVATE_DIRECTORY)
    values = {name: value if isinstance(value, str) else str(value) for name, value in asdict(account).items()}
    replace_figure(path, json.dumps({"schema": SCHEMA, **values}).encode() + b"\n")


def read_account(home: Path, money: str, quote: str, entrypoint: str) -> HostAccount | None:
    """Return the account of an entrypoint, None before its first session; JournalError when it cannot be read."""
    path = account_path(home, money, quote, entrypoint)
    if not (path.exists() or path.is_symlink()):
        return None
    try:
        check_file(path)
        body: Any = parse_json(read_beside(path))
        wanted = {"schema": SCHEMA, "entrypoint": entrypoint, "money": money, "quote_asset": quote}
        if not isinstance(body, dict) or any(body.get(name) != value for name, value in wanted.items()):
            raise ValueError(f"not a {SCHEMA} of {entrypoint}")
        values: dict[str, Any] = {
            each.name: str(body[each.name]) if each.name in _TEXTS else int(body[each.name]) for each in fields(HostAccount)
        }
        if not all(abs(value) < _LARGEST for value in values.values() if isinstance(value, int)):
            raise ValueError("a number is too large")
        return HostAccount(**values)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise JournalError(
            f"{path}: cannot be read: {exc!r}; look into it, then: golive risk release --across {money}/{quote} --operator NAME"
            " sets it aside, with a record that what it had lost is forgotten"
        ) from exc


def accounts_of(home: Path, money: str, quote: str) -> Iterator[str]:
    """Yield the entrypoints that have an account of one kind of money and one quote asset."""
    directory = home / ACCOUNTS / f"{money}-{quote}"
    yield from sorted(path.stem for path in directory.glob("*.json") if not path.name.startswith("."))


def groups(home: Path) -> Iterator[tuple[str, str]]:
    """Yield each kind of money and quote asset that there are accounts of."""
    for path in sorted((home / ACCOUNTS).glob("*-*")):
        money, _, quote = path.name.partition("-")
        yield money, quote


def account_path(home: Path, money: str, quote: str, entrypoint: str) -> Path:
    return home / ACCOUNTS / f"{money}-{quote}" / f"{entrypoint}.json"
