"""Drawdown stops on disk: the first one stands, one that cannot be read stands too, only a release takes it away."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golive.storage.risk_stop import (
    STOPS,
    UNREADABLE,
    StandingStop,
    newest_release,
    read_stop,
    remove_stop,
    standing_stops,
    write_stop,
)

STOP = StandingStop(
    entrypoint="okx", stage="paper", limit="hard_drawdown_pct", allowed="0.1", used="0.1034", since="2026-01-01T00:00:00Z",
    profile="balanced", risk_profile_digest="d" * 64, run_id="a" * 32,
)  # fmt: skip


def test_a_fresh_home_has_none(tmp_path: Path) -> None:
    assert read_stop(tmp_path, "okx") is None
    assert standing_stops(tmp_path) == ()
    assert newest_release(tmp_path, "okx") is None


def test_the_first_stop_stands_and_no_later_one_takes_its_place(tmp_path: Path) -> None:
    write_stop(tmp_path, STOP)
    write_stop(tmp_path, replace(STOP, used="0.2"))
    write_stop(tmp_path, replace(STOP, entrypoint="kraken"))
    assert read_stop(tmp_path, "okx") == STOP
    assert [stop.entrypoint for stop in standing_stops(tmp_path)] == ["kraken", "okx"]


def test_a_stop_that_was_taken_away_may_stand_again(tmp_path: Path) -> None:
    write_stop(tmp_path, STOP)
    remove_stop(tmp_path, "okx")
    assert read_stop(tmp_path, "okx") is None
    assert write_stop(tmp_path, STOP) == read_stop(tmp_path, "okx") == STOP, "the next fall stands again"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "other"}', json.dumps({"schema": "golive.risk_stop.v1", "entrypoint": "okx"})]
)
def test_a_stop_that_cannot_be_read_stands(tmp_path: Path, text: str) -> None:
    write_stop(tmp_path, STOP)
    path = tmp_path / STOPS / "okx.json"
    path.write_text(text)
    stop = read_stop(tmp_path, "okx")
    assert stop is not None
    assert stop.limit == UNREADABLE
    assert str(path) in stop.used


def test_a_stop_of_another_entrypoint_or_for_all_to_write_stands_too(tmp_path: Path) -> None:
    write_stop(tmp_path, STOP)
    path = tmp_path / STOPS / "okx.json"
    path.rename(path.with_name("kraken.json"))
    for name, mode in (("kraken", 0o640), ("kraken", 0o666)):
        path.with_name("kraken.json").chmod(mode)
        stop = read_stop(tmp_path, name)
        assert stop is not None
        assert stop.limit == UNREADABLE


def test_a_link_is_no_stop_file_and_stands(tmp_path: Path) -> None:
    write_stop(tmp_path, replace(STOP, entrypoint="kraken"))
    (tmp_path / STOPS / "okx.json").symlink_to("nowhere")
    stop = read_stop(tmp_path, "okx")
    assert stop is not None
    assert stop.limit == UNREADABLE
