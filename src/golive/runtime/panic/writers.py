"""Who could send an order from this host now: the processes that hold an entrypoint or the orders of an account."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from golive.storage.account_fence import fence_out as fence_account
from golive.storage.account_fence import holder_of
from golive.storage.lease import fence_out as fence_entrypoint
from golive.storage.lease import lease_holder
from golive.storage.order_journal.place import DIRECTORY

STATE = Path("var/state")


@dataclass(frozen=True, slots=True)
class Hold:
    """One lock that a process holds: of an entrypoint's session, or of an account's orders (`is_account`)."""

    home: Path
    name: str
    is_account: bool

    @property
    def holder(self) -> int | None:
        """The process that holds it now, 0 when it has not said its number; None: nobody. Raises JournalError."""
        return holder_of(self._account_lock) if self.is_account else lease_holder(self.home, self.name)

    def fence(self) -> int:
        """Raise its epoch past the holder's and return it; JournalError when that cannot be done."""
        return fence_account(self._account_lock) if self.is_account else fence_entrypoint(self.home, self.name)

    @property
    def _account_lock(self) -> Path:
        return self.home / DIRECTORY / f"{self.name}.lock"


@dataclass(frozen=True, slots=True)
class Writer:
    """A process and what it holds; `pid` 0 is one that has not said its number."""

    pid: int
    holds: tuple[Hold, ...]

    @property
    def is_there(self) -> bool:
        """Whether it still holds one of them."""
        return any(hold.holder == self.pid for hold in self.holds)

    def beside(self, other: Writer) -> Writer:
        """Return the same process with what it holds by both."""
        return Writer(self.pid, tuple(dict.fromkeys(self.holds + other.holds)))

    @property
    def names(self) -> str:
        return ", ".join(hold.name for hold in self.holds)


def holds_of(home: Path, entrypoints: Collection[str] | None, accounts: Collection[str] | None) -> list[Hold]:
    """Return the locks under `home` that somebody may hold; None is every one there is."""
    found = [
        *(Hold(home, path.stem, False) for path in sorted((home / STATE).glob("*.lock"))),
        *(Hold(home, path.stem, True) for path in sorted((home / DIRECTORY).glob("*.lock"))),
    ]
    wanted = {False: entrypoints, True: accounts}
    return [hold for hold in found if (names := wanted[hold.is_account]) is None or hold.name in names]


def writers_of(holds: Collection[Hold]) -> list[Writer]:
    """Return the processes that hold these locks now, without our own; JournalError when a lock cannot be looked at."""
    by_process: dict[int, list[Hold]] = {}
    for hold in holds:
        pid = hold.holder
        if pid is not None and pid != os.getpid():
            by_process.setdefault(pid, []).append(hold)
    return [Writer(pid, tuple(held)) for pid, held in by_process.items()]
