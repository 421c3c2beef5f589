"""A session among others: which of them it reads, those that have ended too, and which stops hold for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND
from golive.model.peer import HostStop, PeerFigure
from golive.runtime.host_figures import kind_of, read_host, read_peers
from golive.storage.host_account import account_path, write_account
from golive.storage.host_stop import KeptStop, keep_host_stop
from golive.storage.lease import Lease
from golive.storage.risk_state import DIRECTORY, publish_figure
from support.durable import START
from support.risk_figures import FIGURE, account_of, publish

LOST = replace(FIGURE, equity=99 * 10**10)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    lease = Lease.acquire(tmp_path, "okx")
    yield tmp_path
    lease.release()


def peers(home: Path, stage: str = "paper", after: int = 2 * SECOND, quote: str = "USDT") -> tuple[PeerFigure, ...]:
    return read_peers(home, "kraken", stage, quote, START + after)


def test_who_runs_is_read_with_the_age_of_its_figure(held: Path) -> None:
    publish(held, FIGURE)
    assert peers(held) == (PeerFigure("okx", "USDT", 10**8, 10**12, 10**12, 10**12, 10**12, 2 * SECOND),)
    assert read_peers(held, "okx", "paper", "USDT", START) == (), "nobody is their own peer"


def test_who_runs_and_has_said_nothing_is_not_known(held: Path) -> None:
    unknown = (PeerFigure("okx", "", 1, None, 0, 0, 0, 0),)
    assert peers(held) == unknown
    publish(held, replace(FIGURE, epoch=9))
    assert peers(held) == unknown
    publish_figure(held, replace(FIGURE, run_id="b" * 32))
    assert peers(held) == unknown, "the account is that of an earlier session"
    publish(held, FIGURE)
    assert peers(held) != unknown
    account_path(held, "paper", "USDT", "okx").write_text("{")
    assert peers(held) == unknown
    (held / DIRECTORY / "okx.json").write_text("{")
    assert peers(held) == unknown


def test_a_run_as_fast_as_it_can_counts_nowhere(held: Path) -> None:
    publish(held, replace(FIGURE, is_simulation=True))
    assert peers(held) == ()


@pytest.mark.parametrize(("stage", "counts"), [("demo", True), ("paper", True), ("rehearsal", False), ("live", False)])
def test_paper_money_counts_with_paper_money_only(held: Path, stage: str, counts: bool) -> None:
    publish(held, FIGURE)
    assert bool(peers(held, stage)) is counts


def test_kinds_of_money() -> None:
    assert kind_of("demo") == kind_of("paper") == "paper"
    assert len({kind_of(stage) for stage in ("paper", "testnet", "rehearsal", "live")}) == 4


def test_what_one_has_lost_counts_after_it_has_ended(tmp_path: Path) -> None:
    publish(tmp_path, LOST)
    [peer] = peers(tmp_path)
    assert peer == PeerFigure("okx", "USDT", 10**8, 99 * 10**10, 10**12, 10**12, 10**12, 2 * SECOND, True)
    assert peers(tmp_path, "live") == peers(tmp_path, quote="EUR") == ()
    assert read_peers(tmp_path, "okx", "paper", "USDT", START) == (), "its own account goes on in its own session"


def test_it_counts_for_its_day_and_its_week(tmp_path: Path) -> None:
    publish(tmp_path, LOST)
    [tomorrow] = peers(tmp_path, after=DAY)
    assert (tomorrow.equity, tomorrow.day_start, tomorrow.week_start) == (99 * 10**10, 99 * 10**10, 10**12)
    assert peers(tmp_path, after=7 * DAY) == ()


def test_a_simulation_or_other_money_does_not_make_a_loss_undone(held: Path) -> None:
    publish(held, LOST)
    for changed in (replace(FIGURE, is_simulation=True), replace(FIGURE, stage="rehearsal")):
        publish(held, changed)
        [peer] = peers(held)
        assert (peer.equity, peer.is_over) == (99 * 10**10, True)


def test_an_account_that_cannot_be_read_may_have_lost_anything(tmp_path: Path) -> None:
    publish(tmp_path, LOST)
    account_path(tmp_path, "paper", "USDT", "okx").write_text("{")
    assert [peer.equity for peer in peers(tmp_path)] == [None]


def test_stops_are_read_with_the_others(tmp_path: Path) -> None:
    stop = KeptStop(
        money="paper", quote_asset="USDT", limit="hard_drawdown_pct", profile="balanced", risk_profile_digest="d" * 64,
        allowed="0.1", used="0.1", fall=str(10**20), start=str(10**21), since="2026-01-06T00:00:00Z", entrypoints="okx",
        noticed_by="okx", run_id="a" * 32,
    )  # fmt: skip
    keep_host_stop(tmp_path, stop, START)
    write_account(tmp_path, account_of(LOST))
    figures = read_host(tmp_path, "kraken", "demo", "USDT", START)
    assert [peer.entrypoint for peer in figures.peers] == ["okx"]
    [told] = figures.stops
    assert told == HostStop("hard_drawdown_pct", "balanced", told.fall, told.start, stop.since)
    assert told.start < 1 << 62, "an event holds no more"
    assert 0.1 <= told.fall / told.start < 0.100001
    assert not any(read_host(tmp_path, "kraken", "live", "USDT", START))
