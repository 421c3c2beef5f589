"""Stops of all together on disk: one of a day or week ends with it, a drawdown only when released, an unreadable one never."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import DAY, from_iso
from golive.storage.host_stop import HOST_STOPS, KeptStop, host_stops, keep_host_stop, release_host_stops
from golive.storage.risk_stop import UNREADABLE

SINCE = "2026-01-06T23:59:59Z"  # a Tuesday
NOW = from_iso(SINCE)
STOP = KeptStop(
    money="paper", quote_asset="USDT", limit="hard_drawdown_pct", profile="balanced", risk_profile_digest="d" * 64, allowed="0.1",
    used="0.1034", fall="1034", start="10000", since=SINCE, entrypoints="kraken,okx", noticed_by="okx", run_id="a" * 32,
)  # fmt: skip
DAILY, WEEKLY = replace(STOP, limit="max_daily_loss_pct"), replace(STOP, limit="weekly_loss_pct")


def limits(home: Path, now: int) -> list[str]:
    return [stop.limit for stop in host_stops(home, "paper", "USDT", now)]


def test_each_holds_as_long_as_its_limit_says(tmp_path: Path) -> None:
    for stop in (STOP, DAILY, WEEKLY):
        keep_host_stop(tmp_path, stop, NOW)
    assert limits(tmp_path, NOW) == ["hard_drawdown_pct", "max_daily_loss_pct", "weekly_loss_pct"]
    assert limits(tmp_path, NOW - DAY) == ["hard_drawdown_pct", "max_daily_loss_pct", "weekly_loss_pct"], "a clock that went back"
    assert limits(tmp_path, from_iso("2026-01-07T00:00:00Z")) == ["hard_drawdown_pct", "weekly_loss_pct"]
    assert limits(tmp_path, from_iso("2026-01-11T23:59:59Z")) == ["hard_drawdown_pct", "weekly_loss_pct"]
    assert limits(tmp_path, from_iso("2026-01-12T00:00:00Z")) == ["hard_drawdown_pct"]
    assert limits(tmp_path, NOW + 1000 * DAY) == ["hard_drawdown_pct"]


def test_the_first_stands_until_it_is_over(tmp_path: Path) -> None:
    for stop in (STOP, DAILY):
        keep_host_stop(tmp_path, stop, NOW)
    later = replace(DAILY, since="2026-01-07T12:00:00Z")
    keep_host_stop(tmp_path, replace(STOP, used="0.2"), NOW)
    keep_host_stop(tmp_path, replace(DAILY, used="0.2"), NOW)
    assert host_stops(tmp_path, "paper", "USDT", NOW) == (STOP, DAILY)
    keep_host_stop(tmp_path, later, from_iso(later.since))
    assert host_stops(tmp_path, "paper", "USDT", from_iso(later.since)) == (STOP, later)


def test_it_is_of_its_money_and_asset_alone(tmp_path: Path) -> None:
    keep_host_stop(tmp_path, STOP, NOW)
    assert host_stops(tmp_path, "live", "USDT", NOW) == host_stops(tmp_path, "paper", "EUR", NOW) == ()


@pytest.mark.parametrize("change", [None, {"schema": "x"}, {"since": "now"}, {"profile": "other"}, {"start": "-1"}, {"fall": 7}])
def test_one_that_cannot_be_read_stands_for_all(tmp_path: Path, change: dict[str, object] | None) -> None:
    keep_host_stop(tmp_path, DAILY, NOW)
    [path] = (tmp_path / HOST_STOPS / "paper-USDT").iterdir()
    path.write_text("{" if change is None else json.dumps({**json.loads(path.read_text()), **change}))
    [stop] = host_stops(tmp_path, "paper", "USDT", NOW + 1000 * DAY)
    assert (stop.limit, stop.profile, stop.fall, stop.start) == (UNREADABLE, UNREADABLE, "1", "1")
    assert str(path) in stop.used
    keep_host_stop(tmp_path, DAILY, NOW)
    assert limits(tmp_path, NOW) == [UNREADABLE], "what nobody can read is not written over"
    release_host_stops(tmp_path, "paper", "USDT", NOW)
    assert limits(tmp_path, NOW) == []


def test_a_release_leaves_what_passes_by_itself(tmp_path: Path) -> None:
    for stop in (STOP, DAILY, WEEKLY):
        keep_host_stop(tmp_path, stop, NOW)
    release_host_stops(tmp_path, "paper", "USDT", NOW)
    assert limits(tmp_path, NOW) == ["max_daily_loss_pct", "weekly_loss_pct"]
