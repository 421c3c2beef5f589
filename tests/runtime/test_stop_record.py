"""Stops held against the signed log: they stand although files go, change or appear, and only a signed release ends them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.audit import Soundness
from golive.config.rbac import Role
from golive.model.clock import DAY, SECOND, from_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.runtime.bootstrap import plan_session
from golive.runtime.clock import SystemClock
from golive.runtime.host_stop import demand_no_host_stop, keep, release_across
from golive.runtime.operators import record_act
from golive.runtime.options import RunOptions
from golive.runtime.risk_stop import Released, StopKeeper, let_stand, release, stop_text
from golive.security.operators import OperatorIdentity
from golive.storage.host_stop import HOST_STOPS, KeptStop, host_stop_groups, host_stop_path, host_stops
from golive.storage.risk_stop import UNTOLD, StandingStop, newest_release, read_stop, standing_stops, stop_path, write_stop
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.security_admin import PATH
from golive.storage.stop_record import HOST_RELEASED, RELEASED, STOPPED, stop_records
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.golive_process import ROOT
from support.trading import BALANCED

STOP = StandingStop(
    entrypoint="okx", stage="paper", limit="hard_drawdown_pct", allowed="0.1", used="0.1034", since="2026-01-01T00:00:00Z",
    profile="balanced", risk_profile_digest="d" * 64, run_id="a" * 32,
)  # fmt: skip
SINCE = "2026-01-06T23:00:00Z"  # a Tuesday
NOW = from_iso(SINCE)
HOST = KeptStop(
    money="paper", quote_asset="USDT", limit="hard_drawdown_pct", profile="balanced", risk_profile_digest="d" * 64, allowed="0.1",
    used="0.1034", fall="1034", start="10000", since=SINCE, entrypoints="kraken,okx", noticed_by="okx", run_id="a" * 32,
)  # fmt: skip
DAILY = replace(HOST, limit="max_daily_loss_pct")
ANNA = OperatorIdentity("anna", frozenset({Role.RISK}))


def released(home: Path, entrypoint: str = "okx") -> Released:
    return release(home, entrypoint, ANNA, "looked into it", SystemClock())


def found(home: Path) -> dict[str, Soundness]:
    """What `audit verify --all` says of everything that is not as it was written."""
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    return {str(each.path.relative_to(home)): each.soundness for each in results if each.faults}


def records(home: Path) -> list[tuple[str, dict[str, str]]]:
    entries = [json.loads(line) for line in (home / PATH).read_text().splitlines()]
    return [(entry["type"], entry["body"]) for entry in entries if entry["type"].startswith("risk_")]


def test_a_stop_is_signed_for_once_with_what_it_says(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    let_stand(tmp_path, replace(STOP, used="0.2"))
    [(type_, body)] = records(tmp_path)
    assert (type_, body["entrypoint"], body["used"], body["allowed"]) == (STOPPED, "okx", "0.1034", "0.1")
    assert found(tmp_path) == {}


def remove(path: Path) -> None:
    path.unlink()


def remove_all(path: Path) -> None:
    shutil.rmtree(path.parents[1])


def soften(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "allowed": "0.9", "run_id": "mine"}))


def of_another(path: Path) -> None:
    path.rename(path.with_name("kraken.json"))


@pytest.mark.parametrize("change", [remove, remove_all, soften, of_another])
def test_a_stop_stands_whatever_becomes_of_its_file_and_the_audit_says_so(tmp_path: Path, change: Callable[[Path], None]) -> None:
    let_stand(tmp_path, STOP)
    change(stop_path(tmp_path, "okx"))
    assert read_stop(tmp_path, "okx") == STOP
    assert "okx" in [stop.entrypoint for stop in standing_stops(tmp_path)]
    assert found(tmp_path)["var/state/risk/stops/okx.json"] is Soundness.TAMPERED
    let_stand(tmp_path, replace(STOP, used="0.3", since="2026-01-02T00:00:00Z"))
    assert read_stop(tmp_path, "okx") == STOP, "the first one stands"
    assert released(tmp_path).stop == STOP
    assert read_stop(tmp_path, "okx") is None
    assert "var/state/risk/stops/okx.json" not in found(tmp_path)


def test_a_file_alone_stands_too_and_its_release_ends_it(tmp_path: Path) -> None:
    record_act(tmp_path, "operator_added", {"name": "anna"}, "anna")
    write_stop(tmp_path, STOP)  # killed before the record
    assert read_stop(tmp_path, "okx") == STOP
    assert found(tmp_path) == {"var/state/risk/stops/okx.json": Soundness.CANNOT_SAY}
    let_stand(tmp_path, replace(STOP, used="0.2"))
    assert found(tmp_path) == {}, "the next look signs for the one that stands"
    released(tmp_path)
    assert (read_stop(tmp_path, "okx"), found(tmp_path)) == (None, {})


def test_a_stop_after_a_release_stands_again(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    released(tmp_path)
    again = replace(STOP, since="2026-02-01T00:00:00Z")
    let_stand(tmp_path, again)
    remove(stop_path(tmp_path, "okx"))
    assert read_stop(tmp_path, "okx") == again


def test_only_a_signed_record_is_a_release(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    forged = tmp_path / "var/state/risk/releases/okx.json"
    forged.parent.mkdir()
    forged.write_text('{"schema":"golive.risk_release.v1","entrypoint":"okx","id":"0bad","operator":"anna","at":"2026-01-01"}')
    remove(stop_path(tmp_path, "okx"))
    assert newest_release(tmp_path, "okx") is None
    assert read_stop(tmp_path, "okx") == STOP
    released(tmp_path)
    newest = newest_release(tmp_path, "okx")
    assert newest is not None
    assert newest.operator == "anna"
    assert newest_release(tmp_path, "kraken") is None


def test_a_release_ends_the_stops_that_it_names_and_no_other(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    keep(tmp_path, (HOST, DAILY), NOW)
    of_others = {"ids": ["0" * 16], "reason": "looked into another one"}
    record_act(tmp_path, RELEASED, {"entrypoint": "okx", **of_others}, "anna")
    record_act(tmp_path, HOST_RELEASED, {"money": "paper", "quote_asset": "USDT", **of_others}, "anna")
    remove_all(stop_path(tmp_path, "okx"))
    assert read_stop(tmp_path, "okx") == STOP
    assert set(host_stops(tmp_path, "paper", "USDT", NOW)) == {HOST, DAILY}


def test_a_log_that_was_changed_cannot_tell_so_a_stop_stands(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    log = tmp_path / PATH
    log.write_text(log.read_text().replace("0.1034", "0.0034"))
    remove(stop_path(tmp_path, "okx"))
    stop = read_stop(tmp_path, "okx")
    assert stop is not None
    assert stop.limit == UNTOLD
    assert str(log) in stop_text(stop)
    assert "golive risk release" not in stop_text(stop), "no release can be signed for in such a log"
    with pytest.raises(PrerequisiteMissing, match="cannot be told"):
        demand_no_host_stop(tmp_path, "demo", "USDT", BALANCED, NOW)
    with pytest.raises(JournalError):
        released(tmp_path)


def first_line(log: Path) -> None:
    log.write_text(log.read_text().splitlines(keepends=True)[0])


@pytest.mark.parametrize("cut", [None, first_line])
def test_a_log_without_its_seal_cannot_tell_and_nothing_that_was_sealed_is_begun_anew(
    tmp_path: Path, cut: Callable[[Path], None] | None
) -> None:
    own = replace(STOP, entrypoint="okx_desktop_paper")
    let_stand(tmp_path, own)
    log = tmp_path / PATH
    remove(log.with_suffix(".seal.json"))
    if cut is not None:
        cut(log)
        os.utime(log, ns=(0, log.stat().st_mtime_ns + 6 * SECOND))
    remove_all(stop_path(tmp_path, own.entrypoint))
    stop = read_stop(tmp_path, own.entrypoint)
    assert stop is not None
    assert stop.limit == UNTOLD
    for options in ({}, {"speed": "max"}, {"resume": True}):
        with pytest.raises(PrerequisiteMissing, match=r"security_admin\.seal\.json is gone, so records may have been cut off"):
            keeper(tmp_path, **options).demand_none()
    assert found(tmp_path)[str(PATH)] is (Soundness.CANNOT_SAY if cut is None else Soundness.TAMPERED)
    with pytest.raises(JournalError, match="is gone"):
        released(tmp_path, own.entrypoint)


def test_a_header_that_a_first_command_left_which_was_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    record_act(tmp_path, "operator_added", {"name": "anna"}, "anna")
    log = tmp_path / PATH
    remove(log.with_suffix(".seal.json"))
    first_line(log)
    for kept in (tmp_path / SEALS).glob("security_admin.*"):
        kept.unlink()
    keeper(tmp_path).demand_none()
    let_stand(tmp_path, STOP)
    assert (found(tmp_path), read_stop(tmp_path, "okx")) == ({}, STOP)


def test_the_log_is_read_again_only_when_it_has_grown(tmp_path: Path) -> None:
    let_stand(tmp_path, STOP)
    before = stop_records(tmp_path)
    assert stop_records(tmp_path) is before
    record_act(tmp_path, "operator_added", {"name": "anna"}, "anna")
    assert stop_records(tmp_path) is not before


@pytest.mark.parametrize("change", [remove, remove_all])
def test_stops_of_all_together_hold_although_their_files_are_gone(tmp_path: Path, change: Callable[[Path], None]) -> None:
    keep(tmp_path, (HOST, DAILY), NOW)
    assert found(tmp_path) == {}
    change(host_stop_path(tmp_path, HOST))
    assert HOST in host_stops(tmp_path, "paper", "USDT", NOW)
    assert DAILY in host_stops(tmp_path, "paper", "USDT", NOW)
    assert host_stops(tmp_path, "paper", "USDT", NOW + DAY) == (HOST,), "the day is over"
    assert list(host_stop_groups(tmp_path)) == [("paper", "USDT")]
    with pytest.raises(PrerequisiteMissing, match="release --across paper/USDT"):
        demand_no_host_stop(tmp_path, "demo", "USDT", BALANCED, NOW + 30 * DAY)
    assert found(tmp_path)[str(HOST_STOPS / "paper-USDT/hard_drawdown_pct-balanced.json")] is Soundness.TAMPERED
    keep(tmp_path, (HOST, DAILY), NOW)
    assert [type_ for type_, _ in records(tmp_path)] == ["risk_host_stopped"] * 2, "nothing is signed for twice"
    done = release_across(tmp_path, "paper", "USDT", ANNA, "looked into it", SystemClock())
    assert [stop.limit for stop in done.stops] == ["hard_drawdown_pct"]
    assert host_stops(tmp_path, "paper", "USDT", NOW + DAY) == ()
    assert found(tmp_path) == {}


def keeper(home: Path, **options: Any) -> StopKeeper:
    """Of a demo session, at speed 1 unless `options` say otherwise."""
    asked = RunOptions(**{"mode": "demo", "speed": "1", **options})
    return StopKeeper(plan_session(asked, ROOT / "config/runtime.yaml", home, {}), lambda: STOP.run_id, SystemClock())


def test_a_drawdown_of_all_lets_no_session_begin_but_a_simulation_and_one_that_is_taken_up_again(tmp_path: Path) -> None:
    keeper(tmp_path).demand_none()
    keep(tmp_path, (HOST,), NOW)
    with pytest.raises(PrerequisiteMissing, match="release --across paper/USDT"):
        keeper(tmp_path).demand_none()
    keeper(tmp_path, speed="max").demand_none()
    keeper(tmp_path, resume=True).demand_none()
    release_across(tmp_path, "paper", "USDT", ANNA, "looked into it", SystemClock())
    keeper(tmp_path).demand_none()


def test_a_stop_of_its_own_lets_only_the_session_go_on_that_reached_it(tmp_path: Path) -> None:
    own = replace(STOP, entrypoint="okx_desktop_paper")
    let_stand(tmp_path, own)
    keeper(tmp_path).demand_none()
    released(tmp_path, own.entrypoint)
    let_stand(tmp_path, replace(own, run_id="b" * 32))
    for options in ({}, {"speed": "max"}, {"resume": True}):
        with pytest.raises(PrerequisiteMissing, match="stands at hard_drawdown_pct"):
            keeper(tmp_path, **options).demand_none()


def test_a_file_of_all_that_says_less_takes_nothing_away(tmp_path: Path) -> None:
    keep(tmp_path, (HOST,), NOW)
    path = host_stop_path(tmp_path, HOST)
    path.write_text(json.dumps({**json.loads(path.read_text()), "fall": "1"}))
    assert HOST in host_stops(tmp_path, "paper", "USDT", NOW)
    assert found(tmp_path)[str(path.relative_to(tmp_path))] is Soundness.TAMPERED
    release_across(tmp_path, "paper", "USDT", ANNA, "looked into it", SystemClock())
    assert host_stops(tmp_path, "paper", "USDT", NOW) == ()
    assert found(tmp_path) == {}
