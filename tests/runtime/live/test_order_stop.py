"""The drawdown stop at a person's desk: when it is kept, and what a release does to the equity that a journal remembers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.model.errors import JournalError
from golive.portfolio import EquityTrack
from golive.risk import RiskEngine, RiskProfile
from golive.runtime.live.order_account import stored_track, track_body
from golive.runtime.live.order_stop import keep_stop, publish_account, release_mark, released
from golive.runtime.live.plan import LivePlan
from golive.storage.host_account import account_path
from golive.storage.risk_stop import read_stop
from golive.storage.stop_record import Release
from support.durable import START
from support.trading import BTC

PROFILE = RiskProfile("test", Decimal("0.5"), Decimal("0.1"), Decimal("1"), 3)
RELEASE = Release(entrypoint="okx", id="r1", operator="anna", at="2026-01-02T00:00:00Z")


def fallen(*marks: int) -> EquityTrack:
    track = EquityTrack()
    for mark in marks:
        track.observe(mark, START)
    return track


@pytest.mark.parametrize(
    ("marks", "stands"), [((1000,), False), ((1000, 901), False), ((1000, 900), True), ((1000, 899, 1000), True)]
)
def test_a_fall_to_the_limit_stands_whatever_comes_after_it(tmp_path: Path, marks: tuple[int, ...], stands: bool) -> None:
    engine = RiskEngine(PROFILE)
    engine.track = fallen(*marks)
    plan = cast(LivePlan, SimpleNamespace(home=tmp_path, entrypoint="okx", stage="rehearsal"))
    keep_stop(plan, engine, START)
    stop = read_stop(tmp_path, "okx")
    assert (stop is not None) is stands
    if marks == (1000, 900):
        assert stop is not None
        assert (stop.limit, stop.allowed, stop.used, stop.run_id) == ("hard_drawdown_pct", "0.1", "0.1", "by hand")


def test_a_release_begins_a_new_peak_once() -> None:
    track = fallen(1000, 880)
    note: dict[str, Any] = {**track_body(track, "USDT", 8)}
    assert released(track, note, None) == track
    new = released(track, note, RELEASE)
    assert (new.peak, new.worst_drawdown) == (880, (0, 1))
    assert (new.day_start, new.worst_today) == (track.day_start, track.worst_today), "what was lost today stays lost"
    new.observe(870, START)
    later: dict[str, Any] = {**track_body(new, "USDT", 8), **release_mark(note, RELEASE)}
    again = stored_track({"equity:USDT": later}, "USDT", 8)
    assert released(again, later, RELEASE) == again
    assert again.worst_drawdown == (10, 880)
    assert released(again, later, Release(entrypoint="okx", id="r2", operator="anna", at=RELEASE.at)).peak == 870


def test_a_release_that_is_not_known_for_once_is_not_taken_twice() -> None:
    note: dict[str, Any] = {**track_body(fallen(1000, 880), "USDT", 8), **release_mark(None, RELEASE)}
    assert release_mark(note, None) == release_mark(None, RELEASE)
    assert release_mark(None, None) == release_mark({}, None) == {}


def test_an_account_that_remembers_nothing_has_nothing_to_release() -> None:
    assert released(EquityTrack(), None, RELEASE) == EquityTrack()


@pytest.mark.parametrize("text", ["{", "", '{"schema": "other"}'])
def test_an_account_that_cannot_be_read_is_not_written_over(tmp_path: Path, text: str) -> None:
    plan = cast(LivePlan, SimpleNamespace(home=tmp_path, entrypoint="okx", stage="rehearsal"))
    publish_account(plan, fallen(1000), BTC, 1000, START)
    path = account_path(tmp_path, "rehearsal", BTC.quote, "okx")
    assert path.exists()
    path.write_text(text)
    with pytest.raises(JournalError, match=r"cannot be read.* golive risk release --across rehearsal/USDT"):
        publish_account(plan, fallen(1000), BTC, 1000, START)
    assert path.read_text() == text
