"""The account of an entrypoint over all its sessions, for the limits across the entrypoints of a host.

A paper session begins with new money. For the host that is no new beginning: what earlier sessions lost stays lost, so a session
goes on where the one before has ended. A real account goes on by itself. Days and weeks are those of the wall clock, which is
the only one that all entrypoints share.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from golive.model.clock import DAY, week_of_day
from golive.model.peer import OwnPast
from golive.portfolio import EquityTrack
from golive.storage.host_account import SCALE, HostAccount, read_account, write_account

UNIT: Final = 10**SCALE
PAPER: Final = "paper"


class AccountChain:
    """Follows one entrypoint's account in the units of `storage/host_account`.

    Raises JournalError when its file cannot be read.
    """

    def __init__(self, home: Path, entrypoint: str, money: str, quote: str) -> None:
        self._home = home
        self._key = {"entrypoint": entrypoint, "money": money, "quote_asset": quote}
        self._before = read_account(home, money, quote, entrypoint)
        self._track: EquityTrack | None = None
        self._earned = 0
        self._known_peak = 0
        """of this session: what it was at most before this process came is in the file already, or was released"""

    @property
    def has_past(self) -> bool:
        """Whether the entrypoint has an account from before this process."""
        return self._before is not None

    @property
    def past(self) -> OwnPast | None:
        """The account so far, as the limits add it up; None when nothing came before, or nothing was observed yet."""
        track = self._track
        if self._before is None or track is None:
            return None
        return OwnPast(UNIT, self._earned, track.day_start, track.week_start, track.peak)

    def observe(self, equity: int, peak: int, run_id: str, now: int) -> None:
        """Take what the session's account is worth at `now` (wall clock, ns UTC), and was at most, and keep it.

        Raises JournalError.
        """
        track = self._track
        if track is None:
            track = self._track = self._begin(equity, peak, run_id)
        track.observe(equity + self._earned, now)
        if peak > self._known_peak:
            self._known_peak = peak
            track.peak = max(track.peak, peak + self._earned)
        account = HostAccount(
            **self._key, run_id=run_id, earned=self._earned, equity=track.last, peak=track.peak, day=track.day,
            day_start=track.day_start, week=track.week, week_start=track.week_start, at=now,
        )  # fmt: skip
        write_account(self._home, account)

    def _begin(self, equity: int, peak: int, run_id: str) -> EquityTrack:
        before = self._before
        if before is None:
            return EquityTrack()
        self._known_peak = peak
        if before.run_id == run_id:  # a session that is taken up again
            self._earned = before.earned
        elif before.money == PAPER:
            self._earned = before.equity - equity
        return EquityTrack(
            start=before.equity, peak=before.peak, last=before.equity, day=before.day, day_start=before.day_start,
            week=before.week, week_start=before.week_start,
        )  # fmt: skip


def rolled(account: HostAccount, now: int) -> HostAccount:
    """Return an account as the day and week of `now` see it: what was lost before they began is not lost in them."""
    day = max(account.day, now // DAY)
    week = max(account.week, week_of_day(day))
    return replace(
        account,
        day=day,
        week=week,
        day_start=account.day_start if day == account.day else account.equity,
        week_start=account.week_start if week == account.week else account.equity,
    )


def with_new_peak(home: Path, money: str, quote: str, entrypoint: str) -> None:
    """Let what an account was worth last be its peak: its fall was looked into and released. Raises JournalError."""
    account = read_account(home, money, quote, entrypoint)
    if account is not None:
        write_account(home, replace(account, peak=account.equity))
