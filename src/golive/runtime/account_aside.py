"""Accounts of entrypoints that cannot be read: set aside by a release, whose record says what is forgotten with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.storage.files import move_durably
from golive.storage.host_account import account_path, read_account

FORGOTTEN: Final = "forgotten"
"""member of the record of a release: files that were set aside, relative to home"""


@contextmanager
def set_aside(home: Path, accounts: Sequence[tuple[str, str, str]], now: int) -> Iterator[tuple[Path, ...]]:
    """Move the files away that cannot be read, of accounts by money, quote asset and entrypoint; yield where they lie.

    `now`: wall clock, ns UTC. What is done inside is their record: when that fails they are put back. Raises JournalError.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for account in accounts:
            if not _can_be_read(home, account):
                path = account_path(home, *account)
                aside = path.with_name(f"{path.stem}.set-aside-{now}")
                move_durably(path, aside)
                moved.append((path, aside))
        yield tuple(aside for _, aside in moved)
    except BaseException:
        for path, aside in moved:
            move_durably(aside, path)
        raise


def told_files(home: Path, files: Sequence[Path]) -> list[str]:
    """Return files as a record names them."""
    return [str(path.relative_to(home)) for path in files]


def _can_be_read(home: Path, account: tuple[str, str, str]) -> bool:
    try:
        read_account(home, *account)
    except JournalError:
        return False
    return True
