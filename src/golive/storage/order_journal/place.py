"""Where the order journal of one account lies, and whose orders are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError

DIRECTORY: Final = Path("var/state/orders")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """One account at one venue: one journal. Raises ConfigError for a name that would not make a file name."""

    home: Path
    venue: str
    """label of the venue, `okx`: what instruments and client order ids carry"""
    adapter: str
    """name of the adapter, `okx_spot`"""
    account: str
    """keychain key of the environment: which private keys trade here"""
    environment: str
    url: str | None = None
    """`postgresql://…` for a journal that several hosts can reach; None: a file under `home`"""

    def __post_init__(self) -> None:
        for what, name in (("venue", self.venue), ("adapter", self.adapter), ("account", self.account)):
            if _NAME.fullmatch(name) is None:
                raise ConfigError(f"{what} {name!r} of an order journal: letters, digits, '_', '.' and '-' only")

    @property
    def log_id(self) -> str:
        """What seals name."""
        return f"orders/{self.path.stem}"

    @property
    def path(self) -> Path:
        """The database; with a `url` it is not made, yet lock and seal lie beside it all the same."""
        return self.home / DIRECTORY / f"{self.adapter}_{self.account}.sqlite"

    @property
    def lock(self) -> Path:
        return self.path.with_suffix(".lock")

    @property
    def seal(self) -> Path:
        """The newest seal with the snapshot it covers."""
        return seal_path(self.path)


def seal_path(journal: Path) -> Path:
    """Return where the newest seal of the journal in this file lies."""
    return journal.with_suffix(".seal")
