"""An account over its sessions: what one lost the next begins with, on the days and weeks of the wall clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND, from_iso
from golive.model.peer import OwnPast
from golive.runtime.account_chain import UNIT, AccountChain, rolled, with_new_peak
from golive.storage.host_account import HostAccount, read_account

NOON = from_iso("2026-01-06T12:00:00Z")  # a Tuesday


def chain(home: Path, money: str = "paper") -> AccountChain:
    return AccountChain(home, "okx", money, "USDT")


def session(home: Path, *marks: int, run_id: str = "a", at: int = NOON, money: str = "paper") -> AccountChain:
    """One session with a mark a second."""
    made = chain(home, money)
    for place, mark in enumerate(marks):
        made.observe(mark, max(marks[: place + 1]), run_id, at + place * SECOND)
    return made


def kept(home: Path, money: str = "paper") -> HostAccount:
    account = read_account(home, money, "USDT", "okx")
    assert account is not None
    return account


def test_a_first_session_has_no_past_and_leaves_one(tmp_path: Path) -> None:
    first = session(tmp_path, 1000, 1010, 990)
    assert (first.has_past, first.past) == (False, None)
    account = kept(tmp_path)
    assert (account.equity, account.peak, account.day_start, account.week_start, account.earned) == (990, 1010, 1000, 1000, 0)


def test_the_next_session_goes_on_where_the_one_before_ended(tmp_path: Path) -> None:
    session(tmp_path, 1000, 1010, 990)
    assert chain(tmp_path).past is None, "before it was told what the new session is worth"
    second = session(tmp_path, 1000, 995, run_id="b", at=NOON + 3600 * SECOND)
    assert second.past == OwnPast(UNIT, -10, 1000, 1000, 1010)
    assert kept(tmp_path).equity == 985
    third = session(tmp_path, 1000, 1040, run_id="c", at=NOON + DAY)
    assert third.past == OwnPast(UNIT, -15, 985, 1000, 1025), "the day began with what was left of the one before"


def test_a_session_that_is_taken_up_again_is_the_same_one(tmp_path: Path) -> None:
    session(tmp_path, 1000, 990)
    session(tmp_path, 1000, 980, run_id="b")
    assert kept(tmp_path).equity == 970
    again = session(tmp_path, 975, run_id="b")
    assert again.past == OwnPast(UNIT, -10, 1000, 1000, 1000)
    assert kept(tmp_path).equity == 965


def test_a_real_account_goes_on_by_itself(tmp_path: Path) -> None:
    session(tmp_path, 1000, 990, money="live")
    second = session(tmp_path, 985, run_id="b", money="live")
    assert second.past == OwnPast(UNIT, 0, 1000, 1000, 1000)
    assert kept(tmp_path, "live").equity == 985
    with pytest.raises(AssertionError):
        kept(tmp_path)


def test_a_peak_that_was_released_does_not_come_back_with_the_session(tmp_path: Path) -> None:
    session(tmp_path, 1000, 1100, 900)
    with_new_peak(tmp_path, "paper", "USDT", "okx")
    again = chain(tmp_path)
    again.observe(900, 1100, "a", NOON)
    assert kept(tmp_path).peak == 900
    again.observe(950, 1150, "a", NOON)
    assert kept(tmp_path).peak == 1150, "one between two marks is known from the session"


@pytest.mark.parametrize(
    ("at", "day_start", "week_start"),
    [
        ("2026-01-06T23:59:59Z", 1000, 1100),
        ("2026-01-07T00:00:00Z", 990, 1100),
        ("2026-01-11T23:59:59Z", 990, 1100),
        ("2026-01-12T00:00:00Z", 990, 990),
        ("2026-01-05T00:00:00Z", 1000, 1100),
    ],
)
def test_days_and_weeks_pass_while_nothing_runs(tmp_path: Path, at: str, day_start: int, week_start: int) -> None:
    session(tmp_path, 1100, 1000, at=NOON - DAY)
    session(tmp_path, 1000, 990, run_id="a")
    account = rolled(kept(tmp_path), from_iso(at))
    assert (account.equity, account.day_start, account.week_start) == (990, day_start, week_start)
