"""A session reads its host: what all have lost together stops it, the stop is kept and told once, and outlives those who lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from golive.engine import Engine
from golive.model.clock import DAY, SECOND
from golive.model.command import Alert
from golive.model.errors import PrerequisiteMissing
from golive.model.event import Peers
from golive.model.peer import HostFigures, PeerFigure
from golive.portfolio import Ledger
from golive.risk import RiskEngine
from golive.runtime.dispatcher import Dispatcher
from golive.runtime.host_risk import HostRisk
from golive.runtime.host_seen import HostSeen
from golive.runtime.host_stop import demand_no_host_stop
from golive.runtime.plan import Plan
from golive.storage.host_account import account_path, read_account, write_account
from golive.storage.host_stop import host_stops
from support.durable import START
from support.risk_figures import FIGURE, account_of
from support.trading import BALANCED, BTC

UNIT = 10**BTC.quote_scale


class Moment:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Any:
        return self.at

    def monotonic(self) -> int:
        return self.at


class Session:
    """One session of `okx` with 10 000 USDT under the balanced profile, as far as it concerns the host."""

    def __init__(self, home: Path, run_id: str = "b" * 32, *, lock_step: bool = False) -> None:
        self.clock, self.events, self.alerts = Moment(), list[Peers](), list[Alert]()
        self.warnings: list[str] = []
        self.plan = cast(Plan, SimpleNamespace(
            home=home, entrypoint=SimpleNamespace(name="okx"), stage="paper", lock_step=lock_step, instruments=[BTC.id],
            risk_profile=BALANCED, start_balances={"USDT": Decimal(10_000)}, options=SimpleNamespace(resume=False),
        ))  # fmt: skip
        ledger = Ledger([BTC], {"USDT": Decimal(10_000)})
        engine = SimpleNamespace(
            risk=RiskEngine(BALANCED),
            ledger=ledger,
            fills=[],
            host=None,
            desks={BTC.id: SimpleNamespace(closed_at=START, book_at=0)},
            limit_states=lambda now: (),
        )
        self.engine = cast(Engine, engine)
        self.dispatcher = cast(Dispatcher, SimpleNamespace(operator=self.events.append, clock=SimpleNamespace(now=7)))
        self.seen = HostSeen()
        self.host = HostRisk(self.plan, lambda: run_id, 1, self.clock, self.warnings.append, self.alerts.append, self.seen)

    def mark(self, equity: int, after: int = 0) -> Peers | None:
        """The account is worth so much, in USDT, `after` ns since the beginning; return what the engine was told, if anything."""
        self.clock.at = START + after
        self.events.clear()
        self.engine.risk.observe(equity * UNIT, self.clock.at, 0, 0)
        self.host.publish(self.engine)
        self.host.refresh(self.dispatcher, self.engine)
        return self.events[0] if self.events else None


def kept(home: Path, now: int = START) -> list[str]:
    return [stop.limit for stop in host_stops(home, "paper", "USDT", now)]


def other(home: Path, equity: int, entrypoint: str = "bybit", run_id: str = "a" * 32) -> None:
    """Another entrypoint began this day with 10 000 USDT and has ended with so much."""
    write_account(home, replace(account_of(replace(FIGURE, equity=equity * 10**8, run_id=run_id)), entrypoint=entrypoint))


def test_one_that_is_alone_is_told_nothing(tmp_path: Path) -> None:
    session = Session(tmp_path)
    assert session.mark(10_000) is None
    assert session.mark(5_000, SECOND) is None
    assert kept(tmp_path) == []


def test_what_an_ended_one_has_lost_stops_this_one_and_is_kept(tmp_path: Path) -> None:
    other(tmp_path, 9_750)
    session = Session(tmp_path)
    told = session.mark(10_000)
    assert told is not None
    assert (told.host.stops, [peer.entrypoint for peer in told.host.peers]) == ((), ["bybit"])
    told = session.mark(9_950, SECOND)
    assert told is not None
    assert [stop.limit for stop in told.host.stops] == kept(tmp_path) == ["max_daily_loss_pct"]
    [alert] = session.alerts
    assert (alert.severity, alert.title) == ("critical", "all paper money in USDT has reached max_daily_loss_pct")
    told = session.mark(10_000, 2 * SECOND)
    assert told is not None
    assert [stop.limit for stop in told.host.stops] == ["max_daily_loss_pct"], "it holds although all recovered"
    assert len(session.alerts) == 1
    told = session.mark(10_000, DAY)
    assert told is not None
    assert told.host.stops == ()


def test_a_drawdown_of_all_outlives_day_and_session(tmp_path: Path) -> None:
    other(tmp_path, 7_900)
    assert "hard_drawdown_pct" in kept_after(Session(tmp_path), tmp_path)
    account_path(tmp_path, "paper", "USDT", "bybit").unlink()
    later = Session(tmp_path, "c" * 32).mark(10_000, 30 * DAY)
    assert later is not None
    assert [stop.limit for stop in later.host.stops] == ["hard_drawdown_pct"]
    with pytest.raises(PrerequisiteMissing, match="release --across paper/USDT --operator NAME"):
        demand_no_host_stop(tmp_path, "demo", "USDT", BALANCED, START + 30 * DAY)
    demand_no_host_stop(tmp_path, "live", "USDT", BALANCED, START + 30 * DAY)


def kept_after(session: Session, home: Path) -> list[str]:
    session.mark(10_000)
    return kept(home)


def test_a_daily_stop_of_all_does_not_keep_a_session_from_beginning(tmp_path: Path) -> None:
    other(tmp_path, 9_600)
    assert kept_after(Session(tmp_path), tmp_path) == ["max_daily_loss_pct"]
    demand_no_host_stop(tmp_path, "paper", "USDT", BALANCED, START)


def test_earlier_sessions_of_the_same_entrypoint_count(tmp_path: Path) -> None:
    other(tmp_path, 9_900, "okx")
    session = Session(tmp_path)
    told = session.mark(10_000)
    assert told is not None
    assert told.host.own is not None
    assert (told.host.own.earned, told.host.own.day_start) == (-100 * 10**8, 10_000 * 10**8)
    assert kept(tmp_path) == []
    session.mark(9_950, SECOND)
    assert kept(tmp_path) == ["max_daily_loss_pct"]
    account = read_account(tmp_path, "paper", "USDT", "okx")
    assert account is not None
    assert account.equity == 9_850 * 10**8


def test_one_that_is_not_known_keeps_no_stop(tmp_path: Path) -> None:
    other(tmp_path, 5_000)
    other(tmp_path, 10_000, "kraken")
    account_path(tmp_path, "paper", "USDT", "kraken").write_text("{")
    told = Session(tmp_path).mark(10_000)
    assert told is not None
    assert [peer.equity for peer in told.host.peers] == [5_000 * 10**8, None]
    assert kept(tmp_path) == []


def test_a_run_as_fast_as_it_can_leaves_the_account_as_it_was(tmp_path: Path) -> None:
    other(tmp_path, 9_900, "okx")
    before = read_account(tmp_path, "paper", "USDT", "okx")
    Session(tmp_path, lock_step=True).host.publish(None)
    assert read_account(tmp_path, "paper", "USDT", "okx") == before


def test_a_session_remembers_which_stops_held_for_it_and_who_was_not_known(tmp_path: Path) -> None:
    session = Session(tmp_path)
    assert (session.seen.stops, session.seen.was_known) == ({}, False)
    session.mark(10_000)
    assert (session.seen.stops, session.seen.unknown, session.seen.was_known) == ({}, "", True)
    other(tmp_path, 9_750)
    session.mark(10_000, 2 * SECOND)
    assert session.seen.stops == {}, "0.0125 is below the limit"
    session.mark(9_950, 3 * SECOND)
    [text] = session.seen.stops.values()
    assert text.startswith("all paper money in USDT stands at max_daily_loss_pct since ")
    assert f": 0.015 of {BALANCED.max_daily_loss_pct}, by bybit, okx; it holds until the UTC day is over" in text
    later = Session(tmp_path, "c" * 32)
    later.mark(10_000, 4 * SECOND)
    assert list(later.seen.stops.values()) == [text], "it holds for who begins after it was reached, too"
    account_path(tmp_path, "paper", "USDT", "bybit").write_text("{")
    third = Session(tmp_path, "d" * 32)
    third.mark(10_000, 5 * SECOND)
    assert (third.seen.unknown, third.seen.was_known) == ("bybit", False)


def test_that_the_session_itself_was_not_valued_yet_says_nothing_about_the_others() -> None:
    seen, nobody = HostSeen(), PeerFigure("okx", "", 1, None, 0, 0, 0, 0)
    seen.look(HostFigures(peers=(nobody,)), "okx", BALANCED, tuple)
    assert (seen.unknown, seen.was_known) == ("", True)
    seen.look(HostFigures(peers=(nobody, nobody._replace(entrypoint="bybit"))), "okx", BALANCED, tuple)
    assert seen.unknown == "bybit"
