"""A session among others: which of them it reads, and how it tells its engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import SECOND
from golive.model.peer import PeerFigure
from golive.runtime.host_risk import kind_of, read_peers
from golive.storage.lease import Lease
from golive.storage.risk_state import DIRECTORY, publish_figure
from support.durable import START
from support.risk_figures import FIGURE


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    lease = Lease.acquire(tmp_path, "okx")
    yield tmp_path
    lease.release()


def peers(home: Path, stage: str = "paper") -> tuple[PeerFigure, ...]:
    return read_peers(home, "kraken", stage, START + 2 * SECOND)


def test_who_runs_is_read_with_the_age_of_its_figure(held: Path) -> None:
    publish_figure(held, FIGURE)
    assert peers(held) == (PeerFigure("okx", "USDT", 10**8, 10**12, 10**12, 10**12, 2 * SECOND),)
    assert read_peers(held, "okx", "paper", START) == (), "nobody is their own peer"


def test_who_runs_and_has_said_nothing_is_not_known(held: Path) -> None:
    assert peers(held) == (PeerFigure("okx", "", 1, None, 0, 0, 0),)
    publish_figure(held, replace(FIGURE, epoch=9))
    assert peers(held)[0].equity is None
    (held / DIRECTORY / "okx.json").write_text("{")
    assert peers(held)[0].equity is None


def test_a_run_as_fast_as_it_can_counts_nowhere(held: Path) -> None:
    publish_figure(held, replace(FIGURE, is_simulation=True))
    assert peers(held) == ()


@pytest.mark.parametrize(("stage", "counts"), [("demo", True), ("paper", True), ("rehearsal", False), ("live", False)])
def test_paper_money_counts_with_paper_money_only(held: Path, stage: str, counts: bool) -> None:
    publish_figure(held, FIGURE)
    assert bool(peers(held, stage)) is counts


def test_kinds_of_money() -> None:
    assert kind_of("demo") == kind_of("paper") == "paper"
    assert len({kind_of(stage) for stage in ("paper", "testnet", "rehearsal", "live")}) == 4
